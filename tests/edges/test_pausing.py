"""The person on hold: words and no music, and nobody is left there with a responder in the room."""

import pytest

from tests.edges.line import Crew, Leg, Phone

HELD = "person.json"


def in_the_room(crew: Crew, phone: Phone | None = None) -> Leg:
    """Responder and person talk."""
    leg = crew.rung(phone).accepts()
    leg.enters(leg.place.page)
    leg.enters(leg.place.page, person=True)
    return leg


def puts_on_hold(crew: Crew, phone: Phone | None = None) -> Leg:
    leg = in_the_room(crew, phone)
    leg.posts(leg.address("Dial", "action"))
    leg.presses("3")
    assert "est en attente." in leg.presses("1")
    return leg


def asked(crew: Crew) -> list[dict[str, str]]:
    """What the carrier was asked about the person's hold."""
    return [entry["form"] for entry in crew.asked(HELD) if "Hold" in entry["form"]]


def test_the_person_hears_words_and_the_call_is_redirected_nowhere(crew: Crew) -> None:
    """In their language, from an address that names nobody."""
    puts_on_hold(crew)
    crew.does("hold")
    url = f"{crew.hands.settings.public_url}/twilio/hold/fr"
    assert asked(crew) == [{"Hold": "true", "HoldUrl": url, "HoldMethod": "POST"}]
    words = crew.carrier.post(url, {"CallSid": "CA1"}).get_data(as_text=True)
    assert "Un instant, je reviens." in words and "<Redirect" in words and "<Play" not in words
    assert crew.asked("/Calls/CA1") == []


def test_after_fifty_five_nothing_at_all_is_heard(crew: Crew) -> None:
    """Somebody may be beside them."""
    phone = Phone(crew.carrier)
    crew.waits(phone, "5")
    crew.does("page")
    leg = crew.leg().accepts()
    leg.enters(leg.place.page)
    leg.enters(leg.place.page, person=True)
    leg.posts(leg.address("Dial", "action"))
    leg.presses("3")
    leg.presses("1")
    crew.does("hold")
    [form] = asked(crew)
    assert form["HoldUrl"].endswith("/fr/quiet")
    assert "<Say" not in crew.carrier.post(form["HoldUrl"], {"CallSid": "CA1"}).get_data(as_text=True)


@pytest.mark.parametrize("way", ["key", "silence"])
def test_who_comes_back_finds_them(crew: Crew, way: str) -> None:
    """By the key, or after some minutes of none."""
    leg = puts_on_hold(crew)
    crew.does("hold")
    back = leg.presses("4") if way == "key" else [leg.is_silent() for _ in range(20)][-1]
    assert "<Conference" in back and "plus en attente" in back
    leg.enters(leg.place.page)
    assert crew.waiting().count("unhold") == 1
    crew.does("unhold")
    assert asked(crew)[-1] == {"Hold": "false"}


def test_a_hold_that_comes_late_is_none(crew: Crew) -> None:
    """The responder was back before a worker came to it."""
    leg = puts_on_hold(crew)
    leg.presses("4")
    assert (crew.does("hold"), asked(crew)) == (["nothing to do"], [])


def test_whoever_comes_into_the_room_is_heard(crew: Crew) -> None:
    """By whatever way they came: a key that was lost leaves nobody on hold."""
    leg = puts_on_hold(crew)
    crew.does("hold")
    leg.enters(leg.place.page)
    leg.enters(leg.place.page)
    assert crew.waiting().count("unhold") == 1
    crew.does("unhold")
    assert asked(crew)[-1] == {"Hold": "false"}


def test_a_responder_whose_telephone_dies_leaves_nobody_on_hold(crew: Crew) -> None:
    """The person comes out of room and hold alike, waits again, and the page goes on."""
    phone = crew.caller()
    leg = puts_on_hold(crew, phone)
    crew.does("hold")
    leg.becomes("completed")
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.page(phone.sid).state) == (["the page goes on"], "open")
    [form] = [entry["form"] for entry in crew.asked(f"/Calls/{phone.sid}")]
    assert "<Enqueue" in phone.posts(form["Url"])
    assert "page" in crew.waiting()


def test_what_was_answered_before_the_room_is_not_answered_again_after_it(crew: Crew) -> None:
    """A key that means something, pressed by whoever waits again, is a turn of its own."""
    phone = Phone(crew.carrier)
    phone.dials()
    phone.is_silent()
    phone.presses("9")
    phone.waits()
    leg = in_the_room(crew, phone)
    leg.becomes("completed")
    crew.clock.advance(seconds=2)
    crew.does("back")
    phone.posts(crew.asked(f"/Calls/{phone.sid}")[-1]["form"]["Url"])
    phone.waits()
    before = crew.carrier.count("inbox")
    phone.presses("9")
    assert crew.carrier.count("inbox") == int(str(before)) + 1


def test_a_person_who_is_not_in_the_room_is_not_held(crew: Crew) -> None:
    """Nobody is there to hear it."""
    leg = crew.rung().accepts()
    leg.enters(leg.place.page)
    leg.posts(leg.address("Dial", "action"))
    leg.presses("3")
    leg.presses("1")
    assert (crew.does("hold"), asked(crew)) == (["nothing to do"], [])


def test_a_person_who_hangs_up_on_hold_is_told_of(crew: Crew) -> None:
    """The responder, in their menu, hears it."""
    phone = crew.caller()
    puts_on_hold(crew, phone)
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    assert "tell_gone" in crew.waiting()
