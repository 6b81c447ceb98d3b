"""The hour that somebody means: « dem 14h », « ce soir 20h30 », "tmrw btw 2 and 3", 1430. Words in, figures out. Pure.

Whatever is understood is read back and confirmed, so a guess is allowed; what could be two things is not an hour.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Said:
    """A time of day with the day it was said for, or a wait from now. `days` None: the next time it comes."""

    hour: int | None = None
    minute: int | None = None
    days: int | None = None
    weekday: int | None = None
    within: timedelta | None = None


_NOW = re.compile(
    r"\b(maintenant|tout de suite|asap|now|right now|drette la|la la|immediatement|des que possible|right away)\b"
)
_WITHIN = re.compile(r"\b(?:dans|in) (\d{1,2}|une?|an?|half an) ?(minutes?|mins?|heures?|hours?|hrs?|hour|h)\b")
_DAYS = (
    (re.compile(r"\b(apres demain|day after tomorrow)\b"), 2),
    (re.compile(r"\b(demain|dem|dmain|2main|tomorrow|tmrw|tmr|tomorow|tommorow|tomoro|2moro)\b"), 1),
    (
        re.compile(r"\b(aujourd ?hui|auj|today|tod|ce soir|a soir|tonight|tonite|cet aprem|cet apres|this|ce matin)\b"),
        0,
    ),
)
_WEEKDAYS = (
    ("lundi", "monday", "mon"), ("mardi", "tuesday", "tue", "tues"), ("mercredi", "wednesday", "wed"),
    ("jeudi", "thursday", "thu", "thurs"), ("vendredi", "friday", "fri"), ("samedi", "saturday", "sat"),
    ("dimanche", "sunday", "sun"),
)  # fmt: skip
_NOON = re.compile(r"\b(midi|noon)\b")
_MIDNIGHT = re.compile(r"\b(minuit|midnight)\b")
_AFTER = re.compile(r"\b(p ?m|apres midi|aprem|afternoon|soir|evening|tonight|tonite|nuit|night)\b")
_BEFORE = re.compile(r"\b(a ?m|matin|morning)\b")
_FRENCH = re.compile(r"\b(\d{1,2}) ?(?:h|hr|hre|hres|hrs|heures?)\b(?: ?(\d{2})\b| et (demie?|quart)\b)?")
_COLON = re.compile(r"\b(\d{1,2}) ?: ?(\d{2})\b")
_TWELVE = re.compile(r"\b(\d{1,2})(?: (\d{2}))? ?(?:a|p) ?m\b")
_FOUR = re.compile(r"\b(\d{4})\b")
_PAIR = re.compile(r"^\D*(\d{1,2}) (\d{2})\D*$")
_BARE = re.compile(r"\b(\d{1,2})\b")
_BETWEEN = re.compile(r"\b(?:entre|btw|btwn|between|from|de) (\d{1,2})\b")
_QUARTERS = {"demi": 30, "demie": 30, "quart": 15}


def heard(said: str) -> Said | None:
    """What these words or figures mean; None where they are no time."""
    words = _folded(said)
    if re.fullmatch(r"\d{4}", words):
        return _exactly(int(words[:2]), int(words[2:]))
    if waits := _WITHIN.search(words):
        return _wait(waits[1], waits[2])
    time_of_day = _time(words)
    if time_of_day is None:
        return Said(within=timedelta()) if _NOW.search(words) else None
    return _with_its_day(time_of_day, words)


def _folded(said: str) -> str:
    apart = unicodedata.normalize("NFD", said[:200].casefold())
    plain = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")
    spaced = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)(?<!\b[a-z])", " ", re.sub(r"[^a-z0-9: ]+", " ", plain))
    return " ".join(spaced.replace("2 main", "2main").replace("2 moro", "2moro").split())


def _wait(amount: str, unit: str) -> Said:
    if amount == "half an":
        return Said(within=timedelta(minutes=30))
    count = int(amount) if amount.isdigit() else 1
    return Said(within=timedelta(minutes=count) if unit.startswith("min") else timedelta(hours=count))


def _exactly(hour: int, minute: int) -> Said | None:
    return Said(hour, minute) if hour < 24 and minute < 60 else None


def _time(words: str) -> Said | None:
    """The first time of day in the words, twelve hours put right by « du matin », "pm" or what people usually mean."""
    if _NOON.search(words):
        return Said(12, 0)
    if _MIDNIGHT.search(words):
        return Said(0, 0)
    for shape in (_FRENCH, _COLON, _TWELVE, _PAIR):
        if found := shape.search(words):
            minute = found[2] or (_QUARTERS.get(found[3] or "", 0) if shape is _FRENCH else 0)
            return _put_right(found[1], int(minute), words)
    if found := _FOUR.search(words):
        return _exactly(int(found[1][:2]), int(found[1][2:]))
    if found := _BETWEEN.search(words) or _BARE.search(words):
        return _put_right(found[1], 0, words)
    return None


def _put_right(figures: str, minute: int, words: str) -> Said | None:
    """A bare 2 is the afternoon's, an 8 the morning's, unless they say; 02 is what it says."""
    hour = int(figures)
    if 0 < hour <= 12 and not figures.startswith("0"):
        if _BEFORE.search(words):
            hour %= 12
        elif _AFTER.search(words):
            hour = 0 if hour == 12 and re.search(r"\b(nuit|night|soir|tonight)\b", words) else hour % 12 + 12
        elif hour <= 6:
            hour += 12
    return _exactly(hour, minute)


def _with_its_day(told: Said, words: str) -> Said:
    for day, ahead in _DAYS:
        if day.search(words):
            return replace(told, days=ahead)
    for weekday, names in enumerate(_WEEKDAYS):
        if set(names) & set(words.split()):
            return replace(told, weekday=weekday)
    return told
