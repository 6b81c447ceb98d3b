"""Messages: texts of a person and ours to them, bodies sealed to the case. Texts to a person go out at most once.

A message we send is written before the carrier hears of it, and its state moves forward only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Connection, Integer, Text, Update, column, func, literal, or_, select, update, values
from sqlalchemy import DateTime as Instant
from sqlalchemy import LargeBinary as Bytes
from sqlalchemy.dialects.postgresql import insert

from hotline.store.tables import MessageState as State
from hotline.store.tables import messages, work

BEFORE: dict[State, tuple[State, ...]] = {
    "held": ("due",),
    "due": ("held",),
    "sending": ("due",),
    "unknown": ("due", "sending"),
    "sent": ("due", "sending", "unknown"),
    "delivered": ("due", "sending", "unknown", "sent"),
    # The carrier may say that it failed after having said sent, never after delivered.
    "failed": ("held", "due", "sending", "unknown", "sent"),
}
"""From which states a message we send may reach each state."""
SETTLED = ("delivered", "failed", "unknown")


@dataclass(frozen=True, slots=True)
class Message:
    """A text; what is sealed opens with its case, and is None once that is forgotten."""

    id: int
    case_id: int
    contact_id: int
    direction: str
    sid_sealed: bytes | None
    body_sealed: bytes | None
    state: State
    error_code: int | None
    generation: int
    created_at: datetime
    settled_at: datetime | None
    responder_id: int | None
    confirmed_at: datetime | None


_MESSAGE = select(
    messages.c.id,
    messages.c.case_id,
    messages.c.contact_id,
    messages.c.direction,
    messages.c.sid_sealed,
    messages.c.body_sealed,
    messages.c.state,
    messages.c.error_code,
    messages.c.generation,
    messages.c.created_at,
    messages.c.settled_at,
    messages.c.responder_id,
    messages.c.confirmed_at,
)


def record(
    conn: Connection,
    contact_id: int,
    case_id: int,
    sid_key: bytes,
    sid_sealed: bytes | None,
    body_sealed: bytes | None,
    replies: Sequence[bytes],
    now: datetime,
    kind: str = "write",
    queue: str = "urgent",
    beside: Update | None = None,
) -> list[int] | None:
    """A text that arrived, our replies to it and the work (of that kind) that will send them: one statement.

    `beside` is written with it, and undone with it by who calls where the text was already here.

    The ids of that work, to ring; None, and nothing written, if this text was already here.
    """
    whose = {"contact_id": contact_id, "case_id": case_id, "sid_key": sid_key, "created_at": now}
    sealed = {"sid_sealed": sid_sealed, "body_sealed": body_sealed}
    arrived = (
        insert(messages)
        .values(direction="in", state="received", **whose, **sealed)
        .on_conflict_do_nothing(index_elements=[messages.c.sid_key])
        .returning(messages.c.id)
        .cte("arrived")
    )
    also = [] if beside is None else [beside.cte("beside")]
    if not replies:
        return None if conn.execute(select(arrived).add_cte(*also)).one_or_none() is None else []
    spoken = _said_after(arrived, contact_id, case_id, replies, now, (kind, queue))
    both = select(arrived.c.id, spoken.c.id).select_from(arrived.outerjoin(spoken, literal(True)))
    rows = conn.execute(both.add_cte(*also)).all()
    return sorted(row[1] for row in rows) if rows else None


def received(
    conn: Connection,
    case_id: int,
    contact_id: int,
    sid_key: bytes,
    sid_sealed: bytes,
    body_sealed: bytes | None,
    now: datetime,
) -> bool:
    """A text that arrived is kept; False if it already was."""
    return record(conn, contact_id, case_id, sid_key, sid_sealed, body_sealed, [], now) is not None


def to_send(
    conn: Connection,
    case_id: int,
    contact_id: int,
    body_sealed: bytes,
    now: datetime,
    responder_id: int | None = None,
    held: bool = False,
) -> int:
    """A text of ours, or of a responder, written before the carrier is called; its work is the caller's to add.

    One that is held waits for that responder to confirm it, and what of theirs was held before is dropped.
    """
    if held and responder_id is not None:
        drop_held(conn, contact_id, responder_id)
    said = {"direction": "out", "contact_id": contact_id, "case_id": case_id, "created_at": now}
    written = insert(messages).values(
        **said, state="held" if held else "due", body_sealed=body_sealed, responder_id=responder_id
    )
    return int(conn.execute(written.returning(messages.c.id)).scalar_one())


def confirm_held(conn: Connection, contact_id: int, responder_id: int, since: datetime, now: datetime) -> int | None:
    """What this responder wrote since then and was held is due now: its id; None where nothing is held."""
    theirs = _held(contact_id, responder_id).where(messages.c.created_at >= since)
    due = theirs.values(state="due", confirmed_at=now, generation=messages.c.generation + 1)
    return conn.execute(due.returning(messages.c.id)).scalar_one_or_none()


def drop_held(conn: Connection, contact_id: int, responder_id: int) -> bool:
    """What was held is never sent; False where nothing was."""
    dropped = _held(contact_id, responder_id).values(state="failed", generation=messages.c.generation + 1)
    return conn.execute(dropped).rowcount > 0


def last_confirmed(conn: Connection, contact_id: int, responder_id: int) -> datetime | None:
    """When this responder last confirmed a text to this person."""
    theirs = messages.c.contact_id == contact_id, messages.c.responder_id == responder_id
    last: datetime | None = conn.execute(select(func.max(messages.c.confirmed_at)).where(*theirs)).scalar_one()
    return last


def last_fate(conn: Connection, contact_id: int) -> tuple[State, int | None] | None:
    """What became of our last text to this person; None where there was none. One that was dropped unsent is none."""
    ours = select(messages.c.state, messages.c.error_code).where(
        messages.c.contact_id == contact_id,
        messages.c.direction == "out",
        or_(messages.c.state != "failed", messages.c.settled_at.is_not(None)),
    )
    row = conn.execute(ours.order_by(messages.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row.state, row.error_code)


def _held(contact_id: int, responder_id: int) -> Update:
    return update(messages).where(
        messages.c.contact_id == contact_id, messages.c.responder_id == responder_id, messages.c.state == "held"
    )


def by_id(conn: Connection, message_id: int) -> Message | None:
    """One message."""
    row = conn.execute(_MESSAGE.where(messages.c.id == message_id)).one_or_none()
    return None if row is None else Message(**row._mapping)


def of_case(conn: Connection, case_id: int) -> list[Message]:
    """All messages of a case, the oldest first."""
    rows = conn.execute(_MESSAGE.where(messages.c.case_id == case_id).order_by(messages.c.id))
    return [Message(**row._mapping) for row in rows]


def bodies_in(conn: Connection, contact_id: int) -> list[bytes]:
    """What the person of a contact wrote, sealed to its case, the oldest first."""
    written = select(messages.c.body_sealed).where(messages.c.contact_id == contact_id, messages.c.direction == "in")
    return list(conn.execute(written.where(messages.c.body_sealed.is_not(None)).order_by(messages.c.id)).scalars())


def move(conn: Connection, message_id: int, state: State, now: datetime, error_code: int | None = None) -> bool:
    """Our message reached that state; False, and nothing written, if that is not news. KeyError: never reached."""
    changed: dict[str, Any] = {"state": state, "generation": messages.c.generation + 1, "error_code": error_code}
    if state in SETTLED:
        changed["settled_at"] = now
    here = update(messages).where(messages.c.id == message_id, messages.c.state.in_(BEFORE[state]))
    return conn.execute(here.values(changed)).rowcount == 1


def note_sid(conn: Connection, message_id: int, sid_key: bytes, sid_sealed: bytes) -> None:
    """What the carrier calls our message; the first name stays."""
    known = {
        "sid_key": func.coalesce(messages.c.sid_key, sid_key),
        "sid_sealed": func.coalesce(messages.c.sid_sealed, sid_sealed),
    }
    conn.execute(update(messages).where(messages.c.id == message_id).values(known))


def find_sid(conn: Connection, sid_key: bytes) -> Message | None:
    """The message the carrier knows under that SID's pseudonym."""
    row = conn.execute(_MESSAGE.where(messages.c.sid_key == sid_key)).one_or_none()
    return None if row is None else Message(**row._mapping)


def _said_after(
    arrived: CTE, contact_id: int, case_id: int, bodies: Sequence[bytes], now: datetime, work_for: tuple[str, str]
) -> CTE:
    """Our messages and their work; none where nothing arrived."""
    instant = literal(now, Instant(True))
    listed = values(column("place", Integer), column("body", Bytes), name="bodies").data(list(enumerate(bodies)))
    said = (
        select(literal("out"), literal("due"), literal(contact_id), literal(case_id), listed.c.body, instant)
        .where(select(arrived.c.id).exists())
        .order_by(listed.c.place)
    )
    columns = ["direction", "state", "contact_id", "case_id", "body_sealed", "created_at"]
    written = insert(messages).from_select(columns, said).returning(messages.c.id).cte("written")
    kind, queue = (literal(word, Text) for word in work_for)
    owed = select(kind, queue, written.c.id, instant, instant).order_by(written.c.id)
    work_columns = ["kind", "queue", "subject_id", "due_at", "created_at"]
    return insert(work).from_select(work_columns, owed).returning(work.c.id).cte("owed")
