"""Guests: a telephone that whoever has a page invites into its room, written before the carrier hears of it.

Forward only, as for attempts: the carrier's words come late, twice and in any order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from hotline.store.guest_tables import GuestKind, guests
from hotline.store.guest_tables import GuestState as State

__all__ = [
    "LIVE", "Guest", "State", "by_id", "draft", "drafted", "locked", "move", "note_told", "of_page",
]  # fmt: skip

LIVE: tuple[State, ...] = ("due", "sending", "unknown", "sent", "ringing", "answered")
"""Rung, or about to be: nobody is in the room yet."""
_ENDS: tuple[State, ...] = ("busy", "no_answer", "failed", "declined")
BEFORE: dict[State, tuple[State, ...]] = {
    "due": ("draft",),
    "sending": ("due",),  # once: whoever writes this calls the carrier
    **{state: LIVE[:rank] for rank, state in enumerate(LIVE) if rank > 1},
    **dict.fromkeys(_ENDS, LIVE),
    "entered": LIVE,
    "ended": ("entered",),
    "dismissed": (*LIVE, "entered"),
}
"""From which states a guest may reach each state."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest; `told` is the last state that the responder was told of."""

    id: int
    page_id: int
    attempt_id: int
    kind: GuestKind
    number_sealed: bytes | None
    muted: bool
    state: State
    told: State | None
    sid_sealed: bytes | None
    created_at: datetime
    entered_at: datetime | None
    settled_at: datetime | None

    @property
    def since(self) -> datetime:
        """When they came to where they are, about."""
        return self.settled_at or self.entered_at or self.created_at

    @property
    def rings(self) -> bool:
        """Whether they may be ringing now."""
        return self.state in LIVE


_GUEST = select(*(guests.c[name] for name in Guest.__slots__))


def draft(
    conn: Connection, page_id: int, attempt_id: int, kind: GuestKind, numbers: Sequence[bytes | None], muted: bool,
    now: datetime,
) -> None:  # fmt: skip
    """Whom this leg may invite by the keys 1, 2, 3…; whatever it had drafted before is gone."""
    conn.execute(delete(guests).where(guests.c.attempt_id == attempt_id, guests.c.state == "draft"))
    about = {"page_id": page_id, "attempt_id": attempt_id, "kind": kind, "muted": muted, "created_at": now}
    rows = [{**about, "position": at, "number_sealed": sealed} for at, sealed in enumerate(numbers, 1)]
    conn.execute(insert(guests), rows)


def drafted(conn: Connection, attempt_id: int, position: int = 1) -> Guest | None:
    """Whom this leg has drafted under that key."""
    return _one(conn, guests.c.attempt_id == attempt_id, guests.c.position == position, guests.c.state == "draft")


def by_id(conn: Connection, guest_id: int) -> Guest | None:
    """One guest."""
    return _one(conn, guests.c.id == guest_id)


def locked(conn: Connection, guest_id: int) -> Guest | None:
    """One guest, whom nobody else changes until the end of the transaction."""
    conn.execute(select(guests.c.id).where(guests.c.id == guest_id).with_for_update())
    return by_id(conn, guest_id)


def of_page(conn: Connection, page_id: int) -> list[Guest]:
    """Who was invited to a page, the first first."""
    rows = conn.execute(_GUEST.where(guests.c.page_id == page_id, guests.c.state != "draft").order_by(guests.c.id))
    return [Guest(**row._mapping) for row in rows]


def move(
    conn: Connection,
    guest_id: int,
    state: State,
    now: datetime,
    *,
    sequence: int | None = None,
    error_code: int | None = None,
    sid_sealed: bytes | None = None,
) -> bool:
    """The guest reached that state; False, with the state unchanged, if that is no news. A SID is noted in any case."""
    if sid_sealed is not None:
        known = func.coalesce(guests.c.sid_sealed, sid_sealed)
        conn.execute(update(guests).where(guests.c.id == guest_id).values(sid_sealed=known))
    changed: dict[str, Any] = {"state": state}
    if state == "due":
        changed["created_at"] = now
    elif state == "entered":
        changed["entered_at"] = now
    elif state not in LIVE:
        changed["settled_at"] = now
    if error_code is not None:
        changed["error_code"] = error_code
    here = update(guests).where(guests.c.id == guest_id, guests.c.state.in_(BEFORE[state]))
    if sequence is not None:
        here = here.where(guests.c.sequence < sequence)
        changed["sequence"] = sequence
    return conn.execute(here.values(changed)).rowcount == 1


def note_told(conn: Connection, guest_id: int, state: State) -> None:
    """The responder knows."""
    conn.execute(update(guests).where(guests.c.id == guest_id).values(told=state))


def _one(conn: Connection, *where: Any) -> Guest | None:
    row = conn.execute(_GUEST.where(*where)).one_or_none()
    return None if row is None else Guest(**row._mapping)
