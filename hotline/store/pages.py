"""Pages: waking the team until a human accepts. One at a time per contact, won by one attempt, never cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, Update, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.store.cases import more_urgent
from hotline.store.contacts import INSERTED
from hotline.store.tables import AttemptState, attempts, cases, contacts, pages, word, work

Who = Literal["person", "team"]
COMING: frozenset[AttemptState] = frozenset({"due", "sending", "unknown", "sent", "ringing", "answered"})


@dataclass(frozen=True, slots=True)
class PageView:
    """A page with what everybody who handles it asks: its case's code and public half, and who accepted."""

    id: int
    contact_id: int
    channel: Literal["voice", "text"]
    case_id: int
    code: str
    path: str
    case_public: bytes
    priority: str
    language: Literal["fr", "en"] | None
    reason: str
    muted: bool
    quiet: bool
    mistake: bool
    may_call_back: bool | None
    state: Literal["open", "accepted", "done"]
    chain: tuple[int | None, ...]
    opened_at: datetime
    accepted_at: datetime | None
    accepted_attempt: int | None
    accepted_responder: int | None
    accepted_state: AttemptState | None
    person_in_room_at: datetime | None
    team_in_room_at: datetime | None
    met_at: datetime | None
    person_gone_at: datetime | None
    conference: bytes | None
    done_at: datetime | None
    outcome: str | None
    round: int
    truths: int
    callback_id: int | None = None
    unasked: bool = False

    @property
    def team_in_room(self) -> bool:
        """True while the responder who accepted is in the room."""
        return self.team_in_room_at is not None

    @property
    def coming(self) -> bool:
        """True while whoever accepted, but not on a telephone, has not pressed a key on theirs: the person waits."""
        return self.state == "accepted" and self.accepted_state in COMING

    @property
    def met(self) -> bool:
        """True once both sides were in the room together, since it was last opened."""
        return self.met_at is not None


_PAGE = select(
    pages.c.id,
    pages.c.contact_id,
    contacts.c.channel,
    pages.c.case_id,
    cases.c.code,
    cases.c.path,
    cases.c.public_key.label("case_public"),
    pages.c.priority,
    pages.c.language,
    pages.c.reason,
    pages.c.muted,
    pages.c.quiet,
    pages.c.mistake,
    pages.c.may_call_back,
    pages.c.state,
    pages.c.chain,
    pages.c.opened_at,
    pages.c.accepted_at,
    pages.c.accepted_attempt,
    attempts.c.responder_id.label("accepted_responder"),
    attempts.c.state.label("accepted_state"),
    pages.c.person_in_room_at,
    pages.c.team_in_room_at,
    pages.c.met_at,
    pages.c.person_gone_at,
    pages.c.conference,
    pages.c.done_at,
    pages.c.outcome,
    pages.c.round,
    pages.c.truths,
    pages.c.callback_id,
    pages.c.unasked,
).select_from(
    pages.join(cases, cases.c.id == pages.c.case_id)
    .join(contacts, contacts.c.id == pages.c.contact_id)
    .outerjoin(attempts, attempts.c.id == pages.c.accepted_attempt)
)


def ensure(
    conn: Connection,
    contact_id: int,
    case_id: int,
    priority: str,
    language: str | None,
    reason: str,
    muted: bool,
    quiet: bool,
    chain: Sequence[int | None],
    now: datetime,
    callback_id: int | None = None,
    unasked: bool = False,
) -> tuple[int, bool]:
    """The contact's page that is not done, and whether it was opened here.

    One that was there becomes as urgent as this one would be, and quiet or muted if this one would be; it takes the
    language where one is given. Its chain and reason stay. Once the person has asked for somebody it is asked for.
    """
    whose = {"contact_id": contact_id, "case_id": case_id, "callback_id": callback_id, "language": language}
    how = {"priority": priority, "reason": reason, "muted": muted, "quiet": quiet, "unasked": unasked}
    new = insert(pages).values(**whose, **how, chain=list(chain), opened_at=now)
    there = {
        "priority": more_urgent(pages.c.priority, new.excluded.priority),
        "muted": or_(pages.c.muted, new.excluded.muted),
        "quiet": or_(pages.c.quiet, new.excluded.quiet),
        "unasked": and_(pages.c.unasked, new.excluded.unasked),
        "language": func.coalesce(new.excluded.language, pages.c.language),
    }
    unfinished = pages.c.state != word("done")
    made = new.on_conflict_do_update(index_elements=[pages.c.contact_id], index_where=unfinished, set_=there)
    page_id, created = conn.execute(made.returning(pages.c.id, INSERTED)).one()
    return page_id, created


def look(conn: Connection, call_key: bytes) -> PageView | None:
    """The latest page of a call, done or not, in one question; None if the call never woke anybody."""
    return _one(conn, _PAGE.where(contacts.c.call_key == call_key).order_by(pages.c.id.desc()).limit(1))


def of_contact(conn: Connection, contact_id: int) -> PageView | None:
    """The contact's latest page, done or not."""
    return _one(conn, _PAGE.where(pages.c.contact_id == contact_id).order_by(pages.c.id.desc()).limit(1))


def by_id(conn: Connection, page_id: int) -> PageView | None:
    """One page."""
    return _one(conn, _PAGE.where(pages.c.id == page_id))


def latest_by_code(conn: Connection, code: str) -> PageView | None:
    """The latest page of the case of that code, one that is not done first: what a text `1 CODE` is about."""
    named = _PAGE.where(cases.c.code == code)
    return _one(conn, named.order_by(pages.c.state == word("done"), pages.c.id.desc()).limit(1))


def locked(conn: Connection, page_id: int) -> PageView | None:
    """One page, which nobody else changes until the transaction is over."""
    conn.execute(select(pages.c.id).where(pages.c.id == page_id).with_for_update())
    return by_id(conn, page_id)


def unacknowledged(conn: Connection) -> list[PageView]:
    """Every page that nobody has accepted, the oldest first."""
    rows = conn.execute(_PAGE.where(pages.c.state == word("open")).order_by(pages.c.opened_at, pages.c.id))
    return [_view(row) for row in rows]


def without_work(conn: Connection, kind: str, state: Literal["open", "accepted"] = "open") -> list[int]:
    """Pages in that state with no live work of that kind: the sweep gives them some, or they would wait for ever."""
    alive = (
        select(work.c.id)
        .where(work.c.kind == kind, work.c.subject_id == pages.c.id, work.c.state.in_([word("due"), word("claimed")]))
        .exists()
    )
    return list(
        conn.execute(select(pages.c.id).where(pages.c.state == word(state), ~alive).order_by(pages.c.id)).scalars()
    )


def claim(conn: Connection, page_id: int, attempt_id: int, now: datetime) -> bool:
    """True if this attempt of the page accepts it, or had: exactly one attempt wins while the page is not reopened."""
    its_own = select(attempts.c.id).where(attempts.c.id == attempt_id, attempts.c.page_id == page_id).exists()
    again = and_(pages.c.state == word("accepted"), pages.c.accepted_attempt == attempt_id)
    won = (
        update(pages)
        .where(pages.c.id == page_id, or_(pages.c.state == word("open"), again), its_own)
        .values(state="accepted", accepted_attempt=attempt_id, accepted_at=func.coalesce(pages.c.accepted_at, now))
    )
    return conn.execute(won).rowcount == 1


def pass_on(conn: Connection, page_id: int, from_attempt: int, to_attempt: int, now: datetime) -> bool:
    """Another attempt of the page has it from now on, if that one still had: they acknowledged it by a key."""
    held = and_(pages.c.id == page_id, pages.c.state == word("accepted"), pages.c.accepted_attempt == from_attempt)
    its_own = select(attempts.c.id).where(attempts.c.id == to_attempt, attempts.c.page_id == page_id).exists()
    passed = update(pages).where(held, its_own).values(accepted_attempt=to_attempt, accepted_at=now)
    return conn.execute(passed).rowcount == 1


def reopen(conn: Connection, page_id: int, now: datetime, attempt_id: int | None = None) -> bool:
    """Who accepted is not there after all: the page is open again. With an attempt, only if it was that one's.

    False, and nothing written, otherwise: a late word about one leg must not undo another's acceptance.
    """
    accepted = and_(pages.c.id == page_id, pages.c.state == word("accepted"))
    ours = accepted if attempt_id is None else and_(accepted, pages.c.accepted_attempt == attempt_id)
    # The person may be on the way out of the room: who is in it next says so again.
    cleared = dict.fromkeys(("accepted_at", "accepted_attempt", "team_in_room_at", "person_in_room_at", "met_at"))
    return conn.execute(update(pages).where(ours).values(state="open", **cleared)).rowcount == 1


def finish(conn: Connection, page_id: int, outcome: str, now: datetime) -> bool:
    """The page is done, and its conference forgotten; False if it already was: the first outcome stays."""
    done = update(pages).where(pages.c.id == page_id, pages.c.state != word("done"))
    return conn.execute(done.values(state="done", done_at=now, outcome=outcome, conference=None)).rowcount == 1


def finish_open(
    conn: Connection,
    outcome: str,
    now: datetime,
    callback_id: int | None = None,
    call_key: bytes | None = None,
) -> list[int]:
    """The page of that callback or call, if nobody has accepted it, is done: its id."""
    contact = select(contacts.c.id).where(contacts.c.call_key == call_key).scalar_subquery()
    which = pages.c.contact_id == contact if callback_id is None else pages.c.callback_id == callback_id
    done = update(pages).where(which, pages.c.state == word("open"))
    return list(conn.execute(done.values(state="done", done_at=now, outcome=outcome).returning(pages.c.id)).scalars())


def of_callback(conn: Connection, callback_id: int) -> PageView | None:
    """The latest page of a callback."""
    return _one(conn, _PAGE.where(pages.c.callback_id == callback_id).order_by(pages.c.id.desc()).limit(1))


def rings_back(conn: Connection, page_id: int, callback_id: int) -> None:
    """Its person, who hung up, is called back: from here on it is that callback's page."""
    conn.execute(_unfinished(page_id).values(callback_id=callback_id))


def person_called(conn: Connection, page_id: int) -> None:
    """The person is being called: whatever call there was before is over, and this one is not."""
    conn.execute(_unfinished(page_id).values(person_gone_at=None, person_in_room_at=None, met_at=None))


def note_person_gone(conn: Connection, call_key: bytes, now: datetime) -> PageView | None:
    """The person of that call hung up, which cancels nothing: their page that is not done, if they have one.

    The first instant stays.
    """
    gone = _of_call(call_key).values(person_gone_at=func.coalesce(pages.c.person_gone_at, now), person_in_room_at=None)
    page_id = conn.execute(gone.returning(pages.c.id)).scalar_one_or_none()
    return None if page_id is None else by_id(conn, page_id)


def note_in_room(conn: Connection, page_id: int, who: Who, conference: bytes | None, now: datetime) -> bool:
    """The person or the team is in the conference (its SID sealed); the first instant since they last left stays.

    If the other side is there, they have met. False, and nothing written, if the page is done.
    """
    mine, other = pages.c[f"{who}_in_room_at"], pages.c["team_in_room_at" if who == "person" else "person_in_room_at"]
    entered = {
        mine: func.coalesce(mine, now),
        pages.c.met_at: func.coalesce(pages.c.met_at, case((other.is_not(None), now))),
        pages.c.conference: func.coalesce(conference, pages.c.conference),
    }
    return conn.execute(_unfinished(page_id).values(entered)).rowcount == 1


def set_may_call_back(conn: Connection, call_key: bytes, may: bool) -> bool:
    """The person's answer to "may we call you back?"; the last one counts. False: the call has no page."""
    return conn.execute(_of_call(call_key).values(may_call_back=may)).rowcount == 1


def mark_mistake(conn: Connection, call_key: bytes) -> bool:
    """The person says it was an error, which the team is told and which withdraws nothing. False: no page."""
    return conn.execute(_of_call(call_key).values(mistake=True)).rowcount == 1


def call_key_of(conn: Connection, page_id: int) -> bytes | None:
    """The pseudonym of the call that a page is about; None for a text's."""
    asked = select(contacts.c.call_key).join(pages, pages.c.contact_id == contacts.c.id).where(pages.c.id == page_id)
    return conn.execute(asked).scalar_one_or_none()


def _unfinished(page_id: int) -> Update:
    return update(pages).where(pages.c.id == page_id, pages.c.state != word("done"))


def _of_call(call_key: bytes) -> Update:
    """The call's page that is not done: there is one at most."""
    contact = select(contacts.c.id).where(contacts.c.call_key == call_key).scalar_subquery()
    return update(pages).where(pages.c.contact_id == contact, pages.c.state != word("done"))


def _one(conn: Connection, asked: Select[*tuple[Any, ...]]) -> PageView | None:
    row = conn.execute(asked).one_or_none()
    return None if row is None else _view(row)


def _view(row: Any) -> PageView:
    return PageView(**{**row._mapping, "chain": tuple(row.chain)})
