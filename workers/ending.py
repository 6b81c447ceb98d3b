"""Ending an abusive call that its responder wants ended: the person's call goes to one polite sentence, and no further.

Nothing is finished before the carrier has taken the person out of the room: whoever is still there is still somebody's.
"""

import logging

from hotline.ending import MARK, may_end
from hotline.places import first_address
from hotline.store import attempts, cases, contacts, pages
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure
from ivr_flows.model import Language, Place
from workers import responder
from workers.hands import Hands
from workers.meeting import turn_from_here

log = logging.getLogger(__name__)

NOTHING = "nothing to do"


def end_call(own: Hands, claim: Claim) -> str:
    """The responder hears what came of it; back in the room where the call goes on."""
    with own.store.turn() as conn:
        attempt = attempts.by_id(conn, claim.subject_id)
        page = pages.by_id(conn, attempt.page_id) if attempt is not None else None
    if page is None or page.accepted_attempt != claim.subject_id or page.state != "accepted":
        return NOTHING
    # Once: whoever was at it before may have ended it, and the person may have pressed nine since.
    if claim.attempts > 1 or not may_end(page) or not _alone(own, page) or not _out_of_the_room(own, page):
        responder.sends(own, page, "not_ended")
        return "not ended"
    with own.store.turn() as conn:
        pages.finish(conn, page.id, MARK, own.clock.now())
        cases.mark(conn, page.case_id, MARK)
    responder.sends(own, page, "ended")
    return "ended"


def _alone(own: Hands, page: PageView) -> bool:
    """Whether nobody else is in the room with the person: a colleague may be in the middle of a sentence."""
    if page.conference is None:
        return False
    try:
        inside = own.gateway.participants(own.sealer.open_conference(page.conference))
    except Failure as failure:
        log.error("room_not_seen %s", failure)
        return False
    return {one.label for one in inside} == {"person"}


def _out_of_the_room(own: Hands, page: PageView) -> bool:
    """Whether the carrier took the person's call to the sentence; nobody knows counts as no."""
    with own.store.turn() as conn:
        contact, wrapped = contacts.by_id(conn, page.contact_id), cases.wrapped_key(conn, page.case_id)
    if contact is None or wrapped is None or contact.call_sid_sealed is None:
        return False
    language: Language = "en" if page.language == "en" else "fr"
    line, turn = own.line, turn_from_here(page, own.clock.now())
    place = Place(line.name, line.doors["ended"], language, turn, line.version, flags=frozenset({"chosen"}))
    sid = own.opener.open_case(wrapped, contact.call_sid_sealed).decode()
    try:
        own.gateway.redirect(sid, url=first_address(own.sealer, own.settings.public_url, place))
    except Failure as failure:
        log.error("call_not_ended %s", failure)
        return False
    return True
