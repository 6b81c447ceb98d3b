"""Attempts: one call or text to one responder for one page, written before the carrier hears of it. Forward only.

The carrier's words come late, twice and in any order: the table `BEFORE` says which are still news.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.store.tables import AttemptState as State
from hotline.store.tables import attempts

__all__ = ["Attempt", "State", "by_id", "find_sid", "latest_for", "move", "note_sid", "of_page", "plan", "plan_apart"]

APART = -1
"""The round of attempts that are no step of the chain: who accepted otherwise, or is asked again."""
RELAY = -2
"""The round of attempts by which whoever has the page asks somebody to take it over."""
BESIDE = -3
"""The round of attempts by which they ask somebody to come in beside them."""
_LIVE: tuple[State, ...] = ("due", "sending", "unknown", "sent", "ringing", "answered")
_NO: tuple[State, ...] = ("busy", "no_answer", "failed", "declined")
# A responder may accept after all: a text that "failed" may have been read, and a key pressed as the telephone gave up
# still counts.
BEFORE: dict[State, tuple[State, ...]] = {
    **{state: _LIVE[:rank] for rank, state in enumerate(_LIVE) if rank},
    **dict.fromkeys(_NO, _LIVE),
    "accepted": (*_LIVE, *_NO),
    "ended": (*_LIVE, "accepted"),
}
"""From which states an attempt may reach each state; "ended" is a leg that is over, or a text that was delivered."""
_STAMPS = {"sent": "sent_at", "ringing": "ringing_at", "answered": "answered_at"}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt; no responder means the fallback number. `sequence` is the carrier's highest so far, -1 before any."""

    id: int
    page_id: int
    responder_id: int | None
    round: int
    position: int
    channel: Literal["call", "text"]
    state: State
    sid_sealed: bytes | None
    error_code: int | None
    generation: int
    created_at: datetime
    sent_at: datetime | None
    ringing_at: datetime | None
    answered_at: datetime | None
    settled_at: datetime | None
    sequence: int


_ATTEMPT = select(
    attempts.c.id,
    attempts.c.page_id,
    attempts.c.responder_id,
    attempts.c.round,
    attempts.c.position,
    attempts.c.channel,
    attempts.c.state,
    attempts.c.sid_sealed,
    attempts.c.error_code,
    attempts.c.generation,
    attempts.c.created_at,
    attempts.c.sent_at,
    attempts.c.ringing_at,
    attempts.c.answered_at,
    attempts.c.settled_at,
    attempts.c.sequence,
)


def plan(
    conn: Connection, page_id: int, responder_id: int | None, round: int, position: int, channel: str, now: datetime
) -> int:
    """The attempt at that position of that round on that channel, made if need be: planning twice gives one attempt."""
    new = insert(attempts).values(
        page_id=page_id, responder_id=responder_id, round=round, position=position, channel=channel, created_at=now
    )
    key = [attempts.c.page_id, attempts.c.round, attempts.c.position, attempts.c.channel]
    kept = new.on_conflict_do_update(index_elements=key, set_={"page_id": new.excluded.page_id})
    return int(conn.execute(kept.returning(attempts.c.id)).scalar_one())


def plan_apart(
    conn: Connection, page_id: int, responder_id: int | None, channel: str, now: datetime, round: int = APART
) -> int:
    """An attempt outside the chain. The caller holds the page's row: nobody else plans one meanwhile."""
    here = attempts.c.page_id == page_id, attempts.c.round == round
    last = conn.execute(select(func.coalesce(func.max(attempts.c.position), -1)).where(*here)).scalar_one()
    return plan(conn, page_id, responder_id, round, int(last) + 1, channel, now)


def move(
    conn: Connection,
    attempt_id: int,
    state: State,
    now: datetime,
    *,
    sequence: int | None = None,
    error_code: int | None = None,
    sid_key: bytes | None = None,
    sid_sealed: bytes | None = None,
) -> int | None:
    """The attempt reached that state: its page; None, with the state unchanged, if that is not news.

    A `sequence` at or below one already seen is none either. A SID is noted in any case: it may come after the leg's
    own words. KeyError: nothing becomes "due" again.
    """
    changed: dict[str, Any] = {"state": state, "generation": attempts.c.generation + 1}
    if sid_key is not None:
        changed |= _named(sid_key, sid_sealed)
    stamp = _STAMPS.get(state) or (None if state in _LIVE else "settled_at")
    if stamp:
        changed[stamp] = func.coalesce(attempts.c[stamp], now)
    if error_code is not None:
        changed["error_code"] = error_code
    here = update(attempts).where(attempts.c.id == attempt_id, _may_become(state))
    if sequence is not None:
        here = here.where(attempts.c.sequence < sequence)
        changed["sequence"] = sequence
    page_id: int | None = conn.execute(here.values(changed).returning(attempts.c.page_id)).scalar_one_or_none()
    if page_id is None and sid_key is not None:
        note_sid(conn, attempt_id, sid_key, sid_sealed)
    return page_id


def note_sid(conn: Connection, attempt_id: int, sid_key: bytes, sid_sealed: bytes | None) -> None:
    """What the carrier calls this leg or text; the first name stays."""
    conn.execute(update(attempts).where(attempts.c.id == attempt_id).values(_named(sid_key, sid_sealed)))


def _named(sid_key: bytes, sid_sealed: bytes | None) -> dict[str, Any]:
    return {
        "sid_key": func.coalesce(attempts.c.sid_key, sid_key),
        "sid_sealed": func.coalesce(attempts.c.sid_sealed, sid_sealed),
    }


def by_id(conn: Connection, attempt_id: int) -> Attempt | None:
    """One attempt."""
    return _one(conn, _ATTEMPT.where(attempts.c.id == attempt_id))


def find_sid(conn: Connection, sid_key: bytes) -> Attempt | None:
    """The attempt the carrier knows under that SID's pseudonym."""
    return _one(conn, _ATTEMPT.where(attempts.c.sid_key == sid_key))


def of_page(conn: Connection, page_id: int) -> list[Attempt]:
    """All attempts of a page, in the order of the chain."""
    of_page = _ATTEMPT.where(attempts.c.page_id == page_id)
    rows = conn.execute(of_page.order_by(attempts.c.round, attempts.c.position, attempts.c.id))
    return [Attempt(**row._mapping) for row in rows]


def latest_for(conn: Connection, page_id: int, responder_id: int) -> Attempt | None:
    """The responder's latest attempt for a page: what their text answers."""
    theirs = _ATTEMPT.where(attempts.c.page_id == page_id, attempts.c.responder_id == responder_id)
    return _one(conn, theirs.order_by(attempts.c.id.desc()).limit(1))


def _may_become(state: State) -> ColumnElement[bool]:
    allowed = attempts.c.state.in_(BEFORE[state])
    # A text has ended once it is delivered, and is answered after that; a call has nobody left who could accept.
    delivered = and_(attempts.c.channel == "text", attempts.c.state == "ended")
    return or_(allowed, delivered) if state == "accepted" else allowed


def _one(conn: Connection, asked: Select[*tuple[Any, ...]]) -> Attempt | None:
    row = conn.execute(asked).one_or_none()
    return None if row is None else Attempt(**row._mapping)
