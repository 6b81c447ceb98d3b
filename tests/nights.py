"""A night as the rules alone would have it: one page, telephones that do what they do, and the pure decider.

No row, no worker, no carrier: what this says of who comes, and when, the whole line is held to.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hotline.rules.escalation import Add, Redial, State, Tried, next_move
from tests.behaviours import FALLBACK_WITHIN, Behaviour

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
    heard: int = 0
    accepted: bool = False

    def hears(self, now: float, free: bool) -> None:
        """All that was told of it by now; a key 1 on a page that somebody has ends the call."""
        for at, did, _ in self.behaviour.told[self.heard :]:
            if self.begun + at > now:
                return
            self.heard += 1
            new = STATES.get(did)
            if new is not None and self._is_news(new):
                self.becomes("ended" if new == "accepted" and not free else new, self.begun + at)

    def _is_news(self, new: State) -> bool:
        old = self.tried.state
        if old not in RANK:
            return (old, new) == ("accepted", "ended")
        return new not in RANK or RANK.index(new) > RANK.index(old)

    def becomes(self, new: State, at: float) -> None:
        """That state, and when, if that is kept."""
        self.accepted = self.accepted or new == "accepted"
        stamp = {"sent": "sent_at", "ringing": "ringing_at"}.get(new, "" if new in RANK else "over_at")
        stamps = {stamp: T0 + timedelta(seconds=at)} if stamp and getattr(self.tried, stamp) is None else {}
        self.tried = replace(self.tried, state=new, **stamps)  # type: ignore[arg-type]

    def is_hushed(self, at: float) -> None:
        """Somebody else has the page: it stops ringing."""
        if self.tried.state in ("due", "sent", "ringing"):
            self.becomes("ended", at)


@dataclass
class Night:
    """What came of one page."""

    legs: list[Leg] = field(default_factory=list)
    fallback_at: float | None = None
    taken_at: float | None = None
    taken_by: int | None = None
    """Who came and stayed, where somebody did; None is the fallback number."""
    held: float = 0.0
    """For how long somebody had the page before their telephone went: the chain stands still meanwhile."""
    twice: list[int | None] = field(default_factory=list)

    @property
    def first_help(self) -> float:
        """When there was first a human, who perhaps did not stay, or the fallback number was rung."""
        came = ((leg.tried.over_at - T0).total_seconds() for leg in self.legs if leg.accepted and leg.tried.over_at)
        return min((*came, self.fallback_at if self.fallback_at is not None else LONGEST))

    def in_time(self, people: int = 4) -> bool:
        """A human, or the fallback number, within what a chain of so many may take."""
        limit = FALLBACK_WITHIN * people / 4 + self.held
        return (self.taken_at or LONGEST) <= limit or (self.fallback_at or LONGEST) <= limit


def night(people: int, rung: Callable[[int | None], Behaviour]) -> Night:
    """A page, half second by half second, until somebody has it and stays, or it is late."""
    chain, came = (*range(people), None), Night()
    for half in range(int(LONGEST * 2)):
        now = half / 2
        free = not _has(came)
        for leg in came.legs:
            leg.hears(now, free)
            free = free and leg.tried.state != "accepted"
        if (holder := _has(came)) is not None:
            if holder.behaviour.joins:
                came.taken_at, came.taken_by = now, holder.tried.responder
                return came
            came.held += 0.5
            for leg in came.legs:
                leg.is_hushed(now)
            continue
        move = next_move(True, chain, [leg.tried for leg in came.legs], T0 + timedelta(seconds=now))
        if isinstance(move, Add | Redial):
            came.legs.append(_rung(move, came, rung(move.responder), now))
            if move.responder is None and came.fallback_at is None:
                came.fallback_at = now
    return came


def _has(came: Night) -> Leg | None:
    return next((leg for leg in came.legs if leg.tried.state == "accepted"), None)


def _rung(move: Add | Redial, came: Night, behaviour: Behaviour, now: float) -> Leg:
    live = {"due", "sent", "ringing", "answered"}
    theirs = (leg for leg in came.legs if leg.tried.responder == move.responder)
    if any(leg.tried.state in live and now - leg.begun < 100 for leg in theirs):
        came.twice.append(move.responder)
    round_, position = (move.round, move.position) if isinstance(move, Add) else (-1, len(came.legs))
    return Leg(Tried(move.responder, round_, position, "call", "due", T0 + timedelta(seconds=now)), behaviour, now)
