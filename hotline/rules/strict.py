"""Tables that people edit, read strictly: what is right is kept, and everything that is wrong is told at once. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

T = TypeVar("T")
_NAMES: Mapping[type, str] = {
    str: "text between quotes", int: "a whole number", bool: "true or false", list: "a list of texts",
    date: "a date like 2026-11-25", dict: "a table",
}  # fmt: skip


class BadData(ValueError):
    """Everything that is wrong in a file of data."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(slots=True)
class Reading:
    """A file being read, and what was found wrong so far."""

    file: str
    problems: list[str] = field(default_factory=list)

    def wrong(self, where: str, words: str) -> None:
        self.problems.append(f"{self.file}: {where}: {words}")

    def done(self, made: Callable[[], T]) -> T:
        """What was read, if nothing was wrong; made only then."""
        if self.problems:
            raise BadData(self.problems)
        return made()

    def entries(self, tables: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Any]]:
        """The tables of a kind, each with the words by which it is found in the file."""
        found = tables.get(kind, [])
        if not isinstance(found, list):
            self.wrong(kind, f"is written [[{kind}]], once for each")
            return
        for number, entry in enumerate(found, 1):
            named = entry.get("name", entry.get("number", "")) if isinstance(entry, dict) else ""
            yield f"{kind} {number}{f' ({named})' if named else ''}", entry

    def table(self, entry: object, where: str, fields: Mapping[str, type], needed: str) -> dict[str, Any]:
        """What is right in an entry; an unknown field, a wrong kind of value or one left out is told."""
        kept: dict[str, Any] = {}
        for name, value in (entry if isinstance(entry, dict) else {}).items():
            if name not in fields:
                self.wrong(where, f"unknown field '{name}'; it may have: {', '.join(sorted(fields))}")
            elif not _is(value, fields[name]):
                self.wrong(where, f"'{name}' must be {_NAMES[fields[name]]}")
            else:
                kept[name] = value
        for name in needed.split():
            if name not in kept and not (isinstance(entry, dict) and name in entry):
                self.wrong(where, f"'{name}' is missing")
        return kept

    def one_of(self, value: object, allowed: tuple[Any, ...], where: str, what: str) -> None:
        if value not in allowed:
            self.wrong(where, f"{what} '{value}' is not one of: {', '.join(map(str, allowed))}")


def _is(value: object, wanted: type) -> bool:
    if wanted is list:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))
