"""The roster: who is on it, who is on duty, and what people say of themselves (on duty, off, a pause).

Names and numbers are sealed under WEB_KEY: the last resort rings them. Who is on duty is decided by `rules.duty`, from
what `planning` reads; nothing is materialised, so that a word by text counts from the next question on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from hotline.rules.duty import Responder, Shift, covers
from hotline.rules.duty import on_duty as decided
from hotline.rules.phone import for_responder
from hotline.rules.rota import stretch
from hotline.rules.routing import URGENT, Whose, preference
from hotline.store import planning, roster_watch
from hotline.store.roster_tables import overrides, responders, shifts
from hotline.vault import Sealer
from ivr_flows.phrases import fold

SAID_FOR = timedelta(hours=12)
"""How long somebody who says "on duty" is, where nothing was planned: nobody stays on duty by forgetting."""

TOLD_AHEAD = timedelta(hours=48)
"""How far ahead the end of somebody's time on duty is looked for."""
# Any number will do, as long as only whoever leaves uses it.
_LEAVING = 4_021_962


class Until(NamedTuple):
    """When something that was said ends; None is for ever."""

    at: datetime | None


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who may be rung now, and until when; sealed columns open with `Sealer.open_number`."""

    responder_id: int
    rank: str
    languages: tuple[str, ...]
    phone_sealed: bytes
    name_sealed: bytes
    until: datetime | None
    paused: bool


@dataclass(frozen=True, slots=True)
class ResponderRow:
    """Somebody with a place on the roster; sealed columns open with `Sealer.open_number`."""

    id: int
    name_sealed: bytes
    phone_sealed: bytes
    rank: str
    languages: tuple[str, ...]
    active: bool
    roles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    proved_at: datetime | None = None
    failed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RosterRows:
    """The roster for a stretch of time: active responders with a shift in it, and those shifts."""

    responders: tuple[ResponderRow, ...]
    shifts: tuple[Shift, ...]


_RESPONDER = (
    responders.c.id,
    responders.c.name_sealed,
    responders.c.phone_sealed,
    responders.c.rank,
    responders.c.languages,
    responders.c.active,
    responders.c.roles,
    responders.c.regions,
    responders.c.proved_at,
    responders.c.failed_at,
)


# ── who is on it ──────────────────────────────────────────────────────────────────────────────────────────────────


def add_responder(
    conn: Connection,
    sealer: Sealer,
    name: str,
    phone: str,
    rank: str,
    languages: Sequence[str],
    always: bool,
    now: datetime | None = None,
    roles: Sequence[str] = (),
    regions: Sequence[str] = (),
) -> int:
    """The responder of that number, added or changed, and active; `always` puts them on duty from now on, for ever.

    Without `now` it is SQL's. BadNumber where the number cannot be a responder's.
    """
    number = for_responder(phone)
    values = {
        "name_sealed": sealer.seal_number(name),
        "phone_sealed": sealer.seal_number(number),
        "rank": rank,
        "languages": list(languages),
        "roles": list(roles),
        "regions": list(regions),
        "active": True,
    }
    new = upsert(responders).values(**values, person=sealer.pseudonym("person", number), created_at=now or func.now())
    kept = new.on_conflict_do_update(index_elements=[responders.c.person], set_=values).returning(responders.c.id)
    responder_id = int(conn.execute(kept).scalar_one())
    if always and not _for_ever(conn, responder_id):
        conn.execute(insert(shifts).values(responder_id=responder_id, starts_at=now or func.now()))
    return responder_id


def set_number(conn: Connection, sealer: Sealer, responder_id: int, phone: str) -> None:
    """Somebody has another number, which no test ring has proved yet. BadNumber where it cannot be a responder's."""
    number = for_responder(phone)
    sealed, person = sealer.seal_number(number), sealer.pseudonym("person", number)
    theirs = update(responders).where(responders.c.id == responder_id, responders.c.person != person)
    conn.execute(theirs.values(phone_sealed=sealed, person=person, proved_at=None, failed_at=None))


def set_active(conn: Connection, responder_id: int, active: bool) -> None:
    """Whether the responder is rung at all."""
    conn.execute(update(responders).where(responders.c.id == responder_id).values(active=active))


def leave(conn: Connection, responder_id: int, now: datetime) -> None:
    """No longer on the roster: not rung, and without the shifts written down for them, should they come back."""
    set_active(conn, responder_id, False)
    theirs = shifts.c.responder_id == responder_id
    conn.execute(shifts.delete().where(theirs, shifts.c.starts_at >= now))
    running = or_(shifts.c.ends_at.is_(None), shifts.c.ends_at > now)
    conn.execute(update(shifts).where(theirs, running).values(ends_at=now))


def note_proof(conn: Connection, responder_id: int, proved: bool, now: datetime) -> None:
    """A test ring of their number was answered with a key, or was not."""
    found = {"proved_at": now, "failed_at": None} if proved else {"failed_at": now}
    conn.execute(update(responders).where(responders.c.id == responder_id).values(found))


def by_id(conn: Connection, responder_id: int) -> ResponderRow | None:
    """One responder, active or not."""
    return _one(conn, responders.c.id == responder_id)


def find_by_name(conn: Connection, sealer: Sealer, name: str) -> ResponderRow | None:
    """The responder of that name, however it is written; None where there is none, or more than one."""
    wanted = " ".join(fold(name).split())
    found = [one for one in all_responders(conn) if fold(sealer.open_number(one.name_sealed)) == wanted]
    return found[0] if len(found) == 1 else None


def all_responders(conn: Connection) -> list[ResponderRow]:
    """Everybody ever added, the active first."""
    rows = conn.execute(select(*_RESPONDER).order_by(responders.c.active.desc(), responders.c.id))
    return [_responder(row) for row in rows]


def candidates(rows: RosterRows) -> list[Responder]:
    """The same responders, as `rules.duty` decides about them."""
    return [Responder(row.id, row.rank, row.active, row.languages, row.roles, row.regions) for row in rows.responders]


# ── who is on duty ────────────────────────────────────────────────────────────────────────────────────────────────


def on_duty(conn: Connection, now: datetime, language: str | None = None, whose: Whose = URGENT) -> list[OnDuty]:
    """Who is on duty at that instant, in the order they are rung for such a case and a person of that language."""
    rows = snapshot(conn, now, TOLD_AHEAD)
    known = {row.id: row for row in rows.responders}
    order = decided(rows.shifts, candidates(rows), now, language, preference(whose))
    return [_present(known[one.id], rows.shifts, now) for one in order]


def supervisors(conn: Connection, now: datetime, but: int | None = None) -> list[ResponderRow]:
    """The supervisors on duty, or all of them where none is; without that person, whom it is about."""
    present = {one.responder_id for one in on_duty(conn, now)}
    others = [row for row in all_responders(conn) if row.active and row.rank == "supervisor" and row.id != but]
    return [row for row in others if row.id in present] or others


def snapshot(conn: Connection, now: datetime, keep_for: timedelta = timedelta(hours=72)) -> RosterRows:
    """The roster for so long, to be sealed: computed from rules, calendars and changes as SQL holds them now."""
    found = planning.shifts_between(conn, now, now + keep_for)
    named = {one.responder_id for one in found}
    asked = select(*_RESPONDER).where(responders.c.active, responders.c.id.in_(named)).order_by(responders.c.id)
    people = tuple(_responder(row) for row in conn.execute(asked))
    active = {one.id for one in people}
    return RosterRows(people, tuple(one for one in found if one.responder_id in active))


# ── what people say of themselves ─────────────────────────────────────────────────────────────────────────────────


def go_on_duty(conn: Connection, responder_id: int, now: datetime) -> Until:
    """EN SERVICE / ON DUTY: from now on, whatever was said before, which also answers "OK?". Until when.

    What is planned runs its course; where nothing is, it is for twelve hours, for the team that they are planned for.
    """
    roster_watch.say_ok(conn, responder_id, now)
    _take_back(conn, responder_id, ("remove", "pause"), now)
    around = planning.shifts_between(conn, now, now + TOLD_AHEAD)
    if (running := stretch(around, responder_id, now)) is not None:
        return Until(running[1])
    team = planning.own_team(conn, responder_id)
    planning.add_override(conn, "add", responder_id, now, now + SAID_FOR, now, team=team)
    return Until(now + SAID_FOR)


def one_leaves_at_a_time(conn: Connection) -> None:
    """Until the end of the transaction nobody else leaves: of two at once, the second sees that they are the last."""
    conn.execute(select(func.pg_advisory_xact_lock(_LEAVING)))


def go_off_duty(conn: Connection, responder_id: int, now: datetime) -> Until | None:
    """FIN / OFF DUTY: no more in this shift, whose end is given (none: until they say otherwise). None: they were not.

    A shift that follows it is kept. Whether anybody is left is for the caller to see and say: `on_duty`.
    """
    around = planning.shifts_between(conn, now, now)
    running = [one for one in around if one.responder_id == responder_id and covers(one, now)]
    if not running:
        return None
    ends = [one.ends_at for one in running if one.ends_at is not None]
    until = max(ends) if len(ends) == len(running) else None
    planning.add_override(conn, "remove", responder_id, now, until, now)
    return Until(until)


def pause(conn: Connection, responder_id: int, until: datetime, now: datetime) -> bool:
    """PAUSE 30: rung after everybody else until then, and not left out. False: they are not on duty."""
    _take_back(conn, responder_id, ("pause",), now)
    if not any(one.responder_id == responder_id for one in planning.shifts_between(conn, now, now)):
        return False
    planning.add_override(conn, "pause", responder_id, now, until, now)
    return True


def _take_back(conn: Connection, responder_id: int, changes: Sequence[str], now: datetime) -> None:
    """What they said of themselves and still holds, holds no longer."""
    theirs = (overrides.c.responder_id == responder_id, overrides.c.source == "said", overrides.c.change.in_(changes))
    running = or_(overrides.c.ends_at.is_(None), overrides.c.ends_at > now)
    conn.execute(overrides.delete().where(*theirs, overrides.c.starts_at >= now))
    conn.execute(update(overrides).where(*theirs, running).values(ends_at=now))


def _present(row: ResponderRow, found: Sequence[Shift], now: datetime) -> OnDuty:
    running = stretch(found, row.id, now)
    until = running[1] if running else None
    paused = any(one.responder_id == row.id and one.paused and covers(one, now) for one in found)
    return OnDuty(row.id, row.rank, row.languages, row.phone_sealed, row.name_sealed, until, paused)


def _for_ever(conn: Connection, responder_id: int) -> bool:
    endless = select(shifts.c.id).where(shifts.c.responder_id == responder_id, shifts.c.ends_at.is_(None))
    return conn.execute(endless.limit(1)).one_or_none() is not None


def _one(conn: Connection, *which: Any) -> ResponderRow | None:
    row = conn.execute(select(*_RESPONDER).where(*which)).one_or_none()
    return None if row is None else _responder(row)


def _responder(row: Any) -> ResponderRow:
    words = (tuple(column) for column in (row.languages, row.roles, row.regions))
    languages, roles, regions = words
    return ResponderRow(
        row.id, row.name_sealed, row.phone_sealed, row.rank, languages, row.active, roles, regions, row.proved_at,
        row.failed_at,
    )  # fmt: skip
