"""From weekly rules and changes to shifts between two instants. Pure: rows and zones in, instants out.

A rota is one person's, on some weekdays of every so-manieth week, between two times of the wall in its zone. Its shift
belongs to the day on which it begins. A time that the clocks skip is read as if they had not yet moved (2:30 is 3:30);
of one that comes twice it is the first (RFC 5545 says the same of both): so where one shift ends and the next begins
is one instant, on every night, and a night is as long as it is. A shift that lies wholly in a skipped hour is none.

Changes are applied in the order of the list: what was written down first, then what somebody said.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from hotline.rules.duty import Shift

Change: TypeAlias = Literal["add", "remove", "replace", "pause"]
WEEK = timedelta(days=7)


class Rota(NamedTuple):
    """One person's rule. `first` is in its first week and nothing comes before it; `last` is the last day, if any.

    A temporary one silences the ordinary rotas of its team on its days.
    """

    responder_id: int
    weekdays: frozenset[int]  # Monday is 0
    begins: time
    ends: time  # of the next day, where it is not after `begins`
    first: date
    zone: ZoneInfo
    every: int = 1  # weeks
    last: date | None = None
    team: str = ""
    temporary: bool = False


class Override(NamedTuple):
    """A change between two instants, for ever where the second is None. `by` is who takes over in a replacement."""

    change: Change
    responder_id: int
    starts_at: datetime
    ends_at: datetime | None
    by: int | None = None
    team: str = ""
    planned: bool = True


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A time of the wall, in UTC."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def shifts_between(
    fixed: Iterable[Shift], rotas: Sequence[Rota], overrides: Iterable[Override], start: datetime, end: datetime
) -> tuple[Shift, ...]:
    """Every shift that touches the time between two instants, whole, in order."""
    made = [*fixed, *(shift for rota in rotas for shift in _planned(rota, rotas, start, end))]
    for override in overrides:
        if _touches(override, start, end):
            made = list(_changed(made, override))
    touching = [shift for shift in made if _touches(shift, start, end)]
    return tuple(sorted(touching, key=lambda one: (one.starts_at, one.responder_id)))


def _touches(span: Shift | Override, start: datetime, end: datetime) -> bool:
    return span.starts_at <= end and (span.ends_at is None or span.ends_at > start)


def stretch(shifts: Iterable[Shift], responder_id: int, now: datetime) -> tuple[datetime, datetime | None] | None:
    """From when until when somebody is on duty without a break around that instant; None where they are not."""
    theirs = sorted((one for one in shifts if one.responder_id == responder_id), key=lambda one: one.starts_at)
    begun: datetime | None = None
    until: datetime | None = None
    for shift in theirs:
        if begun is None or (until is not None and shift.starts_at > until):
            if begun is not None and begun <= now and until is not None and now < until:
                break
            begun, until = shift.starts_at, shift.ends_at
        elif until is not None:
            until = None if shift.ends_at is None else max(until, shift.ends_at)
    return (begun, until) if begun is not None and begun <= now and (until is None or now < until) else None


# ── rules ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _planned(rota: Rota, rotas: Sequence[Rota], start: datetime, end: datetime) -> Iterator[Shift]:
    day = max(rota.first, start.astimezone(rota.zone).date() - timedelta(days=2))
    last = end.astimezone(rota.zone).date()
    last = last if rota.last is None else min(rota.last, last)
    while day <= last:
        if _is_its_day(rota, day) and not _silenced(rota, rotas, day):
            ends_on = day if rota.ends > rota.begins else day + timedelta(days=1)
            starts_at, ends_at = instant(day, rota.begins, rota.zone), instant(ends_on, rota.ends, rota.zone)
            if starts_at < ends_at:
                yield Shift(rota.responder_id, starts_at, ends_at, rota.team, planned=True)
        day += timedelta(days=1)


def _is_its_day(rota: Rota, day: date) -> bool:
    weeks = (_monday(day) - _monday(rota.first)) // WEEK
    return day.weekday() in rota.weekdays and weeks % rota.every == 0


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _silenced(rota: Rota, rotas: Iterable[Rota], day: date) -> bool:
    return not rota.temporary and any(
        other.temporary and other.team == rota.team and other.first <= day and (other.last is None or day <= other.last)
        for other in rotas
    )


# ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _changed(shifts: Iterable[Shift], override: Override) -> Iterator[Shift]:
    if override.change == "add":
        yield from shifts
        yield Shift(
            override.responder_id, override.starts_at, override.ends_at, override.team, planned=override.planned
        )
        return
    for shift in shifts:
        if shift.responder_id == override.responder_id:
            yield from _cut(shift, override)
        else:
            yield shift


def _cut(shift: Shift, override: Override) -> Iterator[Shift]:
    """What is left of a shift before, within and after a change."""
    begins = max(shift.starts_at, override.starts_at)
    ends = _earlier(shift.ends_at, override.ends_at)
    if ends is not None and begins >= ends:
        yield shift
        return
    if shift.starts_at < begins:
        yield shift._replace(ends_at=begins)
    if override.change == "replace" and override.by is not None:
        yield shift._replace(responder_id=override.by, starts_at=begins, ends_at=ends, paused=False)
    elif override.change == "pause":
        yield shift._replace(starts_at=begins, ends_at=ends, paused=True)
    if ends is not None and ends != shift.ends_at:
        yield shift._replace(starts_at=ends)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end is not None), default=None)
