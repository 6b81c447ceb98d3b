"""The bell: tells a worker that a row is due. It carries a row's id and nothing else, and may lose it, repeat it or be
down; the row is the work and the sweep comes again. Knows the names of jobs only and imports none.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final, Literal, TypeAlias

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

QueueName: TypeAlias = Literal["urgent", "work"]

# kind of work -> the queue it is rung on and the job that does it
BELLS: Final[dict[str, tuple[QueueName, str]]] = {
    "page": ("urgent", "workers.jobs.page"),
    "come": ("urgent", "workers.jobs.come"),
    "hang_up_leg": ("urgent", "workers.jobs.hang_up_leg"),
    "still_there": ("urgent", "workers.jobs.still_there"),
    "ask_text": ("work", "workers.jobs.ask_text"),
    "bring": ("urgent", "workers.jobs.bring"),
    "back": ("urgent", "workers.jobs.back"),
    "tell_gone": ("urgent", "workers.jobs.tell_gone"),
    "hush_others": ("urgent", "workers.jobs.hush_others"),
    "step_out": ("urgent", "workers.jobs.step_out"),
    "relay": ("urgent", "workers.jobs.relay"),
    "beside": ("urgent", "workers.jobs.beside"),
    "guest": ("urgent", "workers.jobs.guest"),
    "hold": ("urgent", "workers.jobs.hold"),
    "call_later": ("urgent", "workers.jobs.call_later"),
    "end_call": ("urgent", "workers.jobs.end_call"),
    "unhold": ("urgent", "workers.jobs.unhold"),
    "read_texts": ("urgent", "workers.jobs.read_texts"),
    "read_number": ("urgent", "workers.jobs.read_number"),
    "new_text": ("urgent", "workers.jobs.new_text"),
    "watch_text": ("urgent", "workers.jobs.watch_text"),
    "read_to_staff": ("urgent", "workers.jobs.read_to_staff"),
    "tell_team": ("urgent", "workers.jobs.tell_team"),
    "send_text": ("urgent", "workers.jobs.send_text"),
    "callback": ("urgent", "workers.jobs.callback"),
    "brief": ("urgent", "workers.jobs.brief"),
    "call_person": ("urgent", "workers.jobs.call_person"),
    "end_person": ("urgent", "workers.jobs.end_person"),
    # Not urgent: it may wait for a slow carrier twice, and no page may wait behind it.
    "watch": ("work", "workers.jobs.watch"),
    "tell_heard": ("work", "workers.jobs.tell_heard"),
    "look": ("work", "workers.jobs.look"),
    "fetch_tip": ("work", "workers.jobs.fetch_tip"),
    "look_tip": ("work", "workers.jobs.look_tip"),
    "erase_team_text": ("work", "workers.jobs.erase_team_text"),
    "forget_exchange": ("work", "workers.jobs.forget_exchange"),
    "ask_ok": ("work", "workers.jobs.ask_ok"),
    "tell_roster": ("work", "workers.jobs.tell_roster"),
    "tell_dispatch": ("work", "workers.jobs.tell_dispatch"),
    "test_ring": ("work", "workers.jobs.test_ring"),
}

RING_WITHIN = 0.2  # seconds (law 6)
JOB_TIMEOUT = 30  # seconds: every wait inside a job is shorter
QUIET_AFTER_FAILURE = 5.0  # seconds in which a bell that failed is not tried again: a webhook must not pay for it twice


def connect(url: str, patience: float = RING_WITHIN) -> Redis:
    """A connection that gives up after `patience` seconds and never retries."""
    return Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience, retry=Retry(NoBackoff(), 0))


class Doorbell:
    """Rings rows. A ring that fails costs nothing but the sweep's two seconds, so it is told, never raised."""

    def __init__(self, url: str) -> None:
        self._redis = connect(url)
        self._failed_at: float | None = None

    def ring(self, works: Iterable[tuple[str, int]]) -> list[int]:
        """Ring each (kind, row id); returns the ids that were rung."""
        rung: list[int] = []
        if self._failed_at is not None and time.monotonic() - self._failed_at < QUIET_AFTER_FAILURE:
            return rung
        with suppress(RedisError, OSError):
            for kind, row_id in works:
                self._ring(kind, row_id)
                rung.append(row_id)
            self._failed_at = None
            return rung
        self._failed_at = time.monotonic()
        return rung

    def _ring(self, kind: str, row_id: int) -> None:
        """A fresh job id each time: RQ must never be the one who decides that a row was rung before."""
        queue_name, job = BELLS[kind]
        queue = Queue(queue_name, connection=self._redis, serializer=JSONSerializer)
        queue.enqueue_call(
            job, args=(row_id,), job_id=f"w{row_id}-{time.time_ns()}", timeout=JOB_TIMEOUT, result_ttl=0, failure_ttl=60
        )

    def answers(self) -> bool:
        """Is Redis there?"""
        with suppress(RedisError, OSError):
            return bool(self._redis.ping())
        return False
