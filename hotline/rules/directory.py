"""Who can help without us: which organisations to offer for a need, at an hour. Pure; the entries are data.

Nothing is ranked: what fits is offered in an order that turns with the days. Where groups see the sex industry in
different ways, one of each outlook is offered and the person chooses. A number is certain only where it is assigned by
law, or where somebody here has called it within ninety days; every other is told as one to verify.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias, get_args

from hotline.rules.territory import Police, joined
from ivr_flows.model import Language

Age: TypeAlias = Literal["minor", "adult"]
Outlook: TypeAlias = Literal["exit", "rights"]
Area: TypeAlias = Literal["montreal", "outside"]
State: TypeAlias = Literal["fixed", "fresh", "stale", "unverified"]
OUTLOOKS: tuple[Outlook, ...] = get_args(Outlook)

FRESH_FOR = timedelta(days=90)
OFFERED = 3
DAY = (9, 17)  # of weekdays: what "days" means until somebody has asked
ADULT = 18
INTERPRETER = "interpreter"
NEEDS: Mapping[str, frozenset[str]] = {
    "suicide": frozenset({"suicide", "suicide_risk"}),
    "violence": frozenset({"violence_client", "other_violence"}),
    "protection": frozenset({"minor_exploitation", "luring_online"}),
    "youth": frozenset({"minor", "runaway"}),
    "shelter": frozenset({"confinement", "exit_help", "trafficking", "procuring_coercive"}),
    "rights": frozenset({"pregnant_or_injured"}),
    "relatives": frozenset({"worried_relative"}),
}
"""A need of a case, and the facts that tell of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An organisation or a service, as the file tells of it. No `phone`: it is reached through another."""

    name: Mapping[Language, str]
    spoken: Mapping[Language, str]
    short: str
    what: Mapping[Language, str]
    public: Mapping[Language, str]
    needs: frozenset[str]
    languages: frozenset[str]
    open: str
    police: bool
    source: str
    phone: str = ""
    text: str = ""
    outlook: Outlook | None = None
    area: Area | None = None
    oldest: int | None = None
    fixed: bool = False
    doubtful: bool = False
    text_doubtful: bool = False
    published: date | None = None
    verified: date | None = None

    def state(self, on: date) -> State:
        """How far its number may be trusted on a day."""
        if self.fixed:
            return "fixed"
        if self.verified is None or self.doubtful:
            return "unverified"
        return "fresh" if timedelta() <= on - self.verified <= FRESH_FOR else "stale"

    def open_at(self, at: datetime) -> bool:
        """Whether it answers at that local time, as far as is known."""
        if self.open == "always":
            return True
        if self.open == "day":
            return at.weekday() < 5 and DAY[0] <= at.hour < DAY[1]
        first, _, last = self.open.partition("-")
        return bool(last) and int(first) <= at.hour < int(last)


@dataclass(frozen=True, slots=True)
class Directory:
    """All entries, in the order of the file, and the words that ask for each need."""

    entries: tuple[Entry, ...]
    needs: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry that is offered now."""

    entry: Entry
    certain: bool
    open: bool
    speaks: bool


def need_of(directory: Directory, words: str) -> str | None:
    """The need that somebody's words ask for; the first of the file where there are several."""
    said = f" {words.casefold()} "
    whole = joined(words)
    for need, asked in directory.needs.items():
        if any(f" {word} " in said or joined(word) == whole for word in asked):
            return need
    return None


def offer(
    directory: Directory, need: str, age: Age | None, language: Language, police: Police | None, at: datetime
) -> tuple[Offer, ...]:
    """Two to four entries for a need, at a local time; an outlook never comes without the other."""
    needs = {need, "youth"} if age == "minor" else {need}
    fitting = [entry for entry in directory.entries if _fits(entry, needs, age, police)]
    if len(fitting) < 2:
        fitting += [e for e in directory.entries if "any" in e.needs and e not in fitting]
    chosen, others = _choose(fitting, age, language, at)
    if not any(_certain(entry, at.date()) for entry in chosen):
        general = [entry for entry in (*others, *directory.entries) if _certain(entry, at.date()) and _fits(
            entry, needs | {"any"}, age, police)]  # fmt: skip
        chosen += general[:1]
    # Who answers now is said first; nothing else puts one before another.
    chosen.sort(key=lambda entry: not entry.open_at(at))
    return tuple(_offered(entry, language, at) for entry in chosen)


def partners(
    directory: Directory, need: str, age: Age | None, language: Language, police: Police | None, at: datetime
) -> tuple[Offer, ...]:
    """Up to three whom a responder may invite into a call, by a number of ten digits."""
    needs = {need, "youth"} if age == "minor" and need != INTERPRETER else {need}
    fitting = [entry for entry in directory.entries if _fits(entry, needs, age, police) and entry.phone[0] == "+"]
    return tuple(_offered(entry, language, at) for entry in _choose(fitting, age, language, at)[0][:OFFERED])


def need_of_case(facts: frozenset[str]) -> str:
    """What somebody of whom these facts are known may need of others; the most pressing where there are several."""
    return next((need for need, known in NEEDS.items() if known & facts), "talk")


def _choose(
    fitting: Sequence[Entry], age: Age | None, language: Language, at: datetime
) -> tuple[list[Entry], list[Entry]]:
    """One of each outlook where there are both, then others, who answer now and speak the language first; and all the
    others there are."""
    turned = _turned(fitting, at.date())
    both = [next((e for e in turned if e.outlook == outlook), None) for outlook in _turned(OUTLOOKS, at.date())]
    chosen = [entry for entry in both if entry is not None] if all(both) else []
    others = [entry for entry in turned if not (chosen and entry.outlook)]
    young = age == "minor" and not any("youth" in entry.needs for entry in chosen)
    others.sort(key=lambda e: (young and "youth" not in e.needs, not e.open_at(at), language not in e.languages))
    return chosen + others[: max(OFFERED - len(chosen), 1)], others


def _fits(entry: Entry, needs: set[str], age: Age | None, police: Police | None) -> bool:
    if not entry.phone or entry.police or not needs & entry.needs:
        return False
    if age == "adult" and entry.oldest is not None and entry.oldest < ADULT:
        return False
    return entry.area is None or (entry.area == "montreal") == (police in (None, "spvm"))


def _turned(entries: Sequence, on: date) -> list:  # type: ignore[type-arg]
    """The same, beginning with another each day: over the days each is first as often as any other."""
    first = on.toordinal() % len(entries) if entries else 0
    return [*entries[first:], *entries[:first]]


def _offered(entry: Entry, language: Language, at: datetime) -> Offer:
    return Offer(entry, _certain(entry, at.date()), entry.open_at(at), language in entry.languages)


def _certain(entry: Entry, on: date) -> bool:
    return entry.state(on) in ("fixed", "fresh")


def doubts(directory: Directory, on: date) -> list[str]:
    """What an operator should verify by telephone: one line for each number that is not certain on a day."""
    told = {"stale": "verified more than ninety days ago", "unverified": "never verified here"}
    return [
        f"{entry.name['fr']}: {told[state]}"
        for entry in directory.entries
        if entry.phone and (state := entry.state(on)) in told
    ]
