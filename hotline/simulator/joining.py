"""Conference and Enqueue: the verbs that put a leg in a room or in a queue until it is taken out."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from hotline.simulator import twiml
from hotline.simulator.courier import WebhookFailed
from hotline.simulator.executor import Context, Document, Executor, LeftQueue, speak
from hotline.simulator.leg import Handover, HungUp, Leg, Redirected, Source, Taken, hushed
from hotline.simulator.queues import Queue
from hotline.simulator.rooms import MOST, Participant, Room
from hotline.simulator.tapes import Recording, told_by
from hotline.simulator.twiml import Verb

MUSIC = "[musique d'attente]"
BETWEEN_WAITS = 1.0
AMBIENT = Context(twiml.ROOM_WAIT)


async def conference(executor: Executor, leg: Leg, dial: Verb, document: Document) -> Source | None:
    """Holds the leg in a room until it leaves, is taken out, presses `*` where that is allowed, or the room ends."""
    noun = dial.children[0]
    answered = executor.follow(leg, dial, document, {"DialCallStatus": "answered"})
    room = executor.network.room(noun.text)
    refusal = _refusal(executor, room, leg, noun)
    if refusal:
        executor.network.ledger.fault(*refusal, call=leg.sid)
        room.coming.pop(leg.sid, None)
        return executor.follow(leg, dial, document, {"DialCallStatus": "failed"})
    if not room.members:
        _first_participant(executor, room, leg, noun, document)
    leg.answer()
    music = None
    if noun.get("waitUrl") and not room.starts_with(noun.true("startConferenceOnEnter", True)):
        music = await _music(executor, leg, noun, document)
        if music is None:
            return executor.follow(leg, dial, document, {"DialCallStatus": "failed"})
    member = _participant(leg, noun)
    leg.muted = noun.true("muted")
    room.join(member)
    if room.status == "init" and noun.get("waitUrl", "-"):
        member.music = _wait_in_room(executor, leg, music)
    await _stay(executor, room, member, dial.true("hangupOnStar"), answered)
    return answered


def _refusal(executor: Executor, room: Room, leg: Leg, noun: Verb) -> tuple[int, str] | None:
    """Why this leg may not join: the label is taken, the room is full, or the one to be coached is not there."""
    label, coached = noun.get("participantLabel"), noun.get("coach")
    others = [name for sid, (_, name) in room.coming.items() if sid != leg.sid]
    if label and (room.find(label) is not None or label in others):
        return 16025, "the participant label is in use"
    if len(room.members) >= min(room.most, int(noun.number("maxParticipants", MOST))):
        return 16020, "the conference is full"
    if coached and coached not in room.members:
        return 13240, "coach is not the call of a participant"
    return None


async def _music(executor: Executor, leg: Leg, noun: Verb, document: Document) -> Document | None:
    """The document of waitUrl; a participant whose waitUrl fails does not join, and the failure is a fault already."""
    source = executor.follow(leg, noun, document, {}, "waitUrl")
    assert source is not None
    try:
        return await executor.fetch(leg, source, AMBIENT)
    except WebhookFailed:
        return None


async def _stay(executor: Executor, room: Room, member: Participant, star: bool, answered: Source | None) -> None:
    leg, reason = member.leg, "participant_hung_up"
    try:
        await leg.during(first(member.left, pressed_star(leg) if star else asyncio.Event().wait()))
        reason = member.left.result() if member.left.done() else reason
    except Redirected:
        reason = "participant_updated_via_api"
        raise
    except HungUp as cut:
        reason = "participant_updated_via_api" if cut.over_rest else reason
        executor.report(leg, answered)
        raise
    finally:
        room.leave(member, reason)


def _participant(leg: Leg, noun: Verb) -> Participant:
    return Participant(
        leg=leg,
        label=noun.get("participantLabel"),
        starts=noun.true("startConferenceOnEnter", True),
        ends=noun.true("endConferenceOnExit"),
        beep=noun.get("beep", "true"),
        coached=noun.get("coach"),
        joined_at=leg.clock.now(),
        left=asyncio.get_running_loop().create_future(),
    )


def _first_participant(executor: Executor, room: Room, leg: Leg, noun: Verb, document: Document) -> None:
    if noun.get("statusCallback"):
        room.callback_url = executor.address(leg, document, noun.get("statusCallback"), "statusCallback")
        room.callback_method = noun.get("statusCallbackMethod", "POST")
        room.events = frozenset(noun.get("statusCallbackEvent", "start end").split())
    room.most = int(noun.number("maxParticipants", MOST))
    if noun.get("record") == "record-from-start":
        told = told_by(executor.callback(leg, noun, document), noun.get("recordingStatusCallbackEvent"))
        room.tape = Recording(leg.clock, leg.account, "Conference", conference=room.sid, told=told)


def _wait_in_room(executor: Executor, leg: Leg, music: Source | Document | None) -> "asyncio.Task[None]":
    if music is not None:
        return executor.aside(leg, music, AMBIENT)
    return executor.network.start(_default_music(leg))


async def _default_music(leg: Leg) -> None:
    with suppress(HungUp, Redirected):
        await speak(leg, MUSIC, "", "play", 3600)


def hold(executor: Executor, member: Participant, on: bool, source: Source | None) -> None:
    """Takes a participant's ears and mouth out of the room, or gives them back."""
    member.silence()
    member.leg.on_hold = on
    member.leg.change("hold", on_hold=on)
    if on:
        member.music = _wait_in_room(executor, member.leg, source)


def announce(executor: Executor, room: Room, member: Participant, source: Source) -> None:
    def told() -> None:
        room.tell("announcement-end", member, AnnounceUrl=source.url)

    executor.aside(member.leg, source, AMBIENT, told)


async def enqueue(executor: Executor, leg: Leg, verb: Verb, document: Document) -> Source | None:
    """Holds the leg in a queue; its action is told how it left."""
    queue = executor.network.queue(verb.text)
    if "maxQueueSize" in verb.attributes:
        queue.longest = int(verb.number("maxQueueSize", queue.longest))
    if queue.full:
        form = {"QueueResult": "queue-full", "QueueSid": queue.sid, "QueueTime": "0"}
        return executor.follow(leg, verb, document, form)
    queue.enter(leg)
    stay = Stay(executor, leg, verb, document, queue)
    try:
        return stay.action(await stay.until_out())
    except WebhookFailed:
        following = stay.action("error")
        if following is None:
            raise
        return following
    except HungUp:
        executor.report(leg, stay.action("bridged" if stay.bridged else "hangup"))
        raise
    except Redirected:
        executor.report(leg, stay.action("redirected-from-bridged" if stay.bridged else "redirected"), "in-progress")
        raise


class Stay:
    """One caller's time in a queue, and with whoever took them out of it."""

    def __init__(self, executor: Executor, leg: Leg, verb: Verb, document: Document, queue: Queue) -> None:
        self._executor = executor
        self._leg = leg
        self._verb = verb
        self._document = document
        self._queue = queue
        self._handover: Handover | None = None

    @property
    def bridged(self) -> bool:
        return self._handover is not None and self._handover.ready.done()

    async def until_out(self) -> str:
        """Waits until the caller is out of the queue and free again; says how it went."""
        try:
            await _wait_in_queue(self._executor, self._leg, self._verb, self._document, self._queue)
        except LeftQueue:
            return "leave"
        except Taken as taken:
            self._leg.mend()
            self._handover = taken.handover
            await _handed_over(self._executor, self._leg, taken.handover, self._queue)
            return "bridged" if self.bridged else "bridging-in-process"
        return "system-error"

    def action(self, result: str) -> Source | None:
        """The Enqueue's action, told this; whoever took the caller is told that they have parted."""
        seconds = self._queue.leave(self._leg) if self._handover is None else self._handover.seconds
        if self._handover is not None:
            self._handover.part()
        form = {"QueueResult": result, "QueueSid": self._queue.sid, "QueueTime": str(seconds)}
        return self._executor.follow(self._leg, self._verb, self._document, form)


async def _handed_over(executor: Executor, leg: Leg, handover: Handover, queue: Queue) -> None:
    """The caller hears the whisper of the Dial that took them, then is joined to it until one of the two leaves."""
    if handover.whisper is not None:
        told = {"QueueSid": queue.sid, "QueueTime": str(handover.seconds), "DequeingCallSid": handover.taker.sid}
        await executor.run(leg, handover.whisper, Context(twiml.ROOM_WAIT, lambda: told))
    if not handover.parted.done():
        handover.ready.set_result(None)
    await leg.during(asyncio.shield(handover.parted))


async def _wait_in_queue(executor: Executor, leg: Leg, verb: Verb, document: Document, queue: Queue) -> None:
    source = executor.follow(leg, verb, document, {}, "waitUrl") if verb.get("waitUrl") else None
    if source is None:
        if "waitUrl" not in verb.attributes:
            leg.hear(MUSIC, via="play")
        await leg.during(asyncio.Event().wait())
        return
    context = Context(twiml.QUEUE_WAIT, lambda: queue.form(leg))
    while True:
        started = leg.clock.now()
        await executor.run(leg, source, context)
        if (leg.clock.now() - started).total_seconds() < BETWEEN_WAITS:
            await leg.sleep(BETWEEN_WAITS)


async def first(*waits: Awaitable[Any]) -> None:
    """Returns when any is done; a future given stays as it is, a coroutine is dropped."""
    tasks = {hushed(asyncio.ensure_future(wait)) for wait in waits}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks - set(waits):
            task.cancel()


async def pressed_star(leg: Leg) -> None:
    """Keys go nowhere in a room or a bridge, except the `*` that ends the Dial."""
    with leg.listening() as keys:
        while await keys.get() != "*":
            pass
