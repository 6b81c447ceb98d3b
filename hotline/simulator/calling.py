"""How calls begin: dialled by hand, asked for over REST in their turn, or from one number of the line to another.

A telephone rings and is answered, or not; a machine that answers may be found out before or beside the document.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hotline.simulator.handsets import Handset
from hotline.simulator.joining import first
from hotline.simulator.leg import HungUp, Leg, Redirected, Source
from hotline.simulator.tapes import Recording, tape, untape

if TYPE_CHECKING:
    from hotline.simulator.network import Network

SECONDS_TO_JUDGE = 3.0
SECONDS_OF_SILENCE = 5.0
SECONDS_TO_GREET = 1.0
SECONDS_TO_REFUSE = 0.5
SECONDS_TO_PICK_UP = 2.0
SECONDS_OF_PATIENCE = 1.5
NOBODY_ANSWERS = 60.0
MACHINE_SPEAKS = 15  # characters a second


def dial_in(network: "Network", handset: Handset, to: str, shown: str | None, details: dict[str, str]) -> Leg:
    """A handset dials: one of the line's numbers rings at its webhook, any other number rings for nobody."""
    leg = network.open_leg("inbound", handset.number if shown is None else shown, to)
    leg.details = details
    handset.takes(leg)
    handset.note("dialling", call=leg.sid, to=to)
    leg.hear("[sonnerie]", via="ring")
    network.start(_arrive(network, leg))
    return leg


async def _arrive(network: "Network", leg: Leg) -> None:
    number = network.numbers.get(leg.to)
    if number is not None:
        leg.fallback = number.voice_fallback
        await network.executor.live(leg, number.voice)
        return
    try:
        await leg.sleep(NOBODY_ANSWERS)
        leg.end("no-answer")
    except (HungUp, Redirected):
        leg.end("canceled")


def call_out(network: "Network", leg: Leg, source: Source, patience: float, limit: float = 0) -> None:
    """A call asked for over REST: it leaves in its turn, rings, and plays its document when answered."""
    now = network.clock.now()
    departure = max(now, network.next_departure)
    network.next_departure = departure + timedelta(seconds=1 / network.settings.calls_per_second)
    leg.queue_time = round((departure - now).total_seconds() * 1000)
    network.start(_outbound(network, leg, source, patience, departure, limit))


async def _outbound(
    network: "Network", leg: Leg, source: Source, patience: float, departure: datetime, limit: float
) -> None:
    try:
        await leg.sleep((departure - network.clock.now()).total_seconds())
        outcome = await ring(network, leg, patience)
    except HungUp:
        leg.end("canceled")
        return
    if outcome != "answered":
        leg.end(outcome)
        return
    leg.answer()
    if limit:
        network.start(hang_up_after(leg, limit))
    if leg.recorded is not None:
        tape(network.archive, leg.recorded, leg)
    if leg.machine_detection:
        await detect(network, leg)
    try:
        await network.executor.live(leg, source)
    finally:
        if leg.recorded is not None:
            untape(network.archive, leg.recorded, leg)


async def ring(network: "Network", leg: Leg, seconds: float) -> str:
    """How a telephone answers: answered, busy, failed, no-answer. Nobody's number rings in vain."""
    leg.change("initiated")
    leg.status = "ringing"
    leg.change("ringing")
    if leg.to in network.numbers:
        return await _ring_at_home(network, leg, seconds)
    rule = network.weather.over_telephone(leg.to)
    behaviour = rule.telephone or "" if rule is not None else ""
    if behaviour in ("busy", "failed"):
        await leg.sleep(rule.seconds if rule is not None and rule.seconds else SECONDS_TO_REFUSE)
        return behaviour
    handset = network.handset(leg.to) if behaviour in ("voicemail", "fax") else network.handsets.get(leg.to)
    if handset is None or not handset.on or behaviour in ("no-answer", "off"):
        await leg.sleep(seconds)
        return "no-answer"
    after = None if rule is None else rule.seconds or SECONDS_TO_PICK_UP
    return await leg.during(handset.ring(leg, seconds, behaviour, after))


async def _ring_at_home(network: "Network", leg: Leg, seconds: float) -> str:
    """A number of the line calls another: that one's webhook answers, and each leg is the other's telephone."""
    number = network.numbers[leg.to]
    home = network.open_leg("inbound", leg.from_, leg.to)
    home.far, leg.far, home.fallback = leg, home, number.voice_fallback
    network.start(network.executor.live(home, number.voice))
    try:
        await leg.during(_first(network, home, seconds))
    except BaseException:
        home.cut(HungUp())
        raise
    if home.answered.done():
        return "answered"
    if home.live:
        home.cut(HungUp())
    return home.status if home.status in ("busy", "failed") else "no-answer"


async def _first(network: "Network", home: Leg, seconds: float) -> None:
    await first(home.answered, home.over, network.clock.sleep(seconds))


def answered(network: "Network", leg: Leg) -> None:
    """What follows an answer by itself: a machine's greeting, the digits a call was told to send."""
    if leg.direction == "inbound":
        return
    if leg.far is not None and not leg.far.live:
        leg.cut(HungUp())
    if leg.answers_as == "voicemail":
        network.start(_greet(network, leg))
    if leg.send_digits:
        network.start(_send_digits(network, leg))


async def _greet(network: "Network", leg: Leg) -> None:
    await network.clock.sleep(SECONDS_TO_GREET)
    network.carry(leg, network.handset(leg.to).greeting)


async def _send_digits(network: "Network", leg: Leg) -> None:
    for key in leg.send_digits:
        if key in "wW":
            await network.clock.sleep(0.5 if key == "w" else 1.0)
        else:
            leg.hear(f"[tonalité {key}]", via="play")
            if leg.far is not None:
                network.press(leg.far, key)


async def hang_up_after(leg: Leg, seconds: float) -> None:
    try:
        await leg.sleep(seconds)
        leg.cut(HungUp())
    except (HungUp, Redirected):
        pass  # somebody was quicker; after a redirect the call is another


async def detect(network: "Network", leg: Leg) -> None:
    """The verdict, before the document is requested or beside it where the call asked for that."""
    if leg.verdict_to is not None:
        network.start(_send_verdict(network, leg, leg.verdict_to))
        return
    await _verdict(network, leg)


async def _verdict(network: "Network", leg: Leg) -> None:
    rule = network.weather.over_verdict(leg.person)
    seconds, verdict = _judged(network, leg)
    try:
        await leg.sleep(seconds)
        leg.detection_seconds = seconds
        leg.answered_by = rule.verdict if rule is not None else verdict
    except (HungUp, Redirected):
        pass  # the call's own life deals with it


def _judged(network: "Network", leg: Leg) -> tuple[float, str]:
    to_the_end = leg.machine_detection == "DetectMessageEnd"
    match leg.answers_as:
        case "voicemail" if to_the_end:
            length = SECONDS_TO_GREET + len(network.handset(leg.to).greeting) / MACHINE_SPEAKS
            return (length, "machine_end_beep") if length < leg.detection_limit else (leg.detection_limit, "unknown")
        case "voicemail":
            return SECONDS_TO_JUDGE, "machine_start"
        case "fax":
            return SECONDS_TO_JUDGE, "fax"
        case "answers_and_says_nothing":
            return SECONDS_OF_SILENCE, "unknown"
    return SECONDS_TO_JUDGE, "human"


async def _send_verdict(network: "Network", leg: Leg, source: Source) -> None:
    await _verdict(network, leg)
    if leg.answered_by is not None and source.url:
        form = {"AccountSid": leg.account, "CallSid": leg.sid, "AnsweredBy": leg.answered_by}
        form["MachineDetectionDuration"] = str(round(leg.detection_seconds * 1000))
        network.courier.send_later(source.url, source.method, form, "status", leg.sid)


def recording_of(leg: Leg, source: str, channels: int = 1, track: str = "both") -> Recording:
    return Recording(leg.clock, leg.account, source, call=leg.sid, channels=channels, track=track)
