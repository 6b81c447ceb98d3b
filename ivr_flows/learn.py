"""How the weights are found: a linear support vector machine by dual coordinate descent, in a fixed order.

The same texts give the same weights to the last sign: nothing is drawn by chance.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

from ivr_flows.weights import BASE, HEADS, PART, Pieces, root

PASSES = 12
SEEN = 4  # texts a piece must be in
MOST = 46  # the largest weight in the file, in steps
SMALL = 1, 2  # steps: a piece that moves danger and every other head by no more is left out of the file
COST = 2.0  # of a text on the wrong side
STILL = 1e-5  # a smaller move is none


@dataclass(frozen=True, slots=True)
class Told:
    """A text, and what is said of each head: yes, no, or nothing."""

    pieces: Pieces
    says: tuple[bool | None, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A text as numbers: where its pieces are, telling ones first, and what they are divided by."""

    whole: list[int]
    parts: list[int]
    size: float


def learn(texts: Sequence[Told], cost: float = COST) -> str:
    """The content of a file of weights."""
    counts = Counter(piece for told in texts for piece in {*told.pieces.whole, *told.pieces.parts()})
    known = {piece: at for at, piece in enumerate(sorted(piece for piece, count in counts.items() if count >= SEEN))}
    rows = [_row(told.pieces, known) for told in texts]
    heads = [_head(rows, [told.says[at] for told in texts], len(known), cost) for at in range(len(HEADS))]
    return _written(known, heads)


def _row(pieces: Pieces, known: dict[str, int]) -> _Row:
    whole, of = sorted(known[piece] for piece in pieces.whole if piece in known), pieces.parts()
    return _Row(whole, sorted(known[part] for part in of if part in known), root(len(pieces.whole), len(of)))


def _head(rows: Sequence[_Row], says: Sequence[bool | None], width: int, cost: float) -> tuple[list[float], float]:
    """The weights, and where they begin, that tell yes from no."""
    weights, bias = [0.0] * width, 0.0
    pulls = [0.0] * len(rows)
    told = [at for at, said in enumerate(says) if said is not None]
    slack = 0.5 / cost
    for turn in range(PASSES):
        for at in sorted(told, key=lambda at: crc32(b"%d %d" % (turn, at))):
            row, sign = rows[at], 1.0 if says[at] else -1.0
            total = sum([weights[piece] for piece in row.whole]) + PART * sum([weights[part] for part in row.parts])
            wanting = 1.0 - sign * (total / row.size + bias) - slack * pulls[at]
            length = (len(row.whole) + PART * PART * len(row.parts)) / (row.size * row.size)
            move = max(wanting / (length + 1.0 + slack), -pulls[at])
            if abs(move) > STILL:
                pulls[at] += move
                bias += sign * move
                _pull(weights, row, sign * move / row.size)
    return weights, bias


def _pull(weights: list[float], row: _Row, move: float) -> None:
    for piece in row.whole:
        weights[piece] += move
    for part in row.parts:
        weights[part] += PART * move


def _written(known: Iterable[str], heads: Sequence[tuple[list[float], float]]) -> str:
    steps = [(max(map(abs, weights), default=0.0) or 1.0) / MOST for weights, _ in heads]
    lines = [
        "\t".join(HEADS),
        "\t".join(f"{step:.6g}" for step in steps),
        "\t".join(f"{bias:.4f}" for _, bias in heads),
    ]
    for at, piece in enumerate(known):
        levels = [round(weights[at] / step) for (weights, _), step in zip(heads, steps, strict=True)]
        if abs(levels[0]) > SMALL[0] or max(map(abs, levels)) > SMALL[1]:
            lines.append(f"{piece}\t{''.join(chr(BASE + level) for level in levels)}")
    return "\n".join(lines) + "\n"
