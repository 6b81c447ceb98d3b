"""Who is on duty at an instant, and where nobody is. Pure: shifts and instants in, responders and gaps out.

Every instant is aware; a night of daylight saving is as long as it is, because only instants are compared.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

RANKS = ("on-duty", "deputy", "supervisor")


class Responder(NamedTuple):
    """Someone with a place on the roster."""

    id: int
    rank: str
    active: bool = True


class Shift(NamedTuple):
    """From `starts_at` until just before `ends_at`; for ever where that is None."""

    responder_id: int
    starts_at: datetime
    ends_at: datetime | None


class Gap(NamedTuple):
    """A time in which nobody is on duty; the end is not part of it."""

    starts_at: datetime
    ends_at: datetime


def covers(shift: Shift, now: datetime) -> bool:
    """Is this shift running at that instant?"""
    return shift.starts_at <= now and (shift.ends_at is None or now < shift.ends_at)


def on_duty(shifts: Iterable[Shift], responders: Iterable[Responder], now: datetime) -> tuple[Responder, ...]:
    """The active responders with a running shift, each once, in the order they are rung: by rank, then by id."""
    working = {shift.responder_id for shift in shifts if covers(shift, now)}
    present = {one for one in responders if one.active and one.id in working}
    return tuple(sorted(present, key=lambda one: (RANKS.index(one.rank), one.id)))


def gaps(shifts: Iterable[Shift], responders: Iterable[Responder], start: datetime, end: datetime) -> tuple[Gap, ...]:
    """Every time between two instants in which no active responder is on duty, in order."""
    active = {one.id for one in responders if one.active}
    found: list[Gap] = []
    covered_until = start
    for shift in sorted(_ending(shifts, active, end), key=lambda one: one.starts_at):
        if shift.starts_at > covered_until:
            found.append(Gap(covered_until, min(shift.starts_at, end)))
        covered_until = max(covered_until, shift.ends_at or end)
        if covered_until >= end:
            return tuple(found)
    return (*found, Gap(covered_until, end))


def gap_in_next(shifts: Sequence[Shift], responders: Sequence[Responder], now: datetime, hours: int = 72) -> Gap | None:
    """The first time without anybody within so many hours from now; None where somebody always is."""
    found = gaps(shifts, responders, now, now + timedelta(hours=hours))
    return found[0] if found else None


def _ending(shifts: Iterable[Shift], active: set[int], end: datetime) -> list[Shift]:
    return [shift for shift in shifts if shift.responder_id in active and shift.starts_at < end]
