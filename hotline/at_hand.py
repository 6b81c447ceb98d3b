"""What every command stands on: its settings, the database, line time, the keys. Imported inside: `--help` is quick."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from config.settings import CliSettings
    from hotline.clock import Clock
    from hotline.store.engine import Store
    from hotline.vault import Sealer

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """`--data DIR`, which every command takes."""
    meaning = "Data folder (HOTLINE_DATA): reaches the engines of a running `hotline up --data DIR`."
    return click.option("--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help=meaning)(
        command
    )


def settings_for(data: Path | None) -> "CliSettings":
    """What this command was given, or what the `up` over its data folder made."""
    from config.settings import CliSettings, read
    from hotline.up import reach

    return read(CliSettings, reach(data, os.environ))


def sealer_of(settings: "CliSettings") -> "Sealer":
    """What seals and opens names and numbers of the team."""
    from hotline.vault import Sealer

    return Sealer(settings.need("web_key"), settings.need("pseudonym_key"), settings.need("seal_public_key"))


def store_of(settings: "CliSettings") -> "Store":
    """The database, with a worker's patience."""
    from hotline.store.engine import for_work

    return for_work(settings.need("database_url"))


def clock_of(settings: "CliSettings") -> "Clock":
    """Line time, as the running line has it."""
    from hotline.clock import clock_for

    return clock_for(settings.need("data_dir"), settings.pace, settings.pace_origin)
