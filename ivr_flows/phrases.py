"""Phrases as data: `lexicon/*.toml` made fast, and found in a list of words.

A phrase is words in their order; `a|b` is either, `word*` a beginning, `word?` may be left out, `..` skips up to three
words and `{name}` is a group of words. It knows nothing of what a phrase means.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ivr_flows.weights import Model

Span: TypeAlias = tuple[int, int]
Phrase: TypeAlias = tuple[
    str, tuple["Slot", ...], frozenset[str]
]  # its group, its places, and words of which it needs one

LONGEST = 2000  # signs that are read; a flood is cut here, kept whole elsewhere
GAP = 3  # words that `..` may skip
# The tables of phrases, and the tables of plain words, that the folder must hold.
PHRASES = frozenset((
    "always", "hint", "state", "act", "other", "now", "past", "idiom", "joking", "laugh", "serious", "present",
    "screen", "mute",
    "appointment", "optout", "machine", "spam", "subject", "looks", "past_age", "minor", "young", "help", "victim",
    "family", "friend", "how_to_help", "tip", "neighbourhood", "info", "buyer", "probe", "asks_english", "asks_french",
    "callback",
    "tu", "suicide", "weapon", "confinement", "runaway", "no_police", "where", "erase", "retract", "injured", "leaving",
    "by_buyer", "online",
))  # fmt: skip
WORDS = frozenset((
    "optout_alone", "optout_not_after", "negation", "years", "units", "not_after", "goes_on", "others", "young_person",
    "printed_help", "printed_tip", "printed_erase", "printed_english", "printed_french", "exploited",
    "callback_not_after",
))  # fmt: skip

# What leads a text to one path or another (`told.toml`). No model weighs these, and each begins with a whole word.
TOLD = frozenset((
    "tu", "vous", "young", "asks_about", "asks_what", "asks_who", "asks_limits", "wrong_number", "worker", "sends_for",
    "lives_it",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a phrase: some words, some beginnings, or a gap."""

    words: frozenset[str] = frozenset()
    starts: tuple[str, ...] = ()
    optional: bool = False
    gap: bool = False

    def takes(self, word: str) -> bool:
        return word in self.words or any(word.startswith(start) for start in self.starts)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What `lexicon/*.toml` says, made fast: phrases by the word, or the first three letters, they begin with."""

    spelling: Mapping[str, tuple[str, ...]]
    emoji: Mapping[str, str]
    numbers: Mapping[str, str]
    fuzzy: Mapping[str, tuple[str, ...]]  # first letter -> telling words that are mended where they have a typo
    never: frozenset[str]
    openings: tuple[str, ...]
    words: Mapping[str, frozenset[str]]
    roles: Mapping[str, str]  # word -> the role it plays
    starts: Mapping[str, str]  # how words begin, four letters -> the role they play
    alike: Mapping[str, tuple[str, ...]]  # first letter -> words long enough to be known in spite of a typo
    known: frozenset[str]  # every word that is in any of the files
    by_word: Mapping[str, tuple[Phrase, ...]] = field(repr=False)
    by_start: Mapping[str, tuple[Phrase, ...]] = field(repr=False)
    told: Mapping[str, tuple[Phrase, ...]] = field(default_factory=dict, repr=False)
    tongues: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)  # word -> languages that have it
    model: Model = field(default_factory=Model, repr=False)

    def role(self, word: str) -> str:
        """The role this word plays, or one that is spelled almost like it; "" where it plays none."""
        found = self.roles.get(word) or self.starts.get(word[:4])
        if found is not None or len(word) < 6 or word in self.known:
            return found or ""
        near = process.extractOne(word, self.alike.get(word[0], ()), scorer=OSA.distance, score_cutoff=1)
        return self.roles[near[0]] if near else ""


@dataclass(frozen=True, slots=True)
class Page:
    """One text, folded: its words, where sentences break, and every phrase found in it."""

    lexicon: Lexicon
    plain: str  # words as typed, folded, before spelling is put right
    typed: tuple[str, ...]
    words: tuple[str, ...]
    breaks: frozenset[int]  # a sentence or clause ends before this word
    found: Mapping[str, tuple[Span, ...]]
    signs: frozenset[str]  # what is not a word: ? and !
    cries: bool  # elongated, repeated or shouted with exclamation marks
    unlike: int = 0  # words with a sign that neither French nor English writes
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

    def is_only(self, group: str) -> bool:
        """The whole text is one of these, as it was typed or as it is spelled right."""
        return bool({self.plain, " ".join(self.words)} & self.lexicon.words[group])

    def in_list(self, name: str, at: int) -> bool:
        return 0 <= at < len(self.words) and self.words[at] in self.lexicon.words[name]


def fold(text: str) -> str:
    """For matching only: compatibility forms, no invisible marks, no case, no accents, straight apostrophes."""
    known = unicodedata.normalize("NFKC", text[:LONGEST])
    seen = "".join(sign for sign in known if unicodedata.category(sign) != "Cf")
    apart = unicodedata.normalize("NFD", seen.casefold())
    return "".join(s for s in apart if unicodedata.category(s) != "Mn").replace("œ", "oe").replace("æ", "ae")


def matches(words: Sequence[str], lexicon: Lexicon) -> dict[str, tuple[Span, ...]]:
    """Every phrase that begins somewhere in these words, by its group."""
    return _matches(words, lambda word: (*lexicon.by_word.get(word, ()), *lexicon.by_start.get(word[:3], ())))


def told(words: Sequence[str], lexicon: Lexicon) -> frozenset[str]:
    """The groups of `told.toml` of which a phrase is in these words."""
    return frozenset(_matches(words, lambda word: lexicon.told.get(word, ())))


def _matches(words: Sequence[str], begins_with: Callable[[str], Sequence[Phrase]]) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {}
    there = frozenset(words)
    for at, word in enumerate(words):
        for group, slots, needs in begins_with(word):
            if needs and there.isdisjoint(needs):
                continue
            end = _end(words, at, slots, 0)
            if end > at:
                found.setdefault(group, []).append((at, end))
    return {group: tuple(spans) for group, spans in found.items()}


def _end(words: Sequence[str], at: int, slots: tuple[Slot, ...], slot: int) -> int:
    """Where a phrase that begins here ends; 0 where it does not hold."""
    if slot == len(slots):
        return at
    this = slots[slot]
    if this.gap:
        return next((end for skip in range(GAP + 1) if (end := _end(words, at + skip, slots, slot + 1))), 0)
    if at < len(words) and this.takes(words[at]) and (end := _end(words, at + 1, slots, slot + 1)):
        return end
    return _end(words, at, slots, slot + 1) if this.optional else 0


def compile_lexicon(tables: Mapping[str, Any], model: Model | None = None) -> Lexicon:
    """The tables of `lexicon/*.toml`, checked and made fast. ValueError says everything that is missing or unknown."""
    known = (
        PHRASES
        | WORDS
        | {f"told_{name}" for name in TOLD}
        | {"spelling", "emoji", "groups", "fuzzy", "reaction", "numbers", "roles", "tongues"}
    )
    wrong = [f"the table '{name}' is missing" for name in sorted(known - tables.keys())]
    wrong += [f"unknown table '{name}'" for name in sorted(tables.keys() - known)]
    if wrong:
        raise ValueError("; ".join(wrong))
    groups = {f"{{{name}}}": str(words) for name, words in tables["groups"].items()}
    phrases = [_phrase(group, phrase, groups) for group in sorted(PHRASES) for phrase in tables[group]["phrases"]]
    roles, starts = _roles(tables["roles"])
    lists = {name: frozenset(fold(word) for word in tables[name]["words"]) for name in WORDS}
    tongues = {name: words.split() for name, words in tables["tongues"].items()}
    whole = (word for _, slots, _ in phrases for slot in slots for word in slot.words)
    long_words = (word for phrase in tables["fuzzy"]["words"] for word in phrase.split() if len(word) > 4)
    return Lexicon(
        spelling={fold(word): tuple(meant.split()) for word, meant in tables["spelling"].items()},
        emoji=dict(tables["emoji"]),
        numbers=dict(tables["numbers"]),
        fuzzy=_by_letter(dict.fromkeys(long_words)),
        never=frozenset(tables["fuzzy"]["never"]),
        openings=tuple(tables["reaction"]["openings"]),
        words=lists,
        roles=roles,
        starts=starts,
        alike=_by_letter(word for word in roles if len(word) > 5),
        known=frozenset((*roles, *whole, *(word for words in lists.values() for word in words), *_ours(tongues))),
        by_word=_by_word(phrases),
        by_start=_by_start(phrases),
        told=_by_word(
            [_phrase(name, one, groups) for name in sorted(TOLD) for one in tables[f"told_{name}"]["phrases"]]
        ),
        tongues=_tongues(tongues),
        model=model or Model(),
    )


def _ours(tongues: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield from (word for name in ("french", "english") for word in tongues[name])


def _tongues(lists: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Each word with the languages that have it."""
    of: dict[str, set[str]] = {}
    for name, words in lists.items():
        for word in words:
            of.setdefault(word, set()).add(name)
    return {word: frozenset(names) for word, names in of.items()}


def _phrase(group: str, phrase: str, groups: Mapping[str, str]) -> Phrase:
    """With the shortest list of words that must be there for it to hold, after its first place."""
    slots = _slots(phrase, groups)
    must = [slot.words for slot in slots[1:] if slot.words and not slot.starts and not slot.optional]
    return group, slots, min(must, key=len, default=frozenset())


def _by_word(phrases: Sequence[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        for word in phrase[1][0].words:
            found.setdefault(word, []).append(phrase)
    return {word: tuple(those) for word, those in found.items()}


def _by_start(phrases: Sequence[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        for start in phrase[1][0].starts:
            found.setdefault(start[:3], []).append(phrase)
    return {start: tuple(those) for start, those in found.items()}


def _by_letter(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for word in words:
        found.setdefault(word[0], []).append(word)
    return {letter: tuple(those) for letter, those in found.items()}


def _roles(tables: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Whole words, and beginnings of four letters, with the role of each: the first table that names one wins."""
    whole: dict[str, str] = {}
    starts: dict[str, str] = {}
    for name, words in tables.items():
        for word in words.split():
            if word.endswith("*"):
                starts.setdefault(word[:4], name)
            else:
                whole.setdefault(fold(word), name)
    return whole, starts


def _slots(phrase: str, groups: Mapping[str, str]) -> tuple[Slot, ...]:
    for name, words in groups.items():
        phrase = phrase.replace(name, words)
    if "{" in phrase:
        raise ValueError(f"'{phrase}' names a group that does not exist")
    slots = tuple(_slot(part) for part in phrase.split())
    if not slots or slots[0].gap or slots[0].optional or any(len(start) < 3 for start in slots[0].starts):
        raise ValueError(f"'{phrase}' must begin with a word, or at least three letters before *")
    return slots


def _slot(part: str) -> Slot:
    if part in ("..", "..?"):
        return Slot(gap=True)
    optional = part.endswith("?")
    words = fold(part.rstrip("?")).split("|")
    whole = frozenset(word for word in words if not word.endswith("*"))
    return Slot(whole, tuple(word[:-1] for word in words if word.endswith("*")), optional)
