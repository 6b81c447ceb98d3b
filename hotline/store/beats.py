"""Beats: that a process still goes round. Aged on the wall, so that a paced clock hides no standstill."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from hotline.store.tables import beats


@dataclass(frozen=True, slots=True)
class Beat:
    """A process's last round: when, by the wall and by the line, and how many seconds of the wall ago."""

    name: str
    at: datetime
    line_at: datetime
    age_seconds: float


def beat(conn: Connection, name: str, line_now: datetime) -> None:
    """This process goes round."""
    new = insert(beats).values(name=name, at=func.now(), line_at=line_now)
    conn.execute(new.on_conflict_do_update(index_elements=[beats.c.name], set_={"at": func.now(), "line_at": line_now}))


def last(conn: Connection, name: str) -> Beat | None:
    """A process's last round; None if it never had one."""
    # The statement's instant, not the transaction's: a long transaction would see beats of the future.
    age = func.extract("epoch", func.statement_timestamp() - beats.c.at)
    row = conn.execute(select(beats.c.at, beats.c.line_at, age).where(beats.c.name == name)).one_or_none()
    return None if row is None else Beat(name, row[0], row[1], max(0.0, float(row[2])))
