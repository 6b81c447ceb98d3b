"""A responder who accepted by a text or at the console comes to the telephone, and presses a key there.

Until that key the person waits on. A telephone that cannot be rung, rings in vain or is answered by a machine gives the
page back in time: `back` when the leg is told to be over, and this work where nobody tells of its end.
"""

from datetime import datetime, timedelta

from hotline.store import attempts, pages
from hotline.store.attempts import Attempt
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure
from workers import meeting, paging
from workers.hands import Hands

NOTHING = "nothing to do"
RING_FOR = 30  # seconds: whoever has just written holds the telephone in their hand
COMES_WITHIN = timedelta(seconds=45)


def come(own: Hands, claim: Claim) -> datetime | str:
    """Ring whoever accepted, once; look again when they must have come."""
    attempt, page = _here(own, claim.subject_id)
    if attempt is not None and page is not None and page.coming and attempt.state == "due":
        paging.rings(own, page, attempt, own.team.doors["comes"], RING_FOR)
        attempt, page = _here(own, claim.subject_id)
    if attempt is None or page is None or page.accepted_attempt != attempt.id:
        return NOTHING
    if page.coming and attempt.state != "unknown" and page.accepted_at is not None:
        until = page.accepted_at + COMES_WITHIN
        if own.clock.now() < until:
            return until
    if page.coming or attempt.state == "failed":
        return _did_not_come(own, page, attempt)
    return "they came" if attempt.state == "accepted" else NOTHING


def _did_not_come(own: Hands, page: PageView, attempt: Attempt) -> str:
    """The page first: a leg that cannot be hung up must not hold it."""
    said = meeting.gives_back(own, page)
    _hang_up(own, attempt)
    return said


def hang_up_leg(own: Hands, claim: Claim) -> str:
    """One telephone of a responder who said no in writing stops ringing."""
    attempt, _ = _here(own, claim.subject_id)
    return NOTHING if attempt is None or not _hang_up(own, attempt) else "hung up"


def _hang_up(own: Hands, attempt: Attempt) -> bool:
    if attempt.sid_sealed is None:
        return False
    try:
        own.gateway.hang_up(own.sealer.open_number(attempt.sid_sealed))
    except Failure as failure:
        if failure.again:
            raise
        return False
    return True


def _here(own: Hands, attempt_id: int) -> tuple[Attempt | None, PageView | None]:
    with own.store.turn() as conn:
        attempt = attempts.by_id(conn, attempt_id)
        return attempt, pages.by_id(conn, attempt.page_id) if attempt is not None else None
