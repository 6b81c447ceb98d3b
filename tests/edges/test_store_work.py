"""Work, under races: what two processes do at once, done here by two threads on two connections."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, text, update
from sqlalchemy.exc import IntegrityError

from hotline.store import inbox, tables, work
from hotline.store.engine import Store, for_work
from tests.build import NOW, a_call_key, later, some_work

LEASE = timedelta(seconds=30)


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


def at_once(store: Store, *deeds: Callable[[Connection], Any]) -> list[Any]:
    """What each of several deeds gives, begun at the same moment on connections of their own."""
    ready = Barrier(len(deeds))

    def does(deed: Callable[[Connection], Any]) -> Any:
        with store.turn(30) as conn:
            conn.execute(text("select 1"))
            ready.wait()
            return deed(conn)

    with ThreadPoolExecutor(len(deeds)) as hands:
        return list(hands.map(does, deeds))


def wall_passes(conn: Connection, seconds: float) -> None:
    """As if so many seconds of the wall had gone by: every lease and bell is that much older."""
    span = timedelta(seconds=seconds)
    names = ("lease_until", "rung_at", "first_rung_at")
    conn.execute(update(tables.work).values({name: tables.work.c[name] - span for name in names}))


def bells(conn: Connection, **after: float) -> list[tuple[int, bool, bool]]:
    """What the sweep would do, briefly."""
    return [(bell.work_id, bell.ring_it, bell.work_it) for bell in work.due(conn, later(**after))]


def test_two_claimers_race_and_one_wins(store: Store):
    """Of workers that claim a row at once exactly one gets it."""
    with store.turn() as conn:
        work_id = some_work(conn)
    found = at_once(store, *[lambda conn: work.claim(conn, work_id, NOW, LEASE)] * 4)
    assert [claim.generation for claim in found if claim] == [1]


def test_a_claim_says_what_to_do(conn: Connection):
    """A claim carries the row's kind, queue, subject, generation and number of tries."""
    work_id = some_work(conn, "write", "work", subject_id=42)
    assert work.claim(conn, work_id, NOW, LEASE) == work.Claim(work_id, "write", "work", 42, 1, 1, NOW, NOW)


def test_what_is_not_due_is_not_claimed(conn: Connection):
    """A row due later, done, or unknown is nobody's."""
    work_id = some_work(conn, due_at=later(seconds=1))
    assert work.claim(conn, work_id, NOW, LEASE) is None
    assert work.claim(conn, work_id, later(seconds=1), LEASE) is not None
    assert work.settle(conn, work_id, 1, "sent") and work.claim(conn, work_id, later(days=1), LEASE) is None
    assert work.claim(conn, work_id + 1, NOW, LEASE) is None


def test_an_old_generation_settles_nothing(conn: Connection):
    """After its lease has ended and another took over, a slow worker's words are not written."""
    work_id = some_work(conn)
    work.claim(conn, work_id, NOW, LEASE)
    wall_passes(conn, 31)
    again = work.claim(conn, work_id, NOW, LEASE)
    assert again is not None and (again.generation, again.attempts) == (2, 2)
    old = [verb(conn, work_id, 1, "x") for verb in (work.settle, work.give_up)]
    assert [*old, work.put_off(conn, work_id, 1, NOW)] == [False] * 3
    assert work.settle(conn, work_id, 2, "sent") and not work.settle(conn, work_id, 2, "sent")


def test_a_lease_keeps_others_away_while_it_lasts(conn: Connection):
    """Line time may fly: only the wall ends a lease."""
    work_id = some_work(conn)
    assert work.claim(conn, work_id, NOW, LEASE)
    assert work.claim(conn, work_id, later(days=9), LEASE) is None


def test_put_off_means_due_then(conn: Connection):
    """A row that is put off waits for its instant, and can be brought forward."""
    work_id = some_work(conn, subject_id=7)
    work.claim(conn, work_id, NOW, LEASE)
    assert work.put_off(conn, work_id, 1, later(minutes=5), "busy") and work.claim(conn, work_id, NOW, LEASE) is None
    assert work.bring_forward(conn, "page", 7, later(minutes=1)) == [work_id]
    assert work.bring_forward(conn, "page", 7, later(minutes=2)) == []
    assert work.claim(conn, work_id, later(minutes=1), LEASE) is not None


def test_a_dedup_key_gives_one_row(store: Store):
    """The same reason given twice at once is one row of work, also after it was done."""
    made = at_once(store, *[lambda conn: some_work(conn, dedup_key="hush:1")] * 3)
    assert len(set(made)) == 1
    with store.turn() as conn:
        work.claim(conn, made[0], NOW, LEASE)
        work.settle(conn, made[0], 1, "done")
        assert some_work(conn, dedup_key="hush:1") == made[0] != some_work(conn)


def test_the_sweep_rings_what_nobody_heard_of(conn: Connection):
    """A due row is rung at once, then every 2 s of the wall while nobody claims it; a later one is not."""
    work_id = some_work(conn, queue="work")
    some_work(conn, due_at=later(seconds=9))
    assert bells(conn) == [(work_id, True, False)]
    work.note_rung(conn, [work_id], ok=True)
    assert bells(conn) == []
    wall_passes(conn, 2.1)
    assert bells(conn) == [(work_id, True, False)]


@pytest.mark.parametrize(("queue", "heard", "seconds", "itself"), [
    ("urgent", True, 1.9, False), ("urgent", True, 2.1, True),
    ("urgent", False, 0, True),
    ("work", False, 60, False),
])  # fmt: skip
def test_the_sweep_works_urgent_rows_itself(conn: Connection, queue: str, heard: bool, seconds: float, itself: bool):
    """2 s after the first bell, at once where it was not heard, the sweep does urgent work; it never does the other."""
    work_id = some_work(conn, queue=queue)
    work.note_rung(conn, [work_id], ok=heard)
    wall_passes(conn, seconds)
    work.note_rung(conn, [work_id], ok=heard)
    assert bells(conn) == ([(work_id, False, True)] if itself else [])


def test_a_broken_lease_is_rung_like_new(conn: Connection):
    """A worker that died is found out when its lease ends: the row is rung, and worked 2 s later if nobody comes."""
    work_id = some_work(conn)
    work.note_rung(conn, [work_id], ok=True)
    work.claim(conn, work_id, NOW, LEASE)
    assert bells(conn) == []
    wall_passes(conn, 31)
    assert bells(conn) == [(work_id, True, False)]
    work.note_rung(conn, [work_id], ok=True)
    wall_passes(conn, 2.1)
    assert bells(conn) == [(work_id, True, True)]


def test_urgent_rows_come_first(conn: Connection):
    """However long other work has waited, an urgent row is before it; among equals the oldest."""
    slow = some_work(conn, queue="work", due_at=later(hours=-9))
    urgent, older = some_work(conn), some_work(conn, due_at=later(seconds=-1))
    assert [bell[0] for bell in bells(conn)] == [older, urgent, slow]


def test_counts(conn: Connection):
    """Due, overdue by 30 s, and dead are told apart; what is done or claimed counts as nothing."""
    some_work(conn)
    some_work(conn, due_at=later(seconds=-31))
    some_work(conn, due_at=later(seconds=1))
    for outcome in (work.settle, work.give_up):
        work_id = some_work(conn)
        work.claim(conn, work_id, NOW, LEASE)
        outcome(conn, work_id, 1, "over")
    work.claim(conn, some_work(conn), NOW, LEASE)
    assert work.counts(conn, NOW) == work.Counts(due=2, overdue=1, dead=1)


def test_what_is_called_off_is_not_done(conn: Connection):
    """Waiting rows of a subject are called off; a claimed one goes on, and old done rows can be forgotten."""
    waiting, claimed = some_work(conn, subject_id=3), some_work(conn, subject_id=3)
    work.claim(conn, claimed, NOW, LEASE)
    assert work.call_off(conn, "page", 3, "accepted") == 1
    assert work.claim(conn, waiting, NOW, LEASE) is None and work.settle(conn, claimed, 1, "sent")
    assert work.forget_done(conn, NOW) == 0 and work.forget_done(conn, later(seconds=1)) == 2


def test_a_twin_gets_the_same_answer(store: Store):
    """Two equal requests at once: one is new, the others wait and get its answer."""
    key = a_call_key()
    answers = [lambda conn, n=n: (n, inbox.remember(conn, key, 3, b"%d" % n, NOW)) for n in range(4)]
    found = dict(at_once(store, *answers))
    (new,) = [n for n, before in found.items() if before is None]
    assert {before for n, before in found.items() if n != new} == {b"%d" % new}


def test_a_twin_of_a_failed_request_is_new(store: Store):
    """What was remembered in a transaction that was rolled back was never said."""
    key = a_call_key()
    with pytest.raises(IntegrityError), store.turn() as conn:
        some_work(conn, queue=str(inbox.remember(conn, key, 3, b"never", NOW)))
    with store.turn() as conn:
        assert inbox.remember(conn, key, 3, b"said", NOW) is None


def test_answers_are_forgotten_after_a_day(conn: Connection):
    """An answer is remembered for 24 h, by its request and its turn."""
    old, new = a_call_key(), a_call_key()
    inbox.remember(conn, old, 1, b"old", NOW)
    inbox.remember(conn, new, 1, b"new", later(seconds=1))
    assert inbox.forget_older(conn, later(hours=24, seconds=1)) == 1
    asked = [inbox.remember(conn, key, turn, b"asked", NOW) for key, turn in ((old, 1), (new, 1), (new, 2))]
    assert asked == [None, b"new", None]
