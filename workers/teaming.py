"""Responders in writing: our sentences to them, the texts of a conversation they have, and what waits too long.

To a responder at least once; nothing of the person goes to their telephone but into their ear, in a call.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from hotline import team
from hotline.desk import Desk
from hotline.rules.answers import target
from hotline.store import attempts, audit, pages, roster, staff_calls, team_texts, threads
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure, Refused
from ivr_flows.model import Place
from workers import meeting, tipping
from workers.hands import Hands

log = logging.getLogger(__name__)

NOTHING = "nothing to do"
VALID_FOR = 600  # seconds: what is older says nothing true any more
LIVE_AGAIN = timedelta(seconds=20)  # between two looks at a telephone in which texts are being read
ERASED_WITHIN = timedelta(hours=24)


@contextmanager
def desk(own: Hands) -> Iterator[Desk]:
    """A desk of a worker's own; what is due is rung once all is committed."""
    with own.store.turn() as conn:
        place = Place(own.team.name, own.team.doors["voice"])
        made = Desk(conn, own.sealer, own.clock.now(), place, [], zone=own.settings.timezone)
        yield made
    own.bell.ring(made.works)


def tell_team(own: Hands, claim: Claim) -> str:
    """One sentence to one responder."""
    with own.store.turn() as conn:
        text = team_texts.by_id(conn, claim.subject_id)
        row = roster.by_id(conn, text.responder_id) if text is not None else None
    if text is None or row is None or text.body_sealed is None or text.state != "due":
        return NOTHING
    number, words = own.sealer.open_number(row.phone_sealed), own.sealer.open_number(text.body_sealed)
    try:
        own.gateway.text(number, own.settings.page_number, words, own.status("team", text.id), VALID_FOR)
    except Refused as refused:
        log.error("team_text_refused %s", refused.code)
        with own.store.turn() as conn:
            team_texts.move(conn, text.id, "failed", refused.code)
        return f"refused {refused.code}"
    with own.store.turn() as conn:
        team_texts.move(conn, text.id, "sent")
    return "sent"


def erase_team_text(own: Hands, claim: Claim) -> datetime | str:
    """A responder's words to a person, sealed here, are erased at the carrier; asked again until it says so."""
    with own.store.turn() as conn:
        text = team_texts.by_id(conn, claim.subject_id)
    if text is None or text.sid_sealed is None:
        return NOTHING
    try:
        done = tipping.text_erased(own, own.sealer.open_number(text.sid_sealed))
    except Failure as failure:
        log.error("carrier erase_team_text %s", failure)
        done = None
    if done is None and own.clock.now() - claim.due_at < ERASED_WITHIN:
        return tipping.later(own, claim)
    with own.store.turn() as conn:
        team_texts.move(conn, text.id, "erased")
    return done or "not erased"


def new_text(own: Hands, claim: Claim) -> str:
    """The person wrote again: read to whoever is in the call, or the responder is told that there is something."""
    with own.store.turn() as conn:
        page = pages.by_id(conn, claim.subject_id)
    if page is None or page.state != "accepted":
        return NOTHING
    if _is_live(own, page):
        return meeting.read_texts(own, claim)
    if page.accepted_responder is None:
        return NOTHING
    with desk(own) as here:
        team.tell_once(here, page.accepted_responder, "new_text", page)
        here.due("watch_text", page.id, target(page.priority))
    return "told"


def read_to_staff(own: Hands, claim: Claim) -> str:
    """Whoever has the conversation called the line and proved who they are: its texts are read in that call."""
    with own.store.turn() as conn:
        call = staff_calls.by_id(conn, claim.subject_id)
        page = pages.by_id(conn, call.page_id) if call is not None else None
        row = roster.by_id(conn, call.responder_id) if call is not None else None
    if call is None or page is None or row is None or page.state != "accepted":
        return NOTHING
    if page.accepted_responder != call.responder_id:
        return NOTHING
    sid, inside, language = own.sealer.open_number(call.sid_sealed), own.inside, team.language_of(row)
    place = Place(inside.name, inside.doors["read"], language, version=inside.version, responder=call.responder_id)
    texts = meeting.texts_of(own, page)
    own.gateway.redirect(sid, twiml=meeting.reading(own, page, sid, texts, place))
    return f"read {len(texts)}"


def watch_text(own: Hands, claim: Claim) -> datetime | str:
    """A text that nobody answered in its time: the page goes on to the next, and whoever had it is told."""
    with own.store.turn() as conn:
        page, since = pages.by_id(conn, claim.subject_id), threads.waits_since(conn, claim.subject_id)
    if page is None or since is None:
        return NOTHING
    until, now = since + target(page.priority), own.clock.now()
    if now < until:
        return until
    if _is_live(own, page):
        return now + LIVE_AGAIN
    said = meeting.gives_back(own, page)
    if page.accepted_responder is not None:
        with desk(own) as here:
            team.tell(here, page.accepted_responder, "late", page)
            audit.write(here.conn, "sweep", "text_unanswered", f"page:{page.id}", {}, here.now)
    return said


def _is_live(own: Hands, page: PageView) -> bool:
    """Whether the leg that accepted is still a call."""
    with own.store.turn() as conn:
        attempt = attempts.by_id(conn, page.accepted_attempt or 0)
    if attempt is None or attempt.channel != "call" or attempt.sid_sealed is None or attempt.state == "ended":
        return False
    try:
        return own.gateway.call_status(own.sealer.open_number(attempt.sid_sealed)) == "in-progress"
    except Failure as failure:  # a page that goes on for nothing is harmless; a text that nobody answers is not
        log.error("carrier is_live %s", failure)
        return False
