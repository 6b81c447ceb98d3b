"""Conversations by text in the store: since when somebody waits, and what two at once may do once."""

import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection

from hotline.store import attempts, contacts, messages, pages, team_texts, threads
from hotline.store.cases import SealedContact
from hotline.store.engine import Store, for_work
from tests.build import NOW, a_case, a_page, a_person, a_responder, an_attempt, later


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A worker's store."""
    made = for_work(database)
    yield made
    made.close()


def a_thread(conn: Connection) -> tuple[int, int, int, int]:
    """A page of a text, accepted a minute after it was written: its id, case, contact and responder."""
    contact, _ = contacts.open_text(conn, a_person(), {}, NOW)
    case, responder = a_case(conn, SealedContact(contact)), a_responder(conn)
    writes(conn, case.id, contact, 0)
    page = a_page(conn, contact_id=contact, case_id=case.id)
    attempt = an_attempt(conn, page, channel="text", responder=responder)
    pages.claim(conn, page, attempt, later(seconds=60))
    attempts.move(conn, attempt, "accepted", later(seconds=60))
    return page, case.id, contact, responder


def writes(conn: Connection, case_id: int, contact_id: int, second: int) -> None:
    """The person's text of that second."""
    messages.received(conn, case_id, contact_id, f"{second}".encode(), b"sid", b"body", later(seconds=second))


@pytest.mark.parametrize(
    ("happens", "since"),
    [
        ((), 60),
        (("tend 70",), None),
        (("tend 70", "writes 80"), 80),
        (("tend 70", "writes 80", "writes 90"), 80),
        (("begin 75",), 75),
        (("tend 70", "writes 80", "begin 85"), 85),
        (("begin 75", "tend 76"), None),
        (("tend 80", "tend 70"), None),
        (("reopen",), None),
    ],
)
def test_since_when_somebody_waits(store: Store, happens: tuple[str, ...], since: int | None) -> None:
    """The oldest unanswered text, no earlier than it was accepted or somebody was last at it."""
    with store.turn(60) as conn:
        page, case, contact, _ = a_thread(conn)
        for deed in happens:
            word, second = (*deed.split(), "0")[:2]
            at = later(seconds=int(second))
            {
                "tend": lambda at=at: threads.tend(conn, page, at),
                "begin": lambda at=at: threads.begin(conn, page, at),
                "writes": lambda second=second: writes(conn, case, contact, int(second)),
                "reopen": lambda at=at: pages.reopen(conn, page, at),
            }[word]()
        assert threads.waits_since(conn, page) == (None if since is None else later(seconds=since))


def at_once(store: Store, deed: Callable[[Connection], object]) -> list[object]:
    """Two do it in the same instant, each in a transaction of their own: what came of it."""
    found: list[object] = []
    ready = threading.Barrier(2)

    def does() -> None:
        with store.turn(60) as conn:
            ready.wait(10)
            found.append(deed(conn))

    both = [threading.Thread(target=does) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    return found


def test_what_is_held_is_confirmed_once(store: Store) -> None:
    """Two texts that confirm it at once: one of them sends it."""
    with store.turn(60) as conn:
        _, case, contact, responder = a_thread(conn)
        held = messages.to_send(conn, case, contact, b"x", NOW, responder, held=True)
    found = at_once(store, lambda conn: messages.confirm_held(conn, contact, responder, NOW, later(seconds=5)))
    assert sorted(found, key=str) == sorted([held, None], key=str)


def test_a_confirmation_and_a_refusal_do_not_both_win(store: Store) -> None:
    """Sent or dropped, never both; what was dropped is not confirmed afterwards."""
    with store.turn(60) as conn:
        _, case, contact, responder = a_thread(conn)
        messages.to_send(conn, case, contact, b"x", NOW, responder, held=True)
        assert messages.drop_held(conn, contact, responder)
        assert messages.confirm_held(conn, contact, responder, NOW, later(seconds=5)) is None
        assert messages.last_fate(conn, contact) is None


def test_only_the_newest_is_held(store: Store) -> None:
    """What is written after it takes its place; what was held too long ago is not confirmed."""
    with store.turn(60) as conn:
        _, case, contact, responder = a_thread(conn)
        messages.to_send(conn, case, contact, b"x", NOW, responder, held=True)
        second = messages.to_send(conn, case, contact, b"y", later(seconds=1), responder, held=True)
        assert messages.confirm_held(conn, contact, responder, later(seconds=2), later(seconds=5)) is None
        assert messages.confirm_held(conn, contact, responder, NOW, later(seconds=5)) == second
        assert messages.last_confirmed(conn, contact, responder) == later(seconds=5)


def test_the_same_text_brought_twice_at_once_is_taken_once(store: Store) -> None:
    """The carrier's two requests meet: one order is done."""
    with store.turn(60) as conn:
        responder = a_responder(conn)
    found = at_once(store, lambda conn: team_texts.received(conn, responder, "accept", b"key", None, NOW))
    assert [each is None for each in found].count(True) == 1


def test_a_month_later_nothing_is_kept_but_what_must_be_erased(store: Store) -> None:
    """A text whose words may still stand at the carrier stays until they do not."""
    with store.turn(60) as conn:
        responder = a_responder(conn)
        waits = team_texts.received(conn, responder, "answer", b"one", b"sid", NOW)
        team_texts.received(conn, responder, "accept", b"two", None, NOW)
        team_texts.tidy(conn, later(days=31))
        assert [waits is not None and team_texts.by_id(conn, waits) is not None] == [True]
        assert waits is not None and team_texts.move(conn, waits, "erased")
        team_texts.tidy(conn, later(days=31))
        assert team_texts.by_id(conn, waits) is None
