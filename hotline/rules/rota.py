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
    made: dict[int, list[Shift]] = {}
    for shift in (*fixed, *(shift for rota in rotas for shift in _planned(rota, rotas, start, end))):
        made.setdefault(shift.responder_id, []).append(shift)
    for override in overrides:
        if _touches(override, start, end):
            _change(made, override)
    touching = [shift for theirs in made.values() for shift in theirs if _touches(shift, start, end)]
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


def _change(made: dict[int, list[Shift]], override: Override) -> None:
    """The shifts of the one or two people whom it is about, as they are after it."""
    who, begins, ends = override.responder_id, override.starts_at, override.ends_at
    if override.change == "add":
        made.setdefault(who, []).append(Shift(who, begins, ends, override.team, planned=override.planned))
        return
    theirs = made.pop(who, [])
    made[who] = [left for shift in theirs for left in _outside(shift, override)]
    within = [part for shift in theirs for part in _inside(shift, override)]
    if override.change == "pause":
        made[who] += [part._replace(paused=True) for part in within]
    elif override.by is not None:
        taken = [part._replace(responder_id=override.by, paused=False) for part in within]
        made.setdefault(override.by, []).extend(taken)


def _inside(shift: Shift, override: Override) -> Iterator[Shift]:
    """The part of a shift that a change is about, if there is one."""
    begins = max(shift.starts_at, override.starts_at)
    ends = _earlier(shift.ends_at, override.ends_at)
    if ends is None or begins < ends:
        yield shift._replace(starts_at=begins, ends_at=ends)


def _outside(shift: Shift, override: Override) -> Iterator[Shift]:
    """What is left of it before and after."""
    if shift.starts_at < override.starts_at:
        yield shift._replace(ends_at=_earlier(shift.ends_at, override.starts_at))
    if override.ends_at is not None and (shift.ends_at is None or override.ends_at < shift.ends_at):
        yield shift._replace(starts_at=max(shift.starts_at, override.ends_at))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end is not None), default=None)
