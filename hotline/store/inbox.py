"""The inbox: what was answered to a request that has effects, so that a repeated one gets it again and does nothing.

Answers are sealed under the request's raw SID, which is stored nowhere.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete
from sqlalchemy.dialects.postgresql import insert

from hotline.store.contacts import INSERTED
from hotline.store.tables import inbox

KEPT_FOR = timedelta(hours=24)


def remember(conn: Connection, key: bytes, turn: int, answer: bytes, now: datetime) -> bytes | None:
    """None if the answer is now remembered; else the one that was already there, which the caller must use.

    A twin that runs at the same time waits here until the first has committed or given up: ask before any effect.
    """
    new = insert(inbox).values(key=key, turn=turn, answer=answer, at=now)
    # An update that changes nothing, because DO NOTHING returns nothing: it would take a second question.
    kept = new.on_conflict_do_update(index_elements=[inbox.c.key, inbox.c.turn], set_={"at": inbox.c.at})
    row = conn.execute(kept.returning(inbox.c.answer, INSERTED)).one()
    return None if row[1] else bytes(row[0])


def forget_older(conn: Connection, now: datetime) -> int:
    """How many answers, older than 24 h, were forgotten."""
    return conn.execute(delete(inbox).where(inbox.c.at < now - KEPT_FOR)).rowcount
