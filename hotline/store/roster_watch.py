"""What was asked and told about shifts: one question before each, one telling of each problem until it changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.rules.duty import Problem
from hotline.store.roster_tables import roster_notices, shift_checks

UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Check:
    """The question before a shift."""

    id: int
    responder_id: int
    starts_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notice:
    """A problem that the supervisors are told of; for ever, where it has no end."""

    id: int
    kind: str
    responder_id: int | None
    team: str
    starts_at: datetime
    ends_at: datetime | None


_CHECK = (
    shift_checks.c.id,
    shift_checks.c.responder_id,
    shift_checks.c.starts_at,
    shift_checks.c.asked_at,
    shift_checks.c.answered_at,
)
_NOTICE = (
    roster_notices.c.id,
    roster_notices.c.kind,
    roster_notices.c.responder_id,
    roster_notices.c.team,
    roster_notices.c.starts_at,
    roster_notices.c.ends_at,
)


# ── before a shift ────────────────────────────────────────────────────────────────────────────────────────────────


def plan_check(conn: Connection, responder_id: int, starts_at: datetime) -> int | None:
    """The question before that shift, to be asked; None where there is one already."""
    new = insert(shift_checks).values(responder_id=responder_id, starts_at=starts_at)
    return conn.execute(new.on_conflict_do_nothing().returning(shift_checks.c.id)).scalar_one_or_none()


def check(conn: Connection, check_id: int) -> Check | None:
    """One question."""
    row = conn.execute(select(*_CHECK).where(shift_checks.c.id == check_id)).one_or_none()
    return None if row is None else Check(*row)


def asked(conn: Connection, check_id: int, now: datetime) -> None:
    """It was asked."""
    conn.execute(update(shift_checks).where(shift_checks.c.id == check_id).values(asked_at=now))


def say_ok(conn: Connection, responder_id: int, now: datetime) -> bool:
    """OK: the answer to what was asked before a shift, late or not. False: nothing was, or it was answered."""
    theirs = (shift_checks.c.responder_id == responder_id, shift_checks.c.asked_at.is_not(None))
    answered = update(shift_checks).where(*theirs, shift_checks.c.answered_at.is_(None)).values(answered_at=now)
    found = conn.execute(answered).rowcount > 0
    told = roster_notices.c.responder_id == responder_id, roster_notices.c.kind == UNANSWERED
    conn.execute(update(roster_notices).where(*told, roster_notices.c.over_at.is_(None)).values(over_at=now))
    return found


# ── what the supervisors are told ─────────────────────────────────────────────────────────────────────────────────


def note(conn: Connection, problems: Iterable[Problem], now: datetime) -> int | None:
    """These are the problems now: what is no more is over, and the id of the newest that nobody was told of yet.

    A problem that changes is another one. None: there is nothing new.
    """
    known = {_key(problem, now): problem for problem in problems}
    open_ = roster_notices.c.over_at.is_(None), roster_notices.c.kind != UNANSWERED
    conn.execute(update(roster_notices).where(*open_, roster_notices.c.key.not_in(list(known))).values(over_at=now))
    ids = [_added(conn, key, problem, now) for key, problem in known.items()]
    return max((each for each in ids if each is not None), default=None)


def note_unanswered(conn: Connection, about: Check, now: datetime) -> int | None:
    """Somebody did not answer before their shift: the notice's id; None where it is there already."""
    about_it = Problem("gap", about.starts_at, None, about.responder_id)
    key = f"{UNANSWERED}:{about.responder_id}:{about.starts_at.timestamp():.0f}"
    return _added(conn, key, about_it, now, kind=UNANSWERED)


def untold(conn: Connection) -> Sequence[Notice]:
    """What nobody was told of and is not over, the soonest first."""
    asked_for = select(*_NOTICE).where(roster_notices.c.told_at.is_(None), roster_notices.c.over_at.is_(None))
    rows = conn.execute(asked_for.order_by(roster_notices.c.starts_at, roster_notices.c.id))
    return [Notice(*row) for row in rows]


def tell(conn: Connection, ids: Iterable[int], now: datetime) -> None:
    """These were told."""
    conn.execute(update(roster_notices).where(roster_notices.c.id.in_(list(ids))).values(told_at=now))


def tidy(conn: Connection, before: datetime) -> None:
    """What is over, and what was asked, before that instant is forgotten."""
    conn.execute(roster_notices.delete().where(roster_notices.c.over_at < before))
    unanswered = roster_notices.c.kind == UNANSWERED, roster_notices.c.starts_at < before
    conn.execute(roster_notices.delete().where(*unanswered))
    conn.execute(shift_checks.delete().where(shift_checks.c.starts_at < before))


def _added(conn: Connection, key: str, about: Problem, now: datetime, kind: str | None = None) -> int | None:
    values: dict[str, Any] = {**about._asdict(), "kind": kind or about.kind, "key": key, "noted_at": now}
    open_ = roster_notices.c.over_at.is_(None)
    new = insert(roster_notices).values(values)
    new = new.on_conflict_do_nothing(index_elements=[roster_notices.c.key], index_where=open_)
    return conn.execute(new.returning(roster_notices.c.id)).scalar_one_or_none()


def _key(problem: Problem, now: datetime) -> str:
    """What makes it the same problem at the next look: a gap that has begun goes on beginning now."""
    begins = "now" if problem.starts_at <= now else f"{problem.starts_at.timestamp():.0f}"
    ends = "open" if problem.ends_at is None else f"{problem.ends_at.timestamp():.0f}"
    if problem.kind == "undiallable":
        begins = ends = ""
    return ":".join((problem.kind, str(problem.responder_id or ""), problem.team, begins, ends))
