"""Callbacks: a draft while it is being arranged, then a promise, kept once or put in front of a human.

One promise per number at a time. A leg is one call to the person: written before the carrier hears of it, forward only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, func, literal, select, update
from sqlalchemy import DateTime as Instant
from sqlalchemy.dialects.postgresql import insert

from hotline.store.contacts import INSERTED, Contact
from hotline.store.tables import (
    CallbackState,
    LegState,
    callback_attempts,
    callbacks,
    contacts,
    never_call,
    pages,
    word,
    work,
)

LIVE = (word("promised"), word("due"), word("human"))
_RUNNING: tuple[LegState, ...] = ("sending", "unknown", "sent", "ringing", "answered")
BEFORE: Mapping[LegState, tuple[LegState, ...]] = {
    **{state: _RUNNING[:rank] for rank, state in enumerate(_RUNNING) if rank},
    **dict.fromkeys(("busy", "no_answer", "failed", "ended"), _RUNNING),
}
"""From which states a leg may reach each state."""
_AGREED = ("contact_id", "case_id", "person", "number_sealed", "code_word_sealed", "code_key", "voicemail", "starts_at",
           "ends_at")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback; what is sealed opens with its case."""

    id: int
    contact_id: int
    case_id: int
    person: bytes | None
    number_sealed: bytes | None
    code_word_sealed: bytes | None
    voicemail: bool
    language: Literal["fr", "en"] | None
    state: CallbackState
    agreed_at: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    due_at: datetime | None
    windows: int
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Draft:
    """When, as far as it is arranged; and whether there is a number."""

    starts_at: datetime | None
    ends_at: datetime | None
    has_number: bool


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise that was sealed: whether it took the place of an earlier one, and its work to ring."""

    id: int
    made: bool
    work_id: int


@dataclass(frozen=True, slots=True)
class CallLeg:
    """One call to the person."""

    id: int
    callback_id: int
    page_id: int
    attempt_id: int
    window: int
    state: LegState
    outcome: str | None
    sid_sealed: bytes | None
    created_at: datetime


_CALLBACK = select(*(callbacks.c[name] for name in Callback.__slots__))
_LEG = select(*(callback_attempts.c[name] for name in CallLeg.__slots__))


def of_call(call_key: bytes) -> ColumnElement[int]:
    """SQL: the contact of that call."""
    return select(contacts.c.id).where(contacts.c.call_key == call_key).scalar_subquery()


# ── arranging ─────────────────────────────────────────────────────────────────────────────────────────────────────


def put(conn: Connection, contact_id: int, case_id: int, now: datetime, **told: Any) -> None:
    """What was just said goes into the contact's draft, made if need be."""
    new = insert(callbacks).values(contact_id=contact_id, case_id=case_id, created_at=now, **told)
    draft = callbacks.c.state == word("draft")
    kept = {name: new.excluded[name] for name in (*told, "case_id")}
    conn.execute(new.on_conflict_do_update(index_elements=[callbacks.c.contact_id], index_where=draft, set_=kept))


def drafted(conn: Connection, whose: ColumnElement[int] | int) -> Draft | None:
    """What is arranged so far with this contact."""
    asked = select(callbacks.c.starts_at, callbacks.c.ends_at, callbacks.c.person.is_not(None))
    row = conn.execute(asked.where(callbacks.c.contact_id == whose, callbacks.c.state == word("draft"))).one_or_none()
    return None if row is None else Draft(*row)


def promise(
    conn: Connection, whose: ColumnElement[int] | int, language: str, now: datetime, bell: tuple[str, str]
) -> Promised | None:
    """The contact's draft becomes the promise to its number, with its work: one statement. None without a whole draft.

    A promise to that number that is not kept yet is this one from now on: its row stays, all it says is replaced.
    """
    whole = (callbacks.c.person.is_not(None), callbacks.c.starts_at.is_not(None))
    drafts = callbacks.c.contact_id == whose, callbacks.c.state == word("draft")
    taken = delete(callbacks).where(*drafts, *whole).returning(*callbacks.c).cte("taken")
    given = {
        "language": literal(language), "state": literal("promised"), "agreed_at": taken.c.starts_at,
        "due_at": taken.c.starts_at, "promised_at": literal(now, Instant(True)), "created_at": taken.c.created_at,
    }  # fmt: skip
    columns = [*_AGREED, *given]
    new = insert(callbacks).from_select(columns, select(*(taken.c[name] for name in _AGREED), *given.values()))
    replaced = {name: new.excluded[name] for name in columns if name != "created_at"} | {"windows": 1}
    sealed = new.on_conflict_do_update(
        index_elements=[callbacks.c.person], index_where=callbacks.c.state.in_(LIVE), set_=replaced
    )
    sealed_cte = sealed.returning(callbacks.c.id, callbacks.c.starts_at, INSERTED.label("made")).cte("sealed")
    kind, queue = (literal(name) for name in bell)
    row = select(kind, queue, sealed_cte.c.id, sealed_cte.c.starts_at, literal(now, Instant(True)))
    owed = insert(work).from_select(["kind", "queue", "subject_id", "due_at", "created_at"], row)
    owed_cte = owed.returning(work.c.id).cte("owed")
    owed_id = select(owed_cte.c.id).scalar_subquery()
    found = conn.execute(select(sealed_cte.c.id, sealed_cte.c.made, owed_id)).one_or_none()
    return None if found is None else Promised(*found)


# ── keeping the promise ───────────────────────────────────────────────────────────────────────────────────────────


def by_id(conn: Connection, callback_id: int) -> Callback | None:
    """One callback."""
    row = conn.execute(_CALLBACK.where(callbacks.c.id == callback_id)).one_or_none()
    return None if row is None else Callback(**row._mapping)


def of_page(conn: Connection, page_id: int) -> Callback | None:
    """The callback that a page is about; None for any other page."""
    asked = _CALLBACK.join(pages, pages.c.callback_id == callbacks.c.id).where(pages.c.id == page_id)
    row = conn.execute(asked).one_or_none()
    return None if row is None else Callback(**row._mapping)


def to_person(conn: Connection, person: bytes) -> list[tuple[int, bytes | None]]:
    """The promises not kept yet to that number: the contact each was made with, and what its code word hashes to."""
    asked = select(callbacks.c.contact_id, callbacks.c.code_key)
    rows = conn.execute(asked.where(callbacks.c.person == person, callbacks.c.state.in_(LIVE)))
    return [(row.contact_id, row.code_key) for row in rows]


def of_contact(conn: Connection, contact_id: int) -> bool:
    """Whether this contact has been promised a callback, kept or not."""
    promised = callbacks.c.contact_id == contact_id, callbacks.c.state != word("draft")
    return conn.execute(select(callbacks.c.id).where(*promised).limit(1)).first() is not None


def take(conn: Connection, callback_id: int) -> bool:
    """Its hour has come: the team is being woken."""
    return _changed(conn, callback_id, ("promised",), state="due")


def ring_back(
    conn: Connection,
    contact: Contact,
    language: str,
    ends_at: datetime,
    windows: int,
    now: datetime,
    bell: tuple[str, str],
) -> int | None:
    """A callback to the number this contact called from, due at once, with its work; None where there is no number."""
    if contact.person is None or contact.number_sealed is None or contact.case_id is None:
        return None
    told = {"person": contact.person, "number_sealed": contact.number_sealed, "starts_at": now, "ends_at": ends_at}
    put(conn, contact.id, contact.case_id, now, **told)
    sealed = promise(conn, contact.id, language, now, bell)
    if sealed is None or not _changed(conn, sealed.id, ("promised",), state="due", windows=windows):
        return None
    return sealed.id


def move_on(
    conn: Connection, callback_id: int, starts_at: datetime, ends_at: datetime, windows: int, due_at: datetime
) -> bool:
    """It goes on in this window, not before `due_at`."""
    agreed = {"starts_at": starts_at, "ends_at": ends_at, "windows": windows, "due_at": due_at}
    return _changed(conn, callback_id, ("promised", "due"), state="promised", **agreed)


def to_human(conn: Connection, callback_id: int, why: str) -> bool:
    """Nothing more is done by machine."""
    return _changed(conn, callback_id, ("promised", "due"), state="human", outcome=why)


def finish(conn: Connection, callback_id: int, outcome: str, now: datetime) -> bool:
    """It is over."""
    return _changed(conn, callback_id, ("promised", "due", "human"), state="done", outcome=outcome, done_at=now)


def never(conn: Connection, person: bytes, now: datetime) -> None:
    """This number is never called again."""
    conn.execute(insert(never_call).values(person=person, at=now).on_conflict_do_nothing())


def is_never(conn: Connection, person: bytes) -> bool:
    """Whether this number asked never to be called again."""
    return conn.execute(select(never_call.c.person).where(never_call.c.person == person)).first() is not None


def count_due(conn: Connection, now: datetime) -> int:
    """Promises whose hour has come and that nobody has kept yet, or that wait for a human."""
    come = (callbacks.c.state == word("promised")) & (callbacks.c.due_at <= now)
    waiting = callbacks.c.state.in_([word("due"), word("human")])
    return conn.execute(select(func.count()).select_from(callbacks).where(come | waiting)).scalar_one()


def _changed(conn: Connection, callback_id: int, before: tuple[CallbackState, ...], **changes: Any) -> bool:
    here = update(callbacks).where(callbacks.c.id == callback_id, callbacks.c.state.in_(before))
    return conn.execute(here.values(changes)).rowcount == 1


# ── legs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def plan_leg(conn: Connection, callback: Callback, page_id: int, attempt_id: int, now: datetime) -> int | None:
    """The call to the person from this responder's acceptance of the page; None if there was one: never two."""
    new = insert(callback_attempts).values(
        callback_id=callback.id, page_id=page_id, attempt_id=attempt_id, window=callback.windows, created_at=now
    )
    made = new.on_conflict_do_nothing().returning(callback_attempts.c.id)
    return conn.execute(made).scalar_one_or_none()


def leg(conn: Connection, leg_id: int) -> CallLeg | None:
    """One leg."""
    row = conn.execute(_LEG.where(callback_attempts.c.id == leg_id)).one_or_none()
    return None if row is None else CallLeg(**row._mapping)


def legs_of(conn: Connection, callback_id: int) -> list[CallLeg]:
    """All legs of a callback, the oldest first."""
    rows = conn.execute(_LEG.where(callback_attempts.c.callback_id == callback_id).order_by(callback_attempts.c.id))
    return [CallLeg(**row._mapping) for row in rows]


def latest_leg(conn: Connection, page_id: int) -> CallLeg | None:
    """The latest call to the person of a page."""
    asked = _LEG.where(callback_attempts.c.page_id == page_id).order_by(callback_attempts.c.id.desc()).limit(1)
    row = conn.execute(asked).one_or_none()
    return None if row is None else CallLeg(**row._mapping)


def move_leg(
    conn: Connection,
    leg_id: int,
    state: LegState,
    now: datetime,
    *,
    sequence: int | None = None,
    error_code: int | None = None,
    sid_sealed: bytes | None = None,
) -> bool:
    """The leg reached that state; False, with the state unchanged, if that is not news. A SID is noted in any case."""
    if sid_sealed is not None:
        known = func.coalesce(callback_attempts.c.sid_sealed, sid_sealed)
        conn.execute(update(callback_attempts).where(callback_attempts.c.id == leg_id).values(sid_sealed=known))
    changed: dict[str, Any] = {"state": state}
    if state not in _RUNNING or state == "unknown":
        changed["settled_at"] = now
    if error_code is not None:
        changed["error_code"] = error_code
    here = update(callback_attempts).where(
        callback_attempts.c.id == leg_id, callback_attempts.c.state.in_(BEFORE[state])
    )
    if sequence is not None:
        here = here.where(callback_attempts.c.sequence < sequence)
        changed["sequence"] = sequence
    return conn.execute(here.values(changed)).rowcount == 1


def note_outcome(conn: Connection, leg_id: int, outcome: str) -> None:
    """What came of a leg, as a human keyed it; the first word stays."""
    first = func.coalesce(callback_attempts.c.outcome, outcome)
    conn.execute(update(callback_attempts).where(callback_attempts.c.id == leg_id).values(outcome=first))
