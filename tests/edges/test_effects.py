"""Effects, replies and deeds: each has exactly one thing that becomes of it."""

import typing

import pytest

from hotline import promises, tips
from hotline.effects import RECORDERS, REPEATABLE
from hotline.telephone import voice
from ivr_flows.engine import step
from ivr_flows.model import Choice, Deed, Kind, Node, Place, Script
from ivr_flows.signals import Answered
from ivr_flows.turns import Effect, HangUp, Join, Leave, Listen, Queue, Record, Reply, Say, Turn

EFFECTS, REPLIES = typing.get_args(Effect), typing.get_args(Reply)
SAMPLES: dict[type, Reply] = {
    Say: Say("Bonjour.", "fr"),
    Listen: Listen(4),
    Record: Record(),
    Queue: Queue(),
    Leave: Leave(),
    Join: Join("person"),
    HangUp: HangUp(),
}
VERBS = {
    Say: "<Say",
    Listen: "<Gather",
    Record: "<Record",
    Queue: "<Enqueue",
    Leave: "<Leave/>",
    Join: "<Conference",
    HangUp: "<Hangup/>",
}


class Addresses:
    """Links of no call."""

    def to(self, place: Place, intent: voice.Intent) -> str:
        return f"/{intent}"

    def queue(self, place: Place) -> str:
        return "queue"

    def room(self, place: Place) -> str:
        return "room"

    def events(self) -> str:
        return "/events"

    def recording(self) -> str:
        return "/recording"

    def audio(self, name: str) -> str:
        return ""


def test_every_effect_has_exactly_one_recorder() -> None:
    """A missing one stops the start, and no second one hides behind another."""
    assert set(RECORDERS) == set(EFFECTS)
    assert not set(promises.RECORDERS) & set(tips.RECORDERS)


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.__name__)
def test_a_recorder_says_which_effect_it_records(effect: type) -> None:
    """Its own type, by name: one that takes anything records nothing."""
    hint = typing.get_type_hints(RECORDERS[effect])["effect"]
    assert effect in (typing.get_args(hint) or (hint,))


def test_what_is_repeatable_is_an_effect() -> None:
    """Nothing else is said to be harmless."""
    assert set(EFFECTS) >= REPEATABLE


def test_every_reply_has_a_sample() -> None:
    """A new reply without one fails here."""
    assert set(SAMPLES) == set(VERBS) == set(REPLIES)


@pytest.mark.parametrize("kind", REPLIES, ids=lambda kind: kind.__name__)
def test_every_reply_is_rendered_in_voice(kind: type) -> None:
    """As its own verb, in a document that does not end in silence."""
    document = voice.write(Turn(Place("ligne", "accueil"), (SAMPLES[kind],)), Addresses())
    assert VERBS[kind] in document
    assert any(end in document for end in ("<Redirect", "<Enqueue", "<Dial", "<Hangup", "<Record"))


@pytest.mark.parametrize("deed", typing.get_args(Deed))
def test_every_deed_is_an_effect(deed: Deed) -> None:
    """What a script may do on the way is recorded like all else."""
    menu, end = Node("menu", Kind.MENU, choices=(Choice("1", "fin", does=deed),)), Node("fin", Kind.END)
    script = Script("ligne", 1, {"menu": menu, "fin": end}, {"voice": "menu", "nearest": "menu"})
    effects = step(script, Place("ligne", "menu"), Answered("1")).effects
    assert [type(effect) in RECORDERS for effect in effects] == [True]
