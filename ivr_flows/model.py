"""The nouns of a conversation. Values only: nothing here acts, reads a clock or knows a telephone company.

A script is data in two languages; a place is where one contact stands in it. What arrives is in `signals`, what one
step makes of it in `turns`. Twilio, SQL and RQ are deliberately unknown here: `hotline.telephone` translates signals
and replies, `hotline.effects` records effects.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

Language: TypeAlias = Literal["fr", "en"]
Tongue: TypeAlias = Literal["fr", "en", "es", "ht"]  # a conversation is held in one of two; a sentence may be in others
Channel: TypeAlias = Literal["voice", "text"]
Public: TypeAlias = Literal["person", "responder", "guest"]  # whose conversation a script is
Priority: TypeAlias = Literal["P1", "P2", "P?", "P3", "P4", "P5"]

OTHER: Mapping[Language, Language] = {"fr": "en", "en": "fr"}


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages; `{slots}` are filled from the facts. `tu` is the French for who says tu to us."""

    fr: str
    en: str
    tu: str = ""

    def said_in(self, language: Language, tu: bool = False) -> str:
        if language == "en":
            return self.en
        return self.tu if tu and self.tu else self.fr


@dataclass(frozen=True, slots=True)
class Foreign:
    """One sentence in a language that the line does not speak on in."""

    language: Tongue
    words: str


# ── the script ────────────────────────────────────────────────────────────────────────────────────────────────────


class Kind(StrEnum):
    """What a node does when a contact comes to it."""

    MENU = "menu"  # speaks, then listens for one key (or a text)
    TELL = "tell"  # speaks, then goes on to `then` in the same breath
    HUSH = "hush"  # says nothing and listens: whatever comes, or nothing, goes on to `then`; only # leaves
    PAGE = "page"  # wakes the team, then goes on to `then`
    WAIT = "wait"  # one turn of waiting in the queue: looks at the page first, then speaks and listens
    CLAIM = "claim"  # a responder takes the page: asks, and goes where the answer says
    ROOM = "room"  # joins the person and the responder
    DIGITS = "digits"  # speaks, then listens for `length` digits, and asks what they mean
    ASK = "ask"  # asks something of the world in the same breath, and goes where the answer says
    RECORD = "record"  # speaks, then records until a key, a silence or a hang-up
    END = "end"  # speaks if it has something to say, and hangs up


Deed: TypeAlias = Literal[
    "agree", "refuse", "mistake", "decline", "finish", "step_out", "promise", "call_person", "never_call",
    "reached", "no_answer", "someone_else", "machine", "proved", "hold", "unhold",
]  # fmt: skip
Asked: TypeAlias = Literal[
    "number", "same_number", "when", "soon", "code_word", "window", "team", "returned", "ring_back",
    "tip", "new_tip", "tip_text", "where", "resource",
    "staff", "staff_state", "staff_on", "staff_off", "staff_texts", "breathe", "pin", "relay", "call_later", "end_call",
    "guest", "partner", "invite", "dismiss", "enter", "beside",
]  # fmt: skip


Fact: TypeAlias = Literal["no_arrest"]  # what an operator has confirmed, with a date (settings)


@dataclass(frozen=True, slots=True)
class Choice:
    """A way out of a node: by key, by words (texts), or both. `does` is a deed recorded on the way,
    `learns` are facts of the case that choosing it tells."""

    key: str
    to: str
    words: tuple[str, ...] = ()
    language: Language | None = None
    does: Deed | None = None
    learns: frozenset[str] = frozenset()
    back: bool = False  # by text: to where they stood before the question that this answers; `to` where nowhere


@dataclass(frozen=True, slots=True)
class PageOrder:
    """How loudly a page node wakes the team. `muted`: the responder joins muted. `quiet`: the line itself is silent."""

    priority: Priority
    reason: str
    muted: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A point in the written conversation.

    `says` has one text, or several that a waiting node gives in turn. `text` replaces it in the text channel. `both`
    speaks the two languages, each in its own voice. `prompts` is how often the node speaks before silence goes on to
    `silence`; `listens_for` is seconds of line time.
    """

    id: str
    kind: Kind
    says: tuple[Text, ...] = ()
    also: tuple[Foreign, ...] = ()  # said before `says`, for who speaks neither of our languages
    audio: tuple[Text, ...] = ()  # for each of `says`, the file that a person recorded; spoken where it is not there
    text: Text | None = None
    both: bool = False
    choices: tuple[Choice, ...] = ()
    listens_for: float = 5.0
    prompts: int = 2
    silence: str | None = None
    then: str | None = None
    unchosen: str | None = None  # instead of `then`, while no language has been chosen
    page: PageOrder | None = None
    outcomes: Mapping[str, str] = field(default_factory=dict)  # of a question: answer -> node
    muted: bool | None = None  # of a room: the responder's microphone; None keeps what it was
    truth: Text | None = None  # of a wait: what is said each full minute
    asks: Asked | None = None  # of digits, an ask, or a text's words: what they are to mean
    about: str = ""  # of an ask: what it is asked about, where nothing was said
    length: int = 1  # of digits: how many
    again: str | None = None  # where a repetition leads, for a node whose words are known once only
    does: Deed | None = None  # recorded on coming here
    fact: Fact | None = None  # of a node that tells: only said where this is true
    learns: frozenset[str] = frozenset()  # facts of the case that coming here tells
    marks: tuple["Flag", ...] = ()  # flags that coming here sets; by text, one set already sends nothing
    aside: bool = False  # by text: answers a word of theirs, and the conversation stays where it stood

    def choice(self, key: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.key == key), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """First line that holds of what a text says decides where it goes; `to` None sends nothing at all.

    It holds where triage found `when`, or where the whole text is one of `words`.
    """

    when: str
    to: str | None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A whole conversation. `keys` hold in every node, `texts` in every text, before the node's own choices."""

    name: str
    version: int
    nodes: Mapping[str, Node]
    doors: Mapping[str, str]
    keys: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[Rule, ...] = ()
    person: str | None = None  # where a second 0, or a second key nobody defined, leads: a person
    hush: str | None = None  # the waiting node that makes no sound
    until_chosen: Text | None = None  # said after each menu until a language has been chosen
    speaks_to: Public = "person"
    files: Mapping[str, str] = field(default_factory=dict)  # node -> the file it is written in, for whoever mends it

    def node_or_door(self, node: str, waiting: bool = False) -> Node:
        """The node, or, for one that no longer exists, the nearest door: never an error."""
        return self.nodes.get(node) or self.nodes[self.doors["wait" if waiting and "wait" in self.doors else "nearest"]]


# ── where a contact stands ────────────────────────────────────────────────────────────────────────────────────────

Flag: TypeAlias = Literal[
    "chosen", "text", "paged", "urgent", "queued", "unqueued", "quiet", "muted", "asked", "silent", "thumb", "tip",
    "tu",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contact stands. Nothing a person said is ever in it.

    Flags: `chosen` a language; `text` it is written to, not spoken to; `paged` the team was woken; `urgent` it was,
    for danger, by text; `queued` the call is in its queue, `unqueued` the queue refused it; `quiet` the line must make
    no sound; `muted` the responder's microphone is closed; `asked` the one question of manners 4 was sent; `silent`
    they asked us not to write; `thumb` they were told which sign is a yes; `tip` they were told that their number is
    not kept; `tu` they say tu.
    """

    script: str
    node: str
    language: Language = "fr"
    turn: int = 0
    version: int = 0
    tries: int = 0  # prompts given in this node without an answer
    wrong: int = 0  # keys in this node that mean nothing there
    zeros: int = 0  # repeats asked in a row
    minutes: int = 0  # full minutes of waiting told so far
    back: str = ""  # texts: the node that a question about the moment came before
    flags: frozenset[Flag] = frozenset()
    page: int = 0  # legs of responders and guests only
    attempt: int = 0  # responders' legs only
    responder: int = 0  # staff on the line only
    guest: int = 0  # legs of guests only

    def has(self, flag: Flag) -> bool:
        return flag in self.flags


# ── a place as text: in a sealed URL, or in the row of a text conversation ───────────────────────────────────────


def as_data(place: Place) -> dict[str, Any]:
    """A place as plain data; what has its default is left out."""
    kept = {name: getattr(place, name) for name in Place.__slots__ if name != "flags"}
    told = {name: value for name, value in kept.items() if value != Place.__dataclass_fields__[name].default}
    return told | ({"flags": sorted(place.flags)} if place.flags else {})


def from_data(told: Mapping[str, Any]) -> Place:
    """The place that `as_data` told of. A field of another version that is not ours is left out."""
    known = {name: value for name, value in told.items() if name in Place.__slots__ and name != "flags"}
    return Place(flags=frozenset(told.get("flags", ())), **known)


def pack(place: Place) -> str:
    """A place as compact JSON: always the same text for the same place."""
    return json.dumps(as_data(place), separators=(",", ":"), sort_keys=True)


def unpack(text: str) -> Place:
    """The place that `pack` wrote."""
    return from_data(json.loads(text))
