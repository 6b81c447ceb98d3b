"""A scenario: who is on the roster, who calls or writes and what they do, what goes wrong, and what must hold.

Pure: TOML text in, a Scenario or every problem there is, each with where. Every duration is in seconds of the line.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MONTREAL = ZoneInfo("America/Toronto")
FALLBACK = "fallback"
RANKS = ("on-duty", "deputy", "supervisor", FALLBACK)
DEEDS = ("accepts", "declines", "wrong-key", "rejects", "no-answer", "dead", "busy", "voicemail", "silent")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
OF_FICTION = re.compile(r"\+1(514|438|450|579)55501\d\d")
# Each step is one verb; what it takes.
STEPS: dict[str, type] = {
    "calls": bool,
    "hears": str,
    "presses": str,
    "waits": float,
    "says": str,
    "texts": str,
    "receives": str,
    "meets": float,
    "hangs_up": bool,
}
WITHIN = {"hears": 60.0, "receives": 60.0}
# Each expectation is one word about one person; what else it needs.
EXPECTATIONS: dict[str, dict[str, type]] = {
    "joined": {"within": float},
    "read": {"within": float},
    "answered_by": {"rank": str},
    "truth_each_minute": {},
    "texts_at_most": {"number": int},
    "met_at_least": {"number": int},
    "kept": {},
    "silent_after_five": {},
}
SHARED = {
    "title": str,
    "starts_at": str,
    "pace": float,
    "lasts": float,
    "until": float,
    "seed": int,
    "roster": list,
    "person": list,
    "weather": list,
    "expect": list,
    "night": dict,
}


class BadScenario(Exception):
    """What is wrong with it; `problems` has every one, each with where."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Manner:
    """How a responder's telephone behaves from a moment on."""

    does: str = "accepts"
    after: float = 8.0
    hangs_up_after: float | None = None
    then: str | None = None
    at: float = 0.0


@dataclass(frozen=True)
class Responder:
    """Somebody on the roster, or the fallback number, which is on none."""

    name: str
    number: str
    rank: str
    manners: tuple[Manner, ...] = (Manner(),)
    trainee: bool = False


@dataclass(frozen=True)
class Step:
    """One thing a person does, or waits for."""

    verb: str
    what: Any
    within: float = 0.0


@dataclass(frozen=True)
class Person:
    """Who calls or writes; `shown` is the number the line sees, where it is not theirs."""

    name: str
    number: str
    at: float = 0.0
    language: str = "fr"
    shown: str | None = None
    steps: tuple[Step, ...] = ()
    trainee: bool = False


@dataclass(frozen=True)
class Expectation:
    """What must hold of one person."""

    word: str
    person: str
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """All of it, as it will be played: until that moment at least, and no longer than it `lasts`."""

    title: str
    starts_at: str
    roster: tuple[Responder, ...]
    people: tuple[Person, ...]
    pace: float = 20.0
    lasts: float = 1200.0
    until: float = 0.0
    seed: int = 0
    weather: tuple[Mapping[str, Any], ...] = ()
    expects: tuple[Expectation, ...] = ()

    @property
    def trainees(self) -> tuple[str, ...]:
        """Who is left to a human."""
        everybody: tuple[Person | Responder, ...] = (*self.people, *self.roster)
        return tuple(one.name for one in everybody if one.trainee)

    @property
    def numbers(self) -> dict[str, str]:
        """Everybody's number, by name."""
        return {one.name: one.number for one in self.roster} | {one.name: one.number for one in self.people}


def starting(said: str, now: datetime) -> datetime:
    """The instant of "samedi 02:40" that comes next in Montréal, or of "2026-11-21 02:40"; ValueError otherwise."""
    local = now.astimezone(MONTREAL)
    dated = re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", said)
    if dated:
        return datetime.fromisoformat(said).replace(tzinfo=MONTREAL)
    found = re.fullmatch(r"(\w+) (\d\d):(\d\d)", said)
    if not found or found[1].casefold() not in DAYS:
        raise ValueError('starts_at is as "samedi 02:40" or "2026-11-21 02:40", Montréal time')
    ahead = (DAYS.index(found[1].casefold()) - local.weekday()) % 7
    day = (local + timedelta(days=ahead)).date()
    instant = datetime(day.year, day.month, day.day, int(found[2]), int(found[3]), tzinfo=MONTREAL)
    return instant if instant > local else instant + timedelta(days=7)


class Reading:
    """One file being read: every problem is noted with where, and reading goes on."""

    def __init__(self, text: str) -> None:
        self.problems: list[str] = []
        try:
            self.given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadScenario((f"the file is not TOML: {error}",)) from None

    def note(self, where: str, problem: str) -> None:
        """One more problem."""
        self.problems.append(f"{where}: {problem}")

    def take(self, table: Any, where: str, fields: Mapping[str, type], needed: tuple[str, ...] = ()) -> dict[str, Any]:
        """The fields of one table that are right; what is missing, unknown or of another kind is noted."""
        if not isinstance(table, dict):
            self.note(where, "is not a table")
            return {}
        for name in needed:
            if name not in table:
                self.note(where, f"{name} is missing")
        right = {}
        for name, value in table.items():
            if name not in fields:
                self.note(where, f"nothing is called {name}; it may have {', '.join(fields)}")
            elif _is(value, fields[name]):
                right[name] = value
            else:
                self.note(where, f"{name} is not {KINDS[fields[name]]}")
        return right

    def each(self, name: str, read: Callable[[Any, str], Any]) -> tuple[Any, ...]:
        """Every table of one list, read."""
        listed = self.given.get(name, [])
        if not isinstance(listed, list):
            return ()
        found = (read(table, _where(name, number, table)) for number, table in enumerate(listed, 1))
        return tuple(one for one in found if one is not None)


KINDS: dict[type, str] = {
    str: "words in quotes",
    float: "a number of seconds, 0 or more",
    int: "a whole number",
    bool: "true",
    list: "a list",
    dict: "a table",
}


def _is(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _where(name: str, number: int, table: Any) -> str:
    called = table.get("name") if isinstance(table, dict) else None
    return f"{name} {number}" + (f" ({called})" if isinstance(called, str) else "")


def responder(reading: Reading, table: Any, where: str) -> Responder | None:
    """One entry of the roster."""
    manner = {"does": str, "after": float, "hangs_up_after": float, "then": str}
    fields = {"name": str, "number": str, "rank": str, "trainee": bool, "later": list, **manner}
    right = reading.take(table, where, fields, ("name", "number", "rank"))
    _one_of(reading, where, "rank", right.get("rank", RANKS[0]), RANKS)
    _of_fiction(reading, where, right.get("number"))
    manners = [_manner(reading, {name: right[name] for name in manner if name in right}, where)]
    for number, later in enumerate(right.get("later", []), 1):
        moment = f"{where}, later {number}"
        manners.append(_manner(reading, reading.take(later, moment, {**manner, "at": float}, ("at", "does")), moment))
    if not {"name", "number", "rank"} <= right.keys():
        return None
    ordered = tuple(sorted(manners, key=lambda one: one.at))
    return Responder(right["name"], right["number"], right["rank"], ordered, right.get("trainee", False))


def _manner(reading: Reading, right: Mapping[str, Any], where: str) -> Manner:
    _one_of(reading, where, "does", right.get("does", DEEDS[0]), DEEDS)
    _one_of(reading, where, "then", right.get("then", DEEDS[0]), DEEDS)
    if "then" in right and "hangs_up_after" not in right:
        reading.note(where, "then says what follows hangs_up_after, which is missing")
    return Manner(**right)


def person(reading: Reading, table: Any, where: str) -> Person | None:
    """One person, with their steps."""
    fields = {"name": str, "number": str, "at": float, "language": str, "shown": str, "trainee": bool, "does": list}
    right = reading.take(table, where, fields, ("name", "number"))
    _one_of(reading, where, "language", right.get("language", "fr"), ("fr", "en"))
    _of_fiction(reading, where, right.get("number"))
    given = right.pop("does", [])
    if not given and not right.get("trainee"):
        reading.note(where, "does nothing: give it steps (does = [...]), or trainee = true")
    found = (_step(reading, one, f"{where}, step {number}") for number, one in enumerate(given, 1))
    steps = tuple(one for one in found if one is not None)
    if not {"name", "number"} <= right.keys():
        return None
    return Person(**right, steps=steps)


def _step(reading: Reading, table: Any, where: str) -> Step | None:
    right = reading.take(table, where, {**STEPS, "within": float})
    verbs = [name for name in right if name in STEPS]
    if len(verbs) != 1:
        reading.note(where, f"a step has one of {', '.join(STEPS)}")
        return None
    verb, what = verbs[0], right[verbs[0]]
    if verb == "presses" and set(what) - set("0123456789*#"):
        reading.note(where, "keys are 0 to 9, * and #")
    if "within" in right and verb not in WITHIN:
        reading.note(where, f"within goes with {' and '.join(WITHIN)} only")
    return Step(verb, what, right.get("within", WITHIN.get(verb, 0.0)))


def expectation(reading: Reading, table: Any, where: str, people: frozenset[str]) -> Expectation | None:
    """One thing that must hold."""
    extra = {name: kind for about in EXPECTATIONS.values() for name, kind in about.items()}
    right = reading.take(table, where, {**dict.fromkeys(EXPECTATIONS, str), **extra})
    words = [name for name in right if name in EXPECTATIONS]
    if len(words) != 1:
        reading.note(where, f"an expectation has one of {', '.join(EXPECTATIONS)}")
        return None
    word = words[0]
    about = {name: value for name, value in right.items() if name != word}
    if set(about) != set(EXPECTATIONS[word]):
        reading.note(where, f"{word} goes with {' and '.join(EXPECTATIONS[word]) or 'nothing else'}")
    if "rank" in about:
        _one_of(reading, where, "rank", about["rank"], RANKS)
    if right[word] not in people:
        reading.note(where, f"nobody of this scenario is called {right[word]}")
    return Expectation(word, right[word], about)


def _one_of(reading: Reading, where: str, name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        reading.note(where, f"{name} is one of {', '.join(allowed)}, not {value}")


def _of_fiction(reading: Reading, where: str, number: str | None) -> None:
    if number is not None and not OF_FICTION.fullmatch(number):
        reading.note(where, f"{number} is not a number of fiction: use +1514555 or +1438555 and 0100 to 0199")
