"""Ringing whom the person who has a page asked to take it over, or to come in beside them: one at a time, until a key,
or until nobody is left.

Nothing here takes the page from anybody: it changes hands by the key alone. Once it has, or is open again, this is
over.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from hotline.relaying import ROUNDS, may_share, next_of
from hotline.rules.escalation import OVER
from hotline.store import attempts, pages, roster
from hotline.store.attempts import Attempt
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure
from workers import paging, responder
from workers.hands import Hands

log = logging.getLogger(__name__)

NOBODY = {"relay": "nobody-came", "beside": "nobody-beside"}
RING_FOR = 40  # seconds
ANSWERS_WITHIN = timedelta(seconds=60)  # with the words of an answered leg; then the next person
LOOK_AGAIN = timedelta(seconds=1)
TELL_AGAIN, TELL_WITHIN = timedelta(seconds=5), timedelta(seconds=90)  # they may be in their menu, and hear nothing


def relay(own: Hands, claim: Claim) -> datetime | str:
    """One look at a wish to pass a call on, or to have a colleague beside."""
    with own.store.turn() as conn:
        now, page = own.clock.now(), pages.locked(conn, claim.subject_id)
        if page is None or not may_share(page) or page.accepted_at is None or page.accepted_at > claim.created_at:
            return "it is another's, open or over"
        if page.accepted_state in OVER:
            return now + LOOK_AGAIN  # their telephone went: what becomes of the page is decided elsewhere
        asked = _asked(attempts.of_page(conn, page.id), claim)
        if asked is not None and asked.state == "accepted":
            return "they are there"
        if asked is not None and asked.state not in OVER and now < asked.created_at + ANSWERS_WITHIN:
            return asked.created_at + ANSWERS_WITHIN
        on_duty = [one.responder_id for one in roster.on_duty(conn, now, page.language)]
        who = next_of(conn, page, on_duty, now, claim.created_at)
        planned = attempts.plan_apart(conn, page.id, who, "call", now, ROUNDS[claim.kind]) if who is not None else 0
        attempt = attempts.by_id(conn, planned)
    if asked is not None:
        _hang_up(own, asked)
    return _rings(own, page, attempt, claim) if attempt is not None else _nobody(own, page, asked, claim, now)


def _asked(tried: Sequence[Attempt], claim: Claim) -> Attempt | None:
    """Who was asked last."""
    ours = [one for one in tried if one.round == ROUNDS[claim.kind] and one.created_at >= claim.created_at]
    return max(ours, key=lambda one: one.position, default=None)


def _rings(own: Hands, page: PageView, attempt: Attempt, claim: Claim) -> datetime:
    paging.rings(own, page, attempt, own.team.doors[claim.kind], RING_FOR)
    with own.store.turn() as conn:
        after = attempts.by_id(conn, attempt.id)
    failed = after is not None and after.state in OVER
    return own.clock.now() if failed else attempt.created_at + ANSWERS_WITHIN


def _hang_up(own: Hands, attempt: Attempt) -> None:
    """Their minute is over: a telephone that is answered and silent would hold the next person up."""
    if attempt.sid_sealed is None or attempt.state in OVER:
        return
    try:
        own.gateway.hang_up(own.sealer.open_number(attempt.sid_sealed))
    except Failure as failure:
        log.error("relay_not_hung_up %s", failure)


def _nobody(own: Hands, page: PageView, asked: Attempt | None, claim: Claim, now: datetime) -> datetime | str:
    """Nobody came: whoever has the page hears so, alone, and nobody else does."""
    try:
        responder.tells(own, page, NOBODY[claim.kind])
    except Failure as failure:
        since = asked.created_at + ANSWERS_WITHIN if asked is not None else claim.created_at
        return now + TELL_AGAIN if now < since + TELL_WITHIN else f"nobody came, not told {failure.code}"
    return "nobody came"
