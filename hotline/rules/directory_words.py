"""Offered organisations, as they are said aloud and as they stand in a text. Pure; figures are never said bare."""

from collections.abc import Mapping, Sequence

from hotline.rules import saying
from hotline.rules.directory import Offer
from ivr_flows.model import Language

_SAID: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "doubt": "Numéro à vérifier", "number": "Le numéro", "again": "Je répète", "day": "Ouvert le jour.",
        "closed": "Fermé en ce moment; ouvert le jour.", "hours": "Ouvert de {} à {}.",
        "shut": "Fermé en ce moment; ouvert de {} à {}.", "other": "En anglais.",
    },
    "en": {
        "doubt": "Number to be verified", "number": "The number", "again": "Again", "day": "Open in the daytime.",
        "closed": "Closed right now; open in the daytime.", "hours": "Open from {} to {}.",
        "shut": "Closed right now; open from {} to {}.", "other": "In French.",
    },
}  # fmt: skip
_WRITTEN: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "doubt": "à vérifier", "day": "jour", "closed": "fermé, ouvert le jour", "hours": "{} h à {} h",
        "shut": "fermé, ouvre à {} h", "text": "texto",
    },
    "en": {
        "doubt": "unverified", "day": "daytime", "closed": "closed now, daytime only", "hours": "{}:00 to {}:00",
        "shut": "closed now, opens at {}:00", "text": "text",
    },
}  # fmt: skip
RANKS: Mapping[Language, tuple[str, ...]] = {
    "fr": ("Premier", "Deuxième", "Troisième"), "en": ("First", "Second", "Third"),
}  # fmt: skip
_TOLL_FREE = frozenset({"800", "833", "844", "855", "866", "877", "888"})


def spoken(offers: Sequence[Offer], language: Language) -> str:
    """One after the other: who, for whom, when, and the number twice."""
    return " ".join(_said(offer, language) for offer in offers)


def listed(offers: Sequence[Offer], language: Language) -> str:
    """One after the other by its rank: who, when, and whether its number is to be verified. No figures: we dial."""
    words = _SAID[language]
    return " ".join(
        " ".join([
            f"{rank}: {offer.entry.spoken[language]}.",
            *([hours] if (hours := _hours(offer, language)) else []),
            *([] if offer.certain else [f"{words['doubt']}."]),
        ])
        for rank, offer in zip(RANKS[language], offers, strict=False)
    )  # fmt: skip


def _said(offer: Offer, language: Language) -> str:
    entry, words = offer.entry, _SAID[language]
    parts = [f"{_capital(entry.spoken[language])}.", f"{_capital(entry.public[language].replace(';', ','))}."]
    parts += [words["other"]] if not offer.speaks else []
    parts += [hours] if (hours := _hours(offer, language)) else []
    if entry.phone.startswith("+"):  # a number of three figures is its own name
        number = telephone(entry.phone, language).said
        parts.append(f"{words['number' if offer.certain else 'doubt']}: {number}. {words['again']}: {number}.")
    return " ".join(parts)


def _hours(offer: Offer, language: Language) -> str:
    words = _SAID[language]
    if offer.entry.open == "always":
        return ""
    if offer.entry.open == "day":
        return words["day" if offer.open else "closed"]
    first, last = (int(hour) for hour in offer.entry.open.split("-"))
    return words["hours" if offer.open else "shut"].format(_hour(first, language), _hour(last % 24, language))


def _hour(hour: int, language: Language) -> str:
    if hour == 0:
        return {"fr": "minuit", "en": "midnight"}[language]
    number = saying.number(hour if language == "fr" else hour % 12 or 12, language)
    return f"{number} heures" if language == "fr" else f"{number} {'in the morning' if hour < 12 else 'in the evening'}"


def written(offers: Sequence[Offer], language: Language) -> str:
    """Short, in signs that cost one part: « Stella 514 555-0123 (jour, à vérifier) »."""
    return "; ".join(_in_text(offer, language) for offer in offers)


def _in_text(offer: Offer, language: Language) -> str:
    entry, words = offer.entry, _WRITTEN[language]
    marks = [] if entry.open == "always" else [_when(offer, language)]
    marks += [] if offer.certain else [words["doubt"]]
    number = f" {telephone(entry.phone, language).written}" if entry.phone.startswith("+") else ""
    if entry.text and entry.text != entry.phone:  # whoever writes may be unable to speak
        by_text = telephone(entry.text, language).written if entry.text.startswith("+") else entry.text
        number += f", {words['text']} {by_text}"
    return f"{entry.short}{number}" + (f" ({', '.join(marks)})" if marks else "")


def _when(offer: Offer, language: Language) -> str:
    words = _WRITTEN[language]
    if offer.entry.open == "day":
        return words["day" if offer.open else "closed"]
    return words["hours" if offer.open else "shut"].format(*offer.entry.open.split("-"))


def telephone(e164: str, language: Language) -> saying.Form:
    """A number in its groups, with the one before it where it is free to call."""
    form = saying.telephone(e164, language)
    if e164[2:5] not in _TOLL_FREE:
        return form
    return saying.Form(f"{saying.number(1, language)}; {form.said}", f"1 {form.written}")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
