"""A text in pieces: what the model weighs, and which words weighed most."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ivr_flows.phrases import Page
from ivr_flows.weights import HEADS, Pieces

LONG, STEP = 40, 20  # words: a longer text is weighed in stretches too, so that calm words do not drown a cry


def weigh(page: Page, marks: frozenset[str] = frozenset()) -> dict[str, float]:
    """The margin of each head: above 0 is yes. A long text is worth its most urgent stretch."""
    model = page.lexicon.model
    margins = model.margins(pieces(page, 0, len(page.words), marks))
    for start in range(0, len(page.words) - STEP, STEP) if len(page.words) > LONG else ():
        margins[0] = max(margins[0], model.margins(pieces(page, start, start + LONG, marks))[0])
    return dict(zip(HEADS, margins, strict=True))


def telling(page: Page, head: str, count: int) -> tuple[str, ...]:
    """The words that weighed most for this head, in the order of the text."""
    words = page.words
    worth = [page.lexicon.model.worth(_around(page, at), head) for at in range(len(words))]
    best = sorted(range(len(words)), key=lambda at: -worth[at])[:count]
    return tuple(words[at] for at in sorted(best) if worth[at] > 0) or words[:count]


def pieces(page: Page, start: int, end: int, marks: frozenset[str]) -> Pieces:
    """Every piece of a stretch of a text."""
    words = page.words[start:end]
    found = {f"={word}" for word in words}
    found.update(f"{one}_{other}" for one, other in zip(("", *words), (*words, ""), strict=True))
    found.update(f"{one}-{other}" for one, other in zip(words, words[2:], strict=False))
    found.update(_roles([page.lexicon.role(word) for word in words]))
    found.update(f"@{group}" for group, spans in page.found.items() if any(start <= at < end for at, _ in spans))
    found.update(page.signs, marks)
    if len(words) < 3:
        found.add(f"<{len(words)}")
    return Pieces(found, set(words))


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
