"""Deadlines on our side: a stopped server ignores its own time-outs, so a watchdog shuts the socket under who waits.

Everything here runs on the wall (a monotonic clock), never on line time.
"""

import heapq
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from types import TracebackType

import psycopg


class Deadline:
    """The end of one turn's patience: then every connection it guards is cut, and who waits gets an error at once."""

    def __init__(self, seconds: float) -> None:
        self.at = monotonic() + seconds
        self.passed = False
        self._lock = threading.Lock()
        self._guarded: dict[int, socket.socket] = {}

    def left(self) -> float:
        """Seconds of the wall until it comes; 0 afterwards."""
        return max(0.0, self.at - monotonic())

    def guard(self, connection: "psycopg.Connection[object]") -> None:
        """From now on this connection is cut when the deadline comes; at once if it has come."""
        with self._lock:
            if id(connection) in self._guarded:
                return
            # A duplicate of the descriptor: the number itself may belong to another connection by the time we shut it.
            ours = self._guarded[id(connection)] = socket.socket(fileno=os.dup(connection.pgconn.socket))
            if self.passed:
                _shut(ours)

    def cut(self) -> None:
        """The watchdog's: the time is over."""
        with self._lock:
            self.passed = True
            for each in self._guarded.values():
                _shut(each)

    def release(self) -> None:
        """Nothing is guarded any more: the turn is over."""
        with self._lock:
            for each in self._guarded.values():
                each.close()
            self._guarded.clear()

    def __enter__(self) -> "Deadline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Watchdog:
    """One thread for all deadlines of a process, started with the first of them."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._thread: threading.Thread | None = None
        self._given = 0

    def deadline(self, seconds: float) -> Deadline:
        """A deadline that will be cut in so many seconds, unless it is released before."""
        deadline = Deadline(seconds)
        with self._changed:
            self._given += 1
            heapq.heappush(self._waiting, (deadline.at, self._given, deadline))
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="store-watchdog", daemon=True)
                self._thread.start()
            elif self._waiting[0][2] is deadline:
                self._changed.notify()
        return deadline

    def _watch(self) -> None:
        with self._changed:
            while True:
                while self._waiting and self._waiting[0][0] <= monotonic():
                    heapq.heappop(self._waiting)[2].cut()
                self._changed.wait(self._waiting[0][0] - monotonic() if self._waiting else None)


class Breaker:
    """Open = do not even try. What opened it is closed again by one background probe, and by nothing else."""

    def __init__(self, probe: Callable[[], bool], every: float = 0.5) -> None:
        self._probe = probe
        self._every = every
        self._lock = threading.Lock()
        self._open = False
        self._closed = threading.Event()
        self._closed.set()

    @property
    def is_open(self) -> bool:
        """True while the store is held to be down."""
        return self._open

    def trip(self) -> None:
        """Opens it; the probe starts at once, so that a passing error closes again within milliseconds."""
        with self._lock:
            if self._open:
                return
            self._open = True
            self._closed.clear()
            threading.Thread(target=self._until_it_answers, name="store-probe", daemon=True).start()

    def wait_closed(self, seconds: float) -> bool:
        """True as soon as it is closed, False if it is still open after so many seconds."""
        return self._closed.wait(seconds)

    def _until_it_answers(self) -> None:
        pause = threading.Event()
        while not self._probe():
            pause.wait(self._every)
        with self._lock:
            self._open = False
            self._closed.set()


def _shut(ours: socket.socket) -> None:
    with suppress(OSError):  # The server may have been faster.
        ours.shutdown(socket.SHUT_RDWR)
