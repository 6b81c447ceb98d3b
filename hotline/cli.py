"""The `hotline` command. Thin: it reads what was asked, calls the room that knows, and says the outcome.

Exit 0 done, 1 a check found something or the thing failed, 2 wrong usage. Errors go to standard error with what, where
and the mend, never with a traceback or a value. Rooms are imported inside the commands: `hotline --help` is quick.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotline.at_hand import clock_of, data_option, sealer_of, settings_for, store_of
from hotline.roster_commands import add_responder, responder, roster

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from config.settings import CliSettings

DEFAULT_DATA = Path(".hotline")
TWILIO = "https://api.twilio.com"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def hotline() -> None:
    """The telephone and text line: run it, check it, look after it."""


@hotline.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the doors listen.")
@click.option("--port", default=8000, show_default=True, help="The carrier's door; 0 is any free port.")
@click.option("--console-port", default=8001, show_default=True, help="The responders' door.")
@click.option("--simulator-port", type=int, help="The simulated carrier, demo and test.  [default: port + 2]")
@click.option("--bare", is_flag=True, help="No demonstration people or cases.")
def up(data: Path | None, host: str, port: int, console_port: int, simulator_port: int | None, bare: bool) -> None:
    """Run every process, restarted when it ends; in demo and test with its own engines and carrier."""
    from hotline.up import Options
    from hotline.up import up as run

    folder = data or Path(os.environ.get("HOTLINE_DATA") or DEFAULT_DATA)
    run(Options(host, port, console_port, simulator_port, bare), folder, os.environ)


@hotline.command()
@data_option
def migrate(data: Path | None) -> None:
    """Bring the database to the newest shape."""
    upgrade(settings_for(data).need("database_url"))


def upgrade(database_url: str) -> None:
    """Alembic's upgrade to head, from the package's own migrations."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "hotline:migrations")
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    config.attributes["database_url"] = database_url
    command.upgrade(config, "head")


@hotline.command(hidden=True)
@data_option
def seed(data: Path | None) -> None:
    """Put the demonstration's people on an empty roster."""
    seed_demo(settings_for(data))


def seed_demo(settings: "CliSettings") -> None:
    """Adds the responders whose handsets the simulator shows, once."""
    from hotline.up import RESPONDERS

    if settings.env == "production":
        raise click.UsageError("demonstration people are for demo and test only")
    for entry, rank in zip(RESPONDERS.split(","), ("on-duty", "deputy", "supervisor"), strict=True):
        phone, _, name = entry.partition(" ")
        add_responder(settings, name=name, phone=phone, rank=rank, languages=("fr", "en"), always=True)


hotline.add_command(responder)
hotline.add_command(roster)


@hotline.group()
def scripts() -> None:
    """The written conversation."""


@scripts.command("check")
@data_option
def scripts_check(data: Path | None) -> None:
    """Hold the scripts to their static laws; list every breach."""
    sys.exit(import_module("ivr_flows.__main__").main(["check"]))


@scripts.command("draw")
@data_option
def scripts_draw(data: Path | None) -> None:
    """Print the diagram of the scripts (Mermaid)."""
    sys.exit(import_module("ivr_flows.__main__").main(["draw"]))


@scripts.command("play", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@data_option
def scripts_play(words: tuple[str, ...], data: Path | None) -> None:
    """Play the scripts in the terminal, as caller or texter."""
    sys.exit(import_module("ivr_flows.__main__").main(["play", *words]))


@scripts.command("triage")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def scripts_triage(file: Path, data: Path | None) -> None:
    """Say what triage makes of each text of FILE.jsonl."""
    sys.exit(import_module("ivr_flows.__main__").main(["triage", str(file)]))


@hotline.group()
def line() -> None:
    """What the line leans on outside."""


@line.command("check")
@data_option
def line_check(data: Path | None) -> None:
    """List what somebody here should verify by telephone: numbers of the directory, stations, police dispatch."""
    from hotline import reference

    settings = settings_for(data)
    now = clock_of(settings).now().astimezone(settings.timezone)
    found = [*reference.to_verify(now.date()), *_dispatch_to_prove(settings)]
    for problem in found:
        click.echo(problem)
    sys.exit(1 if found else 0)


def _dispatch_to_prove(settings: "CliSettings") -> list[str]:
    from hotline import dispatch

    if settings.dispatch_number is None:
        return []
    sealer, now = sealer_of(settings), clock_of(settings).now()
    with store_of(settings).turn() as connection:
        if dispatch.is_proved(connection, sealer, settings.dispatch_number, now):
            return []
        last = _dispatch_proved_at(settings, connection)
    since = "never" if last is None else f"last on {last[:10]}"
    return [f"police dispatch: {since} proved by a test ring: `hotline line dispatch-test`"]


def _dispatch_proved_at(settings: "CliSettings", connection: "Connection") -> str | None:
    """When somebody there last pressed a key (ISO 8601); None for never, and where there is no number."""
    from hotline import dispatch

    if settings.dispatch_number is None:
        return None
    last = dispatch.proved_at(connection, sealer_of(settings), settings.dispatch_number)
    return None if last is None else last.astimezone(settings.timezone).isoformat()


@line.command("dispatch-test")
@click.option("--yes", is_flag=True, help="Somebody there knows of it and will press 1.")
@data_option
def line_dispatch_test(yes: bool, data: Path | None) -> None:
    """Ring police dispatch, saying that it is a test: a key proves the number for a month."""
    from hotline import dispatch
    from hotline.store import audit, work

    settings = settings_for(data)
    settings.need("dispatch_number")
    yes or click.confirm("Does somebody there know of it, and will they press 1?", abort=True)
    with store_of(settings).turn() as connection:
        now = clock_of(settings).now()
        work.add(connection, "test_ring", "work", dispatch.TEST_RING, now, now=now)
        audit.write(connection, "cli", "dispatch_test", "line", {}, now)
    click.echo("ringing: `hotline line check` lists it until it is proved")


@hotline.group()
def seal() -> None:
    """The keys that seal and open."""


@seal.command("keygen")
@data_option
def seal_keygen(data: Path | None) -> None:
    """Print a new X25519 private key (for SEAL_KEYS) and its public half (SEAL_PUBLIC_KEY)."""
    from base64 import b64encode

    from hotline.vault import keygen, public_half

    private = keygen()
    click.echo(f"SEAL_KEYS={b64encode(private).decode()}")
    click.echo(f"SEAL_PUBLIC_KEY={b64encode(public_half(private)).decode()}")


@hotline.command()
@click.option("--json", "as_json", is_flag=True, required=True, help="The one format there is.")
@data_option
def status(as_json: bool, data: Path | None) -> None:
    """Say how the line is: what is due, what is late, who is on duty."""
    import json

    click.echo(json.dumps(_status(settings_for(data)), indent=1))


@hotline.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--pace", type=click.FloatRange(1, 20), help="Line seconds per second.  [default: the scenario's]")
@click.option("--seed", type=int, help="Of the weather, and of a generated night.  [default: the scenario's]")
@click.option("--json", "as_json", is_flag=True, help="The report for a machine.")
@data_option
def rehearse(file: Path, pace: float | None, seed: int | None, as_json: bool, data: Path | None) -> None:
    """Play a scenario on a line of its own, and report who waited and what was promised, kept, missed."""
    from hotline.rehearsal import run, telling
    from hotline.rehearsal.reading import read

    scenario = read(file.read_text(), pace, seed)
    report = run.rehearse(scenario, data, os.environ, lambda words: click.echo(f"hotline: {words}", err=True))
    click.echo(telling.as_json(report) if as_json else telling.in_french(report))
    sys.exit(1 if report.broken else 0)


def _status(settings: "CliSettings") -> dict[str, Any]:
    """What SQL knows, then who answers; with the database down the rest is still said."""
    from hotline.doorbell import Doorbell
    from hotline.store.engine import StoreDown
    from hotline.store.status import status as known
    from hotline.supervise import answers_at_all

    try:
        with store_of(settings).turn() as connection:
            found: dict[str, Any] = {**known(connection, clock_of(settings).now()), "database": "up"}
            found["dispatch_proved_at"] = _dispatch_proved_at(settings, connection)
    except StoreDown:
        found = {"database": "down"}
    redis = Doorbell(settings.need("redis_url")).answers()
    carrier = answers_at_all(settings.twilio_api_url or TWILIO)
    return found | {"redis": "up" if redis else "down", "carrier": "up" if carrier else "down"}


def main() -> None:
    """The entry point: every way to fail ends in one sentence and an exit code."""
    try:
        hotline.main(standalone_mode=False)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except Exception as error:  # a traceback could carry what a person said
        code, said = _explained(error)
        click.echo(f"hotline: {said}", err=True)
        sys.exit(code)


def _explained(error: Exception) -> tuple[int, str]:
    from config.settings import BadSettings
    from hotline.clock import PaceChanged
    from hotline.embedded.places import NotPrivate
    from hotline.embedded.running import EngineFailed
    from hotline.rehearsal.line import NotRehearsed
    from hotline.rehearsal.scenario import BadScenario
    from hotline.roster_file import BadRoster
    from hotline.up import Stopped

    if isinstance(error, BadSettings):
        return 2, "these settings are missing or wrong:\n" + "\n".join(f"  - {problem}" for problem in error.problems)
    if isinstance(error, PaceChanged):
        return 2, str(error)
    if isinstance(error, BadRoster):
        return 2, "nothing was imported:\n" + "\n".join(f"  - {problem}" for problem in error.problems)
    if isinstance(error, BadScenario):
        return 2, "this scenario cannot be played:\n" + "\n".join(f"  - {problem}" for problem in error.problems)
    if isinstance(error, Stopped | EngineFailed | NotPrivate | NotRehearsed):
        return 1, str(error)
    if type(error).__name__ == "StoreDown":
        return (
            1,
            f"{error}: see that PostgreSQL answers at DATABASE_URL (the embedded one only while `hotline up` runs)",
        )
    if isinstance(error, ModuleNotFoundError):
        return 1, f"this command needs the module {error.name}, which is not there: run `make install`"
    place = _place(error)
    if type(error).__module__.startswith(("sqlalchemy", "psycopg", "alembic")):
        return 1, f"the database refused ({type(error).__name__} at {place}): see that it is up and migrated"
    return 1, f"failed with {type(error).__name__} at {place}: this is a fault of ours, please report it"


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "an unknown place"


if __name__ == "__main__":
    main()
