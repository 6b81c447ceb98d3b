"""What one step makes: what the person perceives now (replies), what must happen in the world (effects), and the one
question a turn may ask before it speaks. Values only; each effect has exactly one recorder in `hotline.effects`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr_flows.model import Asked, Fact, Language, Place, Priority, Public, Tongue


@dataclass(frozen=True, slots=True)
class Say:
    """Words for the person: spoken in a call, sent in a text conversation. `audio` names a recording of them."""

    words: str
    language: Tongue
    audio: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen for `keys` keys for so many seconds of line time; silence comes back as a signal too."""

    seconds: float
    keys: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """Record until 9, # or 1, a silence of so many seconds of line time, or a hang-up. Only after they asked for it."""

    silence: float = 15.0


@dataclass(frozen=True, slots=True)
class Queue:
    """Wait for a person, asked again and again what to play."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the queue; what follows is asked of the place it was entered from."""


@dataclass(frozen=True, slots=True)
class Join:
    """Enter the room of the page. The person is never muted; a responder or a guest may be."""

    as_: Public
    muted: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


Reply: TypeAlias = Say | Listen | Record | Queue | Leave | Join | HangUp


@dataclass(frozen=True, slots=True)
class OpenContact:
    """A call has begun."""


@dataclass(frozen=True, slots=True)
class Page:
    """Wake the team for this contact; where it is already being woken, louder."""

    priority: Priority
    reason: str
    language: Language | None
    muted: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Agree:
    """May we call back if the line is cut? Their answer."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Mistake:
    """They say it was a mistake: the page says so, and goes on."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The person hung up or left."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep what they wrote, sealed to its case; `flags` are what triage found."""

    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeepTip:
    """What they wrote is a part of a tip, kept apart from who wrote it; `words` False where it was only its number."""

    flags: frozenset[str] = frozenset()
    words: bool = True


@dataclass(frozen=True, slots=True)
class Learn:
    """What they chose tells these facts of their case; `apart` where it is a tip's, kept apart from who gives it."""

    facts: frozenset[str]
    apart: bool = False


@dataclass(frozen=True, slots=True)
class LookLater:
    """If nobody has looked at this contact in so many seconds of line time, wake the team."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Decline:
    """This responder said no."""


@dataclass(frozen=True, slots=True)
class Finish:
    """This responder is done with the page."""


@dataclass(frozen=True, slots=True)
class StepOut:
    """The responder left the room for the private menu; the person hears that they come back, unless all is quiet."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The person hears words of ours, and nobody."""


@dataclass(frozen=True, slots=True)
class Unhold:
    """The person hears whoever is in the room again."""


@dataclass(frozen=True, slots=True)
class TeamGone:
    """The responder's telephone left: the person must not stay alone."""


@dataclass(frozen=True, slots=True)
class Put:
    """What they said, understood: kept sealed with what is being arranged."""

    what: Asked
    value: str


@dataclass(frozen=True, slots=True)
class Promise:
    """They confirmed: from here on there is a callback with an owner and an alarm."""


@dataclass(frozen=True, slots=True)
class KeepRecording:
    """The recording is a part of their tip: to be fetched, sealed, and erased at the carrier."""

    sid: str


@dataclass(frozen=True, slots=True)
class DropRecording:
    """They erased what they said."""

    sid: str


@dataclass(frozen=True, slots=True)
class CallPerson:
    """The responder is live and listening: the person may be called."""


@dataclass(frozen=True, slots=True)
class CameOf:
    """What came of a callback, keyed by the responder."""

    outcome: Literal["reached", "no_answer", "someone_else", "machine"]


@dataclass(frozen=True, slots=True)
class NeverCall:
    """They pressed 8: never call again."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A key was pressed in a test ring: this responder's telephone rings."""


Effect: TypeAlias = (
    OpenContact | Page | Agree | Mistake | Gone | Keep | KeepTip | Learn | LookLater | Decline | Finish | StepOut
    | TeamGone | Put | Promise | KeepRecording | DropRecording | CallPerson | CameOf | NeverCall | Proved
    | Hold | Unhold
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claim:
    """May this responder have the page?"""


@dataclass(frozen=True, slots=True)
class Look:
    """How is the page of this contact?"""


@dataclass(frozen=True, slots=True)
class Understand:
    """What does this mean to us? (a number to call, an hour, a tip's number, or a new one)"""

    what: Asked
    said: str = ""


Question: TypeAlias = Claim | Look | Understand


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true now: words that fill the slots of texts, and names that a script may test."""

    words: Mapping[str, str] = field(default_factory=dict)
    true: frozenset[Fact] = frozenset()


@dataclass(frozen=True, slots=True)
class Turn:
    """The outcome of one step. With a question there are no replies yet: they come from the answer's own step."""

    place: Place
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()
    question: Question | None = None
