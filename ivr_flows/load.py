"""TOML -> Script and Lexicon. The only part of the conversation that opens files, and it opens nothing else.

It is strict, because the people who edit these files read no Python: a field nobody knows, a language left out or a
node that is not there is said with its file and node, and everything that is wrong is said at once.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast, get_args

from ivr_flows.arrows import targets
from ivr_flows.model import (
    Asked,
    Choice,
    Deed,
    Fact,
    Flag,
    Foreign,
    Kind,
    Language,
    Node,
    PageOrder,
    Priority,
    Public,
    Rule,
    Script,
    Text,
    Tongue,
)
from ivr_flows.phrases import Lexicon, compile_lexicon
from ivr_flows.priorities import FACTS
from ivr_flows.weights import read_model

SCRIPTS = Path(__file__).parent / "scripts"
LEXICON = Path(__file__).parent / "lexicon"
WEIGHTS = "weights.tsv"
UNNAMED = "ligne"  # the script of a file that names none
KEYS = frozenset("0123456789*#")

_HEAD: Mapping[str, type] = {
    "script": str, "version": int, "speaks_to": str, "person": str, "hush": str, "until_chosen": dict, "doors": dict,
    "keys": dict, "texts": list, "node": dict,
}  # fmt: skip
_NODE: Mapping[str, type] = {
    "kind": str, "says": object, "also": list, "audio": object, "fact": str, "text": dict, "both": bool,
    "choices": list, "listens_for": float, "prompts": int, "silence": str, "then": str, "unchosen": str, "page": dict,
    "outcomes": dict, "muted": bool, "truth": dict, "marks": list, "learns": list, "aside": bool, "asks": str,
    "about": str, "length": int, "does": str, "again": str,
}  # fmt: skip
_CHOICE: Mapping[str, type] = {
    "key": str, "to": str, "words": list, "language": str, "does": str, "learns": list, "back": bool,
}  # fmt: skip
_PAGE: Mapping[str, type] = {"priority": str, "reason": str, "muted": bool, "quiet": bool}
_RULE: Mapping[str, type] = {"when": str, "to": str, "words": list}
_NAMES: Mapping[type, str] = {
    str: "text between quotes", int: "a whole number", float: "a number", bool: "true or false", list: "a list",
    dict: "a table", object: "anything",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file."""

    file: str
    node: str
    words: str

    def __str__(self) -> str:
        return f"{self.file}: {f'node {self.node}: ' if self.node else ''}{self.words}"


class BadScript(ValueError):
    """Everything that is wrong in the scripts' files, at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@cache
def load_all(folder: Path | None = None) -> Mapping[str, Script]:
    """Every script of the folder (the shipped one unless told), by name, read once a process. Raises BadScript."""
    return read_scripts({path.name: path.read_bytes() for path in sorted((folder or SCRIPTS).glob("*.toml"))})


@cache
def load_lexicon(folder: Path | None = None) -> Lexicon:
    """The words triage looks for, compiled once a process. Raises BadScript."""
    folder = folder or LEXICON
    tables: dict[str, Any] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.toml")):
        table = _parsed(path.name, path.read_bytes(), faults)
        faults += [Fault(path.name, name, "is in another file too") for name in tables.keys() & table.keys()]
        tables |= table
    if not faults:
        try:
            weights = folder / WEIGHTS
            return compile_lexicon(tables, read_model(weights.read_text("utf-8")) if weights.exists() else None)
        except ValueError as wrong:
            faults.append(Fault("lexicon", "", str(wrong)))
    raise BadScript(faults)


def read_scripts(files: Mapping[str, str | bytes]) -> dict[str, Script]:
    """The same from texts in memory: file name -> content."""
    faults: list[Fault] = []
    parts: dict[str, _Part] = {}
    tables = {name: _parsed(name, content, faults) for name, content in files.items()}
    if faults:  # a file that cannot be read would make half of the others look wrong
        raise BadScript(faults)
    for name, table in tables.items():
        part = parts.setdefault(str(table.get("script", UNNAMED)), _Part(faults))
        part.add(_File(name, faults), table)
    scripts = {name: part.script(name) for name, part in parts.items()}
    for part in parts.values():
        part.look_for_targets()
    if faults:
        raise BadScript(faults)
    return scripts


def _parsed(name: str, content: str | bytes, faults: list[Fault]) -> dict[str, Any]:
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")  # some editors put a mark first
    except UnicodeDecodeError as wrong:
        line = wrong.object.count(b"\n", 0, wrong.start) + 1
        faults.append(Fault(name, "", f"line {line}: this file is not saved as UTF-8"))
        return {}
    try:
        return tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as wrong:
        faults.append(_broken(name, text, str(wrong)))
        return {}


def _broken(name: str, text: str, wrong: str) -> Fault:
    """Where a file stops being TOML: its node and, in a line of one language, that language."""
    at = re.search(r"line (\d+)", wrong)
    lines = text.splitlines()[: int(at[1]) if at else None]
    nodes = [found[1] for line in lines if (found := re.match(r"\[node\.(\w+)\]", line))]
    field = re.match(r"\s*(\w+\.(?:fr|en|tu))\b", lines[-1]) if lines else None
    told = f"{field[1]}: this is not TOML: {wrong}" if field else f"this is not TOML: {wrong}"
    hint = "" if "twice" in wrong else '; is a straight quote " missing, or one too many?'
    return Fault(name, nodes[-1] if nodes else "", told + hint)


# ── one file ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _File:
    """A file being read and the common list of faults."""

    name: str
    faults: list[Fault]

    def wrong(self, node: str, words: str) -> None:
        self.faults.append(Fault(self.name, node, words))

    def table(self, value: object, fields: Mapping[str, type], node: str, what: str) -> dict[str, Any]:
        """What is right in a table; what is not becomes a fault."""
        if not isinstance(value, dict):
            self.wrong(node, f"{what} must be a table")
            return {}
        kept: dict[str, Any] = {}
        for key, item in value.items():
            if key not in fields:
                self.wrong(node, f"unknown field '{key}' in {what}; it may have: {', '.join(sorted(fields))}")
            elif not _is(item, fields[key]):
                self.wrong(node, f"'{key}' in {what} must be {_NAMES[fields[key]]}")
            else:
                kept[key] = item
        return kept

    def one_of(self, value: object, allowed: Sequence[str], node: str, what: str) -> str:
        if value not in allowed:
            self.wrong(node, f"{what} '{value}' is not one of: {', '.join(allowed)}")
            return allowed[0]
        return str(value)

    def names(self, value: object, node: str, what: str) -> dict[str, str]:
        """A table whose values are all texts (doors, keys, outcomes)."""
        table = value if isinstance(value, dict) else {}
        for key, item in table.items():
            if not isinstance(item, str):
                self.wrong(node, f"'{key}' in {what} must be {_NAMES[str]}")
        return {key: item for key, item in table.items() if isinstance(item, str)}

    def texts(self, value: object, node: str, what: str) -> tuple[Text, ...]:
        return tuple(self.text(item, node, what) for item in (value if isinstance(value, list) else [value]))

    def text(self, value: object, node: str, what: str) -> Text:
        table = self.table(value, {"fr": str, "en": str, "tu": str}, node, what)
        if not isinstance(value, dict):
            return Text("", "")
        for language, name in (("fr", "French"), ("en", "English")):
            if not str(table.get(language, "")).strip():
                self.wrong(node, f"{what}.{language}: the {name} text is missing")
        return Text(table.get("fr", ""), table.get("en", ""), table.get("tu", ""))

    def foreign(self, value: object, node: str) -> Foreign:
        table = self.table(value, {"language": str, "words": str}, node, "also")
        language = self.one_of(table.get("language"), get_args(Tongue), node, "language")
        if not str(table.get("words", "")).strip():
            self.wrong(node, f"also, {language}: the words are missing")
        return Foreign(cast(Tongue, language), table.get("words", ""))

    def choices(self, value: list[object], node: str) -> tuple[Choice, ...]:
        choices = tuple(self.choice(item, node) for item in value)
        keys = [choice.key for choice in choices]
        for key in sorted({key for key in keys if key and keys.count(key) > 1}):
            self.wrong(node, f"the key '{key}' is given twice")
        return choices

    def choice(self, value: object, node: str) -> Choice:
        table = self.table(value, _CHOICE, node, "a choice")
        if not isinstance(value, dict):
            return Choice("", "")
        for needed in ("key", "to"):
            if needed not in table:
                self.wrong(node, f"a choice has no '{needed}'")
        key = str(table.get("key", ""))
        if key and key not in KEYS:
            self.wrong(node, f"'{key}' is not a key of a telephone")
        words = table.get("words", [])
        if not all(isinstance(word, str) for word in words):
            self.wrong(node, "'words' in a choice must be a list of texts")
        language = table.get("language")
        does = table.get("does")
        return Choice(
            key, table.get("to", ""), tuple(str(word) for word in words),
            None if language is None else cast(Language, self.one_of(language, ("fr", "en"), node, "language")),
            None if does is None else cast(Deed, self.one_of(does, get_args(Deed), node, "does")),
            self.learns(table.get("learns", []), node),
            table.get("back", False),
        )  # fmt: skip

    def page(self, value: object, node: str) -> PageOrder:
        table = self.table(value, _PAGE, node, "page")
        if "reason" not in table:
            self.wrong(node, "page has no 'reason'")
        priority = self.one_of(table.get("priority"), get_args(Priority), node, "priority")
        return PageOrder(
            cast(Priority, priority), table.get("reason", ""), table.get("muted", False), table.get("quiet", False)
        )

    def marks(self, value: list[object], node: str) -> tuple[Flag, ...]:
        return tuple(cast(Flag, self.one_of(flag, get_args(Flag), node, "the mark")) for flag in value)

    def learns(self, value: list[object], node: str) -> frozenset[str]:
        return frozenset(self.one_of(fact, sorted(FACTS), node, "the fact") for fact in value)

    def rules(self, value: list[object]) -> tuple[Rule, ...]:
        tables = [self.table(item, _RULE, "", "texts") for item in value]
        for table in tables:
            if "when" not in table:
                self.wrong("", "a rule of texts has no 'when'")
        return tuple(
            Rule(table.get("when", ""), table.get("to"), tuple(str(word) for word in table.get("words", [])))
            for table in tables
        )

    def node(self, name: str, value: object) -> Node:
        table = self.table(value, _NODE, name, "the node")
        kind = Kind(self.one_of(table.get("kind"), tuple(Kind), name, "kind"))
        plain = {key: table[key] for key in _PLAIN if key in table}
        return Node(
            name, kind,
            says=self.texts(table["says"], name, "says") if "says" in table else (),
            also=tuple(self.foreign(item, name) for item in table.get("also", [])),
            audio=self.texts(table["audio"], name, "audio") if "audio" in table else (),
            fact=cast(Fact, self.one_of(table["fact"], get_args(Fact), name, "fact")) if "fact" in table else None,
            text=self.text(table["text"], name, "text") if "text" in table else None,
            choices=self.choices(table.get("choices", []), name),
            page=self.page(table["page"], name) if "page" in table else None,
            outcomes=self.names(table.get("outcomes", {}), name, "outcomes"),
            truth=self.text(table["truth"], name, "truth") if "truth" in table else None,
            marks=self.marks(table.get("marks", []), name),
            learns=self.learns(table.get("learns", []), name),
            asks=cast(Asked, self.one_of(table["asks"], get_args(Asked), name, "asks")) if "asks" in table else None,
            does=cast(Deed, self.one_of(table["does"], get_args(Deed), name, "does")) if "does" in table else None,
            **plain,
        )  # fmt: skip


_PLAIN = ("both", "aside", "listens_for", "prompts", "silence", "then", "unchosen", "muted", "length", "again", "about")


def _is(value: object, wanted: type) -> bool:
    if wanted is bool or isinstance(value, bool):
        return wanted is bool and isinstance(value, bool)
    return isinstance(value, int | float) if wanted is float else isinstance(value, wanted)


# ── one script, of several files ──────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Part:
    """What the files of one script have said so far."""

    faults: list[Fault]
    nodes: dict[str, Node] = field(default_factory=dict)
    file_of: dict[str, _File] = field(default_factory=dict)  # "" and every head field too: where it was said
    head: dict[str, Any] = field(default_factory=dict)

    def add(self, file: _File, table: dict[str, Any]) -> None:
        self.file_of.setdefault("", file)
        head = file.table(table, _HEAD, "", "the file")
        for name, value in head.pop("node", {}).items():
            if name in self.nodes:
                file.wrong(name, f"this node is in {self.file_of[name].name} too")
                continue
            self.nodes[name], self.file_of[name] = file.node(name, value), file
        head.pop("script", None)
        for name, value in head.items():
            if name in self.head:
                file.wrong("", f"'{name}' is in {self.file_of['.' + name].name} too")
            self.head[name], self.file_of["." + name] = value, file

    def said_in(self, name: str) -> _File:
        return self.file_of.get("." + name) or self.file_of[""]

    def script(self, name: str) -> Script:
        doors = self.said_in("doors").names(self.head.get("doors"), "", "doors")
        keys = self.said_in("keys").names(self.head.get("keys"), "", "keys")
        for needed in ("voice", "nearest"):
            if needed not in doors:
                self.said_in("doors").wrong("", f"the script '{name}' has no door '{needed}'")
        for key in keys.keys() - KEYS:
            self.said_in("keys").wrong("", f"'{key}' is not a key of a telephone")
        if "version" not in self.head:
            self.file_of[""].wrong("", f"the script '{name}' has no 'version'")
        public = self.said_in("speaks_to").one_of(
            self.head.get("speaks_to", "person"), get_args(Public), "", "speaks_to"
        )
        until = self.head.get("until_chosen")
        return Script(
            name, self.head.get("version", 0), self.nodes, doors, keys,
            texts=self.said_in("texts").rules(self.head.get("texts", [])),
            person=self.head.get("person"), hush=self.head.get("hush"),
            until_chosen=None if until is None else self.said_in("until_chosen").text(until, "", "until_chosen"),
            speaks_to=cast(Public, public),
            files={name: file.name for name, file in self.file_of.items() if name in self.nodes},
        )  # fmt: skip

    def look_for_targets(self) -> None:
        for name, node in self.nodes.items():
            for way, target in targets(node):
                if target and target not in self.nodes:
                    self.file_of[name].wrong(name, f"{way} leads to '{target}', which is not a node")
        for name, way, target in self._head_targets():
            if target not in self.nodes:
                self.said_in(name).wrong("", f"{way} leads to '{target}', which is not a node")

    def _head_targets(self) -> Iterator[tuple[str, str, str]]:
        for head, what in (("doors", "door"), ("keys", "key")):
            yield from ((head, f"the {what} '{name}'", target) for name, target in self.head.get(head, {}).items())
        yield from ((name, f"'{name}'", self.head[name]) for name in ("person", "hush") if name in self.head)
        for rule in self.head.get("texts", []):
            if isinstance(rule, dict) and "to" in rule:
                yield "texts", f"the rule '{rule.get('when')}'", str(rule["to"])
