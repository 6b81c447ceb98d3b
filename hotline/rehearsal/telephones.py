"""The telephones of a rehearsal, held over the simulator's control API: HTTP only, nothing of it is imported."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

DEADLINE = 10.0
OPENER = build_opener(ProxyHandler({}))


class Refused(Exception):
    """The network would not: the telephone was not in a call any more, or the weather is none it knows."""


def plain(text: str) -> str:
    """Words as they are compared: one case, one space, one kind of apostrophe."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\u2019", "'").casefold().split())


class Exchange:
    """The control API of one simulator."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def ask(self, method: str, path: str, body: Any = None, wait: float = 0.0) -> Any:
        """What it answers; Refused where it answers no."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with OPENER.open(request, timeout=DEADLINE + wait) as response:
                return json.load(response)
        except HTTPError as error:
            with error:
                raise Refused(f"{method} {path}: {error.code} {error.read().decode()}") from None

    @property
    def idle(self) -> bool:
        """Whether no telephone is in a call, no text on its way and nothing asked of the line."""
        return bool(self.ask("GET", "/sim/network")["idle"])

    def ledger(self) -> list[dict[str, Any]]:
        """Everything the carrier asked of the line, was asked by it, and found wrong with it."""
        entries: list[dict[str, Any]] = self.ask("GET", "/sim/ledger")["entries"]
        return entries

    def weather(self, rules: tuple[Mapping[str, Any], ...]) -> None:
        """Orders what goes wrong."""
        self.ask("POST", "/sim/weather", [dict(rule) for rule in rules])


class Telephone:
    """One of them: what it lived through, in order, and what may be done with it."""

    def __init__(self, exchange: Exchange, number: str) -> None:
        self.number = number
        self.events: list[dict[str, Any]] = []
        self._exchange = exchange
        self._path = f"/sim/handsets/{quote(number)}"
        exchange.ask("PUT", self._path)

    def take(self, wait: float = 0.0) -> list[dict[str, Any]]:
        """What is new, waiting so long on the wall for the first of it."""
        path = f"{self._path}/events?after={len(self.events)}&wait={wait:.2f}"
        new: list[dict[str, Any]] = self._exchange.ask("GET", path, wait=wait)["events"]
        self.events += new
        return new

    def does(self, what: str, **about: Any) -> None:
        """dial, answer, decline, press, hangup, say, text or mode; Refused where it cannot."""
        self._exchange.ask("POST", f"{self._path}/{what}", about)

    @property
    def view(self) -> dict[str, Any]:
        """What the handset shows: its calls, its texts."""
        shown: dict[str, Any] = self._exchange.ask("GET", self._path)
        return shown

    @property
    def call(self) -> dict[str, Any] | None:
        """The latest call."""
        calls = self.view["calls"]
        return calls[-1] if calls else None

    @property
    def in_company(self) -> bool:
        """In a room, and not alone there."""
        call = self.call
        return call is not None and call["conference"] is not None and not call["alone"]

    @property
    def in_call(self) -> bool:
        """Ringing somebody, being rung, or talking."""
        call = self.call
        return call is not None and call["status"] != "ended"
