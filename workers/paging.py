"""Waking the team: what `rules.escalation` decides is written as attempts, then sent, then settled.

At least once: an attempt whose fate nobody knows counts as one that did not arrive, and the next person is added.
"""

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hotline import team
from hotline.rules import escalation
from hotline.rules.escalation import RING_FOR, Add, Redial, Tried, Wait, next_move
from hotline.store import attempts, audit, engaged, pages, roster, work
from hotline.store.attempts import Attempt
from hotline.store.pages import PageView
from hotline.store.work import Claim
from hotline.telephone.gateway import Busy, Failure, Unknown
from hotline.vault import NotOurs
from ivr_flows.model import Language
from workers import telling
from workers.hands import Hands

log = logging.getLogger(__name__)

PAGE_TEXT_VALID_FOR = 60  # seconds: a page that arrives tomorrow helps nobody
# An unanswered page is looked at at least this often, though news make it due at once: somebody may be free by now.
LOOK_AGAIN = timedelta(seconds=10)
MOST_OF_THE_LEASE = 2.0  # seconds of the wall: the carrier's 5 s must still fit into the lease
NOT_OPEN = "a human has it, or it is over"

MANY = "Ligne: plus de {calls} appels aux personnes de garde en 10 minutes. Rien n'est retenu. À voir."
ALARM = "Ligne: personne n'a répondu à la page {code}, tour {round}. On recommence."
PAGE_TEXT: dict[Language, dict[bool, str]] = {
    "fr": {True: "Urgence. Code {code}. Votre téléphone sonne.", False: "Appel. Code {code}. Votre téléphone sonne."},
    "en": {True: "Urgent. Code {code}. Your phone is ringing.", False: "Call. Code {code}. Your phone is ringing."},
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One person about to be rung: the rows are written, the carrier is not called yet."""

    page: PageView
    number: str | None  # None: nobody can read it any more, and the next person is added
    language: Language
    responder: int | None
    round: int
    call: int
    text: int | None
    again: bool  # the chain starts again with this step


def page(own: Hands, claim: Claim) -> datetime | str:
    """One look at an unanswered page: ring whom it is time to ring; due again until a human has it."""
    begun = time.monotonic()
    while time.monotonic() - begun < MOST_OF_THE_LEASE:
        with own.store.turn() as conn:
            now = own.clock.now()
            found = pages.locked(conn, claim.subject_id)
            if found is None or found.state != "open":
                return NOT_OPEN
            way = makes_way(conn, found, found.opened_at, now)
            if way is not None:
                return way
            tried = [_tried(one) for one in attempts.of_page(conn, found.id)]
            move = next_move(True, found.chain, tried, now, _engaged(conn, found, now))
            planned = _planned(own, conn, found, move, tried, now)
        if planned is None:
            return min(move.until, now + LOOK_AGAIN) if isinstance(move, Wait) else NOT_OPEN
        _send(own, planned)
        _tell(own, planned)
    return own.clock.now()


def makes_way(conn: Connection, found: PageView, since: datetime, now: datetime) -> datetime | None:
    """Until when a call about this page makes way for pressing ones; None where it need not."""
    if found.priority in escalation.PRESSING:
        return None
    return escalation.makes_way(found.priority, since, engaged.last_pressing_call(conn), now)


def _engaged(conn: Connection, found: PageView, now: datetime) -> frozenset[int | None]:
    """Who is on another page, or about to be rung for one that comes before this one."""
    busy = engaged.elsewhere(conn, found, now, escalation.OVER_WITHIN)
    return busy | escalation.wanted(engaged.unrung_before(conn, found), busy)


def _tried(one: Attempt) -> Tried:
    return Tried(
        one.responder_id,
        one.round,
        one.position,
        one.channel,
        one.state,
        one.created_at,
        one.sent_at,
        one.ringing_at,
        one.settled_at,
    )


def _planned(
    own: Hands, conn: Connection, found: PageView, move: escalation.Move, tried: Sequence[Tried], now: datetime
) -> Planned | None:
    """What the move asks for, as rows; None where nobody is to be rung now."""
    match move:
        case Add():
            return _plan(own, conn, found, move, tried, now)
        case Redial(responder):
            number, language = _whom(own, conn, responder)
            call = attempts.plan_apart(conn, found.id, responder, "call", now)
            return Planned(found, number, language, responder, found.round, call, None, False)
        case _:
            return None


def _plan(own: Hands, conn: Connection, found: PageView, move: Add, tried: Sequence[Tried], now: datetime) -> Planned:
    """The rows of this step, before anything is sent. The fallback number gets no text: it may be a switchboard."""
    number, language = _whom(own, conn, move.responder)
    call = attempts.plan(conn, found.id, move.responder, move.round, move.position, "call", now)
    text = None
    if number is None:
        attempts.move(conn, call, "failed", now)
    elif move.responder is not None:
        text = attempts.plan(conn, found.id, move.responder, move.round, move.position, "text", now)
        ask_at = now + escalation.TEXT_TOLD_WITHIN
        work.add(conn, "ask_text", "work", text, ask_at, f"ask_text:{text}", now)
    # Not "position 0": who still rings there is passed over, and the chain starts again with the next one.
    again = move.again and all(one.round < move.round for one in tried)
    if again:
        audit.write(conn, "sweep", "chain_starts_again", f"page:{found.id}", {"round": move.round}, now)
    return Planned(found, number, language, move.responder, move.round, call, text, again)


def _whom(own: Hands, conn: Connection, responder: int | None) -> tuple[str | None, Language]:
    row = roster.by_id(conn, responder) if responder is not None else None
    if row is None:
        return own.settings.fallback_number, "fr"
    language = team.language_of(row)
    try:
        return own.sealer.open_number(row.phone_sealed), language
    except NotOurs:
        log.error("responder_unreadable %d", row.id)
        return None, language


def _send(own: Hands, planned: Planned) -> None:
    """The call and the text at once: neither waits for the carrier to answer about the other."""
    number, text = planned.number, planned.text
    if number is None:
        return
    with ThreadPoolExecutor(2) as both:
        both.submit(_attempt, own, planned.call, lambda: _ring(own, planned, number))
        if text is not None:
            both.submit(_attempt, own, text, lambda: _write(own, planned, number, text))


def _tell(own: Hands, planned: Planned) -> None:
    """Who must know: that a whole chain went by without an answer, that we call too often, that somebody is tired."""
    now = own.clock.now()
    if planned.again:
        log.error("page_unanswered round=%d", planned.round)
        telling.ops(own, ALARM.format(code=planned.page.code, round=planned.round), planned.call)
    with own.store.turn() as conn:
        many = _too_many(conn, now)
        tired = planned.responder is not None and _is_tired(own, conn, planned.responder, now)
    if many:
        log.error("many_calls")
        telling.ops(own, MANY.format(calls=escalation.TOO_MANY_CALLS), planned.call)
    if tired:
        telling.supervisors(own, telling.TIRED, planned.call, but=planned.responder)


def _too_many(conn: Connection, now: datetime) -> bool:
    """Whether the operator must be told that something calls in a loop: once in that time."""
    since = now - escalation.IN
    return engaged.calls_since(conn, since) > escalation.TOO_MANY_CALLS and _once(
        conn, "many_calls", "line", since, now
    )


def _is_tired(own: Hands, conn: Connection, responder: int, now: datetime) -> bool:
    """Whether this is the third page of their night: told once a night."""
    began = escalation.night_began(now, own.settings.timezone)
    if began is None or engaged.pages_since(conn, responder, began) < escalation.TIRING:
        return False
    return _once(conn, "tired", f"responder:{responder}", began, now)


def _once(conn: Connection, verb: str, subject: str, since: datetime, now: datetime) -> bool:
    """Written in the register if it was not since then."""
    if audit.was_written(conn, verb, subject, since):
        return False
    audit.write(conn, "worker", verb, subject, {}, now)
    return True


def rings(own: Hands, page: PageView, attempt: Attempt, node: str, ring_for: int) -> None:
    """Ring the responder of an attempt outside the chain; their leg begins at that node."""
    with own.store.turn() as conn:
        number, language = _whom(own, conn, attempt.responder_id)
    if number is None:
        _move(own, attempt.id, "failed")
        return
    url, status = own.leg(page, attempt.id, language, node), own.status("leg", attempt.id)
    _attempt(own, attempt.id, lambda: own.gateway.call(number, own.settings.page_number, url, status, ring_for))


def _ring(own: Hands, planned: Planned, number: str) -> str:
    url = own.leg(planned.page, planned.call, planned.language)
    return own.gateway.call(number, own.settings.page_number, url, own.status("leg", planned.call), RING_FOR)


def _write(own: Hands, planned: Planned, number: str, text: int) -> str:
    body = PAGE_TEXT[planned.language][planned.page.priority == "P1"].format(code=planned.page.code)
    return own.gateway.text(number, own.settings.page_number, body, own.status("page", text), PAGE_TEXT_VALID_FOR)


def _attempt(own: Hands, attempt_id: int, deed: Callable[[], str]) -> None:
    """One request to the carrier, and what became of it; a fate nobody knows escalates like a failure."""
    try:
        if not _move(own, attempt_id, "sending"):
            return  # someone else is at it, or was
        sid = deed()
        _move(own, attempt_id, "sent", sid=sid)
    except Unknown as doubt:
        _move(own, attempt_id, "unknown", code=doubt.code)
    except Failure as failure:
        log.error("page_not_sent %s", failure)
        _move(own, attempt_id, "failed", code=failure.code)


def _move(own: Hands, attempt_id: int, state: attempts.State, sid: str | None = None, code: int | None = None) -> bool:
    key = own.sealer.pseudonym("call", sid) if sid else None
    sealed = own.sealer.seal_number(sid) if sid else None
    with own.store.turn() as conn:
        return (
            attempts.move(conn, attempt_id, state, own.clock.now(), error_code=code, sid_key=key, sid_sealed=sealed)
            is not None
        )


def hush_others(own: Hands, claim: Claim) -> str:
    """A human has the page: the other telephones stop ringing."""
    with own.store.turn() as conn:
        found = pages.by_id(conn, claim.subject_id)
        if found is None or found.state == "open":
            return NOT_OPEN
        others = [one for one in attempts.of_page(conn, found.id) if _rings_for_nothing(one, found.accepted_attempt)]
        if found.accepted_at is not None and found.callback_id is None:
            once, ask_at = f"still_there:{found.accepted_attempt}", found.accepted_at + escalation.SILENT_FOR
            work.add(conn, "still_there", "urgent", found.id, ask_at, once, own.clock.now())
    failures = [failure for one in others if (failure := _hushed(own, one)) is not None]
    if failures:  # the others are silent by now; this one is asked again, which hangs up nobody twice
        raise next((failure for failure in failures if failure.again is not False), failures[0])
    return f"hushed {len(others)}"


def _hushed(own: Hands, one: Attempt) -> Failure | None:
    """Why this telephone may go on ringing; None where it does not."""
    if one.sid_sealed is None:
        return None
    try:
        own.gateway.hang_up(own.sealer.open_number(one.sid_sealed))
    except Failure as failure:
        return failure if failure.again is False else Busy(failure.code)
    return None


def _rings_for_nothing(one: Attempt, accepted: int | None) -> bool:
    """Only what still rings: who has answered hears from the script who has the page."""
    return one.channel == "call" and one.id != accepted and one.state in {"sent", "ringing"}
