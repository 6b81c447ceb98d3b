"""What next for this page: pure. It knows the page's frozen chain and what was tried; it never rings anyone itself.

Manners 3: the call rings up to 60 s; 25 s counted from ringing, the next person is *added* while earlier telephones go
on ringing; busy, declined, failed or undelivered adds the next at once. After the last in the chain (the fallback
number) it starts again, and the operator is alarmed, for as long as nobody has pressed a key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

ADD_NEXT_AFTER = timedelta(seconds=25)
RINGS_WITHIN = timedelta(seconds=4)  # a call sent and not heard of is taken to ring by then: a callback may be lost
SENT_WITHIN = timedelta(seconds=10)  # a worker that died before sending is not waited for longer
ROUND_GAP = timedelta(seconds=10)  # when everyone fails at once the chain starts again, but does not spin
RING_FOR = 60  # seconds, then the carrier ends the call
# Ringing, then an answered leg without a key: neither lasts longer, even where no news of its end ever comes.
OVER_WITHIN = timedelta(seconds=RING_FOR + 30 + 10)
RECHECK = timedelta(seconds=2)

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


@dataclass(frozen=True, slots=True)
class Tried:
    """One call or text of a page, as its row says. `responder` None is the fallback number."""

    responder: int | None
    round: int
    position: int
    channel: Literal["call", "text"]
    state: State
    created_at: datetime
    sent_at: datetime | None = None
    ringing_at: datetime | None = None


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


Move: TypeAlias = Add | Wait | Rest


def next_move(open_: bool, chain: Sequence[int | None], tried: Sequence[Tried], now: datetime) -> Move:
    """Whom to add to this page now, or until when to wait. `chain` ends with None, the fallback number."""
    if not open_:
        return Rest()
    calls = [attempt for attempt in tried if attempt.channel == "call"]
    steps = [call for call in calls if call.round >= 0]  # the others are outside the chain
    if not steps:
        return Add(chain[0], 0, 0, again=False)
    last = max(steps, key=lambda call: (call.round, call.position))
    due_at = _add_next_at(last, tried)
    following = _following(last, chain, calls, now)
    if following is None:
        return Wait(max(due_at, now + RECHECK))
    if following.round > last.round:
        due_at = max(due_at, _started(last) + ROUND_GAP)
    return following if due_at <= now else Wait(due_at)


def _add_next_at(last: Tried, tried: Sequence[Tried]) -> datetime:
    if last.state in OVER or _text_failed(last, tried):
        return last.created_at
    if last.ringing_at is not None:
        return last.ringing_at + ADD_NEXT_AFTER
    if last.sent_at is not None:
        return last.sent_at + RINGS_WITHIN + ADD_NEXT_AFTER
    return last.created_at + SENT_WITHIN


def _text_failed(call: Tried, tried: Sequence[Tried]) -> bool:
    step = (call.round, call.position)
    return any(t.channel == "text" and (t.round, t.position) == step and t.state == "failed" for t in tried)


def _started(attempt: Tried) -> datetime:
    return attempt.ringing_at or attempt.sent_at or attempt.created_at


def _following(last: Tried, chain: Sequence[int | None], calls: Sequence[Tried], now: datetime) -> Add | None:
    """The next person whose telephone is not in the middle of this page already: ringing it twice would be busy.

    A call is over after its time whatever the carrier says or does not say of it.
    """
    live = {call.responder for call in calls if call.state not in OVER and now - _started(call) < OVER_WITHIN}
    for ahead in range(1, len(chain) + 1):
        place = last.position + ahead
        position, round_ = place % len(chain), last.round + place // len(chain)
        if chain[position] not in live:
            return Add(chain[position], round_, position, again=round_ > 0)
    return None
