"""The roster against an oracle that walks quarter-hours one after the other, reads the wall at each, and ticks boxes.

It shares no code with the rules that it judges but their inputs, and knows nothing of the arithmetic of instants.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from hotline.rules.duty import RANKS, Responder, on_duty
from hotline.rules.rota import Override, Rota, shifts_between

MONTREAL = ZoneInfo("America/Toronto")
CHANGE_NIGHTS = (datetime(2026, 10, 31, 22, tzinfo=UTC), datetime(2027, 3, 13, 22, tzinfo=UTC))
QUARTER = timedelta(minutes=15)
BEGINNING = datetime(2026, 9, 1, 4, tzinfo=UTC)
DAYS = 400
BOXES = DAYS * 96
PEOPLE = tuple(Responder(who, RANKS[who % 3], active=who != 8) for who in range(1, 9))


class Oracle:
    """Boxes of a quarter of an hour for each person: present, and resting."""

    def __init__(self) -> None:
        self.present = {one.id: bytearray(BOXES) for one in PEOPLE}
        self.resting = {one.id: bytearray(BOXES) for one in PEOPLE}
        self.walls: dict[datetime, int] = {}
        for box in range(BOXES):
            shown = (BEGINNING + box * QUARTER).astimezone(MONTREAL).replace(tzinfo=None)
            self.walls.setdefault(shown, box)

    def box(self, shown: datetime) -> int:
        """The first box at which the wall shows that; what it never shows, as if the clocks had moved later."""
        if shown in self.walls:
            return self.walls[shown]
        earlier = shown - timedelta(hours=1)
        return self.walls[earlier] + 4 if earlier in self.walls else -1

    def plans(self, rota: Rota, silent: set[date]) -> None:
        """Day after day from its first one, counting weeks as they go by."""
        day, week = rota.first, 0
        while day < date(2027, 10, 10) and (rota.last is None or day <= rota.last):
            if week == 0 and day.weekday() in rota.weekdays and day not in silent:
                begins = self.box(datetime.combine(day, rota.begins))
                end_day = day if rota.begins < rota.ends else day + timedelta(days=1)
                ends = self.box(datetime.combine(end_day, rota.ends))
                if begins >= 0:
                    for box in range(begins, ends if ends >= 0 else BOXES):
                        self.present[rota.responder_id][box] = 1
            day += timedelta(days=1)
            if day.weekday() == 0:
                week = (week + 1) % rota.every

    def changes(self, override: Override) -> None:
        """Box after box."""
        first = max(0, int((override.starts_at - BEGINNING) / QUARTER))
        last = BOXES if override.ends_at is None else int((override.ends_at - BEGINNING) / QUARTER)
        mine, rest = self.present[override.responder_id], self.resting[override.responder_id]
        for box in range(first, min(last, BOXES)):
            if override.change == "add":
                mine[box] = 1
            elif mine[box] and override.change == "pause":
                rest[box] = 1
            elif mine[box] and override.change in ("remove", "replace"):
                mine[box] = rest[box] = 0
                if override.by is not None:
                    self.present[override.by][box] = 1

    def says(self, now: datetime) -> list[int]:
        """Who is rung, first to last: the rested first, rank after rank, each rank beginning one later every day."""
        box, turn = int((now - BEGINNING) / QUARTER), (now - timedelta(hours=12)).toordinal()
        order: list[int] = []
        for resting in (0, 1):
            for rank in RANKS:
                here = [one.id for one in PEOPLE if one.active and one.rank == rank and self.present[one.id][box]]
                turned = [here[(place + turn) % len(here)] for place in range(len(here))]
                order += [who for who in turned if self.resting[who][box] == resting]
        return order


def some_rotas(chance: random.Random) -> list[Rota]:
    """Weekly, rotating and temporary rules of two teams, at any quarter of an hour."""
    rotas = []
    for number in range(24):
        first = date(2026, 9, 3) + timedelta(days=chance.randrange(60))
        temporary = number >= 20
        rotas.append(Rota(
            chance.choice(PEOPLE).id, frozenset(chance.sample(range(7), chance.randint(1, 7))), some_time(chance),
            some_time(chance), first + timedelta(days=temporary * chance.randrange(200)), MONTREAL,
            chance.randint(1, 4), None, chance.choice("ab"), temporary,
        ))  # fmt: skip
    return [one._replace(last=one.first + timedelta(days=10)) if one.temporary else one for one in rotas]


def some_time(chance: random.Random) -> time:
    """Often in the hours that the clocks skip or repeat."""
    return time(chance.choice([0, 1, 1, 2, 2, 3, 7, 15, 23]), chance.choice([0, 15, 30, 45]))


def some_changes(chance: random.Random) -> list[Override]:
    """Of every kind, hours to days long, some without an end, around both change nights too."""
    changes = []
    for number in range(200):
        base = chance.choice(CHANGE_NIGHTS) if number < 20 else BEGINNING + timedelta(days=3)
        begins = base + QUARTER * chance.randrange(48 if number < 20 else 395 * 96)
        ends = None if number % 50 == 49 and chance.random() < 0.3 else begins + QUARTER * chance.randint(1, 300)
        who, by = chance.sample([one.id for one in PEOPLE], 2)
        change = chance.choice(("add", "remove", "replace", "pause"))
        changes.append(Override(change, who, begins, ends, by if change == "replace" else None))  # type: ignore[arg-type]
    return changes


def days_of(rotas: list[Rota]) -> dict[str, set[date]]:
    """The days of each team that are a temporary schedule's."""
    found: dict[str, set[date]] = {"a": set(), "b": set()}
    for one in rotas:
        if one.temporary and one.last is not None:
            found[one.team] |= {one.first + timedelta(days=n) for n in range((one.last - one.first).days + 1)}
    return found


def instants(chance: random.Random, how_many: int) -> Iterator[tuple[datetime, datetime, list[datetime]]]:
    """Each stretch of half a day, and instants in it; the two change nights get forty times their share."""
    edges = [BEGINNING + timedelta(hours=12 * n) for n in range(4, DAYS * 2 - 1)]
    for begins, ends in pairwise(edges):
        odd = any(begins - timedelta(hours=12) < night < ends for night in CHANGE_NIGHTS)
        share = (how_many // (len(edges) - 1) + 1) * (40 if odd else 1)
        yield begins, ends, [begins + (ends - begins) * chance.random() for _ in range(share)]


@pytest.mark.parametrize(
    ("how_many", "seed"), [(8_000, 1), *(pytest.param(100_000, seed, marks=pytest.mark.long) for seed in (1, 2, 3))]
)
def test_the_answer_equals_the_oracle_s(how_many: int, seed: int):
    """Who is on duty, and in which order, at instants all over 400 days, with 200 changes and both change nights."""
    chance, oracle = random.Random(seed), Oracle()
    rotas, changes = some_rotas(chance), some_changes(chance)
    silent = days_of(rotas)
    for rota in rotas:
        oracle.plans(rota, set() if rota.temporary else silent[rota.team])
    for change in changes:
        oracle.changes(change)
    asked = 0
    for begins, ends, nows in instants(chance, how_many):
        shifts = shifts_between([], rotas, changes, begins, ends)
        for now in nows:
            assert [one.id for one in on_duty(shifts, PEOPLE, now)] == oracle.says(now), now
            asked += 1
    assert asked >= how_many
