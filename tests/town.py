"""A simulator and a stub of the line for tests of the simulator alone: documents by path, every request kept.

Town is what such a test holds; the helpers below it are the scenes most of them begin with.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.system.telephone import Device, Telephone

ACCOUNT, TOKEN, OLD_TOKEN = "AC" + "1" * 32, "first-token", "second-token"
LINE, PAGES = "+15145550100", "+15145550101"
CALLER, RESPONDER, DEPUTY, NOBODY = "+15145550123", "+15145550142", "+15145550143", "+15145550199"
ROOM = '<Dial action="/left"><Conference beep="false" waitUrl="" {}>salle</Conference></Dial>'
ROOM_EVENTS = 'statusCallback="/room" statusCallbackEvent="start end join leave mute hold announcement"'


@dataclass(frozen=True)
class Page:
    """What the stub answers, where it is not TwiML."""

    body: str | bytes = "<Response/>"
    status: int = 200
    kind: str = "text/xml; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Document = str | tuple[int, str, str] | Page | Callable[[dict[str, str]], str]


@dataclass(frozen=True)
class Asked:
    method: str
    url: str
    path: str
    form: dict[str, str]
    signature: str
    token: str
    cookie: str = ""
    at: float = 0.0


@dataclass
class StubLine:
    url: str = ""
    documents: dict[str, Document] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def says(self, path: str, document: Document) -> None:
        self.documents[path] = f"<Response>{document}</Response>" if isinstance(document, str) else document

    def forms(self, path: str) -> list[dict[str, str]]:
        return [asked.form for asked in self.asked if asked.path == path]

    def answer(self, asked: Asked) -> Page:
        self.asked.append(asked)
        document = self.documents.get(asked.path, "<Response/>")
        if isinstance(document, Page):
            return document
        if isinstance(document, tuple):
            status, kind, text = document
            return Page(text, status, kind)
        return Page(document if isinstance(document, str) else f"<Response>{document(asked.form)}</Response>")


@contextmanager
def stub_line() -> Iterator[StubLine]:
    line = StubLine()

    class Door(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path, _, query = self.path.partition("?")
            form = dict(parse_qsl(body if self.command == "POST" else query, keep_blank_values=True))
            names = "X-Twilio-Signature", "I-Twilio-Idempotency-Token", "Cookie"
            signature, token, cookie = (self.headers.get(name, "") for name in names)
            url, now = line.url + self.path, time.monotonic()
            page = line.answer(Asked(self.command, url, path, form, signature, token, cookie, now))
            sent = page.body if isinstance(page.body, bytes) else page.body.encode()
            self.send_response(page.status)
            if page.kind:
                self.send_header("Content-Type", page.kind)
            for name, value in page.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = _serve

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    line.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def simulator(line_url: str, pace: float = 20, **environment: str) -> Iterator[str]:
    """The simulator as its own process, and its address."""
    settings = {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": f"{TOKEN},{OLD_TOKEN}",
        "PUBLIC_URL": line_url,
        "SIMULATOR_NUMBERS": f"{LINE},{PAGES}",
        "HOTLINE_PACE": str(pace),
        "SIMULATOR_CPS": "10",
        "SIMULATOR_TPS": "10",
    }
    command = [sys.executable, "-m", "hotline.simulator", "--port", "0"]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    process = subprocess.Popen(command, env=kept | settings | environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(5)
        process.stdout.close()


class RebasedHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the SDK has no types
    """Sends every request of the official SDK to one origin."""

    def __init__(self, origin: str) -> None:
        super().__init__(timeout=5)
        self._origin = urlsplit(origin)
        self.session.trust_env = False

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        rebased = (self._origin.scheme, self._origin.netloc, parts.path, parts.query, "")
        return super().request(method, urlunsplit(rebased), *args, **kwargs)


def sdk(url: str, token: str = TOKEN) -> Any:
    return Client(ACCOUNT, token, http_client=RebasedHttpClient(url), environment={"-": "-"})


@dataclass(frozen=True)
class Town:
    """A line, a telephone network, the SDK that talks to it and the telephones on it."""

    line: StubLine
    url: str
    client: Any
    telephone: Telephone

    def fresh(self) -> "Town":
        self.telephone.reset()
        self.line.documents.clear()
        self.line.asked.clear()
        return self

    def call(self, to: str = RESPONDER, **options: Any) -> Any:
        options = {"url": f"{self.line.url}/page"} | options
        return self.client.calls.create(to=to, from_=PAGES, **options)

    def waits_for(self, path: str, within: float = 20, times: int = 1) -> dict[str, str]:
        """The form of the last request to a path, once there have been so many."""
        self.telephone.eventually(lambda: len(self.line.forms(path)) >= times, within, f"a request to {path}")
        return self.line.forms(path)[-1]

    def fault_codes(self) -> list[int]:
        return [fault["code"] for fault in self.telephone.faults()]


@contextmanager
def town(pace: float = 20, **environment: str) -> Iterator[Town]:
    with stub_line() as line, simulator(line.url, pace, **environment) as url:
        yield Town(line, url, sdk(url), Telephone(url))


# --- scenes ----------------------------------------------------------------------------------------------------------


def dialled(here: Town, document: Document, number: str = CALLER) -> Device:
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


def queued(here: Town, wait: str, more: str = "") -> Device:
    """A caller in the queue `file`, whose wait and action are these; what would follow is never said."""
    here.line.says("/wait", wait)
    here.line.says("/out", "<Say>sorti</Say>")
    return dialled(here, f'<Enqueue waitUrl="/wait" action="/out" {more}>file</Enqueue><Say>jamais</Say>')


def heard_by(device: Device, words: str) -> bool:
    return any(words in entry["text"] for entry in device.call["heard"])


def refusal(work: Any, *arguments: Any, **options: Any) -> tuple[int, int]:
    """The status and code with which the SDK refuses this."""
    with pytest.raises(TwilioRestException) as caught:
        work(*arguments, **options)
    return caught.value.status, caught.value.code


def fetched(here: Town, url: str, token: str = TOKEN) -> Any:
    """What an address of the account gives, redirects followed as `requests` does; no credentials without a token."""
    session = requests.Session()
    session.trust_env = False
    return session.get(url, auth=(ACCOUNT, token) if token else None, timeout=5)
