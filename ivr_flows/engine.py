"""One step of a conversation: `step(script, place, signal, facts) -> Turn`.

Pure. It knows scripts, places and signals; it never knows a clock, a database, a telephone company or chance. What a
step needs to know of the world before it can speak it asks as a question, and the answer comes back as a signal.
Nodes that need no answer are walked through in the same breath; `check` proves that such walks end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

# isort: off
from ivr_flows.model import (
    OTHER, Agree, Answered, CallPerson, CameOf, Choice, Claim, Decline, Deed, DropRecording, Effect, Facts, Finish,
    Flag, Gone, HangUp, Join, Keep, KeepRecording, KeepTip, Kind, Language, Leave, Left, Listen, Look, LookLater,
    Mistake, NeverCall, Node, NotUnderstood, OpenContact, Opened, Page, PageOrder, Place, Promise, Put, Queue, Record,
    Recorded, Reply, Returned, Rule, Say, Script, Seen, Signal, Silent, StepOut, Taken, TeamGone, Text, Turn, Typed,
    Understand, Understood, Waited, Won, Wrote,
)  # fmt: skip
# isort: on

NOBODY_LOOKED = 30 * 60.0  # domain 2.4: an unclear contact is seen by a human within 30 minutes
REFUSED_BY_QUEUE = frozenset({"error", "system-error", "queue-full"})
ARRANGING = frozenset({"number", "when", "code_word"})  # what is asked while a callback is being arranged
ANSWERS_OF_THE_WORLD = (Won, Taken, Understood, NotUnderstood, Seen)


def step(script: Script, place: Place, signal: Signal, facts: Facts | None = None) -> Turn:
    """What this signal makes of this place. An unknown node leads to the nearest door, never to an error."""
    node = script.node_or_door(place.node, waiting=place.has("paged"))
    heard = 0 if isinstance(signal, ANSWERS_OF_THE_WORLD) else 1
    here = replace(place, node=node.id, version=script.version, turn=place.turn + heard)
    walk = _Walk(script, facts or Facts(), here)
    return _HEARD[type(signal)](walk, node, signal)


@dataclass(frozen=True, slots=True)
class _Walk:
    """A turn in the making."""

    script: Script
    facts: Facts
    place: Place
    replies: tuple[Reply, ...] = ()
    effects: tuple[Effect, ...] = ()

    def turn(self, *replies: Reply) -> Turn:
        return Turn(self.place, self.replies + replies, self.effects)

    def with_words(self, words: Mapping[str, str]) -> "_Walk":
        return replace(self, facts=Facts({**self.facts.words, **words}))

    def asks(self, question: Look | Claim | Understand) -> Turn:
        return Turn(self.place, (), self.effects, question)

    def does(self, *effects: Effect) -> "_Walk":
        return replace(self, effects=self.effects + effects)

    def flagged(self, *flags: Flag) -> "_Walk":
        return replace(self, place=replace(self.place, flags=self.place.flags | set(flags)))

    def unflagged(self, *flags: Flag) -> "_Walk":
        return replace(self, place=replace(self.place, flags=self.place.flags - set(flags)))

    def in_(self, language: Language | None) -> "_Walk":
        return replace(self, place=replace(self.place, language=language)).flagged("chosen") if language else self

    def at(self, target: str) -> "_Walk":
        """At a node; what was counted in the last one is forgotten."""
        if target == self.place.node:
            return self
        return replace(self, place=replace(self.place, node=target, tries=0, wrong=0, zeros=0))

    def says(self, text: Text | None, both: bool = False) -> "_Walk":
        if text is None or self.place.has("quiet"):
            return self
        languages: tuple[Language, ...] = ("fr", "en") if both else (self.place.language,)
        said = tuple(Say(_fill(text.said_in(language), self.facts), language) for language in languages)
        return replace(self, replies=self.replies + said)

    def to(self, target: str) -> Turn:
        """Go to a node and do what its kind says."""
        node = self.script.nodes[target]
        walk = self.does(_DEEDS[node.does]) if node.does else self
        if self.place.has("text"):
            return _to_text(walk, node)
        return _ENTER[node.kind](walk.at(target).flagged(*node.marks), node)

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


def _says(walk: _Walk, node: Node) -> _Walk:
    return walk.says(node.says[walk.place.tries % len(node.says)] if node.says else None, node.both)


# ── coming to a node ──────────────────────────────────────────────────────────────────────────────────────────────


def _to_menu(walk: _Walk, node: Node) -> Turn:
    spoken = _says(walk, node)
    if walk.script.until_chosen and not walk.place.has("chosen") and not node.both:
        other = OTHER[walk.place.language]
        spoken = replace(spoken, replies=(*spoken.replies, Say(walk.script.until_chosen.said_in(other), other)))
    asked = replace(spoken, place=replace(spoken.place, tries=spoken.place.tries + 1))
    return asked.turn(Listen(node.listens_for))


def _to_tell(walk: _Walk, node: Node) -> Turn:
    return _says(walk, node).to(node.then or node.id)


def _to_hush(walk: _Walk, node: Node) -> Turn:
    return walk.turn(Listen(node.listens_for))


def _to_page(walk: _Walk, node: Node) -> Turn:
    """Wake the team. In the queue already, the waiting goes on from `then`; its next turn looks at the page."""
    paged = _wakes(_says(walk, node), node.page, unknown=not walk.place.has("chosen"))
    unchosen = node.unchosen if not walk.place.has("chosen") else None
    waiting = paged.at(unchosen or node.then or node.id)
    if waiting.place.flags & {"queued", "unqueued"}:
        return _speak_waiting(waiting, waiting.script.nodes[waiting.place.node])
    return waiting.flagged("queued").turn(Queue())


def _to_wait(walk: _Walk, node: Node) -> Turn:
    return walk.asks(Look())


def _to_claim(walk: _Walk, node: Node) -> Turn:
    return walk.asks(Claim())


def _to_room(walk: _Walk, node: Node) -> Turn:
    told = _says(walk, node)
    if node.muted is not None:
        told = told.flagged("muted") if node.muted else told.unflagged("muted")
    return told.turn(Join(walk.script.speaks_to, told.place.has("muted"), told.place.has("quiet")))


def _to_end(walk: _Walk, node: Node) -> Turn:
    return _says(walk, node).turn(HangUp())


def _to_digits(walk: _Walk, node: Node) -> Turn:
    spoken = _says(walk, node)
    asked = replace(spoken, place=replace(spoken.place, tries=spoken.place.tries + 1))
    return asked.turn(Listen(node.listens_for, node.length))


def _to_ask(walk: _Walk, node: Node) -> Turn:
    return walk.asks(Understand(node.asks)) if node.asks else walk.to(node.then or node.id)


def _to_record(walk: _Walk, node: Node) -> Turn:
    return _says(walk, node).turn(Record())


_ENTER = {
    Kind.MENU: _to_menu, Kind.TELL: _to_tell, Kind.HUSH: _to_hush, Kind.PAGE: _to_page, Kind.WAIT: _to_wait,
    Kind.CLAIM: _to_claim, Kind.ROOM: _to_room, Kind.END: _to_end, Kind.DIGITS: _to_digits, Kind.ASK: _to_ask,
    Kind.RECORD: _to_record,
}  # fmt: skip


def _wakes(walk: _Walk, order: PageOrder | None, unknown: bool = False) -> _Walk:
    if order is None:
        return walk
    language = None if unknown else walk.place.language
    page = Page(order.priority, order.reason, language, order.muted, order.quiet)
    return walk.does(page).flagged("paged", *(("quiet",) if order.quiet else ()))


# ── signals of a call ─────────────────────────────────────────────────────────────────────────────────────────────


def _opened(walk: _Walk, node: Node, signal: Opened) -> Turn:
    walk = walk.does(OpenContact()) if walk.script.speaks_to == "person" else walk
    return walk.to(node.id)


def _answered(walk: _Walk, node: Node, key: str) -> Turn:
    """The printed keys first, in every node; then the node's own; then the key means nothing here."""
    place = walk.place
    if walk.script.speaks_to == "person":
        if key == "#":
            return (walk.does(Gone()) if place.has("paged") else walk).turn(HangUp())
        if place.has("quiet"):
            return _silent(walk, node)
        if place.page:
            return _called(walk, node, key)
    if node.kind is Kind.HUSH:
        return walk.to(node.then or node.id)
    if key in walk.script.keys:
        return walk.to(walk.script.keys[key])
    if key == "*" and walk.script.speaks_to == "person":
        return _other_language(walk, node)
    choice = node.choice(key)
    if choice is not None:
        return _chosen(walk, choice)
    if node.kind is Kind.WAIT:
        return walk.to(node.id) if key == "0" else _silent(walk, node)
    return _not_understood(walk, node, key)


def _not_understood(walk: _Walk, node: Node, key: str) -> Turn:
    """0 repeats and any other key is asked again; twice in a row, a person."""
    if key == "0":
        return _to_person(walk) if walk.place.zeros else walk.again(node, zeros=1)
    return _to_person(walk) if walk.place.wrong else walk.again(node, wrong=1)


def _called(walk: _Walk, node: Node, key: str) -> Turn:
    """Manners 5: whoever answers our call hears one word and then a person; a key of the cards would say who we are."""
    choice = node.choice(key)
    return _chosen(walk, choice) if choice is not None else _silent(walk, node)


def _to_person(walk: _Walk) -> Turn:
    return walk.to(walk.script.person or walk.place.node)


def _other_language(walk: _Walk, node: Node) -> Turn:
    """The other language from here on. A page that is out is told which language to expect."""
    turned = walk.in_(OTHER[walk.place.language])
    if node.kind is Kind.WAIT:
        turned = turned.does(Page("P?", "langue", turned.place.language))
    return turned.to(node.then if node.both and node.then else node.again or node.id)


def _chosen(walk: _Walk, choice: Choice) -> Turn:
    done = walk.does(_DEEDS[choice.does]) if choice.does else walk
    return done.in_(choice.language).to(choice.to)


_DEEDS: Mapping[Deed, Effect] = {
    "agree": Agree(True), "refuse": Agree(False), "mistake": Mistake(), "decline": Decline(), "finish": Finish(),
    "step_out": StepOut(), "promise": Promise(), "call_person": CallPerson(), "never_call": NeverCall(),
    "reached": CameOf("reached"), "no_answer": CameOf("no_answer"), "someone_else": CameOf("someone_else"),
    "machine": CameOf("machine"), "now": Put("circumstance", "now"), "minor": Put("circumstance", "minor"),
}  # fmt: skip


def _typed(walk: _Walk, node: Node, typed: str) -> Turn:
    """Manners 1, the digits regime: # first is the exit, * goes back, a key alone is that key, # ends the rest."""
    if typed.startswith("#") or walk.place.has("quiet"):
        return _answered(walk, node, typed[0])
    code = len(typed) == node.length and typed.isdecimal()
    if node.id == walk.script.doors.get("returned") and typed not in walk.script.keys and not code:
        return walk.answered(node, "no")  # manners 5: nothing but 9 and the code word does anything here
    if "*" in typed:
        return walk.to(walk.script.doors["wait" if walk.place.has("paged") else "nearest"])
    digits = typed.split("#")[0]
    if len(digits) == 1 and (digits in walk.script.keys or digits == "0"):
        return _answered(walk, node, digits)
    if len(digits) != node.length or node.asks is None:
        return _to_person(walk) if walk.place.wrong else walk.again(node, wrong=1)
    return walk.asks(Understand(node.asks, digits))


def _recorded(walk: _Walk, node: Node, recorded: Recorded) -> Turn:
    """9 is urgent and keeps what was said, # erases it and leaves, all else keeps it; hanging up keeps it too."""
    if recorded.key == "#":
        return walk.does(DropRecording(recorded.sid)).turn(HangUp())
    kept = walk.does(KeepRecording(recorded.sid))
    if recorded.hung_up:
        return kept.turn(HangUp())
    return kept.to(walk.script.keys.get(recorded.key, node.then or node.id))


def _understood(walk: _Walk, node: Node, signal: Understood) -> Turn:
    return walk.with_words(signal.words).does(Put(signal.what, signal.value)).answered(node, "yes")


def _silent(walk: _Walk, node: Node) -> Turn:
    if node.kind is Kind.HUSH:
        return walk.to(node.then or node.id)
    if node.kind is Kind.WAIT:
        target = node.silence or node.id
        tries = walk.place.tries + 1 if target == node.id else 0
        return replace(walk, place=replace(walk.place, tries=tries)).to(target)
    if node.kind is Kind.RECORD:  # nothing at all was said, so there is nothing to keep
        return walk.to(node.silence or node.then or node.id)
    if walk.place.tries < node.prompts or node.silence is None:
        return walk.to(node.again or node.id)
    # Who waits for a person and falls silent in a menu keeps their place and waits on.
    waits = walk.place.flags & {"queued", "unqueued"} and walk.script.speaks_to == "person"
    return walk.to(walk.script.doors["wait"] if waits else node.silence)


def _left(walk: _Walk, result: str) -> Turn:
    """Out of the queue. Only `hangup` means that the person is gone; for the rest the page says what comes."""
    if result == "hangup":
        return walk.does(Gone()).turn(HangUp())
    out = walk.unflagged("queued")
    return (out.flagged("unqueued") if result in REFUSED_BY_QUEUE else out).asks(Look())


def _returned(walk: _Walk, node: Node, hung_up: bool) -> Turn:
    if walk.script.speaks_to == "responder":
        return walk.does(TeamGone()).turn(HangUp()) if hung_up else walk.does(StepOut()).answered(node, "star")
    if hung_up or walk.place.page:  # a person whom we called never waits: somebody else may be holding the telephone
        return (walk.does(Gone()) if walk.place.has("paged") else walk).turn(HangUp())
    return walk.unflagged("queued").asks(Look())


def _claimed(walk: _Walk, node: Node, answer: Won | Taken) -> Turn:
    if isinstance(answer, Won):
        return walk.answered(node, answer.how)
    return walk.with_words({"by": answer.by}).answered(node, "taken" if answer.by else "over")


def _seen(walk: _Walk, node: Node, page: Seen) -> Turn:
    """The page decides: accepted, they meet; open, they wait; gone though the person is here, it is woken again."""
    spoken_to = replace(walk, place=replace(walk.place, language=page.language or walk.place.language))
    walk = spoken_to.flagged(*(("quiet",) if page.quiet else ()))
    place = walk.place
    waiting = node if node.kind is Kind.WAIT else walk.script.nodes[walk.script.doors["wait"]]
    if place.has("quiet") and walk.script.hush:
        waiting = walk.script.nodes[walk.script.hush]
    if page.state == "accepted":
        return walk.turn(Leave()) if place.has("queued") else walk.to(walk.script.doors["room"])
    if page.state != "open":
        walk = walk.does(Page("P?", "encore en ligne", page.language, quiet=place.has("quiet")))
    if place.flags & {"queued", "unqueued"}:
        return _speak_waiting(walk.at(waiting.id), waiting, page.waited)
    return walk.at(waiting.id).flagged("queued").turn(Queue())


def _speak_waiting(walk: _Walk, node: Node, waited: float = 0.0) -> Turn:
    """One turn of waiting. Each full minute the truth is told instead of the usual words."""
    minutes = int(waited // 60)
    if node.truth is not None and minutes > walk.place.minutes:
        walk = replace(walk, place=replace(walk.place, minutes=minutes)).says(node.truth)
    else:
        walk = _says(walk, node)
    return walk.turn(Listen(node.listens_for))


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _wrote(walk: _Walk, node: Node, text: Wrote) -> Turn:
    """Manners 4: rows are tried from the top, danger pages whatever the row, and nobody is answered twice unasked."""
    first = walk.place.turn == 1
    walk = walk.in_(text.language).flagged("text")
    danger = "danger" in text.facts
    rule = _rule(walk, text)
    asking = rule is None and not first and node.asks is not None and not danger and _choice(node, text) is None
    target = rule.to if rule else node.id if asking else _text_target(walk, node, text, first)
    walk = walk.does(_kept(walk, target, text))
    if asking and node.asks is not None:
        return walk.asks(Understand(node.asks, text.digits or text.words))
    if target is None:
        return (_wakes(walk, PageOrder("P1", "danger")) if danger else walk).turn()
    return _to_text(walk, walk.script.nodes[target], danger, first, text.digits)


def _rule(walk: _Walk, text: Wrote) -> Rule | None:
    """The first line that holds. Nothing makes a tip of a conversation that has woken the team, and in a tip a text
    without words is only that."""
    facts = text.facts
    if walk.place.has("paged"):
        facts -= {"tip", "tip_number"}
    elif walk.place.has("tip"):
        facts -= {"tip", "empty"}
    if walk.place.flags & {"paged", "asked", "silent"}:
        facts -= {"callback"}  # the line may ask nothing more: a person reads it
    elif walk.script.node_or_door(walk.place.node).asks in ARRANGING:
        facts -= {"tip", "tip_number", "callback"}  # a code word may be any word
    return next((rule for rule in walk.script.texts if rule.when in facts), None)


def _kept(walk: _Walk, target: str | None, text: Wrote) -> Keep | KeepTip:
    """Their words stay with their number, or, on the tip's path, apart from it; a tip's own number is kept nowhere."""
    there = walk.script.nodes[target] if target else None
    if there is None or "tip" not in there.marks or walk.place.has("paged"):
        return Keep(text.facts)
    return KeepTip(text.facts, words=there.kind is not Kind.ASK and not text.facts & {"tip_word", "empty"})


def _to_text(walk: _Walk, there: Node, danger: bool = False, first: bool = False, said: str = "") -> Turn:
    """Come to a node by text: at most one text, the page it orders, and its marks."""
    if there.kind is Kind.ASK and there.asks is not None:
        walk = walk.does(LookLater(NOBODY_LOOKED)) if first and "tip" not in there.marks else walk
        return walk.at(there.id).flagged(*there.marks).asks(Understand(there.asks, said))
    unknown = not walk.place.has("chosen")
    order = there.page
    if danger and (order is None or order.priority != "P1"):
        order = PageOrder("P1", "danger")
    written = walk if _hushed(walk.place, there, first) else walk.says(there.text, both=unknown)
    woken = _wakes(written, order, unknown)
    if first and order is None and "tip" not in there.marks:
        woken = woken.does(LookLater(NOBODY_LOOKED))
    return woken.at(there.id).flagged(*there.marks).turn()


def _text_target(walk: _Walk, node: Node, text: Wrote, first: bool) -> str | None:
    """No rule holds: the node's own words, then where it leads, then the door."""
    if first:
        return walk.script.doors["text"]
    chosen = _choice(node, text)
    return chosen.to if chosen is not None else node.then or walk.script.doors["text"]


def _choice(node: Node, text: Wrote) -> Choice | None:
    return next((c for c in node.choices if text.digits == c.key or text.words in c.words), None)


def _hushed(place: Place, there: Node, first: bool) -> bool:
    """Nothing is sent where they asked for silence, after the one question to somebody watched, or a second time.

    Once the team is woken each message reaches a person: the line itself may only ask that one question.
    """
    if place.flags & {"silent", "asked"} or place.flags & set(there.marks):
        return True
    return (place.has("paged") and "asked" not in there.marks) or (place.node == there.id and not first)


_HEARD: Mapping[type, Callable[[_Walk, Node, Any], Turn]] = {
    Opened: _opened,
    Answered: lambda walk, node, signal: _answered(walk, node, signal.key),
    Typed: lambda walk, node, signal: _typed(walk, node, signal.digits),
    Recorded: _recorded,
    Silent: lambda walk, node, signal: _silent(walk, node),
    Waited: lambda walk, node, signal: walk.asks(Look()),
    Wrote: _wrote,
    Left: lambda walk, node, signal: _left(walk, signal.result),
    Returned: lambda walk, node, signal: _returned(walk, node, signal.hung_up),
    Won: _claimed,
    Taken: _claimed,
    Understood: _understood,
    NotUnderstood: lambda walk, node, signal: walk.answered(node, signal.why if signal.why in node.outcomes else "no"),
    Seen: _seen,
}
