"""What next for this page: pure. It knows the page's frozen chain and what was tried; it never rings anyone itself.

Manners 3: the call rings up to 60 s; 25 s counted from ringing, the next person is *added* while earlier telephones go
on ringing; busy, declined, failed or undelivered adds the next at once. Whoever was busy, or whose call ended early
without a no, is rung a second time in their own step, beside the next. After the last in the chain (the fallback
number) it starts again, and the operator is alarmed, for as long as nobody has pressed a key.

Several pages at once: whoever is on another page (`engaged`) comes after everybody who is not, the fallback number
too, and so is rung when nobody else is free. No page waits for another.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, TypeAlias

ADD_NEXT_AFTER = timedelta(seconds=25)
STEP_AT_MOST = timedelta(seconds=30)  # however late it rings: a chain of four is through within two minutes
RINGS_WITHIN = timedelta(seconds=4)  # a call sent and not heard of is taken to ring by then: a callback may be lost
SENT_WITHIN = timedelta(seconds=10)  # a worker that died before sending is not waited for longer
REDIAL_AFTER = timedelta(seconds=8)  # a busy line is busy a moment longer; a second call passes a "do not disturb"
REDIAL_WITHIN = timedelta(seconds=60)
ROUND_GAP = timedelta(seconds=10)  # when everyone fails at once the chain starts again, but does not spin
RING_FOR = 60  # seconds, then the carrier ends the call
# Ringing, then an answered leg without a key: neither lasts longer, even where no news of its end ever comes.
OVER_WITHIN = timedelta(seconds=RING_FOR + 30 + 10)
TEXT_TOLD_WITHIN = timedelta(seconds=30)  # then the carrier is asked what became of a page's text
SILENT_FOR = timedelta(minutes=5)  # accepted, and then nothing: whoever has it is asked
ASKED_FOR = timedelta(seconds=60)  # and given so long to answer
RECHECK = timedelta(seconds=2)
PRESSING = ("P1", "P2", "P?")  # other calls make way for these at the carrier's one call a second
ONE_CALL = timedelta(seconds=1)
WAY_FOR = timedelta(seconds=60)  # and no longer: a promise has its hour
TOO_MANY_CALLS, IN = 100, timedelta(minutes=10)  # the operator is told; nothing is held back
TIRING = 3  # pages in a night
NIGHT = (21, 7)
NOBODY: frozenset[int | None] = frozenset()

State: TypeAlias = Literal[
    "due",
    "sending",
    "sent",
    "ringing",
    "answered",
    "accepted",
    "declined",
    "busy",
    "no_answer",
    "failed",
    "unknown",
    "ended",
]
OVER: frozenset[str] = frozenset({"declined", "busy", "no_answer", "failed", "unknown", "ended"})
NO_ANSWER: frozenset[str] = frozenset({"busy", "no_answer", "ended"})


@dataclass(frozen=True, slots=True)
class Tried:
    """One call or text of a page, as its row says. `responder` None is the fallback number; a round below zero is no
    step of the chain."""

    responder: int | None
    round: int
    position: int
    channel: Literal["call", "text"]
    state: State
    created_at: datetime
    sent_at: datetime | None = None
    ringing_at: datetime | None = None
    over_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Redial:
    """Ring this person's telephone a second time: beside the chain, which does not wait for it."""

    responder: int | None


@dataclass(frozen=True, slots=True)
class Add:
    """Ring this person now. `again`: the whole chain was tried once without an answer, so the operator must know."""

    responder: int | None
    round: int
    position: int
    again: bool


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before this instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """A human has the page, or it is over."""


Move: TypeAlias = Add | Redial | Wait | Rest


def next_move(
    open_: bool,
    chain: Sequence[int | None],
    tried: Sequence[Tried],
    now: datetime,
    engaged: frozenset[int | None] = NOBODY,
) -> Move:
    """Whom to add to this page now, or until when to wait. `chain` ends with None, the fallback number."""
    if not open_:
        return Rest()
    calls = [attempt for attempt in tried if attempt.channel == "call"]
    steps = [call for call in calls if call.round >= 0]
    if not steps:
        first = _first(range(len(chain)), chain, engaged)
        return Add(chain[first], 0, first, again=False)
    last = max(steps, key=lambda call: (call.round, call.created_at, call.position))
    live = {call.responder for call in calls if call.state not in OVER and now - _started(call) < OVER_WITHIN}
    moves: list[tuple[datetime, Add | Redial]] = [
        *_following(last, chain, steps, tried, live, engaged),
        *_redials(steps, calls, live | engaged, now),
    ]
    for at, move in moves:
        if at <= now:
            return move
    return Wait(min((at for at, _ in moves), default=max(_add_next_at(last, tried), now + RECHECK)))


def makes_way(priority: str, since: datetime, last_pressing_call: datetime | None, now: datetime) -> datetime | None:
    """Until when a call that has waited `since` then makes way for pages; None where it need not. A page never does."""
    if priority in PRESSING or last_pressing_call is None or now > since + WAY_FOR:
        return None
    free_at = last_pressing_call + ONE_CALL
    return free_at if free_at > now else None


def night_began(now: datetime, zone: tzinfo) -> datetime | None:
    """When the night that this instant is in began; None by day."""
    local, (evening, morning) = now.astimezone(zone), NIGHT
    if morning <= local.hour < evening:
        return None
    began = local if local.hour >= evening else local - timedelta(days=1)
    return began.replace(hour=evening, minute=0, second=0, microsecond=0).astimezone(UTC)


def wanted(chains: Iterable[Sequence[int | None]], engaged: frozenset[int | None]) -> frozenset[int | None]:
    """Whom pages that nobody was rung for yet, the most pressing first, are about to ring: one person each."""
    taken = engaged
    for chain in chains:
        taken |= {chain[_first(range(len(chain)), chain, taken)]}
    return taken - engaged


def _add_next_at(last: Tried, tried: Sequence[Tried]) -> datetime:
    if last.state in OVER or _text_failed(last, tried):
        return last.created_at
    if last.ringing_at is not None:
        return min(last.ringing_at + ADD_NEXT_AFTER, last.created_at + STEP_AT_MOST)
    if last.sent_at is not None:
        return min(last.sent_at + RINGS_WITHIN + ADD_NEXT_AFTER, last.created_at + STEP_AT_MOST)
    return last.created_at + SENT_WITHIN


def _text_failed(call: Tried, tried: Sequence[Tried]) -> bool:
    step = (call.round, call.position)
    return any(t.channel == "text" and (t.round, t.position) == step and t.state == "failed" for t in tried)


def _started(attempt: Tried) -> datetime:
    return attempt.ringing_at or attempt.sent_at or attempt.created_at


def _first(positions: Iterable[int], chain: Sequence[int | None], engaged: frozenset[int | None]) -> int:
    return min(positions, key=lambda position: (chain[position] in engaged, position))


def _following(
    last: Tried,
    chain: Sequence[int | None],
    steps: Sequence[Tried],
    tried: Sequence[Tried],
    live: set[int | None],
    engaged: frozenset[int | None],
) -> Iterator[tuple[datetime, Add]]:
    """The next person, and when, whose telephone is not in the middle of this page already: that would be busy.

    A call is over after its time whatever the carrier says or does not say of it.
    """
    due_at = _add_next_at(last, tried)
    for round_ in (last.round, last.round + 1):
        had = {step.position for step in steps if step.round == round_}
        left = [place for place, who in enumerate(chain) if place not in had and who not in live]
        if left:
            position = _first(left, chain, engaged)
            again = round_ > last.round
            at = max(due_at, _started(last) + ROUND_GAP) if again else due_at
            yield at, Add(chain[position], round_, position, again=round_ > 0)
            return


def _redials(
    steps: Sequence[Tried], calls: Sequence[Tried], not_free: set[int | None] | frozenset[int | None], now: datetime
) -> Iterator[tuple[datetime, Redial]]:
    """Who is rung a second time in their step, and when: once, and not long after."""
    for step in steps:
        at = step.over_at
        if at is None or step.responder in not_free or not _ended_early(step, at) or now > at + REDIAL_WITHIN:
            continue
        if not any(call.responder == step.responder and call.created_at > at for call in calls):
            yield at + REDIAL_AFTER, Redial(step.responder)


def _ended_early(step: Tried, over_at: datetime) -> bool:
    """Without a key, and not by ringing for as long as it may."""
    if step.state not in NO_ANSWER:
        return False
    return step.state != "no_answer" or over_at - _started(step) < ADD_NEXT_AFTER
