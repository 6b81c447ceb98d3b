"""The door of the REST API: who may ask, the weather over requests, the ledger, and Twilio's error bodies."""

import asyncio
import base64
import hmac
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from aiohttp import web

from hotline.simulator.errors import Refused, meaning, not_found, refused
from hotline.simulator.leg import Callbacks, Source
from hotline.simulator.network import Network

PREFIX = "/2010-04-01/"
HERE = "/2010-04-01/Accounts/{account}"
SILENCE = 60.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NETWORK = web.AppKey("network", Network)


class Fields:
    """The fields of a form body; a field may be repeated."""

    def __init__(self, body: str) -> None:
        self._values = parse_qs(body, keep_blank_values=True)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def get(self, name: str, default: str = "") -> str:
        return self._values.get(name, [default])[-1]

    def names(self) -> list[str]:
        return list(self._values)

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def true(self, name: str) -> bool:
        return self.get(name).lower() == "true"

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.get(name) or default)
        except ValueError:
            raise refused(20001, f"{name} is not a number") from None

    def within(self, name: str, least: float, most: float, default: float) -> float:
        value = self.number(name, default)
        if not least <= value <= most:
            raise refused(20001, f"{name} is from {least:g} to {most:g}")
        return value

    def source(self, name: str, method: str = "", default: str = "POST") -> Source | None:
        """The address a field names, with its method; None where it is absent."""
        if not self.get(name):
            return None
        if not re.match(r"https?://[^/]", self.get(name)):
            raise refused(21205, f"{name} is not a valid URL")
        return Source(self.get(name), self.get(method or f"{name}Method", default))

    def as_dict(self) -> dict[str, str]:
        return {name: " ".join(values) for name, values in self._values.items()}


async def fields(request: web.Request) -> Fields:
    return Fields(await request.text())


def callbacks(given: Fields, prefix: str = "StatusCallback") -> Callbacks:
    """What a request says of its callbacks: where, how, and of which events (completed, where it does not say)."""
    source = given.source(prefix)
    named = frozenset(event for value in given.all(f"{prefix}Event") or ["completed"] for event in value.split())
    return Callbacks() if source is None else Callbacks(source.url, source.method, named)


def within(instant: datetime | None, query: "dict[str, str]", name: str) -> bool:
    """Whether an instant passes the three date filters of a list: on the day or at the second, before, after."""
    for sign in ("", "<", ">"):
        if f"{name}{sign}" not in query:
            continue
        if instant is None:
            return False
        bound, day = _bound(query[f"{name}{sign}"])
        # The SDKs write a day as its first instant where it is asked for by itself.
        day = day or (not sign and bound.time() == datetime.min.time())
        length = timedelta(days=1) if day else timedelta(seconds=1)
        passes = {"": bound <= instant < bound + length, "<": instant < bound + length, ">": instant >= bound}
        if not passes[sign]:
            return False
    return True


def _bound(text: str) -> tuple[datetime, bool]:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise refused(20001, f"{text} is not a date") from None
    day = len(text) == 10
    return (instant if instant.tzinfo else datetime.fromisoformat(f"{instant.isoformat()}+00:00")), day


@web.middleware
async def carrier(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every REST request: written down, let in, rained upon, answered in Twilio's manner."""
    if not request.path.startswith(PREFIX):
        return await handler(request)
    network = request.app[NETWORK]
    given = await fields(request)
    entry = network.ledger.write("rest", method=request.method, path=request.path_qs, form=given.as_dict())
    rule = network.weather.over_request(request.method, request.path, given.as_dict())
    if rule is not None and rule.answer == "nothing":
        entry["status"] = "nothing"
        return await _silence(request)
    try:
        _let_in(request, network)
        if rule is not None and isinstance(rule.answer, int):
            code = rule.code or {429: 20429, 500: 20500}.get(rule.answer, 20001)
            raise Refused(rule.answer, code, f"{meaning(code)}: the weather")
        response = await handler(request)
    except Refused as refusal:
        response = web.json_response(refusal.body(), status=refusal.status)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        response = web.json_response(not_found(request.path).body(), status=404)
    entry["status"] = response.status
    if rule is not None and rule.answer == "timeout_after_accepting":
        return await _silence(request)
    return response


async def _silence(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(SILENCE)
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=504)


def _let_in(request: web.Request, network: Network) -> None:
    settings = network.settings
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    try:
        user, _, token = base64.b64decode(given).decode().partition(":")
    except ValueError:
        user, token = "", ""
    known = [hmac.compare_digest(token.encode(), each.encode()) for each in settings.tokens]
    if kind.lower() != "basic" or user != settings.account or not any(known):
        raise Refused(401, 20003, "Authenticate")
    parts = request.path.split("/")
    if len(parts) > 3 and parts[3].removesuffix(".json") != settings.account:
        raise not_found(request.path)
