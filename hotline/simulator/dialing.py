"""Dial to telephones: they ring together; the first to answer wins, even a machine, hears its whisper, and is joined.

The dialled legs live their own lives: one redirected over REST leaves the Dial and goes on alone.
"""

import asyncio
import re
from collections.abc import Iterable

from hotline.simulator import calling, twiml
from hotline.simulator.clock import whole_seconds
from hotline.simulator.courier import WebhookFailed
from hotline.simulator.executor import Context, Document, Executor
from hotline.simulator.handing import dial_queue
from hotline.simulator.joining import conference, first, pressed_star
from hotline.simulator.leg import Callbacks, HungUp, Leg, Redirected, Source
from hotline.simulator.tapes import Recording, tape, told_by, untape
from hotline.simulator.twiml import Verb

WHISPER = Context(twiml.WHISPER)
ADDED_BY_TWILIO = 5
E164 = re.compile(r"\+[1-9]\d{6,14}")


async def dial(executor: Executor, leg: Leg, verb: Verb, document: Document) -> Source | None:
    if verb.children and verb.children[0].name == "Conference":
        return await conference(executor, leg, verb, document)
    if verb.children and verb.children[0].name == "Queue":
        return await dial_queue(executor, leg, verb, document)
    attempt = Attempt(executor, leg, verb, document)
    try:
        await attempt.run()
    except HungUp:
        executor.report(leg, executor.follow(leg, verb, document, attempt.form("canceled")))
        raise
    return executor.follow(leg, verb, document, attempt.form())


def record_bridge(executor: Executor, leg: Leg, child: Leg, verb: Verb, document: Document) -> Recording | None:
    """The recording of a Dial, where its `record` asks for one; one channel for each side where it says dual."""
    mode = verb.get("record", "do-not-record")
    if mode in ("do-not-record", "false"):
        return None
    recording = calling.recording_of(
        leg, "DialVerb", 2 if mode.endswith("-dual") else 1, verb.get("recordingTrack") or "both"
    )
    recording.told = told_by(executor.callback(leg, verb, document), verb.get("recordingStatusCallbackEvent"))
    return tape(executor.network.archive, recording, leg, child)


class Attempt:
    """One Dial, from the first ring to the parting."""

    def __init__(self, executor: Executor, leg: Leg, verb: Verb, document: Document) -> None:
        self._executor = executor
        self._leg = leg
        self._verb = verb
        self._document = document
        self._seconds = verb.number("timeout", 30) + ADDED_BY_TWILIO
        self._legs: list[Leg] = []
        self._lives: list[asyncio.Task[None]] = []
        self._winner: asyncio.Future[Leg] = asyncio.get_running_loop().create_future()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._parted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._bridged = False
        self._tape: Recording | None = None

    async def run(self) -> None:
        caller = self._verb.get("callerId", self._leg.from_)
        if caller not in (*self._executor.network.numbers, self._leg.from_, self._leg.to):
            self._executor.network.ledger.fault(13214, "callerId is not a number of the line", call=self._leg.sid)
            return
        nouns = self._verb.children or (Verb("Number", {}, self._verb.text, ()),)
        try:
            for group in [[noun] for noun in nouns] if self._verb.true("sequential") else [list(nouns)]:
                await self._leg.during(self._ring(caller, group))
                if self._winner.done():
                    break
            if self._winner.done():
                await self._leg.during(self._join(self._winner.result()))
        finally:
            self._part()

    def form(self, unanswered: str | None = None) -> dict[str, str]:
        """What the Dial's action is told."""
        won = self._winner.result() if self._winner.done() else None
        last = won or (self._legs[-1] if self._legs else None)
        statuses = {leg.status for leg in self._legs}
        status = unanswered or next((one for one in ("no-answer", "busy", "failed") if one in statuses), "failed")
        form = {"DialCallStatus": "completed" if won else status, "DialBridged": str(self._bridged).lower()}
        if last is not None:
            form["DialCallSid"] = last.sid
        if won is not None:
            end = won.ended_at or won.clock.now()
            form["DialCallDuration"] = str(whole_seconds(won.answered_at, end))
        if self._tape is not None:
            form["RecordingUrl"] = self._executor.network.archive.url(self._tape)
        return form

    async def _ring(self, caller: str, nouns: Iterable[Verb]) -> None:
        if self._leg.status == "in-progress":
            self._leg.hear("[sonnerie]", via="ring")
        group = [asyncio.create_task(self._life(self._child(caller, noun), noun)) for noun in nouns]
        self._lives += group
        await first(self._winner, asyncio.wait(group))

    def _child(self, caller: str, noun: Verb) -> Leg:
        child = self._executor.network.open_leg("outbound-dial", caller, noun.text, self._leg)
        if noun.get("statusCallback"):
            url = self._executor.address(self._leg, self._document, noun.get("statusCallback"), "statusCallback")
            events = frozenset(noun.get("statusCallbackEvent", "completed").split())
            child.callbacks = Callbacks(url, noun.get("statusCallbackMethod", "POST"), events)
        child.send_digits = noun.get("sendDigits")
        child.machine_detection = noun.get("machineDetection")
        if child.machine_detection:
            child.verdict_to = self._executor.callback(self._leg, noun, self._document, "amdStatusCallback")
            if child.verdict_to is None:
                self._executor.network.ledger.fault(21262, "machineDetection without its callback", call=child.sid)
        self._legs.append(child)
        return child

    async def _life(self, child: Leg, noun: Verb) -> None:
        try:
            outcome = await self._reach(child, noun.text)
            if outcome != "answered" or self._winner.done():
                child.end("canceled" if outcome == "answered" else outcome)
                return
            self._winner.set_result(child)
            child.answer()
            if child.verdict_to is not None:
                await calling.detect(self._executor.network, child)
            await self._whisper(child, noun)
            self._ready.set_result(None)
            await child.during(asyncio.Event().wait())
        except Redirected as cut:
            child.mend()
            self._parting()
            self._executor.network.start(self._executor.live(child, cut.source))
            return
        except (HungUp, WebhookFailed):
            pass  # the leg ends below; a failure is already in the ledger
        child.end("completed" if child.answered_at else "canceled")
        if self._winner.done() and self._winner.result() is child:
            self._parting()

    async def _reach(self, child: Leg, number: str) -> str:
        if not E164.fullmatch(number):
            self._executor.network.ledger.fault(13223, "Dial to what is not a telephone number", call=self._leg.sid)
            return "failed"
        return await calling.ring(self._executor.network, child, self._seconds)

    async def _whisper(self, child: Leg, noun: Verb) -> None:
        source = self._executor.follow(self._leg, noun, self._document, {}, "url")
        if source is not None:
            await self._executor.run(child, source, WHISPER)

    async def _join(self, child: Leg) -> None:
        for other in self._legs:
            if other is not child:
                other.cut(HungUp())
        await first(self._ready, self._parted)
        if not self._ready.done() or self._parted.done():
            return
        self._leg.answer()
        self._bridged = True
        self._leg.bridge, child.bridge = child, self._leg
        self._tape = record_bridge(self._executor, self._leg, child, self._verb, self._document)
        self._leg.change("joined")
        child.change("joined")
        star = pressed_star(self._leg) if self._verb.true("hangupOnStar") else asyncio.Event().wait()
        await first(self._parted, star, self._leg.clock.sleep(self._verb.number("timeLimit", 14400)))

    def _parting(self) -> None:
        if not self._parted.done():
            self._parted.set_result(None)

    def _part(self) -> None:
        """Unties the two; a dialled leg that was not sent elsewhere is hung up."""
        was_bridged, self._leg.bridge = self._leg.bridge, None
        if was_bridged is not None:
            was_bridged.bridge = None
            if self._tape is not None:
                untape(self._executor.network.archive, self._tape, self._leg, was_bridged)
            self._leg.change("left")
        gone_elsewhere = self._parted.done()
        for child in self._legs:
            if not (gone_elsewhere and self._winner.done() and child is self._winner.result()):
                child.cut(HungUp())
