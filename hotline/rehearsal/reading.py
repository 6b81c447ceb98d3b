"""From a file's text to a Scenario: all of it is checked before anything starts."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hotline.rehearsal import night
from hotline.rehearsal.scenario import (
    FALLBACK,
    SHARED,
    BadScenario,
    Reading,
    Responder,
    Scenario,
    expectation,
    person,
    responder,
    starting,
)

SLOWEST, FASTEST = 1, 20
# A day like another: only the words of `starts_at` are looked at here.
ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def read(text: str, pace: float | None = None, seed: int | None = None) -> Scenario:
    """The scenario of this text, a pace or a seed of one's own before its; BadScenario with every problem."""
    reading = Reading(text)
    top = reading.take(reading.given, "the file", SHARED, ("title", "starts_at", "roster"))
    roster = reading.each("roster", lambda table, where: responder(reading, table, where))
    people = reading.each("person", lambda table, where: person(reading, table, where))
    names = frozenset(one.name for one in people)
    expects = reading.each("expect", lambda table, where: expectation(reading, table, where, names))
    own = {name: top[name] for name in ("pace", "lasts", "until", "seed") if name in top}
    _check(reading, top, roster, people)
    scenario = Scenario(
        title=top.get("title", ""),
        starts_at=top.get("starts_at", ""),
        roster=roster,
        people=people,
        weather=reading.each("weather", lambda table, where: table if isinstance(table, dict) else None),
        expects=expects,
        **own,
    )
    scenario = replace(scenario, pace=pace or scenario.pace, seed=scenario.seed if seed is None else seed)
    scenario = _with_night(reading, scenario, top.get("night"))
    if reading.problems:
        raise BadScenario(tuple(reading.problems))
    return scenario


def _check(reading: Reading, top: dict[str, Any], roster: tuple[Any, ...], people: tuple[Any, ...]) -> None:
    """What is wrong between the parts."""
    if not people and "night" not in top:
        reading.note("the file", "nobody calls or writes: give a [[person]], or a [night]")
    if "starts_at" in top:
        try:
            starting(top["starts_at"], ANY_DAY)
        except ValueError as error:
            reading.note("starts_at", str(error))
    if not SLOWEST <= top.get("pace", SLOWEST) <= FASTEST:
        reading.note("pace", f"is from {SLOWEST} to {FASTEST}")
    everybody = (*roster, *people)
    for what in ("name", "number"):
        for twice in _twice(getattr(one, what) for one in everybody):
            reading.note(what, f"{twice} is given to two people")
    for twice in _twice(words for one in people for words in {step.what for step in one.steps if step.verb == "texts"}):
        reading.note("person", f"two people write « {twice} »: the report could not tell who was read")
    if sum(one.rank == FALLBACK for one in roster if isinstance(one, Responder)) > 1:
        reading.note("roster", "there is one fallback number")


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def _with_night(reading: Reading, scenario: Scenario, given: Any) -> Scenario:
    if given is None:
        return scenario
    right = reading.take(given, "night", {"hours": float, "contacts": int}, ("hours", "contacts"))
    if not {"hours", "contacts"} <= right.keys():
        return scenario
    if not (0 < right["contacts"] <= night.MOST and 0 < right["hours"] <= 24):
        reading.note("night", f"has from 1 to {night.MOST} contacts in at most 24 hours")
        return scenario
    return night.fill(scenario, right["hours"], right["contacts"])
