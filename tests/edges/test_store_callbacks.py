"""Callbacks in SQL: drafts, one promise per number, what each state allows, and legs that go forward only."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from hotline.store import callbacks, cases, pages
from hotline.store.callbacks import BEFORE, Draft
from hotline.store.engine import for_work
from tests.build import NOW, a_call, a_callback, a_case, a_page, a_person, an_attempt, counted, later

BELL = ("callback", "urgent")


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    """One transaction of a worker's store."""
    store = for_work(database)
    with store.turn() as conn:
        yield conn
    store.close()


def a_leg(conn: Connection, callback_id: int) -> int:
    page = a_page(conn, callback_id=callback_id)
    found = callbacks.by_id(conn, callback_id)
    assert found is not None
    leg = callbacks.plan_leg(conn, found, page, an_attempt(conn, page), NOW)
    assert leg is not None
    return leg


def test_a_draft_is_filled_part_by_part(conn: Connection) -> None:
    """Each part replaces its own earlier one; there is one draft per contact."""
    contact, case = a_call(conn), a_case(conn).id
    assert callbacks.drafted(conn, contact) is None
    callbacks.put(conn, contact, case, NOW, person=a_person(), number_sealed=b"1")
    callbacks.put(conn, contact, case, NOW, starts_at=NOW, ends_at=later(hours=1))
    callbacks.put(conn, contact, case, NOW, starts_at=later(hours=2), ends_at=later(hours=3))
    assert callbacks.drafted(conn, contact) == Draft(later(hours=2), later(hours=3), True)
    assert conn.execute(text("select count(*) from callbacks")).scalar_one() == 1


@pytest.mark.parametrize("told", [{}, {"person": b"p"}, {"starts_at": NOW, "ends_at": later(hours=1)}])
def test_half_a_draft_promises_nothing(conn: Connection, told: dict[str, Any]) -> None:
    """A number and an hour, or no promise and no work."""
    contact = a_call(conn)
    callbacks.put(conn, contact, a_case(conn).id, NOW, **told)
    assert callbacks.promise(conn, contact, "fr", NOW, BELL) is None
    assert conn.execute(text("select count(*) from work")).scalar_one() == 0


def test_a_promise_and_its_work_are_one_statement(conn: Connection) -> None:
    """Sealed together or not at all."""
    contact, case = a_call(conn), a_case(conn).id
    callbacks.put(conn, contact, case, NOW, person=a_person(), starts_at=NOW, ends_at=later(hours=1))
    with counted(conn) as seen:
        made = callbacks.promise(conn, contact, "en", NOW, BELL)
    assert made is not None and made.made and len(seen) == 1
    assert conn.execute(text("select kind, queue, subject_id from work")).one() == (*BELL, made.id)


def test_one_promise_per_number(conn: Connection) -> None:
    """The latest confirmed takes the place of the one before it, in its row; another number has its own."""
    person = a_person()
    first = a_callback(conn, person=person)
    callbacks.move_on(conn, first, later(days=1), later(days=1, hours=1), 2, later(days=1))
    again = a_callback(conn, person=person, starts_at=later(hours=5), ends_at=later(hours=6))
    found = callbacks.by_id(conn, first)
    assert again == first and found is not None
    assert (found.starts_at, found.due_at, found.windows) == (later(hours=5), later(hours=5), 1)
    assert a_callback(conn) != first


def test_a_promise_that_was_kept_makes_room_for_another(conn: Connection) -> None:
    """The same number may be promised a call again."""
    person = a_person()
    first = a_callback(conn, person=person)
    callbacks.finish(conn, first, "reached", NOW)
    assert a_callback(conn, person=person) != first


MOVES = {
    "take": lambda conn, it: callbacks.take(conn, it),
    "move_on": lambda conn, it: callbacks.move_on(conn, it, later(days=1), later(days=2), 2, later(days=1)),
    "to_human": lambda conn, it: callbacks.to_human(conn, it, "late"),
    "finish": lambda conn, it: callbacks.finish(conn, it, "reached", NOW),
}
ALLOWED = {"promised": {"take", "move_on", "to_human", "finish"}, "due": {"move_on", "to_human", "finish"},
           "human": {"finish"}, "done": set[str]()}  # fmt: skip


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", ALLOWED)
def test_what_each_state_allows(conn: Connection, state: str, move: str) -> None:
    """What is done stays done, and what waits for a human is not taken back by a machine."""
    it = a_callback(conn)
    done_at = "now()" if state == "done" else "null"
    conn.execute(text(f"update callbacks set state = '{state}', done_at = {done_at}"))
    assert MOVES[move](conn, it) is (move in ALLOWED[state])


def test_two_live_promises_to_one_number_are_refused_by_sql(conn: Connection) -> None:
    """Not only by code."""
    first, second = a_callback(conn), a_callback(conn)
    same = f"update callbacks set person = (select person from callbacks where id = {first}) where id = {second}"
    with pytest.raises(IntegrityError, match="uq_callbacks_person"):
        conn.execute(text(same))


def test_never_two_legs_for_one_acceptance(conn: Connection) -> None:
    """A responder's key is one call."""
    it = a_callback(conn)
    found, leg_id = callbacks.by_id(conn, it), a_leg(conn, it)
    leg = callbacks.leg(conn, leg_id)
    assert found is not None and leg is not None and leg.state == "sending"
    assert callbacks.plan_leg(conn, found, leg.page_id, leg.attempt_id, NOW) is None


@pytest.mark.parametrize("state", BEFORE)
def test_a_leg_goes_forward_only(conn: Connection, state: callbacks.LegState) -> None:
    """What the carrier says late or twice changes nothing."""
    for before in ("sending", "unknown", "sent", "ringing", "answered", "busy", "no_answer", "failed", "ended"):
        leg = a_leg(conn, a_callback(conn))
        conn.execute(text(f"update callback_attempts set state = '{before}' where id = {leg}"))
        assert callbacks.move_leg(conn, leg, state, NOW) is (before in BEFORE[state])


def test_an_older_word_of_the_carrier_is_no_news(conn: Connection) -> None:
    """Its sequence says so; the name of the call is noted in any case, once."""
    leg = a_leg(conn, a_callback(conn))
    assert callbacks.move_leg(conn, leg, "ringing", NOW, sequence=2, sid_sealed=b"one")
    assert not callbacks.move_leg(conn, leg, "answered", NOW, sequence=1, sid_sealed=b"two")
    found = callbacks.leg(conn, leg)
    assert found is not None and (found.state, found.sid_sealed) == ("ringing", b"one")


def test_due_are_those_whose_hour_has_come_and_those_that_wait(conn: Connection) -> None:
    """Not drafts, not later ones, not what is done."""
    a_callback(conn)
    a_callback(conn, starts_at=later(hours=1), ends_at=later(hours=2))
    callbacks.take(conn, a_callback(conn))
    callbacks.to_human(conn, a_callback(conn), "late")
    callbacks.finish(conn, a_callback(conn), "reached", NOW)
    assert callbacks.count_due(conn, NOW) == 3
    assert callbacks.count_due(conn, NOW + timedelta(hours=1)) == 4


def test_a_forgotten_case_is_promised_nothing(conn: Connection) -> None:
    """Its number is gone, so the promise is over; who asked never to be called stays known."""
    it, person = a_callback(conn), a_person()
    leg = a_leg(conn, it)
    callbacks.never(conn, person, NOW)
    callbacks.never(conn, person, NOW)
    found = callbacks.by_id(conn, it)
    assert found is not None
    cases.forget(conn, found.case_id, NOW)
    after, left = callbacks.by_id(conn, it), callbacks.leg(conn, leg)
    assert after is not None and left is not None and left.sid_sealed is None
    assert (after.state, after.person, after.number_sealed, after.outcome) == ("done", None, None, "forgotten")
    assert callbacks.is_never(conn, person) and not callbacks.is_never(conn, a_person())


def test_the_page_of_a_callback_says_so(conn: Connection) -> None:
    """The latest one, found from either side; an open one may be ended with its promise."""
    it = a_callback(conn)
    page = a_page(conn, callback_id=it)
    found, about = pages.of_callback(conn, it), callbacks.of_page(conn, page)
    assert found is not None and about is not None
    assert (found.id, found.callback_id, about.id) == (page, it, it)
    assert callbacks.of_page(conn, a_page(conn)) is None
    assert pages.finish_open(conn, "late", NOW, callback_id=it) == [page]
    assert pages.finish_open(conn, "late", NOW, callback_id=it) == []
