"""What a responder's text orders. Pure: it knows words and codes; who may order what is looked at elsewhere.

A command is the whole text, or a word and a code, or a code and then words for the person. Case, accents, spaces and
closing signs do not count. What is none is `Unclear`, and is never guessed at.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

from ivr_flows.phrases import fold

PAUSE = 30  # minutes, where none are said
SHORTEST, LONGEST = 5, 240


@dataclass(frozen=True, slots=True)
class Accept:
    """Take the page of this code, or send what is held back; without a code, the only one there is."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Decline:
    """No to the page of this code, or to sending what is held back."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Finish:
    """The conversation of this code is over."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class Lift:
    """They asked for silence; the person of this code may be written to again."""

    code: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Words for the person of this case, as they were typed; none where only the code was."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class OnDuty:
    """From now on."""


@dataclass(frozen=True, slots=True)
class OffDuty:
    """From now on."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who is on duty?"""


@dataclass(frozen=True, slots=True)
class Pause:
    """After everybody else, for so many minutes."""

    minutes: int = PAUSE


@dataclass(frozen=True, slots=True)
class Swap:
    """My next shift for theirs, or for nothing: whose, as it was typed."""

    name: str
    in_return: bool = True


@dataclass(frozen=True, slots=True)
class Ok:
    """Yes to the text before a shift."""


@dataclass(frozen=True, slots=True)
class Help:
    """Which commands are there?"""


@dataclass(frozen=True, slots=True)
class Unclear:
    """None of our commands."""


Command: TypeAlias = (
    Accept | Decline | Finish | Lift | Answer | OnDuty | OffDuty | Who | Pause | Swap | Ok | Help | Unclear
)  # fmt: skip

_WORDS: dict[str, Command] = {
    **dict.fromkeys(("en service", "enservice", "on duty", "onduty"), OnDuty()),
    **dict.fromkeys(("fin", "fin de service", "hors service", "off duty", "offduty"), OffDuty()),
    **dict.fromkeys(("qui", "who", "qui est en service", "who is on duty"), Who()),
    **dict.fromkeys(("ok", "okay", "ok merci", "ok thanks", "👍"), Ok()),
    **dict.fromkeys(("1", "oui", "yes", "accepte", "j'accepte", "accept"), Accept()),
    **dict.fromkeys(("2", "non", "no", "refuse", "decline"), Decline()),
    **dict.fromkeys(("fini", "finie", "termine", "terminee", "done", "finished"), Finish()),
    **dict.fromkeys(("aide", "help", "?", "commandes", "commands"), Help()),
}
_CODE = r"([0-9]{3})[ .-]?([0-9]{3})(?![0-9])"
_WITH_CODE: tuple[tuple[re.Pattern[str], type[Accept | Decline | Finish | Lift]], ...] = (
    (re.compile(rf"(?:1|oui|yes|ok|accepte|j'accepte|accept)[ ,:]*(?:code )?#?{_CODE}"), Accept),
    (re.compile(rf"(?:2|non|no|refuse|decline)[ ,:]*(?:code )?#?{_CODE}"), Decline),
    (re.compile(rf"(?:fini|finie|fin|termine|terminee|done|finished)[ ,:]*(?:code )?#?{_CODE}"), Finish),
    (re.compile(rf"(?:lever|lift)(?: le silence| silence)?[ ,:]*(?:code )?#?{_CODE}"), Lift),
)
_SHORT_CODE = re.compile(r"(?:(1|oui|yes)|(?:2|non|no)) ([0-9]{3})")  # of a swap
_ANSWER = re.compile(rf"\W*(?:code\W{{0,3}})?{_CODE}[\s:,.;-]*(.*)", re.DOTALL | re.IGNORECASE)
_PAUSE = re.compile(r"pause(?: de)? ?(?:([0-9]{1,3}) ?(h|m|mn|min|minutes?|heures?|hours?)?)?")
_SWAP = re.compile(r"(?:(echange|echanger|swap)(?: avec| with)?|donne a|donne|give to|give) (.+)")


def read(body: str) -> Command:
    """The command in this text."""
    seen = " ".join(fold(body).split()).strip(" .,;!\"'«»()")
    if (whole := _WORDS.get(seen.rstrip(" ?") or seen)) is not None:
        return whole
    for pattern, made in _WITH_CODE:
        if found := pattern.match(seen):
            return made("".join(found.groups()))
    if found := _SHORT_CODE.fullmatch(seen):
        return Accept(found[2]) if found[1] else Decline(found[2])
    if found := _PAUSE.fullmatch(seen):
        return _pause(found[1], found[2] or "")
    if found := _SWAP.fullmatch(seen):
        return Swap(found[2], bool(found[1]))
    visible = "".join(sign for sign in body if unicodedata.category(sign) != "Cf")
    if found := _ANSWER.match(visible):
        return Answer(found[1] + found[2], found[3].strip())
    return Unclear()


def _pause(figures: str | None, unit: str) -> Command:
    minutes = PAUSE if figures is None else int(figures) * (60 if unit.startswith("h") else 1)
    return Pause(minutes) if SHORTEST <= minutes <= LONGEST else Help()
