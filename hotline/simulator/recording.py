"""Record: words typed on the handset while it runs become the recording, until a key, a silence or its longest."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from hotline.simulator.clock import rfc2822, whole_seconds
from hotline.simulator.executor import Document, Executor
from hotline.simulator.leg import HungUp, Leg, Redirected, Source, new_sid
from hotline.simulator.twiml import Verb


@dataclass
class Recording:
    call: str
    started_at: datetime
    sid: str = field(default_factory=lambda: new_sid("RE"))
    words: list[str] = field(default_factory=list)
    seconds: int = 0


async def record(executor: Executor, leg: Leg, verb: Verb, document: Document) -> Source | None:
    if verb.true("playBeep", True):
        leg.hear("[bip]", via="play")
    recording = Recording(leg.sid, leg.clock.now())
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
    patience, longest = verb.number("timeout", 5) or 10**6, verb.number("maxLength", 3600)
    finish = verb.get("finishOnKey", "1234567890*#")
    with leg.listening() as keys:
        while whole_seconds(recording.started_at, leg.clock.now()) < longest:
            words, key = asyncio.ensure_future(leg.spoken.get()), asyncio.ensure_future(keys.get())
            try:
                wait = min(patience, longest) / leg.clock.pace
                await leg.during(asyncio.wait({words, key}, timeout=wait, return_when=asyncio.FIRST_COMPLETED))
                if words.done():
                    recording.words.append(words.result())
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
    if not recording.words:
        return None
    network = executor.network
    recording.seconds = whole_seconds(recording.started_at, leg.clock.now())
    network.recordings[recording.sid] = recording
    url = f"{network.origin}/2010-04-01/Accounts/{leg.account}/Recordings/{recording.sid}"
    form = {"RecordingUrl": url, "RecordingSid": recording.sid, "RecordingDuration": str(recording.seconds)}
    if verb.get("recordingStatusCallback"):
        callback = executor.address(leg, document, verb.get("recordingStatusCallback"), "recordingStatusCallback")
        told = {
            "AccountSid": leg.account,
            "CallSid": leg.sid,
            "RecordingStatus": "completed",
            "RecordingChannels": "1",
            "RecordingSource": "RecordVerb",
            "RecordingStartTime": rfc2822(recording.started_at) or "",
        }
        method = verb.get("recordingStatusCallbackMethod", "POST")
        network.courier.send_later(callback, method, form | told, "recording", recording.sid)
    form["Digits"] = key
    return executor.follow(leg, verb, document, form) or executor.itself(
        leg, document, verb.get("method", "POST"), form
    )
