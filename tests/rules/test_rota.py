"""From rules and changes to shifts, as tables: the odd nights, the weeks, what is left of a shift after a change."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.rules.duty import Shift
from hotline.rules.rota import Override, Rota, shifts_between, stretch

MONTREAL = ZoneInfo("America/Toronto")
EVERY_DAY = frozenset(range(7))
FALL, SPRING = date(2026, 10, 31), date(2027, 3, 13)  # the evenings before the changes
DAY = timedelta(days=1)


def a_rota(begins: time, ends: time, who: int = 1, **changes: object) -> Rota:
    """Somebody's, every day from the first of October 2026."""
    return Rota(who, **{"weekdays": EVERY_DAY, "first": date(2026, 10, 1), "zone": MONTREAL, **changes,
                        "begins": begins, "ends": ends})  # type: ignore[arg-type]  # fmt: skip


def wall(day: date, hour: float = 0, fold: int = 0) -> datetime:
    """So many hours of the wall into a day in Montréal, as an instant."""
    local = datetime.combine(day, time()) + timedelta(hours=hour)
    return local.replace(tzinfo=MONTREAL, fold=fold).astimezone(UTC)


def of_day(rotas: Sequence[Rota], day: date, *overrides: Override) -> list[tuple[datetime, datetime | None]]:
    """The shifts that begin on a day."""
    found = shifts_between([], rotas, overrides, wall(day), wall(day + timedelta(days=1)))
    return [one[1:3] for one in found if one.starts_at.astimezone(MONTREAL).date() == day]


@pytest.mark.parametrize(("evening", "hours"), [(FALL, 9), (SPRING, 7), (date(2026, 11, 20), 8)])
def test_a_night_is_as_long_as_it_is(evening: date, hours: int):
    """From 23:00 to 07:00 is 9 hours in the fall and 7 in the spring."""
    ((begins, ends),) = of_day([a_rota(time(23), time(7))], evening)
    assert (begins, ends) == (wall(evening, 23), begins + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("begins", "ends", "day", "expected"),
    [
        # 2:30 comes not at all in the spring: it is read as if the clocks had not moved yet, which is 3:30.
        (time(2, 30), time(7), SPRING + DAY, [(wall(SPRING, 27.5), wall(SPRING, 31))]),
        (time(23), time(2, 30), SPRING, [(wall(SPRING, 23), wall(SPRING, 27.5))]),
        (time(2, 15), time(2, 45), SPRING + DAY, [(wall(SPRING, 27.25), wall(SPRING, 27.75))]),
        # From 2:30 to 3:00 nothing is left of it.
        (time(2, 30), time(3), SPRING + DAY, []),
        # 1:30 comes twice in the fall: it is the first, for a beginning and for an end.
        (time(1, 30), time(7), FALL + DAY, [(wall(FALL, 25.5), wall(FALL, 31))]),
        (time(1), time(1, 30), FALL + DAY, [(wall(FALL, 25), wall(FALL, 25.5))]),
        (time(23), time(1, 30), FALL, [(wall(FALL, 23), wall(FALL, 25.5))]),
    ],
)
def test_times_that_do_not_exist_or_exist_twice(
    begins: time, ends: time, day: date, expected: list[tuple[datetime, datetime | None]]
):
    """As the documentation says, so that nobody has to guess in that night."""
    assert of_day([a_rota(begins, ends)], day) == expected


@pytest.mark.parametrize("evening", [FALL, SPRING])
@pytest.mark.parametrize("at", [time(1), time(1, 30), time(2), time(2, 30), time(3)])
def test_who_hands_over_leaves_no_gap(evening: date, at: time):
    """Where one shift ends and the next begins is one instant, whatever the clocks do."""
    rotas = [a_rota(time(23), at), a_rota(at, time(8), who=2)]
    found = shifts_between([], rotas, [], wall(evening, 23), wall(evening, 31))
    night = sorted((one.starts_at, one.ends_at) for one in found if one.starts_at >= wall(evening, 23))
    assert night[0][1] == night[1][0]


def test_every_other_week_is_counted_from_its_first():
    """The week of the first day is one, whatever day it is; the next is not."""
    nights = a_rota(time(23), time(7), every=2, first=date(2026, 11, 18), weekdays=frozenset({0, 2}))
    days = [date(2026, 11, day) for day in range(14, 31)]
    assert [day.day for day in days if of_day([nights], day)] == [18, 30]


def test_a_rota_ends_with_its_last_day():
    """The shift that begins on it is the last."""
    nights = a_rota(time(23), time(7), last=date(2026, 11, 2))
    assert [len(of_day([nights], date(2026, 11, day))) for day in (1, 2, 3)] == [1, 1, 0]


def test_a_temporary_schedule_silences_its_team_only():
    """On its days the ordinary rules of its team say nothing, and come back after."""
    usual, other = a_rota(time(8), time(16), team="a"), a_rota(time(8), time(16), who=2, team="b")
    feast = a_rota(time(10), time(12), who=3, team="a", temporary=True, first=date(2026, 12, 25),
                   last=date(2026, 12, 26))  # fmt: skip
    found = [shifts_between([], [usual, other, feast], [], wall(date(2026, 12, day), 11), wall(date(2026, 12, day), 11))
             for day in (24, 25, 26, 27)]  # fmt: skip
    assert [[one.responder_id for one in day] for day in found] == [[1, 2], [2, 3], [2, 3], [1, 2]]


def at(hour: float) -> datetime:
    return datetime(2026, 11, 20, tzinfo=UTC) + timedelta(hours=hour)


EIGHT_TO_FOUR = Shift(1, at(8), at(16), "a", planned=True)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        (Override("remove", 1, at(10), at(12)), [(1, 8, 10), (1, 12, 16)]),
        (Override("remove", 1, at(0), at(24)), []),
        (Override("remove", 1, at(10), None), [(1, 8, 10)]),
        (Override("remove", 2, at(0), at(24)), [(1, 8, 16)]),
        (Override("remove", 1, at(16), at(24)), [(1, 8, 16)]),
        (Override("replace", 1, at(10), at(24), by=2), [(1, 8, 10), (2, 10, 16)]),
        (Override("replace", 1, at(20), at(24), by=2), [(1, 8, 16)]),
        (Override("add", 2, at(20), at(22)), [(1, 8, 16), (2, 20, 22)]),
        (Override("pause", 1, at(10), at(11)), [(1, 8, 10), (1, 10, 11), (1, 11, 16)]),
    ],
)
def test_changes(override: Override, expected: list[tuple[int, int, int]]):
    """What is left of a shift before, within and after each kind of change."""
    found = shifts_between([EIGHT_TO_FOUR], [], [override], at(0), at(24))
    assert [one[:3] for one in found] == [(who, at(begins), at(ends)) for who, begins, ends in expected]


def test_a_stretch_goes_on_through_shifts_that_touch():
    """From the first of them to the end of the last; no instant outside is in one."""
    shifts = [EIGHT_TO_FOUR, Shift(1, at(16), at(20)), Shift(1, at(22), None), Shift(2, at(0), at(24))]
    assert [stretch(shifts, 1, at(hour)) for hour in (7, 8, 17, 20, 23)] == [
        None, (at(8), at(20)), (at(8), at(20)), None, (at(22), None),
    ]  # fmt: skip
