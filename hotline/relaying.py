"""A call is handed over warmly: whoever has the page keeps it until another person has pressed a key, and may stay.

Whom to ask is the next who is free, in the order of the page's chain; whoever is on duty by now and is not in it comes
after. Nobody is asked twice for the same wish.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from hotline.desk import Desk
from hotline.rules.escalation import OVER, OVER_WITHIN
from hotline.store import attempts, audit, engaged, pages, work
from hotline.store.attempts import RELAY
from hotline.store.pages import PageView
from ivr_flows.model import Asked, Language
from ivr_flows.signals import NotUnderstood, Understood

KIND = "relay"


def relay(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """May they pass the call on? Only whoever has it now, while the person is there and somebody else is free."""
    page = pages.locked(desk.conn, desk.place.page)
    if page is None or not may_share(page) or page.accepted_at is None or page.accepted_attempt != desk.place.attempt:
        return NotUnderstood()
    if not work.is_under_way(desk.conn, KIND, page.id, page.accepted_at):
        if next_of(desk.conn, page, desk.rung(page.language), desk.now, desk.now) is None:
            return NotUnderstood()
        audit.write(desk.conn, f"attempt:{desk.place.attempt}", "asks_over", f"page:{page.id}", {}, desk.now)
        desk.due(KIND, page.id)
    return Understood("relay", "")


def may_share(page: PageView) -> bool:
    """Whether others may be brought into a call; one that we made to the person stays with whoever asked for it."""
    live = page.state == "accepted" and page.person_gone_at is None
    return live and page.channel == "voice" and page.callback_id is None


def next_of(
    conn: Connection, page: PageView, on_duty: Sequence[int | None], now: datetime, since: datetime
) -> int | None:
    """Who is asked next, of a wish that was told at `since`; None where nobody is left."""
    rung = [one for one in attempts.of_page(conn, page.id) if one.channel == "call"]
    here = {one.responder_id for one in rung if one.state not in OVER and one.round == RELAY}
    here |= {one.responder_id for one in rung if one.state in ("accepted", "answered")}
    asked = {one.responder_id for one in rung if one.round == RELAY and one.created_at >= since}
    busy = here | asked | engaged.elsewhere(conn, page, now, OVER_WITHIN) | {page.accepted_responder}
    order = [*(who for who in page.chain if who in on_duty), *(who for who in on_duty if who not in page.chain)]
    return next((who for who in order if who is not None and who not in busy), None)


MEANINGS: Mapping[Asked, Callable[[Desk, Language, str], Understood | NotUnderstood]] = {"relay": relay}
