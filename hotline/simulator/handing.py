"""Dial to a queue: takes the caller in front, who hears a whisper first, and is joined until one of the two leaves."""

import asyncio

from hotline.simulator.clock import whole_seconds
from hotline.simulator.executor import Document, Executor
from hotline.simulator.joining import first, pressed_star
from hotline.simulator.leg import Handover, HungUp, Leg, Source, Taken
from hotline.simulator.queues import Queue
from hotline.simulator.twiml import Verb

ADDED_BY_TWILIO = 5


async def dial_queue(executor: Executor, leg: Leg, dial: Verb, document: Document) -> Source | None:
    noun = dial.children[0]
    queue = next((one for one in executor.network.queues.values() if noun.text in (one.name, one.sid)), None)
    if queue is None:
        executor.network.ledger.fault(0, "Dial to a queue that nobody has made", call=leg.sid)
        return executor.follow(leg, dial, document, {"DialCallStatus": "failed"})
    leg.answer()
    whisper = executor.follow(leg, noun, document, {}, "url")
    waiting = await _front(leg, queue, dial.number("timeout", 30) + ADDED_BY_TWILIO)
    if waiting is None:
        form = {"DialCallStatus": "no-answer", "DialBridged": "false", "QueueSid": queue.sid}
        return executor.follow(leg, dial, document, form)
    handover = Handover(leg, whisper, queue.leave(waiting))
    waiting.cut(Taken(handover))
    form = {"QueueSid": queue.sid, "QueueTime": str(handover.seconds), "DialCallSid": waiting.sid}
    started = leg.clock.now()

    def ended(status: str = "completed") -> dict[str, str]:
        bridged = handover.ready.done()
        seconds = whole_seconds(started, leg.clock.now()) if bridged else 0
        told = {"DialCallStatus": status if bridged else "no-answer", "DialCallDuration": str(seconds)}
        return form | told | {"DialBridged": str(bridged).lower()}

    try:
        await _joined(leg, waiting, handover, dial)
    except HungUp:
        executor.report(leg, executor.follow(leg, dial, document, ended()))
        raise
    finally:
        leg.bridge = waiting.bridge = None
        handover.part()
    return executor.follow(leg, dial, document, ended())


async def _front(leg: Leg, queue: Queue, seconds: float) -> Leg | None:
    """Whoever is first in the queue, as soon as somebody is; None when nobody came in time."""
    if queue.front is None:
        leg.hear("[sonnerie]", via="ring")
    try:
        async with asyncio.timeout(seconds / leg.clock.pace):
            while queue.front is None:
                await leg.during(queue.entered.wait())
    except TimeoutError:
        return None
    return queue.front


async def _joined(leg: Leg, waiting: Leg, handover: Handover, dial: Verb) -> None:
    await leg.during(first(handover.ready, handover.parted))
    if not handover.ready.done():
        return
    leg.bridge, waiting.bridge = waiting, leg
    leg.change("joined")
    waiting.change("joined")
    star = pressed_star(leg) if dial.true("hangupOnStar") else asyncio.Event().wait()
    await leg.during(first(handover.parted, star, leg.clock.sleep(dial.number("timeLimit", 14400))))
