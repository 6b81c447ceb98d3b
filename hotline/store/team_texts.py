"""What responders wrote to us, each once, and what we write to them: at least once, and never about a person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.store.staff_tables import TeamTextState, team_texts

KEPT = timedelta(days=30)
BEFORE: dict[TeamTextState, tuple[TeamTextState, ...]] = {
    "erased": ("received",),
    "sent": ("due",),
    "delivered": ("due", "sent"),
    "failed": ("due", "sent"),
}
"""From which states a text may reach each state."""


@dataclass(frozen=True, slots=True)
class TeamText:
    """A text of a responder, or to one; what is sealed opens with `Sealer.open_number`."""

    id: int
    responder_id: int
    page_id: int | None
    direction: str
    kind: str
    sid_sealed: bytes | None
    body_sealed: bytes | None
    state: TeamTextState


def received(
    conn: Connection, responder_id: int, kind: str, sid_key: bytes, sid_sealed: bytes | None, now: datetime
) -> int | None:
    """A responder's text, without its words; None where it was taken before. A SID is kept only to erase it there."""
    new = insert(team_texts).values(
        responder_id=responder_id,
        direction="in",
        kind=kind,
        sid_key=sid_key,
        sid_sealed=sid_sealed,
        state="received",
        created_at=now,
    )
    once = new.on_conflict_do_nothing(index_elements=[team_texts.c.sid_key]).returning(team_texts.c.id)
    return conn.execute(once).scalar_one_or_none()


def to_send(
    conn: Connection, responder_id: int, kind: str, body_sealed: bytes, now: datetime, page_id: int | None = None
) -> int:
    """A text to a responder; its work is the caller's to add."""
    values = {"responder_id": responder_id, "page_id": page_id, "kind": kind, "body_sealed": body_sealed}
    new = insert(team_texts).values(**values, direction="out", state="due", created_at=now)
    return int(conn.execute(new.returning(team_texts.c.id)).scalar_one())


def by_id(conn: Connection, text_id: int) -> TeamText | None:
    """One text."""
    columns = (team_texts.c[name] for name in TeamText.__slots__)
    row = conn.execute(select(*columns).where(team_texts.c.id == text_id)).one_or_none()
    return None if row is None else TeamText(**row._mapping)


def told_since(conn: Connection, responder_id: int, kind: str, instant: datetime, page_id: int | None = None) -> bool:
    """Whether this responder was written this kind of sentence (about this page) since then."""
    known = select(team_texts.c.id).where(
        team_texts.c.responder_id == responder_id,
        team_texts.c.page_id.is_not_distinct_from(page_id),
        team_texts.c.direction == "out",
        team_texts.c.kind == kind,
        team_texts.c.created_at > instant,
    )
    return conn.execute(known.limit(1)).first() is not None


def move(conn: Connection, text_id: int, state: TeamTextState, error_code: int | None = None) -> bool:
    """The text reached that state; False, and nothing written, if that is not news."""
    changed = {"state": state, "error_code": error_code, "generation": team_texts.c.generation + 1}
    if state == "erased":
        changed["sid_sealed"] = None
    here = update(team_texts).where(team_texts.c.id == text_id, team_texts.c.state.in_(BEFORE[state]))
    return conn.execute(here.values(changed)).rowcount == 1


def tidy(conn: Connection, now: datetime) -> None:
    """What was written a month ago is forgotten; what is still to be erased at the carrier is not."""
    old = delete(team_texts).where(team_texts.c.created_at < now - KEPT, team_texts.c.sid_sealed.is_(None))
    conn.execute(old)
