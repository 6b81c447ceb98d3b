"""Free text -> what it says, with the words that made us think so. A first reading that a person may always overrule.

It knows spelling and phrases, all of them data (`lexicon/*.toml`); it knows nothing of who writes, of what was written
before, or of what will be answered. Doubt goes up: danger is believed, and a joke about it is read by a person. The
original text is never changed: matching works on a folded copy.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ivr_flows.ages import Minor
from ivr_flows.ages import minor as minor_of
from ivr_flows.model import Language
from ivr_flows.phrases import Lexicon as Lexicon
from ivr_flows.phrases import Page, Span, fold, matches
from ivr_flows.signals import Wrote

Path: TypeAlias = Literal["urgent", "victim_support", "tip", "info", "unclear"]

TOLD = 8  # telling words that are shown
TIP_NUMBER = 12  # figures: no telephone number of ours is as long

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
    return _read(_page(text, lexicon), thumb="👍" in text)


def _read(page: Page, thumb: bool) -> Reading:
    if page.reaction:
        return Reading(frozenset({"automatic"}), _language(page), because=("reaction",))
    if not page.words:
        # A thumb up answers a question of ours, so it comes from a person we are helping.
        return Reading(frozenset({"empty"}), path="victim_support" if thumb else "unclear")
    digits = page.plain.replace(" ", "")
    if digits.isdigit() and len(digits) <= 3:
        return _keyed(digits)
    danger, near, optout = _danger(page), _near(page), _optout(page)
    minor, age = minor_of(page)
    if minor == "Y" and not danger and _exploited(page):
        danger = age
    facts = {name for name, why in (("danger", danger), ("near", near), ("optout", optout)) if why}
    facts |= _kinds(page, bool(danger))
    facts |= {"minor"} if minor in ("Y", "S") else set()
    urgent = bool(danger or near)
    path: Path = "urgent" if urgent else _path(page, frozenset(facts))
    because = tuple(dict.fromkeys((*danger, *near, *optout, *age)))[:TOLD]
    return Reading(frozenset(facts), _language(page), urgent, minor, path, bool(optout), because)


def wrote(text: str, lexicon: Lexicon) -> Wrote:
    """The same as the signal a script understands."""
    page = _page(text, lexicon)
    reading = _read(page, thumb=False)
    language: Language | None = reading.lang if reading.lang in ("fr", "en") else None
    digits = page.plain.replace(" ", "")
    digits = digits if digits.isdigit() else ""
    facts = reading.facts | ({"tip"} if reading.path == "tip" else set())
    facts |= {"tip_word"} if page.is_only("printed_tip") else set()
    facts |= {"tip_number"} if len(digits) == TIP_NUMBER else set()
    return Wrote(facts, language, digits, page.plain, reading.because)


def _keyed(digits: str) -> Reading:
    """The keys of the card, typed: 9 is urgent, 5 or 55 cannot speak."""
    if digits == "911" or set(digits) == {"9"}:
        return Reading(frozenset({"danger"}), urgent=True, path="urgent", because=(digits,))
    if set(digits) == {"5"}:
        return Reading(frozenset({"near"}), urgent=True, path="urgent", because=(digits,))
    return Reading()


# ── the folded copy ───────────────────────────────────────────────────────────────────────────────────────────────


def _page(text: str, lexicon: Lexicon) -> Page:
    for sign, name in lexicon.emoji.items():
        text = text.replace(sign, f" {name} ") if name != "pouce" else text
    folded = fold(text)
    opening = " ".join(re.findall(r"\w+", folded[:60]))
    if any(f"{opening} ".startswith(f"{words} ") for words in lexicon.openings):
        quoted = _QUOTED.sub(" ", fold(text))
        if quoted != folded or re.search(r"\b(une? image|an image|photo|video|message)\b", folded):
            return Page(lexicon, "", (), (), frozenset(), {}, cries=False, reaction=True)
    squeezed = _RUN.sub(r"\1", folded)
    typed = _TOKEN.findall(squeezed)
    words, breaks = _spelled(typed, lexicon)
    plain = " ".join(word for word in typed if word[0] not in ".,;:!?\n")
    cries = bool(_RUN.search(folded.replace("www", ""))) or "!!" in text
    found = matches(words, lexicon)
    return Page(lexicon, plain, tuple(plain.split()), tuple(words), frozenset(breaks), found, cries)


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


def _danger(page: Page) -> tuple[str, ...]:
    """The words of danger that no negation, joke, past or distance takes away."""
    now = page.has("now")
    spans = list(page.spans("always", "screen"))
    spans += [span for span in page.spans("state") if not page.negated(span[0])]
    if now or not page.has("past"):
        spans += [span for span in page.spans("act") if not page.in_list("negation", span[1])]
    spans += page.spans("other") if now else ()
    excuses = [*page.spans("idiom"), *(page.spans("joking") if _joke(page) else ())]
    told = [page.said(span) for span in sorted(set(spans)) if not any(_meet(span, excuse) for excuse in excuses)]
    cry = page.cries and (page.is_only("printed_help") or page.has("help"))
    return (*told, *(("!",) if cry else ()))


def _joke(page: Page) -> bool:
    return page.has("laugh") and not page.has("serious")


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _near(page: Page) -> tuple[str, ...]:
    """Somebody is there, reads the screen, or the person cannot speak. A meeting later today is not a threat."""
    there = page.telling("present", "screen")
    mute = () if page.has("machine") or (page.has("appointment") and not there) else page.telling("mute")
    return (*there, *mute)


def _optout(page: Page) -> tuple[str, ...]:
    if page.is_only("optout_alone"):
        return (page.plain,)
    asked = [
        page.said(span) for span in page.spans("optout")
        if not any(page.in_list("optout_not_after", place) for place in range(span[0] - 3, span[0]))
    ]  # fmt: skip
    return (*asked, *page.telling("screen"))


def _kinds(page: Page, danger: bool) -> set[str]:
    """Facts about the kind of message rather than about the person."""
    kinds = set()
    if page.has("machine") or (page.has("spam") and not danger):
        kinds.add("automatic")
    if page.is_only("printed_help") or page.has("help"):
        kinds.add("help")
    if any(_asks_for_a_call(page, span) for span in page.spans("callback")):
        kinds.add("callback")
    return kinds


def _asks_for_a_call(page: Page, span: Span) -> bool:
    """Words that ask us to call, with no "not" on either side and nobody else in front of them."""
    around = (*range(span[0] - 3, span[0]), span[1], span[1] + 1)
    others = any(page.in_list("callback_not_after", place) for place in range(span[0] - 2, span[0]))
    return not others and not any(page.in_list("negation", place) for place in around)


def _path(page: Page, facts: frozenset[str]) -> Path:
    """What they look for, where nothing is urgent. Whatever is odd stays unclear: a person looks at it."""
    if page.plain in ("info", "infos"):
        return "info"
    if page.is_only("printed_help"):
        return "victim_support"
    if page.is_only("printed_tip"):
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


def _weight(page: Page, group: str) -> int:
    """How many separate places of the text speak of it."""
    return len({span[0] for span in page.spans(group)})


def _exploited(page: Page) -> bool:
    """A minor who speaks of herself or himself and of what is done to them."""
    own = bool({"je", "j", "i", "me", "my"} & set(page.words)) and not page.has("family", "friend")
    return own and any(page.in_list("exploited", at) for at in range(len(page.words)))


# ── language ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _language(page: Page) -> Literal["fr", "en", "other"] | None:
    """The language of most words; of the first telling one when they are equal; a language asked for wins."""
    words = page.lexicon.words
    if page.is_only("printed_english") or page.has("asks_english"):
        return "en"
    if page.is_only("printed_french") or page.has("asks_french"):
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
