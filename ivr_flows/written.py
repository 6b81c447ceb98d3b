"""What a text makes of the place an exchange stands in: the table of manners 4, then the node's own words.

Two facts are not in the text itself: `pause`, that more than ten minutes have gone by since their last one, and
`human`, that somebody of the team has this conversation.
"""

from dataclasses import replace

from ivr_flows import priorities
from ivr_flows.model import (
    OTHER,
    Choice,
    Kind,
    Node,
    PageOrder,
    Place,
    Rule,
)
from ivr_flows.priorities import Decision
from ivr_flows.signals import (
    Wrote,
)
from ivr_flows.turns import (
    Keep,
    KeepTip,
    LookLater,
    Page,
    Turn,
    Understand,
)
from ivr_flows.walk import Walk, to_text, wakes

ALWAYS = frozenset({
    "star", "optout", "automatic", "near", "no_answer", "wants_to_die", "all_the_same", "danger", "human", "erase",
})  # fmt: skip
"""What is heard whatever went before; the rest means nothing from who may be watched, or is waiting for a person."""
WOKEN = ALWAYS | {"callback", "group", "pause", "young", "asks_limits"}  # a person is being called, without haste
IN_A_TIP = ALWAYS | {"help", "zero", "callback", "tip_number"}  # what leaves it is asked for in so many words
IN_ANSWER = ALWAYS | {"help", "zero", "pause", "thumb", "empty"}  # a code word may be any word
BY_DAY = 72 * 3600.0  # domain 2.4: a question is read within three days
SAY_TU = frozenset({"tu", "young"})  # domain 6.1: who says tu, and who is young
YES = "oui"  # a choice with this word answers a question with yes


def wrote(walk: Walk, node: Node, text: Wrote) -> Turn:
    """Manners 4: rows are tried from the top, danger pages whatever the row, and nobody is answered twice unasked."""
    first = walk.place.turn == 1
    if not first and any(text.words in choice.words for choice in node.choices):
        text = replace(text, facts=text.facts - {"danger"})  # « idk » to a question of ours is an answer, and no more
    language = OTHER[walk.place.language] if "star" in text.facts else text.language
    if node.asks == "where" and walk.place.has("chosen"):
        language = None  # the name of a place is French or English whoever writes it
    walk = walk.in_(language).flagged("text", *(("tu",) if text.facts & SAY_TU else ()))
    named = {rule.when for rule in walk.script.texts if text.words in rule.words}
    facts = _heard(walk.place, node, text.facts | named, first)
    rule = _rule(walk, facts)
    if rule is None or rule.when != "pause":
        return _answered(walk, node, text, rule, first)
    turn = _answered(walk, node, text, _rule(walk, facts - {"pause"}), first)
    return _asks_who(walk, turn, rule) if turn.replies or turn.question else turn


def _answered(walk: Walk, node: Node, text: Wrote, rule: Rule | None, first: bool) -> Turn:
    danger, chosen = "danger" in text.facts, None if rule else _choice(node, text)
    asking = rule is None and not first and node.asks is not None and not danger and chosen is None
    target = rule.to if rule else node.id if asking else _text_target(walk, node, chosen, first)
    kept = _kept(walk, target, text, chosen)
    walk = _learns(walk.does(kept), node, target, chosen)
    if asking and node.asks is not None:
        return walk.asks(Understand(node.asks, text.digits or text.words))
    if target is None:
        return (wakes(walk, PageOrder("P1", "danger")) if danger else walk).turn()
    decision = priorities.place(priorities.of_text(text.facts))
    wakes_it = danger or (decision.wakes and not isinstance(kept, KeepTip))  # a tip wakes it with a page of its own
    least = PageOrder("P1", "danger") if danger else PageOrder(decision.priority, decision.rule) if wakes_it else None
    there = walk.script.nodes[target]
    if first and "tip" not in there.marks and (there.kind is Kind.ASK or (there.page or least) is None):
        walk = _looked_at(walk, decision)
    return to_text(walk, there, least, first, text.digits)


def _looked_at(walk: Walk, decision: Decision) -> Walk:
    """What wakes nobody is seen by somebody, in its time."""
    within = priorities.LOOKED_AT.get(decision.priority) or (BY_DAY if decision.rule == "a question" else None)
    return walk if within is None else walk.does(LookLater(within))


def _learns(walk: Walk, node: Node, target: str | None, chosen: Choice | None) -> Walk:
    """What the answer tells, and what coming there tells."""
    if target is None or target == node.id:
        return walk
    there = walk.script.nodes[target]
    return walk.learns(there.learns | (chosen.learns if chosen else frozenset()), there)


def _asks_who(walk: Walk, turn: Turn, rule: Rule) -> Turn:
    """Another may hold the telephone by now: before anything is said, whether the moment is good. What their text
    wakes is woken all the same, and what it would have been answered is said after their yes."""
    if rule.to is None:
        return turn
    there = walk.script.nodes[rule.to]
    place = replace(walk.place, back=turn.place.node)
    woken = any(isinstance(effect, Page) for effect in turn.effects)
    look = () if woken else (LookLater(priorities.LOOKED_AT["P?"]),)  # no answer is one: somebody looks
    asked = replace(walk, place=place, effects=(*turn.effects, *look)).at(there.id)
    return asked.says(there.text, both=not place.has("chosen")).turn()


def _heard(place: Place, node: Node, facts: frozenset[str], first: bool) -> frozenset[str]:
    """Which of its facts lead somewhere, here.

    Nothing makes a tip of a conversation that has woken the team, and in a tip a text without words is only that.
    """
    if place.flags & {"urgent", "asked", "silent"}:
        facts &= ALWAYS
    elif place.has("paged"):
        facts &= WOKEN
    elif place.has("tip"):
        facts &= IN_A_TIP
    elif node.asks is not None and not first:
        facts &= IN_ANSWER
    if first or any(choice.back for choice in node.choices):
        facts -= {"pause"}  # they answer that very question
    if first:
        facts -= {"thanks"}  # a first text is answered
    return facts if _asks_yes(node) and not first else facts - {"thumb"}


def _asks_yes(node: Node) -> bool:
    return any(YES in choice.words for choice in node.choices)


def _rule(walk: Walk, facts: frozenset[str]) -> Rule | None:
    """The first line that holds."""
    return next((rule for rule in walk.script.texts if rule.when in facts), None)


def _kept(walk: Walk, target: str | None, text: Wrote, chosen: Choice | None) -> Keep | KeepTip:
    """Their words stay with their number, or, on the tip's path, apart from it; a tip's own number is kept nowhere."""
    there = walk.script.nodes[target] if target else None
    in_tip = there is not None and ("tip" in there.marks or (there.aside and walk.place.has("tip")))
    if there is None or not in_tip or walk.place.has("paged"):
        return Keep(text.facts)
    said = there.kind is not Kind.ASK and not there.aside and chosen is None
    return KeepTip(text.facts, words=said and not text.facts & {"tip_word", "empty"})


def _text_target(walk: Walk, node: Node, chosen: Choice | None, first: bool) -> str | None:
    """No rule holds: the node's own words, then where it leads, then the door."""
    if chosen is not None:
        back = walk.script.nodes.get(walk.place.back) if chosen.back else None
        return chosen.to if back is None else back.again or back.id
    if first:
        return walk.script.doors["text"]
    return node.then or walk.script.doors["text"]


def _choice(node: Node, text: Wrote) -> Choice | None:
    said = {text.digits, text.words} - {""}
    return next((c for c in node.choices if c.key in said or not said.isdisjoint(c.words)), None)
