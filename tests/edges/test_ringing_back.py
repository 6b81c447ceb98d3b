"""The person hung up and had agreed to be called back: the responder calls, once, and a human decides after that."""

import re

import pytest

from hotline.store import callbacks
from tests.edges.line import CALLER, TEAM, Crew, Leg, Phone

A = TEAM[0][1]


def asked_whether(phone: Phone) -> None:
    """The person waits until they hear the question."""
    phone.waits()
    for _ in range(5):
        if "pouvons-nous vous rappeler" in phone.answers[-1]:
            return
        phone.is_silent()
    raise AssertionError(phone.answers[-1])


def hangs_up(crew: Crew, agreed: str = "1", keys: str = "9") -> Leg:
    """Somebody answers "may we call you back?", and is gone when the responder presses 1."""
    phone = Phone(crew.carrier)
    phone.dials()
    for key in keys:
        phone.presses(key)
    asked_whether(phone)
    if agreed:
        phone.presses(agreed)
    device = crew.network.telephone.device(A)
    crew.does("page")
    device.rings().answers()
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    return crew.leg().accepts()


def calls_back(crew: Crew) -> Leg:
    leg = hangs_up(crew)
    assert "<Conference" in leg.presses("1")
    leg.enters(leg.place.page)
    crew.does("call_person")
    return leg


def test_who_agreed_is_called_once_by_a_responder_who_is_there(crew: Crew) -> None:
    """From the number of callbacks, into the room where the responder waits."""
    calls_back(crew)
    [form] = [entry["form"] for entry in crew.asked("/Calls.json", To=CALLER)]
    assert form["From"] == crew.hands.settings.callback_number
    person = Phone(crew.carrier, "CA77")
    assert "Bonjour." in person.posts(form["Url"])
    assert "<Conference" in person.is_silent()
    assert crew.carrier.rows("select state, windows from callbacks") == [("due", 3)]


@pytest.mark.parametrize(("key", "expected"), [("1", ("done", "reached")), ("2", ("human", "three windows"))])
def test_what_came_of_it_is_keyed_and_nothing_calls_again(crew: Crew, key: str, expected: tuple[str, str]) -> None:
    """No answer: a human decides, and the operator is told."""
    leg = calls_back(crew)
    leg.posts(leg.address("Dial", "action"))
    leg.presses("2")
    assert "C'est noté." in leg.presses(key)
    crew.clock.advance(minutes=30)
    for _ in range(3):
        crew.does("callback")
        crew.does("page")
    assert crew.carrier.rows("select state, outcome from callbacks") == [expected]
    assert crew.called().count(CALLER) == 1


@pytest.mark.parametrize("agreed", ["2", ""])
def test_who_did_not_agree_is_not_called(crew: Crew, agreed: str) -> None:
    """No, or no answer: it is not even offered."""
    leg = hangs_up(crew, agreed)
    assert "Elle veut bien" not in leg.answers[-1] and "Pour terminer, le trois." in leg.answers[-1]
    leg.presses("1")
    assert (crew.waiting().count("call_person"), crew.carrier.count("callbacks")) == (0, 0)


def test_who_said_never_is_not_called(crew: Crew) -> None:
    """An 8 pressed on another day counts for ever."""
    leg = hangs_up(crew)
    with crew.store.turn() as conn:
        callbacks.never(conn, crew.hands.sealer.pseudonym("person", CALLER), crew.clock.now())
    answer = leg.presses("1")
    assert "Nous ne pouvons pas rappeler cette personne." in answer and "Pour terminer, le trois." in answer


def test_who_leaves_while_we_talk_is_offered_to_the_responder_too(crew: Crew) -> None:
    """The room is empty: their leg is taken to the same choice."""
    phone = Phone(crew.carrier)
    phone.dials()
    phone.presses("9")
    asked_whether(phone)
    phone.presses("1")
    device = crew.network.telephone.device(A)
    crew.does("page")
    device.rings().answers()
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    leg = crew.leg().accepts()
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    assert crew.does("tell_gone") == ["told"]
    answer = leg.posts(crew.asked(f"/Calls/{leg.sid}")[-1]["form"]["Url"])
    assert "Elle veut bien être rappelée." in answer, re.findall(">([^<]+)<", answer)
