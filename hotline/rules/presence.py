"""Who is still there, on a page that a responder has: read from what the carrier says of the two calls.

News of a call's end comes once, and may come while nobody can write it down. So the calls of each accepted page are
asked about every fifteen seconds until the page is done or open again.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

Side = Literal["person", "team"]

EVERY = timedelta(seconds=15)
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
NOWHERE = "nowhere"
"""Not a word of the carrier's: it knows of no such call."""


def gone(said: Mapping[Side, str | None]) -> tuple[Side, ...]:
    """Which sides are gone, the person first: with the responder a page ends only if the person is gone too.

    No word (None) is no news. Of a call that the carrier knows nothing of, a responder is taken for gone, because a
    second page harms nobody; a person is not, because the responder would be told to hang up on them.
    """
    return tuple(side for side in ("person", "team") if _is_over(side, said.get(side)))


def _is_over(side: Side, word: str | None) -> bool:
    return word in OVER or (word == NOWHERE and side == "team")
