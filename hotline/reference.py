"""The data that people edit: opened once a process, and told wholly where it is wrong."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path

import config
from hotline.rules.directory import Directory, doubts
from hotline.rules.directory_file import read_directory
from hotline.rules.strict import BadData
from hotline.rules.territory import Territory
from hotline.rules.territory_file import read_territory

FOLDER = Path(config.__file__).parent


@cache
def territory() -> Territory:
    """Where things are. Raises BadData."""
    return read_territory(_tables("territory.toml"))


@cache
def directory() -> Directory:
    """Who can help. Raises BadData."""
    return read_directory(_tables("directory.toml"))


def to_verify(on: date) -> list[str]:
    """What `hotline line check` tells an operator: every number and station that is not certain on that day."""
    stations = [f"station {station.number}: territory never verified here" for station in territory().stations.values()
                if station.to_verify]  # fmt: skip
    return [*doubts(directory(), on), *stations]


def whole() -> None:
    """Both files are read, or BadData says what is wrong: a process starts with whole data, or not at all."""
    territory()
    directory()


def _tables(name: str) -> dict[str, object]:
    try:
        return tomllib.loads((FOLDER / name).read_text("utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise BadData([f"{name}: this is not TOML: {wrong}"]) from None
