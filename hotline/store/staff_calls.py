"""Calls of staff in which texts are to be read to them; forgotten within a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from hotline.store.staff_tables import staff_calls

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StaffCall:
    """Whose call, about which page; its SID opens with `Sealer.open_number`."""

    responder_id: int
    page_id: int
    sid_sealed: bytes
    at: datetime


def note(conn: Connection, responder_id: int, page_id: int, sid_sealed: bytes, now: datetime) -> int:
    """Texts of this page are to be read in this call."""
    new = insert(staff_calls).values(responder_id=responder_id, page_id=page_id, sid_sealed=sid_sealed, at=now)
    return int(conn.execute(new.returning(staff_calls.c.id)).scalar_one())


def by_id(conn: Connection, call_id: int) -> StaffCall | None:
    """One of them."""
    columns = (staff_calls.c[name] for name in StaffCall.__slots__)
    row = conn.execute(select(*columns).where(staff_calls.c.id == call_id)).one_or_none()
    return None if row is None else StaffCall(**row._mapping)


def tidy(conn: Connection, now: datetime) -> None:
    """Calls of yesterday are forgotten."""
    conn.execute(delete(staff_calls).where(staff_calls.c.at < now - KEPT))
