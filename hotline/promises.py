"""A promised call, in the making and afterwards: what was said means something, is sealed, and becomes a promise.

Recorders and meanings only, inside the turn's transaction: when to call and whether we may is decided by
`rules.callbacks`, and calling is done by `workers`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from hotline.desk import Desk
from ivr_flows.model import (
    Asked,
    CallPerson,
    CameOf,
    Language,
    NeverCall,
    NotUnderstood,
    Promise,
    Put,
    Understood,
)

Meaning = Callable[[Desk, Language, str], Understood | NotUnderstood]


def later(desk: Desk, effect: object) -> None:
    raise NotImplementedError(type(effect).__name__)


def unknown(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    return NotUnderstood()


RECORDERS: Mapping[type, Callable[[Desk, Any], object]] = {
    Put: later,
    Promise: later,
    CallPerson: later,
    CameOf: later,
    NeverCall: later,
}
MEANINGS: Mapping[Asked, Meaning] = dict.fromkeys(("number", "same_number", "when", "soon", "code_word"), unknown)
