"""May these words go to a person now? Pure: words, instants and what they asked for in, a verdict out.

Manners 4: a reply goes out within ten minutes of their last text or inside an agreed window, else a responder confirms
it; and nothing that says who we are opens a text, because somebody else may read the screen.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from ivr_flows.spoken import naming, parts

MOST_PARTS = 2
FRESH = timedelta(minutes=10)
OPENING = 60  # signs that a locked screen may show

Refusal: TypeAlias = Literal["empty", "long", "names_us"]
Verdict: TypeAlias = Literal["now", "ask", "never"]

TARGETS: Mapping[str, timedelta] = {"P1": timedelta(seconds=90), "P?": timedelta(minutes=5)}
TARGET = timedelta(minutes=15)


def refusal(words: str) -> Refusal | None:
    """Why these words are no text of ours."""
    if not words.strip():
        return "empty"
    if parts(words) > MOST_PARTS:
        return "long"
    return "names_us" if naming(words[:OPENING]) else None


def verdict(
    now: datetime, last_text_at: datetime, confirmed_at: datetime | None, agreed: bool, silent: bool
) -> Verdict:
    """`now`; `ask`: only once a responder confirms it; `never`: they asked for silence."""
    if silent:
        return "never"
    since = max(last_text_at, confirmed_at or last_text_at)
    return "now" if agreed or now - since <= FRESH else "ask"


def target(priority: str) -> timedelta:
    """Within which a responder answers a text, before the page goes on to the next."""
    return TARGETS.get(priority, TARGET)
