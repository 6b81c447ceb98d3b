"""The network: every handset, leg, room, queue and text of one simulated carrier, and the ways calls begin.

It joins the parts; what a document does is the executor's, what a text does is the post office's.
"""

import asyncio
import math
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from hotline.simulator.clock import rfc2822, whole_seconds
from hotline.simulator.courier import Courier
from hotline.simulator.dialing import dial
from hotline.simulator.executor import Executor
from hotline.simulator.handsets import Handset
from hotline.simulator.joining import enqueue
from hotline.simulator.ledger import Ledger
from hotline.simulator.leg import Direction, HungUp, Leg, Redirected, Source
from hotline.simulator.messages import PostOffice
from hotline.simulator.queues import Queue
from hotline.simulator.recording import Recording, record
from hotline.simulator.rooms import Room
from hotline.simulator.settings import Settings
from hotline.simulator.weather import Weather

SIP_CODES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
SECONDS_TO_JUDGE = 3.0
SECONDS_TO_SETTLE = 1.0
EVENTS = {"initiated": "initiated", "ringing": "ringing", "answered": "answered", "ended": "completed"}


class Network:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = settings.clock
        self.origin = ""
        self.weather = Weather()
        self.ledger = Ledger(self.clock.now)
        self.courier = Courier(settings, self.ledger, self.weather)
        self.executor = Executor(self, {"Dial": dial, "Enqueue": enqueue, "Record": record})
        self.post_office = PostOffice(self)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._clear()

    def _clear(self) -> None:
        self.handsets = {number: Handset(number, self.clock) for number, _ in self.settings.responders}
        self.legs: dict[str, Leg] = {}
        self.rooms: list[Room] = []
        self.queues: dict[str, Queue] = {}
        self.recordings: dict[str, Recording] = {}
        self._next_departure = self.clock.now()

    def start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[None]") -> None:
        """A call must not fail unseen by a mistake of the network itself."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.ledger.fault(0, f"the simulator itself failed: {error!r}")

    async def reset(self) -> None:
        """Ends everything without a word to the line, and forgets it."""
        self.courier.mute = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.courier.settle(SECONDS_TO_SETTLE)
        self.courier.mute = False
        self.weather.rules.clear()
        self.ledger.clear()
        self.post_office.clear()
        self._clear()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await self.courier.close()

    def handset(self, number: str) -> Handset:
        return self.handsets.setdefault(number, Handset(number, self.clock))

    def room(self, name: str) -> Room:
        """The room of that name that is not over, made on first use."""
        for room in self.rooms:
            if room.name == name and room.status != "completed":
                return room
        room = Room(name, self.settings.account, self.clock, self.courier.send_later)
        self.rooms.append(room)
        return room

    def find_room(self, sid_or_name: str) -> Room | None:
        return next((room for room in reversed(self.rooms) if sid_or_name in (room.sid, room.name)), None)

    def queue(self, name: str) -> Queue:
        return self.queues.setdefault(name, Queue(name, self.clock))

    def open_leg(self, direction: Direction, from_: str, to: str, parent: Leg | None = None) -> Leg:
        leg = Leg(self.clock, self.settings.account, direction, from_, to, parent)
        leg.on_change = self._leg_changed
        self.legs[leg.sid] = leg
        return leg

    def dial_in(self, handset: Handset, to: str, shown: str | None) -> Leg:
        """A handset dials: one of the line's numbers rings at its webhook, any other number rings for nobody."""
        leg = self.open_leg("inbound", handset.number if shown is None else shown, to)
        handset.takes(leg)
        handset.note("dialling", call=leg.sid, to=to)
        leg.hear("[sonnerie]", via="ring")
        ours = to in self.settings.numbers
        self.start(self.executor.live(leg, Source(self.settings.voice_url)) if ours else self._ring_out(leg))
        return leg

    def call_out(self, leg: Leg, source: Source, patience: float) -> None:
        """A call asked for over REST: it leaves in its turn, rings, and plays its document when answered."""
        now = self.clock.now()
        departure = max(now, self._next_departure)
        self._next_departure = departure + timedelta(seconds=1 / self.settings.calls_per_second)
        leg.queue_time = round((departure - now).total_seconds() * 1000)
        self.start(self._outbound(leg, source, patience, departure))

    async def ring(self, leg: Leg, seconds: float) -> str:
        """How a telephone answers: answered, busy, no-answer. Nobody's number, or one that is off, rings in vain."""
        leg.change("initiated")
        leg.status = "ringing"
        leg.change("ringing")
        handset = self.handsets.get(leg.to)
        if handset is None or not handset.on:
            await leg.sleep(seconds)
            return "no-answer"
        return await leg.during(handset.ring(leg, seconds))

    def say(self, handset: Handset, words: str) -> bool:
        """Lets whoever is on the other side hear the words: a recording, a room, or the telephone it is joined to."""
        leg = handset.current
        if leg is None or leg.status != "in-progress":
            return False
        if leg.spoken is not None:
            leg.spoken.put_nowait(words)
        elif leg.room is not None:
            self.room(leg.room).say(leg, words)
        elif leg.bridge is not None:
            leg.bridge.hear(words, via="room")
        else:
            return False
        return True

    async def _ring_out(self, leg: Leg) -> None:
        try:
            await leg.sleep(60)
            leg.end("no-answer")
        except (HungUp, Redirected):
            leg.end("canceled")

    async def _outbound(self, leg: Leg, source: Source, patience: float, departure: datetime) -> None:
        try:
            await leg.sleep((departure - self.clock.now()).total_seconds())
            outcome = await self.ring(leg, patience)
        except HungUp:
            leg.end("canceled")
            return
        if outcome != "answered":
            leg.end(outcome)
            return
        leg.answer()
        if leg.machine_detection:
            await self._detect_machine(leg)
        await self.executor.live(leg, source)

    async def _detect_machine(self, leg: Leg) -> None:
        """The verdict, before the document is requested or beside it where the call asked for that."""
        if leg.verdict_to is not None:
            self.start(self._send_verdict(leg, leg.verdict_to))
            return
        await self._verdict(leg)

    async def _verdict(self, leg: Leg) -> None:
        handset = self.handsets.get(leg.to)
        behaviour = handset.behaviour if handset is not None else "hand"
        ends = leg.machine_detection == "DetectMessageEnd"
        machine = "machine_end_beep" if ends else "machine_start"
        verdicts = {"voicemail": machine, "answers_and_says_nothing": "unknown"}
        try:
            await leg.sleep(SECONDS_TO_JUDGE)
            leg.answered_by = verdicts.get(behaviour, "human")
        except (HungUp, Redirected):
            pass  # the call's own life deals with it

    async def _send_verdict(self, leg: Leg, source: Source) -> None:
        await self._verdict(leg)
        if leg.answered_by is not None and source.url:
            form = {"AccountSid": leg.account, "CallSid": leg.sid, "AnsweredBy": leg.answered_by}
            form["MachineDetectionDuration"] = str(round(SECONDS_TO_JUDGE * 1000))
            self.courier.send_later(source.url, source.method, form, "status", leg.sid)

    def _leg_changed(self, leg: Leg, kind: str, details: dict[str, Any]) -> None:
        if kind == "answered" and leg.direction != "inbound":
            self._voicemail(leg)
        if kind not in EVENTS:
            return
        if leg.direction == "inbound" and kind == "ended" and leg.to in self.settings.numbers:
            self._progress(leg, kind, self.settings.voice_status_url, "POST")
        elif leg.callbacks.url and EVENTS[kind] in leg.callbacks.events:
            self._progress(leg, kind, leg.callbacks.url, leg.callbacks.method)

    def _voicemail(self, leg: Leg) -> None:
        handset = self.handsets.get(leg.to)
        if handset is not None and handset.behaviour == "voicemail":
            self.start(self._greet(handset))

    async def _greet(self, handset: Handset) -> None:
        await self.clock.sleep(1)
        self.say(handset, handset.greeting)

    def _progress(self, leg: Leg, kind: str, url: str, method: str) -> None:
        form = leg.form() | {
            "CallStatus": "initiated" if kind == "initiated" else leg.status,
            "SequenceNumber": str(leg.sequence),
            "Timestamp": rfc2822(self.clock.now()) or "",
            "CallbackSource": "call-progress-events",
        }
        leg.sequence += 1
        if kind == "ended":
            seconds = whole_seconds(leg.answered_at, leg.ended_at)
            form |= {"CallDuration": str(seconds), "SipResponseCode": SIP_CODES[leg.status]}
            if leg.status == "completed":
                form["Duration"] = str(math.ceil(seconds / 60))
        self.courier.send_later(url, method, form, "status", leg.sid)
