"""Five hundred nights of responders who do what people and telephones do, over the pure decider alone."""

import pytest

from tests.behaviours import behaviours
from tests.nights import Night, night


def invented(seed: int, people: int) -> Night:
    """A night in which each telephone that is rung does the next thing of that seed."""
    script = behaviours(seed)
    return night(people, lambda _: next(script))


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_every_night_ends_with_a_human_or_the_fallback_number(people: int) -> None:
    """A chain of four reaches the fallback number within 120 s of line time, or somebody has the page before."""
    nights = {seed: invented(seed, people) for seed in range(125 * people, 125 * people + 125)}
    late = [seed for seed, each in nights.items() if not each.in_time(people)]
    assert (late, [seed for seed, each in nights.items() if each.twice]) == ([], [])


def test_nights_are_of_every_sort() -> None:
    """Taken early, taken late, by the fallback, in a later round, after a dead leg: the seeds reach all of them."""
    nights = [invented(seed, 2) for seed in range(250, 375)]
    rounds = {max(leg.tried.round for leg in each.legs) for each in nights}
    reached = {each.fallback_at is not None for each in nights}
    redialled = any(leg.tried.round < 0 for each in nights for leg in each.legs)
    assert (rounds >= {0, 1}, reached, redialled) == (True, {True, False}, True)
    assert {each.held > 0 for each in nights} == {True, False}
