"""In which language a text is: a count of words, and doubt where it says too little.

Each language has a list of the words that go into most of its sentences (`lexicon/language.toml`); a text is in the one
that has most of its words. It knows nothing of what a text means.
"""

from collections import Counter
from typing import Literal, TypeAlias

from ivr_flows.phrases import Page

Lang: TypeAlias = Literal["fr", "en", "other"]
FRENCH, ENGLISH, OTHER = "french", "english", "other"
OURS = (FRENCH, ENGLISH)
LATIN = "\u036f"  # the last of the Latin letters and their marks
SENTENCE = 4  # with fewer words, how many are unknown says nothing
KNOWN = 1 / 4  # the least that a language knows of the words of its sentence


def language(page: Page) -> Lang | None:
    """French, English, another, or None where a text says too little."""
    found = tongue(page)
    return None if found is None else "fr" if found == FRENCH else "en" if found == ENGLISH else "other"


def tongue(page: Page) -> str | None:
    """The name of the language, `other` where it is none of the lists; a language that is asked for wins."""
    if page.is_only("printed_english") or page.has("asks_english"):
        return ENGLISH
    if page.is_only("printed_french") or page.has("asks_french"):
        return FRENCH
    if any(word[0] > LATIN and word[0].isalpha() for word in page.typed):
        return OTHER
    of = [page.lexicon.tongues.get(word, frozenset()) for word in page.typed if word.isalpha()]
    counts = Counter(name for names in of for name in names)
    ours = max(counts[name] for name in OURS)
    others = max((count for name, count in counts.items() if name not in OURS), default=0)
    if others + page.unlike > ours:
        best = [name for name, count in counts.items() if count == others and name not in OURS]
        return best[0] if len(best) == 1 else OTHER
    foreign = others == ours and any(names and names.isdisjoint(OURS) for names in of)
    if foreign or (len(of) >= SENTENCE and ours < KNOWN * len(of)):
        return None
    return _one_of_ours(of, {name for name in OURS if counts[name] == ours})


def _one_of_ours(of: list[frozenset[str]], best: set[str]) -> str | None:
    """The one that has most words, or else the first word that only one of the two has."""
    telling = (best & names for names in of if len(best & names) == 1)
    only = next(telling, best) if len(best) > 1 else best
    return next(iter(only)) if len(only) == 1 else None
