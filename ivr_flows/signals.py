"""What arrives in a conversation: a key, silence, a text, a recording, or the world's answer to a question.

Values only. `hotline.telephone` makes them of requests, `hotline.conversation` of what it asked of the world.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr_flows.model import Asked, Language


@dataclass(frozen=True, slots=True)
class Opened:
    """A call or a leg begins at its door."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A key was pressed."""

    key: str


@dataclass(frozen=True, slots=True)
class Typed:
    """Digits were typed, with # and * among them where they were pressed."""

    digits: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording ended: by this key, or by silence, length or hanging up (no key). `sid` names it at the carrier."""

    sid: str
    key: str = ""
    hung_up: bool = False


@dataclass(frozen=True, slots=True)
class Silent:
    """We listened and nothing came."""


@dataclass(frozen=True, slots=True)
class Waited:
    """The queue asks what to play."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A text came. `facts` is what triage found in it; `digits` the bare digits it consists of, if it does."""

    facts: frozenset[str]
    language: Language | None = None
    digits: str = ""
    words: str = ""
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Left:
    """The call left its queue; `result` is the queue's word for how."""

    result: str


@dataclass(frozen=True, slots=True)
class Returned:
    """The call came back from a room: by star, because the room ended, or (`hung_up`) because the line is gone."""

    hung_up: bool


@dataclass(frozen=True, slots=True)
class Won:
    """This responder has the page. `how` the person can be met: waiting, muted, gone, text, or not at all: tip."""

    how: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Another responder has the page (`by`), or it is over (`by` empty)."""

    by: str = ""


@dataclass(frozen=True, slots=True)
class Understood:
    """What was said means this; `words` fill the slots of what is said next, in the contact's language."""

    what: Asked
    value: str
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """What was said means nothing that we can use; `why` is the outcome's name."""

    why: str = "no"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the page of this contact looks like now. `waited` is seconds of line time since it was opened."""

    state: Literal["open", "accepted", "done", "none"]
    waited: float = 0.0
    language: Language | None = None
    quiet: bool = False


Signal: TypeAlias = (
    Opened | Answered | Typed | Recorded | Silent | Waited | Wrote | Left | Returned
    | Won | Taken | Understood | NotUnderstood | Seen
)  # fmt: skip
