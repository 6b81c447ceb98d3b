"""One step of a conversation: `step(script, place, signal, facts) -> Turn`.

Pure. It knows scripts, places and signals; it never knows a clock, a database, a telephone company or chance. What a
step needs to know of the world before it can speak it asks as a question, and the answer comes back as a signal.
Nodes that need no answer are walked through in the same breath; `check` proves that such walks end.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ivr_flows.calls import answered, claimed, left, opened, recorded, returned, seen, silent, typed, understood
from ivr_flows.model import (
    Node,
    Place,
    Script,
)
from ivr_flows.signals import (
    Answered,
    Left,
    NotUnderstood,
    Opened,
    Recorded,
    Returned,
    Seen,
    Signal,
    Silent,
    Taken,
    Typed,
    Understood,
    Waited,
    Won,
    Wrote,
)
from ivr_flows.turns import (
    Facts,
    Look,
    Turn,
)
from ivr_flows.walk import Walk
from ivr_flows.written import wrote

ANSWERS_OF_THE_WORLD = (Won, Taken, Understood, NotUnderstood, Seen)


def step(script: Script, place: Place, signal: Signal, facts: Facts | None = None) -> Turn:
    """What this signal makes of this place. An unknown node leads to the nearest door, never to an error."""
    node = script.node_or_door(place.node, waiting=place.has("paged"))
    heard = 0 if isinstance(signal, ANSWERS_OF_THE_WORLD) else 1
    here = replace(place, node=node.id, version=script.version, turn=place.turn + heard)
    walk = Walk(script, facts or Facts(), here)
    return _HEARD[type(signal)](walk, node, signal)


_HEARD: Mapping[type, Callable[[Walk, Node, Any], Turn]] = {
    Opened: opened,
    Answered: lambda walk, node, signal: answered(walk, node, signal.key),
    Typed: lambda walk, node, signal: typed(walk, node, signal.digits),
    Recorded: recorded,
    Silent: lambda walk, node, signal: silent(walk, node),
    Waited: lambda walk, node, signal: walk.asks(Look()),
    Wrote: wrote,
    Left: lambda walk, node, signal: left(walk, signal.result),
    Returned: lambda walk, node, signal: returned(walk, node, signal.hung_up),
    Won: claimed,
    Taken: claimed,
    Understood: understood,
    NotUnderstood: lambda walk, node, signal: walk.answered(node, signal.why if signal.why in node.outcomes else "no"),
    Seen: seen,
}
