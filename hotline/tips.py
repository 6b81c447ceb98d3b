"""A tip in the making: its parts are sealed to a case of its own, and nothing in it leads to who gave it.

Recorders and meanings only, inside the turn's transaction: fetching and erasing a recording is done by `workers`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from hotline.desk import Desk
from ivr_flows.model import Asked, DropRecording, KeepRecording, Language, NotUnderstood, Understood

Meaning = Callable[[Desk, Language, str], Understood | NotUnderstood]


def later(desk: Desk, effect: object) -> None:
    raise NotImplementedError(type(effect).__name__)


def unknown(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    return NotUnderstood()


RECORDERS: Mapping[type, Callable[[Desk, Any], object]] = {KeepRecording: later, DropRecording: later}
MEANINGS: Mapping[Asked, Meaning] = dict.fromkeys(("circumstance", "tip", "new_tip"), unknown)
