"""Queues: callers waiting in order, and the Dials that wait for them. It plays and redirects nothing; it counts."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from hotline.simulator.clock import LineClock, whole_seconds
from hotline.simulator.leg import Leg, new_sid

LARGEST = 5000


@dataclass
class Queue:
    name: str
    clock: LineClock
    sid: str = field(default_factory=lambda: new_sid("QU"))
    longest: int = 1000
    waiting: dict[str, tuple[Leg, datetime]] = field(default_factory=dict)
    waits: list[int] = field(default_factory=list)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.created_at = self.updated_at = self.clock.now()

    def enter(self, leg: Leg) -> None:
        self.waiting[leg.sid] = (leg, self.clock.now())
        self.updated_at = self.clock.now()
        leg.queue = self.name
        leg.change("queued", queue=self.name)
        self.entered.set()
        self.entered = asyncio.Event()

    @property
    def full(self) -> bool:
        return len(self.waiting) >= self.longest

    @property
    def front(self) -> Leg | None:
        return next((leg for leg, _ in self.waiting.values()), None)

    def leave(self, leg: Leg) -> int:
        """Takes the caller out and says how many seconds they waited; a Dial may have taken them out before."""
        if leg.sid not in self.waiting:
            return 0
        seconds = self.seconds(leg)
        del self.waiting[leg.sid]
        self.updated_at = self.clock.now()
        self.waits.append(seconds)
        leg.queue = None
        leg.change("unqueued", queue=self.name)
        return seconds

    def seconds(self, leg: Leg) -> int:
        return whole_seconds(self.waiting[leg.sid][1], self.clock.now())

    def average(self) -> int:
        return sum(self.waits) // len(self.waits) if self.waits else 0

    def form(self, leg: Leg) -> dict[str, str]:
        return {
            "QueueSid": self.sid,
            "QueuePosition": str(list(self.waiting).index(leg.sid) + 1),
            "QueueTime": str(self.seconds(leg)),
            "AvgQueueTime": str(self.average()),
            "CurrentQueueSize": str(len(self.waiting)),
            "MaxQueueSize": str(self.longest),
        }
