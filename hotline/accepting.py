"""Who takes a page otherwise than by a key on the leg that rang: by a coded text, or at the console.

Inside the caller's transaction; nobody is talked to. For a conversation by text the page is theirs from here on. For a
call they must still be joined: their telephone rings (the leg that rings already, or a new one), and only a key on it
brings the person, who waits until then. Voicemail presses no key. No key in time, and the page goes on.
"""

from typing import Literal, NamedTuple, TypeAlias

from hotline.desk import Desk
from hotline.effects import responder_gone
from hotline.rules.answers import target
from hotline.rules.escalation import SILENT_FOR
from hotline.store import attempts, audit, pages, work
from hotline.store.attempts import Attempt
from hotline.store.pages import PageView

Word: TypeAlias = Literal["won", "taken", "over", "none", "noted"]
RINGS = frozenset({"sent", "ringing", "answered"})


class Answer(NamedTuple):
    """What came of it, and the page as it is now: `won` theirs (again, too), `taken` somebody else's, `over` done,
    `none` no page has that code, `noted` a refusal."""

    word: Word
    page: PageView | None = None


def accept_by_code(desk: Desk, responder_id: int, code: str) -> Answer:
    """The responder wrote `1 CODE`."""
    page = pages.latest_by_code(desk.conn, code)
    return Answer("none") if page is None else accept(desk, responder_id, page.id)


def decline_by_code(desk: Desk, responder_id: int, code: str) -> Answer:
    """The responder wrote `2 CODE`: their telephone is silent and the next person is added. A page they had and whose
    person they have not met goes on."""
    page = pages.latest_by_code(desk.conn, code)
    return Answer("none") if page is None else decline(desk, responder_id, page.id)


def accept(desk: Desk, responder_id: int, page_id: int) -> Answer:
    """This responder takes the page; one acceptance wins, and the same one again changes nothing."""
    page = pages.locked(desk.conn, page_id)
    if page is None or page.state == "done":
        return Answer("none" if page is None else "over", page)
    if page.state == "accepted":
        return Answer("won" if page.accepted_responder == responder_id else "taken", page)
    attempt = _attempt(desk, responder_id, page)
    pages.claim(desk.conn, page.id, attempt, desk.now)
    audit.write(desk.conn, f"responder:{responder_id}", "accept", f"page:{page.id}", {"attempt": attempt}, desk.now)
    if in_writing(page):
        attempts.move(desk.conn, attempt, "accepted", desk.now)
        desk.due("watch_text", page.id, target(page.priority))
    else:
        desk.due("come", attempt, once=f"come:{attempt}")
    desk.due("hush_others", page.id, once=f"hush:{attempt}")
    return Answer("won", pages.by_id(desk.conn, page.id))


def takes(desk: Desk) -> bool:
    """A key 1 on a responder's leg: True if the page is theirs. On another telephone of theirs it is theirs too, and
    goes with them; so it does with whoever was asked to take it over. Who was asked in beside comes in beside."""
    place = desk.place
    if pages.claim(desk.conn, place.page, place.attempt, desk.now):
        return True
    page, attempt = pages.by_id(desk.conn, place.page), attempts.by_id(desk.conn, place.attempt)
    if page is None or page.state != "accepted" or page.accepted_attempt is None or attempt is None:
        return False
    if _is_asked(page, attempt, attempts.BESIDE):  # it stays whose it is
        work.call_off(desk.conn, "beside", page.id, "they are there")
        return True
    if not _is_asked(page, attempt, attempts.RELAY) and not _is_theirs_too(page, attempt):
        return False
    passed = pages.pass_on(desk.conn, page.id, page.accepted_attempt, attempt.id, desk.now)
    if passed:
        desk.due("still_there", page.id, SILENT_FOR, once=f"still_there:{attempt.id}")
    return passed


def _is_theirs_too(page: PageView, attempt: Attempt) -> bool:
    theirs = attempt.responder_id is not None and attempt.responder_id == page.accepted_responder
    return theirs and not page.team_in_room


def _is_asked(page: PageView, attempt: Attempt, round: int) -> bool:
    """Whether this leg rings for whoever has the page now, and not for somebody who had it before."""
    since = page.accepted_at
    return attempt.round == round and since is not None and attempt.created_at > since


def decline(desk: Desk, responder_id: int, page_id: int) -> Answer:
    """This responder says no; see `decline_by_code`."""
    page = pages.locked(desk.conn, page_id)
    if page is None or page.state == "done":
        return Answer("none" if page is None else "over", page)
    for one in _theirs(desk, responder_id, page):
        rings = one.channel == "call" and one.state in RINGS and one.id != page.accepted_attempt
        attempts.move(desk.conn, one.id, "declined", desk.now)
        if rings:
            desk.due("hang_up_leg", one.id, once=f"hang_up_leg:{one.id}")
    if page.accepted_responder == responder_id and page.accepted_attempt is not None and not page.met:
        if not in_writing(page):
            desk.due("hang_up_leg", page.accepted_attempt, once=f"hang_up_leg:{page.accepted_attempt}")
        responder_gone(desk, page.id, page.accepted_attempt)
    desk.hasten("page", page.id)
    return Answer("noted", pages.by_id(desk.conn, page.id))


def in_writing(page: PageView) -> bool:
    """Whether the person writes, so that nobody need come to a telephone. A tip is read aloud."""
    return page.channel == "text" and page.path != "tip"


def _attempt(desk: Desk, responder_id: int, page: PageView) -> int:
    """The attempt that accepts: for a call, the leg of theirs that rings, or a new one."""
    channel: Literal["call", "text"] = "text" if in_writing(page) else "call"
    usable = (one for one in reversed(_theirs(desk, responder_id, page)) if one.channel == channel)
    found = next((one.id for one in usable if channel == "text" or one.state in RINGS), None)
    return found or attempts.plan_apart(desk.conn, page.id, responder_id, channel, desk.now)


def _theirs(desk: Desk, responder_id: int, page: PageView) -> list[Attempt]:
    return [one for one in attempts.of_page(desk.conn, page.id) if one.responder_id == responder_id]
