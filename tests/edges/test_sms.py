"""The text channel: what came in, and the one text a turn makes."""

import pytest

from hotline.simulator import twiml as network
from hotline.telephone import sms
from ivr_flows.model import Place
from ivr_flows.turns import HangUp, Listen, Say, Turn

FORM = {
    "MessageSid": "SM1", "SmsSid": "SM1", "From": "+15145550123", "To": "+15145550100", "Body": " Arrêt ✋ ",
    "NumMedia": "2", "OptOutType": "stop", "SomethingNew": "x",
}  # fmt: skip


def test_a_message_is_read_as_it_came():
    """Nothing is trimmed, corrected or guessed."""
    assert sms.read(FORM) == sms.Message("SM1", "+15145550123", "+15145550100", " Arrêt ✋ ", 2, "STOP")


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, sms.Message("", "", "", "")),
        ({"SmsSid": "SM2", "From": "anonymous"}, sms.Message("SM2", "anonymous", "", "")),
        ({"NumMedia": ""}, sms.Message("", "", "", "")),
        ({"NumMedia": "two"}, sms.Message("", "", "", "")),
    ],
)
def test_a_missing_field_is_never_an_error(form, message):
    """A text is kept whatever the carrier left out."""
    assert sms.read(form) == message


@pytest.mark.parametrize(
    ("replies", "texts"),
    [
        ((), []),
        ((Say(" ", "fr"), Listen(5)), []),
        ((Say("Bien reçu.", "fr"),), ["Bien reçu."]),
        ((Say("Bonjour.", "fr"), Say("Hello.", "en"), HangUp()), ["Bonjour. / Hello."]),
        ((Say("Un.", "fr"), Say("One.", "en"), Say("Deux.", "fr"), Say("Two.", "en")), ["Un. Deux. / One. Two."]),
        ((Say("One.", "en"), Say("Two.", "en")), ["One. Two."]),
    ],
)
def test_a_turn_is_at_most_one_text(replies, texts):
    """The sentences of a language stay together, and a slash parts the languages."""
    assert sms.write(Turn(Place("ligne", "texto_bonjour"), replies)) == texts


def test_the_empty_answer_is_a_document():
    """Twilio takes it and sends nothing."""
    assert network.read(sms.EMPTY, network.MESSAGING) == ()
