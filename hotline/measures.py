"""What is counted, for `/metrics`: events and nodes, never a person. A label is a word of ours, not of a request."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Measures:
    """The counters of one web process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._refused = Counter(
            "hotline_refused", "requests that were not the carrier's", ["why"], registry=self.registry
        )
        self._turns = Counter("hotline_turns", "turns answered", ["intent"], registry=self.registry)
        self._left_at = Counter(
            "hotline_left_at", "calls that ended, by the node where they stood", ["node"], registry=self.registry
        )
        self._last_resort = Counter(
            "hotline_last_resort", "answers given by the last resort", ["why"], registry=self.registry
        )
        self._not_taken = Counter("hotline_not_taken", "news or texts answered 503", ["door"], registry=self.registry)
        self.store_up = Gauge("hotline_store_up", "1 while SQL answers", registry=self.registry)

    def refused(self, why: str) -> None:
        """A request was answered 403."""
        self._refused.labels(why).inc()

    def turned(self, intent: str) -> None:
        """A turn of a call was answered."""
        self._turns.labels(intent).inc()

    def left(self, node: str) -> None:
        """A call ended while it stood at this node."""
        self._left_at.labels(node).inc()

    def last_resort(self, why: str) -> None:
        """The last resort answered."""
        self._last_resort.labels(why).inc()

    def not_taken(self, door: str) -> None:
        """Something could not be stored; the carrier was asked to come again."""
        self._not_taken.labels(door).inc()

    def page(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        return generate_latest(self.registry)
