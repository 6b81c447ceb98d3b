"""directory.toml, parsed -> Directory. Pure; raises BadData with every problem that the file has."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, get_args

from hotline.rules.directory import INTERPRETER, OUTLOOKS, Area, Directory, Entry
from hotline.rules.strict import Reading
from ivr_flows.model import Language

LANGUAGES = ("fr", "en", "other")
GENERAL = frozenset({"any", "emergency", "police", "referral", INTERPRETER})
"""What nobody asks for in words of their own."""

_ENTRY: Mapping[str, type] = {
    "name": str, "english": str, "spoken": dict, "short": str, "what": dict, "public": dict, "needs": list,
    "languages": list, "open": str, "phone": str, "text": str, "text_mark": str, "police": bool, "outlook": str,
    "area": str, "oldest": int, "fixed": bool, "source": str, "published": date, "verified": date, "mark": str,
}  # fmt: skip
_NEEDED = "name short what public needs languages open police source"
_PHONE = re.compile(r"\+1[2-9]\d{9}|[2-9]11|988")
_TEXT = re.compile(r"\+1[2-9]\d{9}|\d{3,6}")
_OPEN = re.compile(r"always|day||\d{1,2}-\d{1,2}")


def read_directory(tables: Mapping[str, Any], file: str = "directory.toml") -> Directory:
    """The directory that a file tells of."""
    reading = Reading(file)
    for kind in tables.keys() - {"need", "entry"}:
        reading.wrong(kind, "is not one of: need, entry")
    needs: dict[str, frozenset[str]] = {}
    for where, entry in reading.entries(tables, "need"):
        told = reading.table(entry, where, {"name": str, "words": list}, "name words")
        needs[told.get("name", "")] = frozenset(told.get("words", []))
    entries = [_entry(reading, where, entry, needs) for where, entry in reading.entries(tables, "entry")]
    names = [entry.name["fr"] for entry in entries]
    for name in sorted({name for name in names if names.count(name) > 1}):
        reading.wrong(name, "is there twice")
    return reading.done(lambda: Directory(tuple(entries), needs))


def _entry(reading: Reading, where: str, entry: object, needs: Mapping[str, object]) -> Entry:
    told = reading.table(entry, where, _ENTRY, _NEEDED)
    name = told.get("name", "")
    names = {"fr": name, "en": told.get("english", name)}
    both = {what: _texts(reading, where, what, told.get(what, names)) for what in ("what", "public", "spoken")}
    for need in told.get("needs", []):
        reading.one_of(need, (*needs, *sorted(GENERAL)), where, "the need")
    for language in told.get("languages", []):
        reading.one_of(language, LANGUAGES, where, "the language")
    for field, allowed in (("outlook", OUTLOOKS), ("area", get_args(Area)), ("mark", ("TV",)), ("text_mark", ("TV",))):
        if field in told:
            reading.one_of(told[field], allowed, where, field)
    _numbers(reading, where, told)
    plain = {key: told[key] for key in ("phone", "text", "outlook", "area", "oldest", "fixed", "published", "verified")
             if key in told}  # fmt: skip
    return Entry(
        {"fr": names["fr"], "en": names["en"]}, both["spoken"], told.get("short", ""), both["what"],
        both["public"], frozenset(told.get("needs", [])), frozenset(told.get("languages", [])), told.get("open", ""),
        told.get("police", False), told.get("source", ""),
        doubtful="mark" in told, text_doubtful="text_mark" in told, **plain,
    )  # fmt: skip


def _texts(reading: Reading, where: str, what: str, value: Mapping[str, Any]) -> Mapping[Language, str]:
    for language in value.keys() - {"fr", "en"}:
        reading.wrong(where, f"{what}.{language}: there are fr and en only")
    for language in ("fr", "en"):
        if not isinstance(value.get(language), str) or not value[language].strip():
            reading.wrong(where, f"{what}.{language}: the text is missing")
    if re.search(r"\d", f"{value.get('fr')}{value.get('en')}"):
        reading.wrong(where, f"{what}: say figures as words, a voice reads them as it likes")
    return {"fr": str(value.get("fr", "")), "en": str(value.get("en", ""))}


def _numbers(reading: Reading, where: str, told: Mapping[str, Any]) -> None:
    for field, pattern in (("phone", _PHONE), ("text", _TEXT), ("open", _OPEN)):
        if field in told and not pattern.fullmatch(told[field]):
            reading.wrong(where, f"{field} '{told[field]}' is not of the form it must have")
    if told.get("open") and not told.get("phone"):
        reading.wrong(where, "it has hours and no telephone")
    if told.get("fixed") and len(told.get("phone", "")) != 3:
        reading.wrong(where, "only a number assigned by law is fixed")
    if "mark" in told and "verified" in told:
        reading.wrong(where, "a verified entry has no mark any more")
