"""The engines of one test run, shared by all its processes: the first in need starts a keeper that ends with it."""

import fcntl
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotline.embedded.places import make_data_folder, read_private

if TYPE_CHECKING:
    import psycopg

STARTING_TAKES_AT_MOST = 60
ALONE = secrets.token_hex(8)


@dataclass(frozen=True)
class Engines:
    """Where the run's engines answer (a database of the server, and Redis); the pids are there to be killed."""

    database: str
    redis: str
    database_pid: int
    redis_pid: int

    def named(self, name: str) -> str:
        """The URL of another database of the same server."""
        return self.database.replace("/hotline?", f"/{name}?")

    @contextmanager
    def server(self, name: str = "hotline") -> Iterator["psycopg.Connection"]:
        """A connection, to one of its databases or another, that may do everything."""
        import psycopg

        with psycopg.connect(self.named(name).replace("+psycopg", "", 1), autocommit=True) as connection:
            yield connection


@contextmanager
def one_at_a_time(request: pytest.FixtureRequest) -> Iterator[Path]:
    """The run's folder, while no other worker of the run is in here."""
    run, _ = _run(request)
    folder = Path(tempfile.gettempdir()) / f"hotline-test-{run}"
    make_data_folder(folder)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def shared(request: pytest.FixtureRequest) -> Engines:
    """The run's engines, started now if nobody has."""
    with one_at_a_time(request) as folder:
        if not (folder / "urls.json").exists():
            _start(folder, until=_run(request)[1])
        return Engines(**read_private(folder / "urls.json"))


def _start(folder: Path, until: int) -> None:
    argv = [sys.executable, "-m", "hotline.embedded", str(folder), "--until", str(until)]
    with (folder / "keeper.log").open("w") as log:
        keeper = subprocess.Popen(argv, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    deadline = time.monotonic() + STARTING_TAKES_AT_MOST
    while not (folder / "urls.json").exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            pytest.exit(f"the engines did not start: {(folder / 'keeper.log').read_text()[-2000:]}")
        time.sleep(0.05)
    # The keeper outlives this process and nobody waits for it here.
    keeper.returncode = 0


def _run(request: pytest.FixtureRequest) -> tuple[str, int]:
    """The run's name, and the process that ends last: under xdist the parent of all workers."""
    worker = getattr(request.config, "workerinput", None)
    return (worker["testrunuid"], os.getppid()) if worker else (ALONE, os.getpid())
