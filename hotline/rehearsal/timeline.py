"""The time of a rehearsal: the line's clock, which everybody waits by, and its jumps while nothing is under way.

Nothing is under way when no telephone is in a call, no text is on its way, no page is open, no work is due or claimed:
the carrier and SQL are both asked, twice, and the jump ends before the next row of work falls due.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from hotline.clock import Clock
from hotline.store.stillness import Stillness

LOOK_EVERY = 0.05  # seconds of the wall
WORTH_A_JUMP = timedelta(seconds=30)
BEFORE_THE_NEXT = timedelta(seconds=3)


class Over(Exception):
    """The rehearsal has ended: whoever still waits leaves."""


class Timeline:
    """Line time since the scenario began, and who waits until when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.began_at = clock.now()
        self.jumped = timedelta()
        self._wakes: dict[int, datetime] = {}
        self._over = threading.Event()

    def now(self) -> datetime:
        """The line's present instant."""
        return self._clock.now()

    @property
    def elapsed(self) -> float:
        """Line seconds since it began."""
        return (self.now() - self.began_at).total_seconds()

    def at(self, seconds: float) -> datetime:
        """The instant so many line seconds after the beginning."""
        return self.began_at + timedelta(seconds=seconds)

    def after(self, seconds: float) -> datetime:
        """The instant so many line seconds from now."""
        return self.now() + timedelta(seconds=seconds)

    def end(self) -> None:
        """Everybody who waits is let go."""
        self._over.set()

    def pause(self) -> None:
        """A short while of the wall; Over once it has ended."""
        if self._over.wait(LOOK_EVERY):
            raise Over

    @contextmanager
    def waking(self, instant: datetime) -> Iterator[None]:
        """Meanwhile this thread has something to do at that instant: time does not jump over it."""
        mine = threading.get_ident()
        before = self._wakes.get(mine)
        self._wakes[mine] = instant
        try:
            yield
        finally:
            if before is None:
                del self._wakes[mine]
            else:
                self._wakes[mine] = before

    def acting(self) -> AbstractContextManager[None]:
        """Meanwhile this thread acts: time jumps only while it waits for something."""
        return self.waking(self.began_at)

    @property
    def waiting(self) -> int:
        """How many threads act, or wait until some instant."""
        return len(self._wakes)

    def wait_until(self, instant: datetime) -> None:
        """Returns when the line's time has come there; Over if the rehearsal ends first."""
        with self.waking(instant):
            while self.now() < instant:
                self.pause()

    def next_wake(self) -> datetime | None:
        """The earliest instant at which somebody has something to do."""
        return min(tuple(self._wakes.values()), default=None)


def leap(
    timeline: Timeline, idle: Callable[[], bool], stillness: Callable[[], Stillness], jump: Callable[[float], object]
) -> bool:
    """Jumps to just before the next deed or row of work, if that is worth it and nothing is under way."""
    for _ in range(2):
        span = _span(timeline, None)
        if span is None or not idle():
            return False
        still = stillness()
        span = _span(timeline, still.next_due_at)
        if not still.nothing_live or span is None:
            return False
    assert span is not None
    jump(span.total_seconds())
    timeline.jumped += span
    return True


def _span(timeline: Timeline, next_due_at: datetime | None) -> timedelta | None:
    """How far it may go; None where it is not worth it, or nobody waits for anything."""
    wake = timeline.next_wake()
    if wake is None:
        return None
    target = min(wake, next_due_at) if next_due_at is not None else wake
    span = target - BEFORE_THE_NEXT - timeline.now()
    return span if span >= WORTH_A_JUMP else None
