"""Conversations by text that a responder has: when the person was last answered, and since when a text waits.

Only words for the person answer them. Hearing their texts, or taking the page again, only begins the wait anew.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from hotline.store.staff_tables import threads
from hotline.store.tables import attempts, callbacks, contacts, messages, pages, word, work


def tend(conn: Connection, page_id: int, now: datetime) -> None:
    """The person is being answered by the responder who has this page."""
    _note(conn, page_id, tended_at=now)


def begin(conn: Connection, page_id: int, now: datetime) -> None:
    """The responder is at it: from now on they have the time that an answer may take."""
    _note(conn, page_id, begun_at=now)


def _note(conn: Connection, page_id: int, **at: datetime) -> None:
    new = insert(threads).values(page_id=page_id, **at)
    last = {name: func.greatest(threads.c[name], new.excluded[name]) for name in at}
    conn.execute(new.on_conflict_do_update(index_elements=[threads.c.page_id], set_=last))


def waits_since(conn: Connection, page_id: int) -> datetime | None:
    """Since when the oldest unanswered text waits for whoever has the page now; None where none does."""
    unanswered = and_(
        messages.c.contact_id == pages.c.contact_id,
        messages.c.direction == word("in"),
        or_(threads.c.tended_at.is_(None), messages.c.created_at > threads.c.tended_at),
    )
    asked = select(func.greatest(func.min(messages.c.created_at), pages.c.accepted_at, threads.c.begun_at)).select_from(
        pages.outerjoin(threads, threads.c.page_id == pages.c.id).join(messages, unanswered)
    )
    theirs = asked.where(pages.c.id == page_id, pages.c.state == word("accepted"))
    since: datetime | None = conn.execute(theirs.group_by(pages.c.id, threads.c.page_id)).scalar_one_or_none()
    return since


def was_read(conn: Connection, attempt_id: int) -> bool:
    """Whether the texts of a page were read to whoever accepted it with this leg."""
    read = select(work.c.id).where(work.c.dedup_key == f"read:{attempt_id}", work.c.outcome.like("read %"))
    return conn.execute(read).first() is not None


def of_responder(conn: Connection, responder_id: int) -> Sequence[int]:
    """The pages of conversations by text that this responder has, the latest first. A tip is none."""
    theirs = (
        select(pages.c.id)
        .join(attempts, attempts.c.id == pages.c.accepted_attempt)
        .join(contacts, contacts.c.id == pages.c.contact_id)
        .where(pages.c.state == word("accepted"), attempts.c.responder_id == responder_id)
        .where(contacts.c.channel == word("text"))
    )
    return list(conn.execute(theirs.order_by(pages.c.accepted_at.desc(), pages.c.id.desc())).scalars())


def rung_and_open(conn: Connection, responder_id: int) -> Sequence[int]:
    """Open pages that this responder was told of."""
    told = (
        select(pages.c.id)
        .join(attempts, attempts.c.page_id == pages.c.id)
        .where(pages.c.state == word("open"), attempts.c.responder_id == responder_id)
    )
    return list(conn.execute(told.distinct().order_by(pages.c.id)).scalars())


def agreed(conn: Connection, contact_id: int, now: datetime) -> bool:
    """Whether this instant lies in an hour that the person agreed to be called in."""
    promised = callbacks.c.state.in_([word("promised"), word("due"), word("human")])
    window = select(callbacks.c.id).where(callbacks.c.contact_id == contact_id, promised)
    return conn.execute(window.where(callbacks.c.starts_at <= now, callbacks.c.ends_at > now)).first() is not None
