"""The way to PostgreSQL, and how long we wait for it: a turn commits within its deadline or raises `StoreDown`.

`StoreDown` is the database's absence, whatever its cause; errors of ours pass through. Raised out of a commit it means
that nobody knows: every verb that matters can be repeated (keys, generations, turn numbers). What a statement
carried is never part of an error's text.
"""

import os
import select
import threading
from collections.abc import Iterator
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import Connection, create_engine, event, exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from hotline.store.deadline import Breaker, Deadline, Watchdog

WEB_SECONDS = 1.5
WORK_SECONDS = 5.0
PROBE_SECONDS = 1.0

# The database is there and said no to this one transaction: trying again helps, keeping everybody away does not.
_COLLISIONS = (errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable, errors.QueryCanceled)


class StoreDown(Exception):
    """PostgreSQL is not there, or did not do it in time.

    `reason` is "breaker", "pool", "deadline", "collision" (trying again helps) or "connection".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the store is down: {reason}")
        self.reason = reason


class Store:
    """One process's connections to PostgreSQL. Safe to share between threads, and usable after a fork."""

    def __init__(self, url: str, *, seconds: float, pool_size: int, pool_seconds: float, breaks: bool) -> None:
        self._url = psycopg_url(url)
        self._seconds = seconds
        self._mine = threading.local()
        self._process = os.getpid()
        self._watchdog = Watchdog()
        self.breaker = Breaker(self._answers)
        self._breaks = breaks
        self.engine = create_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_seconds,
            pool_use_lifo=True,
            connect_args=_parameters(self._url, seconds),
            hide_parameters=True,
        )
        self._probing = {
            **self.engine.dialect.create_connect_args(self._url)[1],
            **_parameters(self._url, PROBE_SECONDS),
        }
        event.listen(self.engine, "do_connect", self._connect)
        event.listen(self.engine, "checkout", self._checkout)

    @contextmanager
    def turn(self, seconds: float | None = None) -> Iterator[Connection]:
        """One transaction, committed at the end; StoreDown after `seconds` of the wall, or where nothing answers."""
        if self.breaker.is_open:
            raise StoreDown("breaker")
        self._after_fork()
        with self._watchdog.deadline(self._seconds if seconds is None else seconds) as deadline:
            outer, self._mine.deadline = getattr(self._mine, "deadline", None), deadline
            try:
                with self.engine.begin() as connection:
                    yield connection
            except exc.TimeoutError as error:
                raise StoreDown("pool") from error
            except exc.SQLAlchemyError as error:
                reason = _absence(error, deadline)
                if reason is None:
                    raise
                if self._breaks and reason != "collision":
                    self.breaker.trip()
                raise StoreDown(reason) from error
            finally:
                self._mine.deadline = outer

    def close(self) -> None:
        """Every idle connection is closed; a later turn opens new ones."""
        self.engine.dispose()

    def _connect(self, dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        deadline: Deadline | None = getattr(self._mine, "deadline", None)
        if deadline is None:
            return psycopg.connect(**parameters)
        connection = _connected_within(parameters, deadline.left())
        deadline.guard(connection)
        return connection

    def _checkout(self, raw: DBAPIConnection, record: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:
        # A server that went away has closed our socket, and a healthy idle one says nothing. Asking the descriptor
        # costs no round trip; a ping (`pool_pre_ping`) costs one per turn and waits for a stopped server unguarded.
        if select.select([raw.pgconn.socket], [], [], 0)[0]:
            raise exc.InvalidatePoolError("the server closed this connection")
        deadline: Deadline | None = getattr(self._mine, "deadline", None)
        if deadline is not None:
            deadline.guard(raw)  # type: ignore[arg-type]

    def _answers(self) -> bool:
        """The probe's question, on a connection of its own."""
        with self._watchdog.deadline(PROBE_SECONDS + _connect_seconds(PROBE_SECONDS)) as deadline:
            try:
                with psycopg.connect(**self._probing) as one:
                    deadline.guard(one)
                    one.execute("select 1")
                return True
            except Exception:
                return False

    def _after_fork(self) -> None:
        if self._process == os.getpid():
            return
        # The parent's sockets and threads are not ours: forgotten without a word to the server, which would end the
        # parent's sessions.
        self.engine.dispose(close=False)
        self._watchdog = Watchdog()
        self._process = os.getpid()


def for_web(url: str) -> Store:
    """A web process's store: 1.5 s per turn and a breaker; 8 connections, waited for 0.5 s."""
    return Store(url, seconds=WEB_SECONDS, pool_size=8, pool_seconds=0.5, breaks=True)


def for_work(url: str) -> Store:
    """A worker's or the sweep's store: 5 s per turn, and no breaker, because what was sent must be settled soon."""
    return Store(url, seconds=WORK_SECONDS, pool_size=4, pool_seconds=WORK_SECONDS, breaks=False)


def psycopg_url(url: str) -> URL:
    """The same address with the driver we use named in it; `postgres://` and `postgresql://` are both understood."""
    made = make_url(url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url)
    return made.set(drivername="postgresql+psycopg")


def _parameters(url: URL, seconds: float) -> dict[str, Any]:
    """How a connection is made. The server's own time-outs come second: they free the locks of a turn that we cut."""
    options = {
        "timezone": "UTC",
        "statement_timeout": f"{seconds * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{seconds * 3000:.0f}",
        "client_connection_check_interval": "500",
    }
    own = [str(url.query["options"])] if "options" in url.query else []
    return {
        "connect_timeout": _connect_seconds(seconds),
        "options": " ".join([*own, *(f"-c {name}={value}" for name, value in options.items())]),
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
    }


def _connect_seconds(seconds: float) -> int:
    # psycopg takes less than 2 for 2; what a turn waits is bounded by `_connected_within`.
    return max(2, round(seconds))


def _connected_within(parameters: dict[str, Any], seconds: float) -> "psycopg.Connection[Any]":
    """A connection within so many seconds, or OperationalError.

    psycopg alone waits 2 s or more per address for a stopped server, so it is made in a thread of its own; one that
    comes too late is closed there.
    """
    arrival: Future[psycopg.Connection[Any]] = Future()
    threading.Thread(target=_arrive, args=(arrival, parameters), name="store-connect", daemon=True).start()
    try:
        return arrival.result(seconds)
    except NotInTime:
        if arrival.cancel():
            raise psycopg.OperationalError("no connection in time") from None
        return arrival.result()


def _arrive(arrival: "Future[psycopg.Connection[Any]]", parameters: dict[str, Any]) -> None:
    try:
        connection = psycopg.connect(**parameters)
    except Exception as error:
        with suppress(InvalidStateError):
            arrival.set_exception(error)
        return
    try:
        arrival.set_result(connection)
    except InvalidStateError:
        connection.close()


def _absence(error: exc.SQLAlchemyError, deadline: Deadline) -> str | None:
    """Which absence of the database an error is; None if it is an error of ours."""
    if isinstance(error, exc.DBAPIError) and isinstance(error.orig, _COLLISIONS):
        return "collision"
    if deadline.passed:
        return "deadline"
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.DisconnectionError):
        return "connection"
    return "connection" if isinstance(error, exc.DBAPIError) and error.connection_invalidated else None
