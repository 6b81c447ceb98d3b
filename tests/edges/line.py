"""A whole line in one process for edge tests: the real app, database and Redis, and requests signed as by Twilio."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from flask import Flask
from sqlalchemy import text
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from config.settings import WebSettings, WorkerSettings, read
from hotline.clock import StillClock
from hotline.conversation import Line
from hotline.places import FIRST, opened
from hotline.rules.phone import for_responder
from hotline.snapshot import Roster
from hotline.store import attempts, pages, roster
from hotline.store.engine import Store
from hotline.store.pages import PageView
from hotline.telephone.gateway import Gateway
from hotline.webhooks import create_app, door_of
from ivr_flows.model import Place
from tests.engines import Engines
from tests.system.telephone import Telephone
from workers import jobs
from workers.hands import Hands, hands_for

LINE = "+15145550100"
CALLER = "+15145550123"
PATIENCE = 30.0  # seconds of the wall
TEAM = (("Intervention", "+15145550142", "on-duty"), ("Relève", "+15145550143", "deputy"))


@dataclass
class Carrier:
    """The carrier's side of one app: it signs what it posts."""

    app: Flask
    environ: Mapping[str, str]

    @property
    def line(self) -> Line:
        """What the app's turns stand on."""
        return door_of(self.app).line

    def post(self, url: str, fields: Mapping[str, str], signature: str | None = None) -> TestResponse:
        """A request as the carrier makes it, signed unless told otherwise."""
        origin = self.environ["PUBLIC_URL"]
        path = url.removeprefix(origin)
        signed = RequestValidator(self.environ["TWILIO_AUTH_TOKEN"]).compute_signature(origin + path, dict(fields))
        headers = {"X-Twilio-Signature": signed if signature is None else signature}
        return self.app.test_client().post(path, data=dict(fields), headers=headers)

    def writes(self, body: str, sid: str = "SM1", number: str = CALLER, **fields: str) -> TestResponse:
        """A text comes in."""
        fields = {"MessageSid": sid, "From": number, "To": LINE, "Body": body, "NumMedia": "0"} | fields
        return self.post("/twilio/sms", fields)

    def rows(self, question: str) -> list[tuple[object, ...]]:
        """What SQL holds."""
        with self.line.store.turn() as conn:
            return [tuple(row) for row in conn.execute(text(question))]

    def count(self, table: str) -> object:
        """How many rows a table has."""
        return self.rows(f"select count(*) from {table}")[0][0]


@dataclass
class Phone:
    """One call, driven as the carrier would drive it: the addresses in its answers are followed."""

    carrier: Carrier
    sid: str = "CA1"
    number: str = CALLER
    answers: list[str] = field(default_factory=list)

    def posts(self, url: str, **form: str) -> str:
        """A signed request of this call, and what it was answered."""
        fields = {"CallSid": self.sid, "From": self.number, "To": LINE, "CallStatus": "in-progress"} | form
        response = self.carrier.post(url, fields)
        assert response.status_code in (200, 204)
        self.answers.append(response.get_data(as_text=True))
        return self.answers[-1]

    def dials(self) -> str:
        """The call begins."""
        return self.posts("/twilio/voice", CallStatus="ringing")

    def presses(self, key: str) -> str:
        """A key in the Gather that is running."""
        return self.posts(self.address("Gather", "action"), Digits=key)

    def types(self, digits: str) -> str:
        """Digits in the Gather that is running."""
        return self.posts(self.address("Gather", "action"), Digits=digits)

    def is_silent(self) -> str:
        """The Gather that is running ends without a key."""
        return self.posts(self.address("Gather", "action"), Digits="")

    def waits(self) -> str:
        """The queue asks what to play."""
        return self.posts(self.address("Enqueue", "waitUrl"), QueueSid="QU1", QueuePosition="1")

    def leaves(self, result: str, **form: str) -> str:
        """The Enqueue ended."""
        return self.posts(self.address("Enqueue", "action"), QueueResult=result, **form)

    def address(self, element: str, attribute: str) -> str:
        """An address in the last answer that had it."""
        for document in reversed(self.answers):
            found = re.search(rf"<{element}[^>]* {attribute}=\"([^\"]*)\"", document)
            if found:
                return found[1].replace("&amp;", "&")
        raise AssertionError(f"no {element} with {attribute}")


def patient(database: str, breaks: bool) -> Store:
    """A store for which a busy machine is no absence: one that is away is told at once all the same."""
    return Store(database, seconds=PATIENCE, pool_size=8, pool_seconds=PATIENCE, breaks=breaks)


def carrier_for(
    environ: Mapping[str, str], database: str, redis_url: str, data: Path, clock: StillClock | None = None
) -> Carrier:
    """The app over a fresh database with a team of two on duty at every hour; its clock may be made to stand still."""
    told = {**environ, "DATABASE_URL": database, "REDIS_URL": redis_url, "HOTLINE_DATA": str(data)}
    carrier = Carrier(create_app(read(WebSettings, told)), told)
    door, store = door_of(carrier.app), patient(database, breaks=True)
    clock = clock or door.line.clock
    line = replace(door.line, store=store, clock=clock, roster=Roster(store, door.line.sealer, clock, data))
    carrier.app.extensions["door"] = replace(door, line=line)
    with line.store.turn() as conn:
        for name, number, rank in TEAM:
            roster.add_responder(
                conn, line.sealer, name, for_responder(number), rank, ["fr", "en"], True, line.clock.now()
            )
    line.roster.refresh()
    return carrier


def eventually(found: Callable[[], object], what: str = "it", within: float = 10) -> None:
    """Waits on the wall until something holds, for so many seconds at the most."""
    pause, deadline = threading.Event(), monotonic() + within
    while not found():
        assert monotonic() < deadline, f"{what} did not happen within {within} s"
        pause.wait(0.02)


# ── the workers' side of the same line ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Network:
    """A simulated carrier whose calls hear nothing but a long pause from the line: a test plays the line's side."""

    line_url: str
    url: str
    account: str
    token: str
    telephone: Telephone

    @property
    def environ(self) -> dict[str, str]:
        """What a line on this network is told."""
        account = {"TWILIO_ACCOUNT_SID": self.account, "TWILIO_AUTH_TOKEN": self.token}
        return {**account, "TWILIO_API_URL": self.url, "PUBLIC_URL": self.line_url}


@dataclass
class Crew:
    """The workers of one line: real hands on a clock that stands still, and the simulator as their carrier."""

    carrier: Carrier
    network: Network
    clock: StillClock
    hands: Hands

    @property
    def store(self) -> Store:
        return self.hands.store

    def do(self, kind: str, work_id: int) -> None:
        """A worker hears a bell."""
        jobs.do(kind, work_id, self.hands)

    def does(self, kind: str) -> list[object]:
        """Every due row of a kind is worked once: what became of them."""
        due = f"select id from work where kind = '{kind}' and state = 'due' and due_at <= '{self.clock.now()}'"
        ids = [row[0] for row in self.carrier.rows(f"{due} order by id")]
        for work_id in ids:
            self.do(kind, int(str(work_id)))
        return [self.carrier.rows(f"select outcome from work where id = {work_id}")[0][0] for work_id in ids]

    def waiting(self) -> list[str]:
        """The kinds of work that are due or will be, in order."""
        return [str(row[0]) for row in self.carrier.rows("select kind from work where state = 'due' order by id")]

    def asked(self, path: str, **form: str) -> list[dict[str, Any]]:
        """The requests that changed something at the carrier, with these words in their path and form."""
        rest = [entry for entry in self.network.telephone.ledger("rest") if entry["method"] == "POST"]
        return [e for e in rest if path in e["path"] and form.items() <= e["form"].items()]

    def inbound(self) -> str:
        """A text that came to the line at the carrier, which the line has not been told of: its name there."""

        def known() -> set[str]:
            return {text.sid for text in self.hands.gateway.texts_since(LINE, self.clock.now() - timedelta(days=400))}

        before = known()
        self.network.telephone.device(CALLER).texts("peu importe", LINE)
        [sid] = self.network.telephone.eventually(lambda: known() - before, what="the text at the carrier")
        return str(sid)

    def called(self) -> list[str]:
        """Whom we rang, in order."""
        return [entry["form"]["To"] for entry in self.asked("/Calls.json")]

    def texted(self) -> list[tuple[str, str]]:
        """To whom we sent which texts, in order."""
        return [(entry["form"]["To"], entry["form"]["Body"]) for entry in self.asked("/Messages.json")]

    def weather(self, answer: int | str, path: str, times: int = 1, **match: str) -> None:
        """The carrier's next answers to such requests."""
        rule = {"match": {"path_contains": path, "method": "POST", **match}, "answer": answer, "times": times}
        self.network.telephone.weather(rule)

    def page(self, sid: str = "CA1") -> PageView:
        """The page of a call."""
        with self.store.turn() as conn:
            found = pages.look(conn, self.hands.sealer.pseudonym("call", sid))
        assert found is not None
        return found

    def caller(self, key: str = "9") -> Phone:
        """Somebody on a live call, who has pressed a key (twice where it is 5) and waits in the queue."""
        device = self.network.telephone.device(CALLER).dials(LINE)
        self.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="the caller's call")
        return self.waits(Phone(self.carrier, device.call["sid"]), key)

    def waits(self, phone: Phone | None = None, key: str = "9") -> Phone:
        """Somebody waits in the queue; where no call is given, on one that the carrier knows nothing of."""
        phone = phone or Phone(self.carrier)
        phone.dials()
        for _ in range(2 if key == "5" else 1):
            phone.presses(key)
        phone.waits()
        return phone

    def rung(self, phone: Phone | None = None) -> "Leg":
        """The first responder is rung for somebody who waits."""
        if phone is None:
            self.waits()
        self.does("page")
        return self.leg()

    def met(self, key: str = "9", phone: Phone | None = None) -> "Leg":
        """The first responder has the page and is in the room with the person; time has passed."""
        self.waits(phone, key)
        self.does("page")
        leg = self.leg(TEAM[0][1]).accepts()
        self.does("bring")
        self.does("hush_others")
        leg.enters(leg.place.page)
        leg.enters(leg.place.page, person=True)
        self.clock.advance(seconds=20)
        return leg

    def leg(self, number: str | None = None) -> "Leg":
        """The newest leg to a responder, who has not answered."""
        entry = self.asked("/Calls.json", **({"To": number} if number else {}))[-1]["form"]
        place = opened(self.hands.sealer, entry["Url"].rsplit("/", 1)[1], FIRST)
        with self.store.turn() as conn:
            attempt = attempts.by_id(conn, place.attempt)
        assert attempt is not None
        sid = self.hands.sealer.open_number(attempt.sid_sealed) if attempt.sid_sealed else f"CA{attempt.id}"
        return Leg(self.carrier, sid, entry["To"], place=place, url=entry["Url"], status_url=entry["StatusCallback"])


@dataclass
class Leg(Phone):
    """A responder's leg."""

    place: Place = field(default_factory=lambda: Place("equipe", "page"))
    url: str = ""
    status_url: str = ""

    def answers_it(self) -> "Leg":
        """The responder picks up."""
        self.posts(self.url)
        return self

    def accepts(self) -> "Leg":
        """The responder picks up and presses 1."""
        self.answers_it().presses("1")
        return self

    def enters(self, page_id: int, person: bool = False, conference: str = "CF1") -> None:
        """Somebody comes into the room."""
        label = "person" if person else f"responder-{self.place.attempt}"
        form = {"StatusCallbackEvent": "participant-join", "ParticipantLabel": label, "ConferenceSid": conference}
        assert self.carrier.post(self.address("Conference", "statusCallback"), form).status_code == 204

    def becomes(self, status: str, sequence: int = 9) -> int:
        """The carrier tells of this leg."""
        told = {"CallSid": self.sid, "CallStatus": status, "SequenceNumber": str(sequence)}
        return self.carrier.post(self.status_url, told).status_code


def crew_for(carrier: Carrier, network: Network, clock: StillClock) -> Crew:
    """The workers of a carrier's line; the carrier is waited for one second instead of five."""
    settings = read(WorkerSettings, carrier.environ)
    gateway = Gateway(network.account, network.token, network.url, timeout=1.0)
    store = patient(carrier.environ["DATABASE_URL"], breaks=False)
    return Crew(carrier, network, clock, replace(hands_for(settings), store=store, clock=clock, gateway=gateway))


@dataclass
class Sql:
    """The line's database, which a test may take away: every connection is cut and a new one refused."""

    engines: Engines
    name: str
    store: Store

    def goes(self) -> None:
        with self.engines.server() as server:
            server.execute(f"alter database {self.name} allow_connections false")
            server.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [self.name])

    def returns(self) -> None:
        with self.engines.server() as server:
            server.execute(f"alter database {self.name} allow_connections true")
        assert self.store.breaker.wait_closed(5)
