"""Call progress: the status callbacks of a leg, numbered from 0, and the one that tells a number's call has ended."""

import math
from typing import TYPE_CHECKING

from hotline.simulator.clock import rfc2822, whole_seconds
from hotline.simulator.leg import Leg

if TYPE_CHECKING:
    from hotline.simulator.network import Network

SIP_CODES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
EVENTS = {"initiated": "initiated", "ringing": "ringing", "answered": "answered", "ended": "completed"}


def tell(network: "Network", leg: Leg, kind: str) -> None:
    """Sends the callback of this change, where somebody asked for it."""
    if kind not in EVENTS:
        return
    number = network.numbers.get(leg.to)
    if leg.direction == "inbound" and kind == "ended" and number is not None and number.status_callback:
        _send(network, leg, kind, number.status_callback, number.status_callback_method)
    elif leg.callbacks.url and EVENTS[kind] in leg.callbacks.events:
        _send(network, leg, kind, leg.callbacks.url, leg.callbacks.method)


def _send(network: "Network", leg: Leg, kind: str, url: str, method: str) -> None:
    form = leg.form() | {
        "CallStatus": "initiated" if kind == "initiated" else leg.status,
        "SequenceNumber": str(leg.sequence),
        "Timestamp": rfc2822(network.clock.now()) or "",
        "CallbackSource": "call-progress-events",
    }
    leg.sequence += 1
    if kind in ("ringing", "answered") and leg.direction != "inbound":
        form["StirStatus"] = "A"
    if kind == "ended":
        form |= _ending(network, leg)
    network.courier.send_later(url, method, form, "status", leg.sid)


def _ending(network: "Network", leg: Leg) -> dict[str, str]:
    seconds = whole_seconds(leg.answered_at, leg.ended_at)
    form = {"CallDuration": str(seconds), "SipResponseCode": SIP_CODES[leg.status]}
    if leg.status == "completed":
        form["Duration"] = str(math.ceil(seconds / 60))
    if leg.recorded is not None:
        form |= network.archive.named(leg.recorded)
    return form
