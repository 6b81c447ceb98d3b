"""What the carrier tells us unasked: a call ended, a responder's leg rings, someone entered a room, a text failed.

News may come twice, late, out of order or never. So each is a fact written forward only, and whatever waits for it has
a deadline of its own elsewhere. SQL that is down raises StoreDown: the door answers 503 and the carrier comes again.
"""

import logging
from collections.abc import Callable, Mapping

from hotline import inviting, orders, relaying, tips
from hotline.conversation import Line
from hotline.desk import Desk
from hotline.effects import person_gone, responder_gone
from hotline.rules.presence import OVER
from hotline.store import attempts, callbacks, guests, messages, pages, team_texts, work
from hotline.store.staff_tables import TeamTextState
from hotline.store.tables import LegState, MessageState
from ivr_flows.model import Place

log = logging.getLogger(__name__)

ENDED = OVER
LEG_STATES: Mapping[str, attempts.State] = {
    "initiated": "sent",
    "ringing": "ringing",
    "in-progress": "answered",
    "busy": "busy",
    "failed": "failed",
    "no-answer": "no_answer",
    "canceled": "no_answer",
}
PERSON_STATES: Mapping[str, LegState] = {
    "initiated": "sent",
    "ringing": "ringing",
    "in-progress": "answered",
    "completed": "ended",
    "busy": "busy",
    "failed": "failed",
    "no-answer": "no_answer",
    "canceled": "no_answer",
}
GUEST_STATES: Mapping[str, guests.State] = {
    "initiated": "sent",
    "ringing": "ringing",
    "in-progress": "answered",
    "completed": "no_answer",  # of one that has not entered: a machine, or nobody who pressed a key
    "busy": "busy",
    "failed": "failed",
    "no-answer": "no_answer",
    "canceled": "no_answer",
}
TEXT_STATES: Mapping[str, MessageState] = {
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "failed",
    "failed": "failed",
}
TEAM_STATES: Mapping[str, TeamTextState] = {
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "failed",
    "failed": "failed",
}


def _desk(line: Line, sid: str = "", place: Place | None = None) -> Desk:
    return Desk(None, line.sealer, line.clock.now(), place or Place("equipe", "page"), [], sid=sid)  # type: ignore[arg-type]


def call_ended(line: Line, sid: str) -> None:
    """A person's call is over."""
    desk = _desk(line, sid)
    with line.store.turn() as conn:
        desk.conn = conn
        person_gone(desk, desk.call_key)
    line.ring(desk)


def leg_moved(line: Line, attempt_id: int, status: str, sequence: int, code: int | None) -> None:
    """A responder's telephone rings, was answered, or is over. Answered is not accepted: only a key is.

    Only an end may bring the next person at once; that it rings is seen when the page is looked at again.
    """
    desk = _desk(line)
    with line.store.turn() as conn:
        desk.conn = conn
        attempt = attempts.by_id(conn, attempt_id)
        if attempt is None:
            return
        if status in LEG_STATES:
            attempts.move(conn, attempt_id, LEG_STATES[status], desk.now, sequence=sequence, error_code=code)
        if status in ENDED:
            responder_gone(desk, attempt.page_id, attempt_id)
            desk.hasten("page", attempt.page_id)
        if attempt.round in relaying.WISHES:
            desk.hasten(relaying.WISHES[attempt.round], attempt.page_id)
    line.ring(desk)


def person_moved(line: Line, leg_id: int, status: str, sequence: int, code: int | None) -> None:
    """The telephone of a person whom we call. Once it is over the responder, who waits, says what came of it."""
    desk = _desk(line)
    with line.store.turn() as conn:
        desk.conn = conn
        leg = callbacks.leg(conn, leg_id)
        state = PERSON_STATES.get(status)
        if leg is None or state is None:
            return
        callbacks.move_leg(conn, leg_id, state, desk.now, sequence=sequence, error_code=code)
        call_key = pages.call_key_of(conn, leg.page_id) if status in ENDED else None
        if call_key is not None:
            person_gone(desk, call_key)
    line.ring(desk)


def guest_moved(line: Line, guest_id: int, status: str, sequence: int, code: int | None) -> None:
    """The telephone of a guest rings, was answered, or is over. Answered is not entered: only a key is."""
    desk = _desk(line)
    with line.store.turn() as conn:
        desk.conn = conn
        if status in GUEST_STATES:
            told = guests.move(conn, guest_id, GUEST_STATES[status], desk.now, sequence=sequence, error_code=code)
            if told or (status in ENDED and guests.move(conn, guest_id, "ended", desk.now)):
                desk.hasten(inviting.KIND, guest_id)
    line.ring(desk)


CALLS: Mapping[str, Callable[[Line, int, str, int, int | None], None]] = {
    "leg": leg_moved,
    "person": person_moved,
    "guest": guest_moved,
}
"""Whose call moved: to a responder, to a person, to a guest."""


def page_text_moved(line: Line, attempt_id: int, status: str, code: int | None) -> None:
    """The text of a page was refused or lost: the next person is added. One that was delivered was not yet read."""
    desk = _desk(line)
    with line.store.turn() as conn:
        desk.conn = conn
        if status == "delivered":
            attempts.move(conn, attempt_id, "ended", desk.now)
        attempt = attempts.by_id(conn, attempt_id) if status in {"failed", "undelivered"} else None
        if attempt is not None and attempts.move(conn, attempt_id, "failed", desk.now, error_code=code):
            desk.hasten("page", attempt.page_id)
    line.ring(desk)


def team_text_moved(line: Line, text_id: int, status: str, code: int | None) -> None:
    """A text to a responder was delivered, or was not: then only the log knows, until they are rung."""
    state = TEAM_STATES.get(status)
    if state is None:
        return
    with line.store.turn() as conn:
        moved = team_texts.move(conn, text_id, state, code)
    if moved and state == "failed":
        log.error("team_text_not_delivered %s", code)


def alarm_moved(line: Line, attempt_id: int, status: str, code: int | None) -> None:
    """The text of an alarm did not reach an operator: there is nobody left to tell but the log."""
    if status in {"failed", "undelivered"}:
        log.error("alarm_not_delivered %s", code)


def text_moved(line: Line, message_id: int, status: str, code: int | None) -> None:
    """A text to a person was taken, delivered or refused. It is never sent again by machine."""
    state = TEXT_STATES.get(status)
    if state is None:
        return
    desk = _desk(line)
    with line.store.turn() as conn:
        desk.conn = conn
        if messages.move(conn, message_id, state, desk.now, error_code=code):
            orders.tell_fate(desk, message_id)
    line.ring(desk)


TEXTS: Mapping[str, Callable[[Line, int, str, int | None], None]] = {
    "page": page_text_moved,
    "text": text_moved,
    "team": team_text_moved,
    "ops": alarm_moved,
}
"""Whose text moved: of a page, to a person, to a responder, to the operator."""


def recording_moved(line: Line, call_sid: str, sid: str, status: str) -> None:
    """A recording of a tip is ready at the carrier, or there is none. The call it came from is named in the address."""
    desk = _desk(line, call_sid, Place("ligne", "menu", flags=frozenset({"tip"})))
    desk.chain_for = line.chain
    with line.store.turn() as conn:
        desk.conn = conn
        tips.recording_told(desk, sid, status)
    line.ring(desk)


def room_event(line: Line, page_id: int, event: str, label: str, conference: str, status: str) -> None:
    """Who is in the room of a page. The responder's leaving is told by their own leg, which may only be in its menu; of
    a guest the end of their call tells."""
    if label.startswith("guest-"):
        return
    desk = _desk(line, place=Place("equipe", "page", page=page_id))
    with line.store.turn() as conn:
        desk.conn = conn
        side: pages.Who = "person" if label == "person" else "team"
        if event == "participant-join":
            pages.note_in_room(conn, page_id, side, line.sealer.seal_conference(conference), desk.now)
            if side == "team":
                desk.hasten("call_person", page_id)
                if work.newest(conn, "hold", page_id) > work.newest(conn, "unhold", page_id):
                    desk.due("unhold", page_id)  # whoever comes in, and by whatever way, is heard
        elif event == "participant-leave" and side == "person" and status in ENDED:
            call_key = pages.call_key_of(conn, page_id)
            if call_key is not None:
                person_gone(desk, call_key)
    line.ring(desk)
