"""Telephones for tests: `device("+1514…").dials(LINE).hears("…").presses("9")`, over the simulator's control API.

Every wait is in line seconds, plus a few of the wall for the machine, and ends in an AssertionError that tells all.
"""

import json
import time
import unicodedata
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

GRACE = 10.0
OPENER = build_opener(ProxyHandler({}))


def plain(text: str) -> str:
    """Words as they are compared: one case, one space, one kind of apostrophe."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\u2019", "'").casefold().split())


class Telephone:
    """The simulator's control API, and the handsets of it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self.pace = float(self.ask("GET", "/sim/network")["pace"])

    def ask(self, method: str, path: str, body: Any = None, deadline: float = 10.0) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}{path}", data, {"Content-Type": "application/json"}, method=method)
        try:
            with OPENER.open(request, timeout=deadline) as response:
                return json.load(response)
        except HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def device(self, number: str) -> "Device":
        return Device(self, number)

    def ledger(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Every webhook, REST request and fault so far, or those of one kind."""
        entries: list[dict[str, Any]] = self.ask("GET", f"/sim/ledger{f'?kind={kind}' if kind else ''}")["entries"]
        return entries

    def faults(self) -> list[dict[str, Any]]:
        return self.ledger("fault")

    def weather(self, *rules: dict[str, Any]) -> None:
        self.ask("POST", "/sim/weather", list(rules))

    def fair_weather(self) -> None:
        self.ask("DELETE", "/sim/weather")

    def reset(self) -> None:
        self.ask("POST", "/sim/reset")

    def eventually(self, found: Callable[[], Any], within: float = 20, what: str = "it") -> Any:
        """The first true value of a look that is repeated."""
        deadline = time.monotonic() + within / self.pace + GRACE
        while not (value := found()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not happen within {within} s: {value!r}")
            time.sleep(0.02)
        return value


class Device:
    """One handset. What it has heard is matched in order, each word once."""

    def __init__(self, network: Telephone, number: str) -> None:
        self.number = number
        self._network = network
        self._path = f"/sim/handsets/{quote(number)}"
        self._seen: list[dict[str, Any]] = []
        self._at: dict[str, tuple[int, int]] = {}
        network.ask("PUT", self._path)
        self._take()
        self._start = len(self._seen)

    def dials(self, to: str, shown: str | None = None) -> "Device":
        self._new_call()
        return self._does("dial", {"to": to} | ({} if shown is None else {"from_shown": shown}))

    def answers(self) -> "Device":
        self._new_call()
        return self._does("answer")

    def declines(self) -> "Device":
        return self._does("decline")

    def presses(self, keys: str) -> "Device":
        return self._does("press", {"keys": keys})

    def hangs_up(self) -> "Device":
        return self._does("hangup")

    def says(self, words: str) -> "Device":
        return self._does("say", {"words": words})

    def texts(self, body: str, to: str) -> "Device":
        return self._does("text", {"to": to, "body": body})

    def behaves(self, behaviour: str, after: float | None = None) -> "Device":
        return self._does("mode", {"behaviour": behaviour, "after": after})

    def rings(self, within: float = 30) -> "Device":
        self._wait("ringing", None, within, "ring")
        return self

    def hears(self, words: str, within: float = 20) -> "Device":
        """Waits until the words are heard, after those last waited for."""
        self._wait("heard", words, within, f"hear {words!r}")
        return self

    def receives(self, words: str, within: float = 20) -> str:
        """Waits for a text that holds the words, and gives its whole body."""
        body: str = self._wait("text", words, within, f"receive {words!r}")["body"]
        return body

    def is_cut_off(self, within: float = 20) -> "Device":
        self._wait("ended", None, within, "be cut off")
        return self

    def does_not_hear(self, words: str, within: float = 0) -> "Device":
        """Nothing since the words last waited for holds these, for so many seconds from now."""
        return self._has_not("heard", words, within)

    def does_not_receive(self, words: str = "", within: float = 0) -> "Device":
        return self._has_not("text", words, within)

    def does_not_ring(self, within: float = 0) -> "Device":
        return self._has_not("ringing", "", within)

    @property
    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self._network.ask("GET", self._path)["calls"]
        return calls

    @property
    def call(self) -> dict[str, Any]:
        return self.calls[-1]

    def moments(self, kind: str, words: str = "") -> list[datetime]:
        """Every instant of line time at which such an event came, with these words in it."""
        self._take()
        events = (event for event in self._seen if event["kind"] == kind and plain(words) in plain(_words(event)))
        return [datetime.fromisoformat(event["at"]) for event in events]

    def spoken(self) -> list[dict[str, Any]]:
        """What the line itself said in the present call, in order; not what people said."""
        return [heard for heard in self.call["heard"] if heard["via"] == "say"]

    def _does(self, what: str, body: dict[str, Any] | None = None) -> "Device":
        self._network.ask("POST", f"{self._path}/{what}", body or {})
        return self

    def _new_call(self) -> None:
        """What an earlier call said, or its end, is not taken for this one's."""
        self._take()
        self._at |= {"heard": (len(self._seen), 0), "ended": (len(self._seen), 0)}

    def _take(self, wait: float = 0) -> None:
        """Reads the events that came, waiting so long on the wall for the first."""
        path = f"{self._path}/events?after={len(self._seen)}&wait={wait:.2f}"
        self._seen += self._network.ask("GET", path, deadline=wait + 10)["events"]

    def _wait(self, kind: str, words: str | None, within: float, deed: str) -> dict[str, Any]:
        deadline = time.monotonic() + within / self._network.pace + GRACE
        while (event := self._match(kind, words)) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{self.number} did not {deed} within {within} s. Its story:\n{self._story()}")
            self._take(max(0.05, min(left, 5.0)))
        return event

    def _match(self, kind: str, words: str | None) -> dict[str, Any] | None:
        start, offset = self._at.get(kind, (self._start, 0))
        for index in range(start, len(self._seen)):
            event = self._seen[index]
            if event["kind"] != kind or (index == start and offset and not words):
                continue  # another sort, or no words asked for and this one was matched already
            text, wanted = plain(_words(event)), plain(words or "")
            found = text.find(wanted, offset if index == start else 0)
            if found >= 0:
                self._at[kind] = (index, found + len(wanted)) if wanted else (index + 1, 0)
                return event
        return None

    def _has_not(self, kind: str, words: str, within: float) -> "Device":
        self._take()
        deadline = time.monotonic() + within / self._network.pace
        while True:
            before = dict(self._at)
            if self._match(kind, words) is not None:
                self._at = before
                raise AssertionError(f"{self.number}: {kind} {words!r}, and should not. Its story:\n{self._story()}")
            if (left := deadline - time.monotonic()) <= 0:
                return self
            self._take(left)

    def _story(self) -> str:
        return "\n".join(f"  {event['at'][11:19]} {event['kind']:9} {_words(event)}" for event in self._seen)


def _words(event: dict[str, Any]) -> str:
    kept: Iterable[str] = (str(event[name]) for name in ("text", "body", "key", "to", "conference") if event.get(name))
    return " ".join(kept)
