"""The sweep: rings what was not claimed, works urgent rows itself, and never leaves an open page without work."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from redis import Redis

from hotline.doorbell import Doorbell
from hotline.store import audit, work
from hotline.telephone.gateway import Busy
from tests.edges.line import TEAM, Crew, eventually
from tests.town import StubLine, stub_line
from workers.sweep import TOO_LONG, Sweep

A = TEAM[0][1]
NOWHERE = "redis://:p@127.0.0.1:1/0"


@dataclass
class Rooms:
    """A carrier with these rooms: who is in them, and whether on hold."""

    inside: dict[str, tuple[str, bool]]
    fails: int = 0
    let_go: list[tuple[str, str, str | None]] = field(default_factory=list)

    def held(self, label: str) -> list[str]:
        if self.fails:
            self.fails -= 1
            raise Busy(20429)
        return [room for room, (who, on_hold) in self.inside.items() if who == label and on_hold]

    def hold(self, conference_sid: str, label: str, url: str | None) -> None:
        self.let_go.append((conference_sid, label, url))


@pytest.fixture
def sweep(crew: Crew) -> Iterator[Sweep]:
    sweep = Sweep(crew.hands)
    yield sweep
    sweep._pool.shutdown()


@pytest.fixture
def deaf(crew: Crew) -> Iterator[Sweep]:
    """A sweep whose bell nobody answers."""
    sweep = Sweep(replace(crew.hands, bell=Doorbell(NOWHERE)))
    yield sweep
    sweep._pool.shutdown()


def passes(crew: Crew, seconds: float) -> None:
    """So many seconds of the wall have gone by since the last bells."""
    with crew.store.turn() as conn:
        span = f"interval '{seconds} s'"
        conn.exec_driver_sql(f"update work set rung_at = rung_at - {span}, first_rung_at = first_rung_at - {span}")


def rings(crew: Crew) -> list[str]:
    """What lies in the urgent queue."""
    with Redis.from_url(crew.carrier.environ["REDIS_URL"]) as redis:
        return [name.decode() for name in redis.lrange("rq:queue:urgent", 0, -1)]


def some_work(crew: Crew, kind: str = "page", queue: str = "urgent", subject: int = 999) -> int:
    with crew.store.turn() as conn:
        return work.add(conn, kind, queue, subject, crew.clock.now())


def test_what_nobody_claimed_is_rung_again(crew: Crew, sweep: Sweep) -> None:
    """Once, and again after two seconds, not each second."""
    work_id = some_work(crew)
    sweep.round()
    sweep.round()
    assert len(rings(crew)) == 1
    passes(crew, 2.1)
    sweep.round()
    assert [name.split("-")[0] for name in rings(crew)] == [f"w{work_id}"] * 2


def test_what_is_not_due_or_is_done_is_not_rung(crew: Crew, sweep: Sweep) -> None:
    """The instant and the state of the row decide."""
    with crew.store.turn() as conn:
        work.add(conn, "page", "urgent", 1, crew.clock.now() + timedelta(seconds=5))
    crew.do("look", some_work(crew, "look", "work"))
    assert (sweep.round(), rings(crew)) == ([], [])
    crew.clock.advance(seconds=5)
    assert len(sweep.round()) == 1


def unrung(crew: Crew) -> None:
    """Somebody waits, and no bell was rung for their page yet."""
    crew.waits()
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update work set rung_at = null, first_rung_at = null, rung_ok = null")


def test_an_urgent_row_that_nobody_comes_for_is_worked_here(crew: Crew, sweep: Sweep) -> None:
    """After two seconds, not before."""
    unrung(crew)
    sweep.round()
    passes(crew, 1.5)
    sweep.round()
    assert crew.called() == []
    passes(crew, 0.6)
    sweep.round()
    eventually(lambda: crew.called() == [A], "the call")


def test_an_urgent_row_whose_bell_is_not_heard_is_worked_at_once(crew: Crew, deaf: Sweep) -> None:
    """Nobody will come: in the same round."""
    unrung(crew)
    deaf.round()
    eventually(lambda: crew.called() == [A], "the call")


def test_work_that_is_not_urgent_is_never_worked_here(crew: Crew, deaf: Sweep) -> None:
    """However long nobody comes."""
    some_work(crew, "look", "work")
    for _ in range(3):
        assert [bell.work_it for bell in deaf.round()] == [False]
        passes(crew, 60)
    assert crew.carrier.rows("select state from work") == [("due",)]


def test_an_open_page_without_work_is_given_some(crew: Crew, sweep: Sweep) -> None:
    """Or it would wait for ever."""
    crew.waits()
    with crew.store.turn() as conn:
        conn.exec_driver_sql("delete from work")
    sweep.round()
    assert crew.carrier.rows("select kind, queue, subject_id, state from work") == [("page", "urgent", 1, "due")]
    sweep.round()
    assert crew.carrier.count("work") == 1


def test_a_poisoned_row_does_not_block_the_others(crew: Crew, deaf: Sweep) -> None:
    """It is put off, and the one behind it is worked."""
    crew.carrier.writes("au secours", number="+15145550124", sid="SM1")
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update messages set body_sealed = '\\x00' where direction = 'out'")
        conn.exec_driver_sql("delete from work where kind <> 'send_text'")
    crew.carrier.writes("au secours", sid="SM2")
    passes(crew, 5)
    deaf.round()
    passes(crew, 5)
    deaf.round()
    settled = "select state from work where kind = 'send_text' and outcome = 'sent'"
    eventually(lambda: crew.carrier.rows(settled) == [("done",)], "the second text")
    assert crew.carrier.rows("select state from messages where direction = 'out' order by id") == [("due",), ("sent",)]


def test_two_sweeps_at_once_do_each_row_once(crew: Crew) -> None:
    """Every row is claimed before it is worked."""
    for number in range(5):
        crew.carrier.writes("au secours", number=f"+1514555013{number}", sid=f"SM{number}")
    with crew.store.turn() as conn:
        conn.exec_driver_sql("delete from work where kind <> 'send_text'")
        conn.exec_driver_sql("update pages set state = 'done', done_at = opened_at")
        work.note_rung(conn, range(100), ok=False)
    passes(crew, 5)
    sweeps = [Sweep(crew.hands), Sweep(crew.hands)]
    threads = [threading.Thread(target=sweep.round) for sweep in sweeps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sweep in sweeps:
        sweep._pool.shutdown()
    assert crew.carrier.rows("select state, count(*) from messages where direction = 'out' group by 1") == [("sent", 5)]
    assert len(crew.asked("/Messages.json")) == 5


def test_each_round_chains_the_register(crew: Crew, sweep: Sweep) -> None:
    """Lines written unchained become links."""
    with crew.store.turn() as conn:
        audit.write(conn, "test", "saw", "page:1", {}, crew.clock.now())
    sweep.round()
    with crew.store.turn() as conn:
        chain = audit.verify_audit(conn)
    assert (chain.links, chain.holds) == (1, True)


def test_each_round_leaves_a_beat(crew: Crew, sweep: Sweep) -> None:
    """By which status knows that the sweep goes round."""
    sweep.round()
    assert crew.carrier.rows("select name, line_at from beats") == [("sweep", crew.clock.now())]


@pytest.fixture
def watch() -> Iterator[StubLine]:
    with stub_line() as server:
        yield server


def test_the_outside_watch_is_called_while_no_page_waits_too_long(crew: Crew, watch: StubLine) -> None:
    """Each minute while all is well; its silence is the alarm."""
    settings = crew.hands.settings.model_copy(update={"heartbeat_url": f"{watch.url}/beat"})
    sweep = Sweep(replace(crew.hands, settings=settings, bell=Doorbell(NOWHERE)))
    crew.waits()
    for minutes in (0, 0.5, 0.5, 2.5, 0):
        crew.clock.advance(minutes=minutes)
        sweep.round()
    sweep._pool.shutdown()
    assert (len(watch.asked), timedelta(minutes=3)) == (2, TOO_LONG)


def test_a_watch_that_does_not_answer_stops_no_round(crew: Crew) -> None:
    """It is written down, and the sweep goes on."""
    settings = crew.hands.settings.model_copy(update={"heartbeat_url": "http://127.0.0.1:1/beat"})
    sweep = Sweep(replace(crew.hands, settings=settings))
    sweep.round()
    sweep._pool.shutdown()
    assert sweep.round() == []


def test_a_round_forgets_what_is_old(crew: Crew, sweep: Sweep) -> None:
    """Remembered answers after a day, rows that are done after a week."""
    crew.waits()
    crew.rung(crew.waits()).accepts()
    crew.does("page")
    sweep.round()
    kept = crew.carrier.count("inbox")
    crew.clock.advance(days=8)
    sweep.round()
    assert (kept != 0, crew.carrier.count("inbox")) == (True, 0)


def test_while_sql_is_away_nobody_stays_on_hold(crew: Crew) -> None:
    """After some seconds of it, and not for a stumble; the carrier knows who is on hold."""
    rooms = Rooms({"CF1": ("person", True), "CF2": ("person", False), "CF3": ("responder-4", True)})
    sweep = Sweep(replace(crew.hands, gateway=rooms))  # type: ignore[arg-type]
    began = sweep._well_at
    for seconds in (1, 4.9):
        sweep.away(began + seconds)
    assert rooms.let_go == []
    sweep.away(began + 5)
    assert rooms.let_go == [("CF1", "person", None)]


def test_a_carrier_that_does_not_answer_is_asked_again(crew: Crew) -> None:
    """For as long as SQL is away."""
    rooms = Rooms({"CF1": ("person", True)}, fails=1)
    sweep = Sweep(replace(crew.hands, gateway=rooms))  # type: ignore[arg-type]
    began = sweep._well_at
    sweep.away(began + 6)
    assert rooms.let_go == []
    sweep.away(began + 12)
    assert rooms.let_go == [("CF1", "person", None)]
