"""Texts to a person, at most once; and the look that nobody took.

The row says `sending` before the carrier is called. A worker that dies there leaves a text nobody knows the fate of: it
is written as unknown and never sent again by machine, because a stray text can get someone hurt.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hotline import orders, team
from hotline.desk import Desk
from hotline.rules import phone
from hotline.rules.answers import Verdict
from hotline.store import callbacks, cases, contacts, messages, pages, roster, work
from hotline.store.messages import Message
from hotline.store.tables import MessageState
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure, Unknown
from workers.hands import Hands
from workers.teaming import desk

VALID_FOR = 60  # seconds (manners 4): a late answer may reach another eye
ANSWERS_FOR = timedelta(minutes=10)  # manners 4: after that only a responder may answer their last text


def send_text(own: Hands, claim: Claim) -> str:
    """One text to one person, once. A responder's is looked at again: it may have waited, or they asked for silence."""
    with desk(own) as here:
        conn = here.conn
        message = messages.by_id(conn, claim.subject_id)
        if message is None:
            return "forgotten"
        if message.responder_id is not None and message.state == "due":
            verdict = orders.may_write(here, message.contact_id, message.responder_id)
            if verdict != "now":
                return _not_now(here, message, message.responder_id, verdict)
        if not messages.move(conn, message.id, "sending", own.clock.now()):
            if messages.move(conn, message.id, "unknown", own.clock.now()):
                orders.tell_fate(here, message.id)
            return "begun before: nobody knows"
        if _is_late(message, own.clock.now()):
            return _too_late(own, here, message)
        opened = _opened(own, conn, message)
    if opened is None:
        return _moved(own, message.id, "failed", None)
    return _sent(own, message.id, *opened)


def _is_late(message: Message, now: datetime) -> bool:
    """An answer of the line's own, written when their text came, that no worker was there to send."""
    return message.responder_id is None and now - message.created_at > ANSWERS_FOR


def _too_late(own: Hands, here: Desk, message: Message) -> str:
    """It is not sent by machine; somebody of the team decides what the person is answered, and who has them is told."""
    messages.move(here.conn, message.id, "failed", own.clock.now())
    orders.tell_fate(here, message.id)
    if not cases.is_exchange(here.conn, message.case_id):
        _wakes(own, here.conn, message.contact_id, message.case_id, "réponse trop tardive")
    return "too late"


def _not_now(here: Desk, message: Message, responder_id: int, verdict: Verdict) -> str:
    """Held until its writer confirms it, or never sent."""
    messages.move(here.conn, message.id, "held" if verdict == "ask" else "failed", here.now)
    said = "held" if verdict == "ask" else "silent"
    team.tell(here, responder_id, said, pages.of_contact(here.conn, message.contact_id))
    return said


def _opened(own: Hands, conn: Connection, message: Message) -> tuple[str, str] | None:
    """The number and the words; None where the case is forgotten or we do not write to such a number."""
    contact, wrapped = contacts.by_id(conn, message.contact_id), cases.wrapped_key(conn, message.case_id)
    if contact is None or contact.number_sealed is None or message.body_sealed is None or wrapped is None:
        return None
    number = own.opener.open_case(wrapped, contact.number_sealed).decode()
    return (number, own.opener.open_case(wrapped, message.body_sealed).decode()) if phone.may_dial(number) else None


def _sent(own: Hands, message_id: int, number: str, words: str) -> str:
    try:
        sid = own.gateway.text(number, own.settings.line_number, words, own.status("text", message_id), VALID_FOR)
    except Unknown as doubt:
        return _moved(own, message_id, "unknown", doubt.code)
    except Failure as failure:
        return _moved(own, message_id, "failed", failure.code)
    with own.store.turn() as conn:
        case_key = own.sealer.pseudonym("message", sid)
        messages.note_sid(conn, message_id, case_key, own.sealer.seal_number(sid))
    return _moved(own, message_id, "sent", None)


def _moved(own: Hands, message_id: int, state: MessageState, code: int | None) -> str:
    with desk(own) as here:
        if messages.move(here.conn, message_id, state, here.now, error_code=code):
            orders.tell_fate(here, message_id)
    return state if code is None else f"{state} {code}"


def look(own: Hands, claim: Claim) -> str:
    """Nobody has looked at this contact in its time: the team is woken, also for a call that is over."""
    with own.store.turn() as conn:
        contact = contacts.by_id(conn, claim.subject_id)
        if (
            contact is None
            or contact.case_id is None
            or (contact.channel == "text" and contact.ended_at is not None)
            or pages.of_contact(conn, contact.id) is not None
            or callbacks.of_contact(conn, contact.id)
            or cases.is_exchange(conn, contact.case_id)
        ):
            return "seen"
        _wakes(own, conn, contact.id, contact.case_id, "personne n'a regardé")
        if contact.gone_at is not None and contact.call_key is not None:
            pages.note_person_gone(conn, contact.call_key, contact.gone_at)
    return "woken"


def _wakes(own: Hands, conn: Connection, contact_id: int, case_id: int, reason: str) -> None:
    """The team is woken, if it is not yet; the sweep rings what is due within the second."""
    now = own.clock.now()
    whose = cases.whose(conn, case_id)
    chain = [*(one.responder_id for one in roster.on_duty(conn, now, whose=whose)), None]
    page_id, created = pages.ensure(conn, contact_id, case_id, "P?", None, reason, False, False, chain, now)
    if created:
        work.add(conn, "page", "urgent", page_id, now, now=now)
