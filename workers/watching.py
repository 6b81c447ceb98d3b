"""The watch over an accepted page: are the responder and the person still in their calls, as the carrier knows them?

The end of a call is told once; told while web or SQL was away, it is lost, and a page would stay in nobody's hands.
What the answers mean is decided by `rules.presence`; what is written is what the lost news would have written.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from hotline.desk import Desk
from hotline.effects import person_gone, responder_gone
from hotline.news import PERSON_STATES
from hotline.rules import presence
from hotline.rules.presence import NOWHERE, Side
from hotline.store import attempts, callbacks, cases, contacts, pages
from hotline.store.callbacks import CallLeg
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure
from hotline.vault import CannotOpen, NotOurs
from ivr_flows.model import Place
from workers.hands import Hands

log = logging.getLogger(__name__)

OVER_HERE = frozenset({"busy", "no_answer", "failed", "declined", "ended"})
NOWHERE_CODES = frozenset({404, 20404})


@dataclass(frozen=True, slots=True)
class Watched:
    """A page as it was when the carrier was asked: what comes of the answers is about this, and nothing newer."""

    page: PageView
    call_key: bytes | None
    leg: CallLeg | None
    calls: Mapping[Side, str]


def watch(own: Hands, claim: Claim) -> datetime | str:
    """One look at the two calls of a page; due again for as long as somebody has it."""
    with own.store.turn() as conn:
        page = pages.by_id(conn, claim.subject_id)
        if page is None or page.state != "accepted":
            return "nobody has it, or it is over"
        watched = _watched(own, conn, page)
    said = {side: _word(own, sid) for side, sid in watched.calls.items()}
    gone = presence.gone(said)
    if gone:
        _write(own, watched, gone, said)
    return own.clock.now() + presence.EVERY


def _watched(own: Hands, conn: Connection, page: PageView) -> Watched:
    leg = callbacks.latest_leg(conn, page.id) if page.callback_id is not None else None
    leg = leg if leg is not None and leg.attempt_id == page.accepted_attempt else None
    attempt = attempts.by_id(conn, page.accepted_attempt or 0)
    # Whoever accepted by text is in no call of ours; an end that is known is no news (who writes may hang up).
    on_the_line = attempt is not None and attempt.channel == "call" and attempt.state not in OVER_HERE
    team = attempt.sid_sealed if attempt is not None and on_the_line else None
    named: dict[Side, str | None] = {
        "team": _opened(lambda: own.sealer.open_number(team)) if team else None,
        "person": _opened(lambda: _person(own, conn, page, leg)) if page.person_gone_at is None else None,
    }
    calls = {side: sid for side, sid in named.items() if sid is not None}
    return Watched(page, pages.call_key_of(conn, page.id), leg, calls)


def _person(own: Hands, conn: Connection, page: PageView, leg: CallLeg | None) -> str | None:
    """What the carrier calls the person's call: theirs to us, or ours to them."""
    if page.callback_id is not None:
        return own.sealer.open_number(leg.sid_sealed) if leg is not None and leg.sid_sealed is not None else None
    contact, wrapped = contacts.by_id(conn, page.contact_id), cases.wrapped_key(conn, page.case_id)
    if contact is None or wrapped is None or contact.call_sid_sealed is None:
        return None
    return own.opener.open_case(wrapped, contact.call_sid_sealed).decode()


def _opened(name: Callable[[], str | None]) -> str | None:
    """A name that nobody can read any more is one nobody can be asked about."""
    try:
        return name()
    except (NotOurs, CannotOpen):
        log.error("call_unreadable")
        return None


def _word(own: Hands, sid: str) -> str | None:
    """What the carrier says of a call; None where it says nothing now."""
    try:
        return own.gateway.call_status(sid)
    except Failure as failure:
        log.error("carrier watch %s", failure)
        return NOWHERE if failure.code in NOWHERE_CODES else None


def _write(own: Hands, watched: Watched, gone: tuple[Side, ...], said: Mapping[Side, str | None]) -> None:
    """As the news would have been written: facts, forward only, about the acceptance that was asked about."""
    page = watched.page
    with own.store.turn() as conn:
        desk = Desk(conn, own.sealer, own.clock.now(), Place("equipe", "page", page=page.id), [])
        for side in gone:
            log.warning("end_not_told %s page %d", side, page.id)
            if side == "team":
                responder_gone(desk, page.id, page.accepted_attempt or 0)
                continue
            if watched.leg is not None:
                state = PERSON_STATES.get(said.get("person") or "", "ended")
                callbacks.move_leg(conn, watched.leg.id, state, desk.now)
            if watched.call_key is not None:
                person_gone(desk, watched.call_key)
    own.bell.ring(desk.works)
