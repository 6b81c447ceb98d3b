"""Ringing a guest: a telephone that whoever has a call invites into its room. Called once, or never.

What becomes of it is told to the responder's leg alone. Nobody stays in a room whose call is over, and a telephone that
is answered without a key is hung up: no machine comes in.
"""

import logging
from datetime import datetime, timedelta

from hotline.relaying import may_share
from hotline.store import cases, guests, pages
from hotline.store.guests import Guest
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone import twiml
from hotline.telephone.gateway import Failure, Unknown
from ivr_flows.model import Language
from workers import responder
from workers.hands import Hands

log = logging.getLogger(__name__)

NOTHING = "nothing to do"
RING_FOR = 30  # seconds
ENTERS_WITHIN = timedelta(seconds=100)  # ringing, and the words of an answered leg three times in two languages
LOOK_AGAIN = timedelta(seconds=5)  # whether the call they were invited to goes on
TELL_AGAIN, TELL_WITHIN = timedelta(seconds=3), timedelta(seconds=90)  # the responder may be in their menu
GOODBYE: dict[Language, str] = {
    "fr": "L'appel est terminé. Merci. Au revoir.",
    "en": "The call is over. Thank you. Goodbye.",
}
TOLD: dict[guests.State, str] = {
    "entered": "guest-entered",
    "ended": "guest-ended",
    "busy": "guest-busy",
    "no_answer": "guest-no-answer",
    "declined": "guest-declined",
    "failed": "guest-failed",
    "unknown": "guest-unknown",
}


def guest(own: Hands, claim: Claim) -> datetime | str:
    """One look at a guest: rung, let go, or told of, as it is time for."""
    found, page = _looked(own, claim.subject_id)
    if found is None or page is None:
        return NOTHING
    if found.state == "due":
        found = _dialled(own, page, found)
    now = own.clock.now()
    if found.state in ("no_answer", "dismissed") and not _let_go(own, found):  # while the carrier was asked, too
        return now + LOOK_AGAIN
    if not _tells(own, page, found) and now < found.since + TELL_WITHIN:
        return now + TELL_AGAIN
    return now + LOOK_AGAIN if found.rings or found.state == "entered" else found.state


def _looked(own: Hands, guest_id: int) -> tuple[Guest | None, PageView | None]:
    """The guest as they are now, after what time itself has changed, and the page they were invited to."""
    with own.store.turn() as conn:
        now, found = own.clock.now(), guests.locked(conn, guest_id)
        page = pages.by_id(conn, found.page_id) if found is not None else None
        if found is None or page is None:
            return None, None
        if found.state == "sending":  # whoever was at it died there: never called again by machine
            guests.move(conn, guest_id, "unknown", now)
        elif not may_share(page):
            guests.move(conn, guest_id, "dismissed", now)
        elif now >= found.created_at + ENTERS_WITHIN:  # who is rung no more is in nobody's way
            guests.move(conn, guest_id, "failed" if found.state == "due" else "no_answer", now)
        return guests.by_id(conn, guest_id), page


def _dialled(own: Hands, page: PageView, found: Guest) -> Guest:
    """One request to the carrier, written before, and what became of it."""
    number = _number(own, page, found)
    url, status = own.guest(page, found, responder.language_of(own, page)), own.status("guest", found.id)
    if not _moved(own, found, "sending"):
        return found
    try:
        sid = own.gateway.call(number, own.settings.callback_number, url, status, RING_FOR)
    except Unknown as doubt:
        _moved(own, found, "unknown", code=doubt.code)
    except Failure as failure:
        log.error("guest_not_called %s", failure)
        _moved(own, found, "failed", code=failure.code)
    else:
        _moved(own, found, "sent", sid=sid)
    with own.store.turn() as conn:
        return guests.by_id(conn, found.id) or found


def _number(own: Hands, page: PageView, found: Guest) -> str:
    """Whom to ring; empty, which the carrier is not asked about, where there is no such number any more, or where it is
    one of ours: the line would answer itself."""
    if found.kind == "dispatch":
        return own.settings.dispatch_number or ""
    with own.store.turn() as conn:
        wrapped = cases.wrapped_key(conn, page.case_id)
    sealed, ours = found.number_sealed, own.settings
    number = own.opener.open_case(wrapped, sealed).decode() if wrapped and sealed else ""
    return "" if number in (ours.line_number, ours.callback_number, ours.page_number) else number


def _let_go(own: Hands, found: Guest) -> bool:
    """Out of the call: whoever is in the room hears why, and a telephone that rings is silent. False where the carrier
    may not have done it: a goodbye that is said again harms nobody, and who stays beside the person may."""
    if found.sid_sealed is None:
        return True
    sid = own.sealer.open_number(found.sid_sealed)
    words = "".join(twiml.say(words, language) for language, words in GOODBYE.items())
    try:
        if found.entered_at is None:
            own.gateway.hang_up(sid)
        else:
            own.gateway.redirect(sid, twiml=twiml.document(words, twiml.element("Hangup")))
    except Failure as failure:
        log.error("guest_not_let_go %s", failure)
        return failure.again is False
    return True


def _tells(own: Hands, page: PageView, found: Guest) -> bool:
    """The responder, alone, hears what is new; False where it is to be said again."""
    if found.state not in TOLD or found.state == found.told or page.conference is None or not may_share(page):
        return True
    try:
        responder.tells(own, page, TOLD[found.state])
    except Failure as failure:
        log.error("guest_not_told %s", failure)
        return False
    with own.store.turn() as conn:
        guests.note_told(conn, found.id, found.state)
    return True


def _moved(own: Hands, found: Guest, state: guests.State, sid: str | None = None, code: int | None = None) -> bool:
    sealed = own.sealer.seal_number(sid) if sid else None
    with own.store.turn() as conn:
        return guests.move(conn, found.id, state, own.clock.now(), error_code=code, sid_sealed=sealed)
