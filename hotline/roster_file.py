"""The roster as a file (TOML): read, checked, made into rules and changes. Every problem is told at once, with where.

People are named in it; here they are numbered by their place in the file. Changes are applied in this order: days off,
removals, replacements, swaps, additions; within each, as they are written.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from hotline.rules.duty import REGIONS
from hotline.rules.phone import BadNumber, for_responder
from hotline.rules.rota import Change, Override, Rota, instant

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
NUMBERED = {name: number for names in (WEEKDAYS, JOURS) for number, name in enumerate(names)}


class BadRoster(Exception):
    """A file that cannot be the roster; `problems` lists everything wrong with it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says: the people, and rules and changes that name them by their place in that list."""

    people: "tuple[Person, ...]"
    teams: Mapping[str, bool]
    rotas: tuple[Rota, ...]
    overrides: tuple[Override, ...]


# ── what an entry may hold ────────────────────────────────────────────────────────────────────────────────────────


def _number(value: str) -> str:
    try:
        return for_responder(value)
    except BadNumber as refused:
        raise ValueError(f"cannot be rung ({refused.reason}): give an ordinary number, as +15145550142") from None


def _language(value: str) -> str:
    if not (len(value) in (2, 3) and value.isascii() and value.islower()):
        raise ValueError("is no language: write fr, en, es, ht")
    return value


def _clock_time(value: object) -> object:
    if isinstance(value, time):
        return value
    try:
        return time.fromisoformat(str(value))
    except ValueError:
        raise ValueError('is no time of day: write it as "23:00"') from None


def _weekdays(value: object) -> object:
    named = ["every day"] if value == "every day" else value
    if not isinstance(named, list) or not named:
        raise ValueError('must be a list as ["monday", "tuesday"], or "every day"')
    if named == ["every day"]:
        return frozenset(range(7))
    unknown = [str(name) for name in named if str(name).lower() not in NUMBERED]
    if unknown:
        raise ValueError(f"has {', '.join(unknown)}, which is no weekday: write monday or lundi")
    return frozenset(NUMBERED[str(name).lower()] for name in named)


def _instant(value: object) -> object:
    if type(value) is date:
        raise ValueError("must have a time of day: write it as 2026-12-24T23:00:00")
    return value


Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(lambda name: " ".join(name.split()))]
Language = Annotated[str, AfterValidator(_language)]
At = Annotated[datetime, BeforeValidator(_instant)]
Time = Annotated[time, BeforeValidator(_clock_time)]
Days = Annotated[frozenset[int], BeforeValidator(_weekdays)]


class Entry(BaseModel):
    """One table of the file; a key that it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Person(Entry):
    """Someone with a place on the roster."""

    name: Name
    phone: Annotated[str, AfterValidator(_number)]
    rank: Literal["on-duty", "deputy", "supervisor"]
    languages: tuple[Language, ...] = ("fr", "en")
    roles: tuple[Literal["psychosocial", "police", "advisor"], ...] = ()
    regions: tuple[Literal["nord", "sud", "est", "ouest"], ...] = ()

    @model_validator(mode="after")
    def _advises_somewhere(self) -> "Person":
        if "advisor" in self.roles and not self.regions:
            raise ValueError(f"an advisor has regions: some of {', '.join(REGIONS)}")
        return self


class Team(Entry):
    """`covered`: a time without anybody of it is a problem."""

    covered: bool = False


class Turns(Entry):
    """A rule: these people in turn, so many weeks each; the whole begins again after `every` weeks."""

    people: Annotated[tuple[Name, ...], Field(min_length=1)]
    weekdays: Days
    begins: Time
    ends: Time
    first: date
    last: date | None = None
    team: str = ""
    weeks_each: Annotated[int, Field(ge=1)] = 1
    every: Annotated[int, Field(ge=1)] | None = None
    temporary: bool = False

    @model_validator(mode="after")
    def _fits(self) -> "Turns":
        if self.last is not None and self.last < self.first:
            raise ValueError("ends before it begins: `last` is before `first`")
        if self.temporary and self.last is None:
            raise ValueError("a temporary schedule needs its `last` day")
        if self.every is not None and self.every < len(self.people) * self.weeks_each:
            raise ValueError(f"`every` must be {len(self.people) * self.weeks_each} weeks or more for these people")
        return self


class DayOff(Entry):
    """From midnight of the first day to midnight after the last."""

    person: Name
    first: date
    last: date | None = None


class Span(Entry):
    """Somebody, added or removed from when until when."""

    person: Name
    starts: At
    ends: At
    team: str = ""


class Replacement(Span):
    """Somebody else comes instead of them."""

    by: Name


class Swapped(Span):
    """Each takes the other's: the second's time is `takes_starts` to `takes_ends`."""

    by: Name
    takes_starts: At
    takes_ends: At


KINDS: Mapping[str, type[Entry]] = {
    "person": Person, "rota": Turns, "day_off": DayOff, "remove": Span, "replace": Replacement, "swap": Swapped,
    "add": Span,
}  # fmt: skip
E = TypeVar("E", bound=Entry)


# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def read(text: str, zone: ZoneInfo) -> Sheet:
    """The sheet of a file, its times of the wall in that zone. BadRoster with all that is wrong."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRoster([f"this is no TOML: {error}"]) from None
    problems: list[str] = []
    known = ["teams", *KINDS]
    problems += [f"`{name}` is not known: it is one of {', '.join(known)}" for name in told if name not in known]
    entries = {kind: _entries(told.get(kind, []), kind, problems) for kind in KINDS}
    teams = _teams(told.get("teams", {}), problems)
    people: list[Person] = [one for _, one in entries["person"] if isinstance(one, Person)]
    problems += _between(entries, teams, _names(told))
    if problems:
        raise BadRoster(problems)
    numbered = {person.name.casefold(): number for number, person in enumerate(people)}
    rotas = [one for _, turns in entries["rota"] if isinstance(turns, Turns) for one in _rotas(turns, numbered, zone)]
    return Sheet(tuple(people), teams, tuple(rotas), tuple(_overrides(entries, numbered, zone)))


def _entries(told: object, kind: str, problems: list[str]) -> list[tuple[str, Entry]]:
    if not isinstance(told, list):
        problems.append(f"`{kind}` must be written as [[{kind}]]")
        return []
    found = []
    for number, one in enumerate(told, 1):
        where = f"{kind} {number}" + (f" ({one['name']})" if isinstance(one, dict) and "name" in one else "")
        entry = _checked(KINDS[kind], one, where, problems)
        if entry is not None:
            found.append((where, entry))
    return found


def _teams(told: object, problems: list[str]) -> dict[str, bool]:
    if not isinstance(told, dict):
        problems.append("`teams` must be written as [teams.NAME]")
        return {}
    found = {name: _checked(Team, one, f"teams.{name}", problems) for name, one in told.items()}
    return {name: team.covered for name, team in found.items() if team is not None}


def _checked(kind: type[E], told: object, where: str, problems: list[str]) -> E | None:
    try:
        return kind.model_validate(told)
    except ValidationError as refused:
        problems += [f"{where}: {_said(error, kind)}" for error in refused.errors(include_input=False)]
        return None


def _said(error: Any, kind: type[Entry]) -> str:
    name = ".".join(str(part) for part in error["loc"] if part != "function-before[_instant(), datetime]")
    if error["type"] == "missing":
        return f"`{name}` is missing"
    if error["type"] == "extra_forbidden":
        return f"`{name}` is not known: it is one of {', '.join(kind.model_fields)}"
    words = str(error["msg"]).removeprefix("Value error, ")
    return f"`{name}` {words}" if name else words


# ── what is wrong between entries ─────────────────────────────────────────────────────────────────────────────────


def _names(told: Mapping[str, Any]) -> frozenset[str]:
    """Everybody's, also of those about whom something is wrong: that is told once."""
    people = told.get("person", [])
    listed = people if isinstance(people, list) else []
    return frozenset(" ".join(str(one.get("name")).split()).casefold() for one in listed if isinstance(one, dict))


def _between(
    entries: Mapping[str, list[tuple[str, Entry]]], teams: Mapping[str, bool], names: frozenset[str]
) -> Iterator[str]:
    """People and teams that nobody knows, what is there twice, times that end before they begin."""
    people = [(where, one) for where, one in entries["person"] if isinstance(one, Person)]
    yield from _twice([(where, one.name.casefold(), "name") for where, one in people])
    yield from _twice([(where, one.phone, "number") for where, one in people])
    for where, one in (each for kind in KINDS for each in entries[kind] if kind != "person"):
        for name in _named(one):
            if name.casefold() not in names:
                yield f"{where}: nobody is named {name}: add a [[person]], or write the name as it is there"
        team = getattr(one, "team", "")
        if team and team not in teams:
            yield f"{where}: there is no team {team}: add [teams.{team}]"
        yield from (f"{where}: {words}" for words in _backwards(one))


def _twice(keys: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    first: dict[str, str] = {}
    for where, key, what in keys:
        if key in first:
            yield f"{where}: has the same {what} as {first[key]}: each person has their own"
        first.setdefault(key, where)


def _named(one: Entry) -> tuple[str, ...]:
    if isinstance(one, Turns):
        return one.people
    return tuple(name for name in (getattr(one, "person", None), getattr(one, "by", None)) if name is not None)


def _backwards(one: Entry) -> Iterator[str]:
    for begins, ends in (("starts", "ends"), ("takes_starts", "takes_ends"), ("first", "last")):
        start, end = getattr(one, begins, None), getattr(one, ends, None)
        if isinstance(start, datetime) and isinstance(end, datetime):
            if _naive(start) != _naive(end):
                yield f"`{begins}` and `{ends}` must both have an offset, or neither"
            elif end <= start:
                yield f"`{ends}` is not after `{begins}`"
        elif isinstance(one, DayOff) and isinstance(end, date) and isinstance(start, date) and end < start:
            yield f"`{ends}` is before `{begins}`"


def _naive(at: datetime) -> bool:
    return at.tzinfo is None


# ── rules and changes ─────────────────────────────────────────────────────────────────────────────────────────────


def _rotas(turns: Turns, numbered: Mapping[str, int], zone: ZoneInfo) -> Iterator[Rota]:
    """One rule for each week of each person's turn."""
    every = turns.every or len(turns.people) * turns.weeks_each
    for place, name in enumerate(turns.people):
        for week in range(place * turns.weeks_each, (place + 1) * turns.weeks_each):
            monday = turns.first - timedelta(days=turns.first.weekday()) + timedelta(weeks=week)
            first = max(turns.first, monday)
            if turns.last is None or first <= turns.last:
                yield Rota(
                    numbered[name.casefold()], turns.weekdays, turns.begins, turns.ends, first, zone, every, turns.last,
                    turns.team, turns.temporary,
                )  # fmt: skip


def _overrides(
    entries: Mapping[str, list[tuple[str, Entry]]], numbered: Mapping[str, int], zone: ZoneInfo
) -> Iterator[Override]:
    def number(name: str) -> int:
        return numbered[name.casefold()]

    for kind in ("day_off", "remove", "replace", "swap", "add"):
        for _, one in entries[kind]:
            if isinstance(one, DayOff):
                ends = (one.last or one.first) + timedelta(days=1)
                midnights = instant(one.first, time(), zone), instant(ends, time(), zone)
                yield Override("remove", number(one.person), *midnights)
            elif isinstance(one, Span):
                yield from _changes(kind, one, number(one.person), getattr(one, "by", None), number, zone)


def _changes(kind: str, one: Span, person: int, by: str | None, number: Any, zone: ZoneInfo) -> Iterator[Override]:
    change: Change = "replace" if by is not None else "add" if kind == "add" else "remove"
    other = number(by) if by is not None else None
    yield Override(change, person, _utc(one.starts, zone), _utc(one.ends, zone), other, one.team)
    if isinstance(one, Swapped) and other is not None:
        takes = _utc(one.takes_starts, zone), _utc(one.takes_ends, zone)
        yield Override("replace", other, *takes, person, one.team)


def _utc(at: datetime, zone: ZoneInfo) -> datetime:
    return (at.replace(tzinfo=zone) if at.tzinfo is None else at).astimezone(UTC)
