"""Tips at the carrier: a recording is fetched, sealed and erased, a text erased; and who wrote is forgotten.

Nothing is erased that is not kept here, and nothing is called erased before the carrier has said so: a row comes again
until then, however long that takes.
"""

import logging
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hotline.doorbell import BELLS
from hotline.store import cases, contacts, messages, pages, roster, tips, work
from hotline.store.contacts import Contact
from hotline.store.messages import Message
from hotline.store.tips import Part
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure
from hotline.tips import IDLE
from ivr_flows.priorities import LOOKED_AT
from workers.hands import Hands

log = logging.getLogger(__name__)

SOON, LATEST = timedelta(seconds=2), timedelta(hours=1)
LARGEST = 8 * 2**20  # bytes: five minutes of WAV are under five million
READ_WITHIN = timedelta(seconds=LOOKED_AT["P4"])
AT_MOST = timedelta(hours=72)  # safety 2.8: nobody's number is kept longer for a tip
RUNNING = frozenset({"in-progress", "paused", "stopped", "processing"})


def fetch_tip(own: Hands, claim: Claim) -> datetime | str:
    """One part of a tip: here, sealed; then gone there, confirmed."""
    with own.store.turn() as conn:
        part = tips.part(conn, claim.subject_id)
    if part is None or part.sid_sealed is None:
        return "nothing to do"
    sid = own.sealer.open_number(part.sid_sealed)
    try:
        done = text_erased(own, sid) if part.kind == "text" else _fetched_and_erased(own, part, sid)
    except Failure as failure:  # whatever it says, the row comes again: it is all that knows of the recording
        log.error("carrier fetch_tip %s", failure)
        done = None
    if done is None:
        return later(own, claim)
    now = own.clock.now()
    with own.store.turn() as conn:
        tips.absent(conn, part.id, now) if done == "absent" else tips.erased(conn, part.id, now)
        if done == "erased" and part.case_id is not None:
            _to_be_read(conn, part.case_id, tips.hour(now))
    return done


def _to_be_read(conn: Connection, case_id: int, hour: datetime) -> None:
    """Somebody reads it in time. When it came stands here as the hour only, as everywhere of a tip."""
    once = f"look_tip:{case_id}:{hour.isoformat()}"
    work.add(conn, "look_tip", BELLS["look_tip"][0], case_id, hour + READ_WITHIN, once, hour)


def look_tip(own: Hands, claim: Claim) -> str:
    """A tip that nobody was woken for since it came: whoever it is for is asked to read it, without haste."""
    now = own.clock.now()
    with own.store.turn() as conn:
        case = cases.by_id(conn, claim.subject_id)
        if case is None or not tips.words(conn, case.id):
            return "nothing to read"  # erased meanwhile; or spoken only, which two people listen to elsewhere
        nobody = contacts.nobody(conn, case.id, secrets.token_bytes(32), tips.hour(now))
        page = pages.of_contact(conn, nobody)
        if page is not None and (page.state != "done" or page.opened_at >= claim.created_at):
            return "seen"
        whose = cases.whose(conn, case.id)
        chain = [*(one.responder_id for one in roster.on_duty(conn, now, case.language, whose)), None]
        about = (case.priority, case.language, "renseignement", False, False)
        page_id, created = pages.ensure(conn, nobody, case.id, *about, chain, now)
        if created:
            work.add(conn, "page", "urgent", page_id, now, now=now)
    return "woken"


def later(own: Hands, claim: Claim) -> datetime:
    """When to come again: after longer and longer, an hour at the most."""
    patience: timedelta = min(SOON * 2 ** min(claim.attempts, 12), LATEST)
    return own.clock.now() + patience


def text_erased(own: Hands, sid: str) -> str | None:
    """Ask the carrier to erase a text's words; None where it has not yet said that they are gone."""
    if not own.gateway.text_is_erased(sid):
        own.gateway.redact(sid)
    return "erased" if own.gateway.text_is_erased(sid) else None


def _fetched_and_erased(own: Hands, part: Part, sid: str) -> str | None:
    """None where it must be asked again: it is still being made, or not yet gone."""
    state = own.gateway.recording_state(sid)
    if state in RUNNING:
        return None
    if state in ("deleted", "absent"):
        return "absent" if part.state == "waiting" else "erased"
    if part.state == "waiting" and part.case_public is not None:
        sound = own.sealer.seal_to_case(part.case_public, own.gateway.fetch_recording(sid, LARGEST))
        with own.store.turn() as conn:
            tips.keep(conn, part.id, sound)
    own.gateway.erase_recording(sid)
    return "erased" if own.gateway.recording_state(sid) == "deleted" else None


def forget_exchange(own: Hands, claim: Claim) -> datetime | str:
    """An exchange about a tip is over: our texts are erased at the carrier, and whose they were is forgotten here."""
    now = own.clock.now()
    with own.store.turn() as conn:
        contact = contacts.by_id(conn, claim.subject_id)
        case = cases.by_id(conn, contact.case_id) if contact is not None and contact.case_id is not None else None
        if contact is None or contact.case_id is None or case is None:
            return "nothing to do"
        if case.path not in (cases.EXCHANGE, cases.SENDING):
            return "it is for more than a tip"
        sent = messages.of_case(conn, contact.case_id)
    too_long = now - contact.opened_at > AT_MOST
    if not too_long and (again := _still_going_on(contact, sent, now)):
        return again
    left = [message for message in sent if not _is_erased(own, contact, message)]
    if left and not too_long:
        return later(own, claim)
    _forget(own, contact, contact.case_id)
    return f"forgotten, {len(left)} not erased" if left else "forgotten"


def _still_going_on(contact: Contact, sent: list[Message], now: datetime) -> datetime | None:
    """When to look again: two hours after their last text, or soon, while the fate of a text of ours is not known."""
    if contact.ended_at is None and contact.last_at + IDLE > now:
        return contact.last_at + IDLE
    moving = [one for one in sent if one.direction == "out" and one.state in ("due", "sending")]
    return now + SOON * 5 if moving else None


def _is_erased(own: Hands, contact: Contact, message: Message) -> bool:
    """Whether the carrier has no words of it any more; what never got a name there has none."""
    if message.sid_sealed is None:
        return True
    try:
        return text_erased(own, _name(own, contact, message)) is not None
    except Failure as failure:
        log.error("carrier forget_exchange %s", failure)
        return False


def _name(own: Hands, contact: Contact, message: Message) -> str:
    """What the carrier calls a text: theirs is sealed to the exchange's case, ours as our own names are."""
    sealed = message.sid_sealed or b""
    if message.direction == "out":
        return own.sealer.open_number(sealed)
    with own.store.turn() as conn:
        wrapped = cases.wrapped_key(conn, contact.case_id or 0)
    return own.opener.open_case(wrapped or b"", sealed).decode()


def _forget(own: Hands, contact: Contact, case_id: int) -> None:
    """The key is destroyed, and with it the number; the tip no longer knows who added to it."""
    with own.store.turn() as conn:
        wrapped = cases.wrapped_key(conn, case_id)
        if wrapped is not None and contact.number_sealed is not None:
            number = own.opener.open_case(wrapped, contact.number_sealed).decode()
            tips.release(conn, own.sealer.pseudonym("tip", number))
        cases.forget(conn, case_id, own.clock.now())
