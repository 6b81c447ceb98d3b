"""What a text makes of the place an exchange stands in: the table of manners 4, then the node's own words."""

from ivr_flows.model import (
    Choice,
    Kind,
    Node,
    PageOrder,
    Rule,
)
from ivr_flows.priorities import of_text, place
from ivr_flows.signals import (
    Wrote,
)
from ivr_flows.turns import (
    Keep,
    KeepTip,
    Turn,
    Understand,
)
from ivr_flows.walk import Walk, to_text, wakes

ARRANGING = frozenset({"number", "when", "code_word"})  # what is asked while a callback is being arranged


def wrote(walk: Walk, node: Node, text: Wrote) -> Turn:
    """Manners 4: rows are tried from the top, danger pages whatever the row, and nobody is answered twice unasked."""
    first = walk.place.turn == 1
    walk = walk.in_(text.language).flagged("text")
    danger = "danger" in text.facts
    rule = _rule(walk, text)
    asking = rule is None and not first and node.asks is not None and not danger and _choice(node, text) is None
    target = rule.to if rule else node.id if asking else _text_target(walk, node, text, first)
    kept = _kept(walk, target, text)
    walk = _learns(walk.does(kept), node, target, None if rule or first else _choice(node, text))
    if asking and node.asks is not None:
        return walk.asks(Understand(node.asks, text.digits or text.words))
    if target is None:
        return (wakes(walk, PageOrder("P1", "danger")) if danger else walk).turn()
    least = _least(text, danger, apart=isinstance(kept, KeepTip))
    return to_text(walk, walk.script.nodes[target], least, first, text.digits)


def _learns(walk: Walk, node: Node, target: str | None, chosen: Choice | None) -> Walk:
    """What the answer tells, and what coming there tells."""
    if target is None or target == node.id:
        return walk
    there = walk.script.nodes[target]
    return walk.learns(there.learns | (chosen.learns if chosen else frozenset()), there)


def _least(text: Wrote, danger: bool, apart: bool) -> PageOrder | None:
    """How loudly the team is woken at the least for what a text says; a tip wakes it with a page of its own."""
    if danger:
        return PageOrder("P1", "danger")
    decision = place(of_text(text.facts))
    return PageOrder(decision.priority, decision.rule) if decision.wakes and not apart else None


def _rule(walk: Walk, text: Wrote) -> Rule | None:
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


def _kept(walk: Walk, target: str | None, text: Wrote) -> Keep | KeepTip:
    """Their words stay with their number, or, on the tip's path, apart from it; a tip's own number is kept nowhere."""
    there = walk.script.nodes[target] if target else None
    if there is None or "tip" not in there.marks or walk.place.has("paged"):
        return Keep(text.facts)
    return KeepTip(text.facts, words=there.kind is not Kind.ASK and not text.facts & {"tip_word", "empty"})


def _text_target(walk: Walk, node: Node, text: Wrote, first: bool) -> str | None:
    """No rule holds: the node's own words, then where it leads, then the door."""
    if first:
        return walk.script.doors["text"]
    chosen = _choice(node, text)
    return chosen.to if chosen is not None else node.then or walk.script.doors["text"]


def _choice(node: Node, text: Wrote) -> Choice | None:
    return next((c for c in node.choices if text.digits == c.key or text.words in c.words), None)
