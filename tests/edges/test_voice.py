"""The voice channel: each kind of request is one signal, each combination of replies one exact document."""

import subprocess
import sys
from typing import get_args
from xml.etree import ElementTree

import pytest

from hotline.simulator import twiml as network
from hotline.telephone import voice
from ivr_flows.model import Place
from ivr_flows.signals import Answered, Left, Opened, Returned, Silent, Waited
from ivr_flows.turns import HangUp, Join, Leave, Listen, Queue, Record, Reply, Say, Turn

PLACE = Place("ligne", "menu", turn=3, attempt=7)
FR, EN = Say("Pour de l'aide, le un.", "fr"), Say("For <help> & more, press one.", "en")


class Links:
    """Readable links, for tests only."""

    def to(self, place, intent):
        return f"/v/{place.node}.{place.turn}/{intent}"

    def queue(self, place):
        return "q-1"

    def room(self, place):
        return "r-1"

    def events(self):
        return "/twilio/room"

    def recording(self):
        return "/twilio/recording"

    def audio(self, name):
        return f"/twilio/audio/{name}" if name == "limites-fr.wav" else ""


def written(*replies, place=PLACE):
    return voice.write(Turn(place, replies), Links())


def inside(document):
    """The document as Twilio reads it, without its outermost element."""
    return tree(document.removeprefix('<?xml version="1.0" encoding="UTF-8"?>'))[2]


def tree(xml):
    def branch(node):
        return node.tag, node.attrib, [branch(child) for child in node] or (node.text or "")

    return branch(ElementTree.fromstring(xml))


def say(words, voice_name, language):
    return "Say", {"voice": voice_name, "language": language}, [("prosody", {"rate": "90%"}, words)]


SAY_FR = say(FR.words, "Polly.Gabrielle-Neural", "fr-CA")
SAY_EN = say(EN.words, "Polly.Joanna-Neural", "en-US")
KEY = "/v/menu.3/key"
GATHER = {
    "input": "dtmf", "numDigits": "1", "finishOnKey": "", "timeout": "5", "actionOnEmptyResult": "true",
    "action": KEY, "method": "POST",
}  # fmt: skip
NET = ("Redirect", {"method": "POST"}, KEY)
ENQUEUE = (
    "Enqueue",
    {"waitUrl": "/v/menu.3/wait", "waitUrlMethod": "POST", "action": "/v/menu.3/left", "method": "POST"},
    "q-1",
)
LEAVE = [("Leave", {}, ""), ("Redirect", {"method": "POST"}, "/v/menu.3/left")]
HANG_UP = ("Hangup", {}, "")


def room(dial=None, **conference):
    attributes = {
        "beep": "false", "muted": "false", "startConferenceOnEnter": "true", "endConferenceOnExit": "false",
        "participantLabel": "person", "waitUrl": "/v/menu.3/alone", "waitMethod": "POST",
        "statusCallback": "/twilio/room", "statusCallbackEvent": "start end join leave",
        "statusCallbackMethod": "POST",
    }  # fmt: skip
    action = {"action": "/v/menu.3/room", "method": "POST"}
    return "Dial", action | (dial or {}), [("Conference", attributes | conference, "r-1")]


RECORD = (
    "Record",
    {
        "finishOnKey": "9#1", "timeout": "15", "maxLength": "300", "action": "/v/menu.3/recorded", "method": "POST",
        "playBeep": "true", "trim": "do-not-trim", "recordingStatusCallback": "/twilio/recording",
        "recordingStatusCallbackEvent": "completed absent",
    },
    "",
)  # fmt: skip
STAR = {"hangupOnStar": "true"}
DOCUMENTS = {
    "words, then listen": ([FR, EN, Listen(5)], [("Gather", GATHER, [SAY_FR, SAY_EN]), NET]),
    "only listen": ([Listen(4)], [("Gather", GATHER | {"timeout": "4"}, ""), NET]),
    "listen for less than a second": ([Listen(0.2)], [("Gather", GATHER | {"timeout": "1"}, ""), NET]),
    "listen for a fraction": ([Listen(4.2)], [("Gather", GATHER | {"timeout": "5"}, ""), NET]),
    "no words in the words": ([Say(" ", "fr"), Listen(5)], [("Gather", GATHER, ""), NET]),
    "words, then listen for digits": (
        [FR, Listen(5, 10)],
        [
            ("Gather", GATHER | {"numDigits": "10", "action": "/v/menu.3/digits"}, [SAY_FR]),
            ("Redirect", {"method": "POST"}, "/v/menu.3/digits"),
        ],
    ),
    "record": ([FR, Record(15)], [SAY_FR, RECORD, NET]),
    "queue": ([Queue()], [ENQUEUE]),
    "words, then queue": ([FR, Queue()], [SAY_FR, ENQUEUE]),
    "leave": ([Leave()], LEAVE),
    "words, then hang up": ([FR, HangUp()], [SAY_FR, HANG_UP]),
    "hang up": ([HangUp()], [HANG_UP]),
    "the person joins": ([EN, Join("person")], [SAY_EN, room()]),
    "the person is never muted": ([Join("person", muted=True)], [room()]),
    "the person joins, quiet": ([Join("person", quiet=True)], [room(waitUrl="")]),
    "a responder joins": ([Join("responder")], [room(STAR, participantLabel="responder-7")]),
    "a responder joins muted": (
        [FR, Join("responder", muted=True)],
        [SAY_FR, room(STAR, participantLabel="responder-7", muted="true")],
    ),
    "nothing": ([], [NET]),
    "a recorded sentence, then one that nobody has recorded": (
        [Say(FR.words, "fr", "limites-fr.wav"), Say(EN.words, "en", "limites-en.wav"), Listen(5)],
        [("Gather", GATHER, [("Play", {}, "/twilio/audio/limites-fr.wav"), SAY_EN]), NET],
    ),
    "words and no end": ([FR], [SAY_FR, NET]),
}


@pytest.mark.parametrize(("replies", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_replies_become_exactly_this_document(replies, expected):
    """Element for element and attribute for attribute."""
    assert inside(written(*replies)) == expected


@pytest.mark.parametrize("replies", [replies for replies, _ in DOCUMENTS.values()], ids=list(DOCUMENTS))
def test_twilio_would_take_every_document(replies):
    """The network that reads TwiML by the contract's tables refuses none."""
    allowed = network.QUEUE_WAIT if Leave() in replies else network.MAIN
    assert network.read(written(*replies), allowed)


def test_every_reply_has_a_document():
    """A reply nobody renders would be silence."""
    rendered = {type(reply) for replies, _ in DOCUMENTS.values() for reply in replies}
    assert rendered == set(get_args(Reply))


@pytest.mark.parametrize("replies", [replies for replies, _ in DOCUMENTS.values()], ids=list(DOCUMENTS))
def test_nothing_is_recorded_unless_they_asked_for_it(replies):
    """Live conversations are never recorded (law 11); only the reply that says so records."""
    assert ("record" in written(*replies).lower()) == any(isinstance(reply, Record) for reply in replies)


def test_words_that_xml_forbids_are_left_out():
    """A name with a control character in it does not break the call."""
    spoken = inside(written(Say('a\x00b\x1b<"&>\ud800c', "fr"), HangUp()))[0]
    assert spoken[2] == [("prosody", {"rate": "90%"}, 'ab<"&>c')]


def test_an_address_is_escaped_once():
    """Quotes and ampersands of a URL survive in an attribute and in text."""

    class Odd(Links):
        def to(self, place, intent):
            return '/v?a=1&b="2"<'

    gather, redirect = inside(voice.write(Turn(PLACE, (Listen(5),)), Odd()))
    assert (gather[1]["action"], redirect[2]) == ('/v?a=1&b="2"<',) * 2


SIGNALS = [
    ("opened", {"CallStatus": "ringing"}, Opened()),
    ("opened", {"CallStatus": "in-progress", "Digits": "1"}, Opened()),
    ("key", {"Digits": "9", "CallStatus": "in-progress"}, Answered("9")),
    ("key", {"Digits": "55"}, Answered("5")),
    ("key", {"Digits": "#"}, Answered("#")),
    ("key", {"Digits": "9", "CallStatus": "completed"}, Answered("9")),
    ("key", {"Digits": "", "CallStatus": "in-progress"}, Silent()),
    ("key", {"Digits": " "}, Silent()),
    ("key", {"QueuePosition": "1", "QueueTime": "12"}, Silent()),
    ("key", {"Digits": "", "CallStatus": "completed"}, Returned(hung_up=True)),
    ("wait", {"QueuePosition": "1", "QueueTime": "0"}, Waited()),
    ("wait", {}, Waited()),
    ("left", {"QueueResult": "leave", "CallStatus": "in-progress"}, Left("leave")),
    ("left", {"QueueResult": "redirected", "CallStatus": "in-progress"}, Left("redirected")),
    ("left", {"QueueResult": "hangup", "CallStatus": "completed"}, Left("hangup")),
    ("left", {"QueueResult": "error", "CallStatus": "completed"}, Left("hangup")),
    ("left", {}, Left("")),
    ("room", {"DialCallStatus": "answered", "CallStatus": "in-progress"}, Returned(hung_up=False)),
    ("room", {"DialCallStatus": "answered", "CallStatus": "completed"}, Returned(hung_up=True)),
    ("room", {}, Returned(hung_up=False)),
    ("go", {"CallStatus": "in-progress"}, Left("redirected")),
]


@pytest.mark.parametrize(("intent", "form", "signal"), SIGNALS)
def test_a_request_is_read_by_its_intent(intent, form, signal):
    """The word in the URL says what came; the fields only say how."""
    assert voice.read(form, intent) == signal


def test_every_intent_but_alone_is_a_signal():
    """`alone` is answered by the waiting room."""
    assert set(voice.READERS) == set(get_args(voice.Intent)) - {"alone"}


@pytest.mark.parametrize("who", get_args(voice.Who))
@pytest.mark.parametrize("quiet", [False, True])
def test_the_waiting_room_goes_round_for_ever(who, quiet):
    """A conference's wait plays once and then is silent, unless it asks for itself again."""
    document = voice.waiting_room(who, ["fr", "en"], quiet)
    assert network.read(document, network.ROOM_WAIT)
    assert inside(document)[-1] == ("Redirect", {"method": "POST"}, "")


def test_whoever_is_alone_hears_words_and_short_pauses():
    """Never 8 seconds without a sound (manners 3)."""
    words = say("La personne a raccroché. Vous pouvez raccrocher.", "Polly.Gabrielle-Neural", "fr-CA")
    assert inside(voice.waiting_room("gone", ["fr"]))[:2] == [words, ("Pause", {"length": "3"}, "")]


def test_a_quiet_waiting_room_says_nothing():
    """After 55 the line makes no sound at all."""
    assert "Say" not in voice.waiting_room("person", ["fr", "en"], quiet=True)


def test_the_web_process_does_not_load_the_rest_sdk():
    """All but the gateway live without a line of `twilio`."""
    code = (
        "import sys; from hotline.telephone import last_resort, signature, sms, voice;"
        "sys.exit(any(name.split('.')[0] in ('twilio', 'requests', 'flask', 'sqlalchemy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
