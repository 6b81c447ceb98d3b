"""Bringing two people together, and apart again: the person's call is redirected, never while others are in the room.

At most once towards a person: a redirect whose fate nobody knows is not repeated here, because the person's next wait
turn, at most 8 s later, reads the page and goes to the room by itself.
"""

import logging
from datetime import datetime

from hotline.places import Links
from hotline.promises import how_it_ended
from hotline.rules.escalation import OVER
from hotline.store import attempts, cases, contacts, messages, pages, tips, work
from hotline.store.attempts import Attempt
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone import twiml
from hotline.telephone.gateway import Failure, Unknown
from ivr_flows.model import Flag, Language, Place
from workers import calling, responder
from workers.hands import Hands

log = logging.getLogger(__name__)

NOTHING = "nothing to do"
LIVE = "in-progress"
INTRODUCTION: dict[Language, str] = {"fr": "Voici ce que la personne a écrit.", "en": "This is what the person wrote."}
LONGEST_READ = 2600  # characters of TwiML for the texts, as escaped: the carrier takes 4,000 of inline TwiML in all
LISTENS_FOR = 5  # seconds, after what was read
FAR_ON = 10_000  # turns, which take seconds each: no call comes so far by itself
LONGEST_TEXT = 400  # characters of one text that alone would be too long


def bring(own: Hands, claim: Claim) -> str:
    """The responder has said yes: the person comes out of the queue, into the room."""
    found = _accepted(own, claim)
    if found is None or found.person_gone_at is not None or found.channel != "voice":
        return NOTHING
    return _redirect_person(own, found)


def back(own: Hands, claim: Claim) -> str:
    """The responder's telephone went, and the person may still be there: they wait again, and the page goes on."""
    found = _accepted(own, claim)
    if found is None or found.accepted_state not in OVER:  # by now another has it
        return NOTHING
    return "who is in the room has it" if _stays(own, found) else gives_back(own, found)


def _stays(own: Hands, found: PageView) -> bool:
    """Whether a responder who passed this call on is still with the person, in the room or in their private menu: then
    it is theirs again."""
    if found.conference is None or found.person_gone_at is not None or found.callback_id is not None:
        return False
    with own.store.turn() as conn:
        tried = attempts.of_page(conn, found.id)
    others = [one for one in tried if one.id != found.accepted_attempt and one.state == "accepted"]
    if not others:
        return False
    try:
        inside = {one.label for one in own.gateway.participants(own.sealer.open_conference(found.conference))}
        there = next((one.id for one in others if f"responder-{one.id}" in inside), None)
        there = there or next((one.id for one in others if _is_live(own, one)), None)
    except Failure as failure:
        log.error("room_not_seen %s", failure)
        return False
    if there is None or "person" not in inside:
        return False
    with own.store.turn() as conn:
        return pages.pass_on(conn, found.id, found.accepted_attempt or 0, there, own.clock.now())


def _is_live(own: Hands, one: Attempt) -> bool:
    """Whether the call of this attempt goes on at the carrier: who is in no room is in their menu."""
    return one.sid_sealed is not None and own.gateway.call_status(own.sealer.open_number(one.sid_sealed)) == LIVE


def gives_back(own: Hands, found: PageView) -> str:
    """Whoever had this page is not there: it is open again, unless another has it by now."""
    with own.store.turn() as conn:
        if found.met and found.person_gone_at is not None and found.callback_id is None:
            ended = how_it_ended(conn, found)
            pages.finish(conn, found.id, ended, own.clock.now())
            return ended
        now = own.clock.now()
        if not pages.reopen(conn, found.id, now, found.accepted_attempt):
            return NOTHING
        again = work.bring_forward(conn, "page", found.id, now)
        if found.id in pages.without_work(conn, "page"):  # never two rows for one page
            again = [work.add(conn, "page", "urgent", found.id, now, now=now)]
    own.bell.ring([("page", row_id) for row_id in again])
    if found.callback_id is not None:
        calling.hang_up(own, found.id)  # never to a queue: somebody else may be holding the telephone
    elif found.channel == "voice" and found.person_gone_at is None:
        _redirect_person(own, found)
    return "the page goes on"


def tell_gone(own: Hands, claim: Claim) -> str:
    """The person hung up: the responder, alone in the room, is told."""
    found = _accepted(own, claim)
    sid = responder.sid_of(own, found) if found else None
    if found is None or found.coming or sid is None:  # who is still to come hears it after their key
        return NOTHING
    gone = "gone_agreed" if found.may_call_back else "gone"
    door = own.team.doors[gone if found.callback_id is None else "outcome"]
    own.gateway.redirect(sid, url=own.leg(found, found.accepted_attempt or 0, "fr", node=door))
    return "told"


def step_out(own: Hands, claim: Claim) -> str:
    """The responder is in their private menu: the person hears that they come back, unless all must be quiet."""
    found = _accepted(own, claim)
    if found is None or found.quiet or found.conference is None or found.person_gone_at is not None:
        return NOTHING
    url = f"{own.settings.public_url}/twilio/back-soon/{found.language or 'fr'}"
    own.gateway.announce(own.sealer.open_conference(found.conference), "person", url)
    return "told"


def read_texts(own: Hands, claim: Claim) -> str:
    """A text page was accepted: what the person wrote is read to the responder's ear, and only there."""
    found = _accepted(own, claim)
    sid = responder.sid_of(own, found) if found else None
    if found is None or sid is None:
        return NOTHING
    texts = texts_of(own, found)
    door = own.team.doors["tips" if found.path == "tip" else "texts"]
    language: Language = "en" if found.language == "en" else "fr"
    place = Place(own.team.name, door, language, page=found.id, attempt=found.accepted_attempt or 0)
    own.gateway.redirect(sid, twiml=reading(own, found, sid, texts, place))
    return f"read {len(texts)}"


def texts_of(own: Hands, found: PageView) -> list[str]:
    """What the person wrote, opened, the oldest first; nothing once the case is forgotten."""
    with own.store.turn() as conn:
        wrapped, sealed = cases.wrapped_key(conn, found.case_id), messages.bodies_in(conn, found.contact_id)
        sealed += tips.words(conn, found.case_id) if found.path == "tip" else []
    return [own.opener.open_case(wrapped, body).decode() for body in sealed] if wrapped is not None else []


def reading(own: Hands, found: PageView, sid: str, texts: list[str], place: Place) -> str:
    """The texts, any key stopping them, then the script at that place. Of too many for one document the newest."""
    language: Language = "en" if found.language == "en" else "fr"
    kept: list[str] = []
    for text in reversed(texts):
        said = twiml.say(text, language)
        if len(said) > LONGEST_READ:
            said = twiml.say(text[:LONGEST_TEXT], language)
        if sum(map(len, kept)) + len(said) > LONGEST_READ:
            break
        kept.insert(0, said)
    go_on = Links(own.sealer, own.settings.public_url, sid, found.id).to(place, "key")
    words = twiml.say(INTRODUCTION[language], language) + "".join(kept)
    listens = twiml.gather(words, LISTENS_FOR, go_on, empty_too=True)
    return twiml.document(listens, twiml.redirect(go_on))


def turn_from_here(found: PageView, now: datetime) -> int:
    """The number of a turn that this call has not had: what was answered under an older one is not answered again."""
    return FAR_ON + int((now - found.opened_at).total_seconds())


def _accepted(own: Hands, claim: Claim) -> PageView | None:
    with own.store.turn() as conn:
        found = pages.by_id(conn, claim.subject_id)
    return found if found is not None and found.state == "accepted" else None


def _redirect_person(own: Hands, found: PageView) -> str:
    """Out of the queue or the room, to a turn that reads the page and goes where it says."""
    with own.store.turn() as conn:
        contact, wrapped = contacts.by_id(conn, found.contact_id), cases.wrapped_key(conn, found.case_id)
    if contact is None or wrapped is None or contact.call_sid_sealed is None:
        return NOTHING
    sid = own.opener.open_case(wrapped, contact.call_sid_sealed).decode()
    try:
        own.gateway.redirect(sid, url=_go(own, found, sid))
    except Unknown:
        return "nobody knows; their next turn looks"
    except Failure as refusal:
        return f"refused {refusal.code}; their next turn looks"
    return "redirected"


def _go(own: Hands, found: PageView, sid: str) -> str:
    flags: frozenset[Flag] = frozenset(("chosen", "paged", "quiet") if found.quiet else ("chosen", "paged"))
    language: Language = "en" if found.language == "en" else "fr"
    turn = turn_from_here(found, own.clock.now())
    place = Place(own.line.name, own.line.doors["wait"], language, turn, own.line.version, flags=flags)
    return Links(own.sealer, own.settings.public_url, sid, found.id).to(place, "go")
