"""Keys: what Gather takes, when it ends, and what is lost."""

from collections.abc import Iterator

import pytest

from tests.town import Town, dialled, town


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


@pytest.mark.parametrize(
    ("attributes", "keys", "expected"),
    [
        ('numDigits="1"', "1", "1"),
        ('numDigits="3"', "123", "123"),
        ('numDigits="1" finishOnKey=""', "#", "#"),
        ('numDigits="1" finishOnKey=""', "*", "*"),
        ("", "12#", "12"),
        ('finishOnKey="*"', "1#*", "1#"),
        ('timeout="2"', "45", "45"),
        ('actionOnEmptyResult="true"', "#", ""),
        ('actionOnEmptyResult="true" timeout="1"', "", ""),
    ],
)
def test_gather_ends_where_its_attributes_say(here: Town, attributes: str, keys: str, expected: str) -> None:
    """Digits end by number, by finish key or by time-out, and the finish key is never among them."""
    caller = dialled(here, f'<Gather action="/next" {attributes}><Say>Votre choix.</Say></Gather>').hears("Votre")
    if keys:
        caller.presses(keys)
    assert here.waits_for("/next")["Digits"] == expected


@pytest.mark.parametrize("keys", ["#", ""])
def test_no_input_falls_through(here: Town, keys: str) -> None:
    """Nothing pressed, or the finish key alone, goes to the next verb without a request."""
    caller = dialled(here, '<Gather action="/next" timeout="1"><Say>Oui?</Say></Gather><Say>suite</Say>').hears("Oui")
    if keys:
        caller.presses(keys)
    caller.hears("suite")
    assert here.line.forms("/next") == []


def test_a_key_stops_the_prompt(here: Town) -> None:
    """The first key cuts the prompt short, and what was not said yet is never heard."""
    words = "<Say>Un très long message. " + "mot " * 200 + "</Say><Say>jamais</Say>"
    caller = dialled(here, f'<Gather action="/next" numDigits="1">{words}</Gather>').hears("Un très long message.")
    caller.presses("2")
    assert here.waits_for("/next", within=3)["Digits"] == "2"
    assert caller.does_not_hear("jamais").call["heard"][1]["cut_short"]


def test_keys_with_no_gather_running_are_lost(here: Town) -> None:
    """A key pressed during a plain Say reaches no later Gather."""
    document = (
        "<Say>Écoutez bien ce qui suit, c'est important.</Say><Gather action='/next' timeout='1'/><Say>suite</Say>"
    )
    dialled(here, document).hears("Écoutez").presses("9").hears("suite")
    assert (here.line.forms("/next"), len(here.telephone.ledger("keys-lost"))) == ([], 1)


def test_a_gather_without_action_asks_the_same_document(here: Town) -> None:
    """The default action is the current document."""
    dialled(here, '<Gather numDigits="1"><Say>Encore.</Say></Gather>').hears("Encore").presses("4").hears("Encore")
    assert here.line.forms("/twilio/voice")[1]["Digits"] == "4"


def test_speech_is_a_fault_of_the_simulator(here: Town) -> None:
    """The line takes keys only; a Gather that wants speech is not simulated, and says so."""
    dialled(here, "<Gather input='dtmf speech' timeout='1'/><Say>suite</Say>").hears("suite")
    assert here.fault_codes() == [0]
