"""`hotline up`: the whole line on one machine. Starts what is missing (never in production), then supervises.

What it makes itself (secrets, numbers, local addresses) is kept in the data folder, closed to others, where the other
commands find it.
"""

import base64
import fcntl
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

from config import demo
from config.settings import PROCESSES, BadSettings, CliSettings, Settings, read
from hotline import supervise
from hotline.clock import JUMPS_FILE, clock_for
from hotline.embedded import places, postgres, running, valkey
from hotline.embedded.children import Child

KEPT = "settings.json"
PERIOD = 0.1
FRESH_BEAT = 3.0
# Together under the five seconds that a stop may take.
LINE_ENDS_WITHIN, ENGINES_END_WITHIN = 2.5, 1.2
RESPONDERS = "+15145550142 Intervention,+15145550143 Relève,+15145550144 Supervision"


class Stopped(Exception):
    """The line was told to end, or something it cannot do without failed; the text says what and the mend."""


@dataclass(frozen=True)
class Options:
    """What was asked on the command line; port 0 means any free one."""

    host: str = "127.0.0.1"
    port: int = 8000
    console_port: int = 8001
    simulator_port: int | None = None
    bare: bool = False


@dataclass(frozen=True)
class Ports:
    """Where each door will answer."""

    web: int
    console: int
    simulator: int


def say(name: str, line: str) -> None:
    """One line of a process, on standard error, with its name."""
    sys.stderr.write(f"{name:>9} | {line}\n")
    sys.stderr.flush()


def reach(data: Path | None, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command: what is given, then what a demo or test `up` over its data folder made."""
    given = {name: value for name, value in environ.items() if value.strip()}
    folder = str(data) if data else given.get("HOTLINE_DATA", "")
    if folder and given.get("HOTLINE_ENV") != "production":
        given = _kept(Path(folder)) | given
    return given | ({"HOTLINE_DATA": folder} if folder else {})


def _kept(data: Path) -> dict[str, str]:
    return {name: str(value) for name, value in places.read_private(data / KEPT).items()}


@dataclass(frozen=True)
class Plan:
    """One run: what the operator gave, and what is made because it was not given."""

    options: Options
    data: Path
    ports: Ports
    given: Mapping[str, str] = field(repr=False)
    made: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def environ(self) -> dict[str, str]:
        """Everything known; each process gets its part of it."""
        return {**self.given, **self.made, "HOTLINE_DATA": str(self.data)}

    @property
    def local(self) -> bool:
        """Demo or test: what is missing may be made and started here."""
        return self.given.get("HOTLINE_ENV", "production") in ("demo", "test")

    @property
    def simulated(self) -> bool:
        """Where no carrier was given, ours is simulated."""
        return "TWILIO_API_URL" in self.made

    def make(self, **values: str) -> None:
        """Adds what is missing; what was given stays."""
        self.made.update({name: value for name, value in values.items() if not self.given.get(name)})


def up(options: Options, data: Path, environ: Mapping[str, str]) -> None:
    """Runs the line until SIGTERM or SIGINT and ends it within five seconds; Stopped or BadSettings if it cannot."""
    told_to_end = _listen_for_the_end()
    with _only_one(data):
        supervisor = supervise.Supervisor(say)
        plan = Plan(options, data.resolve(), _ports(options), environ)
        try:
            _start(plan, supervisor, told_to_end)
            _watch(plan, supervisor, told_to_end)
        except running.EngineFailed:
            if not told_to_end.is_set():
                raise
        finally:
            engines = [name for name in ("postgres", "valkey") if name in supervisor.watched]
            supervisor.end([name for name in supervisor.watched if name not in engines], LINE_ENDS_WITHIN)
            supervisor.end(engines, ENGINES_END_WITHIN)


def _start(plan: Plan, supervisor: supervise.Supervisor, told_to_end: Event) -> None:
    if plan.local:
        _make_what_is_missing(plan)
        _start_engines(plan, supervisor, told_to_end)
    _derive_public_half(plan)
    _check(plan.environ)
    if plan.local:
        _keep(plan)
    _command("migrate", plan, told_to_end)
    if plan.local and not plan.options.bare:
        _command("seed", plan, told_to_end)
    if plan.simulated:
        supervisor.add([supervise.simulator_program(plan.environ, plan.ports.simulator)])
    ports = {"web": plan.ports.web, "console": plan.ports.console}
    supervisor.add(supervise.line_programs(plan.environ, plan.options.host, ports))


def _make_what_is_missing(plan: Plan) -> None:
    """Secrets as they were, local addresses as they are now, the origin of line time as the folder keeps it."""
    plan.make(**demo.missing(plan.given, _kept(plan.data)))
    plan.make(
        PUBLIC_URL=_door(plan, plan.ports.web),
        CONSOLE_URL=_door(plan, plan.ports.console),
        TWILIO_API_URL=f"http://127.0.0.1:{plan.ports.simulator}",
        SIMULATOR_RESPONDERS="" if plan.options.bare else RESPONDERS,
    )
    asked = read(Settings, plan.given)
    origin = clock_for(plan.data, asked.pace, asked.pace_origin).origin or datetime.now(UTC)
    plan.make(HOTLINE_PACE_ORIGIN=origin.isoformat(), HOTLINE_PACE_JUMPS=str(plan.data / JUMPS_FILE))


def _start_engines(plan: Plan, supervisor: supervise.Supervisor, told_to_end: Event) -> None:
    """The engines nobody gave, watched over from then on."""
    for variable, engine in (("DATABASE_URL", postgres), ("REDIS_URL", valkey)):
        if not plan.given.get(variable):
            prepared = engine.prepare(plan.data)
            child = Child(prepared.program, say)
            plan.make(**{variable: running.launch(prepared, child, told_to_end=told_to_end).url})
            supervisor.adopt(child)


def _keep(plan: Plan) -> None:
    """What was made, for the next run and for the other commands; what the operator gave stays out of the file."""
    places.write_private(plan.data / KEPT, plan.made | {"HOTLINE_ENV": plan.given["HOTLINE_ENV"]})


def _derive_public_half(plan: Plan) -> None:
    """SEAL_PUBLIC_KEY of the current seal key; one that belongs to another key would seal what nobody can open."""
    from hotline.vault import public_half

    try:
        first = base64.b64decode(plan.environ.get("SEAL_KEYS", "").split(",")[0], validate=True)
        derived = base64.b64encode(public_half(first)).decode()
    except ValueError:
        return  # SEAL_KEYS is missing or wrong: the check that follows says so with all the rest
    if plan.given.get("SEAL_PUBLIC_KEY", derived).strip() not in ("", derived):
        raise BadSettings(
            ("SEAL_PUBLIC_KEY is not the public half of the first of SEAL_KEYS: unset it, it is derived",)
        )
    plan.make(SEAL_PUBLIC_KEY=derived)


def _check(environ: Mapping[str, str]) -> None:
    """Every problem of every process at once, before any of them starts."""
    problems: list[str] = []
    for cls in dict.fromkeys(PROCESSES.values()):
        try:
            read(cls, environ)
        except BadSettings as bad:
            problems += bad.problems
    if problems:
        raise BadSettings(tuple(dict.fromkeys(problems)))


def _command(words: str, plan: Plan, told_to_end: Event) -> None:
    program = supervise.command_program(words, plan.environ, CliSettings)
    if supervise.run_to_end(program, say, told_to_end) and not told_to_end.is_set():
        raise Stopped(f"`hotline {words}` did not succeed: its own lines above say why")


def _watch(plan: Plan, supervisor: supervise.Supervisor, told_to_end: Event) -> None:
    """Restarts what ends until told to end; says once that everything answers."""
    said = False
    while not told_to_end.wait(PERIOD):
        supervisor.tick()
        if not said and _everything_answers(plan, supervisor):
            print(_ready_line(plan), flush=True)
            said = True


def _everything_answers(plan: Plan, supervisor: supervise.Supervisor) -> bool:
    doors = [f"{_door(plan, port)}/healthz" for port in (plan.ports.web, plan.ports.console)]
    if plan.simulated:
        doors.append(f"{plan.made['TWILIO_API_URL']}/")
    steady = all(supervisor.steady(name) for name in ("urgent", "worker", "sweep"))
    announced = steady and supervise.workers_announced(plan.environ["REDIS_URL"])
    return announced and all(map(supervise.answers, doors)) and _sweep_goes_round(plan.environ["DATABASE_URL"])


def _sweep_goes_round(database_url: str) -> bool:
    from hotline.store import beats, engine

    store = engine.for_work(database_url)
    try:
        with store.turn() as connection:
            beat = beats.last(connection, "sweep")
        return beat is not None and beat.age_seconds < FRESH_BEAT
    except engine.StoreDown:
        return False
    finally:
        store.close()


def _ready_line(plan: Plan) -> str:
    simulator = f" simulator={plan.made['TWILIO_API_URL']}" if plan.simulated else ""
    return f"ready web={_door(plan, plan.ports.web)} console={_door(plan, plan.ports.console)}{simulator}"


def _door(plan: Plan, port: int) -> str:
    # Every address of this machine includes the local one, and no browser opens 0.0.0.0.
    host = "127.0.0.1" if plan.options.host == "0.0.0.0" else plan.options.host
    return f"http://{host}:{port}"


def _ports(options: Options) -> Ports:
    simulator = options.simulator_port
    if simulator is None:
        simulator = options.port + 2 if options.port else 0
    taken = []
    found = []
    for host, port in ((options.host, options.port), (options.host, options.console_port), ("127.0.0.1", simulator)):
        try:
            found.append(supervise.free_port(host, port))
        except OSError:
            taken.append(str(port))
    if taken:
        mend = "choose --port, --console-port and --simulator-port"
        raise Stopped(f"somebody listens already on port {', '.join(taken)}: {mend}")
    return Ports(*found)


@contextmanager
def _only_one(data: Path) -> Iterator[None]:
    """One `up` per data folder: two supervisors would fight over the same engines."""
    places.make_data_folder(data)
    with (data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stopped(f"another `hotline up` uses {data}: end it, or give --data another folder") from None
        yield


def _listen_for_the_end() -> Event:
    told = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return told
