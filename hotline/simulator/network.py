"""The network: every handset, leg, room, queue and text of one simulated carrier, and what is carried between them.

It joins the parts; how calls begin is `calling`'s, what a document does the executor's, what a text does the post
office's.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hotline.simulator import calling, progress
from hotline.simulator.courier import Courier
from hotline.simulator.dialing import dial
from hotline.simulator.executor import Executor
from hotline.simulator.handsets import Handset
from hotline.simulator.joining import enqueue
from hotline.simulator.ledger import Ledger
from hotline.simulator.leg import Direction, HungUp, Leg
from hotline.simulator.media import MediaStore
from hotline.simulator.messages import PostOffice
from hotline.simulator.numbers import numbers_of
from hotline.simulator.queues import Queue
from hotline.simulator.recording import record
from hotline.simulator.rooms import Room
from hotline.simulator.settings import Settings
from hotline.simulator.tapes import Archive
from hotline.simulator.weather import Weather

SECONDS_TO_SETTLE = 1.0
# A number of the line that calls another and joins both to one room would hear itself for ever.
DEEPEST_ECHO = 3


class Network:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = settings.clock
        self._origin = ""
        self.weather = Weather(settings.seed, self.clock.now, settings.weather_file)
        self.ledger = Ledger(self.clock.now)
        self.courier = Courier(settings, self.ledger, self.weather)
        self.executor = Executor(self, {"Dial": dial, "Enqueue": enqueue, "Record": record})
        self.archive = Archive(self.clock, self.courier.send_later)
        self.media = MediaStore(self.clock, settings.account)
        self.post_office = PostOffice(self)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._echo = 0
        self._clear()

    def _clear(self) -> None:
        self.handsets = {number: Handset(number, self.clock) for number, _ in self.settings.responders}
        self.numbers = numbers_of(self.settings)
        self.legs: dict[str, Leg] = {}
        self.rooms: list[Room] = []
        self.queues: dict[str, Queue] = {}
        self.archive.clear()
        self.media.clear()
        self.next_departure = self.clock.now()

    @property
    def origin(self) -> str:
        return self._origin

    @origin.setter
    def origin(self, url: str) -> None:
        self._origin = self.archive.origin = url
        self.media.place(url)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way: no call, no text, no request to the line."""
        talking = any(leg.live for leg in self.legs.values())
        return not (talking or self._tasks or self.courier.busy or self.post_office.busy)

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
        self.weather.clear()
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
        room = Room(name, self.settings.account, self.clock, self.courier.send_later, self.archive)
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

    def say(self, handset: Handset, words: str) -> bool:
        """Lets whoever is on the other side hear the words."""
        leg = handset.current
        return leg is not None and self.carry(leg, words)

    def carry(self, leg: Leg, words: str) -> bool:
        """Words at this leg's mouth go into a recording, a room, or the ear of the telephone it is joined to."""
        if leg.status != "in-progress" or self._echo > DEEPEST_ECHO:
            return False
        for tape in leg.tapes:
            tape.take(words)
        self._echo += 1
        try:
            if leg.spoken is not None:
                leg.spoken.put_nowait(words)
            elif leg.room is not None:
                self.room(leg.room).say(leg, words)
            elif leg.bridge is not None:
                leg.bridge.hear(words, via="room")
            else:
                return bool(leg.tapes)
        finally:
            self._echo -= 1
        return True

    def press(self, leg: Leg, key: str) -> None:
        """A key goes to the verb that listens and, as a sound, over a bridge; elsewhere it is lost."""
        if not leg.press(key):
            self.ledger.write("keys-lost", call=leg.sid, key=key)
        if leg.bridge is not None:
            leg.bridge.hear(f"[tonalité {key}]", via="play")
            if leg.bridge.far is not None:
                self.press(leg.bridge.far, key)

    def _leg_changed(self, leg: Leg, kind: str, details: dict[str, Any]) -> None:
        if kind == "answered":
            calling.answered(self, leg)
        elif kind == "heard":
            self._heard(leg, details)
        elif kind == "ended" and leg.far is not None and leg.far.status == "in-progress":
            leg.far.cut(HungUp())
        progress.tell(self, leg, kind)

    def _heard(self, leg: Leg, entry: dict[str, Any]) -> None:
        if entry["via"] not in ("say", "room"):
            return
        if leg.far is not None:
            self.carry(leg.far, entry["text"])
        if entry["via"] == "say" and not leg.doomed:
            rule = self.weather.over_listener(leg.person)
            if rule is not None:
                leg.doomed = True
                self.start(calling.hang_up_after(leg, rule.seconds or calling.SECONDS_OF_PATIENCE))
