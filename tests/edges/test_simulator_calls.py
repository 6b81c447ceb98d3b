"""Calls over REST: their statuses, refusals, machines, and one number of the line that calls another."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.town import (
    ACCOUNT,
    CALLER,
    LINE,
    NOBODY,
    OLD_TOKEN,
    PAGES,
    RESPONDER,
    ROOM,
    Town,
    dialled,
    refusal,
    sdk,
    town,
)


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


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


def test_detection_beside_the_document_tells_its_own_callback(here: Town) -> None:
    """Asynchronous detection plays the document at once and sends its verdict when the greeting has ended."""
    phone = here.telephone.device(RESPONDER).behaves("voicemail", after=2)
    here.line.says("/page", "<Say>Urgence.</Say><Pause length='20'/>")
    told = {"async_amd": "true", "async_amd_status_callback": f"{here.line.url}/verdict"}
    here.call(machine_detection="DetectMessageEnd", **told)
    phone.hears("Urgence.")
    assert here.line.forms("/verdict") == []
    form = here.waits_for("/verdict")
    assert (form["AnsweredBy"], int(form["MachineDetectionDuration"]) > 3000) == ("machine_end_beep", True)


@pytest.mark.parametrize(
    ("behaviour", "verdict"), [("answers_and_says_nothing", "unknown"), ("fax", "fax"), ("voicemail", "human")]
)
def test_a_verdict_may_be_anything(here: Town, behaviour: str, verdict: str) -> None:
    """Who says nothing is unknown, a fax is a fax, and the weather makes a machine human."""
    here.telephone.device(RESPONDER).behaves(behaviour, after=1)
    if behaviour == "voicemail":
        here.telephone.weather({"number": RESPONDER, "verdict": "human"})
    here.call(machine_detection="Enable")
    assert here.waits_for("/page")["AnsweredBy"] == verdict


def test_digits_to_send_switch_detection_off(here: Town) -> None:
    """SendDigits with detection sends the digits and judges nobody."""
    phone = here.telephone.device(RESPONDER)
    here.line.says("/page", "<Say>Urgence.</Say>")
    here.call(machine_detection="Enable", send_digits="ww12")
    phone.rings().answers().hears("[tonalité 1]").hears("[tonalité 2]")
    assert "AnsweredBy" not in here.waits_for("/page")


def test_a_call_ends_at_its_time_limit(here: Town) -> None:
    """TimeLimit hangs up, whatever plays."""
    here.line.says("/page", "<Pause length='60'/>")
    phone = here.telephone.device(RESPONDER)
    call = here.call(time_limit=5)
    phone.rings().answers().is_cut_off(within=10)
    assert int(here.client.calls(call.sid).fetch().duration) <= 8


def test_one_number_of_the_line_may_call_another(here: Town) -> None:
    """Each of the two legs is the other's telephone: its keys and words reach the other's document."""
    gather = "<Gather numDigits='1' action='/key'><Say>Bonjour.</Say></Gather>"
    here.line.says("/twilio/voice", gather)
    here.line.says("/key", "<Record action='/kept' timeout='6'/>")
    here.line.says("/page", "<Pause/><Play digits='9'/><Pause length='2'/><Say>Je suis là</Say><Pause length='20'/>")
    call = here.call(LINE)
    form = here.waits_for("/key")
    assert (form["Digits"], form["From"], form["To"], form["Direction"]) == ("9", PAGES, LINE, "inbound")
    assert form["CallSid"] != call.sid
    here.waits_for("/kept")
    here.telephone.eventually(lambda: here.client.calls(call.sid).fetch().status == "completed")


def test_a_number_of_the_line_that_rejects_is_busy(here: Town) -> None:
    """Reject at the called number ends the calling leg too."""
    here.line.says("/twilio/voice", '<Reject reason="busy"/>')
    call = here.call(LINE)
    here.telephone.eventually(lambda: here.client.calls(call.sid).fetch().status == "busy")


def test_a_callers_number_is_shown_only_with_their_token(here: Town) -> None:
    """CallToken of a call that came in lets the line show that caller's number; another token does not."""
    dialled(here, "<Pause length='30'/>")
    token = here.waits_for("/twilio/voice")["CallToken"]
    given = {"to": RESPONDER, "from_": CALLER, "url": f"{here.line.url}/page"}
    assert here.client.calls.create(call_token=token, **given)._from == CALLER
    assert refusal(here.client.calls.create, call_token="{}", **given) == (400, 21210)


def test_a_list_of_calls_is_filtered(here: Town) -> None:
    """By number, status, parent and day; a page token keeps its place while new calls come."""
    sids = [here.call(NOBODY).sid for _ in range(3)]
    first = here.client.calls.page(page_size=2)
    here.call(NOBODY)
    rest = first.next_page()
    assert [call.sid for call in (*first, *rest)] == sids[::-1]
    today = datetime.fromisoformat(here.telephone.ask("GET", "/sim/network")["now"])
    assert len(here.client.calls.list(from_=PAGES, start_time=today.date())) == 4
    assert here.client.calls.list(start_time_before=today - timedelta(days=3)) == []
    assert here.client.calls.list(status="completed") == []


def test_a_numbers_addresses_are_set_over_rest(here: Town) -> None:
    """A number's calls go where it was last set to go; a fallback without a primary address is refused."""
    number = here.client.incoming_phone_numbers.list(phone_number=LINE)[0]
    changed = number.update(voice_url=f"{here.line.url}/other", voice_method="GET", friendly_name="Ligne")
    assert (changed.voice_method, changed.friendly_name) == ("GET", "Ligne")
    here.telephone.device(CALLER).dials(LINE)
    here.waits_for("/other")
    assert refusal(number.update, voice_url="", voice_fallback_url=f"{here.line.url}/spare") == (400, 21405)


def test_the_account_and_its_log_are_told(here: Town) -> None:
    """The account is active, has no verified callers, and its log lists what was a fault."""
    assert here.client.api.accounts(ACCOUNT).fetch().status == "active"
    assert here.client.outgoing_caller_ids.list() == []
    dialled(here, "<Speak/>").is_cut_off()
    assert [entry.error_code for entry in here.client.notifications.list(log=0)] == ["12200"]
