"""Five hundred nights of responders who do what people and telephones do, over the pure decider alone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from hotline.rules.escalation import Add, Redial, State, Tried, next_move
from tests.behaviours import FALLBACK_WITHIN, Behaviour, behaviours

T0 = datetime(2026, 3, 8, 6, 40, tzinfo=UTC)
STATES: dict[str, State] = {
    "sent": "sent",
    "ringing": "ringing",
    "answered": "answered",
    "busy": "busy",
    "no-answer": "no_answer",
    "completed": "ended",
    "1": "accepted",
    "2": "declined",
}
RANK: tuple[State, ...] = ("due", "sent", "ringing", "answered")
LONGEST = 300.0


@dataclass
class Leg:
    """One telephone that was rung, and what is known of it."""

    tried: Tried
    behaviour: Behaviour
    begun: float

    def moves(self, now: float) -> bool:
        """What was told of it by now; True if a key 1 is its last word."""
        state, tried = "due", self.tried
        for at, did, _ in self.behaviour.told:
            new = STATES.get(did)
            if self.begun + at > now or new is None or (state not in RANK and (state, new) != ("accepted", "ended")):
                continue
            if new in RANK and RANK.index(new) <= RANK.index(state):
                continue
            instant = T0 + timedelta(seconds=self.begun + at)
            stamp = {"sent": "sent_at", "ringing": "ringing_at"}.get(new, "" if new in RANK else "over_at")
            tried, state = replace(tried, state=new, **({stamp: instant} if stamp else {})), new  # type: ignore[arg-type]
        self.tried = tried
        return state == "accepted"


@dataclass
class Night:
    """What came of one page."""

    legs: list[Leg]
    fallback_at: float | None
    taken_at: float | None
    twice: list[int | None]


def night(seed: int, people: int) -> Night:
    """A page whose responders do what the seed says, second by second, until somebody has it or it is late."""
    chain, script, came = (*range(people), None), behaviours(seed), Night([], None, None, [])
    for half in range(int(LONGEST * 2)):
        now = half / 2
        taken = [leg.moves(now) for leg in came.legs]
        if any(taken):
            came.taken_at = now
            return came
        move = next_move(True, chain, [leg.tried for leg in came.legs], T0 + timedelta(seconds=now))
        if isinstance(move, Add | Redial):
            came.legs.append(_rung(move, came, next(script), now))
            if move.responder is None and came.fallback_at is None:
                came.fallback_at = now
    return came


def _rung(move: Add | Redial, came: Night, behaviour: Behaviour, now: float) -> Leg:
    live = {"due", "sent", "ringing", "answered"}
    if any(
        leg.tried.responder == move.responder and leg.tried.state in live and now - leg.begun < 100 for leg in came.legs
    ):
        came.twice.append(move.responder)
    round_, position = (move.round, move.position) if isinstance(move, Add) else (-1, len(came.legs))
    return Leg(Tried(move.responder, round_, position, "call", "due", T0 + timedelta(seconds=now)), behaviour, now)


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_every_night_ends_with_a_human_or_the_fallback_number(people: int) -> None:
    """A chain of four reaches the fallback number within 120 s of line time, or somebody has the page before."""
    limit = FALLBACK_WITHIN * people / 4
    nights = [night(seed, people) for seed in range(125 * people, 125 * people + 125)]
    late = [n for n in nights if (n.taken_at or LONGEST) > limit and (n.fallback_at is None or n.fallback_at > limit)]
    assert (late, [n.twice for n in nights if n.twice]) == ([], [])


def test_nights_are_of_every_sort() -> None:
    """Taken early, taken late, by the fallback, in a later round: the seeds reach all of them."""
    nights = [night(seed, 2) for seed in range(250, 375)]
    rounds = {max(leg.tried.round for leg in each.legs) for each in nights}
    reached = {each.fallback_at is not None for each in nights}
    redialled = any(leg.tried.round < 0 for each in nights for leg in each.legs)
    assert (rounds >= {0, 1}, reached, redialled) == (True, {True, False}, True)
