"""Where a script's arrows lead, for the laws and the drawing, and what is said of a law that fails.

It knows kinds of nodes and the arrows between them; what must hold of them is in `check` and `regimes`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from ivr_flows.model import Kind, Node, Script, Text

PERSONS = frozenset({Kind.PAGE, Kind.CLAIM, Kind.ROOM})
NOT_TELL = frozenset(Kind) - {Kind.TELL}


@dataclass(frozen=True, slots=True)
class Problem:
    """One law that does not hold. A warning costs money or patience; the rest may cost more."""

    script: str
    node: str
    law: str
    words: str
    warning: bool = False
    file: str = ""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.script, self.node or "-") if part)
        return f"{where}: [{self.law}]{' (warning)' if self.warning else ''} {self.words}"


Law: TypeAlias = Callable[[Script], Iterator[Problem]]
Way: TypeAlias = Callable[[Node], str | None]


def targets(node: Node) -> Iterator[tuple[str, str]]:
    """Every arrow out of a node: how it is said in the file, and where it leads."""
    for choice in node.choices:
        yield f"the key '{choice.key}'", choice.to
    ways = (("silence", node.silence), ("then", node.then), ("unchosen", node.unchosen), ("again", node.again))
    for way, target in ways:
        if target is not None:
            yield f"'{way}'", target
    for answer, target in node.outcomes.items():
        yield f"the outcome '{answer}'", target


def texts_of(node: Node) -> Iterator[Text]:
    """What a node may say aloud."""
    yield from node.says
    if node.truth is not None:
        yield node.truth


def text_nodes(script: Script) -> frozenset[str]:
    """Nodes a text conversation may stand in."""
    starts = [rule.to for rule in script.texts if rule.to] + [t for d, t in script.doors.items() if d == "text"]
    return reach(script, starts)


def voice_nodes(script: Script) -> frozenset[str]:
    """Nodes a call may stand in: the doors, what the keys that hold everywhere lead to, and on."""
    starts = [target for door, target in script.doors.items() if door != "text"]
    return reach(script, [*starts, *script.keys.values(), *(t for t in (script.person, script.hush) if t)])


def reach(script: Script, starts: Iterable[str]) -> frozenset[str]:
    reached: set[str] = set()
    ahead = list(starts)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += [target for _, target in targets(script.nodes[name])]
    return frozenset(reached)


def of(script: Script, names: frozenset[str]) -> Iterator[Node]:
    return (node for node in script.nodes.values() if node.id in names)


def follow(script: Script, node: Node, way: Way, until: frozenset[Kind]) -> tuple[Node, bool]:
    """Go one way until a kind of node: where it stops, and whether it came there."""
    seen: set[str] = set()
    while node.kind not in until:
        then = way(node)
        if then is None or node.id in seen:
            return node, False
        seen.add(node.id)
        node = script.nodes[then]
    return node, True
