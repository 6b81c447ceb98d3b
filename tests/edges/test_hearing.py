"""The person hung up and their life is in danger: their number, read to whoever gives their PIN, and to nobody else."""

from dataclasses import replace

import pytest

from hotline.store import audit, pins
from tests.edges.line import CALLER, TEAM, Crew, Leg, Phone
from tests.edges.test_ringing_back import hangs_up

A = TEAM[0][1]
OPS = "+15145550160"
PIN = "402817"
SAID = "cinq, un, quatre; cinq, cinq, cinq; zéro, un, deux, trois"


def with_ops(crew: Crew) -> None:
    settings = crew.hands.settings.model_copy(update={"ops_phones": (OPS,)})
    crew.hands = replace(crew.hands, settings=settings)


def asks_the_number(crew: Crew, agreed: str = "", pin: str = PIN) -> Leg:
    """The responder, alone with a dead line, presses 2 and types a PIN."""
    with_ops(crew)
    leg = hangs_up(crew, agreed)
    with crew.store.turn() as conn:
        pins.set_pin(conn, crew.hands.sealer, 1, PIN, crew.clock.now())
    types(leg, pin)
    return leg


def types(leg: Leg, pin: str) -> str:
    leg.presses("2")
    return leg.posts(leg.address("Gather", "action"), Digits=pin)


def nothing_was_told(crew: Crew) -> bool:
    return not {"read_number", "tell_heard"} & set(crew.waiting()) and not heard(crew)


def heard(crew: Crew) -> list[tuple[object, ...]]:
    return crew.carrier.rows("select actor, subject, detail from audit where verb = 'hear_number'")


@pytest.mark.parametrize("agreed", ["", "1"])
def test_it_is_read_twice_to_that_ear_and_the_menu_comes_back(crew: Crew, agreed: str) -> None:
    """In groups, in the call itself; a callback that was agreed is still offered afterwards."""
    leg = asks_the_number(crew, agreed)
    assert "deux fois" in leg.answers[-1]
    assert crew.does("read_number") == ["read"]
    [told] = [entry["form"]["Twiml"] for entry in crew.asked(f"/Calls/{leg.sid}") if "Twiml" in entry["form"]]
    assert (told.count(SAID), told.count(CALLER)) == (2, 0)
    leg.answers.append(told)
    menu = leg.is_silent()
    assert "a raccroché." in menu and "le deux" in menu and ("bien être rappelée" in menu) == bool(agreed)


def test_the_register_and_the_operator_know_and_nothing_of_the_person(crew: Crew) -> None:
    """Who, which case; to the operator a code alone."""
    leg = asks_the_number(crew)
    assert heard(crew) == [("responder:1", "case:1", {"page": leg.place.page})]
    assert crew.does("tell_heard") == ["told"]
    [(body)] = [text for to, text in crew.texted() if to == OPS]
    assert crew.page().code in body and CALLER[2:] not in body and A[2:] not in body
    with crew.store.turn() as conn:
        assert audit.chain_audit(conn) > 0 and audit.verify_audit(conn).holds


@pytest.mark.parametrize("pin", ["111222", "000000"])
def test_a_wrong_pin_opens_nothing(crew: Crew, pin: str) -> None:
    """And one may try again, or go back."""
    leg = asks_the_number(crew, pin=pin)
    assert "Pour recommencer, le deux." in leg.answers[-1] and nothing_was_told(crew)
    assert "a raccroché." in leg.is_silent()


def test_no_pin_and_too_many_guesses_sound_the_same(crew: Crew) -> None:
    """After three in one call even the right one gets the same words."""
    leg = asks_the_number(crew, pin="111222")
    wrong = [types(leg, "111222").split("<Gather")[1].split("</Gather>")[0].split(">", 1)[1] for _ in range(2)]
    right = types(leg, PIN).split("<Gather")[1].split("</Gather>")[0].split(">", 1)[1]
    assert wrong == [right, right] and nothing_was_told(crew)


def test_a_withheld_number_is_said_to_be_unknown(crew: Crew) -> None:
    """Nothing was heard, so nothing is told."""
    with_ops(crew)
    phone = Phone(crew.carrier, number="anonymous")
    phone.dials()
    phone.presses("9")
    crew.does("page")
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    leg = crew.leg().accepts()
    with crew.store.turn() as conn:
        pins.set_pin(conn, crew.hands.sealer, 1, PIN, crew.clock.now())
    assert "pas le numéro de cette personne" in types(leg, PIN) and nothing_was_told(crew)
    assert "a raccroché." in leg.is_silent()


def test_star_goes_back_to_the_menu(crew: Crew) -> None:
    """The digits regime."""
    leg = hangs_up(crew, "")
    leg.presses("2")
    assert "a raccroché." in leg.posts(leg.address("Gather", "action"), Digits="*")


def test_whose_leg_is_gone_meanwhile_hears_nothing(crew: Crew) -> None:
    """The page went on to somebody else, who has proved nothing."""
    leg = asks_the_number(crew)
    leg.becomes("completed")
    crew.clock.advance(seconds=2)
    crew.does("back")
    assert crew.does("read_number") == ["nothing to do"]


def test_the_number_stands_in_no_row(crew: Crew) -> None:
    """Neither what is due nor the register holds it."""
    asks_the_number(crew)
    crew.does("read_number")
    crew.does("tell_heard")
    written = str(crew.carrier.rows("select * from work")) + str(crew.carrier.rows("select * from audit"))
    assert CALLER[2:] not in written and PIN not in written
