"""Builders of rows with defaults: what a test does not say does not matter to it. Everybody here is invented."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, event, insert

from hotline.rules.duty import Problem, Shift
from hotline.rules.rota import Override, Rota
from hotline.store import (
    attempts,
    callbacks,
    cases,
    contacts,
    feeds,
    guests,
    pages,
    planning,
    roster,
    roster_watch,
    swaps,
    tips,
    work,
)
from hotline.store.cases import CaseRow, SealedContact
from hotline.store.roster_tables import shifts
from hotline.vault import Opener, Sealer, keygen, public_half
from ivr_flows.priorities import Decision, asked

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
NUMBER = "+15145550123"
SEAL_KEY = keygen()
SEALER = Sealer(os.urandom(32), os.urandom(32), public_half(SEAL_KEY))
OPENER = Opener([SEAL_KEY])
_next = count(1)


def later(**span: float) -> datetime:
    """An instant after NOW."""
    return NOW + timedelta(**span)


def a_call_key() -> bytes:
    """The pseudonym of a call nobody has made before."""
    return SEALER.pseudonym("call", f"CA{next(_next):032}")


def a_person() -> bytes:
    """The pseudonym of somebody new."""
    return SEALER.pseudonym("person", f"+1514555{next(_next):04}")


def a_call(conn: Connection, call_key: bytes | None = None, person: bytes | None = None) -> int:
    """A call, from its opening."""
    return contacts.open_call(conn, call_key or a_call_key(), person, NOW)


def a_case(conn: Connection, contact: SealedContact | None = None, **changes: Any) -> CaseRow:
    """A case with its keys; everything about it may be given."""
    about: dict[str, Any] = {
        "code": f"{next(_next):06}",
        "placed": asked(changes.pop("priority", "P3")),
        "language": "fr",
        "flags": (),
        "path": "voice",
    }
    return cases.open_case(conn, SEALER.new_case_keys(), **{**about, **changes}, now=NOW, contact=contact)


def a_tip(conn: Connection, giver: bytes | None = None, locator: str = "47129") -> int:
    """A tip with a number and one part, given by somebody new."""
    keys, placed = SEALER.new_case_keys(), Decision("P4", "triage", "information")
    tip, _ = tips.here(conn, giver or os.urandom(32), keys, f"{next(_next):06}", placed, "fr", {"tip"}, NOW)
    tips.number(conn, tip.id, [locator], b"hash")
    body, forget = SEALER.seal_to_case(tip.case_public, b"une plaque"), ("forget_exchange", "work", a_call(conn), NOW)
    tips.add_text(conn, tip.id, body, None, b"sealed", ("fetch_tip", "work"), forget, NOW)
    tips.may_guess(conn, None, a_person(), b"locator", NOW)
    return tip.id


def a_page(conn: Connection, call_key: bytes | None = None, **changes: Any) -> int:
    """A page of a new call with a new case."""
    contact_id = changes.pop("contact_id", None) or a_call(conn, call_key)
    case_id = changes.pop("case_id", None) or a_case(conn, SealedContact(contact_id)).id
    about = {"priority": "P1", "language": "fr", "reason": "key 9", "muted": False, "quiet": False, "chain": [None]}
    return pages.ensure(conn, contact_id, case_id, **{**about, **changes}, now=NOW)[0]  # type: ignore[arg-type]


def an_attempt(
    conn: Connection, page_id: int, position: int = 0, channel: str = "call", responder: int | None = None
) -> int:
    """A planned attempt; to the fallback number where no responder is given."""
    return attempts.plan(conn, page_id, responder, 0, position, channel, NOW)


def a_guest(conn: Connection, page_id: int) -> int:
    """A guest of a page who is about to be rung."""
    guests.draft(conn, page_id, an_attempt(conn, page_id), "number", [b"sealed"], False, NOW)
    drafted = guests.drafted(conn, an_attempt(conn, page_id))
    assert drafted is not None and guests.move(conn, drafted.id, "due", NOW)
    return drafted.id


def a_responder(conn: Connection, rank: str = "on-duty", always: bool = True, phone: str | None = None) -> int:
    """A responder, on duty since NOW unless told otherwise."""
    number = phone or f"+1514555{next(_next) % 10000:04}"
    return roster.add_responder(conn, SEALER, "Camille", number, rank, ["fr", "en"], always, NOW)


def a_shift(conn: Connection, who: int, starts_at: datetime, ends_at: datetime | None, source: str = "hand") -> None:
    """A shift, up to but not including its end; None is for ever."""
    told = {"responder_id": who, "starts_at": starts_at, "ends_at": ends_at, "source": source}
    conn.execute(insert(shifts).values(told))


def a_roster(conn: Connection) -> int:
    """Nights of two people, and a row in every table of the roster: the id of the first of the two."""
    first, second = a_responder(conn, always=False), a_responder(conn, "deputy", always=False)
    days, zone = frozenset(range(7)), ZoneInfo("America/Toronto")
    nights = [Rota(who, days, time(23), time(7), NOW.date(), zone) for who in (first, second)]
    off = Override("remove", second, later(days=3), later(days=4))
    planning.replace_plan(conn, planning.Plan({"nuit": True}, nights, [off]), NOW)
    planning.replace_calendar(conn, [Shift(first, later(days=9), later(days=9, hours=8))], NOW)
    assert swaps.offer_swap(conn, first, second, NOW) is not None
    feeds.give(conn, first, os.urandom(32), NOW)
    roster_watch.plan_check(conn, first, later(hours=4.5))
    roster_watch.note(conn, [Problem("gap", NOW, None)], NOW)
    return first


def some_work(conn: Connection, kind: str = "page", queue: str = "urgent", subject_id: int = 1, **changes: Any) -> int:
    """A row of work, due now."""
    return work.add(conn, kind, queue, subject_id, **{"due_at": NOW, "now": NOW, **changes})


def a_callback(conn: Connection, contact_id: int | None = None, case_id: int | None = None, **changes: Any) -> int:
    """A promise of a call at NOW, to somebody new."""
    contact = contact_id or a_call(conn)
    case = case_id or a_case(conn, SealedContact(contact)).id
    told = {"person": a_person(), "number_sealed": b"x", "starts_at": NOW, "ends_at": later(hours=1), **changes}
    callbacks.put(conn, contact, case, NOW, **told)
    sealed = callbacks.promise(conn, contact, "fr", NOW, ("callback", "urgent"))
    assert sealed is not None
    return sealed.id


@contextmanager
def counted(conn: Connection) -> Iterator[list[str]]:
    """The statements that the block executes."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(conn, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(conn, "before_cursor_execute", note)
