"""The roster: responders and their shifts. Names and numbers are sealed under WEB_KEY: the last resort rings them.

Who is on duty is decided by `rules.duty`; here are only the rows it decides from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from hotline.rules.duty import Responder, Shift
from hotline.rules.duty import on_duty as decided
from hotline.rules.phone import for_responder
from hotline.store.tables import responders, shifts
from hotline.vault import Sealer


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who may be rung now; `phone_sealed` opens with `Sealer.open_number`."""

    responder_id: int
    rank: str
    languages: tuple[str, ...]
    phone_sealed: bytes


@dataclass(frozen=True, slots=True)
class ResponderRow:
    """Somebody with a place on the roster; sealed columns open with `Sealer.open_number`."""

    id: int
    name_sealed: bytes
    phone_sealed: bytes
    rank: str
    languages: tuple[str, ...]
    active: bool


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
)


def add_responder(
    conn: Connection,
    sealer: Sealer,
    name: str,
    phone: str,
    rank: str,
    languages: Sequence[str],
    always: bool,
    now: datetime | None = None,
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
        "active": True,
    }
    new = upsert(responders).values(**values, person=sealer.pseudonym("person", number), created_at=now or func.now())
    kept = new.on_conflict_do_update(index_elements=[responders.c.person], set_=values).returning(responders.c.id)
    responder_id = int(conn.execute(kept).scalar_one())
    if always and not _for_ever(conn, responder_id):
        conn.execute(insert(shifts).values(responder_id=responder_id, starts_at=now or func.now()))
    return responder_id


def add_shift(conn: Connection, responder_id: int, starts_at: datetime, ends_at: datetime | None) -> int:
    """A shift, up to but not including its end; None is for ever."""
    new = insert(shifts).values(responder_id=responder_id, starts_at=starts_at, ends_at=ends_at)
    return int(conn.execute(new.returning(shifts.c.id)).scalar_one())


def end_shifts(conn: Connection, responder_id: int, now: datetime) -> int:
    """The responder's running shifts end now: how many there were."""
    running = update(shifts).where(
        shifts.c.responder_id == responder_id,
        shifts.c.starts_at < now,
        or_(shifts.c.ends_at.is_(None), shifts.c.ends_at > now),
    )
    return conn.execute(running.values(ends_at=now)).rowcount


def set_active(conn: Connection, responder_id: int, active: bool) -> None:
    """Whether the responder is rung at all."""
    conn.execute(update(responders).where(responders.c.id == responder_id).values(active=active))


def on_duty(conn: Connection, now: datetime) -> list[OnDuty]:
    """Who is on duty at that instant, in the order they are rung."""
    rows = _between(conn, now, now)
    known = {row.id: row for row in rows.responders}
    present = [known[one.id] for one in decided(rows.shifts, candidates(rows), now)]
    return [OnDuty(row.id, row.rank, row.languages, row.phone_sealed) for row in present]


def snapshot(conn: Connection, now: datetime, keep_for: timedelta = timedelta(hours=72)) -> RosterRows:
    """What the last resort needs for so long, to be sealed."""
    return _between(conn, now, now + keep_for)


def candidates(rows: RosterRows) -> list[Responder]:
    """The same responders, as `rules.duty` decides about them."""
    return [Responder(row.id, row.rank, row.active) for row in rows.responders]


def by_id(conn: Connection, responder_id: int) -> ResponderRow | None:
    """One responder, active or not."""
    row = conn.execute(select(*_RESPONDER).where(responders.c.id == responder_id)).one_or_none()
    return None if row is None else _responder(row)


def all_responders(conn: Connection) -> list[ResponderRow]:
    """Everybody ever added, the active first."""
    rows = conn.execute(select(*_RESPONDER).order_by(responders.c.active.desc(), responders.c.id))
    return [_responder(row) for row in rows]


def _for_ever(conn: Connection, responder_id: int) -> bool:
    endless = select(shifts.c.id).where(shifts.c.responder_id == responder_id, shifts.c.ends_at.is_(None))
    return conn.execute(endless.limit(1)).one_or_none() is not None


def _between(conn: Connection, start: datetime, end: datetime) -> RosterRows:
    asked = (
        select(*_RESPONDER, shifts.c.starts_at, shifts.c.ends_at)
        .join(shifts, shifts.c.responder_id == responders.c.id)
        .where(responders.c.active, shifts.c.starts_at <= end)
        .where(or_(shifts.c.ends_at.is_(None), shifts.c.ends_at > start))
        .order_by(responders.c.id, shifts.c.starts_at, shifts.c.id)
    )
    rows = conn.execute(asked).all()
    known = {row.id: _responder(row) for row in rows}
    return RosterRows(tuple(known.values()), tuple(Shift(row.id, row.starts_at, row.ends_at) for row in rows))


def _responder(row: Any) -> ResponderRow:
    return ResponderRow(row.id, row.name_sealed, row.phone_sealed, row.rank, tuple(row.languages), row.active)
