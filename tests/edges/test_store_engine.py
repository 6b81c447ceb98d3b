"""The way to PostgreSQL when it is stopped, killed, slow or full: a server of its own suffers here, never the run's."""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from hotline.embedded import postgres
from hotline.embedded.running import Running
from hotline.store.deadline import Breaker
from hotline.store.engine import Store, StoreDown, for_web, for_work, psycopg_url

PATIENCE = 20.0  # for what must come, on a busy machine
NEVER_HANGS = 15.0  # what has no deadline of ours waits for ever; what each should take is measured elsewhere
ONE = text("select 1")
MINE = text("select pg_backend_pid()")


class Server:
    """A PostgreSQL that can be stopped as a whole, killed, and started again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.running: Running = postgres.start(data)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.running.url

    def family(self) -> list[int]:
        """The postmaster and every process it has; they have groups of their own."""
        top = self.running.pid or 0
        return [top, *map(int, Path(f"/proc/{top}/task/{top}/children").read_text().split())]

    def signal(self, number: signal.Signals) -> None:
        """The postmaster first, so that nobody new is born."""
        for process in self.family():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Every process of the server stands still meanwhile."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def restart(self) -> None:
        """Up again after a kill."""
        self.running.stop()
        self.running = postgres.start(self.data)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that only these tests use."""
    made = Server(tmp_path_factory.mktemp("own"))
    yield made
    made.running.stop()


@pytest.fixture
def web(server: Server) -> Iterator[Store]:
    """A web process's store, used once so that a connection is warm."""
    store = for_web(server.url)
    assert_answers(store)
    yield store
    store.close()


def assert_answers(store: Store) -> None:
    """The store takes a turn, at the latest once its breaker has closed."""
    assert store.breaker.wait_closed(PATIENCE)
    with store.turn(PATIENCE) as conn:
        assert conn.execute(ONE).scalar_one() == 1


def failed(store: Store, seconds: float | None = None) -> tuple[str, float]:
    """Why a turn could not be had, and after how many seconds."""
    start = monotonic()
    with pytest.raises(StoreDown) as down, store.turn(seconds) as conn:
        conn.execute(ONE)
    return down.value.reason, monotonic() - start


def says(store: Store, *parts: str | Callable[[], object], seconds: float | None = None) -> None:
    """One turn: statements, and what is done between them."""
    with store.turn(seconds) as conn:
        for part in parts:
            conn.execute(text(part)) if isinstance(part, str) else part()


def all_at_once(times: int, deed: Callable[[], tuple[str, float]]) -> list[tuple[str, float]]:
    """What that many threads get, begun together."""
    ready = threading.Barrier(times)

    def one(_: int) -> tuple[str, float]:
        ready.wait()
        return deed()

    with ThreadPoolExecutor(times) as hands:
        return list(hands.map(one, range(times)))


@pytest.mark.parametrize("warm", [0, 1, 8])
def test_ten_turns_on_a_stopped_server_fail_in_time(server: Server, warm: int):
    """Whether connections are there or must be made, ten webhooks at once are all told within 2 s."""
    store = for_web(server.url)
    if warm:
        all_at_once(warm, lambda: (assert_answers(store), ("", 0.0))[1])
    with server.stopped():
        took = all_at_once(10, lambda: failed(store))
        assert store.breaker.is_open and failed(store)[1] < 0.1
    assert max(seconds for _, seconds in took) < 2
    assert_answers(store)
    store.close()


def test_a_breaker_answers_at_once_and_closes_by_itself(server: Server, web: Store):
    """While the server stands still, every further turn fails at once; once it goes on, the probe finds out."""
    with server.stopped():
        assert failed(web, 0.3)[0] == "deadline"
        again = [failed(web) for _ in range(20)]
        assert {reason for reason, _ in again} == {"breaker"} and max(seconds for _, seconds in again) < 0.1
        assert not web.breaker.wait_closed(0.6)
    assert_answers(web)


def test_a_server_that_stops_in_mid_turn_is_left(server: Server, web: Store):
    """A turn that has begun is cut at its deadline, wherever it waits, and nothing of it is committed."""
    says(web, "create table kept (id int)")
    start = monotonic()
    with pytest.raises(StoreDown) as down:
        says(web, "insert into kept values (1)", lambda: server.signal(signal.SIGSTOP), "select 1", seconds=0.5)
    server.signal(signal.SIGCONT)
    assert down.value.reason == "deadline" and monotonic() - start < 1
    assert_answers(web)
    with web.turn() as conn:
        assert conn.execute(text("select count(*) from kept")).scalar_one() == 0
        conn.execute(text("drop table kept"))


def test_a_worker_waits_longer_and_has_no_breaker(server: Server):
    """A worker's turn is cut too, but the next one tries again: what was sent must be settled."""
    store = for_work(server.url)
    assert_answers(store)
    with server.stopped():
        first, second = failed(store, 0.3)[0], failed(store, 0.3)[0]
        # The second has to connect anew: its time is over there, or a moment later at the watchdog's.
        assert (first, second in {"deadline", "connection"}, store.breaker.is_open) == ("deadline", True, False)
    assert_answers(store)
    store.close()


def test_a_killed_server_is_down_then_up(server: Server, web: Store):
    """kill -9 of everything is absence within the deadline; after a restart the same store goes on."""
    server.signal(signal.SIGKILL)
    reason, seconds = failed(web)
    assert reason in ("connection", "deadline") and seconds < NEVER_HANGS
    server.restart()
    assert_answers(web)


def test_connections_that_died_idle_cost_no_turn(server: Server, web: Store):
    """A server restarted while nobody looked is not noticed: dead connections are seen and replaced beforehand."""
    all_at_once(5, lambda: (assert_answers(web), ("", 0.0))[1])
    server.signal(signal.SIGKILL)
    server.restart()
    for _ in range(8):
        with web.turn(PATIENCE) as conn:
            assert conn.execute(ONE).scalar_one() == 1
    assert not web.breaker.is_open


def test_a_backend_killed_in_mid_turn_is_absence(server: Server, web: Store):
    """A session that the server ends under us raises StoreDown, and the next turn works."""
    others = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where state = 'idle in transaction'"
    with pytest.raises(StoreDown) as down:
        says(web, "select 1", lambda: says(web, others), "select 1")
    assert down.value.reason == "connection"
    assert_answers(web)


def test_a_full_pool_is_absence_but_no_breaker(server: Server, web: Store):
    """A ninth turn at once waits half a second; that many callers do not mean that the database is down."""
    hold, taken = threading.Event(), threading.Barrier(9)

    def holds() -> None:
        with web.turn(PATIENCE) as conn:
            conn.execute(ONE)
            taken.wait()
            hold.wait(PATIENCE)

    with ThreadPoolExecutor(8) as hands:
        turns = [hands.submit(holds) for _ in range(8)]
        taken.wait()
        reason, seconds = failed(web)
        hold.set()
    assert (reason, web.breaker.is_open) == ("pool", False) and seconds < NEVER_HANGS
    assert [turn.exception() for turn in turns] == [None] * 8


def test_a_collision_is_absence_but_no_breaker(web: Store):
    """A row that somebody holds too long fails that turn only: the server's own time-out ends the wait."""
    says(web, "create table held (id int); insert into held values (1)")
    hold = "select * from held for update"
    with pytest.raises(StoreDown) as down:
        says(web, hold, lambda: says(web, hold, seconds=PATIENCE), seconds=PATIENCE)
    assert (down.value.reason, web.breaker.is_open) == ("collision", False)
    says(web, "drop table held")


def test_no_server_at_all_is_absence(tmp_path: Path):
    """Where nothing listens, a turn fails at once."""
    store = for_web(f"postgresql://u:p@/db?host={tmp_path}")
    reason, seconds = failed(store)
    assert reason == "connection" and seconds < NEVER_HANGS
    store.close()


def test_errors_of_ours_pass_through_without_what_they_carried(web: Store):
    """A wrong statement, a broken constraint and any other error are raised as themselves, and nothing is committed."""
    with pytest.raises(ProgrammingError) as wrong, web.turn() as conn:
        conn.execute(text("select * from nothing where word = :word"), {"word": "il est la"})
    with pytest.raises(IntegrityError):
        says(web, "create table ours (id int primary key)", "insert into ours values (1), (1)")
    assert "il est la" not in str(wrong.value) and not web.breaker.is_open
    with pytest.raises(ZeroDivisionError):
        says(web, "create table ours (id int)", lambda: 1 / 0)
    with web.turn() as conn:
        assert conn.execute(text("select to_regclass('ours')")).scalar_one() is None


def test_sessions_speak_utc_and_free_their_locks(web: Store):
    """Each session has UTC, and the server's own limits on a turn that was cut."""
    names = ("timezone", "statement_timeout", "client_connection_check_interval")
    with web.turn() as conn:
        found = [conn.execute(text("select current_setting(:name)"), {"name": name}).scalar_one() for name in names]
    assert found == ["UTC", "1500ms", "500ms"]


def test_a_child_process_has_connections_of_its_own(web: Store):
    """After a fork the child's turns do not speak on the parent's connections, which stay good."""
    with web.turn() as conn:
        before = conn.execute(MINE).scalar_one()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 says that threads and fork are no friends
        child = os.fork()
    if child == 0:
        with suppress(BaseException), web.turn(PATIENCE) as conn:
            os._exit(0 if conn.execute(MINE).scalar_one() != before else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with web.turn() as conn:
        assert conn.execute(MINE).scalar_one() == before


def test_a_breaker_has_one_probe():
    """However often it is tripped, one probe asks until the answer is yes; then it can be tripped again."""
    asked, answer, first = [], threading.Event(), threading.Event()

    def probe() -> bool:
        asked.append(threading.current_thread())
        first.set()
        return answer.wait(0.01)

    breaker = Breaker(probe, every=0.01)
    for _ in range(2):
        answer.clear()
        for _ in range(50):
            breaker.trip()
        assert first.wait(PATIENCE) and breaker.is_open
        answer.set()
        assert breaker.wait_closed(PATIENCE) and not breaker.is_open
    assert len(set(asked)) == 2


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_the_address_is_understood(scheme: str):
    """An operator's address names the driver or not."""
    made = psycopg_url(f"{scheme}://u:p%40@db.test:5433/line?sslmode=require")
    assert made.render_as_string(hide_password=False) == "postgresql+psycopg://u:p%40@db.test:5433/line?sslmode=require"
