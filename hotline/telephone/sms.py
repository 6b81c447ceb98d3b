"""The text channel: what came in, and the one text a turn makes. Triage and sending are elsewhere.

A webhook for texts is always answered EMPTY: what we send goes out over REST, from a row.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from ivr_flows.model import Tongue
from ivr_flows.spoken import BETWEEN
from ivr_flows.turns import Say, Turn

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class Message(NamedTuple):
    """A text as it came. The sender may be a number, a short code or a word; `opt_out_type` STOP, HELP, START or "".

    `came_at` is known of one that we had to ask the carrier for; any other comes now.
    """

    sid: str
    sender_raw: str
    to: str
    body: str
    media_count: int = 0
    opt_out_type: str = ""
    came_at: datetime | None = None


def read(form: Mapping[str, str]) -> Message:
    """The message of an inbound request; a field that is missing is empty, never an error."""
    return Message(
        sid=form.get("MessageSid") or form.get("SmsSid", ""),
        sender_raw=form.get("From", ""),
        to=form.get("To", ""),
        body=form.get("Body", ""),
        media_count=count(form.get("NumMedia", "")),
        opt_out_type=form.get("OptOutType", "").upper(),
    )


def write(turn: Turn) -> list[str]:
    """The words of a turn as one text, or none: each language's sentences together, the languages parted by a slash."""
    spoken: dict[Tongue, list[str]] = {}
    for reply in turn.replies:
        if isinstance(reply, Say) and reply.words.strip():
            spoken.setdefault(reply.language, []).append(reply.words.strip())
    text = BETWEEN.join(" ".join(sentences) for sentences in spoken.values())
    return [text] if text else []


def count(written: str) -> int:
    """A number the carrier wrote as text; 0 where it did not."""
    return int(written) if written.isascii() and written.isdigit() else 0
