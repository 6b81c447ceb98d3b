"""Cases: what follows from contacts. A case is born with its keys and forgotten by losing them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    Text,
    Update,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import DateTime as Instant
from sqlalchemy.dialects.postgresql import ARRAY, array

from hotline.rules.routing import Whose
from hotline.rules.territory import Police
from hotline.store.tables import (
    PRIORITIES,
    attempts,
    callback_attempts,
    callbacks,
    case_keys,
    cases,
    contacts,
    messages,
    pages,
    word,
)
from hotline.vault import CaseKeys
from ivr_flows.priorities import Decision

FURTHER_CODES = 30
EXCHANGE = "exchange"  # the path of a case that is there to answer texts about a tip
SENDING = "sending"  # and of one that is there for a single text


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case, as anybody at work may see it: nothing a person said."""

    id: int
    code: str
    public_key: bytes
    path: str
    priority: str
    language: str | None
    flags: tuple[str, ...]
    rule: str | None
    team: str | None
    region: str | None
    police: Police | None
    opened_at: datetime
    closed_at: datetime | None
    forgotten_at: datetime | None


@dataclass(frozen=True, slots=True)
class SealedContact:
    """What a contact keeps once it has a case: the number and the call's SID, both sealed to that case."""

    contact_id: int
    number_sealed: bytes | None = None
    call_sid_sealed: bytes | None = None


_CASE = (
    cases.c.id,
    cases.c.code,
    cases.c.public_key,
    cases.c.path,
    cases.c.priority,
    cases.c.language,
    cases.c.flags,
    cases.c.rule,
    cases.c.team,
    cases.c.region,
    cases.c.police,
    cases.c.opened_at,
    cases.c.closed_at,
    cases.c.forgotten_at,
)


def urgency(priority: ColumnElement[str]) -> ColumnElement[int]:
    """SQL: 1 for the most urgent."""
    return func.array_position(array([word(each) for each in PRIORITIES]), priority)


def more_urgent(one: ColumnElement[str], other: ColumnElement[str]) -> ColumnElement[str]:
    """SQL: whichever of two priorities is the more urgent."""
    return case((urgency(one) <= urgency(other), one), else_=other)


def open_case(
    conn: Connection,
    keys: CaseKeys,
    code: str,
    placed: Decision,
    language: str | None,
    flags: Iterable[str],
    path: str,
    now: datetime,
    contact: SealedContact | None = None,
) -> CaseRow:
    """A new case with its keys, given to the contact too if one is named: one statement.

    Where the code is taken the case gets another, drawn by SQL: nobody who waits must fail for a number.
    """
    opened, wrapped = opening(keys, code, placed, language, flags, path, now)
    made = select(opened).add_cte(wrapped)
    if contact:
        made = made.add_cte(_keeping(contact).values(case_id=select(opened.c.id).scalar_subquery()).cte("given"))
    return _case(conn.execute(made).one())


def opening(
    keys: CaseKeys,
    code: str,
    placed: Decision,
    language: str | None,
    flags: Iterable[str],
    path: str,
    now: datetime,
    unless: Select[*tuple[Any, ...]] | None = None,
) -> tuple[CTE, CTE]:
    """SQL: a new case, and its keys with it; neither where `unless` finds a row. An exchange is nobody's work."""
    values: dict[str, ColumnElement[Any]] = {
        "code": _free(code),
        "public_key": literal(keys.public),
        "path": literal(path, Text),
        "priority": literal(placed.priority, Text),
        "rule": literal(placed.rule, Text),
        "team": literal(placed.team, Text),
        "language": literal(language, Text),
        "flags": literal(sorted(set(flags)), ARRAY(Text)),
        "opened_at": literal(now, Instant(True)),
        "closed_at": literal(now if path == EXCHANGE else None, Instant(True)),
    }
    row: Select[*tuple[Any, ...]] = select(*values.values())
    asked = row if unless is None else row.where(~unless.exists())
    opened = insert(cases).from_select(list(values), asked).returning(*_CASE).cte("opened")
    its_key = select(opened.c.id, literal(keys.wrapped), literal(keys.key_id))
    wrapped = insert(case_keys).from_select(["case_id", "wrapped", "key_id"], its_key)
    return opened, wrapped.cte("wrapped_for_it")


def _free(code: str) -> ScalarSelect[str]:
    """SQL: that code, or the first free one of some that are drawn."""
    drawn = func.lpad(cast(func.floor(func.random() * 10**6), Text), 6, "0")
    others = select(drawn.label("code"), func.generate_series(1, FURTHER_CODES).label("rank"))
    choice = select(literal(code, Text).label("code"), literal(0).label("rank")).union_all(others).subquery("choice")
    taken = select(cases.c.id).where(cases.c.code == choice.c.code).exists()
    return select(choice.c.code).where(~taken).order_by(choice.c.rank).limit(1).scalar_subquery()


def attach(conn: Connection, contact: SealedContact, case_id: int) -> None:
    """A further contact belongs to an open case."""
    conn.execute(_keeping(contact).values(case_id=case_id))


def _keeping(contact: SealedContact) -> Update:
    sealed = {"number_sealed": contact.number_sealed, "call_sid_sealed": contact.call_sid_sealed}
    return update(contacts).where(contacts.c.id == contact.contact_id).values(sealed)


def by_id(conn: Connection, case_id: int) -> CaseRow | None:
    """One case."""
    row = conn.execute(select(*_CASE).where(cases.c.id == case_id)).one_or_none()
    return None if row is None else _case(row)


def whose(conn: Connection, case_id: int) -> Whose:
    """What decides who is rung first for this case; as urgent work where there is no such case."""
    asked = select(cases.c.priority, cases.c.team, cases.c.region, cases.c.flags).where(cases.c.id == case_id)
    row = conn.execute(asked).one_or_none()
    return Whose() if row is None else Whose(row.priority, row.team, row.region, frozenset(row.flags))


def wrapped_key(conn: Connection, case_id: int) -> bytes | None:
    """The case's private half, wrapped: for an Opener. None once the case is forgotten."""
    return conn.execute(select(case_keys.c.wrapped).where(case_keys.c.case_id == case_id)).scalar_one_or_none()


def learning(case_id: int, facts: Iterable[str], placed: Decision) -> Update:
    """The statement by which a case has these facts too, each once and in order, and stands at least as high as this.

    Nothing is ever taken away or lowered by it: rule and team are those of whatever placed it highest, and last.
    """
    higher = urgency(literal(placed.priority)) <= urgency(cases.c.priority)
    raised = {
        name: case((or_(higher, cases.c.rule.is_(None)), literal(value)), else_=cases.c[name])
        for name, value in (("rule", placed.rule), ("team", placed.team))
    }
    priority = more_urgent(cases.c.priority, literal(placed.priority))
    return update(cases).where(cases.c.id == case_id).values(flags=_with(facts), priority=priority, **raised)


def mark(conn: Connection, case_id: int, fact: str) -> None:
    """A human says this of a case; it stands where it stood."""
    conn.execute(update(cases).where(cases.c.id == case_id).values(flags=_with({fact})))


def _with(facts: Iterable[str]) -> ColumnElement[Any]:
    """SQL: what is known and this, each once and in order."""
    both = func.unnest(func.array_cat(cases.c.flags, cast(sorted(set(facts)), ARRAY(Text)))).column_valued("flag")
    return func.array(select(both).distinct().order_by(both).scalar_subquery())


def note_place(conn: Connection, case_id: int, region: str | None, police: str | None, sealed: bytes) -> None:
    """Where they said they are, the last time they said it."""
    said = {"region": region, "police": police, "place_sealed": sealed}
    conn.execute(update(cases).where(cases.c.id == case_id).values(said))


def place_sealed(conn: Connection, case_id: int) -> bytes | None:
    """What they said of it: opens with the case."""
    return conn.execute(select(cases.c.place_sealed).where(cases.c.id == case_id)).scalar_one_or_none()


def close(conn: Connection, case_id: int, now: datetime) -> bool:
    """The case is closed; False if it already was."""
    closed = update(cases).where(cases.c.id == case_id, cases.c.closed_at.is_(None)).values(closed_at=now)
    return conn.execute(closed).rowcount == 1


def reopen(conn: Connection, case_id: int) -> None:
    """A case that was there for answers only is somebody's work after all, unless it was forgotten."""
    kept = update(cases).where(cases.c.id == case_id, cases.c.path == EXCHANGE, cases.c.forgotten_at.is_(None))
    conn.execute(kept.values(closed_at=None, path="text"))


def is_exchange(conn: Connection, case_id: int) -> bool:
    """Whether a case is there to answer texts about a tip, or to send one, and for nothing else."""
    path = conn.execute(select(cases.c.path).where(cases.c.id == case_id)).scalar_one_or_none()
    return path in (EXCHANGE, SENDING)


def only_answers(conn: Connection, case_id: int, now: datetime) -> None:
    """This case is there to answer texts about a tip, and for nothing else: nobody's work, and soon forgotten.

    One that woke the team, or holds the promise of a call, stays what it is.
    """
    busy = [select(table.c.id).where(table.c.case_id == case_id).exists() for table in (pages, callbacks)]
    texts = update(cases).where(cases.c.id == case_id, cases.c.path == word("text"), *(~each for each in busy))
    conn.execute(texts.values(path=EXCHANGE, closed_at=now))


def forget(conn: Connection, case_id: int, now: datetime) -> bool:
    """The case's key is destroyed, with all that it sealed and every pseudonym; False if there was no key any more."""
    destroyed = conn.execute(delete(case_keys).where(case_keys.c.case_id == case_id)).rowcount == 1
    of_case = select(pages.c.id).where(pages.c.case_id == case_id)
    nothing: dict[str, Any] = {"sid_key": None, "sid_sealed": None}
    conn.execute(update(attempts).where(attempts.c.page_id.in_(of_case)).values(nothing))
    conn.execute(update(messages).where(messages.c.case_id == case_id).values(**nothing, body_sealed=None))
    conn.execute(update(pages).where(pages.c.case_id == case_id).values(conference=None))
    _forget_callbacks(conn, case_id, now)
    _forget_contacts(conn, case_id, now)
    over: dict[str, Any] = {name: func.coalesce(cases.c[name], now) for name in ("closed_at", "forgotten_at")}
    over["place_sealed"] = None
    conn.execute(update(cases).where(cases.c.id == case_id).values(over))
    return destroyed


def to_rewrap(conn: Connection, key_id: str, limit: int = 100) -> Sequence[tuple[int, bytes]]:
    """Cases whose key is wrapped for another seal key than this one, with the wrapped key: for rotation."""
    others = select(case_keys.c.case_id, case_keys.c.wrapped).where(case_keys.c.key_id != key_id)
    return [(row.case_id, row.wrapped) for row in conn.execute(others.order_by(case_keys.c.case_id).limit(limit))]


def rewrapped(conn: Connection, case_id: int, wrapped: bytes, key_id: str) -> None:
    """The case's key under another seal key."""
    conn.execute(update(case_keys).where(case_keys.c.case_id == case_id).values(wrapped=wrapped, key_id=key_id))


def _forget_callbacks(conn: Connection, case_id: int, now: datetime) -> None:
    """No number is left to call, so whatever was promised is over; who never wants a call again stays known."""
    theirs = select(callbacks.c.id).where(callbacks.c.case_id == case_id)
    conn.execute(update(callback_attempts).where(callback_attempts.c.callback_id.in_(theirs)).values(sid_sealed=None))
    nothing = dict.fromkeys(("person", "number_sealed", "code_word_sealed", "code_key"))
    over = {"state": "done", "done_at": func.coalesce(callbacks.c.done_at, now)}
    forgotten = {"outcome": func.coalesce(callbacks.c.outcome, "forgotten")}
    conn.execute(update(callbacks).where(callbacks.c.case_id == case_id).values({**nothing, **over, **forgotten}))


def _forget_contacts(conn: Connection, case_id: int, now: datetime) -> None:
    # A call's key and a text's person may not be null: they become the hash of a row id, which stands for nobody.
    nobody = func.sha256(func.convert_to(func.concat("forgotten contact ", contacts.c.id), "UTF8"))
    conn.execute(
        update(contacts)
        .where(contacts.c.case_id == case_id)
        .values(
            call_key=case((contacts.c.channel == "voice", nobody)),
            person=case((contacts.c.channel == "text", nobody)),
            place=None,
            number_sealed=None,
            call_sid_sealed=None,
            ended_at=func.coalesce(contacts.c.ended_at, now),
        )
    )


def _case(row: Any) -> CaseRow:
    return CaseRow(**{**row._mapping, "flags": tuple(row.flags)})
