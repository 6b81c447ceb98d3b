"""What a signal of a call makes of the node it stands in: keys, digits, silence, the answers of queue and world."""

from dataclasses import replace

from ivr_flows.model import (
    OTHER,
    Choice,
    Kind,
    Node,
)
from ivr_flows.signals import (
    Opened,
    Recorded,
    Seen,
    Taken,
    Understood,
    Won,
)
from ivr_flows.turns import (
    DropRecording,
    Gone,
    HangUp,
    KeepRecording,
    Leave,
    Look,
    OpenContact,
    Page,
    Put,
    Queue,
    StepOut,
    TeamGone,
    Turn,
    Understand,
)
from ivr_flows.walk import DEEDS, Walk, speak_waiting

REFUSED_BY_QUEUE = frozenset({"error", "system-error", "queue-full"})


def opened(walk: Walk, node: Node, signal: Opened) -> Turn:
    walk = walk.does(OpenContact()) if walk.script.speaks_to == "person" else walk
    return walk.to(node.id)


def answered(walk: Walk, node: Node, key: str) -> Turn:
    """The printed keys first, in every node; then the node's own; then the key means nothing here."""
    place = walk.place
    if walk.script.speaks_to == "person":
        if key == "#":
            return (walk.does(Gone()) if place.has("paged") else walk).turn(HangUp())
        if place.has("quiet"):
            return silent(walk, node)
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
        return walk.to(node.id) if key == "0" else silent(walk, node)
    return _not_understood(walk, node, key)


def _not_understood(walk: Walk, node: Node, key: str) -> Turn:
    """0 repeats and any other key is asked again; twice in a row, a person."""
    if key == "0":
        return _to_person(walk) if walk.place.zeros else walk.again(node, zeros=1)
    return _to_person(walk) if walk.place.wrong else walk.again(node, wrong=1)


def _called(walk: Walk, node: Node, key: str) -> Turn:
    """Manners 5: whoever answers our call hears one word and then a person; a key of the cards would say who we are."""
    choice = node.choice(key)
    return _chosen(walk, choice) if choice is not None else silent(walk, node)


def _to_person(walk: Walk) -> Turn:
    return walk.to(walk.script.person or walk.place.node)


def _other_language(walk: Walk, node: Node) -> Turn:
    """The other language from here on. A page that is out is told which language to expect."""
    turned = walk.in_(OTHER[walk.place.language])
    if node.kind is Kind.WAIT:
        turned = turned.does(Page("P?", "langue", turned.place.language))
    return turned.to(node.then if node.both and node.then else node.again or node.id)


def _chosen(walk: Walk, choice: Choice) -> Turn:
    done = walk.does(DEEDS[choice.does]) if choice.does else walk
    return done.learns(choice.learns, walk.script.nodes[choice.to]).in_(choice.language).to(choice.to)


def typed(walk: Walk, node: Node, typed: str) -> Turn:
    """Manners 1, the digits regime: # first is the exit, * goes back, a key alone is that key, # ends the rest."""
    if typed.startswith("#") or walk.place.has("quiet"):
        return answered(walk, node, typed[0])
    code = len(typed) == node.length and typed.isdecimal()
    if node.id == walk.script.doors.get("returned") and typed not in walk.script.keys and not code:
        return walk.answered(node, "no")  # manners 5: nothing but 9 and the code word does anything here
    if "*" in typed:
        return walk.to(_way_back(walk, node))
    digits = typed.split("#")[0]
    if len(digits) == 1 and (digits in walk.script.keys or digits == "0"):
        return answered(walk, node, digits)
    if len(digits) != node.length or node.asks is None:
        return _to_person(walk) if walk.place.wrong else walk.again(node, wrong=1)
    return walk.asks(Understand(node.asks, digits))


def _way_back(walk: Walk, node: Node) -> str:
    """A responder goes back to what the entry was asked from; anybody else to the menu, or to waiting."""
    if walk.script.speaks_to == "responder" and node.silence is not None:
        return node.silence
    return walk.script.doors["wait" if walk.place.has("paged") else "nearest"]


def recorded(walk: Walk, node: Node, recorded: Recorded) -> Turn:
    """9 is urgent and keeps what was said, # erases it and leaves, all else keeps it; hanging up keeps it too."""
    if recorded.key == "#":
        return walk.does(DropRecording(recorded.sid)).turn(HangUp())
    kept = walk.does(KeepRecording(recorded.sid))
    if recorded.hung_up:
        return kept.turn(HangUp())
    return kept.to(walk.script.keys.get(recorded.key, node.then or node.id))


def understood(walk: Walk, node: Node, signal: Understood) -> Turn:
    yes = "yes_muted" if walk.place.has("muted") and "yes_muted" in node.outcomes else "yes"
    return walk.with_words(signal.words).does(Put(signal.what, signal.value)).answered(node, yes)


def silent(walk: Walk, node: Node) -> Turn:
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
    elsewhere = waits and walk.script.nodes[node.silence].kind is not Kind.WAIT
    return walk.to(walk.script.doors["wait"] if elsewhere else node.silence)


def left(walk: Walk, result: str) -> Turn:
    """Out of the queue. Only `hangup` means that the person is gone; for the rest the page says what comes."""
    if result == "hangup":
        return walk.does(Gone()).turn(HangUp())
    out = walk.unflagged("queued")
    return (out.flagged("unqueued") if result in REFUSED_BY_QUEUE else out).asks(Look())


def returned(walk: Walk, node: Node, hung_up: bool) -> Turn:
    if walk.script.speaks_to == "responder":
        if hung_up:
            return walk.does(TeamGone()).turn(HangUp())
        muted = walk.place.has("muted") and "star_muted" in node.outcomes
        return walk.does(StepOut()).answered(node, "star_muted" if muted else "star")
    if walk.script.speaks_to == "guest":  # whoever invited them is told by the end of their call
        return walk.turn(HangUp())
    if hung_up or walk.place.page:  # a person whom we called never waits: somebody else may be holding the telephone
        return (walk.does(Gone()) if walk.place.has("paged") else walk).turn(HangUp())
    return walk.unflagged("queued").asks(Look())


def claimed(walk: Walk, node: Node, answer: Won | Taken) -> Turn:
    if isinstance(answer, Won):
        return walk.answered(node, answer.how)
    return walk.with_words({"by": answer.by}).answered(node, "taken" if answer.by else "over")


def seen(walk: Walk, node: Node, page: Seen) -> Turn:
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
        return speak_waiting(walk.at(waiting.id), waiting, page.waited)
    return walk.at(waiting.id).flagged("queued").turn(Queue())
