"""Numbers, times and windows as they are said aloud and as they are written, in French and English. Pure.

A voice reads 14 h 30 as it likes, and on a screen words are long: so there are always two forms, `said` and `written`.
"""

from datetime import datetime, tzinfo
from typing import Literal, NamedTuple, TypeAlias

Language: TypeAlias = Literal["fr", "en"]

_SMALL = {
    "fr": (
        "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
        "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
    ),
    "en": (
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
        "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    ),
}  # fmt: skip
_TENS = {
    "fr": ("", "", "vingt", "trente", "quarante", "cinquante"),
    "en": ("", "", "twenty", "thirty", "forty", "fifty"),
}
DAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_ZONE = {"fr": "heure de Montréal", "en": "Montréal time"}


class Form(NamedTuple):
    """The same thing for the ear and for the eye."""

    said: str
    written: str


def number(n: int, language: Language) -> str:
    """A number below sixty, in words."""
    small, tens = _SMALL[language], _TENS[language]
    if n < 20:
        return small[n]
    ten, one = divmod(n, 10)
    if not one:
        return tens[ten]
    if language == "fr":
        return f"{tens[ten]} et un" if one == 1 else f"{tens[ten]}-{small[one]}"
    return f"{tens[ten]}-{small[one]}"


def digits(figures: str, language: Language) -> str:
    """Figures one by one: « un, deux, trois »."""
    return ", ".join(_SMALL[language][int(figure)] for figure in figures)


def telephone(e164: str, language: Language) -> Form:
    """A North American number in its groups of three, three and four."""
    local = e164.removeprefix("+1")
    groups = (local[:3], local[3:6], local[6:])
    return Form("; ".join(digits(group, language) for group in groups), f"{groups[0]} {groups[1]}-{groups[2]}")


def clock(at: datetime, language: Language) -> Form:
    """A local time of day."""
    hour, minute = at.hour, at.minute
    if language == "fr":
        said = {0: "minuit", 12: "midi"}.get(hour) or f"{_hours(hour)} heure{'s' if hour > 1 else ''}"
        return Form(
            f"{said} {number(minute, 'fr')}" if minute else said, f"{hour} h {minute:02}" if minute else f"{hour} h"
        )
    twelve = hour % 12 or 12
    part = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
    words = number(twelve, "en")
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{number(minute, 'en')}"
    figures = f"{twelve}:{minute:02}" if minute else f"{twelve}"
    return Form(f"{words} {part}", f"{figures} {'a.m.' if hour < 12 else 'p.m.'}")


def _hours(hour: int) -> str:
    return {1: "une", 21: "vingt et une"}.get(hour) or number(hour, "fr")


def window(starts_at: datetime, ends_at: datetime, now: datetime, zone: tzinfo, language: Language) -> Form:
    """« demain, entre quatorze heures et quinze heures, heure de Montréal »."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    day = _day(start, now.astimezone(zone), language)
    first, last = clock(start, language), clock(end, language)
    if (end.hour, end.minute) == (start.hour, start.minute):  # the night the clocks go back: the hour comes twice
        before = {"fr": ", avant le changement d'heure", "en": ", before the clocks change"}[language]
        at = {"fr": "à", "en": "at"}[language]
        return Form(
            f"{day}, {at} {first.said}{before}, {_ZONE[language]}",
            f"{day}, {at} {first.written}{before} ({_ZONE[language]})",
        )
    join = {"fr": ("entre", "et"), "en": ("between", "and")}[language]
    return Form(
        f"{day}, {join[0]} {first.said} {join[1]} {last.said}, {_ZONE[language]}",
        f"{day} {join[0]} {first.written} {join[1]} {last.written} ({_ZONE[language]})",
    )


def moment(at: datetime, now: datetime, zone: tzinfo, language: Language) -> str:
    """« demain 19 h 30 », for the eye; a week and more ahead with the day of the month."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    day = _day(local, today, language) + (f" {local.day}" if (local.date() - today.date()).days > 6 else "")
    return f"{day} {clock(local, language).written}"


def _day(at: datetime, today: datetime, language: Language) -> str:
    ahead = (at.date() - today.date()).days
    near = {"fr": ("aujourd'hui", "demain"), "en": ("today", "tomorrow")}[language]
    return near[ahead] if ahead in (0, 1) else DAYS[language][at.weekday()]
