"""TwiML as Twilio reads it: which verbs stand where, with which attributes. What is not in these tables is refused.

Reading is pure: text in, verbs out, or BadDocument with Twilio's error code.
"""

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

from hotline.simulator import voices

LARGEST = 64 * 1024
LONGEST_SAY = 4096
LONGEST_NAMES = {"Conference": 128, "Enqueue": 64, "Queue": 64}
LONGEST_LABEL = 128


class BadDocument(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Verb:
    name: str
    attributes: dict[str, str]
    text: str
    children: "tuple[Verb, ...]"

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def number(self, name: str, default: float) -> float:
        return float(self.attributes.get(name, default))

    def true(self, name: str, default: bool = False) -> bool:
        return self.attributes.get(name, str(default).lower()) == "true"


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MAIN = _names("Say Play Pause Gather Record Redirect Hangup Reject Enqueue Dial")
WHISPER = _names("Say Play Pause Gather Redirect Hangup")
QUEUE_WAIT = _names("Say Play Pause Gather Redirect Hangup Leave")
ROOM_WAIT = _names("Say Play Pause Redirect")
MESSAGING = _names("Message Redirect")

SPEECH_MARKS = _names("break emphasis lang p s phoneme prosody say-as sub w")
CALLBACK = "statusCallback statusCallbackEvent statusCallbackMethod"
RECORDING = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"
MACHINE = (
    "machineDetection amdStatusCallback amdStatusCallbackMethod machineDetectionTimeout "
    "machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold machineDetectionSilenceTimeout"
)

ATTRIBUTES = {
    name: _names(attributes)
    for name, attributes in {
        "Say": "voice language loop",
        "Play": "loop digits",
        "Pause": "length",
        "Gather": "action method input timeout numDigits finishOnKey actionOnEmptyResult speechTimeout language hints "
        "speechModel profanityFilter partialResultCallback partialResultCallbackMethod enhanced bargeIn maxSpeechTime "
        "debug",
        "Record": "action method timeout finishOnKey maxLength playBeep trim transcribe transcribeCallback "
        f"{RECORDING}",
        "Redirect": "method",
        "Hangup": "",
        "Reject": "reason",
        "Leave": "",
        "Enqueue": "action method waitUrl waitUrlMethod workflowSid maxQueueSize",
        "Dial": "action method timeout timeLimit callerId answerOnBridge hangupOnStar record trim ringTone sequential "
        f"recordingTrack referUrl referMethod events callReason {RECORDING}",
        "Number": f"sendDigits url method byoc {CALLBACK} {MACHINE}",
        "Queue": "url method reservationSid postWorkActivitySid",
        "Conference": "muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record "
        f"trim coach participantLabel jitterBufferSize region {CALLBACK} {RECORDING}",
        "Message": "to from action method statusCallback",
        "Body": "",
        "Media": "",
    }.items()
}
CHILDREN = {
    "Gather": frozenset(("Say", "Play", "Pause")),
    "Dial": frozenset(("Number", "Conference", "Queue")),
    "Message": frozenset(("Body", "Media")),
}
TRUTHS = _names(
    "actionOnEmptyResult profanityFilter answerOnBridge hangupOnStar sequential muted startConferenceOnEnter "
    "endConferenceOnExit playBeep transcribe bargeIn"
)
COUNTS = _names("loop length timeout numDigits timeLimit maxLength maxParticipants maxQueueSize")
METHODS = _names("method waitMethod waitUrlMethod statusCallbackMethod recordingStatusCallbackMethod")
# Where Twilio has a code of its own for a value it cannot read; elsewhere it is 12200.
VALUE_CODES = {
    ("Gather", "method"): 13312,
    ("Gather", "timeout"): 13313,
    ("Gather", "numDigits"): 13314,
    ("Play", "loop"): 13410,
    ("Say", "loop"): 13510,
    ("Dial", "method"): 13210,
    ("Dial", "timeout"): 13212,
}
ADDRESSES = _names("action url waitUrl statusCallback recordingStatusCallback partialResultCallback amdStatusCallback")


def read(text: str, allowed: frozenset[str] = MAIN) -> tuple[Verb, ...]:
    """The verbs of a document, or BadDocument where Twilio would refuse it."""
    if len(text.encode()) > LARGEST:
        raise BadDocument(11750, "the document is over 64 kB")
    try:
        root = ElementTree.fromstring(text.strip().encode())
    except ElementTree.ParseError as error:
        raise BadDocument(12100, f"the document is not XML: {error}") from error
    if root.tag != "Response":
        raise BadDocument(12100, f"the root is <{root.tag}>, not <Response>")
    if root.attrib:
        raise BadDocument(12200, "<Response> takes no attribute")
    return tuple(_verb(element, allowed, "Response") for element in root)


def resolve(base: str | None, address: str, purpose: str) -> str:
    """An address of a document, made absolute; a document given inline has no base and must give absolute ones."""
    url = urljoin(base, address) if base else address
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadDocument(11100, f"{purpose} is not an absolute address")
    if "_" in parts.hostname:
        raise BadDocument(11210, f"the host name of {purpose} holds an underscore")
    return url


def _verb(element: ElementTree.Element, allowed: frozenset[str], parent: str) -> Verb:
    name = element.tag
    if name not in ATTRIBUTES:
        raise BadDocument(12200, f"unknown verb <{name}>")
    if name not in allowed:
        code = {"Dial": 13201, "Gather": 13320}.get(name if parent == "Response" else parent, 12200)
        code = 14110 if allowed is MESSAGING else code
        raise BadDocument(code, f"<{name}> is not allowed here, in <{parent}>")
    _check_attributes(name, element.attrib)
    if name == "Say":
        return Verb(name, dict(element.attrib), _spoken(element), ())
    children = tuple(_verb(child, CHILDREN.get(name, frozenset()), name) for child in element)
    verb = Verb(name, dict(element.attrib), (element.text or "").strip(), children)
    _check_content(verb)
    return verb


def _check_attributes(name: str, attributes: dict[str, str]) -> None:
    for attribute, value in attributes.items():
        if attribute not in ATTRIBUTES[name]:
            raise BadDocument(12200, f"<{name}> has no attribute {attribute}")
        if re.fullmatch(r"\s*\[.*\]\s*", value, re.S) or value in ("None", "True", "False"):
            raise BadDocument(12200, f"{attribute} of <{name}> is written as Python: {value}")
        if attribute in ADDRESSES and "_" in (urlsplit(value).hostname or ""):
            raise BadDocument(11210, f"the host name of {attribute} holds an underscore")
        if wrong := _wrong(name, attribute, value):
            raise BadDocument(VALUE_CODES.get((name, attribute), 12200), f"{attribute} of <{name}> is {wrong}")
    if name == "Gather" and not re.fullmatch(r"[0-9*#]?", attributes.get("finishOnKey", "#")):
        raise BadDocument(13310, "finishOnKey of <Gather> is one key or nothing")
    if name == "Record" and not re.fullmatch(r"[0-9*#]*", attributes.get("finishOnKey", "#")):
        raise BadDocument(13613, "finishOnKey of <Record> is keys or nothing")
    if name == "Say" and (unspoken := voices.problem(attributes.get("voice", ""), attributes.get("language", ""))):
        raise BadDocument(*unspoken)


def _wrong(name: str, attribute: str, value: str) -> str:
    if attribute in TRUTHS and value not in ("true", "false"):
        return "neither true nor false"
    if attribute in METHODS and value not in ("GET", "POST"):
        return "neither GET nor POST"
    by_itself = name == "Gather" and attribute == "timeout" and value == "auto"
    return "not a number" if attribute in COUNTS and not by_itself and not re.fullmatch(r"\d+", value) else ""


def _check_content(verb: Verb) -> None:
    if verb.name == "Dial":
        alone = [child for child in verb.children if child.name in ("Conference", "Queue")]
        if alone and len(verb.children) > 1:
            raise BadDocument(12200, f"<{alone[0].name}> stands alone in a <Dial>")
        if not verb.children and not verb.text:
            raise BadDocument(13223, "<Dial> has nobody to call")
        if len(verb.children) > 10:
            raise BadDocument(12200, "<Dial> rings ten numbers at most")
    if verb.name in LONGEST_NAMES and not 0 < len(verb.text) <= LONGEST_NAMES[verb.name]:
        raise BadDocument(12200, f"<{verb.name}> has no name, or one that is too long")
    if verb.name == "Conference" and len(verb.get("participantLabel")) > LONGEST_LABEL:
        raise BadDocument(12200, f"participantLabel is over {LONGEST_LABEL} characters")
    if verb.name == "Number" and not re.fullmatch(r"[0-9A-D#*wW]*", verb.get("sendDigits")):
        raise BadDocument(13222, "sendDigits of <Number> holds something else than keys")
    if verb.name == "Play" and not verb.text and not verb.get("digits"):
        raise BadDocument(13420, "<Play> has nothing to play")
    if verb.name in ("Hangup", "Leave", "Pause", "Reject") and verb.text:
        raise BadDocument(12200, f"<{verb.name}> holds no text")


def _spoken(element: ElementTree.Element) -> str:
    for part in element.iter():
        if part is not element and part.tag not in SPEECH_MARKS:
            raise BadDocument(12200, f"<{part.tag}> is not allowed in <Say>")
    text = " ".join("".join(element.itertext()).split())
    if not text:
        raise BadDocument(13520, "<Say> has nothing to say")
    if len(text) > LONGEST_SAY:
        raise BadDocument(13520, f"<Say> is over {LONGEST_SAY} characters")
    return text
