"""Keeping a promised call: its hour comes, a responder accepts, and only then is the person called.

The row of work `callback` watches over its promise until it is kept or in front of a human. Towards the person at
most once: the leg is written before the carrier is called, and one whose fate nobody knows is never dialled again by
machine.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hotline.places import Links
from hotline.promises import settle
from hotline.rules import saying
from hotline.rules.callbacks import Human, Next, Window, may_dial, next_window
from hotline.store import audit, callbacks, cases, contacts, pages, roster, work
from hotline.store.callbacks import Callback, CallLeg
from hotline.store.cases import SealedContact
from hotline.store.pages import PageView
from hotline.store.tables import LegState
from hotline.store.work import Claim
from hotline.telephone import twiml
from hotline.telephone.gateway import Busy, Failure, Unknown
from ivr_flows.model import Language, Place
from workers import paging, responder, telling
from workers.hands import Hands

log = logging.getLogger(__name__)

NOTHING = "nothing to do"
RING_FOR = 25  # seconds: a voicemail should not come first
NEWS_WITHIN = timedelta(seconds=45)  # of a call that was asked for: ringing, and the carrier's word that it is over
TALKING = timedelta(minutes=5)  # between two looks at a page that somebody has, though the hour is over
INTO_THE_ROOM = timedelta(seconds=1), 20  # between two looks whether the responder is there, and how many
ALARM = "Ligne: rappel {code}: {why}."
WHY = {"late": "heure passee sans appel, remis a la prochaine", "human": "une personne doit decider ({why})"}
BRIEF: dict[Language, dict[str, str]] = {
    "fr": {
        "language": "Rappel {}.", "word": "Mot de passe: {}.", "no word": "Pas de mot de passe.",
        "after": "Dites seulement: est-ce un bon moment? Ne laissez pas de message vocal.",
        "other": "Si c'est quelqu'un d'autre: Excusez-moi de vous avoir dérangé. Au revoir.",
        "again": "Attention: un appel a déjà été fait, et personne n'a noté ce qui s'est passé.",
    },
    "en": {
        "language": "Callback {}.", "word": "Code word: {}.", "no word": "No code word.",
        "after": "Say only: is this a good time? Leave no voicemail.",
        "other": "If it is someone else: Sorry to bother you. Goodbye.",
        "again": "Careful: a call was made already, and nobody noted what came of it.",
    },
}  # fmt: skip
IN: dict[Language, dict[Language, str]] = {
    "fr": {"fr": "en français", "en": "en anglais"}, "en": {"fr": "in French", "en": "in English"},
}  # fmt: skip


# ── the watch over a promise ──────────────────────────────────────────────────────────────────────────────────────


def callback(own: Hands, claim: Claim) -> datetime | str:
    """One look at a promise: due, late, in somebody's hands, or no more to be done."""
    with own.store.turn() as conn:
        now = own.clock.now()
        found = callbacks.by_id(conn, claim.subject_id)
        if found is None or found.state in ("draft", "done"):
            return NOTHING
        if found.state != "human":
            then, why = _look(own, conn, found, claim, now)
        else:
            then, why = "human", f"human {found.outcome}"
    if why:
        _alarm(own, found, why)
    if isinstance(then, list):
        own.bell.ring(then)
        return found.ends_at or now
    return then


def _look(
    own: Hands, conn: Connection, found: Callback, claim: Claim, now: datetime
) -> tuple[datetime | str | list[tuple[str, int]], str]:
    """When to look again (or the rows to ring), and what the operator must know."""
    window = _window(found)
    page = pages.of_callback(conn, found.id) if found.state == "due" else None
    if page is not None and page.state == "accepted":
        return now + TALKING if window.over(now) else min(window.ends_at, now + TALKING), ""
    if page is not None and page.state == "done":
        settle(conn, found, Human("the page ended without an outcome"), now)
        return "human", "human"
    if window.over(now):
        return _late(own, conn, found, page, now)
    if page is not None:
        return window.ends_at, ""
    if found.due_at is not None and now < found.due_at:
        return found.due_at, ""
    return _wake(own, conn, found, claim, now), ""


def _late(
    own: Hands, conn: Connection, found: Callback, page: PageView | None, now: datetime
) -> tuple[datetime | str, str]:
    """Its hour is over: nobody is dialled in another one."""
    audit.write(conn, "sweep", "late", f"callback:{found.id}", {"window": found.windows}, now)
    if page is not None:
        pages.finish(conn, page.id, "late", now)
        work.add(conn, "hush_others", "urgent", page.id, now, f"hush:late:{page.id}", now)
    decided = next_window(found.agreed_at or now, found.windows, now, own.settings.timezone)
    settle(conn, found, decided, now)
    return (decided.due_at, "late") if isinstance(decided, Next) else ("human", f"human {decided.why}")


def _wake(own: Hands, conn: Connection, found: Callback, claim: Claim, now: datetime) -> list[tuple[str, int]]:
    """A page for a responder, and a contact that will be the call to the person."""
    if not callbacks.take(conn, found.id):
        return []
    call_key = own.sealer.pseudonym("call", f"callback {found.id} {claim.generation}")
    contact = contacts.open_call(conn, call_key, found.person, now)
    cases.attach(conn, SealedContact(contact, found.number_sealed), found.case_id)
    whose = cases.whose(conn, found.case_id)
    chain = [*(one.responder_id for one in roster.on_duty(conn, now, found.language, whose)), None]
    page_id, _ = pages.ensure(
        conn, contact, found.case_id, "P3", found.language, "rappel", False, False, chain, now, found.id
    )
    audit.write(conn, "sweep", "due", f"callback:{found.id}", {"page": page_id}, now)
    return [("page", work.add(conn, "page", "urgent", page_id, now, now=now))]


def _alarm(own: Hands, found: Callback, why: str) -> None:
    """The operator is told, with a code and no more."""
    sort, _, more = why.partition(" ")
    log.error("callback_%s %d", sort, found.id)
    with own.store.turn() as conn:
        case = cases.by_id(conn, found.case_id)
    body = ALARM.format(code=case.code if case else "?", why=WHY[sort].format(why=more or "a voir"))
    telling.ops(own, body, found.id)


# ── the responder who accepted ────────────────────────────────────────────────────────────────────────────────────


def brief(own: Hands, claim: Claim) -> str:
    """What only their ear may know: the language, the code word, and what to say to somebody else."""
    with own.store.turn() as conn:
        page, found = pages.by_id(conn, claim.subject_id), callbacks.of_page(conn, claim.subject_id)
        wrapped = cases.wrapped_key(conn, found.case_id) if found else None
        legs = callbacks.legs_of(conn, found.id) if found else []
    sid = responder.sid_of(own, page) if page is not None and page.state == "accepted" else None
    if page is None or found is None or sid is None:
        return NOTHING
    if any((leg.page_id, leg.attempt_id) == (page.id, page.accepted_attempt) for leg in legs):
        return NOTHING  # too late: they have called, and a key of the menu they are in would mean something else
    language = responder.language_of(own, page)
    word = own.opener.open_case(wrapped, found.code_word_sealed).decode() if wrapped and found.code_word_sealed else ""
    node = own.team.nodes[own.team.doors["callbacks"]]
    place = Place(own.team.name, node.id, language, page=page.id, attempt=page.accepted_attempt or 0)
    go_on = Links(own.sealer, own.settings.public_url, sid, page.id).to(place, "key")
    words = _said(found, word, legs, language) + twiml.say(node.says[0].said_in(language), language)
    listens = twiml.gather(words, int(node.listens_for), go_on, empty_too=True)
    own.gateway.redirect(sid, twiml=twiml.document(listens, twiml.redirect(go_on)))
    return "briefed"


def _said(found: Callback, word: str, legs: Sequence[CallLeg], language: Language) -> str:
    told = BRIEF[language]
    spelled = saying.digits(word, language) if word.isdecimal() else word
    sentences = [
        told["again"] if legs and legs[-1].outcome is None else "",
        told["language"].format(IN[language][found.language or "fr"]),
        told["word"].format(spelled) if word else told["no word"],
        told["after"],
        told["other"],
    ]
    return "".join(twiml.say(sentence, language) for sentence in sentences)


# ── the person ────────────────────────────────────────────────────────────────────────────────────────────────────


def call_person(own: Hands, claim: Claim) -> datetime | str:
    """The responder is live and listening: the person is called, once. Looked at again until the carrier has said."""
    with own.store.turn() as conn:
        now = own.clock.now()
        page, found = pages.by_id(conn, claim.subject_id), callbacks.of_page(conn, claim.subject_id)
        legs = callbacks.legs_of(conn, found.id) if found else []
        wrapped = cases.wrapped_key(conn, found.case_id) if found else None
        never = found is None or found.person is None or callbacks.is_never(conn, found.person)
    if page is None or found is None or page.state != "accepted":
        return NOTHING
    mine = next((leg for leg in legs if (leg.page_id, leg.attempt_id) == (page.id, page.accepted_attempt)), None)
    if mine is not None:
        return _watched(own, page, mine, now)
    number = own.opener.open_case(wrapped, found.number_sealed).decode() if wrapped and found.number_sealed else ""
    if not page.team_in_room and claim.attempts < INTO_THE_ROOM[1]:
        return now + INTO_THE_ROOM[0]  # they still hear that we are calling; the person must meet a voice, not a pause
    way = _makes_way(own, page, now)
    if way is not None:
        return way
    tries = [leg.state for leg in legs if leg.window == found.windows]
    refused = may_dial(number, _window(found), tries, never, now) if found.state == "due" else "not due"
    if refused:
        return _refused(own, page, found, refused, now)
    return _dial(own, page, found, number)


def _makes_way(own: Hands, page: PageView, now: datetime) -> datetime | None:
    with own.store.turn() as conn:
        return paging.makes_way(conn, page, page.accepted_at or now, now)


def _dial(own: Hands, page: PageView, found: Callback, number: str) -> datetime | str:
    try:
        if not _is_live(own, page):
            return "the responder is not there"
    except Failure as failure:  # asked again until the window is over: nobody was called yet
        log.error("carrier call_person %s", failure)
        return own.clock.now() + INTO_THE_ROOM[0]
    with own.store.turn() as conn:
        now, here = own.clock.now(), pages.by_id(conn, page.id)
        if here is None or (here.state, here.accepted_attempt) != ("accepted", page.accepted_attempt):
            return "the responder is not there"
        leg_id = callbacks.plan_leg(conn, found, page.id, page.accepted_attempt or 0, now)
        if leg_id is None:
            return NOTHING
        pages.person_called(conn, page.id)
        audit.write(
            conn, f"attempt:{page.accepted_attempt}", "call_person", f"callback:{found.id}", {"leg": leg_id}, now
        )
    url, status = own.person(page, leg_id), own.status("person", leg_id)
    try:
        sid = own.gateway.call(number, own.settings.callback_number, url, status, RING_FOR)
    except Unknown as doubt:
        _moved(own, leg_id, "unknown", code=doubt.code)
    except Failure as failure:
        _moved(own, leg_id, "failed", code=failure.code)
        responder.sends(own, page, "outcome")
        return f"failed {failure.code}"
    else:
        _moved(own, leg_id, "sent", sid=sid)
    return now + NEWS_WITHIN


def _is_live(own: Hands, page: PageView) -> bool:
    """Whether the responder is still in the call, as the carrier knows it: nobody is called into an empty room."""
    sid = responder.sid_of(own, page)
    return sid is not None and own.gateway.call_status(sid) == "in-progress"


def _watched(own: Hands, page: PageView, leg: CallLeg, now: datetime) -> datetime | str:
    """A call that was asked for: the carrier's word ends it. Without one the responder says what came of it."""
    if leg.state in ("busy", "no_answer", "failed", "ended"):
        return NOTHING
    if leg.state == "sending":
        _moved(own, leg.id, "unknown")  # whoever was at it died there
    if leg.state == "answered" or page.person_in_room_at is not None:
        return "they talk"
    if now < leg.created_at + NEWS_WITHIN:
        return leg.created_at + NEWS_WITHIN
    _moved(own, leg.id, "unknown")
    responder.sends(own, page, "outcome")
    return "nobody knows; the responder says"


def _refused(own: Hands, page: PageView, found: Callback, why: str, now: datetime) -> str:
    """We may not dial: the responder hears so, and the promise goes on as the rules say."""
    with own.store.turn() as conn:
        pages.finish(conn, page.id, f"refused {why}", now)
        audit.write(conn, "worker", "refused", f"callback:{found.id}", {"why": why}, now)
        if why == "never":
            callbacks.finish(conn, found.id, "never", now)
        elif found.state == "due":
            again = why in ("late", "enough")
            ahead = next_window(found.agreed_at or now, found.windows, now, own.settings.timezone)
            settle(conn, found, ahead if again else Human(why), now)
    responder.sends(own, page, "refused")
    return f"refused {why}"


def end_person(own: Hands, claim: Claim) -> str:
    """The responder keyed what came of it: the person's call, if there still is one, is over."""
    hang_up(own, claim.subject_id)
    return "over"


def hang_up(own: Hands, page_id: int) -> None:
    """End the call to the person of a page, ringing or answered: nobody is left alone in a room of ours."""
    with own.store.turn() as conn:
        leg = callbacks.latest_leg(conn, page_id)
    if leg is None or leg.sid_sealed is None or leg.state in ("busy", "no_answer", "failed", "ended"):
        return
    try:
        own.gateway.hang_up(own.sealer.open_number(leg.sid_sealed))
    except Busy:
        raise
    except Failure as failure:
        log.error("person_not_hung_up %s", failure)


def _moved(own: Hands, leg_id: int, state: LegState, sid: str | None = None, code: int | None = None) -> None:
    sealed = own.sealer.seal_number(sid) if sid else None
    with own.store.turn() as conn:
        callbacks.move_leg(conn, leg_id, state, own.clock.now(), error_code=code, sid_sealed=sealed)


def _window(found: Callback) -> Window:
    if found.starts_at is None or found.ends_at is None:
        raise LookupError("a promise without a window")
    return Window(found.starts_at, found.ends_at)
