"""A responder who accepted by a text or at the console comes to the telephone, and presses a key there.

Until that key the person waits on. A telephone that cannot be rung, rings in vain or is answered by a machine gives the
page back in time: `back` when the leg is told to be over, and this work where nobody tells of its end.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hotline.rules.escalation import ASKED_FOR, SILENT_FOR
from hotline.store import attempts, pages, threads
from hotline.store.attempts import Attempt
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure, Refused
from workers import meeting, paging, responder
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


# ── whoever has it and is silent ──────────────────────────────────────────────────────────────────────────────────


def still_there(own: Hands, claim: Claim) -> datetime | str:
    """Accepted five minutes ago, and the person was neither met nor written to: is the responder there? Asked once on
    the call they are in, or by a call; without a key the page goes on."""
    with own.store.turn() as conn:
        now, page = own.clock.now(), pages.by_id(conn, claim.subject_id)
        silent_since = _silent_since(conn, page)
        asked = _asked(conn, page) if page is not None else None
    if page is None or silent_since is None:
        return NOTHING
    if now < silent_since + SILENT_FOR:
        return silent_since + SILENT_FOR
    if asked is None and _is_live(own, page):
        responder.sends(own, page, "still")
        return "asked"
    asked = asked or _ask_anew(own, page, now)
    if now < asked.created_at + ASKED_FOR:
        return asked.created_at + ASKED_FOR
    return _did_not_come(own, page, asked)


def _silent_since(conn: Connection, page: PageView | None) -> datetime | None:
    """Since when whoever has the page is silent; None where nobody has it, they met, or no text waits for an answer."""
    if page is None or page.state != "accepted" or page.met:
        return None
    written = page.channel == "text" and page.path != "tip"
    return threads.waits_since(conn, page.id) if written else page.accepted_at


def _asked(conn: Connection, page: PageView) -> Attempt | None:
    """The call that asks whoever has this page, since they have it."""
    theirs = (
        one
        for one in attempts.of_page(conn, page.id)
        if one.round == attempts.APART and one.responder_id == page.accepted_responder and one.channel == "call"
    )
    since = page.accepted_at
    return next((one for one in theirs if since and one.created_at > since and one.id != page.accepted_attempt), None)


def _ask_anew(own: Hands, page: PageView, now: datetime) -> Attempt:
    """A call to them, outside the chain: a key on it takes the page along."""
    with own.store.turn() as conn:
        pages.locked(conn, page.id)
        attempt = attempts.plan_apart(conn, page.id, page.accepted_responder, "call", now)
        asked = attempts.by_id(conn, attempt)
    if asked is None:
        raise LookupError("an attempt that was just written")
    paging.rings(own, page, asked, own.team.doors["still"], RING_FOR)
    return asked


def _is_live(own: Hands, page: PageView) -> bool:
    """Whether whoever has the page is in the call that they accepted on."""
    sid = responder.sid_of(own, page) if page.accepted_state == "accepted" else None
    try:
        return sid is not None and own.gateway.call_status(sid) == "in-progress"
    except Refused:  # the carrier knows of no such call
        return False
