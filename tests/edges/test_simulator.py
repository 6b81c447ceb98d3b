"""The telephone network keeps Twilio's contract: the official SDK on one side, a scripted line on the other."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.request_validator import RequestValidator

from tests.browser.town import (
    ACCOUNT,
    CALLER,
    DEPUTY,
    LINE,
    NOBODY,
    OLD_TOKEN,
    PAGES,
    RESPONDER,
    TOKEN,
    Town,
    sdk,
    simulator,
    town,
)
from tests.system.telephone import Device, Telephone

ROOM = '<Dial action="/left"><Conference beep="false" waitUrl="" {}>salle</Conference></Dial>'
OPENAPI = Path(__file__).parents[3] / "shared" / "twilio_api_v2010.json"
RESOURCES = {
    "call": "Calls",
    "message": "Messages",
    "conference": "Conferences",
    "conference.participant": "Conferences/{room}/Participants",
    "queue": "Queues",
    "queue.member": "Queues/{queue}/Members",
    "incoming_phone_number": "IncomingPhoneNumbers",
}
ROOM_EVENTS = 'statusCallback="/room" statusCallbackEvent="start end join leave mute hold announcement"'


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


def dialled(here: Town, document: str, number: str = CALLER) -> Device:
    """A handset that has called the line, which answers with this document."""
    here.line.says("/twilio/voice", document)
    return here.telephone.device(number).dials(LINE)


def in_one_room(here: Town, first: str = "", second: str = "") -> tuple[Device, Device]:
    """A caller and a responder in the room `salle`, with these attributes on each one's Conference."""
    here.line.says("/left", "<Say>parti</Say><Pause length='30'/>")
    caller = dialled(here, ROOM.format(f"{ROOM_EVENTS} {first}"))
    here.waits_for("/room")
    here.line.says("/page", ROOM.format(second))
    responder = here.telephone.device(RESPONDER)
    here.call()
    responder.rings().answers()
    here.telephone.eventually(lambda: "conference-start" in room_events(here), what="the start of the room")
    return caller, responder


def room_events(here: Town) -> list[str]:
    return [form["StatusCallbackEvent"] for form in here.line.forms("/room")]


def refusal(work: Any, *arguments: Any, **options: Any) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        work(*arguments, **options)
    return caught.value.status, caught.value.code


# --- calls over REST -------------------------------------------------------------------------------------------------


def test_a_call_goes_through_its_statuses(here: Town) -> None:
    """A call asked for over REST tells initiated, ringing, answered and completed, numbered from 0."""
    here.line.says("/page", "<Say>Urgence.</Say>")
    phone = here.telephone.device(RESPONDER)
    events = ["initiated", "ringing", "answered", "completed"]
    call = here.call(status_callback=f"{here.line.url}/status", status_callback_event=events)
    assert call.status == "queued"
    phone.rings().answers().hears("Urgence.").is_cut_off()
    here.waits_for("/status", times=4)
    told = [(form["CallStatus"], form["SequenceNumber"]) for form in here.line.forms("/status")]
    assert told == [("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3")]
    last = here.line.forms("/status")[-1]
    assert (last["SipResponseCode"], last["CallbackSource"]) == ("200", "call-progress-events")
    assert here.client.calls(call.sid).fetch().status == "completed"


@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [("busy", "busy", "486"), ("hand", "no-answer", "487"), ("off", "no-answer", "487")],
)
def test_a_call_that_nobody_takes_says_why(here: Town, behaviour: str, status: str, code: str) -> None:
    """Busy is busy at once; a telephone that rings, or is off, is no-answer at its time-out."""
    here.telephone.device(RESPONDER).behaves(behaviour)
    call = here.call(timeout=10, status_callback=f"{here.line.url}/status")
    form = here.waits_for("/status")
    assert (status, code, "0") == (form["CallStatus"], form["SipResponseCode"], form["CallDuration"])
    assert here.client.calls(call.sid).fetch().status == status


def test_a_declined_call_is_busy(here: Town) -> None:
    """A person who declines gives the caller a busy line."""
    phone = here.telephone.device(RESPONDER)
    here.call(status_callback=f"{here.line.url}/status")
    phone.rings().declines()
    assert here.waits_for("/status")["CallStatus"] == "busy"


def test_a_voicemail_answers_and_speaks_its_greeting(here: Town) -> None:
    """A machine in a room is heard there, and presses nothing."""
    here.telephone.device(RESPONDER).behaves("voicemail", after=2)
    caller = dialled(here, ROOM.format(""))
    here.line.says("/page", ROOM.format(""))
    here.call()
    caller.hears("boîte vocale")
    assert here.telephone.ledger("keys-lost") == []


def test_a_number_nobody_holds_rings_until_its_time_out(here: Town) -> None:
    """Nobody's number rings, and never answers."""
    here.call(NOBODY, timeout=20, status_callback=f"{here.line.url}/status", status_callback_event=["ringing"])
    assert here.waits_for("/status")["CallStatus"] == "ringing"


def test_a_ringing_call_can_be_canceled(here: Town) -> None:
    """A ringing call that is canceled over REST stops ringing."""
    phone = here.telephone.device(RESPONDER)
    call = here.call()
    phone.rings()
    here.client.calls(call.sid).update(status="canceled")
    phone.is_cut_off()
    assert here.client.calls(call.sid).fetch().status == "canceled"


def test_calls_leave_one_a_second() -> None:
    """Calls over REST leave at the account's rate; those that wait say how long they queued."""
    with town(20, SIMULATOR_CPS="1") as slow:
        waits = [int(slow.call(NOBODY).queue_time) for _ in range(3)]
    assert waits == sorted(waits)
    assert 1000 <= waits[2] <= 2000


def test_machine_detection_comes_before_the_document(here: Town) -> None:
    """Synchronous detection requests the document after its verdict and with it."""
    here.telephone.device(RESPONDER).behaves("voicemail", after=2)
    here.call(machine_detection="Enable")
    assert here.waits_for("/page")["AnsweredBy"] == "machine_start"


@pytest.mark.parametrize(
    ("expected", "change"),
    [
        ((400, 21210), {"from_": NOBODY}),
        ((400, 21211), {"to": "514555"}),
        ((400, 21205), {"url": None}),
    ],
)
def test_a_call_is_refused(here: Town, expected: tuple[int, int], change: dict[str, Any]) -> None:
    """A call from a number that is not the line's, to no number, or without a document is refused."""
    given = {"to": RESPONDER, "from_": PAGES, "url": f"{here.line.url}/page"} | change
    assert expected == refusal(here.client.calls.create, **{key: value for key, value in given.items() if value})


def test_a_call_that_is_over_cannot_be_redirected(here: Town) -> None:
    """Redirecting or ending a call that is over is 21220, and deleting it is allowed."""
    phone = here.telephone.device(RESPONDER)
    call = here.call()
    phone.rings().answers().is_cut_off()
    assert refusal(here.client.calls(call.sid).update, twiml="<Response/>") == (400, 21220)
    assert here.client.calls(call.sid).delete()
    assert refusal(here.client.calls(call.sid).fetch) == (404, 20404)


def test_any_token_is_let_in_and_no_other(here: Town) -> None:
    """While tokens rotate each one authenticates; another is 401 with code 20003."""
    assert sdk(here.url, OLD_TOKEN).calls.list(limit=1) == []
    assert refusal(sdk(here.url, "wrong").calls("CA" + "0" * 32).fetch) == (401, 20003)


def test_lists_are_paged(here: Town) -> None:
    """A list gives pages of the size asked for, newest first, until all is told."""
    sids = [here.call(NOBODY).sid for _ in range(5)]
    assert sids[::-1] == [call.sid for call in here.client.calls.list(page_size=2)]
    assert sids[4:] == [call.sid for call in here.client.calls.list(limit=1)]
    assert here.client.calls.list(to=RESPONDER) == []


def test_an_unknown_path_is_twilios_404(here: Town) -> None:
    """What the network does not have is refused in Twilio's shape."""
    assert refusal(here.client.applications("AP" + "0" * 32).fetch) == (404, 20404)


def test_the_lines_numbers_are_listed_with_their_webhooks(here: Town) -> None:
    """Each number of the line says where its calls and texts go."""
    numbers = here.client.incoming_phone_numbers.list()
    assert [number.phone_number for number in numbers] == [LINE, PAGES]
    assert f"{here.line.url}/twilio/voice" == numbers[0].voice_url
    assert f"{here.line.url}/twilio/sms" == numbers[0].sms_url


@pytest.mark.skipif(not OPENAPI.exists(), reason="Twilio's OpenAPI description is not here")
def test_every_answer_has_the_shape_twilio_describes(here: Town) -> None:
    """Each resource has the properties of Twilio's own description, all of them and of their types."""
    schemas = json.loads(OPENAPI.read_text())["components"]["schemas"]
    here.line.says("/two", '<Enqueue waitUrl="">file</Enqueue>')
    caller, _ = in_one_room(here)
    here.client.calls(caller.call["sid"]).update(url=f"{here.line.url}/two")
    here.client.messages.create(to=NOBODY, from_=LINE, body="OK.")
    here.telephone.eventually(here.client.queues.list)
    for name, path in RESOURCES.items():
        page = here.client.request("GET", f"https://api.twilio.com{resource_path(here, path)}").text
        found = next(value for value in json.loads(page).values() if isinstance(value, list))[0]
        properties = schemas[f"api.v2010.account.{name}"]["properties"]
        assert set(found) == set(properties), name
        wrong = [key for key, value in found.items() if not is_of(value, properties[key])]
        assert wrong == [], name


def resource_path(here: Town, path: str) -> str:
    room = here.client.conferences.list(limit=1)[0].sid
    queue = here.client.queues.list(limit=1)[0].sid
    return f"/2010-04-01/Accounts/{ACCOUNT}/{path.format(room=room, queue=queue)}.json"


def is_of(value: object, described: dict[str, Any]) -> bool:
    types = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}
    return value is None or "type" not in described or isinstance(value, types[described["type"]])


# --- webhooks --------------------------------------------------------------------------------------------------------


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


# --- faults ----------------------------------------------------------------------------------------------------------

FAULTS: list[tuple[int, Any]] = [
    (12200, "<Speak>Bonjour</Speak>"),
    (12200, "<Say mood='calm'>Bonjour</Say>"),
    (12200, "<Say language=\"['fr']\">Bonjour</Say>"),
    (12200, "<Gather actionOnEmptyResult='True'/>"),
    (12200, "<Gather numDigits='one'/>"),
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


# --- gather ----------------------------------------------------------------------------------------------------------


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


# --- dial ------------------------------------------------------------------------------------------------------------

BOTH = f'<Number url="/whisper">{RESPONDER}</Number><Number url="/whisper">{DEPUTY}</Number>'
DIAL = '<Dial action="/after" timeout="10" {}>{}</Dial><Say>jamais</Say>'


def two_ring(here: Town, whisper: str = "", attributes: str = "") -> tuple[Device, Device, Device]:
    here.line.says("/whisper", whisper)
    here.line.says("/after", "<Say>après</Say>")
    first, second = here.telephone.device(RESPONDER), here.telephone.device(DEPUTY)
    caller = dialled(here, DIAL.format(attributes, BOTH))
    return caller, first.rings(), second.rings()


def test_the_first_telephone_that_answers_a_dial_wins(here: Town) -> None:
    """Both ring; the one that answers is joined after an empty whisper and the other stops."""
    caller, first, second = two_ring(here)
    second.answers()
    first.is_cut_off()
    here.telephone.eventually(lambda: second.says("Allô?").call["heard"] is not None and heard_by(caller, "Allô?"))
    second.hangs_up()
    caller.hears("après").does_not_hear("jamais")
    form = here.waits_for("/after")
    assert (form["DialCallStatus"], form["DialBridged"]) == ("completed", "true")


def heard_by(device: Device, words: str) -> bool:
    return any(words in entry["text"] for entry in device.call["heard"])


def test_a_voicemail_may_win_a_dial(here: Town) -> None:
    """A machine that answers first takes the call; the whisper's hang-up leaves it unjoined and the action goes on."""
    here.telephone.device(RESPONDER).behaves("voicemail", after=2)
    whisper = '<Gather numDigits="1" timeout="2"><Say>Faites le un.</Say></Gather><Hangup/>'
    caller, machine, second = two_ring(here, whisper)
    second.is_cut_off()
    caller.hears("après")
    form = here.waits_for("/after")
    assert (form["DialCallStatus"], form["DialBridged"]) == ("completed", "false")
    assert machine.call["sid"] == form["DialCallSid"]


def test_a_whisper_is_heard_by_the_called_side_only(here: Town) -> None:
    """The whisper asks for its key on the dialled leg, whose parent is the caller."""
    whisper = '<Gather numDigits="1" action="/ok"><Say>Faites le un.</Say></Gather><Hangup/>'
    caller, first, _ = two_ring(here, whisper)
    first.answers().hears("Faites le un.").presses("1")
    here.waits_for("/ok")
    form = here.waits_for("/whisper")
    assert (caller.call["sid"], "outbound-dial") == (form["ParentCallSid"], form["Direction"])
    caller.says("Bonjour")
    first.hears("Bonjour")
    caller.does_not_hear("Faites le un.")


def test_nobody_answers_a_dial(here: Town) -> None:
    """A Dial to nobody ends at its time-out plus five seconds, as no-answer."""
    here.line.says("/after", "<Hangup/>")
    started = time.monotonic()
    dialled(here, DIAL.format("", f"<Number>{NOBODY}</Number>"))
    assert here.waits_for("/after", within=30)["DialCallStatus"] == "no-answer"
    assert time.monotonic() - started >= 15 / 20


def test_everybody_busy_ends_a_dial_at_once(here: Town) -> None:
    """A busy telephone ends its part of the Dial without waiting for the time-out."""
    here.telephone.device(RESPONDER).behaves("busy")
    dialled(here, DIAL.format("", RESPONDER))
    assert here.waits_for("/after", within=5)["DialCallStatus"] == "busy"


def test_a_dial_without_action_falls_through(here: Town) -> None:
    """With no action the next verb plays."""
    here.telephone.device(RESPONDER).behaves("busy")
    dialled(here, f"<Dial>{RESPONDER}</Dial><Say>suite</Say>").hears("suite")


def test_star_leaves_a_dial_that_allows_it(here: Town) -> None:
    """With hangupOnStar the caller's star ends the Dial, hangs up the other side and asks the action."""
    caller, first, _ = two_ring(here, attributes='hangupOnStar="true"')
    first.answers()
    here.telephone.eventually(lambda: here.line.forms("/whisper"))
    here.telephone.eventually(lambda: caller.says("a") and heard_by(first, "a"))
    caller.presses("5*").hears("après")
    first.is_cut_off()


def test_a_caller_who_hangs_up_stops_the_ringing(here: Town) -> None:
    """Both telephones stop, and the action is still asked, with CallStatus completed."""
    caller, first, second = two_ring(here)
    caller.hangs_up()
    first.is_cut_off()
    second.is_cut_off()
    form = here.waits_for("/after")
    assert (form["CallStatus"], form["DialCallStatus"]) == ("completed", "canceled")


def test_only_the_lines_numbers_may_be_shown(here: Town) -> None:
    """A callerId that is not ours fails the Dial and is a fault."""
    dialled(here, DIAL.format(f'callerId="{NOBODY}"', RESPONDER))
    assert here.waits_for("/after")["DialCallStatus"] == "failed"
    assert here.fault_codes() == [13214]


# --- rooms -----------------------------------------------------------------------------------------------------------


def test_two_in_a_room_hear_each_other(here: Town) -> None:
    """The room starts with the second participant, and tells the first one's callback."""
    caller, responder = in_one_room(here)
    caller.says("J'ai peur")
    responder.hears("J'ai peur").says("Je suis là")
    caller.hears("Je suis là").does_not_hear("J'ai peur")
    assert room_events(here) == ["participant-join", "participant-join", "conference-start"]


def test_keys_in_a_room_go_nowhere(here: Town) -> None:
    """Digits and a star that is not allowed stay in the room."""
    caller, _ = in_one_room(here)
    caller.presses("9*").does_not_hear("parti", within=3)
    assert caller.call["conference"] == "salle"


def test_star_leaves_a_room_that_allows_it(here: Town) -> None:
    """With hangupOnStar a star takes the leg out of the room and on to its action."""
    here.line.says("/left", "<Say>menu privé</Say>")
    star = ROOM.replace("<Dial", '<Dial hangupOnStar="true"').format("")
    phone = dialled(here, star)
    here.telephone.eventually(lambda: phone.call["conference"])
    phone.presses("*").hears("menu privé")
    assert here.waits_for("/left")["DialCallStatus"] == "answered"


def test_a_muted_participant_is_not_heard(here: Town) -> None:
    """Muted from the start, heard once unmuted over REST, addressed by call or by label and room by name."""
    caller, responder = in_one_room(here, second='muted="true" participantLabel="intervenante"')
    responder.says("inaudible")
    participants = here.client.conferences("salle").participants
    participants("intervenante").update(muted=False)
    responder.says("audible")
    caller.hears("audible")
    assert not heard_by(caller, "inaudible")
    here.telephone.eventually(lambda: "participant-unmute" in room_events(here))


def test_a_participant_on_hold_hears_the_hold_document_only(here: Town) -> None:
    """Hold isolates the participant, who hears HoldUrl by GET, until it is taken off."""
    caller, responder = in_one_room(here)
    here.line.says("/hold", "<Say>Un instant.</Say>")
    room = here.client.conferences.list(friendly_name="salle", status="in-progress")[0]
    who = here.client.conferences(room.sid).participants(caller.call["sid"])
    assert who.update(hold=True, hold_url=f"{here.line.url}/hold").hold
    caller.hears("Un instant.")
    responder.says("secret")
    who.update(hold=False)
    responder.says("de retour")
    caller.hears("de retour")
    assert not heard_by(caller, "secret")


def test_an_announcement_is_heard_by_one_participant(here: Town) -> None:
    """AnnounceUrl plays to the participant it names and its end is told."""
    caller, responder = in_one_room(here)
    here.line.says("/told", "<Say>Quelqu'un est là.</Say>")
    here.client.conferences("salle").participants(caller.call["sid"]).update(announce_url=f"{here.line.url}/told")
    caller.hears("Quelqu'un est là.")
    responder.does_not_hear("Quelqu'un est là.")
    here.telephone.eventually(lambda: "announcement-end" in room_events(here))


def test_a_redirected_participant_leaves_the_room(here: Town) -> None:
    """New TwiML for a participant's call takes it out of the room, which says why."""
    caller, _ = in_one_room(here)
    here.client.calls(caller.call["sid"]).update(twiml="<Response><Say>ailleurs</Say></Response>")
    caller.hears("ailleurs")
    here.telephone.eventually(lambda: "participant-leave" in room_events(here))
    assert here.line.forms("/room")[-1]["ReasonParticipantLeft"] == "participant_updated_via_api"


def test_a_removed_participant_goes_on_to_its_action(here: Town) -> None:
    """Removing a participant over REST leaves its call alive."""
    caller, _ = in_one_room(here)
    assert here.client.conferences("salle").participants(caller.call["sid"]).delete()
    caller.hears("parti")


def test_the_one_who_ends_the_room_ends_it_for_all(here: Town) -> None:
    """endConferenceOnExit sends everybody on, and the end names its reason."""
    caller, responder = in_one_room(here, first='endConferenceOnExit="true"')
    caller.hangs_up()
    responder.hears("parti")
    here.telephone.eventually(lambda: "conference-end" in room_events(here))
    end = here.line.forms("/room")[room_events(here).index("conference-end")]
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"


def test_a_room_ended_over_rest_lets_its_callers_go_on(here: Town) -> None:
    """Ending a room over REST sends all of them to their actions and lists nobody."""
    caller, responder = in_one_room(here)
    room = here.client.conferences.list(friendly_name="salle", status="in-progress")[0]
    assert room.update(status="completed").status == "completed"
    caller.hears("parti")
    responder.hears("parti")
    assert room.participants.list() == []
    assert here.client.conferences(room.sid).fetch().reason_conference_ended == "conference-ended-via-api"


def test_a_room_waits_for_one_who_may_start_it(here: Town) -> None:
    """Two who may not start a room wait in it; they do not hear each other."""
    start = 'startConferenceOnEnter="false"'
    caller = dialled(here, ROOM.format(start))
    other = dialled(here, ROOM.format(start), DEPUTY)
    here.telephone.eventually(lambda: other.call["conference"] and caller.call["conference"])
    other.says("Allô?")
    caller.does_not_hear("Allô?", within=2)
    assert here.client.conferences.list(friendly_name="salle")[0].status == "init"


def test_a_rooms_wait_plays_once_unless_it_redirects(here: Town) -> None:
    """A waitUrl is asked once and then there is silence; with a Redirect at its end it goes round."""
    here.line.says("/wait", "<Say>Patientez.</Say>")
    waiting = ROOM.replace('waitUrl=""', 'waitUrl="/wait"').format("")
    caller = dialled(here, waiting).hears("Patientez.").does_not_hear("Patientez.", within=5)
    caller.hangs_up()
    here.line.says("/wait", "<Say>Patientez.</Say><Redirect/>")
    caller.dials(LINE).hears("Patientez.").hears("Patientez.").hears("Patientez.")


def test_a_beep_is_heard_where_it_was_not_refused(here: Town) -> None:
    """By default an entry beeps for those who are in."""
    caller = dialled(here, "<Dial><Conference waitUrl=''>salle</Conference></Dial>")
    here.telephone.eventually(lambda: caller.call["conference"])
    here.telephone.device(DEPUTY).dials(LINE)
    caller.hears("[bip]")


# --- queues ----------------------------------------------------------------------------------------------------------


def queued(here: Town, wait: str) -> Device:
    here.line.says("/wait", wait)
    here.line.says("/out", "<Say>sorti</Say>")
    return dialled(here, '<Enqueue waitUrl="/wait" action="/out">file</Enqueue><Say>jamais</Say>')


def test_a_queue_asks_its_wait_again_and_again(here: Town) -> None:
    """The wait document is requested for ever, with the caller's position, and the queue lists its members."""
    caller = queued(here, "<Say>On cherche quelqu'un.</Say>")
    caller.hears("On cherche").hears("On cherche").hears("On cherche")
    form = here.waits_for("/wait")
    assert (form["QueuePosition"], form["CurrentQueueSize"]) == ("1", "1")
    queue = here.client.queues.list()[0]
    assert (queue.friendly_name, queue.current_size) == ("file", 1)
    assert [caller.call["sid"]] == [member.call_sid for member in queue.members.list()]


def test_leave_goes_on_to_the_action(here: Town) -> None:
    """Leave in a wait document takes the caller out, told as leave."""
    here.line.says("/key", "<Leave/>")
    caller = queued(here, '<Gather numDigits="1" action="/key"><Say>Faites le deux.</Say></Gather>')
    caller.hears("Faites le deux.").presses("2").hears("sorti")
    form = here.waits_for("/out")
    assert form["QueueResult"] == "leave"
    assert "QueuePosition" in here.line.forms("/key")[0]


def test_a_queued_call_redirected_over_rest_tells_its_action(here: Town) -> None:
    """The action hears redirected, its TwiML is ignored, and the new document plays."""
    caller = queued(here, '<Pause length="60"/>')
    here.waits_for("/wait")
    here.line.says("/page", "<Say>Quelqu'un est là.</Say>")
    here.client.calls(caller.call["sid"]).update(url=f"{here.line.url}/page")
    caller.hears("Quelqu'un est là.").does_not_hear("sorti")
    assert here.waits_for("/out")["QueueResult"] == "redirected"


def test_a_queued_caller_who_hangs_up_tells_the_action(here: Town) -> None:
    """The action is asked once more with CallStatus completed and QueueResult hangup."""
    caller = queued(here, '<Pause length="60"/>')
    here.waits_for("/wait")
    caller.hangs_up()
    form = here.waits_for("/out")
    assert (form["QueueResult"], form["CallStatus"]) == ("hangup", "completed")


# --- recordings ------------------------------------------------------------------------------------------------------


def test_a_recording_holds_the_typed_words(here: Town) -> None:
    """Words said while Record runs are kept, and the key that ended it is told."""
    caller = dialled(here, '<Record action="/kept" finishOnKey="9#1" recordingStatusCallback="/file"/>').hears("[bip]")
    caller.says("Je veux signaler quelque chose").presses("1")
    form = here.waits_for("/kept")
    assert (form["Digits"], form["RecordingUrl"].rsplit("/", 1)[1]) == ("1", form["RecordingSid"])
    assert here.waits_for("/file")["RecordingStatus"] == "completed"


# --- texts -----------------------------------------------------------------------------------------------------------


def test_a_text_is_delivered_and_told(here: Town) -> None:
    """A text to a handset is sent, then delivered, and each is told once."""
    phone = here.telephone.device(CALLER)
    sent = here.client.messages.create(
        to=CALLER, from_=LINE, body="Bon moment? 1 oui, 2 non.", status_callback=f"{here.line.url}/fate"
    )
    assert phone.receives("Bon moment?") == "Bon moment? 1 oui, 2 non."
    here.waits_for("/fate", times=2)
    assert [form["MessageStatus"] for form in here.line.forms("/fate")] == ["sent", "delivered"]
    assert here.client.messages(sent.sid).fetch().status == "delivered"


@pytest.mark.parametrize(("to", "error"), [(NOBODY, "30003"), (RESPONDER, "30036")])
def test_a_text_that_cannot_arrive_says_why(here: Town, to: str, error: str) -> None:
    """Nobody's number is unreachable; a handset that stays off outlives the validity period."""
    here.telephone.device(RESPONDER).behaves("off")
    here.client.messages.create(
        to=to, from_=LINE, body="OK.", validity_period=10, status_callback=f"{here.line.url}/fate"
    )
    form = here.waits_for("/fate", times=2)
    assert ("undelivered", error) == (form["MessageStatus"], form["ErrorCode"])


def test_a_text_waits_for_a_handset_that_comes_back(here: Town) -> None:
    """A handset that is switched on in time gets what was waiting."""
    phone = here.telephone.device(CALLER).behaves("off")
    here.client.messages.create(to=CALLER, from_=LINE, body="OK.", validity_period=600)
    phone.does_not_receive(within=5).behaves("hand").receives("OK.")


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ((400, 21617), {"body": "a" * 1601}),
        ((400, 21606), {"from_": NOBODY}),
        ((400, 21211), {"to": "5145550123"}),
        ((400, 21602), {"body": ""}),
    ],
)
def test_a_text_is_refused(here: Town, expected: tuple[int, int], given: dict[str, str]) -> None:
    """A text over 1600 characters, from another's number, to no number or without words is refused."""
    assert expected == refusal(here.client.messages.create, **({"to": CALLER, "from_": LINE, "body": "OK."} | given))


def test_a_typed_text_reaches_the_line_and_its_reply_comes_back(here: Town) -> None:
    """The webhook carries the text; Message in its answer is delivered."""
    here.line.says("/twilio/sms", "<Message>Quelqu'un lit vos messages.</Message>")
    phone = here.telephone.device(CALLER)
    phone.texts("à l'aide", to=LINE).receives("Quelqu'un lit")
    form = here.waits_for("/twilio/sms")
    expected = ("à l'aide", CALLER, LINE, "0", "received")
    assert expected == tuple(form[name] for name in ("Body", "From", "To", "NumMedia", "SmsStatus"))


def test_a_text_the_line_could_not_take_is_listed(here: Town) -> None:
    """A text answered by 503 is not taken, is no fault, and stays listed as received."""
    here.line.documents["/twilio/sms"] = (503, "text/xml", "")
    here.telephone.device(CALLER).texts("danger", to=LINE)
    here.telephone.eventually(lambda: here.telephone.ledger("not-taken"))
    hour = timedelta(hours=1)
    listed = here.client.messages.list(to=LINE, date_sent_after=now(here) - hour, date_sent_before=now(here) + hour)
    assert [(text.body, text.direction, text.status) for text in listed] == [("danger", "inbound", "received")]
    assert here.client.messages.list(to=LINE, date_sent_after=now(here) + hour) == []
    assert here.fault_codes() == []


def now(here: Town) -> datetime:
    return datetime.fromisoformat(here.telephone.ask("GET", "/sim/network")["now"]).astimezone(UTC)


def test_a_text_is_redacted_then_deleted(here: Town) -> None:
    """An empty Body redacts and keeps the row; delete removes it."""
    phone = here.telephone.device(CALLER)
    sent = here.client.messages.create(to=CALLER, from_=LINE, body="OK.")
    phone.receives("OK.")
    message = here.client.messages(sent.sid)
    here.telephone.eventually(lambda: message.fetch().status == "delivered")
    assert message.update(body="").body == ""
    assert message.delete()
    assert refusal(message.fetch) == (404, 20404)


@pytest.mark.parametrize(("body", "parts"), [("Montréal", "1"), ("a" * 161, "2"), ("ê" * 71, "2"), ("ê" * 70, "1")])
def test_segments_are_counted_as_the_network_does(here: Town, body: str, parts: str) -> None:
    """One character outside GSM-7 makes every part 70 long."""
    assert here.client.messages.create(to=NOBODY, from_=LINE, body=body).num_segments == parts


# --- weather ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "code"), [(429, 20429), (500, 20500), (400, 21211)])
def test_weather_refuses_a_request_so_many_times(here: Town, answer: int, code: int) -> None:
    """A rule answers the requests it matches, as often as it says, then the sky clears."""
    here.telephone.weather({"match": {"path_contains": "Calls", "to": RESPONDER}, "answer": answer, "code": code})
    assert refusal(here.call) == (answer, code)
    assert here.call().status == "queued"


def test_weather_times_out_after_accepting(here: Town) -> None:
    """The text goes out although its sender never learns it."""
    here.client.http_client.timeout = 0.5
    here.telephone.weather({"match": {"method": "POST"}, "answer": "timeout_after_accepting"})
    phone = here.telephone.device(CALLER)
    with pytest.raises((OSError, TwilioException)):
        here.client.messages.create(to=CALLER, from_=LINE, body="OK.")
    here.client.http_client.timeout = 5
    phone.receives("OK.")


def test_weather_loses_and_repeats_webhooks(here: Town) -> None:
    """A dropped callback never comes; a repeated one comes twice with one token."""
    here.telephone.weather(
        {"webhook_contains": "/room", "do": "drop"}, {"webhook_contains": "/left", "do": "duplicate"}
    )
    caller = dialled(here, ROOM.format(ROOM_EVENTS))
    here.telephone.eventually(lambda: caller.call["conference"])
    caller.hangs_up()
    here.waits_for("/left", times=2)
    here.waits_for("/room", times=2)
    assert room_events(here) == ["participant-leave", "conference-end"]
    assert len({asked.token for asked in here.line.asked if asked.path == "/left"}) == 1


def test_line_time_comes_from_its_origin() -> None:
    """With an origin a minute ago at a pace of 20, line time is nineteen minutes ahead of the wall."""
    origin = datetime.now(UTC) - timedelta(minutes=1)
    with simulator("http://127.0.0.1:9", 20, HOTLINE_PACE_ORIGIN=origin.isoformat()) as url:
        ahead = datetime.fromisoformat(Telephone(url).ask("GET", "/sim/network")["now"]) - datetime.now(UTC)
    assert timedelta(minutes=19) <= ahead <= timedelta(minutes=22)
