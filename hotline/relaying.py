"""A call is handed over warmly, or a colleague comes in beside: whoever has the page keeps it until another has pressed
a key, and may stay; beside them it stays theirs, and is the other's only when their telephone dies.

Whom to ask is the next who is free, in the order of the page's chain; whoever is on duty by now and is not in it comes
after. Nobody is asked twice for the same wish.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from hotline.desk import Desk
from hotline.rules.escalation import OVER, OVER_WITHIN
from hotline.store import attempts, audit, engaged, pages, work
from hotline.store.attempts import BESIDE, RELAY
from hotline.store.pages import PageView
from ivr_flows.model import Asked, Language
from ivr_flows.signals import NotUnderstood, Understood

Meaning = Callable[[Desk, Language, str], Understood | NotUnderstood]
ROUNDS: Mapping[str, int] = {"relay": RELAY, "beside": BESIDE}
"""The two wishes, which are kinds of work too: that somebody take the call over, or come in beside whoever has it."""
WISHES = {round_: wish for wish, round_ in ROUNDS.items()}


def _asks(wish: Asked) -> Meaning:
    """May they have somebody rung? Only whoever has the call, while the person is there and somebody else is free."""

    def asked(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
        page = pages.locked(desk.conn, desk.place.page)
        if page is None or not may_share(page) or page.accepted_at is None:
            return NotUnderstood()
        if page.accepted_attempt != desk.place.attempt:
            return NotUnderstood()
        if not work.is_under_way(desk.conn, wish, page.id, page.accepted_at):
            if next_of(desk.conn, page, desk.rung(page.language), desk.now, desk.now) is None:
                return NotUnderstood()
            audit.write(desk.conn, f"attempt:{desk.place.attempt}", f"asks_{wish}", f"page:{page.id}", {}, desk.now)
            desk.due(wish, page.id)
        return Understood(wish, "")

    return asked


def may_share(page: PageView) -> bool:
    """Whether others may be brought into a call; one that we made to the person stays with whoever asked for it."""
    live = page.state == "accepted" and page.person_gone_at is None
    return live and page.channel == "voice" and page.callback_id is None


def next_of(
    conn: Connection, page: PageView, on_duty: Sequence[int | None], now: datetime, since: datetime
) -> int | None:
    """Who is asked next, of a wish that was told at `since`; None where nobody is left."""
    rung = [one for one in attempts.of_page(conn, page.id) if one.channel == "call"]
    here = {one.responder_id for one in rung if one.state not in OVER and one.round in WISHES}
    here |= {one.responder_id for one in rung if one.state in ("accepted", "answered")}
    asked = {one.responder_id for one in rung if one.round in WISHES and one.created_at >= since}
    busy = here | asked | engaged.elsewhere(conn, page, now, OVER_WITHIN) | {page.accepted_responder}
    order = [*(who for who in page.chain if who in on_duty), *(who for who in on_duty if who not in page.chain)]
    return next((who for who in order if who is not None and who not in busy), None)


MEANINGS: Mapping[Asked, Meaning] = {"relay": _asks("relay"), "beside": _asks("beside")}
