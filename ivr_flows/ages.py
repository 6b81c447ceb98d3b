"""Is somebody in this text under 18? Said, suspected, not, or nobody knows. Only a person ever clears the doubt.

A number is an age where the sentence says so: it knows rooms, minutes, prices and durations, and whose age tells
nothing.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from ivr_flows.phrases import Page

Minor: TypeAlias = Literal["Y", "S", "N", "?"]


def minor(page: Page) -> tuple[Minor, tuple[str, ...]]:
    """Under 18 when it is said, suspected when it seems so, not when an adult age is said; otherwise nobody knows."""
    ages: dict[Minor, list[str]] = {"Y": [], "S": [], "N": [], "?": []}
    for at, end, years in _numbers(page):
        ages[_age(page, at, end, years)].append(page.said((at, end)))
    for span in page.spans("minor"):
        if not page.negated(span[0], before=2) or page.in_list("negation", span[0]):
            ages["S" if _seems(page, span[0]) else "Y"].append(page.said(span))
    ages["S"] += page.telling("young")
    if only_neighbourhood(page) or page.has("spam", "buyer"):
        ages["N"].append("")
    verdicts: tuple[Minor, ...] = ("Y", "S", "N")
    verdict: Minor = next((verdict for verdict in verdicts if ages[verdict]), "?")
    return verdict, tuple(word for word in ages[verdict] if word) if verdict in ("Y", "S") else ()


def _numbers(page: Page) -> Iterator[tuple[int, int, int]]:
    """Every number that might be an age: where it begins and ends, and its value."""
    for at, word in enumerate(page.words):
        pair = page.lexicon.numbers.get(" ".join(page.words[at : at + 2]))
        one = page.lexicon.numbers.get(word) or (word if word.isdecimal() else "")
        if pair:
            yield at, at + 2, int(pair)
        elif one and 8 <= int(one[:4]) < 100:
            yield at, at + 1, int(one)


def _age(page: Page, at: int, end: int, years: int) -> Minor:
    """An age, or not: a unit, a room or a duration is none, and a buyer's or a boyfriend's tells nothing."""
    words = page.words
    named = page.in_list("years", end) and "ago" not in words[end : end + 2]
    said_of = any(span[1] == at for span in page.spans("subject"))
    lasts = page.in_list("not_after", at - 1) or (words[max(0, at - 3) : at][-2:] == ("y", "a") and not said_of)
    aside = years < 18 and _set_off(page, at, end)
    if lasts or page.in_list("units", end) or not (named or said_of or aside):
        return "?"
    sure = named or end == len(words) or end in page.breaks or page.in_list("goes_on", end)
    if years < 18:
        return "Y" if sure and not _seems(page, at) else "S"
    others = any(page.in_list("others", place) for place in range(max(0, at - 4), at))
    return "?" if others or not sure else "N"


def _set_off(page: Page, at: int, end: int) -> bool:
    """A number between signs, soon after the word for somebody young: « ma fille, 15, », "our girls (14 and 16)"."""
    closed = end == len(page.words) or end in page.breaks or page.in_list("goes_on", end)
    someone = any(page.in_list("young_person", place) for place in range(max(0, at - 5), at))
    return at in page.breaks and closed and someone


def _seems(page: Page, at: int) -> bool:
    return any(at - 5 <= span[0] < at for span in page.spans("looks", "past_age"))


def only_neighbourhood(page: Page) -> bool:
    """Things are spoken of, and nobody who might be young."""
    return page.has("neighbourhood") and not page.has("young", "victim", "family", "friend")
