"""Conference and Enqueue: the verbs that put a leg in a room or in a queue until it is taken out."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from hotline.simulator import twiml
from hotline.simulator.courier import WebhookFailed
from hotline.simulator.executor import Context, Document, Executor, LeftQueue, speak
from hotline.simulator.leg import HungUp, Leg, Redirected, Source, hushed
from hotline.simulator.queues import Queue
from hotline.simulator.rooms import Participant, Room
from hotline.simulator.twiml import Verb

MUSIC = "[musique d'attente]"
BETWEEN_WAITS = 1.0
AMBIENT = Context(twiml.ROOM_WAIT)


async def conference(executor: Executor, leg: Leg, dial: Verb, document: Document) -> Source | None:
    """Holds the leg in a room until it leaves, is taken out, presses `*` where that is allowed, or the room ends."""
    noun = dial.children[0]
    answered = executor.follow(leg, dial, document, {"DialCallStatus": "answered"})
    music = executor.follow(leg, noun, document, {}, "waitUrl") if noun.get("waitUrl", "-") else None
    room = executor.network.room(noun.text)
    if room.find(noun.get("participantLabel") or leg.sid) is not None:
        executor.network.ledger.fault(16025, "the participant label is in use", call=leg.sid)
        return answered
    if not room.members:
        _first_participant(executor, room, leg, noun, document)
    member = _participant(leg, noun)
    leg.muted = noun.true("muted")
    leg.answer()
    room.join(member)
    if room.status == "init" and noun.get("waitUrl", "-"):
        member.music = _wait_in_room(executor, leg, music)
    await _stay(executor, room, member, dial.true("hangupOnStar"), answered)
    return answered


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
        joined_at=leg.clock.now(),
        left=asyncio.get_running_loop().create_future(),
    )


def _first_participant(executor: Executor, room: Room, leg: Leg, noun: Verb, document: Document) -> None:
    if noun.get("statusCallback"):
        room.callback_url = executor.address(leg, document, noun.get("statusCallback"), "statusCallback")
        room.callback_method = noun.get("statusCallbackMethod", "POST")
        room.events = frozenset(noun.get("statusCallbackEvent", "start end").split())


def _wait_in_room(executor: Executor, leg: Leg, music: Source | None) -> "asyncio.Task[None]":
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
    queue.enter(leg)

    def action(result: str) -> Source | None:
        seconds = queue.leave(leg)
        form = {"QueueResult": result, "QueueSid": queue.sid, "QueueTime": str(seconds)}
        return executor.follow(leg, verb, document, form)

    try:
        await _wait_in_queue(executor, leg, verb, document, queue)
    except LeftQueue:
        return action("leave")
    except WebhookFailed:
        following = action("error")
        if following is None:
            raise
        return following
    except HungUp:
        executor.report(leg, action("hangup"))
        raise
    except Redirected:
        executor.report(leg, action("redirected"), "in-progress")
        raise
    return action("system-error")


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
