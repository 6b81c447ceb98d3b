"""Invented nights over the real thing: a rehearsal with workers, bells and a carrier, against what the rules alone say.

A line of its own plays each: one person presses 9, a team of four and the fallback number do what telephones do. Twelve
nights of `make test`'s patience are chosen so that every behaviour is met in them; one runs each time, all are `long`.
"""

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import count, islice
from typing import Literal, TypeAlias

import pytest

from tests.behaviours import BEHAVIOURS, Behaviour, Told, told
from tests.nights import Night, night
from tests.system.test_rehearsal import Rehearsed

News: TypeAlias = Literal["as it happens", "lost", "doubled", "reordered"]

PACE, PEOPLE, HOW_MANY = 20, 4, 12
MACHINE = 0.35  # seconds of the wall in which this machine may be late, for each telephone that is rung
LATE = (0.0, 5.0, 10.0, 20.0)  # line seconds by which a telephone may be late, without another person coming
NUMBERS: dict[int | None, str] = {None: "+15145550199"} | {who: f"+151455501{42 + who}" for who in range(PEOPLE)}
RANKS: dict[int | None, str] = {None: "fallback", 0: "on-duty", 1: "on-duty", 2: "deputy", 3: "supervisor"}
# What each does in the words of a scenario, `after` so many seconds of ringing.
DOES: dict[str, str] = {
    "no answer": 'does = "no-answer"',
    "busy": 'does = "busy"',
    "voicemail": 'does = "voicemail"\nafter = 4',
    "wrong key": 'does = "wrong-key"\nafter = 3',
    "late key": "after = 21",
    "decline": 'does = "declines"\nafter = 2',
    "key after escalation": "after = 46",
    "dead leg": 'after = 3\nhangs_up_after = 6\nthen = "dead"',
    "accept": "after = 4",
}
# Of ten telephones most do not accept: a night is worth playing for those that come before somebody does.
OFTEN = ("no answer", "busy", "voicemail", "wrong key", "decline", "dead leg") * 2 + (
    "late key", "key after escalation", "accept",
)  # fmt: skip
NEWS: dict[News, str] = {
    "as it happens": "",
    "lost": 'do = "drop"',
    "doubled": 'do = "duplicate"',
    "reordered": 'do = "reorder"\nseconds = 4\nchance = 0.5',
}


@dataclass(frozen=True)
class Held:
    """One telephone of the team, all night."""

    does: str
    news: News

    def rung(self, times: int, late: float) -> Behaviour:
        """What it does when it is rung, having been rung so often before; a dead one rings and is not answered."""
        name = "no answer" if self.does == "dead leg" and times else self.does
        words = told(name, 0.7 if self.news == "doubled" else None, self.news == "reordered")
        # The carrier's answer, the document that an answered call asks for, its keys and its room are no callbacks.
        stays = {"sent", "answered", "1", "2"} | ({"completed"} if name == "dead leg" else set())
        kept: Told = tuple(word for word in words if self.news != "lost" or word[1] in stays)
        return Behaviour(name, tuple((at + late, did, number) for at, did, number in kept))


@dataclass(frozen=True)
class Plan:
    """The telephones of one night, and what the rules alone make of it."""

    seed: int

    @cached_property
    def telephones(self) -> dict[int | None, Held]:
        """Whoever may be rung, the fallback number too."""
        chance = random.Random(self.seed)
        return {who: Held(chance.choice(OFTEN), chance.choice(list(NEWS))) for who in NUMBERS}

    @cached_property
    def nights(self) -> list[Night]:
        """The same night, with telephones that are the later."""
        return [self._played(late) for late in LATE]

    def _played(self, late: float) -> Night:
        times: Counter[int | None] = Counter()

        def rung(who: int | None) -> Behaviour:
            times[who] += 1
            return self.telephones[who].rung(times[who] - 1, late)

        return night(PEOPLE, rung)

    @property
    def decided(self) -> bool:
        """Whether it is clear who comes and after how many dead legs, however late this machine is; and not at once."""
        ends = {(each.taken_at is None, each.taken_by, len(self.dead(each))) for each in self.nights}
        return len(ends) == 1 and len(self.met) > 2

    @property
    def met(self) -> list[Held]:
        """The telephones that are rung before somebody comes to stay."""
        return [self.telephones[who] for who in dict.fromkeys(leg.tried.responder for leg in self.nights[0].legs)]

    def dead(self, played: Night) -> list[int | None]:
        """Whose telephone dies when they have just come."""
        names = (leg.tried.responder for leg in played.legs if leg.behaviour.name == "dead leg" and leg.tried.over_at)
        return list(dict.fromkeys(names))

    def scenario(self) -> str:
        """The night as a rehearsal's file."""
        ends = self.nights[0]
        waits = (
            "{ meets = 240 }, { waits = 30 }, " * (len(self.dead(ends)) + 1) if ends.taken_at else "{ waits = 170 }, "
        )
        steps = f'{{ calls = true }}, {{ hears = "Bonjour." }}, {{ presses = "9" }}, {waits}{{ hangs_up = true }}'
        roster = "\n".join(
            f'[[roster]]\nname = "{_name(who)}"\nnumber = "{NUMBERS[who]}"\nrank = "{RANKS[who]}"\n{DOES[held.does]}'
            for who, held in self.telephones.items()
        )
        weather = "\n".join(
            f'[[weather]]\nnumber = "{NUMBERS[who]}"\npurpose = "status"\ntimes = 0\n{NEWS[held.news]}'
            for who, held in self.telephones.items()
            if NEWS[held.news]
        )
        return (
            f'title = "Nuit {self.seed}"\nstarts_at = "samedi 02:40"\npace = {PACE}\nseed = {self.seed}\n'
            f"lasts = {600 if ends.taken_at else 200}\n{roster}\n"
            f'[[person]]\nname = "Ada"\nnumber = "+14385550110"\ndoes = [{steps}]\n{weather}\n'
        )


def _name(who: int | None) -> str:
    return "Dernier recours" if who is None else f"Garde {who + 1}"


def plans() -> Iterator[Plan]:
    """Nights that are worth it, for ever."""
    return (plan for plan in map(Plan, count()) if plan.decided)


@cache
def chosen() -> tuple[Plan, ...]:
    """The twelve."""
    return tuple(islice(plans(), HOW_MANY))


class Played(Rehearsed):
    """A night that was played, as the carrier's own ledger saw it."""

    def __init__(self, plan: Plan, folder):
        (folder / "nuit.toml").write_text(plan.scenario())
        super().__init__(folder / "nuit.toml", folder / "line")

    @property
    def first_help(self) -> float:
        """Seconds from the key 9 until a human is there or the fallback number is rung."""
        (contact,) = self.report["contacts"]
        begun = self.asked_at(contact["call"])
        rung = [at for at, form in self.webhooks("status") if form["To"] == NUMBERS[None]]
        return min((at - begun).total_seconds() for at in (*self.joined_at(contact["call"]), *rung))

    def most_in_a_room(self) -> int:
        """How many were ever in one room at once."""
        inside, most = defaultdict(set), 0
        for _, form in self.webhooks("conference"):
            room = inside[form["ConferenceSid"]]
            if form["StatusCallbackEvent"] == "participant-join":
                room.add(form["CallSid"])
            elif form["StatusCallbackEvent"] == "participant-leave":
                room.discard(form["CallSid"])
            most = max(most, len(room))
        return most

    def comes(self) -> list[str]:
        """Who came to the person, in order."""
        (contact,) = self.report["contacts"]
        return [meeting["by"] for meeting in contact["meetings"]]


def _holds(plan: Plan, folder):
    played, expected = Played(plan, folder), plan.nights[0]
    told = f"help after {played.first_help:.0f} s, by the rules {expected.first_help:g} s; came: {played.comes()}"
    sys.stdout.write(f"night {plan.seed}: {told}\n{plan.scenario()}")
    assert played.done.returncode == 0, played.done.stdout
    comes = [_name(who) for who in plan.dead(expected)] + ([_name(expected.taken_by)] if expected.taken_at else [])
    assert played.comes() == comes, json.dumps(played.report["rings"], indent=1)
    assert played.most_in_a_room() <= 2
    assert played.first_help <= 120 + MACHINE * PACE * len(expected.legs)
    played.holds()


def test_the_twelve_nights_are_of_every_sort():
    """Every behaviour and sort of news is met in them; somebody of the team comes, or the last resort, or nobody."""
    met = [held for plan in chosen() for held in plan.met]
    assert {held.does for held in met} == set(DOES) >= set(BEHAVIOURS) - {
        "lost callbacks", "only its end is told", "accept without callbacks",
    }  # fmt: skip
    assert {held.news for held in met} == set(NEWS)
    ends = [(each.taken_at is None, each.taken_by is None) for plan in chosen() for each in plan.nights[:1]]
    assert set(ends) == {(True, True), (False, True), (False, False)}


def test_one_night_ends_as_the_rules_say(tmp_path):
    """The shortest of the twelve: who comes is who the rules say, once, within the time of the line."""
    _holds(min(chosen(), key=lambda plan: plan.nights[0].taken_at or 999), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("number", range(HOW_MANY))
def test_twelve_nights_end_as_the_rules_say(number, tmp_path):
    """Each of the twelve."""
    _holds(chosen()[number], tmp_path)
