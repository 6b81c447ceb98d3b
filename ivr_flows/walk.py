"""A turn in the making, and what each kind of node does when a contact comes to it.

Pure, like all of the conversation. Which signal leads where is in `calls` and `written`; here is what happens there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ivr_flows.model import (
    OTHER,
    Deed,
    Flag,
    Kind,
    Language,
    Node,
    PageOrder,
    Place,
    Script,
    Text,
)
from ivr_flows.priorities import URGENCY
from ivr_flows.spoken import fits_both
from ivr_flows.turns import (
    Agree,
    CallPerson,
    CameOf,
    Claim,
    Decline,
    Effect,
    Facts,
    Finish,
    HangUp,
    Hold,
    Join,
    Learn,
    Listen,
    Look,
    Mistake,
    NeverCall,
    Page,
    Promise,
    Proved,
    Queue,
    Record,
    Reply,
    Say,
    StepOut,
    Turn,
    Understand,
    Unhold,
)


@dataclass(frozen=True, slots=True)
class Walk:
    """A turn in the making."""

    script: Script
    facts: Facts
    place: Place
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()

    def turn(self, *replies: Reply) -> Turn:
        return Turn(self.place, self.replies + replies, self.effects)

    def with_words(self, words: Mapping[str, str]) -> "Walk":
        return replace(self, facts=replace(self.facts, words={**self.facts.words, **words}))

    def asks(self, question: Look | Claim | Understand) -> Turn:
        return Turn(self.place, (), self.effects, question)

    def does(self, *effects: Effect) -> "Walk":
        return replace(self, effects=self.effects + effects)

    def flagged(self, *flags: Flag) -> "Walk":
        if self.place.flags.issuperset(flags):
            return self
        return replace(self, place=replace(self.place, flags=self.place.flags.union(flags)))

    def unflagged(self, *flags: Flag) -> "Walk":
        return replace(self, place=replace(self.place, flags=self.place.flags - set(flags)))

    def in_(self, language: Language | None) -> "Walk":
        return replace(self, place=replace(self.place, language=language)).flagged("chosen") if language else self

    def at(self, target: str) -> "Walk":
        """At a node; what was counted in the last one is forgotten."""
        if target == self.place.node:
            return self
        return replace(self, place=replace(self.place, node=target, tries=0, wrong=0, zeros=0))

    def says(self, text: Text | None, both: bool = False, audio: Text | None = None) -> "Walk":
        if text is None or self.place.has("quiet"):
            return self
        languages: tuple[Language, ...] = ("fr", "en") if both else (self.place.language,)
        tu = self.place.has("tu") and bool(text.tu)
        said = (
            Say(
                _fill(text.said_in(language, tu), self.facts),
                language,
                audio.said_in(language) if audio and not (tu and language == "fr") else "",  # recorded with vous
            )
            for language in languages
        )
        return replace(self, replies=(*self.replies, *said))

    def to(self, target: str) -> Turn:
        """Go to a node and do what its kind says."""
        node = self.script.nodes[target]
        walk = self.learns(node.learns if target != self.place.node else frozenset(), node)
        walk = walk.does(DEEDS[node.does]) if node.does else walk
        if self.place.has("text"):
            return to_text(walk, node)
        return _ENTER[node.kind](walk.at(target).flagged(*node.marks), node)

    def learns(self, facts: frozenset[str], there: Node) -> "Walk":
        """On the way to a node these facts are told; on the tip's path they are not told of who tells them."""
        if not facts:
            return self
        apart = ("tip" in there.marks or self.place.has("tip")) and not self.place.has("paged")
        return self.does(Learn(facts, apart))

    def answered(self, node: Node, answer: str) -> Turn:
        """Where the answer to this node's question leads; in a node that asks none, the nearest door."""
        return self.to(node.outcomes.get(answer) or self.script.doors["nearest"])

    def again(self, node: Node, **counted: int) -> Turn:
        if node.again is not None:
            return self.to(node.again)
        return replace(self, place=replace(self.place, **counted)).to(node.id)  # type: ignore[arg-type]


def _fill(words: str, facts: Facts) -> str:
    for slot, value in facts.words.items():
        words = words.replace("{" + slot + "} " if not value else "{" + slot + "}", value)
    return words


def _says(walk: Walk, node: Node) -> Walk:
    if node.fact is not None and node.fact not in walk.facts.true:
        return walk
    if node.also and not walk.place.has("quiet"):
        walk = replace(walk, replies=(*walk.replies, *(Say(one.words, one.language) for one in node.also)))
    if not node.says:
        return walk
    turn = walk.place.tries % len(node.says)
    return walk.says(node.says[turn], node.both, node.audio[turn] if node.audio else None)


# ── coming to a node ──────────────────────────────────────────────────────────────────────────────────────────────


def _to_menu(walk: Walk, node: Node) -> Turn:
    spoken = _says(walk, node)
    if walk.script.until_chosen and not walk.place.has("chosen") and not node.both:
        other = OTHER[walk.place.language]
        spoken = replace(spoken, replies=(*spoken.replies, Say(walk.script.until_chosen.said_in(other), other)))
    asked = replace(spoken, place=replace(spoken.place, tries=spoken.place.tries + 1))
    return asked.turn(Listen(node.listens_for))


def _to_tell(walk: Walk, node: Node) -> Turn:
    return _says(walk, node).to(node.then or node.id)


def _to_hush(walk: Walk, node: Node) -> Turn:
    return walk.turn(Listen(node.listens_for))


def _to_page(walk: Walk, node: Node) -> Turn:
    """Wake the team. In the queue already, the waiting goes on from `then`; its next turn looks at the page."""
    paged = wakes(_says(walk, node), node.page, unknown=not walk.place.has("chosen"))
    unchosen = node.unchosen if not walk.place.has("chosen") else None
    waiting = paged.at(unchosen or node.then or node.id)
    if waiting.place.flags & {"queued", "unqueued"}:
        return speak_waiting(waiting, waiting.script.nodes[waiting.place.node])
    return waiting.flagged("queued").turn(Queue())


def _to_wait(walk: Walk, node: Node) -> Turn:
    return walk.asks(Look())


def _to_claim(walk: Walk, node: Node) -> Turn:
    return walk.asks(Claim())


def _to_room(walk: Walk, node: Node) -> Turn:
    told = _says(walk, node)
    if node.muted is not None:
        told = told.flagged("muted") if node.muted else told.unflagged("muted")
    return told.turn(Join(walk.script.speaks_to, told.place.has("muted"), told.place.has("quiet")))


def _to_end(walk: Walk, node: Node) -> Turn:
    return _says(walk, node).turn(HangUp())


def _to_digits(walk: Walk, node: Node) -> Turn:
    spoken = _says(walk, node)
    asked = replace(spoken, place=replace(spoken.place, tries=spoken.place.tries + 1))
    return asked.turn(Listen(node.listens_for, node.length))


def _to_ask(walk: Walk, node: Node) -> Turn:
    return walk.asks(Understand(node.asks, node.about)) if node.asks else walk.to(node.then or node.id)


def _to_record(walk: Walk, node: Node) -> Turn:
    return _says(walk, node).turn(Record())


_ENTER = {
    Kind.MENU: _to_menu, Kind.TELL: _to_tell, Kind.HUSH: _to_hush, Kind.PAGE: _to_page, Kind.WAIT: _to_wait,
    Kind.CLAIM: _to_claim, Kind.ROOM: _to_room, Kind.END: _to_end, Kind.DIGITS: _to_digits, Kind.ASK: _to_ask,
    Kind.RECORD: _to_record,
}  # fmt: skip


def wakes(walk: Walk, order: PageOrder | None, unknown: bool = False) -> Walk:
    if order is None:
        return walk
    language = None if unknown else walk.place.language
    page = Page(order.priority, order.reason, language, order.muted, order.quiet)
    return walk.does(page).flagged("paged", *(("quiet",) if order.quiet else ()))


def speak_waiting(walk: Walk, node: Node, waited: float = 0.0) -> Turn:
    """One turn of waiting. Each full minute the truth is told instead of the usual words."""
    minutes = int(waited // 60)
    if node.truth is not None and minutes > walk.place.minutes:
        walk = replace(walk, place=replace(walk.place, minutes=minutes)).says(node.truth)
    else:
        walk = _says(walk, node)
    return walk.turn(Listen(node.listens_for))


def to_text(walk: Walk, there: Node, least: PageOrder | None = None, first: bool = False, said: str = "") -> Turn:
    """Come to a node by text: at most one text, the page it orders (or one that is louder), and its marks."""
    hushed = _hushed(walk.place, there, first)
    marked = walk.flagged(*there.marks)
    if there.kind is Kind.ASK and there.asks is not None:
        return marked.at(there.id).asks(Understand(there.asks, there.about or said))
    unknown = not walk.place.has("chosen")
    order = _louder(there.page, least)
    woken = wakes(marked if hushed else _writes(marked, there), order, unknown)
    if order is not None and order.priority == "P1":
        woken = woken.flagged("urgent")
    return woken.turn() if there.aside else woken.at(there.id).turn()


def _louder(order: PageOrder | None, least: PageOrder | None) -> PageOrder | None:
    """What a node orders, as loudly as the text asks for at the least."""
    if order is None or least is None or URGENCY.index(order.priority) <= URGENCY.index(least.priority):
        return order or least
    return replace(order, priority=least.priority)


def _writes(walk: Walk, there: Node) -> Walk:
    """In their language; in both where it is not known and both fit. What speaks neither comes first."""
    foreign = tuple(Say(one.words, one.language) for one in there.also) if there.text else ()
    spoken = replace(walk, replies=(*walk.replies, *foreign))
    unknown = not walk.place.has("chosen")
    return spoken.says(there.text, both=unknown and there.text is not None and fits_both(there.text))


def _hushed(place: Place, there: Node, first: bool) -> bool:
    """Nothing is sent where they asked for silence, after the one question to somebody watched, or a second time.

    Once the team is woken at once each message reaches a person: the line itself may only ask that one question, and
    answer a word that asks for one thing.
    """
    if place.flags & {"silent", "asked"} or place.flags & (set(there.marks) - {"tip"}):  # a tip may ask something
        return True
    if there.aside:
        return False
    return (place.has("urgent") and "asked" not in there.marks) or (place.node == there.id and not first)


DEEDS: Mapping[Deed, Effect] = {
    "agree": Agree(True), "refuse": Agree(False), "mistake": Mistake(), "decline": Decline(), "finish": Finish(),
    "step_out": StepOut(), "promise": Promise(), "call_person": CallPerson(), "never_call": NeverCall(),
    "reached": CameOf("reached"), "no_answer": CameOf("no_answer"), "someone_else": CameOf("someone_else"),
    "machine": CameOf("machine"), "proved": Proved(),
    "hold": Hold(), "unhold": Unhold(),
}  # fmt: skip
