"""The conversation as a picture, drawn from the data (Mermaid). Nothing here is kept by hand, so nothing goes stale."""

from collections.abc import Iterable, Iterator, Mapping

from ivr_flows.arrows import text_nodes
from ivr_flows.model import Kind, Node, Script

# Shapes tell who acts; the introduction below says which is which.
_SHAPES: Mapping[Kind, tuple[str, str]] = {
    Kind.MENU: ("[", "]"), Kind.TELL: ("(", ")"), Kind.HUSH: ("[/", "/]"), Kind.PAGE: ("[[", "]]"),
    Kind.WAIT: ("{{", "}}"), Kind.CLAIM: ("{", "}"), Kind.ROOM: ("((", "))"), Kind.END: ("([", "])"),
    Kind.DIGITS: ("[/", "\\]"), Kind.ASK: ("{", "}"), Kind.RECORD: ("[(", ")]"),
}  # fmt: skip


def draw(script: Script, only: Iterable[str] | None = None) -> str:
    """The Mermaid diagram of a script, or of some of its nodes."""
    names = set(script.nodes if only is None else only)
    lines = ["flowchart TD"]
    lines += [f"    {node.id}{_box(node)}" for node in script.nodes.values() if node.id in names]
    lines += [f"    {arrow}" for arrow in _entrances(script, names)]
    lines += [f"    {arrow}" for node in script.nodes.values() if node.id in names for arrow in _arrows(node)]
    return "\n".join(lines)


def document(scripts: Mapping[str, Script]) -> str:
    """`docs/conversation.md`: every script, calls and texts apart."""
    sections = [_INTRODUCTION]
    for name in sorted(scripts):
        script = scripts[name]
        written = text_nodes(script)
        spoken = [node for node in script.nodes if node not in written]
        sections.append(_section(f"`{name}`: the call", draw(script, spoken)))
        if written:
            sections.append(_section(f"`{name}`: by text", draw(script, written)))
    return "\n".join(sections)


_INTRODUCTION = """# The conversation

Drawn from `ivr_flows/scripts/*.toml` by `python -m ivr_flows draw docs/conversation.md`; a test fails when it is out
of date. A box listens for a key, a slanted one for several digits, a rounded box goes on by itself, a double box wakes
the team, a hexagon is a wait, a diamond asks the records, a drum is a recording, a circle is two people talking. Arrows
carry the key; `…` is silence. In every node of a call `9` is urgent, `5` cannot speak, `0` repeats, `*` changes the
language and `#` leaves: `9`, `5` and `0 0` are drawn once, from "any node".
"""


def _section(title: str, diagram: str) -> str:
    return f"## {title}\n\n```mermaid\n{diagram}\n```\n"


def _box(node: Node) -> str:
    left, right = _SHAPES[node.kind]
    about = f"<br/>{node.page.priority}: {node.page.reason}" if node.page else ""
    return f'{left}"{node.id}{about}"{right}'


def _entrances(script: Script, names: set[str]) -> Iterator[str]:
    for door, target in script.doors.items():
        if target in names:
            yield f"door_{door}>{door}] --> {target}"
    for key, target in script.keys.items():
        if target in names:
            yield f"any>any node] -->|{key}| {target}"
    if script.person in names:
        yield f"any>any node] -->|0 0| {script.person}"
    for rule in script.texts:
        if rule.to in names:
            yield f"reads>any text] -->|{rule.when}| {rule.to}"


def _arrows(node: Node) -> Iterator[str]:
    for choice in node.choices:
        yield f"{node.id} -->|{choice.key}| {choice.to}"
    if node.silence is not None:
        yield f"{node.id} -->|…| {node.silence}"
    if node.then is not None:
        yield f"{node.id} -->{'|*| ' if node.kind is Kind.WAIT else ' '}{node.then}"
    if node.unchosen is not None:
        yield f"{node.id} -->|no language yet| {node.unchosen}"
    for answer, target in node.outcomes.items():
        yield f"{node.id} -->|{answer}| {target}"
