"""The roster, taken in from files, shown, and looked at ahead. For commands and workers; it decides nothing itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import NamedTuple

from sqlalchemy import Connection

from hotline import ical
from hotline.roster_file import BadRoster, Person, Sheet
from hotline.rules import duty, phone
from hotline.rules.duty import Problem, Shift
from hotline.store import planning, roster
from hotline.store.roster import ResponderRow
from hotline.vault import NotOurs, Sealer

UNREADABLE = "?"


class Taken(NamedTuple):
    """What an import did: how many people are new to the roster, and whether anything is not as it was."""

    added: int
    changed: bool


# ── taking in ─────────────────────────────────────────────────────────────────────────────────────────────────────


def take_sheet(conn: Connection, sealer: Sealer, sheet: Sheet, now: datetime) -> Taken:
    """The people, rules and changes of a file. Who is on the roster and not in the file stays, without rules."""
    before = roster.all_responders(conn)
    ids = [_person(conn, sealer, before, person, now) for person in sheet.people]
    plan = planning.Plan(
        sheet.teams,
        [one._replace(responder_id=ids[one.responder_id]) for one in sheet.rotas],
        [
            one._replace(responder_id=ids[one.responder_id], by=None if one.by is None else ids[one.by])
            for one in sheet.overrides
        ],
    )
    added = len(set(ids) - {row.id for row in before})
    changed = planning.replace_plan(conn, plan, now)
    return Taken(added, changed or _about(sealer, before) != _about(sealer, roster.all_responders(conn)))


def _about(sealer: Sealer, rows: Sequence[ResponderRow]) -> list[ResponderRow]:
    """What is known of everybody, but for how it is sealed."""
    clear = [(opened(sealer, row.name_sealed).encode(), opened(sealer, row.phone_sealed).encode()) for row in rows]
    return [
        replace(row, name_sealed=name, phone_sealed=number) for row, (name, number) in zip(rows, clear, strict=True)
    ]


def _person(conn: Connection, sealer: Sealer, before: Sequence[ResponderRow], person: Person, now: datetime) -> int:
    """Their row: the one of their number, else the one of their name, which then has another number; else a new one."""
    numbers = {opened(sealer, row.phone_sealed): row for row in before}
    named = [row for row in before if opened(sealer, row.name_sealed).casefold() == person.name.casefold()]
    if person.phone not in numbers and len(named) > 1:
        raise BadRoster([f"{person.name}: {len(named)} people on the roster have this name: give one of their numbers"])
    if person.phone not in numbers and named:
        roster.set_number(conn, sealer, named[0].id, person.phone)
    about = (person.rank, person.languages, False, now, person.roles, person.regions)
    return roster.add_responder(conn, sealer, person.name, person.phone, *about)


def take_calendar(conn: Connection, sealer: Sealer, booked: Sequence[ical.Booked], now: datetime) -> Taken:
    """The shifts of a calendar to come, each titled with the name of somebody on the roster. BadRoster where not."""
    people: dict[str, list[int]] = {}
    for row in roster.all_responders(conn):
        if row.active:
            people.setdefault(opened(sealer, row.name_sealed).casefold(), []).append(row.id)
    names = {one.name for one in booked}
    wrong = {name: len(people.get(name.casefold(), ())) for name in names if len(people.get(name.casefold(), ())) != 1}
    if wrong:
        raise BadRoster([f"{count} people on the roster are named {name}: title each event with one person's name"
                         for name, count in sorted(wrong.items())])  # fmt: skip
    shifts = [Shift(people[one.name.casefold()][0], one.starts_at, one.ends_at, planned=True) for one in booked]
    return Taken(0, planning.replace_calendar(conn, shifts, now))


# ── looking ahead ─────────────────────────────────────────────────────────────────────────────────────────────────


def ahead(conn: Connection, sealer: Sealer, now: datetime, ours: Sequence[str] = ()) -> tuple[Problem, ...]:
    """What is wrong with the next 72 hours."""
    rows = roster.snapshot(conn, now, duty.AHEAD + duty.END_WITHIN)
    unreached = [row.id for row in rows.responders if not _may_ring(sealer, row, ours)]
    people = roster.candidates(rows)
    return duty.problems(rows.shifts, people, planning.covered_teams(conn), unreached, now)


def _may_ring(sealer: Sealer, row: ResponderRow, ours: Sequence[str]) -> bool:
    number = opened(sealer, row.phone_sealed)
    if number == UNREADABLE or number in ours or row.failed_at is not None:
        return False
    return phone.may_dial(number, phone.FOR_RESPONDERS)


def opened(sealer: Sealer, sealed: bytes) -> str:
    """A name or number of the team; a question mark where the key that sealed it is gone."""
    try:
        return sealer.open_number(sealed)
    except NotOurs:
        return UNREADABLE


# ── in words ──────────────────────────────────────────────────────────────────────────────────────────────────────


def names(conn: Connection, sealer: Sealer) -> Mapping[int, str]:
    """What everybody is called."""
    return {row.id: opened(sealer, row.name_sealed) for row in roster.all_responders(conn)}


def shown(conn: Connection, sealer: Sealer, now: datetime, zone: tzinfo) -> Iterator[str]:
    """Who is rung at that instant, in order, then who else is on the roster. A number's last two digits only."""
    known = {row.id: row for row in roster.all_responders(conn)}
    present = roster.on_duty(conn, now)
    yield f"On duty on {at(now, zone)}:"
    for place, one in enumerate(present, 1):
        until = "always" if one.until is None else f"until {at(one.until, zone)}"
        pause = ", pause: rung last" if one.paused else ""
        yield f"  {place}. {_described(sealer, known.pop(one.responder_id))}, {until}{pause}"
    yield f"  {len(present) + 1}. the fallback number"
    rest = [row for row in known.values() if row.active]
    if rest:
        yield "Not on duty:"
        yield from (f"  - {_described(sealer, row)}" for row in rest)


def _described(sealer: Sealer, row: ResponderRow) -> str:
    number = phone.mask(opened(sealer, row.phone_sealed))
    words = [row.rank, "+".join(row.languages), *row.roles, *row.regions, number]
    return f"{opened(sealer, row.name_sealed)}: {', '.join(words)}{'' if row.proved_at else ', not proved'}"


def told(problem: Problem, people: Mapping[int, str], zone: tzinfo) -> str:
    """A problem in one line."""
    who = people.get(problem.responder_id or 0, UNREADABLE)
    begins = at(problem.starts_at, zone)
    ends = "for at least two weeks" if problem.ends_at is None else f"to {at(problem.ends_at, zone)}"
    if problem.kind == "gap":
        return f"gap: nobody {f'of {problem.team} ' if problem.team else ''}is on duty from {begins} {ends}"
    if problem.kind == "double":
        return f"double: {who} is planned twice from {begins} {ends}"
    return f"undiallable: the number of {who}, on duty from {begins}, cannot be rung: give another, or test it again"


def at(instant: datetime, zone: tzinfo) -> str:
    """An instant as the wall shows it, with its offset: 1:30 comes twice a year."""
    return instant.astimezone(zone).strftime("%a %Y-%m-%d %H:%M %z")
