"""A night made by chance: contacts of the kinds a line knows, at moments drawn from a seed. Pure."""

from dataclasses import replace
from random import Random
from typing import Any

from hotline.rehearsal.scenario import Expectation, Person, Scenario, Step

MOST = 60  # as many numbers as fiction has, and each person has their own
APART = 90.0  # seconds at least between two contacts, most of the time
AT_LEAST, LONGEST_WAIT = 30.0, 240.0

Does = list[tuple[str, Any]]


def _call(*before: tuple[str, Any]) -> Does:
    return [("calls", True), *before, ("meets", LONGEST_WAIT), ("waits", 20.0), ("hangs_up", True)]


URGENT = _call(("hears", "Bonjour."), ("presses", "9"))
IN_ENGLISH = _call(("hears", "For English"), ("presses", "2"), ("hears", "For help"), ("presses", "9"))
CANNOT_SPEAK = _call(("hears", "Bonjour."), ("presses", "55"))
ASKS = _call(
    ("hears", "Bonjour."), ("presses", "1"), ("hears", "Pour parler à quelqu'un maintenant, le un."), ("presses", "1")
)
SAYS_NOTHING = _call(("hears", "Si vous restez en ligne, une personne va écouter."))
SOMEBODY_NEAR: Does = [("texts", "au secours il est la"), ("receives", "Bon moment?")]
IN_DANGER: Does = [("texts", "il me bat aidez moi"), ("receives", "OK.")]
# What the night is made of, how likely, and the promise of each.
KINDS: tuple[tuple[str, int, Does, str], ...] = (
    ("urgent", 7, URGENT, "joined"),
    ("urgent en anglais", 3, IN_ENGLISH, "joined"),
    ("ne peut pas parler", 4, CANNOT_SPEAK, "joined"),
    ("demande de l'aide", 6, ASKS, "joined"),
    ("ne dit rien", 3, SAYS_NOTHING, "joined"),
    ("texto, quelqu'un est proche", 4, SOMEBODY_NEAR, "read"),
    ("texto, danger", 3, IN_DANGER, "read"),
)


def fill(scenario: Scenario, hours: float, contacts: int) -> Scenario:
    """The scenario with so many more people, spread over so many hours, each of whom must reach somebody."""
    chance = Random(scenario.seed)
    moments = _moments(chance, hours * 3600, contacts)
    people, expects = [], []
    for number, at in enumerate(moments):
        kind, _, does, word = chance.choices(KINDS, [weight for _, weight, _, _ in KINDS])[0]
        name = f"{number + 1:02} {kind}"
        people.append(
            Person(
                name=name,
                number=f"+143855501{number:02}",
                at=at,
                language="en" if does is IN_ENGLISH else "fr",
                steps=tuple(_step(verb, what, number) for verb, what in does),
            )
        )
        expects.append(Expectation(word, name, {"within": LONGEST_WAIT}))
        expects.append(Expectation("kept", name))
    everybody, every = (*scenario.people, *people), (*scenario.expects, *expects)
    return replace(scenario, people=everybody, expects=every, until=hours * 3600, lasts=hours * 3600 + 1800)


def _step(verb: str, what: Any, number: int) -> Step:
    """Nobody writes what somebody else wrote: the report tells by the words whose text was read."""
    return Step(verb, f"{what}, chambre {number + 1}" if verb == "texts" else what, 60.0)


def _moments(chance: Random, length: float, contacts: int) -> list[float]:
    """Drawn at random, then kept apart: a line is busy in bursts, and one team answers one person at a time."""
    drawn = sorted(chance.uniform(AT_LEAST, length) for _ in range(contacts))
    room = min(APART, length / contacts / 2)
    for index in range(1, contacts):
        drawn[index] = max(drawn[index], drawn[index - 1] + room)
    return [round(moment, 1) for moment in drawn]
