"""Tips and their parts, kept apart from who gives them; and the guesses at their numbers in the last hour.

What is not about one page or one bell is written with the hour only: the instant of a tip beside the instant of a call
would say whose it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Text, and_, delete, func, insert, literal, select, update
from sqlalchemy import DateTime as Instant
from sqlalchemy import LargeBinary as Bytes
from sqlalchemy.dialects.postgresql import insert as upsert

from hotline.store import cases
from hotline.store.contacts import INSERTED
from hotline.store.tables import cases as cases_table
from hotline.store.tables import word, work
from hotline.store.tip_tables import PartState, tip_guesses, tip_parts, tips
from hotline.vault import CaseKeys
from ivr_flows.model import Priority
from ivr_flows.priorities import Decision

CALL_KEPT = timedelta(hours=4)  # the longest call there may be: after it nobody adds to a tip without its number
GUESSES_KEPT = timedelta(hours=1)
KEYS_KEPT = timedelta(hours=24)  # a repeated word about a recording is known as one for so long
# Guesses within an hour, before the one at hand: by one call, one person, at one tip, and at all of them.
MOST_BY_CALL, MOST_BY_PERSON, MOST_AT_LOCATOR, MOST_AT_ALL = 5, 10, 5, 300


@dataclass(frozen=True, slots=True)
class Tip:
    """A tip, as whoever adds to it may use it."""

    id: int
    case_id: int
    case_public: bytes
    numbered: bool
    said: bytes | None
    facts: frozenset[str]
    priority: Priority


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a tip, as whoever fetches and erases it may use it; the last two are None where there is no tip."""

    id: int
    kind: str
    state: PartState
    sid_sealed: bytes | None
    erased_at: datetime | None
    case_id: int | None
    case_public: bytes | None


_TIP = select(
    tips.c.id,
    tips.c.case_id,
    cases_table.c.public_key,
    tips.c.locator.is_not(None),
    tips.c.said,
    cases_table.c.flags,
    cases_table.c.priority,
).select_from(tips.join(cases_table, cases_table.c.id == tips.c.case_id))
_PART = select(
    tip_parts.c.id,
    tip_parts.c.kind,
    tip_parts.c.state,
    tip_parts.c.sid_sealed,
    tip_parts.c.erased_at,
    tips.c.case_id,
    cases_table.c.public_key,
).select_from(
    tip_parts.outerjoin(tips, tips.c.id == tip_parts.c.tip_id).outerjoin(
        cases_table, cases_table.c.id == tips.c.case_id
    )
)


def hour(now: datetime) -> datetime:
    """All that is kept of an instant."""
    return now.replace(minute=0, second=0, microsecond=0)


# ── tips ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_giver(conn: Connection, giver: bytes) -> Tip | None:
    """The tip that this call or exchange adds to."""
    row = conn.execute(_TIP.where(tips.c.giver == giver)).one_or_none()
    return None if row is None else _tip(row)


def here(
    conn: Connection,
    giver: bytes,
    keys: CaseKeys,
    code: str,
    placed: Decision,
    language: str | None,
    facts: Iterable[str],
    now: datetime,
) -> tuple[Tip, bool]:
    """The tip that this giver adds to, and whether it was opened here, over a case of its own: one statement.

    Facts, and where they place it, are those of a tip that is opened; one that was there keeps its own.
    """
    theirs = _TIP.where(tips.c.giver == giver)
    opened, wrapped = cases.opening(keys, code, placed, language, facts, "tip", hour(now), unless=theirs)
    given: dict[str, ColumnElement[Any]] = {
        "giver": literal(giver),
        "given_at": literal(now, Instant(True)),
        "opened_at": literal(hour(now), Instant(True)),
    }
    new = upsert(tips).from_select(["case_id", *given], select(opened.c.id, *given.values()))
    made = new.on_conflict_do_nothing(index_elements=[tips.c.giver]).returning(tips.c.id, tips.c.case_id).cte("made")
    case = opened.c
    columns = made.c.id, case.id, case.public_key, literal(False), literal(None, Bytes), case.flags, case.priority
    fresh = select(*columns, literal(True)).select_from(made.join(opened, case.id == made.c.case_id))
    row = conn.execute(theirs.add_columns(literal(False)).union_all(fresh).add_cte(wrapped)).one_or_none()
    if row is not None:
        return _tip(row), row[-1]
    # A key that ends a recording and the carrier's news of it come at the same instant: the other one opened it.
    conn.execute(delete(cases_table).where(cases_table.c.public_key == keys.public))
    found = of_giver(conn, giver)
    if found is None:
        raise LookupError("a tip that is gone as soon as it was there")
    return found, False


def _tip(row: Any) -> Tip:
    return Tip(row[0], row[1], row[2], row[3], row[4], frozenset(row.flags), row.priority)


def number(conn: Connection, tip_id: int, drawn: Sequence[str], hashed: bytes) -> str | None:
    """The tip gets the first of these locators that no other has; None where all are taken."""
    each = func.unnest(literal(list(drawn), ARRAY(Text)))
    listed = each.table_valued("locator", with_ordinality="place").render_derived()
    taken = select(tips.c.id).where(tips.c.locator == listed.c.locator).exists()
    free = select(listed.c.locator).where(~taken).order_by(listed.c.place).limit(1).scalar_subquery()
    given = update(tips).where(tips.c.id == tip_id, free.is_not(None))
    found = conn.execute(given.values(locator=free, secret_hash=hashed).returning(tips.c.locator))
    return found.scalar_one_or_none()


def say_again(conn: Connection, tip_id: int, said: bytes) -> None:
    """Its number, sealed for the call that heard it."""
    conn.execute(update(tips).where(tips.c.id == tip_id).values(said=said))


def by_locator(conn: Connection, locator: str) -> tuple[int, bytes] | None:
    """The tip of that locator and the hash of its secret; None also once its case is forgotten."""
    known = select(tips.c.id, tips.c.secret_hash).join(cases_table, cases_table.c.id == tips.c.case_id)
    row = conn.execute(known.where(tips.c.locator == locator, cases_table.c.forgotten_at.is_(None))).one_or_none()
    return None if row is None else (row[0], row[1])


def take(conn: Connection, tip_id: int, giver: bytes, now: datetime) -> None:
    """From here on this call or exchange adds to this tip, and to no other."""
    release(conn, giver)
    conn.execute(update(tips).where(tips.c.id == tip_id).values(giver=giver, given_at=now, said=None))


def release(conn: Connection, giver: bytes) -> None:
    """Nobody can tell any more which call or exchange added to this tip."""
    conn.execute(update(tips).where(tips.c.giver == giver).values(giver=None, given_at=None, said=None))


# ── parts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def has_parts(conn: Connection, tip_id: int) -> bool:
    """Whether anything of it has been said or written."""
    dropped = tip_parts.c.state == word("dropped")
    return bool(conn.execute(select(select(tip_parts).where(tip_parts.c.tip_id == tip_id, ~dropped).exists())).scalar())


def add_recording(
    conn: Connection, tip_id: int | None, state: PartState, sid_key: bytes, sid_sealed: bytes, now: datetime
) -> tuple[int, bool]:
    """A recording that the carrier has, and whether it is news. One that was dropped stays so, and keeps no sound."""
    new = upsert(tip_parts).values(
        tip_id=tip_id, kind="voice", state=state, sid_key=sid_key, sid_sealed=sid_sealed, created_at=hour(now)
    )
    dropped = {"state": state, "body_sealed": None} if state == "dropped" else {"sid_key": new.excluded.sid_key}
    made = new.on_conflict_do_update(index_elements=[tip_parts.c.sid_key], set_=dropped)
    part_id, created = conn.execute(made.returning(tip_parts.c.id, INSERTED)).one()
    return part_id, created


def add_text(
    conn: Connection,
    tip_id: int,
    body: bytes,
    media: bytes | None,
    sid_sealed: bytes,
    erase: tuple[str, str],
    forget: tuple[str, str, int, datetime],
    now: datetime,
) -> int:
    """Words of a tip, sealed, with the work that erases them there and that forgets the exchange: one statement.

    `erase` is a kind and its queue; `forget` too, with its contact and when; there is one of these per contact. The id
    of the first, to ring.
    """
    values = {"body_sealed": body, "media_sealed": media, "sid_sealed": sid_sealed, "created_at": hour(now)}
    part = insert(tip_parts).values(values | {"tip_id": tip_id, "kind": "text", "state": "kept"})
    written, (kind, queue, contact_id, due_at) = part.returning(tip_parts.c.id).cte("written"), forget
    at, once = literal(now, Instant(True)), literal(f"{kind}:{contact_id}", Text)
    exchange = select(
        literal(kind, Text), literal(queue, Text), literal(contact_id), literal(due_at, Instant(True)), once, at
    )
    theirs = select(literal(erase[0], Text), literal(erase[1], Text), written.c.id, at, literal(None, Text), at)
    columns = ["kind", "queue", "subject_id", "due_at", "dedup_key", "created_at"]
    owed = upsert(work).from_select(columns, exchange.union_all(theirs))
    kept = owed.on_conflict_do_update(index_elements=[work.c.dedup_key], set_={"dedup_key": owed.excluded.dedup_key})
    rows = conn.execute(kept.returning(work.c.kind, work.c.id)).all()
    return next(int(row.id) for row in rows if row.kind == erase[0])


def part(conn: Connection, part_id: int) -> Part | None:
    """One part."""
    row = conn.execute(_PART.where(tip_parts.c.id == part_id)).one_or_none()
    return None if row is None else Part(*row)


def part_of_recording(conn: Connection, sid_key: bytes) -> Part | None:
    """The part that a recording became."""
    row = conn.execute(_PART.where(tip_parts.c.sid_key == sid_key)).one_or_none()
    return None if row is None else Part(*row)


def keep(conn: Connection, part_id: int, body: bytes) -> bool:
    """The sound is here, sealed; False where it was dropped meanwhile."""
    return _settle(conn, part_id, "kept", body)


def absent(conn: Connection, part_id: int, now: datetime) -> bool:
    """The carrier has no such recording: there is nothing to keep and nothing to erase."""
    _settle(conn, part_id, "absent", None)
    return erased(conn, part_id, now)


def erased(conn: Connection, part_id: int, now: datetime) -> bool:
    """The carrier has confirmed that it is gone there; its name is dropped here."""
    gone = update(tip_parts).where(tip_parts.c.id == part_id, tip_parts.c.erased_at.is_(None))
    return conn.execute(gone.values(erased_at=now, sid_sealed=None)).rowcount == 1


def words(conn: Connection, case_id: int) -> list[bytes]:
    """What was written in a tip, sealed to its case, the oldest first."""
    written = select(tip_parts.c.body_sealed).join(tips, tips.c.id == tip_parts.c.tip_id)
    kept = and_(tips.c.case_id == case_id, tip_parts.c.kind == word("text"), tip_parts.c.body_sealed.is_not(None))
    return list(conn.execute(written.where(kept).order_by(tip_parts.c.id)).scalars())


def _settle(conn: Connection, part_id: int, state: PartState, body: bytes | None) -> bool:
    waiting = update(tip_parts).where(tip_parts.c.id == part_id, tip_parts.c.state == word("waiting"))
    return conn.execute(waiting.values(state=state, body_sealed=body)).rowcount == 1


# ── guesses ───────────────────────────────────────────────────────────────────────────────────────────────────────


def may_guess(conn: Connection, call: bytes | None, person: bytes | None, locator: bytes, now: datetime) -> int | None:
    """This guess is counted, as wrong until it is right: its id. None, and nothing written, where there were too many.

    One statement; those who guess at the same instant do not see each other, and are as few as the web's threads.
    """
    recent = tip_guesses.c.at > now - GUESSES_KEPT
    mine = {name: literal(key, Bytes) for name, key in (("call", call), ("person", person), ("locator", locator))}
    most = {"call": MOST_BY_CALL, "person": MOST_BY_PERSON, "locator": MOST_AT_LOCATOR}
    few = [func.count().filter(tip_guesses.c[name] == mine[name]) < most[name] for name in most]
    allowed = select(and_(func.count() < MOST_AT_ALL, *few)).where(recent).scalar_subquery()
    row = select(literal(now, Instant(True)), mine["call"], mine["person"], mine["locator"]).where(allowed)
    counted = insert(tip_guesses).from_select(["at", "call", "person", "locator"], row)
    return conn.execute(counted.returning(tip_guesses.c.id)).scalar_one_or_none()


def was_right(conn: Connection, guess_id: int) -> None:
    """It was no guess."""
    conn.execute(delete(tip_guesses).where(tip_guesses.c.id == guess_id))


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def tidy(conn: Connection, now: datetime) -> None:
    """Old guesses, the givers of calls that are over, what recordings were called, and tips with nothing in them."""
    conn.execute(delete(tip_guesses).where(tip_guesses.c.at < now - GUESSES_KEPT))
    nobody = {"giver": None, "given_at": None, "said": None}
    conn.execute(update(tips).where(tips.c.given_at < now - CALL_KEPT).values(nobody))
    conn.execute(update(tip_parts).where(tip_parts.c.erased_at < now - KEYS_KEPT).values(sid_key=None))
    conn.execute(delete(tip_parts).where(tip_parts.c.tip_id.is_(None), tip_parts.c.erased_at < now - KEYS_KEPT))
    filled = select(tip_parts.c.id).where(tip_parts.c.tip_id == tips.c.id).exists()
    empty = select(tips.c.id, tips.c.case_id).where(tips.c.giver.is_(None), tips.c.locator.is_(None), ~filled)
    for tip_id, case_id in conn.execute(empty.limit(100)).all():
        conn.execute(delete(tips).where(tips.c.id == tip_id))
        cases.forget(conn, case_id, now)
