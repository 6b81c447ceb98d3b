"""The end of an abusive call: only a human decides it, and it closes the line to nobody.

The person hears one polite sentence, in which nine still wakes the team; their case says that it was abusive; their
next call is answered like any other.
"""

from collections.abc import Callable, Mapping

from hotline.desk import Desk
from hotline.store import audit, pages
from hotline.store.pages import PageView
from ivr_flows.model import Asked, Language
from ivr_flows.signals import NotUnderstood, Understood

KIND: Asked = "end_call"
MARK = "abusive"


def end_call(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """May they end this call? Only whoever has it, with the person in the room, and never one that must be quiet."""
    page = pages.locked(desk.conn, desk.place.page)
    if page is None or page.accepted_attempt != desk.place.attempt or not may_end(page):
        return NotUnderstood()
    audit.write(desk.conn, f"attempt:{desk.place.attempt}", KIND, f"page:{page.id}", {}, desk.now)
    desk.due(KIND, desk.place.attempt, once=f"{KIND}:{desk.place.attempt}:{desk.place.turn}")
    return Understood(KIND, "")


def may_end(page: PageView) -> bool:
    """Whether this is a call of a person to us, in somebody's hands, where something may be said."""
    theirs = page.state == "accepted" and page.channel == "voice" and page.callback_id is None and not page.quiet
    return theirs and page.person_in_room_at is not None and page.person_gone_at is None


MEANINGS: Mapping[Asked, Callable[[Desk, Language, str], Understood | NotUnderstood]] = {KIND: end_call}
