"""A text in pieces: what the model weighs, and which words weighed most."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ivr_flows.phrases import Page
from ivr_flows.weights import HEADS, Pieces

DENIED = 3  # words after a "not" that it may deny
# The roles of words that hold a sentence together: they tell a person little.
FUNCTION = frozenset(("ME", "HIM", "HER", "YOU", "NOT", "BRIDGE", "VERBE", "HAS", "IS", "ASK"))
LONG, STEP = 40, 20  # words: a longer text is weighed in stretches too, so that calm words do not drown a cry


def weigh(page: Page, marks: frozenset[str] = frozenset()) -> dict[str, float]:
    """The margin of each head: above 0 is yes. A long text is worth its most urgent stretch."""
    model = page.lexicon.model
    margins = model.margins(pieces(page, 0, len(page.words), marks))
    for start in range(0, len(page.words) - STEP, STEP) if len(page.words) > LONG else ():
        margins[0] = max(margins[0], model.margins(pieces(page, start, start + LONG, marks))[0])
    return dict(zip(HEADS, margins, strict=True))


def telling(page: Page, head: str, count: int) -> tuple[str, ...]:
    """The words that weighed most for this head, in the order of the text; those with a meaning of their own first."""
    words = page.words
    worth = [page.lexicon.model.worth(_around(page, at), head) for at in range(len(words))]
    weighed = [at for at in range(len(words)) if worth[at] > 0]
    best = sorted(weighed, key=lambda at: (_is_function(page, at), -worth[at]))[:count]
    return tuple(words[at] for at in sorted(best)) or words[:count]


def pieces(page: Page, start: int, end: int, marks: frozenset[str]) -> Pieces:
    """Every piece of a stretch of a text."""
    words = page.words[start:end]
    found = {f"={word}" for word in words}
    found.update(f"{one}_{other}" for one, other in zip(("", *words), (*words, ""), strict=True))
    found.update(f"{one}-{other}" for one, other in zip(words, words[2:], strict=False))
    roles = [page.lexicon.role(word) for word in words]
    found.update(_roles(roles))
    found.update(_denied(words, roles))
    found.update(f"@{group}" for group, spans in page.found.items() if any(start <= at < end for at, _ in spans))
    found.update(page.signs, marks)
    if len(words) < 3:
        found.add(f"<{len(words)}")
    return Pieces(found, set(words))


def _is_function(page: Page, at: int) -> bool:
    """A word that means little by itself."""
    return len(page.words[at]) < 3 or page.lexicon.role(page.words[at]) in FUNCTION


def _denied(words: Sequence[str], roles: Sequence[str]) -> Iterator[str]:
    """The words that a "not" before them may deny, or the roles that they play."""
    left = 0
    for word, role in zip(words, roles, strict=True):
        if role == "NOT":
            left = DENIED
        elif left:
            yield f"not {role or word}"
            left -= 1


def _around(page: Page, at: int) -> Pieces:
    """The pieces that one word brings."""
    words = page.words[max(0, at - 1) : at + 2]
    pairs = [f"{one}_{other}" for one, other in pairwise(words)]
    return Pieces((f"={page.words[at]}", f"+{page.lexicon.role(page.words[at])}", *pairs), (page.words[at],))


def _roles(roles: Sequence[str]) -> Iterator[str]:
    """The roles that words play, one by one, in pairs and in threes."""
    before = last = ""
    for role in roles:
        if role:
            yield f"+{role}"
            yield f"{last}+{role}"
            yield f"{before}+{last}+{role}"
            before, last = last, role
