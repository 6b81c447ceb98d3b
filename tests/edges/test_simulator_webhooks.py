"""Webhooks: signed, repeated, redirected and remembered as Twilio does; and what it would refuse is a fault."""

from collections.abc import Iterator
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from tests.system.telephone import Telephone
from tests.town import CALLER, DEPUTY, LINE, NOBODY, RESPONDER, TOKEN, Page, Town, dialled, simulator, town


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


def test_every_webhook_is_signed(here: Town) -> None:
    """Each request validates with the SDK's own validator and the first token, and names itself once."""
    caller = dialled(here, '<Gather action="/next?lang=fr%C3%A9&amp;x=a%2Fb" numDigits="1"/>')
    here.telephone.eventually(lambda: caller.call["status"] == "in-progress")
    caller.presses("1")
    here.waits_for("/next")
    here.waits_for("/twilio/voice/status")
    validate = RequestValidator(TOKEN).validate
    assert all(validate(asked.url, asked.form, asked.signature) for asked in here.line.asked)
    assert len({asked.token for asked in here.line.asked}) == len(here.line.asked)


def test_a_get_webhook_carries_its_parameters_in_the_address(here: Town) -> None:
    """A document asked for by GET is signed over the whole address."""
    dialled(here, '<Redirect method="GET">/next?a=1</Redirect>')
    assert here.waits_for("/next")["a"] == "1"
    asked = next(asked for asked in here.line.asked if asked.path == "/next")
    assert RequestValidator(TOKEN).validate(asked.url, {}, asked.signature)


def test_an_incoming_call_says_who_calls(here: Town) -> None:
    """The first request of an incoming call is ringing, inbound, with the number's geography and never a person's."""
    dialled(here, "<Hangup/>")
    form = here.waits_for("/twilio/voice")
    names = ("From", "Caller", "To", "Called", "CallStatus", "Direction", "ApiVersion", "FromState")
    expected = [CALLER, CALLER, LINE, LINE, "ringing", "inbound", "2010-04-01", "QC"]
    assert expected == [form[name] for name in names]


@pytest.mark.parametrize("shown", ["anonymous", "", "+266696687"])
def test_a_withheld_caller_is_a_word(here: Town, shown: str) -> None:
    """A withheld number arrives as the word the carrier gives, or as nothing."""
    here.telephone.device(CALLER).dials(LINE, shown=shown)
    assert here.waits_for("/twilio/voice")["From"] == shown


def test_the_end_of_an_incoming_call_is_told(here: Town) -> None:
    """The number's status callback comes once, at the end, with the duration in line seconds."""
    dialled(here, '<Pause/><Say>a</Say><Pause length="20"/>').is_cut_off(within=40)
    form = here.waits_for("/twilio/voice/status")
    assert form["CallStatus"] == "completed"
    assert 20 <= int(form["CallDuration"]) <= 30


@pytest.mark.parametrize("reason", ["busy", "rejected"])
def test_a_rejected_call_is_never_answered(here: Town, reason: str) -> None:
    """Reject as the first verb leaves the call unanswered."""
    dialled(here, f'<Reject reason="{reason}"/>').is_cut_off()
    expected = {"busy": "busy", "rejected": "no-answer"}[reason]
    assert expected == here.waits_for("/twilio/voice/status")["CallStatus"]


FAULTS: list[tuple[int, Any]] = [
    (12200, "<Speak>Bonjour</Speak>"),
    (12200, "<Say mood='calm'>Bonjour</Say>"),
    (12200, "<Say language=\"['fr']\">Bonjour</Say>"),
    (12200, "<Gather actionOnEmptyResult='True'/>"),
    (13314, "<Gather numDigits='one'/>"),
    (12200, "<Leave/>"),
    (13320, "<Gather><Hangup/></Gather>"),
    (13520, "<Say></Say>"),
    (13520, f"<Say>{'a' * 4097}</Say>"),
    (11750, f"<!--{'a' * 65536}-->"),
    (11210, "<Redirect>http://our_line.example.org/next</Redirect>"),
    (12100, (200, "text/xml", "not XML")),
    (12300, (200, "application/json", "{}")),
    (11200, (500, "text/xml", "<Response/>")),
]


@pytest.mark.parametrize(
    ("code", "document"), FAULTS, ids=[f"{code}-{index}" for index, (code, _) in enumerate(FAULTS)]
)
def test_what_twilio_would_refuse_fails_the_call(here: Town, code: int, document: Any) -> None:
    """The caller hears Twilio's apology, the call ends, and the ledger holds a fault with Twilio's code."""
    dialled(here, document).hears("An application error has occurred. Goodbye.").is_cut_off()
    assert [code] == here.fault_codes()


def test_a_dial_in_a_wait_is_refused(here: Town) -> None:
    """A queue's wait document may not dial: the caller leaves the queue with an error."""
    here.line.says("/wait", "<Dial>+15145550199</Dial>")
    here.line.says("/out", "<Say>dehors</Say>")
    dialled(here, '<Enqueue waitUrl="/wait" action="/out">file</Enqueue>').hears("dehors")
    assert (here.waits_for("/out")["QueueResult"], here.fault_codes()) == ("error", [13201])


def test_a_fallback_address_is_asked_when_a_document_fails(here: Town) -> None:
    """The call's fallback is requested with what went wrong."""
    here.line.documents["/page"] = (500, "text/plain", "")
    here.line.says("/spare", "<Say>secours</Say>")
    phone = here.telephone.device(RESPONDER)
    here.call(fallback_url=f"{here.line.url}/spare")
    phone.rings().answers().hears("secours")
    assert here.waits_for("/spare")["ErrorCode"] == "11200"


def test_inline_twiml_needs_absolute_addresses(here: Town) -> None:
    """TwiML given inline has no address, so a relative action is a fault."""
    phone = here.telephone.device(RESPONDER)
    here.call(url=None, twiml="<Response><Redirect>/next</Redirect></Response>")
    phone.rings().answers().hears("An application error has occurred.")
    assert here.fault_codes() == [11100]


# --- transport -------------------------------------------------------------------------------------------------------


def test_a_redirected_webhook_loses_its_fields(here: Town) -> None:
    """301 and 302 ask again by GET without the fields; 307 asks the same again; each hop is signed."""
    here.line.documents["/twilio/voice"] = Page(status=302, headers=(("Location", "/moved"),))
    here.line.documents["/moved"] = Page(status=307, headers=(("Location", "/there"),))
    here.line.says("/there", "<Say>Bonjour.</Say>")
    here.telephone.device(CALLER).dials(LINE).hears("Bonjour.")
    asked = here.line.asked[:3]
    assert [(one.method, bool(one.form)) for one in asked] == [("POST", True), ("GET", False), ("GET", False)]
    assert all(RequestValidator(TOKEN).validate(one.url, one.form, one.signature) for one in asked)


def test_the_eleventh_redirect_is_one_too_many(here: Town) -> None:
    """Ten are followed, then the document has failed with 11215."""
    here.line.documents["/twilio/voice"] = Page(status=302, headers=(("Location", "/twilio/voice"),))
    here.telephone.device(CALLER).dials(LINE).hears("An application error has occurred.")
    assert (here.fault_codes(), len(here.line.forms("/twilio/voice"))) == ([11215], 11)


def test_cookies_come_back_in_the_same_call_only(here: Town) -> None:
    """What an answer sets is sent with the next request of that call, and of no other."""
    set_it = (("Set-Cookie", "lieu=menu; Path=/"),)
    here.line.documents["/twilio/voice"] = Page("<Response><Redirect>/next</Redirect></Response>", headers=set_it)
    here.telephone.device(CALLER).dials(LINE)
    here.waits_for("/next")
    here.telephone.device(DEPUTY).dials(LINE)
    here.waits_for("/next", times=2)
    first, *_ = (one.cookie for one in here.line.asked if one.path == "/next")
    assert (first, [one.cookie for one in here.line.asked if one.path == "/twilio/voice"]) == ("lieu=menu", ["", ""])


def test_a_webhook_is_tried_again_as_its_fragment_says(here: Town) -> None:
    """By default only a failed connection is; with #rc=2&rp=5xx an answer of 500 is too, under one token."""
    here.line.documents["/page"] = (500, "text/plain", "")
    phone = here.telephone.device(RESPONDER)
    here.call(url=f"{here.line.url}/page#rc=2&rp=5xx")
    phone.rings().answers().hears("An application error has occurred.")
    asked = [one for one in here.line.asked if one.path == "/page"]
    assert (len(asked), len({one.token for one in asked}), here.fault_codes()) == (3, 1, [11200])


def test_a_line_that_is_not_there_is_tried_twice() -> None:
    """No connection at all is 11205, and is tried once more."""
    with simulator("http://127.0.0.1:9", 20) as url:
        telephone = Telephone(url)
        telephone.device(CALLER).dials(LINE).hears("An application error has occurred.")
        assert [fault["code"] for fault in telephone.faults()] == [11205]
        tries = [entry for entry in telephone.ledger("webhook") if entry["url"].endswith("/twilio/voice")]
        assert (len(tries), len({entry["token"] for entry in tries})) == (2, 1)


@pytest.mark.parametrize(
    ("kind", "body", "heard"),
    [
        ("text/plain", "Bonjour à vous", "Bonjour à vous"),
        ("text/plain", "<Response><Say>Du TwiML</Say></Response>", "Du TwiML"),
        ("audio/wav", b"RIFF", "[son]"),
    ],
)
def test_other_content_types_are_read_or_played(here: Town, kind: str, body: str | bytes, heard: str) -> None:
    """Plain text is TwiML where it can be and else is read aloud; a sound is played; then the call ends."""
    here.line.documents["/twilio/voice"] = Page(body, kind=kind)
    here.telephone.device(CALLER).dials(LINE).hears(heard).is_cut_off()
    assert here.fault_codes() == []


@pytest.mark.parametrize(("page", "code"), [(Page(kind="text/html"), 13420), (Page(status=404), 11200)])
def test_a_sound_of_the_lines_must_be_one(here: Town, page: Page, code: int) -> None:
    """Play fetches the line's own sounds: another type, or nothing, fails the call."""
    here.line.documents["/bonjour.wav"] = page
    dialled(here, "<Play>/bonjour.wav</Play>").hears("An application error has occurred.")
    assert here.fault_codes() == [code]


def test_a_sound_of_the_lines_is_played(here: Town) -> None:
    """A sound of its own is fetched by GET, signed, and heard."""
    here.line.documents["/bonjour.wav"] = Page(b"RIFF", kind="audio/wav")
    dialled(here, "<Play>/bonjour.wav</Play>").hears("bonjour.wav")
    asked = next(one for one in here.line.asked if one.path == "/bonjour.wav")
    assert (asked.method, RequestValidator(TOKEN).validate(asked.url, {}, asked.signature)) == ("GET", True)


def test_a_numbers_fallback_is_asked_when_its_document_fails(here: Town) -> None:
    """The number's voice fallback is requested with ErrorCode and ErrorUrl."""
    number = here.client.incoming_phone_numbers.list(phone_number=LINE)[0]
    number.update(voice_fallback_url=f"{here.line.url}/spare")
    here.line.says("/spare", "<Say>secours</Say>")
    here.line.documents["/twilio/voice"] = (503, "text/plain", "")
    here.telephone.device(CALLER).dials(LINE).hears("secours")
    form = here.waits_for("/spare")
    assert (form["ErrorCode"], form["ErrorUrl"]) == ("11200", f"{here.line.url}/twilio/voice")


@pytest.mark.parametrize(
    ("code", "pair"),
    [
        (13511, 'voice="Polly.Chantal" language="en-US"'),
        (13511, 'voice="Polly.Joanna-Neural" language="en-CA"'),
        (13512, 'voice="Polly.Gabrielle" language="fr-CA"'),
        (13512, 'voice="Google.fr-CA-Wavenet-Z" language="fr-CA"'),
    ],
)
def test_a_voice_that_does_not_speak_the_language_fails(here: Town, code: int, pair: str) -> None:
    """A pair of voice and language that Twilio does not list says nothing and is a fault."""
    dialled(here, f"<Say {pair}>Bonjour</Say>").hears("An application error has occurred.")
    assert here.fault_codes() == [code]


def test_a_callback_that_is_not_taken_is_a_warning(here: Town) -> None:
    """Nobody there, or an answer with words in it, changes no call and is no fault."""
    here.line.documents["/status"] = (500, "text/plain", "")
    here.call(NOBODY, timeout=5, status_callback=f"{here.line.url}/status")
    here.line.says("/talks", "<Say>Bonjour</Say>")
    here.call(NOBODY, timeout=5, status_callback=f"{here.line.url}/talks")
    here.telephone.eventually(lambda: len(here.telephone.ledger("warning")) == 2)
    assert {one["code"] for one in here.telephone.ledger("warning")} == {15003, 12200}
    assert here.fault_codes() == []


def test_what_the_callers_network_says_is_passed_on(here: Town) -> None:
    """A forwarded call, a name and an attestation arrive as their parameters."""
    path = f"/sim/handsets/{CALLER.replace('+', '%2B')}/dial"
    said = {"forwarded_from": NOBODY, "stir": "TN-Validation-Passed-A", "caller_name": "MONTREAL QC"}
    here.telephone.device(CALLER)
    here.telephone.ask("POST", path, {"to": LINE, **said})
    form = here.waits_for("/twilio/voice")
    found = [form[name] for name in ("ForwardedFrom", "StirVerstat", "CallerName")]
    assert found == [NOBODY, "TN-Validation-Passed-A", "MONTREAL QC"]
