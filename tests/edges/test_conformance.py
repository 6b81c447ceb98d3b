"""What is proved rather than believed: every exchange of the gateway and of two SDKs is as Twilio's own file describes.

The exchanges go through a proxy that writes them down. Media and sounds are not in the file, and are tested elsewhere.
"""

import http.client
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.datastructures import MultiDict

from hotline.simulator.courier import signature
from hotline.telephone.gateway import Gateway, Refused
from tests.edges.openapi import UNLIKE_ITSELF, Description, Exchange
from tests.system.telephone import Device
from tests.town import (
    ACCOUNT,
    CALLER,
    DEPUTY,
    LINE,
    NOBODY,
    PAGES,
    RESPONDER,
    TOKEN,
    Town,
    dialled,
    in_one_room,
    queued,
    refusal,
    sdk,
    town,
)

ROOT = Path(__file__).parents[2]
OPENAPI = ROOT.parent / "shared" / "twilio_api_v2010.json"
NODE_SDK = ROOT / ".venv" / "node" / "node_modules" / "twilio"
RESOURCES = r"Calls|Messages|Conferences|Queues|Recordings|Incoming|Outgoing|Notifications|Accounts/\{Sid\}"
described = pytest.mark.skipif(
    not OPENAPI.exists(), reason="skipped: Twilio's OpenAPI file is not at ../shared/twilio_api_v2010.json"
)


@pytest.fixture(scope="module")
def twilio() -> Description:
    return Description(OPENAPI)


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


@contextmanager
def witnessed(url: str) -> Iterator[tuple[str, list[Exchange]]]:
    """A proxy before the simulator, and what went through it."""
    seen: list[Exchange] = []
    network = urlsplit(url).netloc

    class Proxy(BaseHTTPRequestHandler):
        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            onward = http.client.HTTPConnection(network, timeout=10)
            onward.request(self.command, self.path, body or None, dict(self.headers))
            answer = onward.getresponse()
            read, kind = answer.read(), answer.headers.get("Content-Type", "")
            seen.append(Exchange(self.command, self.path, body.decode(), answer.status, kind, read))
            onward.close()
            self.send_response(answer.status)
            for name, value in ({"Content-Type": kind} if read else {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(read)))
            self.end_headers()
            self.wfile.write(read)

        do_GET = do_POST = do_DELETE = _pass

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", seen
    finally:
        server.shutdown()
        server.server_close()


class Deeds:
    """The gateway, and which of its deeds were done."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.done: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.done.add(name)
        return getattr(self._gateway, name)


def objections(description: Description, seen: list[Exchange]) -> dict[str, list[str]]:
    """Every exchange the file does not describe as it was."""
    in_the_file = (exchange for exchange in seen if not exchange.path.endswith(".wav"))
    found = {str(exchange): description.problems(exchange) for exchange in in_the_file}
    return {exchange: problems for exchange, problems in found.items() if problems}


def a_room(here: Town) -> tuple[Device, str]:
    """A caller in the room `salle` with a responder labelled `intervenante`, and the room's sid."""
    caller, _ = in_one_room(here, second='participantLabel="intervenante"')
    return caller, here.client.conferences.list(friendly_name="salle", status="in-progress")[0].sid


# --- the line's own requests -----------------------------------------------------------------------------------------


@described
def test_every_request_of_the_gateway_is_described(here: Town, twilio: Description) -> None:
    """Each deed of the gateway, done and refused, is a path, a method and fields of Twilio's file; so is its answer."""
    caller, room = a_room(here)
    with witnessed(here.url) as (url, seen):
        gateway = Deeds(Gateway(ACCOUNT, TOKEN, url))
        keep_a_tip(here, gateway)
        deeds(here, gateway, caller, room)
    assert objections(twilio, seen) == {}
    assert gateway.done == {name for name, deed in vars(Gateway).items() if callable(deed) and name[0] != "_"}


def keep_a_tip(here: Town, gateway: Any) -> None:
    """All that is done with a recording."""
    here.line.says("/tip", '<Record action="/kept" finishOnKey="1" playBeep="false"/>')
    tipster = here.telephone.device(DEPUTY)
    here.call(DEPUTY, url=f"{here.line.url}/tip")
    tipster.rings().answers()
    path = f"/sim/handsets/{DEPUTY.replace('+', '%2B')}/say"
    here.waits_for("/tip")
    here.telephone.eventually(lambda: here.telephone.ask("POST", path, {"words": "Rue Ontario"})["carried"])
    tipster.presses("1")
    sid = here.waits_for("/kept")["RecordingSid"]
    assert gateway.recording_state(sid) == "completed"
    assert gateway.fetch_recording(sid, 10**6)[:4] == b"RIFF"
    assert sid in [one.sid for one in gateway.recordings_since(now(here) - timedelta(hours=1))]
    gateway.erase_recording(sid)
    assert gateway.recording_state(sid) == "deleted"


def deeds(here: Town, gateway: Any, caller: Device, room: str) -> None:
    """Everything else the gateway can do."""
    status = f"{here.line.url}/status"
    call = gateway.call(NOBODY, PAGES, f"{here.line.url}/page", status, 30)
    assert gateway.call_status(call) in ("queued", "ringing")
    gateway.hang_up(call)
    text = gateway.text(CALLER, LINE, "Êtes-vous là?", status, 60)
    here.telephone.eventually(lambda: gateway.message_status(text).status == "delivered")
    assert gateway.fate_of_text(CALLER, LINE, "là?", now(here) - timedelta(hours=1)).status == "delivered"
    gateway.redact(text)
    assert gateway.text_is_erased(text)
    here.telephone.device(CALLER).texts("oui", to=LINE)
    assert [one.body for one in gateway.texts_since(LINE, now(here) - timedelta(hours=1))] == ["oui"]
    assert [one.label for one in gateway.participants(room)] == ["", "intervenante"]
    gateway.announce(room, "intervenante", f"{here.line.url}/told")
    gateway.hold(room, "intervenante", f"{here.line.url}/hold")
    assert gateway.held("intervenante") == [room]
    gateway.hold(room, "intervenante", None)
    gateway.redirect(caller.call["sid"], url=f"{here.line.url}/left")
    gateway.redirect(caller.call["sid"], twiml="<Response><Hangup/></Response>")
    with pytest.raises(Refused):
        gateway.call(CALLER, NOBODY, f"{here.line.url}/page", status, 30)
    assert gateway.reachable()


def now(here: Town) -> datetime:
    return datetime.fromisoformat(here.telephone.ask("GET", "/sim/network")["now"]).astimezone(UTC)


# --- the official Python SDK -----------------------------------------------------------------------------------------


@described
def test_every_exchange_of_the_python_sdk_is_described(here: Town, twilio: Description) -> None:
    """Whatever the network offers, asked with the SDK's own words, is as the file says."""
    with witnessed(here.url) as (url, seen):
        client = sdk(url)
        for walk in (walk_calls, walk_rooms, walk_queues, walk_texts, walk_account):
            here.fresh()
            walk(here, client)
    assert objections(twilio, seen) == {}
    assert len({twilio.name_of(exchange) for exchange in seen}) >= 40


def walk_calls(here: Town, client: Any) -> None:
    caller = dialled(here, "<Say>Bonjour.</Say><Pause length='90'/>").hears("Bonjour.")
    made = client.calls.create(
        to=NOBODY, from_=PAGES, twiml="<Response/>", timeout=60, time_limit=60, record=True, recording_channels="dual",
        machine_detection="DetectMessageEnd", machine_detection_timeout=20, async_amd="true",
        async_amd_status_callback=f"{here.line.url}/verdict", fallback_url=f"{here.line.url}/spare",
        recording_status_callback=f"{here.line.url}/file", recording_status_callback_event=["in-progress", "completed"],
        status_callback=f"{here.line.url}/status", status_callback_event=["initiated", "ringing"],
    )  # fmt: skip
    client.calls(made.sid).fetch()
    client.calls(made.sid).update(status="canceled")
    here.telephone.eventually(lambda: here.client.calls(made.sid).fetch().status == "canceled")
    call = client.calls(caller.call["sid"])
    recording = call.recordings.create(recording_track="both")
    call.recordings(recording.sid).update(status="paused", pause_behavior="skip")
    assert [one.sid for one in call.recordings.list()] == [recording.sid]
    call.recordings(recording.sid).update(status="stopped")
    assert client.recordings(recording.sid).fetch().status == "completed"
    client.recordings.list(call_sid=caller.call["sid"], date_created_after=now(here) - timedelta(days=2))
    client.recordings(recording.sid).delete()
    client.recordings.list(include_soft_deleted=True)
    client.calls.list(
        to=NOBODY, from_=PAGES, status="canceled", start_time_after=now(here) - timedelta(days=2), page_size=1
    )
    client.calls(made.sid).delete()
    assert refusal(client.calls(made.sid).fetch) == (404, 20404)
    assert refusal(client.calls.create, to="514", from_=PAGES, twiml="<Response/>") == (400, 21211)


def walk_rooms(here: Town, client: Any) -> None:
    caller, sid = a_room(here)
    room = client.conferences(sid)
    room.fetch()
    people = room.participants
    people.create(
        from_=PAGES, to=DEPUTY, label="superviseure", timeout=30, beep="false", muted=True,
        start_conference_on_enter=False, end_conference_on_exit=False, wait_url="", coaching=True,
        call_sid_to_coach=caller.call["sid"],
        conference_status_callback=f"{here.line.url}/room", conference_status_callback_event=["start", "end", "join"],
        status_callback=f"{here.line.url}/status", status_callback_event=["completed"], early_media=True,
    )  # fmt: skip
    people("intervenante").fetch()
    people("intervenante").update(muted=True, announce_url=f"{here.line.url}/told", announce_method="POST")
    people("intervenante").update(hold=True, hold_url=f"{here.line.url}/hold", hold_method="GET")
    people("intervenante").update(coaching=True, call_sid_to_coach=caller.call["sid"], end_conference_on_exit=True)
    people.list(muted=True, hold=True)
    people("intervenante").delete()
    client.conferences.list(friendly_name="salle", status="completed", date_created_after=now(here) - timedelta(days=2))
    if client.conferences(sid).fetch().status != "completed":
        room.update(status="completed")


def walk_queues(here: Town, client: Any) -> None:
    queue = client.queues.create(friendly_name="file", max_size=5)
    queued(here, "<Pause length='60'/>")
    here.waits_for("/wait")
    client.queues(queue.sid).fetch()
    client.queues(queue.sid).update(max_size=6)
    members = client.queues(queue.sid).members
    assert len(members.list()) == 1
    members("Front").fetch()
    assert refusal(client.queues(queue.sid).delete) == (400, 20001)
    members("Front").update(url=f"{here.line.url}/page", method="POST")
    client.queues.list()
    here.telephone.eventually(lambda: client.queues(queue.sid).fetch().current_size == 0)
    client.queues(queue.sid).delete()


def walk_texts(here: Town, client: Any) -> None:
    here.telephone.device(CALLER)
    given = {"to": CALLER, "from_": LINE, "status_callback": f"{here.line.url}/fate"}
    sent = client.messages.create(
        body="OK.",
        validity_period=60,
        smart_encoded=False,
        content_retention="retain",
        address_retention="retain",
        **given,
    )
    here.telephone.eventually(lambda: client.messages(sent.sid).fetch().status == "delivered")
    client.messages(sent.sid).update(body="")
    client.messages.list(to=CALLER, from_=LINE, date_sent=now(here).date())
    picture = {"content_type": "image/gif", "data": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"}
    path = f"/sim/handsets/{CALLER.replace('+', '%2B')}/text"
    here.telephone.ask("POST", path, {"to": LINE, "body": "voici", "media": [picture]})
    media = client.messages(here.waits_for("/twilio/sms")["MessageSid"]).media
    kept = media.list(date_created_after=now(here) - timedelta(days=2))
    media(kept[0].sid).fetch()
    media(kept[0].sid).delete()
    client.messages(sent.sid).delete()
    assert refusal(client.messages.create, body="a" * 1601, **given) == (400, 21617)


def walk_account(here: Town, client: Any) -> None:
    dialled(here, "<Speak/>").is_cut_off()
    client.api.accounts(ACCOUNT).fetch()
    number = client.incoming_phone_numbers.list(phone_number=LINE)[0]
    number.update(
        voice_url=f"{here.line.url}/twilio/voice", voice_method="POST", voice_fallback_url=f"{here.line.url}/spare",
        sms_url=f"{here.line.url}/twilio/sms", sms_fallback_url=f"{here.line.url}/spare", status_callback_method="POST",
        voice_caller_id_lookup=False, friendly_name="Ligne",
    )  # fmt: skip
    client.incoming_phone_numbers(number.sid).fetch()
    client.outgoing_caller_ids.list()
    client.notifications.list(log=0, message_date_after=now(here).date() - timedelta(days=2))


# --- the official Node SDK -------------------------------------------------------------------------------------------


@described
@pytest.mark.skipif(shutil.which("node") is None, reason="skipped: Node is not on this machine")
@pytest.mark.skipif(not NODE_SDK.exists(), reason="skipped: Twilio's Node SDK is not in .venv/node; run make node-sdk")
def test_every_exchange_of_the_node_sdk_is_described(here: Town, twilio: Description) -> None:
    """A second client that shares nothing with the first finds what it asks for, and all of it is described."""
    here.telephone.device(RESPONDER)
    a_room(here)
    named = {"line": LINE, "pages": PAGES, "responder": RESPONDER, "nobody": NOBODY, "room": "salle"}
    with witnessed(here.url) as (url, seen):
        found = in_node(url, named | {"url": f"{here.line.url}/page"})
    assert objections(twilio, seen) == {}
    assert (found["calls"]["status"], found["calls"]["refused"]) == ("queued", [400, 21211])
    assert (found["texts"]["parts"], found["texts"]["refused"]) == ("1", [400, 21617])
    assert found["rooms"] == {"name": "salle", "people": 2, "muted": True, "called": "queued"}
    assert found["rest"] == {"size": 20, "removed": True, "numbers": 2, "recordings": 0, "active": "active"}
    assert found["signature"]


def in_node(url: str, named: dict[str, str]) -> Any:
    script = Path(__file__).with_name("conformance.cjs")
    command = ["node", str(script), str(NODE_SDK), url, ACCOUNT, TOKEN]
    done = subprocess.run(command, input=json.dumps(named), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- signatures ------------------------------------------------------------------------------------------------------

POSTED = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "From": "+14158675309", "To": "+18005551212"} | {
    "Caller": "+14158675309"
}
SHOP, OURS = "https://mycompany.com", "https://ligne.example.org"
SEVERAL = MultiDict({"Sid": "CA123", "SidAccount": "AC123", "Digits": ["5678", "1234", "1234"]})
TEXT = {"Body": "Arrêt à côté", "From": "+15145550100", "NumMedia": "0", "MediaUrl0": ""}
VECTORS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("RSOYDt4T1cUTdK1PDd93/VVr8B8=", f"{SHOP}/myapp.php?foo=1&bar=2", "POST", POSTED),
    ("kvajT1Ptam85bY51eRf/AJRuM3w=", f"{SHOP}:443/myapp.php?foo=1&bar=2", "POST", POSTED),
    ("0ZXoZLH/DfblKGATFgpif+LLRf4=", "http://mycompany.com:80/myapp.php?foo=1&bar=2", "POST", POSTED),
    ("Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", "http://mycompany.com:1234/myapp.php?foo=1&bar=2", "POST", POSTED),
    ("IK+Dwps556ElfBT0I3Rgjkr1wJU=", f"{SHOP}/myapp.php?foo=1&bar=2", "POST", SEVERAL),
    ("eVGUq5aEj4rIazTWsP/86VZkcOY=", f"{OURS}/sms?lang=fr", "POST", TEXT),
    ("ZxPr6MW8sEo6qXrMtgsoEzZngnc=", f"{OURS}/voix/menu?CallSid=CA0123&Digits=1", "GET", {}),
    ("gQWx7DOeX0HctGvquxm8xTX6tCw=", f"{OURS}:8443/voix", "POST", {"CallSid": "CA0123", "From": "anonymous"}),
    (
        "h20c3et8CCfWWxm44taDmw8BrH0=",
        f"{OURS}/voix/entr%C3%A9e?m=%C3%A9t%C3%A9&x=a%2Fb%20c",
        "POST",
        {"CallSid": "CA0123"},
    ),
]


@pytest.mark.parametrize(("expected", "url", "method", "form"), VECTORS, ids=[vector[0][:6] for vector in VECTORS])
def test_the_published_signatures_are_made(expected: str, url: str, method: str, form: dict[str, Any]) -> None:
    """The courier signs as the SDK's published vectors, and ours, say."""
    assert expected == signature("12345", url, method, form)


# --- the reader itself -----------------------------------------------------------------------------------------------


@described
@pytest.mark.parametrize(
    ("complaint", "change"),
    [
        ("no such path", {"target": "/2010-04-01/Accounts/AC/Phones.json"}),
        ("Too is not described", {"form": "Too=%2B15145550123"}),
        ("To is required", {"form": "From=%2B15145550100"}),
        ("Record=yes is no boolean", {"form": "To=1&From=1&Record=yes"}),
        ("StatusCallbackMethod=PUT is none of", {"form": "To=1&From=1&StatusCallbackMethod=PUT"}),
        (".sid is missing", {"body": b"{}"}),
        ("status 200 is not described", {"status": 200}),
        ("an error body", {"status": 400, "body": b'{"code": 1}'}),
    ],
)
def test_the_reader_objects_to_what_is_not_described(
    twilio: Description, complaint: str, change: dict[str, Any]
) -> None:
    """A reader that lets everything pass would prove nothing."""
    right = {"method": "POST", "target": f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", "form": "To=1&From=1"}
    answer = {"status": 201, "kind": "application/json", "body": b"{}"}
    problems = twilio.problems(Exchange(**(right | answer | change)))
    assert any(complaint in problem for problem in problems), problems


@described
def test_the_reader_accepts_the_files_own_examples(twilio: Description) -> None:
    """Strict as it is, it takes every answer that Twilio itself shows, but for what the file says against itself."""
    ours = [problems for path, problems in twilio.examples() if re.search(RESOURCES, path)]
    odd = [one for problems in ours for one in problems if not any(known in one for known in UNLIKE_ITSELF)]
    assert (len(ours) > 100, odd) == (True, [])
