"""A linear model: a weight for each piece of a text and each question (head). It decides nothing.

Its weights are a file made by `python -m ivr_flows train` from texts of our own (docs/triage.md).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

HEADS = ("urgent", "optout", "fr", "en", "other", "victim_support", "tip", "info", "unclear")
PART = 0.4  # what a part of a word is worth beside a word
NOTHING = (0,) * len(HEADS)
SHORTEST, LARGEST = 3, 5  # letters in a part of a word, its ends counted
LONGEST_WORD = 24
KEPT = 20_000  # words whose parts are remembered
BASE = 79  # the sign of weight 0 in the file, where each head has one sign


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a text is made of, each once: its telling pieces (words, neighbours, roles, phrases), and its spellings."""

    whole: Collection[str]
    spelled: Collection[str]

    def parts(self) -> list[str]:
        """The parts of every word."""
        return [part for word in self.spelled for part in parts(word)]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by piece, in whole steps; of each head the size of a step, and where it begins."""

    weights: Mapping[str, Sequence[int]] = field(default_factory=dict, repr=False)
    steps: Sequence[float] = (0.0,) * len(HEADS)
    biases: Sequence[float] = (-1.0,) * len(HEADS)
    # What the parts of a word come to; words are few, so most have been seen. Emptied when it is full.
    seen: dict[str, tuple[int, Sequence[int]]] = field(default_factory=dict, repr=False, compare=False)

    def margins(self, pieces: Pieces) -> list[float]:
        """How far each head is from its doubt: above 0 is yes."""
        whole = [found for piece in pieces.whole if (found := self.weights.get(piece))]
        spelled = [self._spelled(word) for word in pieces.spelled]
        size = root(len(pieces.whole), sum([count for count, _ in spelled]))
        sums = [sum(column) for column in zip(NOTHING, *whole, strict=True)]
        less = [sum(column) for column in zip(NOTHING, *[found for _, found in spelled], strict=True)]
        told = zip(sums, less, self.steps, self.biases, strict=True)
        return [(one + PART * other) * step / size + bias for one, other, step, bias in told]

    def worth(self, pieces: Pieces, head: str) -> float:
        """What these pieces alone add to a head, in steps."""
        at = HEADS.index(head)
        whole = sum(found[at] for piece in pieces.whole if (found := self.weights.get(piece)))
        return whole + PART * sum(self._spelled(word)[1][at] for word in pieces.spelled)

    def _spelled(self, word: str) -> tuple[int, Sequence[int]]:
        """How many parts a word has, and what they come to."""
        known = self.seen.get(word)
        if known is None:
            if len(self.seen) >= KEPT:
                self.seen.clear()
            of = parts(word)
            rows = [found for part in of if (found := self.weights.get(part))]
            known = self.seen[word] = len(of), [sum(column) for column in zip(NOTHING, *rows, strict=True)]
        return known


def root(whole: int, parts: int) -> float:
    """What the sums of a text are divided by, so that a long one is not stronger than a short one."""
    return float((whole + PART * PART * parts + 1) ** 0.5)


def parts(word: str) -> list[str]:
    """The parts of one word, its ends marked by spaces; of a number only how long it is."""
    if word.isdecimal():
        return [f"#{len(word)}"]
    marked = f" {word[:LONGEST_WORD]} "
    size = len(marked)
    return [
        marked[at : at + length]
        for length in range(SHORTEST, min(size, LARGEST) + 1)
        for at in range(size - length + 1)
    ]


def read_model(content: str) -> Model:
    """The file of weights. ValueError says what is wrong with it."""
    lines = content.split("\n")
    heads, steps, biases = (line.split("\t") for line in lines[:3])
    if tuple(heads) != HEADS:
        raise ValueError("these weights are for other heads; train again")
    weights: dict[str, tuple[int, ...]] = {}
    for line in lines[3:]:
        piece, _, signs = line.rpartition("\t")
        if signs:
            weights[piece] = tuple(ord(sign) - BASE for sign in signs)
    return Model(weights, tuple(map(float, steps)), tuple(map(float, biases)))
