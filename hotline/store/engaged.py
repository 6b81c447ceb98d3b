"""Who is on a page now, and which pages come first: what one page's chain must know of the others."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, literal, or_, select

from hotline.rules.escalation import PRESSING
from hotline.store.cases import urgency
from hotline.store.pages import PageView
from hotline.store.tables import attempts, pages, word

_RINGS = tuple(word(state) for state in ("due", "sending", "sent", "ringing", "answered"))


def elsewhere(conn: Connection, page: PageView, now: datetime, longest: timedelta) -> frozenset[int | None]:
    """Who has another page, is in its room beside whoever does, or whose telephone rings for another that is as urgent
    as this one. None: the fallback.

    A call of which no news came is over after `longest`.
    """
    in_its_room = and_(attempts.c.channel == "call", attempts.c.state == word("accepted"))
    has = and_(pages.c.state == word("accepted"), or_(pages.c.accepted_attempt == attempts.c.id, in_its_room))
    rings = and_(
        pages.c.state == word("open"),
        urgency(pages.c.priority) <= urgency(literal(page.priority)),
        attempts.c.channel == "call",
        attempts.c.state.in_(_RINGS),
        attempts.c.created_at > now - longest,
    )
    asked = select(attempts.c.responder_id).join(pages, pages.c.id == attempts.c.page_id)
    return frozenset(conn.execute(asked.where(pages.c.id != page.id, or_(has, rings)).distinct()).scalars())


def unrung_before(conn: Connection, page: PageView) -> list[tuple[int | None, ...]]:
    """The chains of the open pages that come before this one and that nobody was rung for yet, in their order."""
    rung = select(attempts.c.id).where(attempts.c.page_id == pages.c.id).exists()
    mine, theirs = urgency(literal(page.priority)), urgency(pages.c.priority)
    older = or_(pages.c.opened_at < page.opened_at, and_(pages.c.opened_at == page.opened_at, pages.c.id < page.id))
    before = or_(theirs < mine, and_(theirs == mine, older))
    asked = select(pages.c.chain).where(pages.c.state == word("open"), pages.c.id != page.id, ~rung, before)
    return [tuple(chain) for chain in conn.execute(asked.order_by(theirs, pages.c.opened_at, pages.c.id)).scalars()]


def last_pressing_call(conn: Connection) -> datetime | None:
    """When a responder was last rung for a page that other calls make way for."""
    asked = select(func.max(attempts.c.created_at)).join(pages, pages.c.id == attempts.c.page_id)
    pressing = pages.c.priority.in_([word(each) for each in PRESSING])
    last: datetime | None = conn.execute(asked.where(attempts.c.channel == "call", pressing)).scalar_one()
    return last


def calls_since(conn: Connection, since: datetime) -> int:
    """How many calls to responders were begun since then, for all pages together."""
    asked = select(func.count()).where(attempts.c.channel == "call", attempts.c.created_at > since)
    return conn.execute(asked.select_from(attempts)).scalar_one()


def pages_since(conn: Connection, responder_id: int, since: datetime) -> int:
    """For how many pages this responder was rung since then."""
    asked = select(func.count(attempts.c.page_id.distinct()))
    return conn.execute(
        asked.where(attempts.c.responder_id == responder_id, attempts.c.created_at > since)
    ).scalar_one()
