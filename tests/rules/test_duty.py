"""Who is on duty, as tables. Instants are given in Montréal time where a night of daylight saving matters."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.rules.duty import Gap, Responder, Shift, gap_in_next, gaps, on_duty

MONTREAL = ZoneInfo("America/Toronto")
ANNE, BAO, CHLOE, DIEGO = (
    Responder(1, "supervisor"),
    Responder(2, "on-duty"),
    Responder(3, "deputy"),
    Responder(4, "on-duty", active=False),
)
TEAM = (ANNE, BAO, CHLOE, DIEGO)


def at(hour: float, day: int = 20) -> datetime:
    """An hour of a November day, UTC."""
    return datetime(2026, 11, day, tzinfo=UTC) + timedelta(hours=hour)


def a_shift(who: Responder, start: float = 8, end: float | None = 16) -> Shift:
    """A shift on the 20th."""
    return Shift(who.id, at(start), None if end is None else at(end))


@pytest.mark.parametrize(
    ("shifts", "hour", "expected"),
    [
        ([], 9, []),
        ([a_shift(BAO)], 8, [BAO]),
        ([a_shift(BAO)], 7.99, []),
        ([a_shift(BAO)], 16, []),
        ([a_shift(BAO, 8, None)], 500, [BAO]),
        ([a_shift(ANNE), a_shift(CHLOE), a_shift(BAO)], 9, [BAO, CHLOE, ANNE]),
        ([a_shift(BAO), a_shift(BAO, 9, 10)], 9.5, [BAO]),
        ([a_shift(DIEGO)], 9, []),
        ([Shift(99, at(0), None)], 9, []),
    ],
)
def test_who_is_on_duty(shifts: list[Shift], hour: float, expected: list[Responder]):
    """The active with a running shift, each once, by rank and then by id; a shift has its start and not its end."""
    assert on_duty(shifts, TEAM, at(hour)) == tuple(expected)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], [(0, 24)]),
        ([(0, 24)], []),
        ([(-5, None)], []),
        ([(0, 8), (8, 24)], []),
        ([(0, 8), (9, 24)], [(8, 9)]),
        ([(2, 3), (1, 22)], [(0, 1), (22, 24)]),
        ([(-9, -1), (30, 40)], [(0, 24)]),
        ([(4, 6), (5, None)], [(0, 4)]),
    ],
)
def test_where_nobody_is(spans: list[tuple[float, float | None]], expected: list[tuple[float, float]]):
    """Every stretch of a day that no shift covers, whatever order the shifts come in."""
    shifts = [a_shift(BAO, start, end) for start, end in spans]
    assert gaps(shifts, TEAM, at(0), at(24)) == tuple(Gap(at(start), at(end)) for start, end in expected)


def test_the_inactive_leave_a_gap():
    """A shift of somebody who is no longer rung covers nothing."""
    assert gap_in_next([a_shift(DIEGO, 0, None)], TEAM, at(0)) == Gap(at(0), at(72))


def test_no_gap_is_none():
    """Somebody for ever means no gap, and the first gap is the one that is told."""
    assert gap_in_next([a_shift(BAO, 0, None)], TEAM, at(0)) is None
    assert gap_in_next([a_shift(BAO, 0, 10), a_shift(CHLOE, 12, 20)], TEAM, at(0), hours=24) == Gap(at(10), at(12))


@pytest.mark.parametrize(("day", "month", "hours"), [(1, 11, 9), (14, 3, 7), (20, 11, 8)])
def test_a_night_shift_is_as_long_as_its_night(day: int, month: int, hours: int):
    """From 23:00 to 07:00 in Montréal somebody is there all night, be it 9 hours long, or 7, or 8."""
    start = datetime(2026 + (month == 3), month, day, 23, tzinfo=MONTREAL) - timedelta(days=1)
    end = start + timedelta(hours=8)
    shift = Shift(BAO.id, start.astimezone(UTC), end.astimezone(UTC))
    assert shift.ends_at is not None and shift.ends_at - shift.starts_at == timedelta(hours=hours)
    assert on_duty([shift], TEAM, shift.ends_at - timedelta(seconds=1)) == (BAO,)
    assert gaps([shift], TEAM, start, end) == ()
