"""Pages and attempts: one page at a time, one winner, and no word of the carrier's takes anything back."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from hotline.store import attempts, contacts, inbox, pages, work
from hotline.store.attempts import State
from hotline.store.cases import SealedContact
from hotline.store.engine import Store, for_work
from hotline.store.pages import PageView
from tests.build import (
    NOW,
    SEALER,
    a_call,
    a_call_key,
    a_case,
    a_page,
    a_responder,
    an_attempt,
    counted,
    later,
    some_work,
)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A worker's store."""
    made = for_work(database)
    yield made
    made.close()


@pytest.fixture
def conn(store: Store) -> Iterator[Connection]:
    """One transaction."""
    with store.turn(60) as connection:
        yield connection


def seen(conn: Connection, page_id: int) -> PageView:
    """The page as it is now."""
    page = pages.by_id(conn, page_id)
    assert page is not None
    return page


def an_accepted_page(conn: Connection, call_key: bytes | None = None) -> tuple[int, int]:
    """A page and the attempt that accepted it."""
    page_id = a_page(conn, call_key)
    attempt_id = an_attempt(conn, page_id)
    assert pages.claim(conn, page_id, attempt_id, NOW)
    return page_id, attempt_id


def test_a_contact_has_one_page_at_a_time(conn: Connection):
    """A second page of a contact makes the first one louder; once that is done, there is another."""
    contact_id, case_id = a_call(conn), a_case(conn).id
    about = (conn, contact_id, case_id)
    first, created = pages.ensure(*about, "P2", None, "help", False, False, [1, None], NOW)
    again = pages.ensure(*about, "P1", "en", "key 9", True, True, [2, None], later(seconds=1))
    page = seen(conn, first)
    assert created and again == (first, False)
    assert (page.priority, page.language, page.muted, page.quiet, page.chain) == ("P1", "en", True, True, (1, None))
    assert (page.reason, page.opened_at) == ("help", NOW)
    assert pages.finish(conn, first, "met", NOW)
    assert pages.ensure(*about, "P1", None, "back", False, False, [None], NOW)[1]


def test_one_question_shows_a_call_its_page(conn: Connection):
    """The wait asks once, and learns all it needs; a call without a page has none."""
    key = a_call_key()
    page_id = a_page(conn, key, quiet=True)
    responder_id = a_responder(conn)
    attempt_id = an_attempt(conn, page_id, responder=responder_id)
    pages.claim(conn, page_id, attempt_id, later(seconds=9))
    with counted(conn) as statements:
        page = pages.look(conn, key)
    assert page is not None and len(statements) == 1 and page == seen(conn, page_id)
    assert (page.state, page.accepted_responder, page.accepted_at, page.quiet) == (
        "accepted",
        responder_id,
        later(seconds=9),
        True,
    )
    assert pages.look(conn, a_call_key()) is None and pages.call_key_of(conn, page_id) == key
    assert pages.of_contact(conn, page.contact_id) == pages.latest_by_code(conn, page.code) == page


def test_of_those_who_press_one_at_once_one_wins(store: Store):
    """Four attempts claim a page at the same moment: one is told yes, three no."""
    with store.turn() as conn:
        page_id = a_page(conn)
        tried = [an_attempt(conn, page_id, position) for position in range(4)]
    ready = Barrier(4)

    def presses(attempt_id: int) -> bool:
        with store.turn(30) as conn:
            conn.execute(text("select 1"))
            ready.wait()
            return pages.claim(conn, page_id, attempt_id, NOW)

    with ThreadPoolExecutor(4) as hands:
        assert sorted(hands.map(presses, tried)) == [False, False, False, True]


def test_pressing_one_twice_wins_twice(conn: Connection):
    """The winner's repeated key is a win, with the first instant; an attempt of another page never is."""
    page_id, attempt_id = an_accepted_page(conn)
    assert pages.claim(conn, page_id, attempt_id, later(seconds=5)) and seen(conn, page_id).accepted_at == NOW
    other = a_page(conn)
    assert not pages.claim(conn, other, attempt_id, NOW) and seen(conn, other).state == "open"


def test_a_late_word_reopens_nothing(conn: Connection):
    """A page is reopened for the attempt that had accepted it, not for one that had it before."""
    page_id, first = an_accepted_page(conn)
    assert pages.reopen(conn, page_id, NOW, first)
    second = an_attempt(conn, page_id, position=1)
    assert pages.claim(conn, page_id, second, NOW) and not pages.reopen(conn, page_id, NOW, first)
    assert seen(conn, page_id).accepted_attempt == second
    assert pages.reopen(conn, page_id, NOW) and not pages.reopen(conn, page_id, NOW)
    assert (seen(conn, page_id).state, seen(conn, page_id).accepted_attempt) == ("open", None)


def test_a_page_is_done_once(conn: Connection):
    """The first outcome stays; a done page is neither claimed nor reopened, and its conference is forgotten."""
    page_id, attempt_id = an_accepted_page(conn)
    pages.note_in_room(conn, page_id, "team", SEALER.seal_conference("CF1"), NOW)
    assert pages.finish(conn, page_id, "met", NOW) and not pages.finish(conn, page_id, "other", NOW)
    assert not pages.claim(conn, page_id, attempt_id, NOW) and not pages.reopen(conn, page_id, NOW)
    page = seen(conn, page_id)
    assert (page.outcome, page.done_at, page.conference) == ("met", NOW, None)


def test_who_was_in_the_room_together_has_met(conn: Connection):
    """Meeting takes both at once, whoever came first, and is new after a reopening."""
    key = a_call_key()
    page_id, _ = an_accepted_page(conn, key)
    pages.note_in_room(conn, page_id, "person", b"sealed", NOW)
    pages.note_in_room(conn, page_id, "person", None, later(seconds=3))
    assert (seen(conn, page_id).person_in_room_at, seen(conn, page_id).met) == (NOW, False)
    pages.note_in_room(conn, page_id, "team", None, later(seconds=4))
    assert (seen(conn, page_id).met_at, seen(conn, page_id).conference) == (later(seconds=4), b"sealed")
    assert (seen(conn, page_id).met, seen(conn, page_id).team_in_room) == (True, True)
    pages.reopen(conn, page_id, NOW)
    assert not seen(conn, page_id).met


def test_hanging_up_cancels_nothing(conn: Connection):
    """The person's going is noted once, and the page stays as it is."""
    key = a_call_key()
    page_id, _ = an_accepted_page(conn, key)
    pages.note_in_room(conn, page_id, "person", None, NOW)
    page = pages.note_person_gone(conn, key, NOW)
    again = pages.note_person_gone(conn, key, later(seconds=9))
    assert page is not None and (page.state, page.person_gone_at, page.person_in_room_at) == ("accepted", NOW, None)
    assert page == again and pages.note_person_gone(conn, a_call_key(), NOW) is None


def test_what_the_person_says_is_kept(conn: Connection):
    """The last answer about being called back counts; an error is marked and withdraws nothing."""
    key = a_call_key()
    page_id = a_page(conn, key)
    assert seen(conn, page_id).may_call_back is None
    assert all(pages.set_may_call_back(conn, key, may) for may in (True, False)) and pages.mark_mistake(conn, key)
    page = seen(conn, page_id)
    assert (page.may_call_back, page.mistake, page.state) == (False, True, "open")
    assert not pages.mark_mistake(conn, a_call_key())


def test_a_page_without_work_is_found(conn: Connection):
    """An open page that nothing will come back to is the sweep's to find; an accepted one is not unacknowledged."""
    worked, lost, (accepted, _) = a_page(conn), a_page(conn), an_accepted_page(conn)
    some_work(conn, "page", subject_id=worked)
    some_work(conn, "bring", subject_id=lost)
    assert pages.without_work(conn, "page") == [lost]
    assert {page.id for page in pages.unacknowledged(conn)} == {worked, lost} - {accepted}


def test_an_urgent_opening_takes_few_statements(conn: Connection):
    """From a key 9 to a page with its work and its remembered answer: six statements, with the case they need."""
    key = a_call_key()
    with counted(conn) as statements:
        inbox.remember(conn, key, 0, b"answer", NOW)
        contact_id = contacts.open_call(conn, key, None, NOW)
        case = a_case(conn, SealedContact(contact_id, b"number", b"sid"), priority="P1")
        page_id = a_page(conn, contact_id=contact_id, case_id=case.id)
        work.add(conn, "page", "urgent", page_id, NOW)
    assert len(statements) <= 6


def test_planning_twice_is_one_attempt(conn: Connection):
    """A worker that died after planning and one that comes after it make one attempt per position and channel."""
    page_id = a_page(conn)
    call, text_ = an_attempt(conn, page_id, 0), an_attempt(conn, page_id, 0, "text")
    assert an_attempt(conn, page_id, 0) == call != text_ and an_attempt(conn, page_id, 1) not in (call, text_)
    assert [one.id for one in attempts.of_page(conn, page_id)][:2] == [call, text_]


MOVES: list[tuple[str, list[State], State]] = [
    ("call", ["sending", "sent", "ringing", "answered", "accepted", "ended"], "ended"),
    ("call", ["sending", "ringing", "sent"], "ringing"),
    ("call", ["sending", "unknown", "ringing", "busy", "ringing"], "busy"),
    ("call", ["sent", "no_answer", "declined"], "no_answer"),
    ("call", ["sent", "no_answer", "accepted"], "accepted"),
    ("call", ["accepted", "ringing", "busy", "declined"], "accepted"),
    ("call", ["sent", "ended", "accepted"], "ended"),
    ("call", ["declined", "ended"], "declined"),
    ("text", ["sent", "failed", "accepted"], "accepted"),
    ("text", ["sent", "ended", "accepted"], "accepted"),
]


@pytest.mark.parametrize(("channel", "states", "last"), MOVES)
def test_an_attempt_moves_forward_only(conn: Connection, channel: str, states: list[State], last: State):
    """The carrier's words in any order leave the furthest state; a human's yes counts though the machine said no."""
    attempt_id = an_attempt(conn, page_id := a_page(conn), channel=channel)
    moved = [attempts.move(conn, attempt_id, state, NOW) for state in states]
    found = attempts.by_id(conn, attempt_id)
    assert found is not None and found.state == last
    assert found.generation == len([page for page in moved if page == page_id])


def test_each_instant_of_an_attempt_is_its_first(conn: Connection):
    """Sent, ringing, answered and settled have the instant they were first heard of."""
    attempt_id = an_attempt(conn, a_page(conn))
    states: list[State] = ["sent", "ringing", "answered", "accepted", "ended"]
    for seconds, state in enumerate(states):
        attempts.move(conn, attempt_id, state, later(seconds=seconds), error_code=seconds or None)
    found = attempts.by_id(conn, attempt_id)
    assert found is not None and found.error_code == 4
    assert (found.sent_at, found.ringing_at, found.answered_at, found.settled_at) == tuple(
        later(seconds=n) for n in range(4)
    )


def test_an_older_sequence_is_not_news(conn: Connection):
    """Of the carrier's numbered words the highest counts, and the same one twice counts once."""
    attempt_id = an_attempt(conn, page_id := a_page(conn))
    assert attempts.move(conn, attempt_id, "ringing", NOW, sequence=1) == page_id
    assert attempts.move(conn, attempt_id, "answered", NOW, sequence=1) is None
    assert attempts.move(conn, attempt_id, "busy", NOW, sequence=0) is None
    assert attempts.move(conn, attempt_id, "answered", NOW, sequence=2) == page_id


def test_a_sid_that_comes_late_is_kept(conn: Connection):
    """The leg may ring before we are told its SID: the state stays, the SID is noted, and finds the attempt."""
    attempt_id = an_attempt(conn, a_page(conn))
    attempts.move(conn, attempt_id, "ringing", NOW)
    assert attempts.move(conn, attempt_id, "sent", NOW, sid_key=b"key", sid_sealed=b"sealed") is None
    found = attempts.find_sid(conn, b"key")
    assert found is not None and (found.id, found.state, found.sid_sealed) == (attempt_id, "ringing", b"sealed")


def test_a_responder_s_latest_attempt_is_what_they_answer(conn: Connection):
    """`1 CODE` is about the latest attempt for that page and person."""
    page_id, responder_id = a_page(conn), a_responder(conn)
    an_attempt(conn, page_id, 0, "call", responder_id)
    text_ = an_attempt(conn, page_id, 0, "text", responder_id)
    found = attempts.latest_for(conn, page_id, responder_id)
    assert found is not None and found.id == text_ and attempts.latest_for(conn, page_id, responder_id + 1) is None


def test_the_database_refuses_an_accepted_page_without_an_attempt(conn: Connection):
    """What code must not do, a constraint does not allow."""
    page_id = a_page(conn)
    with pytest.raises(IntegrityError):
        conn.execute(text("update pages set state = 'accepted' where id = :id"), {"id": page_id})
