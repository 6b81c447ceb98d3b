"""Work: the row is the work. Claimed for a while, settled by the generation that claimed it; a bell only says so.

`due_at` is line time and is compared with the caller's `now`; leases and bells are on the wall and compared with SQL's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from hotline.store.tables import word, work

AGAIN_AFTER = timedelta(seconds=2)
PATIENCE = timedelta(seconds=2)
OVERDUE_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of work that is ours until the lease ends; every later write names its generation."""

    work_id: int
    kind: str
    queue: str
    subject_id: int
    generation: int
    attempts: int
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Bell:
    """A due row that nobody has claimed: to ring again, or (`work_it`) for the sweep to do itself."""

    work_id: int
    kind: str
    queue: str
    ring_it: bool
    work_it: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """Due now; of these, unclaimed for more than 30 s of line time; and given up for good."""

    due: int
    overdue: int
    dead: int


def add(
    conn: Connection,
    kind: str,
    queue: str,
    subject_id: int,
    due_at: datetime,
    dedup_key: str | None = None,
    now: datetime | None = None,
) -> int:
    """The id of the row, new or (where the dedup key is known, whatever has become of it) the one there was."""
    kept = adding(kind, queue, subject_id, due_at, dedup_key, now or due_at)
    return int(conn.execute(kept.returning(work.c.id)).scalar_one())


def adding(kind: str, queue: str, subject_id: int, due_at: datetime, dedup_key: str | None, now: datetime) -> Insert:
    """The statement that adds a row, or finds the one of that key."""
    new = insert(work).values(
        kind=kind, queue=queue, subject_id=subject_id, due_at=due_at, dedup_key=dedup_key, created_at=now
    )
    return new.on_conflict_do_update(index_elements=[work.c.dedup_key], set_={"dedup_key": new.excluded.dedup_key})


def claim(conn: Connection, work_id: int, now: datetime, lease_for: timedelta) -> Claim | None:
    """The row is ours for `lease_for` of the wall; None if it is not due, done, or somebody else's."""
    taken = (
        update(work)
        .where(work.c.id == work_id, _claimable(now))
        .values(
            state="claimed",
            generation=work.c.generation + 1,
            attempts=work.c.attempts + 1,
            lease_until=func.now() + lease_for,
            rung_at=None,
            first_rung_at=None,
            rung_ok=None,
        )
        .returning(
            work.c.id,
            work.c.kind,
            work.c.queue,
            work.c.subject_id,
            work.c.generation,
            work.c.attempts,
            work.c.due_at,
            work.c.created_at,
        )
    )
    row = conn.execute(taken).one_or_none()
    return None if row is None else Claim(*row)


def settle(conn: Connection, work_id: int, generation: int, outcome: str) -> bool:
    """Done; False, and nothing written, if the row is no longer ours."""
    return _release(conn, work_id, generation, state="done", outcome=outcome)


def put_off(conn: Connection, work_id: int, generation: int, due_at: datetime, outcome: str | None = None) -> bool:
    """Due again then; False, and nothing written, if the row is no longer ours."""
    return _release(conn, work_id, generation, state="due", due_at=due_at, outcome=outcome)


def give_up(conn: Connection, work_id: int, generation: int, outcome: str) -> bool:
    """Dead: nobody tries again, and it is counted until a human looks. False if the row is no longer ours."""
    return _release(conn, work_id, generation, state="dead", outcome=outcome)


def newest(conn: Connection, kind: str, subject_id: int) -> int:
    """The newest row of that kind about that subject, done or not; 0 where there is none."""
    theirs = select(func.max(work.c.id)).where(work.c.kind == kind, work.c.subject_id == subject_id)
    return conn.execute(theirs).scalar_one() or 0


def bring_forward(conn: Connection, kind: str, subject_id: int, due_at: datetime) -> list[int]:
    """Rows of that kind waiting for a later instant become due then: their ids, to ring."""
    earlier = (
        update(work)
        .where(
            work.c.kind == kind, work.c.subject_id == subject_id, work.c.state == word("due"), work.c.due_at > due_at
        )
        .values(due_at=due_at, rung_at=None, first_rung_at=None, rung_ok=None)
    )
    return list(conn.execute(earlier.returning(work.c.id)).scalars())


def is_under_way(conn: Connection, kind: str, subject_id: int, since: datetime) -> bool:
    """Whether there is a row of that kind, younger than that, that is not done."""
    alive = and_(work.c.state.in_([word("due"), word("claimed")]), work.c.created_at > since)
    asked = select(work.c.id).where(work.c.kind == kind, work.c.subject_id == subject_id, alive).limit(1)
    return conn.execute(asked).one_or_none() is not None


def call_off(conn: Connection, kind: str, subject_id: int, outcome: str, but: int = 0) -> int:
    """Rows of that kind that nobody has claimed are done, undone, but for one of them: how many."""
    theirs = work.c.kind == kind, work.c.subject_id == subject_id, work.c.id != but
    off = update(work).where(*theirs, work.c.state == word("due"))
    return conn.execute(off.values(state="done", outcome=outcome)).rowcount


def due(conn: Connection, now: datetime, limit: int = 500) -> list[Bell]:
    """What the sweep must do about unclaimed rows, the urgent and the oldest first.

    Ring: never rung, or more than 2 s ago. Work: urgent, and nobody came within 2 s of the first bell; at once where
    it was not heard, because then nobody will.
    """
    ring_it = func.coalesce(work.c.rung_at < func.now() - AGAIN_AFTER, True)
    heard = func.coalesce(work.c.rung_ok, True)
    too_long = or_(work.c.first_rung_at < func.now() - PATIENCE, not_(heard))
    work_it = and_(work.c.queue == "urgent", func.coalesce(too_long, False))
    asked = (
        select(work.c.id, work.c.kind, work.c.queue, ring_it, work_it)
        .where(_claimable(now), or_(ring_it, work_it))
        .order_by(work.c.queue != "urgent", work.c.due_at, work.c.id)
        .limit(limit)
    )
    return [Bell(*row) for row in conn.execute(asked)]


def note_rung(conn: Connection, ids: Iterable[int], ok: bool) -> None:
    """The bell was rung for these rows, and heard or not."""
    rung = {"rung_at": func.now(), "first_rung_at": func.coalesce(work.c.first_rung_at, func.now()), "rung_ok": ok}
    conn.execute(
        update(work).where(work.c.id.in_(list(ids)), work.c.state.in_([word("due"), word("claimed")])).values(rung)
    )


def counts(conn: Connection, now: datetime) -> Counts:
    """How much work waits."""
    waiting = _claimable(now)
    row = conn.execute(
        select(
            func.count().filter(waiting),
            func.count().filter(waiting, work.c.due_at < now - OVERDUE_AFTER),
            func.count().filter(work.c.state == word("dead")),
        ).where(work.c.state != word("done"))
    ).one()
    return Counts(*row)


def forget_done(conn: Connection, before: datetime, limit: int = 1000) -> int:
    """How many rows, done and due before that instant, were deleted."""
    old = select(work.c.id).where(work.c.state == word("done"), work.c.due_at < before).limit(limit)
    return conn.execute(work.delete().where(work.c.id.in_(old))).rowcount


def _claimable(now: datetime) -> ColumnElement[bool]:
    waiting = and_(work.c.state == word("due"), work.c.due_at <= now)
    return or_(waiting, and_(work.c.state == word("claimed"), work.c.lease_until < func.now()))


def _release(conn: Connection, work_id: int, generation: int, **values: Any) -> bool:
    ours = and_(work.c.id == work_id, work.c.generation == generation, work.c.state == word("claimed"))
    return conn.execute(update(work).where(ours).values(lease_until=None, **values)).rowcount == 1
