"""Record: words typed on the handset while it runs become the recording, until a key, a silence or its longest."""

import asyncio

from hotline.simulator.clock import whole_seconds
from hotline.simulator.executor import Document, Executor
from hotline.simulator.leg import HungUp, Leg, Redirected, Source
from hotline.simulator.tapes import Recording, told_by
from hotline.simulator.twiml import Verb

NO_LIMIT = 10**6


async def record(executor: Executor, leg: Leg, verb: Verb, document: Document) -> Source | None:
    if leg.redirected and "action" not in verb.attributes:
        executor.refuse(leg, 11100, "a live call that is redirected to a Record needs its action", document.source)
    if verb.true("playBeep", True):
        leg.hear("[bip]", via="play")
    told = told_by(executor.callback(leg, verb, document), verb.get("recordingStatusCallbackEvent"))
    recording = Recording(leg.clock, leg.account, "RecordVerb", call=leg.sid, track="inbound", told=told)
    executor.network.archive.start(recording)
    leg.spoken = asyncio.Queue()
    try:
        key = await _listen(leg, verb, recording)
    except HungUp:
        executor.report(leg, _kept(executor, leg, verb, document, recording, "hangup"))
        raise
    except Redirected:
        _kept(executor, leg, verb, document, recording, "")
        raise
    finally:
        leg.spoken = None
    return _kept(executor, leg, verb, document, recording, key)


async def _listen(leg: Leg, verb: Verb, recording: Recording) -> str:
    assert leg.spoken is not None
    patience, longest = verb.number("timeout", 5) or NO_LIMIT, verb.number("maxLength", 3600)
    finish = verb.get("finishOnKey", "1234567890*#")
    with leg.listening() as keys:
        while whole_seconds(recording.started_at, leg.clock.now()) < longest:
            words, key = asyncio.ensure_future(leg.spoken.get()), asyncio.ensure_future(keys.get())
            try:
                wait = min(patience, longest) / leg.clock.pace
                await leg.during(asyncio.wait({words, key}, timeout=wait, return_when=asyncio.FIRST_COMPLETED))
                if words.done():
                    recording.take(words.result())
                if key.done() and key.result() in finish:
                    return key.result()
                if not words.done() and not key.done():
                    return ""
            finally:
                words.cancel()
                key.cancel()
    return ""


def _kept(
    executor: Executor, leg: Leg, verb: Verb, document: Document, recording: Recording, key: str
) -> Source | None:
    """Keeps a recording that holds words and names the action; without words the next verb follows."""
    archive = executor.network.archive
    if not recording.words:
        archive.drop(recording)
        return None
    archive.stop(recording)
    form = archive.named(recording) | {"Digits": key}
    action = executor.follow(leg, verb, document, form)
    return action or executor.itself(leg, document, verb.get("method", "POST"), form)
