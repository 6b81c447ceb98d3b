"""What a responder's telephone may do once it is rung, the same for every test that plays it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

Did: TypeAlias = Literal["sent", "ringing", "answered", "1", "2", "7", "busy", "no-answer", "completed"]
"""A key, or the carrier's word for what became of the call."""
Told: TypeAlias = tuple[tuple[float, Did, int], ...]

BEHAVIOURS: dict[str, list[tuple[float, Did]]] = {
    "no answer": [(0.5, "sent"), (2, "ringing"), (62, "no-answer")],
    "busy": [(0.5, "sent"), (1, "busy")],
    "voicemail": [(0.5, "sent"), (2, "ringing"), (6, "answered"), (36, "completed")],
    "wrong key": [(0.5, "sent"), (2, "ringing"), (5, "answered"), (9, "7"), (15, "completed")],
    "late key": [(0.5, "sent"), (3, "ringing"), (24, "answered"), (29, "1")],
    "decline": [(0.5, "sent"), (2, "ringing"), (4, "answered"), (6, "2"), (7, "completed")],
    "key after escalation": [(0.5, "sent"), (2, "ringing"), (48, "answered"), (55, "1")],
    "dead leg": [(0.5, "sent"), (2, "ringing"), (5, "answered"), (8, "1"), (14, "completed")],
    "lost callbacks": [],
    "only its end is told": [(20, "completed")],
    "accept": [(0.5, "sent"), (2, "ringing"), (6, "answered"), (9, "1")],
    "accept without callbacks": [(6, "answered"), (9, "1")],
}
KEYS = frozenset({"1", "2", "7"})
FALLBACK_WITHIN = 120.0  # seconds of line time, for a chain of four
DELAYED_BY = 4.0


@dataclass(frozen=True)
class Behaviour:
    """What one telephone does, second by second after it was rung; `told`: in the order in which it is heard of."""

    name: str
    told: Told
    """The second, what, and the carrier's sequence number, which says what is news."""

    @property
    def joins(self) -> bool:
        """Whether a key 1 is pressed, and the telephone stays."""
        return any(did == "1" for _, did, _ in self.told) and self.told[-1][1] != "completed"


def told(name: str, again_after: float | None = None, reordered: bool = False) -> Told:
    """A behaviour as it is heard of: the carrier's words a second time, or the first of them behind the next ones."""
    words = [(at, did, number) for number, (at, did) in enumerate(BEHAVIOURS[name])]
    if again_after is not None:
        words += [(at + again_after, did, number) for at, did, number in words if did not in KEYS]
    if reordered:
        words = [(at + (DELAYED_BY if did in ("sent", "ringing") else 0), did, number) for at, did, number in words]
    return tuple(sorted(words))


def behaviours(seed: int) -> Iterator[Behaviour]:
    """One after the other, for ever, drawn from the seed."""
    chance = random.Random(seed)
    while True:
        name = chance.choice(list(BEHAVIOURS))
        again_after = chance.choice((0.0, 0.7, 3.0)) if chance.random() < 0.3 else None
        yield Behaviour(name, told(name, again_after, reordered=chance.random() < 0.3))
