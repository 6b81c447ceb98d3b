"""Contacts: one call or one text exchange, under pseudonyms only. A repeated opening finds the first one again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from hotline.store.roster_tables import responders
from hotline.store.tables import cases, contacts, pages, word
from ivr_flows.model import Priority

SILENT = "silent"  # the flag of an exchange whose person asked not to be written to

INSERTED: ColumnElement[bool] = literal_column("(xmax = 0)", Boolean)
"""In RETURNING of an upsert: True where this statement inserted the row, False where it found it."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact; `case_public` seals to its case and is None while it has none. Sealed columns open with the case."""

    id: int
    channel: str
    call_key: bytes | None
    person: bytes | None
    case_id: int | None
    case_public: bytes | None
    case_flags: Sequence[str] | None
    case_priority: Priority | None
    place: dict[str, Any] | None
    turn: int
    opened_at: datetime
    last_at: datetime
    gone_at: datetime | None
    ended_at: datetime | None
    number_sealed: bytes | None
    call_sid_sealed: bytes | None


@dataclass(frozen=True, slots=True)
class Texter:
    """All that a text needs to be understood: the open exchange, if any, when its last text came and whether somebody
    of the team has it; and whether a responder is writing."""

    contact_id: int | None
    place: dict[str, Any] | None
    turn: int
    case_id: int | None
    case_public: bytes | None
    case_flags: Sequence[str] | None
    case_priority: Priority | None
    responder_id: int | None
    last_at: datetime | None
    in_hand: bool


_CONTACT = select(
    contacts.c.id,
    contacts.c.channel,
    contacts.c.call_key,
    contacts.c.person,
    contacts.c.case_id,
    cases.c.public_key,
    cases.c.flags,
    cases.c.priority,
    contacts.c.place,
    contacts.c.turn,
    contacts.c.opened_at,
    contacts.c.last_at,
    contacts.c.gone_at,
    contacts.c.ended_at,
    contacts.c.number_sealed,
    contacts.c.call_sid_sealed,
).select_from(contacts.outerjoin(cases))


def open_call(conn: Connection, call_key: bytes, person: bytes | None, now: datetime) -> int:
    """The contact of this call, made if need be: a repeated opening gets the same id."""
    new = upsert(contacts).values(channel="voice", call_key=call_key, person=person, opened_at=now, last_at=now)
    seen = {"last_at": func.greatest(contacts.c.last_at, new.excluded.last_at)}
    made = new.on_conflict_do_update(index_elements=[contacts.c.call_key], set_=seen).returning(contacts.c.id)
    return int(conn.execute(made).scalar_one())


def find_call(conn: Connection, call_key: bytes) -> Contact | None:
    """The contact of a call; None if its opening was never written."""
    return _contact(conn, _CONTACT.where(contacts.c.call_key == call_key))


def by_id(conn: Connection, contact_id: int) -> Contact | None:
    """One contact."""
    return _contact(conn, _CONTACT.where(contacts.c.id == contact_id))


def find_text(conn: Connection, person: bytes) -> Texter:
    """Who writes, in one question: the person's open exchange with its case, and the responder whose number it is."""
    here = select(literal(1)).subquery("here")
    exchange = and_(contacts.c.person == person, contacts.c.channel == word("text"), contacts.c.ended_at.is_(None))
    known = and_(responders.c.person == person, responders.c.active)
    asked = select(
        contacts.c.id,
        contacts.c.place,
        func.coalesce(contacts.c.turn, 0),
        contacts.c.case_id,
        cases.c.public_key,
        cases.c.flags,
        cases.c.priority,
        responders.c.id,
        contacts.c.last_at,
        select(pages.c.id).where(pages.c.contact_id == contacts.c.id, pages.c.state == word("accepted")).exists(),
    ).select_from(
        here.outerjoin(contacts, exchange)
        .outerjoin(cases, cases.c.id == contacts.c.case_id)
        .outerjoin(responders, known)
    )
    return Texter(*conn.execute(asked).one())


def open_text(conn: Connection, person: bytes, place: dict[str, Any], now: datetime) -> tuple[int, bool]:
    """The person's open exchange, and whether it was made here; a place is stored only then, at turn 0."""
    new = upsert(contacts).values(channel="text", person=person, place=place, opened_at=now, last_at=now)
    made = new.on_conflict_do_update(
        index_elements=[contacts.c.person],
        index_where=and_(contacts.c.channel == word("text"), contacts.c.ended_at.is_(None)),
        set_={"last_at": func.greatest(contacts.c.last_at, new.excluded.last_at)},
    ).returning(contacts.c.id, INSERTED)
    contact_id, created = conn.execute(made).one()
    return contact_id, created


def advance_text(conn: Connection, contact_id: int, from_turn: int, place: dict[str, Any], now: datetime) -> bool:
    """The exchange moves from that turn to the next; False if another text was faster, and nothing has changed."""
    moved = (
        update(contacts)
        .where(contacts.c.id == contact_id, contacts.c.turn == from_turn, contacts.c.ended_at.is_(None))
        .values(place=place, turn=from_turn + 1, last_at=func.greatest(contacts.c.last_at, now))
    )
    return conn.execute(moved).rowcount == 1


def stand(conn: Connection, contact_id: int, place: dict[str, Any]) -> None:
    """The exchange stands there, within the turn that is being taken."""
    conn.execute(update(contacts).where(contacts.c.id == contact_id).values(place=place))


def lift_silence(conn: Connection, contact_id: int) -> bool:
    """They may be written to again. False: they had not asked for silence, or their exchange is over.

    The turn is counted, so that a text of theirs that is being read beside this does not bring the silence back.
    """
    flags = contacts.c.place["flags"]
    theirs = update(contacts).where(contacts.c.id == contact_id, flags.has_key(SILENT), contacts.c.ended_at.is_(None))
    without = func.jsonb_set(contacts.c.place, text("'{flags}'"), flags.op("-", return_type=JSONB)(SILENT))
    return conn.execute(theirs.values(place=without, turn=contacts.c.turn + 1)).rowcount == 1


def rebind(conn: Connection, contact_id: int, call_key: bytes, call_sid_sealed: bytes, now: datetime) -> None:
    """The person answered a call of ours: the contact that was made for it is that call."""
    is_it = {
        "call_key": call_key,
        "call_sid_sealed": call_sid_sealed,
        "last_at": now,
        "gone_at": None,
        "ended_at": None,
    }
    conn.execute(update(contacts).where(contacts.c.id == contact_id).values(is_it))


def note_gone(conn: Connection, call_key: bytes, now: datetime) -> int | None:
    """The call is over: its contact, None if we know of no such call. The first instant stays."""
    gone = update(contacts).where(contacts.c.call_key == call_key)
    at = {"gone_at": func.coalesce(contacts.c.gone_at, now), "ended_at": func.coalesce(contacts.c.ended_at, now)}
    return conn.execute(gone.values(at).returning(contacts.c.id)).scalar_one_or_none()


def forget_person(conn: Connection, call_key: bytes) -> None:
    """This call is nobody's any more."""
    conn.execute(update(contacts).where(contacts.c.call_key == call_key).values(person=None))


def nobody(conn: Connection, case_id: int, person: bytes, now: datetime) -> int:
    """The contact that stands for a case whose person is not to be known: ended, with no number and no call."""
    known = conn.execute(select(contacts.c.id).where(contacts.c.case_id == case_id)).scalar_one_or_none()
    if known is not None:
        return int(known)
    stands = {"channel": "text", "person": person, "case_id": case_id, "ended_at": now}
    new = insert(contacts).values(stands | {"opened_at": now, "last_at": now})
    return int(conn.execute(new.returning(contacts.c.id)).scalar_one())


def _contact(conn: Connection, asked: Select[*tuple[Any, ...]]) -> Contact | None:
    row = conn.execute(asked).one_or_none()
    return None if row is None else Contact(*row)
