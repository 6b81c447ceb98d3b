"""What is planned: weekly rules, calendars' shifts, changes. Read whole and computed by `rules.rota` at each question.

What a file said is replaced by the next file, all or nothing; what people said stays, and comes after it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, delete, insert, or_, select

from hotline.rules import rota as rules
from hotline.rules.duty import Shift
from hotline.rules.rota import Change, Override, Rota
from hotline.store.roster_tables import overrides, rotas, shifts, teams


class Plan(NamedTuple):
    """All that a file says, people named by their ids."""

    teams: Mapping[str, bool]
    rotas: Sequence[Rota]
    overrides: Sequence[Override]


def shifts_between(conn: Connection, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """Every shift, whoever's, that touches the time between two instants."""
    touching = shifts.c.starts_at <= end, or_(shifts.c.ends_at.is_(None), shifts.c.ends_at > start)
    fixed = [
        Shift(row.responder_id, row.starts_at, row.ends_at, row.team, planned=row.source == "calendar")
        for row in conn.execute(select(shifts).where(*touching).order_by(shifts.c.id))
    ]
    running = or_(overrides.c.ends_at.is_(None), overrides.c.ends_at > start)
    changes = _overrides(conn, overrides.c.starts_at <= end, running)
    return rules.shifts_between(fixed, all_rotas(conn), changes, start, end)


def all_rotas(conn: Connection) -> list[Rota]:
    """Every weekly rule."""
    return [
        Rota(
            row.responder_id, frozenset(row.weekdays), row.begins, row.ends, row.first, ZoneInfo(row.zone), row.every,
            row.last, row.team, row.temporary,
        )
        for row in conn.execute(select(rotas).order_by(rotas.c.id))
    ]  # fmt: skip


def covered_teams(conn: Connection) -> list[str]:
    """The teams of which somebody must be on duty at every hour."""
    return list(conn.execute(select(teams.c.name).where(teams.c.covered).order_by(teams.c.name)).scalars())


def own_team(conn: Connection, responder_id: int) -> str:
    """The one team that their weekly rules are for; none where there are several."""
    found = set(conn.execute(select(rotas.c.team).where(rotas.c.responder_id == responder_id)).scalars())
    return found.pop() if len(found) == 1 else ""


def add_override(
    conn: Connection,
    change: Change,
    responder_id: int,
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
    by_id: int | None = None,
    team: str = "",
) -> int:
    """What somebody said: it counts after all that files say, and after what was said before."""
    said = {"change": change, "responder_id": responder_id, "by_id": by_id, "team": team, "source": "said"}
    new = insert(overrides).values(**said, starts_at=starts_at, ends_at=ends_at, created_at=now)
    return int(conn.execute(new.returning(overrides.c.id)).scalar_one())


def replace_plan(conn: Connection, plan: Plan, now: datetime) -> bool:
    """What files said before is gone, and this is said instead. False: it was the same, and nothing was written."""
    before = (_teams(conn), all_rotas(conn), _overrides(conn, overrides.c.source == "file"))
    if before == (dict(plan.teams), list(plan.rotas), list(plan.overrides)):
        return False
    conn.execute(delete(teams))
    conn.execute(delete(rotas))
    conn.execute(delete(overrides).where(overrides.c.source == "file"))
    _write(conn, teams, [{"name": name, "covered": covered} for name, covered in plan.teams.items()])
    _write(conn, rotas, [_rota_values(one) for one in plan.rotas])
    _write(conn, overrides, [_override_values(one, now) for one in plan.overrides])
    return True


def replace_calendar(conn: Connection, found: Iterable[Shift], now: datetime) -> bool:
    """What a calendar said of the time to come is gone, and this is said instead. False: it was the same."""
    theirs = shifts.c.source == "calendar", shifts.c.ends_at > now
    columns = (shifts.c.responder_id, shifts.c.starts_at, shifts.c.ends_at)
    before = {tuple(row) for row in conn.execute(select(*columns).where(*theirs))}
    coming = {one[:3] for one in found if one.ends_at is not None and one.ends_at > now}
    if before == coming:
        return False
    conn.execute(delete(shifts).where(*theirs))
    names = ("responder_id", "starts_at", "ends_at")
    _write(conn, shifts, [dict(zip(names, one, strict=True)) | {"source": "calendar"} for one in sorted(coming)])
    return True


def _overrides(conn: Connection, *which: ColumnElement[bool]) -> list[Override]:
    asked = select(overrides).where(*which).order_by(overrides.c.source != "file", overrides.c.id)
    return [
        Override(row.change, row.responder_id, row.starts_at, row.ends_at, row.by_id, row.team, row.source == "file")
        for row in conn.execute(asked)
    ]


def _teams(conn: Connection) -> dict[str, bool]:
    return {row.name: row.covered for row in conn.execute(select(teams))}


def _write(conn: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), rows)


def _rota_values(one: Rota) -> dict[str, Any]:
    return {**one._asdict(), "weekdays": sorted(one.weekdays), "zone": one.zone.key}


def _override_values(one: Override, now: datetime) -> dict[str, Any]:
    values = {"change": one.change, "responder_id": one.responder_id, "by_id": one.by, "team": one.team}
    return {**values, "starts_at": one.starts_at, "ends_at": one.ends_at, "source": "file", "created_at": now}
