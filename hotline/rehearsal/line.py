"""A whole line of a rehearsal's own: `hotline up --bare` over an empty folder, its roster, its clock, its commands.

Nothing that the environment gives (an engine, a carrier, a secret) reaches it. Launching is the main thread's (see
`embedded.children`).
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from hotline.clock import Clock, clock_for, jump, shared_origin
from hotline.embedded import places
from hotline.embedded.children import Child, Program
from hotline.rehearsal.scenario import FALLBACK, BadScenario, Responder, Scenario, starting
from hotline.rehearsal.telephones import Exchange, Telephone
from hotline.store.engine import Store, for_work
from hotline.store.stillness import Stillness, stillness

PASSED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")
READY_WITHIN, COMMAND_WITHIN, KNOWN_WITHIN, ENDS_WITHIN = 90.0, 60.0, 20.0, 6.0
SNAPSHOTS = 2
RECORD = "rehearsal.json"
Say = Callable[[str], None]


class NotRehearsed(Exception):
    """The rehearsal could not take place; the text says why and the mend."""


@dataclass(frozen=True)
class Line:
    """The running line: its environment, its folder, its clock, its telephones."""

    data: Path
    environ: Mapping[str, str]
    clock: Clock
    exchange: Exchange
    store: Store

    def still(self) -> Stillness:
        """How still it is now: one question to SQL."""
        with self.store.turn() as conn:
            return stillness(conn, self.clock.now())

    def jump(self, seconds: float) -> None:
        """Its time leaps ahead, in every process."""
        jump(self.data, seconds)

    def command(self, *words: str) -> str:
        """One of the operator's own commands, as an operator would type it."""
        argv = [sys.executable, "-m", "hotline.cli", *words, "--data", str(self.data)]
        done = subprocess.run(
            argv, env=dict(self.environ), capture_output=True, text=True, timeout=COMMAND_WITHIN, check=False
        )
        if done.returncode:
            raise NotRehearsed(f"`hotline {words[0]}` failed: {done.stderr.strip()}")
        return done.stdout


@contextmanager
def raised(scenario: Scenario, data: Path | None, environ: Mapping[str, str], say: Say) -> Iterator[Line]:
    """The line, up until the end of the block, a little before the scenario's hour."""
    with _folder(data) as folder:
        own = _environment(scenario, folder, environ)
        clock = _clock(scenario, folder, own)
        with _running(folder, own, say) as ready:
            store = for_work(places.read_private(folder / "settings.json")["DATABASE_URL"])
            try:
                yield Line(folder, own, clock, Exchange(ready["simulator"]), store)
            finally:
                store.close()


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """A folder nobody has used; one of ours is emptied afterwards."""
    if data is not None:
        if data.exists() and any(data.iterdir()):
            raise NotRehearsed(f"{data} has been used: a rehearsal needs an empty folder, or none")
        places.make_data_folder(data)
        yield data.resolve()
        return
    made = Path(tempfile.mkdtemp(prefix="hotline-rehearsal-"))
    made.rmdir()
    places.make_data_folder(made)
    try:
        yield made.resolve()
    finally:
        places.discard(made)


def _environment(scenario: Scenario, folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Only what a line of its own needs; the fallback number is the scenario's."""
    given: dict[str, str] = {name: environ[name] for name in PASSED if name in environ}
    fallback = next(one.number for one in scenario.roster if one.rank == FALLBACK)
    kind = "test" if environ.get("HOTLINE_ENV") == "test" else "demo"
    return given | {
        "HOTLINE_ENV": kind,
        "HOTLINE_PACE": f"{scenario.pace:g}",
        "HOTLINE_PACE_ORIGIN": shared_origin(folder, scenario.pace).isoformat(),
        "FALLBACK_NUMBER": fallback,
        "SIMULATOR_SEED": str(scenario.seed),
    }


def _clock(scenario: Scenario, folder: Path, own: Mapping[str, str]) -> Clock:
    """The line's clock, brought to a little before the scenario's hour: the line needs some time to get up."""
    clock = clock_for(folder, scenario.pace, datetime.fromisoformat(own["HOTLINE_PACE_ORIGIN"]))
    now = clock.now()
    ahead = (starting(scenario.starts_at, now) - now).total_seconds()
    if ahead < 0:
        raise BadScenario(("starts_at: is in the past, and line time never goes back: give a day of the week",))
    early = READY_WITHIN * scenario.pace
    if ahead > early:
        jump(folder, ahead - early)
    return clock


@contextmanager
def _running(folder: Path, own: Mapping[str, str], say: Say) -> Iterator[dict[str, str]]:
    """`hotline up --bare` on free ports, until the end of the block; what it said where it never got ready."""
    ready: dict[str, str] = {}

    def hears(_: str, words: str) -> None:
        if words.startswith("ready "):
            ready.update(word.partition("=")[::2] for word in words.split()[1:])

    argv = (sys.executable, "-m", "hotline.cli", "up", "--bare", "--port", "0", "--console-port", "0")
    child = Child(Program("up", (*argv, "--data", str(folder)), own), hears)
    child.launch()
    try:
        until(lambda: bool(ready) or not child.alive(), READY_WITHIN)
        if not ready:
            raise NotRehearsed("the line did not get up:\n" + "\n".join(child.last_words))
        say(f"la ligne est debout: {ready['simulator']}")
        yield ready
    finally:
        child.end(ENDS_WITHIN)


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true within so many seconds of the wall."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def keep(line: Line, telephones: Mapping[str, Telephone]) -> None:
    """The simulator's own record, beside what the line kept: gone with the folder, unless `--data` named it."""
    record = {"ledger": line.exchange.ledger(), "handsets": [one.view for one in telephones.values()]}
    places.write_private(line.data / RECORD, record)


def enrol(line: Line, roster: Sequence[Responder]) -> None:
    """Everybody on the roster, on duty at every hour, and the web process has seen it."""
    team = [one for one in roster if one.rank != FALLBACK]
    for one in team:
        line.command("responder", "add", one.name, "--phone", one.number, "--rank", one.rank, "--always")
    if not team:
        return
    snapshot = line.data / "roster.sealed"
    # The snapshot that is being written now may have been read from SQL before the last of them was there.
    for _ in range(SNAPSHOTS):
        written = _mark(snapshot)
        if not until(partial(_newer, snapshot, written), KNOWN_WITHIN):
            raise NotRehearsed("the line did not take the roster up: see `hotline roster show`")


def _newer(file: Path, mark: int) -> bool:
    return _mark(file) != mark


def _mark(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0
