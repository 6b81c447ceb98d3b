"""Dial to telephones and to a queue: who wins, who hears what, and what the action is told."""

import time
from collections.abc import Iterator

import pytest

from tests.system.telephone import Device
from tests.town import (
    CALLER,
    DEPUTY,
    LINE,
    NOBODY,
    PAGES,
    RESPONDER,
    Town,
    dialled,
    fetched,
    heard_by,
    queued,
    town,
)


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


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


def test_keys_pressed_over_a_bridge_are_heard_as_sounds(here: Town) -> None:
    """No verb listens while two are joined: the other side hears the tone, and the line gets nothing."""
    caller, first, _ = two_ring(here)
    first.answers()
    here.telephone.eventually(lambda: caller.says("a") and heard_by(first, "a"))
    caller.presses("5")
    first.hears("[tonalité 5]")


def test_a_dial_may_be_recorded(here: Town) -> None:
    """record tells its callback when it starts and ends, holds both sides' words, and is named to the action."""
    events = 'recordingStatusCallback="/file" recordingStatusCallbackEvent="in-progress completed"'
    caller, first, _ = two_ring(here, attributes=f'record="record-from-answer-dual" {events}')
    first.answers()
    here.telephone.eventually(lambda: caller.says("bonjour") and heard_by(first, "bonjour"))
    first.hangs_up()
    here.waits_for("/file", times=2)
    told = here.line.forms("/file")
    assert [form["RecordingStatus"] for form in told] == ["in-progress", "completed"]
    assert {(form["RecordingSource"], form["RecordingChannels"]) for form in told} == {("DialVerb", "2")}
    assert here.waits_for("/after")["RecordingUrl"] == told[1]["RecordingUrl"]
    assert b"bonjour" in fetched(here, told[1]["RecordingUrl"]).content


def test_a_dialled_machine_is_told_to_its_callback(here: Town) -> None:
    """machineDetection on Number judges beside the whisper; without its callback it is a fault."""
    here.telephone.device(RESPONDER).behaves("voicemail", after=2)
    here.line.says("/after", "<Hangup/>")
    detection = f'<Number machineDetection="Enable" amdStatusCallback="/verdict">{RESPONDER}</Number>'
    caller = dialled(here, DIAL.format("", detection))
    assert here.waits_for("/verdict")["AnsweredBy"] == "machine_start"
    caller.hangs_up()
    caller = dialled(here, DIAL.format("", f'<Number machineDetection="Enable">{DEPUTY}</Number>'))
    here.telephone.eventually(lambda: here.fault_codes() == [21262])


def test_a_dial_to_the_lines_own_number_reaches_its_webhook(here: Town) -> None:
    """The dialled number answers with its own document, and the caller hears it."""
    here.line.says("/after", "<Hangup/>")
    answer = "<Say>Un instant.</Say><Pause length='5'/><Say>Page</Say>"
    here.line.says("/twilio/voice", lambda form: DIAL.format("", PAGES) if form["To"] == LINE else answer)
    here.telephone.device(CALLER).dials(LINE).hears("Page")
    assert here.waits_for("/after")["DialCallStatus"] == "completed"


# --- a dial to a queue ------------------------------------------------------------------------------------------------


def taking(here: Town, timeout: int = 10) -> Device:
    """A responder whose Dial takes the caller in front of the queue."""
    here.line.says("/taken", "<Say>fini</Say>")
    here.line.says("/soon", "<Say>Quelqu'un arrive.</Say>")
    noun = '<Queue url="/soon">file</Queue>'
    here.line.says("/page", f'<Dial action="/taken" timeout="{timeout}">{noun}</Dial><Say>jamais</Say>')
    phone = here.telephone.device(RESPONDER)
    here.call()
    return phone.rings().answers()


def test_a_dial_takes_the_caller_in_front_of_a_queue(here: Town) -> None:
    """The queued caller alone hears the whisper, the two are joined, and both actions are told when they part."""
    caller = queued(here, "<Pause length='60'/>")
    here.waits_for("/wait")
    responder = taking(here)
    caller.hears("Quelqu'un arrive.")
    here.telephone.eventually(lambda: responder.says("Bonjour") and heard_by(caller, "Bonjour"))
    asked = here.waits_for("/soon")
    assert {"QueueSid", "QueueTime", "DequeingCallSid"} <= set(asked) and asked["CallSid"] == caller.call["sid"]
    assert here.line.forms("/out") == []
    responder.hangs_up()
    caller.hears("sorti")
    assert here.waits_for("/out")["QueueResult"] == "bridged"
    form = here.waits_for("/taken")
    assert (form["DialCallStatus"], form["DialBridged"], form["DialCallSid"]) == ("completed", "true", asked["CallSid"])


def test_a_taken_caller_who_hangs_up_lets_the_dial_go_on(here: Town) -> None:
    """The one who dialled goes on to their action."""
    caller = queued(here, "<Pause length='60'/>")
    here.waits_for("/wait")
    responder = taking(here)
    here.telephone.eventually(lambda: responder.says("Bonjour") and heard_by(caller, "Bonjour"))
    caller.hangs_up()
    responder.hears("fini")
    assert here.waits_for("/out")["QueueResult"] == "bridged"


def test_a_dial_waits_for_a_queue_that_is_empty(here: Town) -> None:
    """It takes whoever comes in time; nobody in time is no-answer, and a queue nobody made has failed."""
    here.client.queues.create(friendly_name="file")
    responder = taking(here, timeout=30).hears("[sonnerie]")
    caller = queued(here, "<Pause length='60'/>").hears("Quelqu'un arrive.")
    caller.hangs_up()
    responder.hears("fini").is_cut_off()
    taking(here, timeout=1).hears("fini")
    assert here.waits_for("/taken", times=2)["DialCallStatus"] == "no-answer"


def test_a_taken_caller_redirected_over_rest_leaves_the_bridge(here: Town) -> None:
    """The queue's action is told redirected-from-bridged."""
    caller = queued(here, "<Pause length='60'/>")
    here.waits_for("/wait")
    responder = taking(here)
    here.telephone.eventually(lambda: responder.says("Bonjour") and heard_by(caller, "Bonjour"))
    here.client.calls(caller.call["sid"]).update(twiml="<Response><Say>ailleurs</Say></Response>")
    caller.hears("ailleurs")
    assert here.waits_for("/out")["QueueResult"] == "redirected-from-bridged"
