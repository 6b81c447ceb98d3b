"""The responder who has a page, as a worker reaches them: their language, their call, and what they alone hear."""

import logging

from hotline import team
from hotline.store import attempts, roster
from hotline.store.pages import PageView
from hotline.telephone.gateway import Failure
from ivr_flows.model import Language
from workers.hands import Hands

log = logging.getLogger(__name__)


def sid_of(own: Hands, page: PageView) -> str | None:
    """The call of the responder who has the page, if the carrier told us its name."""
    with own.store.turn() as conn:
        attempt = attempts.by_id(conn, page.accepted_attempt or 0)
    # Who accepted in writing is in no call of ours.
    sid = attempt.sid_sealed if attempt is not None and attempt.channel == "call" else None
    return own.sealer.open_number(sid) if sid is not None else None


def language_of(own: Hands, page: PageView) -> Language:
    """The language of whoever has the page."""
    with own.store.turn() as conn:
        row = roster.by_id(conn, page.accepted_responder) if page.accepted_responder is not None else None
    return team.language_of(row) if row is not None else "fr"


def tells(own: Hands, page: PageView, what: str) -> None:
    """Whoever has the page hears this, alone, in its room. Failure where they do not: they may be in their menu."""
    if page.conference is None:
        return
    url = f"{own.settings.public_url}/twilio/told/{what}/{language_of(own, page)}"
    own.gateway.announce(own.sealer.open_conference(page.conference), f"responder-{page.accepted_attempt}", url)


def sends(own: Hands, page: PageView, door: str) -> None:
    """The responder's call goes to a node of their script; one that is over goes nowhere, and the page goes on."""
    sid = sid_of(own, page)
    if sid is None:
        return
    url = own.leg(page, page.accepted_attempt or 0, language_of(own, page), node=own.team.doors[door])
    try:
        own.gateway.redirect(sid, url=url)
    except Failure as failure:
        log.error("responder_not_told %s", failure)
