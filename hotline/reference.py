"""The data that people edit: opened once a process, and told wholly where it is wrong."""

import tomllib
from functools import cache
from pathlib import Path

import config
from hotline.rules.strict import BadData
from hotline.rules.territory import Territory
from hotline.rules.territory_file import read_territory

FOLDER = Path(config.__file__).parent


@cache
def territory() -> Territory:
    """Where things are. Raises BadData."""
    return read_territory(_tables("territory.toml"))


def _tables(name: str) -> dict[str, object]:
    try:
        return tomllib.loads((FOLDER / name).read_text("utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise BadData([f"{name}: this is not TOML: {wrong}"]) from None
