"""Calls over REST: create, fetch, list, redirect, end, delete."""

import re

from aiohttp import web

from hotline.simulator import shapes
from hotline.simulator.leg import HungUp, Leg, Redirected, Source
from hotline.simulator.network import Network
from hotline.simulator.rest import HERE, NETWORK, Fields, callbacks, fields, within
from hotline.simulator.shapes import Refused, listing, not_found

E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_TWIML = 4000
routes = web.RouteTableDef()


def check_numbers(network: Network, given: Fields) -> None:
    if not given.get("To"):
        raise Refused(400, 21201, "No 'To' number is specified")
    if not given.get("From"):
        raise Refused(400, 21213, "No 'From' number is specified")
    if not E164.fullmatch(given.get("To")):
        raise Refused(400, 21211, f"The 'To' number {given.get('To')} is not a valid phone number.")
    if given.get("From") not in network.settings.numbers and not given.get("CallToken"):
        raise Refused(400, 21210, f"The source phone number {given.get('From')} is not yet verified for your account.")


def source_of(given: Fields) -> Source | None:
    if given.get("Url"):
        if not re.match(r"https?://[^/]", given.get("Url")):
            raise Refused(400, 21205, "Url is not a valid URL")
        return Source(given.get("Url"), given.get("Method", "POST"))
    if given.get("Twiml"):
        if len(given.get("Twiml")) > LONGEST_TWIML:
            raise Refused(400, 20001, "Twiml is over 4000 characters")
        return Source(twiml=given.get("Twiml"))
    return None


def _leg(request: web.Request) -> Leg:
    leg = request.app[NETWORK].legs.get(request.match_info["sid"])
    if leg is None:
        raise not_found(request.path)
    return leg


@routes.post(HERE + "/Calls.json")
async def create(request: web.Request) -> web.Response:
    network, given = request.app[NETWORK], await fields(request)
    check_numbers(network, given)
    source = source_of(given)
    if source is None:
        raise Refused(400, 21205, "Url parameter is required")
    leg = network.open_leg("outbound-api", given.get("From"), given.get("To"))
    leg.callbacks = callbacks(given)
    if given.get("FallbackUrl"):
        leg.fallback = Source(given.get("FallbackUrl"), given.get("FallbackMethod", "POST"))
    leg.machine_detection = given.get("MachineDetection")
    if given.true("AsyncAmd"):
        leg.verdict_to = Source(given.get("AsyncAmdStatusCallback"), given.get("AsyncAmdStatusCallbackMethod", "POST"))
    network.call_out(leg, source, min(600.0, given.number("Timeout", 60)))
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
        raise Refused(400, 20001, f"Status {status} is not one a call can be given")
    if not leg.live or (source is not None and leg.status != "in-progress"):
        raise Refused(400, 21220, "Call is not in-progress. Cannot redirect.")
    if status == "canceled" and leg.status == "in-progress":
        raise Refused(400, 21220, "Call is in progress and cannot be canceled.")
    if status:
        leg.cut(HungUp(over_rest=True))
    elif source is not None:
        leg.cut(Redirected(source))
    return web.json_response(shapes.call(leg))


@routes.delete(HERE + "/Calls/{sid}.json")
async def delete(request: web.Request) -> web.Response:
    leg = _leg(request)
    if leg.live:
        raise Refused(400, 20009, "Call is still in progress")
    del request.app[NETWORK].legs[leg.sid]
    return web.Response(status=204)
