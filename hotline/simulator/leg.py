"""One leg of a call: who it joins, where it stands, what is heard on it, and the ways its document can be cut.

Everything a document waits for goes through `during`, so that a hang-up or a redirect stops it at any point.
"""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from hotline.simulator.clock import LineClock

if TYPE_CHECKING:
    from hotline.simulator.tapes import Recording

T = TypeVar("T")
Direction = Literal["inbound", "outbound-api", "outbound-dial"]
OVER = frozenset(("completed", "busy", "failed", "no-answer", "canceled"))


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def fixed_sid(prefix: str, text: str) -> str:
    return prefix + hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def hushed(task: "asyncio.Future[T]") -> "asyncio.Future[T]":
    """A task that may be dropped: what it raises after that is nobody's business."""
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


@dataclass(frozen=True)
class Source:
    """Where the next document comes from: an address, or TwiML given inline."""

    url: str = ""
    method: str = "POST"
    twiml: str | None = None
    form: dict[str, str] = field(default_factory=dict)


class HungUp(Exception):
    def __init__(self, over_rest: bool = False) -> None:
        super().__init__()
        self.over_rest = over_rest


class Redirected(Exception):
    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source


class Handover:
    """A queued leg on its way to the Dial that took it: ready when it may be joined, parted when one of them left."""

    def __init__(self, taker: "Leg", whisper: Source | None, seconds: int) -> None:
        loop = asyncio.get_running_loop()
        self.taker = taker
        self.whisper = whisper
        self.seconds = seconds
        self.ready: asyncio.Future[None] = loop.create_future()
        self.parted: asyncio.Future[None] = loop.create_future()

    def part(self) -> None:
        if not self.parted.done():
            self.parted.set_result(None)


class Taken(Exception):
    """A Dial has taken this leg out of its queue."""

    def __init__(self, handover: Handover) -> None:
        super().__init__()
        self.handover = handover


Cut = HungUp | Redirected | Taken


@dataclass(frozen=True)
class Callbacks:
    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset(("completed",))


class Leg:
    # As a leg begins; what happens to it changes them.
    queue_time = 0
    answered_by: str | None = None
    machine_detection = ""
    detection_seconds = 0.0
    detection_limit = 30.0
    answers_as = "hand"
    send_digits = ""
    redirected = False
    doomed = False
    sequence = 0

    def __init__(
        self, clock: LineClock, account: str, direction: Direction, from_: str, to: str, parent: "Leg | None" = None
    ) -> None:
        self.clock = clock
        self.account = account
        self.sid = new_sid("CA")
        self.direction: Direction = direction
        self.from_ = from_
        self.to = to
        self.parent = parent
        self.status = "ringing" if direction == "inbound" else "queued"
        self.created_at = self.updated_at = clock.now()
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.callbacks = Callbacks()
        self.fallback: Source | None = None
        self.verdict_to: Source | None = None
        self.details: dict[str, str] = {}
        self.tapes: list[Recording] = []
        self.recorded: Recording | None = None
        self.heard: list[dict[str, Any]] = []
        self.spoken: asyncio.Queue[str] | None = None
        self.room: str | None = None
        self.queue: str | None = None
        self.muted = self.on_hold = self.alone = False
        self.bridge: Leg | None = None
        # Where a number of the line calls another of its numbers, each leg is the other's telephone.
        self.far: Leg | None = None
        self.on_change: Callable[[Leg, str, dict[str, Any]], None] = lambda leg, kind, details: None
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._cut: asyncio.Future[Cut] = asyncio.get_running_loop().create_future()
        self._keys: asyncio.Queue[str] | None = None

    @property
    def live(self) -> bool:
        return self.status not in OVER

    @property
    def gone(self) -> bool:
        return self._cut.done() and isinstance(self._cut.result(), HungUp)

    @property
    def person(self) -> str:
        """The number of whoever is on this leg: the one who called us, or the one we called."""
        return self.from_ if self.direction == "inbound" else self.to

    def change(self, kind: str, **details: Any) -> None:
        self.updated_at = self.clock.now()
        self.on_change(self, kind, details)

    def answer(self) -> None:
        if self.answered_at is None:
            self.status, self.answered_at = "in-progress", self.clock.now()
            self.answered.set_result(None)
            self.change("answered")

    def end(self, status: str) -> None:
        if not self.live:
            return
        self.status, self.ended_at = status, self.clock.now()
        self.cut(HungUp())
        self.over.set_result(status)
        self.change("ended", outcome=status)

    def hear(self, text: str, language: str = "", via: str = "say") -> dict[str, Any]:
        entry = {"at": self.clock.now().isoformat(), "text": text, "language": language, "via": via}
        self.heard.append(entry)
        self.change("heard", **entry)
        return entry

    def cut(self, how: Cut) -> None:
        """Stops what the leg is doing; the last redirect counts, and a hang-up outlasts them all."""
        self.mend()
        if not self._cut.done():
            self._cut.set_result(how)

    def mend(self) -> None:
        if self._cut.done() and not self.gone:
            self._cut = asyncio.get_running_loop().create_future()

    async def during(self, work: Awaitable[T]) -> T:
        """The outcome of the work, or HungUp or Redirected when the leg is cut first."""
        # Held here: whoever else this cut stops may have mended the leg before we wake.
        task, cut = hushed(asyncio.ensure_future(work)), self._cut
        try:
            waits: set[asyncio.Future[Any]] = {task, cut}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if cut.done():
                raise cut.result()
            return task.result()
        finally:
            task.cancel()

    async def sleep(self, seconds: float) -> None:
        await self.during(self.clock.sleep(seconds))

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[str]]:
        """Keys pressed meanwhile arrive here; without a listener they are lost."""
        before, self._keys = self._keys, asyncio.Queue()
        try:
            yield self._keys
        finally:
            self._keys = before

    def press(self, key: str) -> bool:
        if self._keys is None:
            return False
        self._keys.put_nowait(key)
        return True

    def form(self) -> dict[str, str]:
        """The standard parameters of every voice webhook."""
        form = {
            "CallSid": self.sid,
            "AccountSid": self.account,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "CallStatus": self.status,
            "ApiVersion": "2010-04-01",
            "Direction": self.direction,
        }
        for side, number in (("From", self.from_), ("Caller", self.from_), ("To", self.to), ("Called", self.to)):
            form |= geography(side, number)
        if self.direction == "inbound":
            form["CallToken"] = call_token(self.sid)
        if self.parent is not None:
            form["ParentCallSid"] = self.parent.sid
        if self.answered_by is not None:
            form["AnsweredBy"] = self.answered_by
            form["MachineDetectionDuration"] = str(round(self.detection_seconds * 1000))
        return form | self.details


def call_token(sid: str) -> str:
    """URL-encoded JSON, as Twilio gives it; ours names the call and nothing else."""
    return f"%7B%22call%22%3A%22{sid}%22%7D"


def geography(side: str, number: str) -> dict[str, str]:
    """Where a number was issued, as Twilio guesses it: never where a person is."""
    montreal = number.startswith(("+1514", "+1438"))
    values = {"City": "", "State": "QC" if montreal else "", "Zip": "", "Country": "CA" if montreal else ""}
    return {f"{side}{name}": value for name, value in values.items()}
