"""The person on hold while the responder is out of the room, and back; and a call that becomes a promised callback.

The carrier holds one participant; their call is redirected nowhere. Whatever comes later of the two wins: nobody stays
on hold with a responder in the room, nor while SQL is away, when the carrier alone knows who is on hold. A person whose
responder's telephone is gone leaves room and hold alike: `back` takes them to the queue.
"""

import logging

from hotline.doorbell import BELLS
from hotline.promises import KIND
from hotline.rules import phone
from hotline.store import attempts, audit, callbacks, cases, contacts, pages, work
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure
from workers import responder
from workers.hands import Hands

log = logging.getLogger(__name__)

NOTHING = "nothing to do"


def hold(own: Hands, claim: Claim) -> str:
    """The person hears words of ours, and nothing at all where all must be quiet."""
    page, ended = _here(own, claim)
    if page is None or ended or page.state != "accepted" or page.person_in_room_at is None:
        return NOTHING
    quiet = "/quiet" if page.quiet else ""
    _holds(own, page, f"{own.settings.public_url}/twilio/hold/{page.language or 'fr'}{quiet}")
    page, ended = _here(own, claim)
    if page is not None and ended:  # they came back meanwhile, and their word may have been carried out first
        _holds(own, page, None)
        return "they are back"
    return "held"


def unhold(own: Hands, claim: Claim) -> str:
    """The person is in the room again."""
    page, _ = _here(own, claim)
    if page is None or page.person_in_room_at is None:
        return NOTHING
    _holds(own, page, None)
    return "no more hold"


def nobody_stays_held(own: Hands) -> int:
    """Nothing that was noted can be read or written: whoever the carrier has on hold is in the room again. How many."""
    let_go = 0
    try:
        for conference in own.gateway.held("person"):
            own.gateway.hold(conference, "person", None)
            let_go += 1
    except Failure as failure:  # asked again a moment later, for as long as SQL is away
        log.error("still_held %s", failure)
    return let_go


def call_later(own: Hands, claim: Claim) -> str:
    """What was drafted is promised if we may dial that number; the responder hears which, back in the room."""
    with own.store.turn() as conn:
        attempt = attempts.by_id(conn, claim.subject_id)
        page = pages.by_id(conn, attempt.page_id) if attempt is not None else None
        contact = contacts.by_id(conn, page.contact_id) if page is not None else None
        wrapped = cases.wrapped_key(conn, page.case_id) if page is not None else None
    if page is None or contact is None or page.state != "accepted" or page.accepted_attempt != claim.subject_id:
        return NOTHING
    sealed = contact.number_sealed
    number = own.opener.open_case(wrapped, sealed).decode() if wrapped and sealed else ""
    ours = (own.settings.line_number, own.settings.callback_number)
    made = phone.may_dial(number) and number not in ours and _promised(own, page)
    responder.sends(own, page, "promised" if made else "not_promised")
    return "promised" if made else "not promised"


def _promised(own: Hands, page: PageView) -> bool:
    """Whether there is a promise to the person of this page, made now or before."""
    bell, now = (KIND, BELLS[KIND][0]), own.clock.now()
    with own.store.turn() as conn:
        made = callbacks.promise(conn, page.contact_id, page.language or "fr", now, bell)
        if made is not None:
            audit.write(conn, f"attempt:{page.accepted_attempt}", "promise", f"callback:{made.id}", {}, now)
            work.call_off(conn, KIND, made.id, "promised again", but=made.work_id)
        there = callbacks.of_contact(conn, page.contact_id)
    if made is not None:
        own.bell.ring([(KIND, made.work_id)])
    return there


def _here(own: Hands, claim: Claim) -> tuple[PageView | None, bool]:
    """The page, if its room is known, and whether the hold of this row was ended by a later one."""
    with own.store.turn() as conn:
        page = pages.by_id(conn, claim.subject_id)
        ended = work.newest(conn, "unhold", claim.subject_id) > claim.work_id
    return (page if page is not None and page.conference is not None else None), ended


def _holds(own: Hands, page: PageView, url: str | None) -> None:
    if page.conference is not None:
        own.gateway.hold(own.sealer.open_conference(page.conference), "person", url)
