"""The whole line as its operator starts it: `hotline up`, with hands on its own processes and on nobody else's."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import psycopg
from twilio.request_validator import RequestValidator

from hotline.doorbell import Doorbell
from hotline.embedded import places
from hotline.embedded.children import Child, Program

PACE = 20
OPENER = build_opener(ProxyHandler({}))
# What tells each child of `up` from the others, in its command line.
NAMES = {
    "postgres": ("bin/postgres",),
    "redis": ("valkey-server", "redis-server"),
    "web": ("hotline.webhooks",),
    "urgent": ("workers urgent",),
    "worker": ("workers work",),
    "sweep": ("workers.sweep",),
}


def until(true: Any, seconds: float, what: str) -> Any:
    """The first true answer within so many seconds of the wall."""
    deadline = time.monotonic() + seconds
    while not (answer := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s of the wall: {what}"
        time.sleep(0.02)
    return answer


def children_of(pid: int) -> dict[int, str]:
    """Its children that live, with their command lines."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state != "Z":
                words = (stat.parent / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(stat.parent.name)] = words.decode("utf-8", "replace")
    return found


class Up:
    """One `hotline up` over a data folder of its own, on free ports."""

    def __init__(self, data: Path, pace: float = PACE) -> None:
        self.data = data
        self.said: deque[str] = deque(maxlen=200)
        self.ready: dict[str, str] = {}
        self._environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._environment |= {"HOTLINE_ENV": "test", "HOTLINE_PACE": str(pace)}
        argv = (sys.executable, "-m", "hotline.cli", "up", "--bare", "--port", "0", "--console-port", "0")
        program = Program("up", (*argv, "--data", str(data)), self._environment)
        self._child = Child(program, self._hears)

    def start(self) -> float:
        """Launched until it says `ready`: how many seconds that took."""
        began = time.monotonic()
        self._child.launch()
        with suppress(AssertionError):
            until(lambda: self.ready or not self._child.alive(), 60, "ready")
        assert self.ready, "it was never ready. It said:\n" + "\n".join(self.said)
        self.settings = places.read_private(self.data / "settings.json")
        return time.monotonic() - began

    def _hears(self, _: str, line: str) -> None:
        self.said.append(line)
        if line.startswith("ready "):
            self.ready = dict(word.split("=", 1) for word in line.split()[1:])

    def end(self) -> None:
        """Ended, and nothing left of it."""
        self._child.end(6)
        places.discard(self.data)

    # ── processes ─────────────────────────────────────────────────────────────────────────────────────────────────

    def pid(self, name: str) -> int:
        """One of its processes; waited for while it is being restarted."""

        def found() -> int | None:
            mine = children_of(self._child.pid or 0).items()
            return next((pid for pid, words in mine if any(mark in words for mark in NAMES[name])), None)

        return int(until(found, 15, f"a process {name}"))

    def kill(self, *names: str) -> None:
        """kill -9, and seen to be gone."""
        pids = [self.pid(name) for name in names]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not set(pids) & set(children_of(self._child.pid or 0)), 5, f"the end of {names}")

    @contextmanager
    def stopped(self, *names: str) -> Iterator[None]:
        """SIGSTOP to these and to whatever they have started; SIGCONT at the end, come what may."""
        pids: list[int] = []
        try:
            for name in names:
                pids += self._stop(self.pid(name))
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _stop(self, pid: int) -> list[int]:
        # The parent first: from then on it starts nobody.
        os.kill(pid, signal.SIGSTOP)
        return [pid, *(each for child in children_of(pid) for each in self._stop(child))]

    # ── questions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What SQL answers; [] where the statement asks nothing."""
        url = self.settings["DATABASE_URL"].replace("+psycopg", "", 1)
        with psycopg.connect(url, autocommit=True) as connection:
            done = connection.execute(statement, values)  # type: ignore[arg-type]
            return done.fetchall() if done.description else []

    def command(self, *words: str) -> str:
        """One of the operator's commands, as the operator would type it."""
        argv = [sys.executable, "-m", "hotline.cli", *words, "--data", str(self.data)]
        done = subprocess.run(argv, env=self._environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self) -> dict[str, Any]:
        """`hotline status --json`."""
        found: dict[str, Any] = json.loads(self.command("status", "--json"))
        return found

    def healthy(self) -> bool:
        """Does every dependency answer, and does each worker take a bell?"""
        headers = {"Authorization": f"Bearer {self.settings['OPS_TOKEN']}"}
        try:
            with OPENER.open(Request(f"{self.ready['web']}/readyz", headers=headers), timeout=5) as response:
                told = json.load(response)
        except OSError:
            return False
        return told == {"database": "up", "redis": "up", "last_resort": False} and self._bells_are_taken()

    def _bells_are_taken(self) -> bool:
        """Rows that do not exist: a worker takes the bell, finds nothing to claim, and that is all."""
        import redis

        if len(Doorbell(self.settings["REDIS_URL"]).ring([("page", 0), ("look", 0)])) != 2:
            return False
        with redis.Redis.from_url(self.settings["REDIS_URL"]) as client:
            until(lambda: not any(client.llen(f"rq:queue:{name}") for name in ("urgent", "work")), 30, "workers")
        return True

    def post(self, path: str, fields: Mapping[str, str]) -> tuple[int, str, float]:
        """A request signed as the carrier signs it: status, body, and seconds of the wall."""
        url = self.settings["PUBLIC_URL"] + path
        signed = RequestValidator(self.settings["TWILIO_AUTH_TOKEN"]).compute_signature(url, dict(fields))
        request = Request(url, urlencode(fields).encode(), {"X-Twilio-Signature": signed}, method="POST")
        began = time.monotonic()
        try:
            with OPENER.open(request, timeout=15) as response:
                return response.status, response.read().decode(), time.monotonic() - began
        except HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode(), time.monotonic() - began
