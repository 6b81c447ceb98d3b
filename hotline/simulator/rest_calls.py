"""Calls over REST: create, fetch, list, redirect, end, delete."""

import re

from aiohttp import web

from hotline.simulator import calling, shapes
from hotline.simulator.errors import not_found, refused
from hotline.simulator.leg import HungUp, Leg, Redirected, Source, call_token
from hotline.simulator.network import Network
from hotline.simulator.rest import HERE, NETWORK, Fields, callbacks, fields, within
from hotline.simulator.shapes import listing

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_TWIML = 4000
routes = web.RouteTableDef()


DIGITS = re.compile(r"[0-9A-D#*wW]{0,32}")
DETECTIONS = ("", "Enable", "DetectMessageEnd")


def check_numbers(network: Network, given: Fields) -> None:
    if not given.get("To"):
        raise refused(21201)
    if not given.get("From"):
        raise refused(21213)
    if not E164.fullmatch(given.get("To")):
        raise refused(21211, f"The 'To' number {given.get('To')} is not a valid phone number.")
    if given.get("From") not in network.numbers and not _lent(network, given):
        raise refused(21210, f"The source phone number {given.get('From')} is not yet verified for your account.")


def _lent(network: Network, given: Fields) -> bool:
    """Whether the token of a call that came in lets us show its caller's number."""
    callers = (leg for leg in network.legs.values() if leg.direction == "inbound" and leg.from_ == given.get("From"))
    return any(given.get("CallToken") == call_token(leg.sid) for leg in callers)


def source_of(given: Fields) -> Source | None:
    if given.get("Url"):
        return given.source("Url", "Method")
    if given.get("Twiml"):
        if len(given.get("Twiml")) > LONGEST_TWIML:
            raise refused(20001, "Twiml is over 4000 characters")
        return Source(twiml=given.get("Twiml"))
    return None


def new_leg(network: Network, given: Fields) -> Leg:
    """A leg that is about to be called, as the fields that calls and participants share describe it."""
    check_numbers(network, given)
    if not DIGITS.fullmatch(given.get("SendDigits")):
        raise refused(21206)
    if given.get("MachineDetection") not in DETECTIONS:
        raise refused(20001, f"MachineDetection is not {given.get('MachineDetection')}")
    limit = given.within("MachineDetectionTimeout", 3, 60, 30)
    told = callbacks(given)
    leg = network.open_leg("outbound-api", given.get("CallerId") or given.get("From"), given.get("To"))
    leg.callbacks = told
    leg.send_digits = given.get("SendDigits")
    # Digits to send switch the detection of machines off (contract 1.8).
    leg.machine_detection = "" if leg.send_digits else given.get("MachineDetection")
    leg.detection_limit = limit
    return leg


def _leg(request: web.Request) -> Leg:
    leg = request.app[NETWORK].legs.get(request.match_info["sid"])
    if leg is None:
        raise not_found(request.path)
    return leg


@routes.post(HERE + "/Calls.json")
async def create(request: web.Request) -> web.Response:
    network, given = request.app[NETWORK], await fields(request)
    source, fallback = source_of(given), given.source("FallbackUrl", "FallbackMethod")
    verdict_to = given.source("AsyncAmdStatusCallback")
    patience, longest = given.within("Timeout", 1, 600, 60), given.number("TimeLimit", 0)
    if given.true("AsyncAmd") and given.get("MachineDetection") and verdict_to is None:
        raise refused(21262)
    if source is None:
        check_numbers(network, given)
        raise refused(21205)
    leg = new_leg(network, given)
    leg.fallback = fallback
    leg.verdict_to = verdict_to if given.true("AsyncAmd") else None
    if given.true("Record"):
        channels = 2 if given.get("RecordingChannels") == "dual" else 1
        leg.recorded = calling.recording_of(leg, "OutboundAPI", channels, given.get("RecordingTrack", "both"))
        leg.recorded.told = callbacks(given, "RecordingStatusCallback")
    calling.call_out(network, leg, source, patience, longest)
    return web.json_response(shapes.call(leg), status=201)


@routes.get(HERE + "/Calls.json")
async def list_all(request: web.Request) -> web.Response:
    query = dict(request.query)
    wanted = {"To": "to", "From": "from_", "Status": "status"}
    found = [
        leg
        for leg in reversed(request.app[NETWORK].legs.values())
        if all(getattr(leg, name) == query[key] for key, name in wanted.items() if key in query)
        and query.get("ParentCallSid") in (None, leg.parent.sid if leg.parent else "")
        and within(leg.answered_at or leg.created_at, query, "StartTime")
        and within(leg.ended_at, query, "EndTime")
    ]
    return web.json_response(listing("calls", found, shapes.call, request.path, query))


@routes.get(HERE + "/Calls/{sid}.json")
async def fetch(request: web.Request) -> web.Response:
    return web.json_response(shapes.call(_leg(request)))


@routes.post(HERE + "/Calls/{sid}.json")
async def update(request: web.Request) -> web.Response:
    leg, given = _leg(request), await fields(request)
    source, status = source_of(given), given.get("Status")
    if status not in ("", "completed", "canceled"):
        raise refused(20001, f"Status {status} is not one a call can be given")
    if not leg.live or (source is not None and leg.status != "in-progress"):
        raise refused(21220)
    if status == "canceled" and leg.status == "in-progress":
        raise refused(21220, "Call is in progress and cannot be canceled.")
    leg.fallback = given.source("FallbackUrl", "FallbackMethod") or leg.fallback
    if given.get("StatusCallback"):
        leg.callbacks = callbacks(given)
    if given.number("TimeLimit", 0):
        request.app[NETWORK].start(calling.hang_up_after(leg, given.number("TimeLimit", 0)))
    if status:
        leg.cut(HungUp(over_rest=True))
    elif source is not None:
        leg.cut(Redirected(source))
    return web.json_response(shapes.call(leg))


@routes.delete(HERE + "/Calls/{sid}.json")
async def delete(request: web.Request) -> web.Response:
    leg = _leg(request)
    if leg.live:
        raise refused(20009, "Call is still in progress")
    del request.app[NETWORK].legs[leg.sid]
    return web.Response(status=204)
