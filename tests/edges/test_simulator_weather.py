"""The weather: what goes wrong on purpose, and the same again from its seed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from hotline.simulator.errors import REST, TEXTS
from tests.system.telephone import Telephone
from tests.town import (
    CALLER,
    LINE,
    NOBODY,
    RESPONDER,
    ROOM,
    ROOM_EVENTS,
    Town,
    dialled,
    refusal,
    room_events,
    sdk,
    simulator,
    town,
)


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


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


def test_weather_brings_one_callback_behind_the_next(here: Town) -> None:
    """A reordered callback comes after its successor; SequenceNumber still tells their order."""
    here.telephone.weather({"webhook_contains": "/status", "purpose": "status", "do": "reorder"})
    phone = here.telephone.device(RESPONDER)
    events = ["initiated", "ringing"]
    here.call(status_callback=f"{here.line.url}/status", status_callback_event=events)
    phone.rings()
    here.waits_for("/status", times=2)
    assert [form["SequenceNumber"] for form in here.line.forms("/status")] == ["1", "0"]


def test_weather_delays_a_webhook(here: Town) -> None:
    """A delayed document leaves the call waiting for so many line seconds."""
    here.telephone.weather({"webhook_contains": "/twilio/voice", "purpose": "twiml", "do": "delay", "seconds": 10})
    phone = dialled(here, "<Say>Bonjour.</Say>").hears("Bonjour.")
    waited = phone.moments("heard", "Bonjour")[0] - phone.moments("dialling")[0]
    assert waited.total_seconds() >= 10


@pytest.mark.parametrize("code", [11200, 11205, 11206, 11210, 11220, 11235, 11237])
def test_weather_fails_a_webhook_with_any_code(here: Town, code: int) -> None:
    """What a local line cannot get wrong (TLS, certificates) the weather does for it."""
    here.telephone.weather({"purpose": "twiml", "do": "fail", "code": code})
    dialled(here, "<Say>Bonjour.</Say>").hears("An application error has occurred.")
    assert here.fault_codes() == [code]


@pytest.mark.parametrize("code", sorted(REST))
def test_weather_refuses_with_every_code_the_line_handles(here: Town, code: int) -> None:
    """Each code of the contract comes with its HTTP status, as a body the SDK reads."""
    here.telephone.weather({"match": {"path_contains": "Messages"}, "code": code})
    assert refusal(here.client.messages.create, to=CALLER, from_=LINE, body="OK.") == (REST[code][0], code)


def test_weather_fails_texts_with_every_code_the_carrier_has(here: Town) -> None:
    """Each 30xxx code comes in the status callback, as undelivered or failed."""
    here.telephone.device(CALLER)
    for code in TEXTS:
        here.telephone.weather({"number": CALLER, "text": code, "status": "failed" if code == 30002 else "undelivered"})
    for _ in TEXTS:
        here.client.messages.create(to=CALLER, from_=LINE, body="OK.", status_callback=f"{here.line.url}/fate")
    told = here.telephone.eventually(lambda: fates(here) if len(fates(here)) == len(TEXTS) else None)
    assert {int(form["ErrorCode"]) for form in told} == set(TEXTS)
    assert [form["ErrorCode"] for form in told if form["MessageStatus"] == "failed"] == ["30002"]


def fates(here: Town) -> list[dict[str, str]]:
    return [form for form in here.line.forms("/fate") if "ErrorCode" in form]


@pytest.mark.parametrize(("weather", "status"), [("busy", "busy"), ("failed", "failed"), ("no-answer", "no-answer")])
def test_weather_decides_how_a_telephone_answers(here: Town, weather: str, status: str) -> None:
    """Whatever the handset would do, this call finds it so; the next one finds it as it is."""
    phone = here.telephone.device(RESPONDER)
    here.telephone.weather({"number": RESPONDER, "telephone": weather})
    call = here.call(timeout=5)
    here.telephone.eventually(lambda: here.client.calls(call.sid).fetch().status == status)
    here.call()
    phone.rings()


def test_weather_lets_a_voicemail_answer_first(here: Town) -> None:
    """A number nobody holds is answered by a machine within seconds."""
    here.telephone.weather({"number": NOBODY, "telephone": "voicemail", "seconds": 2})
    here.call(NOBODY, machine_detection="Enable")
    assert here.waits_for("/page")["AnsweredBy"] == "machine_start"


def test_weather_hangs_up_in_mid_sentence(here: Town) -> None:
    """Somebody who calls or is called leaves while a sentence is said; the sentence is marked as cut."""
    here.telephone.weather({"number": CALLER, "telephone": "hangs-up", "seconds": 2})
    caller = dialled(here, f"<Say>{'Une longue phrase. ' * 20}</Say>").is_cut_off()
    assert caller.call["heard"][-1]["cut_short"]
    assert here.waits_for("/twilio/voice/status")["CallStatus"] == "completed"


def test_weather_has_its_time(here: Town) -> None:
    """A rule blows between its two instants of line time, as often as it likes."""
    here.telephone.weather({"answer": 500, "times": 0, "after": 0, "until": 20})
    assert [refusal(here.call), refusal(here.call)] == [(500, 20500), (500, 20500)]
    clear_at = now(here) + timedelta(seconds=21)
    here.telephone.eventually(lambda: now(here) > clear_at, within=30)
    assert here.call().status == "queued"


def now(here: Town) -> datetime:
    return datetime.fromisoformat(here.telephone.ask("GET", "/sim/network")["now"])


def test_chance_comes_from_the_seed() -> None:
    """The same seed gives the same weather again; another seed gives another."""
    runs = [storms(seed) for seed in ("7", "7", "8")]
    assert (runs[0] == runs[1], runs[0] == runs[2], 0 < sum(runs[0]) < 24) == (True, False, True)


def storms(seed: str) -> list[bool]:
    """Which of 24 requests a rule of even chance refused."""
    with simulator("http://127.0.0.1:9", 20, SIMULATOR_SEED=seed) as url:
        Telephone(url).weather({"answer": 429, "times": 0, "chance": 0.5})
        client, found = sdk(url), []
        for _ in range(24):
            try:
                client.messages.create(to=CALLER, from_=LINE, body="OK.")
                found.append(False)
            except TwilioRestException:
                found.append(True)
    return found


def test_weather_comes_from_a_file_and_stays(tmp_path: Path) -> None:
    """The file's rules are there from the start and again after a reset; its seed is told."""
    file = tmp_path / "nuit.toml"
    file.write_text('seed = 5\n[[rule]]\nnumber = "+15145550142"\ntelephone = "busy"\ntimes = 0\n')
    with simulator("http://127.0.0.1:9", 20, SIMULATOR_WEATHER=str(file)) as url:
        telephone = Telephone(url)
        telephone.weather({"answer": 500})
        telephone.reset()
        expected = {"seed": 5, "rules": [{"number": RESPONDER, "telephone": "busy", "times": 0}]}
        assert expected == telephone.ask("GET", "/sim/weather")


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({"telephone": "asleep"}, "telephone cannot be asleep"),
        ({"do": "drop", "answer": 500}, "one of answer, do"),
        ({"wind": 3, "answer": 500}, "no wind"),
        ({"answer": 500, "chance": 2}, "chance"),
    ],
)
def test_a_rule_that_says_nothing_is_refused(here: Town, rule: dict[str, Any], complaint: str) -> None:
    """The complaint names what is wrong."""
    with pytest.raises(AssertionError, match=complaint):
        here.telephone.weather(rule)


def test_weather_may_be_for_one_call(here: Town) -> None:
    """A rule that names a call meets its callbacks and no other's."""
    sids = [here.call(NOBODY, timeout=10, status_callback=f"{here.line.url}/status").sid for _ in range(2)]
    here.telephone.weather({"call": sids[0], "do": "drop", "times": 0})
    here.telephone.eventually(lambda: here.client.calls(sids[0]).fetch().status == "no-answer")
    here.waits_for("/status")
    here.telephone.eventually(lambda: here.telephone.ask("GET", "/sim/network")["idle"])
    assert [form["CallSid"] for form in here.line.forms("/status")] == [sids[1]]
