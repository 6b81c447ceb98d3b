"""Calendars that responders subscribe to: by a token that is kept as a hash, one per person, and can be revoked."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from hotline.store import planning
from hotline.store.roster_tables import feeds, responders

BACK, AHEAD = timedelta(days=7), timedelta(days=60)


def give(conn: Connection, responder_id: int, token_hash: bytes, now: datetime) -> None:
    """A new token for somebody; the one they had opens nothing any more."""
    revoke(conn, responder_id, now)
    conn.execute(insert(feeds).values(responder_id=responder_id, token_hash=token_hash, created_at=now))


def revoke(conn: Connection, responder_id: int, now: datetime) -> bool:
    """Nothing opens their calendar; False where nothing did."""
    theirs = update(feeds).where(feeds.c.responder_id == responder_id, feeds.c.revoked_at.is_(None))
    return conn.execute(theirs.values(revoked_at=now)).rowcount > 0


def owner(conn: Connection, token_hash: bytes) -> int | None:
    """Whose calendar that token opens; None for one that is unknown, revoked, or of somebody no longer active."""
    asked = select(feeds.c.responder_id).join(responders, responders.c.id == feeds.c.responder_id)
    live = asked.where(feeds.c.token_hash == token_hash, feeds.c.revoked_at.is_(None), responders.c.active)
    return conn.execute(live).scalar_one_or_none()


def spans(conn: Connection, responder_id: int, now: datetime) -> list[tuple[datetime, datetime]]:
    """Somebody's time on duty, from a week ago to two months from now: shifts that touch are one, none goes further."""
    start, end = now - BACK, now + AHEAD
    found: list[tuple[datetime, datetime]] = []
    for shift in planning.shifts_between(conn, start, end):
        if shift.responder_id != responder_id:
            continue
        begins, ends = shift.starts_at, end if shift.ends_at is None else shift.ends_at
        if found and begins <= found[-1][1]:
            begins, ends = found[-1][0], max(found.pop()[1], ends)
        found.append((begins, ends))
    return found
