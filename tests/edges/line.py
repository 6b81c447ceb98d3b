"""A whole line in one process for edge tests: the real app, database and Redis, and requests signed as by Twilio."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask
from sqlalchemy import text
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

from config.settings import WebSettings, read
from hotline.conversation import Line
from hotline.rules.phone import for_responder
from hotline.store import roster
from hotline.webhooks import create_app, door_of

LINE = "+15145550100"
CALLER = "+15145550123"
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

    def writes(self, body: str, sid: str = "SM1", number: str = CALLER) -> TestResponse:
        """A text comes in."""
        fields = {"MessageSid": sid, "From": number, "To": LINE, "Body": body, "NumMedia": "0"}
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


def carrier_for(environ: Mapping[str, str], database: str, redis_url: str, data: Path) -> Carrier:
    """The app over a fresh database with a team of two on duty at every hour."""
    told = {**environ, "DATABASE_URL": database, "REDIS_URL": redis_url, "HOTLINE_DATA": str(data)}
    carrier = Carrier(create_app(read(WebSettings, told)), told)
    line = carrier.line
    with line.store.turn() as conn:
        for name, number, rank in TEAM:
            roster.add_responder(
                conn, line.sealer, name, for_responder(number), rank, ["fr", "en"], True, line.clock.now()
            )
    line.roster.refresh()
    return carrier
