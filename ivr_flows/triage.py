"""Free text -> what it says, with the words that made us think so. A first reading that a person may always overrule.

It knows spelling and phrases, all of them data (`lexicon/*.toml`); it knows nothing of who writes, of what was written
before, or of what will be answered. Doubt goes up: danger is believed, and a joke about it is read by a person. The
original text is never changed: matching works on a folded copy.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ivr_flows.model import Language, Wrote
from ivr_flows.phrases import Lexicon as Lexicon
from ivr_flows.phrases import Span, fold, matches

Minor: TypeAlias = Literal["Y", "S", "N", "?"]
Path: TypeAlias = Literal["urgent", "victim_support", "tip", "info", "unclear"]

TOLD = 8  # telling words that are shown

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[%$€]|[.,;:!?\n]+")
_RUN = re.compile(r"([^\W\d_])\1{2,}")
_QUOTED = re.compile(r"«[^»]*»?|“[^”]*”?|\"[^\"]*\"?|„[^“]*“?")
# English contractions and the French quelqu'un, once apostrophes are spaces: a pair of words -> what it means.
_AFTER_PRONOUN = {"s": "is", "m": "am", "re": "are", "ll": "will", "ve": "have"}
_PRONOUNS = frozenset(
    (
        "i",
        "you",
        "he",
        "she",
        "it",
        "we",
        "they",
        "who",
        "that",
        "there",
        "someone",
        "somebody",
        "boyfriend",
        "what",
    )
)
_NEGATED = frozenset(
    (
        "don",
        "can",
        "won",
        "isn",
        "doesn",
        "didn",
        "wouldn",
        "couldn",
        "shouldn",
        "aren",
        "wasn",
        "ain",
        "haven",
        "hasn",
    )
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says. `because` holds the telling words, as they were matched."""

    facts: frozenset[str] = frozenset()
    lang: Literal["fr", "en", "other"] | None = None
    urgent: bool = False
    minor: Minor = "?"
    path: Path = "unclear"
    optout: bool = False
    because: tuple[str, ...] = ()


def read(text: str, lexicon: Lexicon) -> Reading:
    """Everything triage makes of one text."""
    page = _page(text, lexicon)
    if page.reaction:
        return Reading(frozenset({"automatic"}), page.language(), because=("reaction",))
    if not page.words:
        thumb = "👍" in text  # an answer to a question of ours, so from a person we are helping
        return Reading(frozenset({"empty"}), path="victim_support" if thumb else "unclear")
    digits = page.plain.replace(" ", "")
    if digits.isdigit() and len(digits) <= 3:
        return _keyed(digits)
    danger, near, optout = _danger(page), _near(page), _optout(page)
    minor, age = _minor(page)
    if minor == "Y" and not danger and _exploited(page):
        danger = age
    facts = {name for name, why in (("danger", danger), ("near", near), ("optout", optout)) if why}
    facts |= _kinds(page, bool(danger))
    facts |= {"minor"} if minor in ("Y", "S") else set()
    urgent = bool(danger or near)
    path: Path = "urgent" if urgent else _path(page, frozenset(facts))
    because = tuple(dict.fromkeys((*danger, *near, *optout, *age)))[:TOLD]
    return Reading(frozenset(facts), page.language(), urgent, minor, path, bool(optout), because)


def wrote(text: str, lexicon: Lexicon) -> Wrote:
    """The same as the signal a script understands."""
    reading = read(text, lexicon)
    plain = _page(text, lexicon).plain
    language: Language | None = reading.lang if reading.lang in ("fr", "en") else None
    digits = plain.replace(" ", "")
    return Wrote(reading.facts, language, digits if digits.isdigit() else "", plain, reading.because)


def _keyed(digits: str) -> Reading:
    """The keys of the card, typed: 9 is urgent, 5 or 55 cannot speak."""
    if digits == "911" or set(digits) == {"9"}:
        return Reading(frozenset({"danger"}), urgent=True, path="urgent", because=(digits,))
    if set(digits) == {"5"}:
        return Reading(frozenset({"near"}), urgent=True, path="urgent", because=(digits,))
    return Reading()


# ── the folded copy ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Page:
    """One text, folded: its words, where sentences break, and every phrase found in it."""

    lexicon: Lexicon
    plain: str  # words as typed, folded, before spelling is put right
    typed: tuple[str, ...]
    words: tuple[str, ...]
    breaks: frozenset[int]  # a sentence or clause ends before this word
    found: Mapping[str, tuple[Span, ...]]
    cries: bool  # elongated, repeated or shouted with exclamation marks
    reaction: bool = False

    def has(self, *groups: str) -> bool:
        return any(group in self.found for group in groups)

    def spans(self, *groups: str) -> Iterator[Span]:
        return (span for group in groups for span in self.found.get(group, ()))

    def said(self, span: Span) -> str:
        return " ".join(self.words[span[0] : span[1]])

    def telling(self, *groups: str) -> tuple[str, ...]:
        return tuple(self.said(span) for span in self.spans(*groups))

    def negated(self, at: int, before: int = 3) -> bool:
        return any(self.in_list("negation", place) for place in range(at - before, at))

    def in_list(self, name: str, at: int) -> bool:
        return 0 <= at < len(self.words) and self.words[at] in self.lexicon.words[name]

    def language(self) -> Literal["fr", "en", "other"] | None:
        return _language(self)


def _page(text: str, lexicon: Lexicon) -> _Page:
    for sign, name in lexicon.emoji.items():
        text = text.replace(sign, f" {name} ") if name != "pouce" else text
    folded = fold(text)
    opening = " ".join(re.findall(r"\w+", folded[:60]))
    if any(f"{opening} ".startswith(f"{words} ") for words in lexicon.openings):
        quoted = _QUOTED.sub(" ", fold(text))
        if quoted != folded or re.search(r"\b(une? image|an image|photo|video|message)\b", folded):
            return _Page(lexicon, "", (), (), frozenset(), {}, cries=False, reaction=True)
    squeezed = _RUN.sub(r"\1", folded)
    typed = _TOKEN.findall(squeezed)
    words, breaks = _spelled(typed, lexicon)
    plain = " ".join(word for word in typed if word[0] not in ".,;:!?\n")
    cries = bool(_RUN.search(folded.replace("www", ""))) or "!!" in text
    found = matches(words, lexicon)
    return _Page(lexicon, plain, tuple(plain.split()), tuple(words), frozenset(breaks), found, cries)


def _spelled(typed: list[str], lexicon: Lexicon) -> tuple[list[str], list[int]]:
    """Spelling put right, contractions spelled out, typos in long telling words mended."""
    words: list[str] = []
    breaks: list[int] = []
    for token in typed:
        if token[0] in ".,;:!?\n":
            breaks.append(len(words))
            continue
        for word in lexicon.spelling.get(token) or (_mended(token, lexicon),):
            _add(words, word)
    return words, breaks


def _add(words: list[str], word: str) -> None:
    last = words[-1] if words else ""
    if word in _AFTER_PRONOUN and last in _PRONOUNS:
        words.append(_AFTER_PRONOUN[word])
    elif word == "t" and last in _NEGATED:
        words.append("not")
    elif not (last == "quelqu" and word in {"un", "une"}):
        words.append(word)


def _mended(word: str, lexicon: Lexicon) -> str:
    """The telling word this one is a typo of; itself where it is a word of its own or too short to tell."""
    if len(word) < 5 or word in lexicon.never or word in lexicon.fuzzy:
        return word
    near = process.extractOne(word, lexicon.fuzzy, scorer=OSA.distance, score_cutoff=1 if len(word) < 9 else 2)
    return near[0] if near and near[0][0] == word[0] else word


# ── what it says ──────────────────────────────────────────────────────────────────────────────────────────────────


def _danger(page: _Page) -> tuple[str, ...]:
    """The words of danger that no negation, joke, past or distance takes away."""
    now = page.has("now")
    spans = list(page.spans("always", "screen"))
    spans += [span for span in page.spans("state") if not page.negated(span[0])]
    if now or not page.has("past"):
        spans += [span for span in page.spans("act") if not page.in_list("negation", span[1])]
    spans += page.spans("other") if now else ()
    excuses = [*page.spans("idiom"), *(page.spans("joking") if _joke(page) else ())]
    told = [page.said(span) for span in sorted(set(spans)) if not any(_meet(span, excuse) for excuse in excuses)]
    cry = page.cries and (page.plain in page.lexicon.words["printed_help"] or page.has("help"))
    return (*told, *(("!",) if cry else ()))


def _joke(page: _Page) -> bool:
    return page.has("laugh") and not page.has("serious")


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _near(page: _Page) -> tuple[str, ...]:
    """Somebody is there, reads the screen, or the person cannot speak. A meeting later today is not a threat."""
    there = page.telling("present", "screen")
    mute = () if page.has("machine") or (page.has("appointment") and not there) else page.telling("mute")
    return (*there, *mute)


def _optout(page: _Page) -> tuple[str, ...]:
    if page.plain in page.lexicon.words["optout_alone"]:
        return (page.plain,)
    asked = [
        page.said(span) for span in page.spans("optout")
        if not any(page.in_list("optout_not_after", place) for place in range(span[0] - 3, span[0]))
    ]  # fmt: skip
    return (*asked, *page.telling("screen"))


def _kinds(page: _Page, danger: bool) -> set[str]:
    """Facts about the kind of message rather than about the person."""
    kinds = set()
    if page.has("machine") or (page.has("spam") and not danger):
        kinds.add("automatic")
    if page.plain in page.lexicon.words["printed_help"] or page.has("help"):
        kinds.add("help")
    return kinds


def _path(page: _Page, facts: frozenset[str]) -> Path:
    """What they look for, where nothing is urgent. Whatever is odd stays unclear: a person looks at it."""
    alone = page.lexicon.words
    if page.plain in ("info", "infos"):
        return "info"
    if page.plain in alone["printed_help"]:
        return "victim_support"
    if page.plain in alone["printed_tip"]:
        return "tip"
    joked = _joke(page) and page.has("joking")
    if joked or facts & {"automatic", "optout"} or (page.has("buyer") and not page.has("family", "tip")):
        return "unclear"
    support, tip, info = (_weight(page, group) for group in ("victim", "tip", "info"))
    if page.has("probe") and not support:
        return "unclear"
    if page.has("family", "how_to_help") and not page.has("neighbourhood") and info <= support + 1:
        return "victim_support"
    if page.has("friend") and "help" not in facts:
        tip += 2
    if "help" in facts:
        support += 1
    ranked: list[tuple[int, Path]] = [(support, "victim_support"), (tip, "tip"), (info, "info")]
    best = max(ranked, key=lambda pair: pair[0])
    return best[1] if best[0] else "unclear"


def _weight(page: _Page, group: str) -> int:
    """How many separate places of the text speak of it."""
    return len({span[0] for span in page.spans(group)})


def _only_neighbourhood(page: _Page) -> bool:
    return page.has("neighbourhood") and not page.has("young", "victim", "family", "friend")


def _exploited(page: _Page) -> bool:
    """A minor who speaks of herself or himself and of what is done to them."""
    own = bool({"je", "j", "i", "me", "my"} & set(page.words)) and not page.has("family", "friend")
    return own and any(page.in_list("exploited", at) for at in range(len(page.words)))


# ── age and language ──────────────────────────────────────────────────────────────────────────────────────────────


def _minor(page: _Page) -> tuple[Minor, tuple[str, ...]]:
    """Under 18 when it is said, suspected when it seems so, not when an adult age is said; otherwise nobody knows."""
    ages: dict[Minor, list[str]] = {"Y": [], "S": [], "N": [], "?": []}
    for at, end, years in _numbers(page):
        ages[_age(page, at, end, years)].append(page.said((at, end)))
    for span in page.spans("minor"):
        if not page.negated(span[0], before=2) or page.in_list("negation", span[0]):
            ages["S" if _seems(page, span[0]) else "Y"].append(page.said(span))
    ages["S"] += page.telling("young")
    if _only_neighbourhood(page) or page.has("spam", "buyer"):
        ages["N"].append("")
    verdicts: tuple[Minor, ...] = ("Y", "S", "N")
    minor: Minor = next((verdict for verdict in verdicts if ages[verdict]), "?")
    return minor, tuple(word for word in ages[minor] if word) if minor in ("Y", "S") else ()


def _numbers(page: _Page) -> Iterator[tuple[int, int, int]]:
    """Every number that might be an age: where it begins and ends, and its value."""
    for at, word in enumerate(page.words):
        pair = page.lexicon.numbers.get(" ".join(page.words[at : at + 2]))
        one = page.lexicon.numbers.get(word) or (word if word.isdecimal() else "")
        if pair:
            yield at, at + 2, int(pair)
        elif one and 8 <= int(one[:4]) < 100:
            yield at, at + 1, int(one)


def _age(page: _Page, at: int, end: int, years: int) -> Minor:
    """An age, or not: a unit, a room or a duration is none, and a buyer's or a boyfriend's tells nothing."""
    words = page.words
    named = page.in_list("years", end) and "ago" not in words[end : end + 2]
    said_of = any(span[1] == at for span in page.spans("subject"))
    lasts = page.in_list("not_after", at - 1) or words[max(0, at - 3) : at][-2:] == ("y", "a")
    if lasts or page.in_list("units", end) or not (named or said_of):
        return "?"
    sure = named or end == len(words) or end in page.breaks or page.in_list("goes_on", end)
    if years < 18:
        return "Y" if sure and not _seems(page, at) else "S"
    others = any(page.in_list("others", place) for place in range(max(0, at - 4), at))
    return "?" if others or not sure else "N"


def _seems(page: _Page, at: int) -> bool:
    return any(at - 5 <= span[0] < at for span in page.spans("looks", "past_age"))


def _language(page: _Page) -> Literal["fr", "en", "other"] | None:
    """The language of most words; of the first telling one when they are equal; a language asked for wins."""
    words = page.lexicon.words
    if page.plain in words["printed_english"] or page.has("asks_english"):
        return "en"
    if page.plain in words["printed_french"] or page.has("asks_french"):
        return "fr"
    if any(word[0] > "\u036f" and word[0].isalpha() for word in page.typed):
        return "other"
    lists: tuple[tuple[Literal["fr", "en", "other"], str], ...] = (
        ("fr", "french"), ("en", "english"), ("other", "other_languages"),
    )  # fmt: skip
    counts = {name: sum(word in words[group] for word in page.typed) for name, group in lists}
    most = max(counts.values())
    best = [name for name, _ in lists if counts[name] == most]
    if not most:
        return None
    first = next((name for word in page.typed for name, group in lists if name in best and word in words[group]), None)
    return first if len(best) > 1 else best[0]
