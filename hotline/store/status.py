"""What `hotline status` says that SQL knows: counts, instants and ids, never a name, a number or a code."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from hotline.rules.duty import gap_in_next
from hotline.store import beats, callbacks, roster, work
from hotline.store.tables import PRIORITIES, cases, contacts, pages, word

SWEEP = "sweep"
GAP_HOURS = 72


def status(conn: Connection, now: datetime) -> dict[str, Any]:
    """The public contract's keys, ready for JSON; seconds are the line's, `sweep_age_seconds` the wall's.

    `roster_gap_next_72h` is the instant (ISO 8601) from which nobody is on duty, None if somebody always is.
    """
    counts = work.counts(conn, now)
    waiting, oldest = _unacknowledged(conn)
    swept = beats.last(conn, SWEEP)
    return {
        "contacts": conn.execute(select(func.count()).select_from(contacts)).scalar_one(),
        "cases_open": _open_cases(conn),
        "work_due": counts.due,
        "work_overdue": counts.overdue,
        "work_dead": counts.dead,
        "pages_unacknowledged": waiting,
        "oldest_unacknowledged_seconds": None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        "callbacks_due": callbacks.count_due(conn, now),
        "on_duty": [{"id": one.responder_id, "rank": one.rank} for one in roster.on_duty(conn, now)],
        "roster_gap_next_72h": _gap(conn, now),
        "sweep_age_seconds": None if swept is None else swept.age_seconds,
    }


def _open_cases(conn: Connection) -> dict[str, int]:
    counted = select(cases.c.priority, func.count()).where(cases.c.closed_at.is_(None)).group_by(cases.c.priority)
    return {**dict.fromkeys(PRIORITIES, 0), **{row[0]: row[1] for row in conn.execute(counted)}}


def _unacknowledged(conn: Connection) -> tuple[int, datetime | None]:
    row = conn.execute(select(func.count(), func.min(pages.c.opened_at)).where(pages.c.state == word("open"))).one()
    return row[0], row[1]


def _gap(conn: Connection, now: datetime) -> str | None:
    rows = roster.snapshot(conn, now, timedelta(hours=GAP_HOURS))
    found = gap_in_next(rows.shifts, roster.candidates(rows), now, GAP_HOURS)
    return None if found is None else found.starts_at.isoformat()
