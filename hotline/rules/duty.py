"""Who is on duty at an instant, and what is wrong with the hours to come. Pure: shifts and instants in, answers out.

Every instant is aware; a night of daylight saving is as long as it is, because only instants are compared. How weekly
rules and changes become shifts is told in `rota`.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

RANKS = ("on-duty", "deputy", "supervisor")
ROLES = ("psychosocial", "police", "advisor")
REGIONS = ("nord", "sud", "est", "ouest")
AHEAD = timedelta(hours=72)
# How far the end of a gap is looked for: one that begins in the next hours is told with its end.
END_WITHIN = timedelta(days=14)
# Equals take turns at being first, day by day; it changes at noon UTC, in the morning, and never in a night.
TURN_OF_THE_DAY = timedelta(hours=12)


class Responder(NamedTuple):
    """Someone with a place on the roster."""

    id: int
    rank: str
    active: bool = True
    languages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


Preference: TypeAlias = Callable[[Responder, frozenset[str]], tuple[bool, int, bool]]
"""How far from first somebody is who works for these teams now; `routing` says it of a case. Its last part counts only
among equals of rank and language."""


class Shift(NamedTuple):
    """From `starts_at` until just before `ends_at`; for ever where that is None.

    `planned`: by a rule or a calendar, and so asked about ahead. `paused`: still on duty, rung after everybody else.
    """

    responder_id: int
    starts_at: datetime
    ends_at: datetime | None
    team: str = ""
    planned: bool = False
    paused: bool = False


class Gap(NamedTuple):
    """A time in which nobody is on duty; the end is not part of it."""

    starts_at: datetime
    ends_at: datetime


class Problem(NamedTuple):
    """What a supervisor must know. A gap's end is None where none was found; a gap of the line has no team."""

    kind: Literal["gap", "double", "undiallable"]
    starts_at: datetime
    ends_at: datetime | None
    responder_id: int | None = None
    team: str = ""


def covers(shift: Shift, now: datetime) -> bool:
    """Is this shift running at that instant?"""
    return shift.starts_at <= now and (shift.ends_at is None or now < shift.ends_at)


def on_duty(
    shifts: Iterable[Shift],
    responders: Iterable[Responder],
    now: datetime,
    language: str | None = None,
    prefer: Preference | None = None,
) -> tuple[Responder, ...]:
    """The active responders with a running shift, each once, in the order they are rung.

    Who takes a pause comes last. Then whom the case is for, then rank; among equals who speaks that language comes
    first, then who knows that part of the island, and equals in that too take turns at being first, day by day.
    """
    running = [shift for shift in shifts if covers(shift, now)]
    working, paused = _ids(running), _ids(shift for shift in running if shift.paused)
    present = sorted({one for one in responders if one.active and one.id in working}, key=lambda one: one.id)
    turn = (now.astimezone(UTC) - TURN_OF_THE_DAY).toordinal()
    fair = {one.id: place for place, one in enumerate(_turned(present, turn))}

    def order(one: Responder) -> tuple[bool, bool, int, int, bool, bool, int]:
        speaks = language is None or language in one.languages
        teams = frozenset(shift.team for shift in running if shift.responder_id == one.id)
        unwanted, step, far = prefer(one, teams) if prefer is not None else (False, 0, False)
        return one.id in paused, unwanted, step, RANKS.index(one.rank), not speaks, far, fair[one.id]

    return tuple(sorted(present, key=order))


def _turned(present: Sequence[Responder], turn: int) -> list[Responder]:
    """Each rank rotated by as many places as its size allows of these turns."""
    turned: list[Responder] = []
    for rank in RANKS:
        equals = [one for one in present if one.rank == rank]
        first = turn % len(equals) if equals else 0
        turned += [*equals[first:], *equals[:first]]
    return turned


def _ids(shifts: Iterable[Shift]) -> set[int]:
    return {shift.responder_id for shift in shifts}


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


# ── what is wrong ahead ───────────────────────────────────────────────────────────────────────────────────────────


def problems(
    shifts: Sequence[Shift],
    responders: Sequence[Responder],
    teams: Collection[str],
    undiallable: Collection[int],
    now: datetime,
) -> tuple[Problem, ...]:
    """Gaps of the line and of these teams, people in two planned shifts at once, people who cannot be rung: the next
    72 hours of all three. The shifts must reach `END_WITHIN` further, where the ends of gaps are looked for.
    """
    active = {one.id for one in responders if one.active}
    soon = [one for one in shifts if one.responder_id in active and one.starts_at < now + AHEAD and _goes_on(one, now)]
    found = [*_gaps_ahead(shifts, responders, "", now)]
    for team in sorted(teams):
        found += _gaps_ahead([one for one in shifts if one.team == team], responders, team, now)
    found += _doubles(soon, now)
    unreached = sorted((one.starts_at, one.responder_id) for one in soon if one.responder_id in undiallable)
    firsts = {responder_id: starts_at for starts_at, responder_id in reversed(unreached)}
    found += [Problem("undiallable", starts_at, None, who) for who, starts_at in sorted(firsts.items())]
    return tuple(found)


def _goes_on(shift: Shift, now: datetime) -> bool:
    return shift.ends_at is None or shift.ends_at > now


def _gaps_ahead(
    shifts: Iterable[Shift], responders: Sequence[Responder], team: str, now: datetime
) -> Iterator[Problem]:
    end = now + AHEAD + END_WITHIN
    for gap in gaps(shifts, responders, now, end):
        if gap.starts_at < now + AHEAD:
            yield Problem("gap", gap.starts_at, None if gap.ends_at == end else gap.ends_at, team=team)


def _doubles(shifts: Iterable[Shift], now: datetime) -> Iterator[Problem]:
    """Where one planned shift of somebody lies over another."""
    latest: dict[int, datetime] = {}
    for shift in sorted((one for one in shifts if one.planned), key=lambda one: (one.responder_id, one.starts_at)):
        until = latest.get(shift.responder_id)
        if shift.ends_at is None:
            continue
        if until is not None and shift.starts_at < until and min(until, shift.ends_at) > now:
            yield Problem("double", shift.starts_at, min(until, shift.ends_at), shift.responder_id)
        latest[shift.responder_id] = shift.ends_at if until is None else max(until, shift.ends_at)
