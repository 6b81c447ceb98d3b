"""Keeps the line's processes running: each is restarted whenever it ends, all of them end with this one.

It runs the same processes as the Procfile, gives each only the variables its settings class reads, repeats what they
say on standard error. It knows their module names and imports none of them. Launching is done by the main thread alone
(see `embedded.children`).
"""

import os
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Event

from config.settings import PROCESSES, Settings, names
from hotline.embedded.children import Child, Program, Say

FIRST_PAUSE, LONGEST_PAUSE, SETTLED = 0.2, 5.0, 10.0
SERVER = (
    "-m granian --interface wsgi --factory {app} --host {host} --port {port} --workers 1 --blocking-threads 8 --no-ws"
)
COMMANDS: dict[str, str] = {
    "web": SERVER.replace("{app}", "hotline.webhooks:from_environment"),
    "console": SERVER.replace("{app}", "hotline.console:from_environment"),
    "urgent": "-m workers urgent",
    "worker": "-m workers work",
    "sweep": "-m workers.sweep",
}
SIMULATOR = "-m hotline.simulator --host 127.0.0.1 --port {port}"
SIMULATOR_SETTINGS = (
    *("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "PUBLIC_URL", "LINE_NUMBER", "CALLBACK_NUMBER", "PAGE_NUMBER"),
    *("HOTLINE_PACE", "HOTLINE_PACE_ORIGIN", "HOTLINE_PACE_JUMPS", "SIMULATOR_RESPONDERS", "SIMULATOR_CPS"),
    *("SIMULATOR_SEED", "SIMULATOR_TPS", "SIMULATOR_KEYWORDS", "SIMULATOR_WEATHER"),
)
# Of the system's own variables, what a Python process may need; a secret of another service never passes.
PASSED = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "RQ_KEY_PREFIX"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)


@dataclass
class Watched:
    """A child, and when it may be launched again."""

    child: Child
    launched_at: float = 0.0
    next_at: float = 0.0
    pause: float = FIRST_PAUSE


class Supervisor:
    """Restarts what ends, without ever giving up; `end` ends its own children and nobody else's."""

    def __init__(self, say: Say, now: Callable[[], float] = time.monotonic) -> None:
        self.watched: dict[str, Watched] = {}
        self._say = say
        self._now = now

    def adopt(self, child: Child) -> None:
        """Watches over a child that already runs."""
        self.watched[child.program.name] = Watched(child, launched_at=self._now())

    def add(self, programs: Iterable[Program]) -> None:
        """Launches these, and watches over them."""
        for program in programs:
            watched = self.watched[program.name] = Watched(Child(program, self._say))
            self._launch(watched)

    def tick(self) -> None:
        """Launches again whatever has ended, after a pause that doubles while it keeps ending early."""
        for watched in self.watched.values():
            if watched.child.alive():
                continue
            if not watched.next_at:
                self._rest(watched)
            if self._now() >= watched.next_at:
                self._launch(watched)

    def steady(self, name: str, seconds: float = 1.0) -> bool:
        """Has this process run that long without ending?"""
        watched = self.watched[name]
        return watched.child.alive() and self._now() - watched.launched_at >= seconds

    def end(self, names: Iterable[str], within: float) -> None:
        """Ends these together within that many seconds, by force at the last."""
        children = [self.watched.pop(name).child for name in names]
        for child in children:
            child.ask_to_end()
        deadline = self._now() + within
        for child in children:
            # Asked once only: a second SIGTERM would make a worker drop the job in its hands.
            child.finish(deadline - self._now())

    def _rest(self, watched: Watched) -> None:
        if self._now() - watched.launched_at >= SETTLED:
            watched.pause = FIRST_PAUSE
        watched.next_at = self._now() + watched.pause
        self._say(watched.child.program.name, f"ended; starts again in {watched.pause:g} s")
        watched.pause = min(watched.pause * 2, LONGEST_PAUSE)

    def _launch(self, watched: Watched) -> None:
        watched.launched_at, watched.next_at = self._now(), 0.0
        watched.child.launch()


def line_programs(environ: Mapping[str, str], host: str, ports: Mapping[str, int]) -> list[Program]:
    """The Procfile's processes."""
    return [
        _program(name, command.format(host=host, port=ports.get(name)), environ, names(PROCESSES[name]))
        for name, command in COMMANDS.items()
    ]


def simulator_program(environ: Mapping[str, str], port: int) -> Program:
    """The telephone network, told only what a carrier would know."""
    return _program("simulator", SIMULATOR.format(port=port), environ, SIMULATOR_SETTINGS)


def command_program(words: str, environ: Mapping[str, str], settings: type[Settings]) -> Program:
    """One of our own commands, run to its end."""
    return _program(words.split()[0], f"-m hotline.cli {words}", environ, names(settings))


def run_to_end(program: Program, say: Say, told_to_end: Event) -> int:
    """Runs a command and gives its exit code, 1 where it was told to end before."""
    child = Child(program, say)
    child.launch()
    while child.alive() and not told_to_end.wait(0.02):
        pass
    child.end(1.0)
    return 1 if child.exit_code is None or child.exit_code < 0 else child.exit_code


def _program(name: str, command: str, environ: Mapping[str, str], wanted: Iterable[str]) -> Program:
    env = {key: environ[key] for key in (*PASSED, *wanted) if key in environ}
    return Program(name, (sys.executable, *command.split()), env | {"PYTHONUNBUFFERED": "1"})


def answers(url: str) -> bool:
    """True where a GET is answered 200 within half a second."""
    try:
        with urllib.request.urlopen(url, timeout=0.5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def answers_at_all(url: str) -> bool:
    """True where anything is said within five seconds, be it a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def free_port(host: str, wanted: int) -> int:
    """The port wanted (0: any free one); OSError where somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, wanted))
        return int(probe.getsockname()[1])


def workers_announced(redis_url: str) -> bool:
    """Has an RQ worker announced itself for each queue?"""
    import redis

    prefix = os.environ.get("RQ_KEY_PREFIX", "rq")
    with redis.Redis.from_url(redis_url, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None) as client:
        try:
            return all(client.scard(f"{prefix}:workers:{queue}") for queue in ("urgent", "work"))
        except redis.RedisError:
            return False
