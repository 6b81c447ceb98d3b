"""The people's side, under /sim: pick up telephones, read what they hear, read the ledger, order the weather.

It answers this machine only; it is how the page and the system tests hold the handsets.
"""

import asyncio
import base64
import ipaddress
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from hotline.simulator import calling, inbox
from hotline.simulator.handsets import BEHAVIOURS, Handset
from hotline.simulator.leg import HungUp, Leg
from hotline.simulator.media import SHORT
from hotline.simulator.network import Network
from hotline.simulator.rest import NETWORK, Handler

routes = web.RouteTableDef()
PAGE = Path(__file__).parent / "page"
BETWEEN_KEYS = 0.3
LONGEST_POLL = 25.0
# What the network of the one who calls may say of them, and the webhook's field for it.
CARRIED = {"forwarded_from": "ForwardedFrom", "caller_name": "CallerName", "stir": "StirVerstat"}
HANDSET = "/sim/handsets/{number}"
ONLY_OURS = "default-src 'self'; style-src 'self'; script-src 'self'; frame-ancestors 'none'"


@web.middleware
async def near(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only this machine, and only pages of ours: another site's page must not hold a telephone."""
    if request.path.startswith(("/2010-04-01/", SHORT)):
        return await handler(request)
    address = ipaddress.ip_address(request.remote or "0.0.0.0")
    origin = request.headers.get("Origin")
    named = (request.url.host or "") in ("127.0.0.1", "localhost", "::1")
    if not (address.is_loopback and named) or origin not in (None, f"http://{request.host}"):
        return problem(403, "this side answers this machine only")
    try:
        response = await handler(request)
    except web.HTTPNotFound:
        return problem(404, "nothing here")
    except (KeyError, ValueError) as error:
        return problem(400, f"not understood: {error}")
    response.headers["Content-Security-Policy"] = ONLY_OURS
    response.headers["Cache-Control"] = "no-store"
    return response


def problem(status: int, message: str) -> web.Response:
    return web.json_response({"error": message}, status=status)


def _handset(request: web.Request) -> Handset:
    return request.app[NETWORK].handset(request.match_info["number"])


async def _given(request: web.Request) -> dict[str, Any]:
    """The JSON body; an empty one is no instruction."""
    if not await request.text():
        return {}
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("the body is not a JSON object")
    return body


def _done(handset: Handset) -> web.Response:
    return web.json_response(handset.view())


@routes.get("/")
async def page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


@routes.get("/healthz")
async def health(request: web.Request) -> web.Response:
    return web.Response(text="ok")


@routes.get("/sim/network")
async def about(request: web.Request) -> web.Response:
    network = request.app[NETWORK]
    settings = network.settings
    responders = [{"number": number, "name": name} for number, name in settings.responders]
    return web.json_response(
        {
            "numbers": settings.numbers,
            "responders": responders,
            "pace": settings.clock.pace,
            "now": network.clock.now().isoformat(),
            "handsets": sorted(network.handsets),
            "idle": network.idle,
            "seed": network.weather.seed,
            "keywords": network.post_office.mode,
        }
    )


@routes.put(HANDSET)
async def hold(request: web.Request) -> web.Response:
    return _done(_handset(request))


@routes.get(HANDSET)
async def look(request: web.Request) -> web.Response:
    handset = request.app[NETWORK].handsets.get(request.match_info["number"])
    return problem(404, "nobody holds this number") if handset is None else _done(handset)


@routes.get(HANDSET + "/events")
async def events(request: web.Request) -> web.Response:
    """The events after a number, waiting for the first one where there is none yet."""
    handset, after = _handset(request), int(request.query.get("after", "0"))
    wait = min(LONGEST_POLL, float(request.query.get("wait", LONGEST_POLL)))
    if len(handset.events) <= after:
        with suppress(TimeoutError):
            await asyncio.wait_for(handset.changed.wait(), wait)
    return web.json_response({"events": handset.events[after:], "last": len(handset.events)})


@routes.post(HANDSET + "/dial")
async def dial(request: web.Request) -> web.Response:
    handset, given = _handset(request), await _given(request)
    if handset.current is not None:
        return problem(409, "this handset is already in a call")
    details = {field: str(given[name]) for name, field in CARRIED.items() if given.get(name)}
    calling.dial_in(request.app[NETWORK], handset, str(given["to"]), given.get("from_shown"), details)
    return _done(handset)


@routes.post(HANDSET + "/answer")
async def answer(request: web.Request) -> web.Response:
    handset = _handset(request)
    return _done(handset) if handset.decide("answered") else problem(409, "nothing rings on this handset")


@routes.post(HANDSET + "/decline")
async def decline(request: web.Request) -> web.Response:
    handset = _handset(request)
    return _done(handset) if handset.decide("busy") else problem(409, "nothing rings on this handset")


@routes.post(HANDSET + "/press")
async def press(request: web.Request) -> web.Response:
    handset, keys = _handset(request), str((await _given(request)).get("keys", ""))
    leg = _talking(handset)
    if leg is None:
        return problem(409, "this handset is not in a call")
    if not keys or set(keys) - set("0123456789*#"):
        return problem(400, "keys are 0 to 9, * and #")
    network = request.app[NETWORK]
    for key in keys:
        handset.note("pressed", call=leg.sid, key=key)
        network.press(leg, key)
        await network.clock.sleep(BETWEEN_KEYS)
    return _done(handset)


@routes.post(HANDSET + "/hangup")
async def hang_up(request: web.Request) -> web.Response:
    handset = _handset(request)
    leg = handset.current
    if leg is None:
        return problem(409, "this handset is not in a call")
    if not handset.decide("busy"):
        leg.cut(HungUp())
    return _done(handset)


@routes.post(HANDSET + "/say")
async def say(request: web.Request) -> web.Response:
    handset, given = _handset(request), await _given(request)
    if _talking(handset) is None:
        return problem(409, "this handset is not in a call")
    handset.note("said", words=str(given["words"]))
    heard = request.app[NETWORK].say(handset, str(given["words"]))
    return web.json_response(handset.view() | {"carried": heard})


@routes.post(HANDSET + "/text")
async def text(request: web.Request) -> web.Response:
    handset, given = _handset(request), await _given(request)
    pictures = [(str(one["content_type"]), base64.b64decode(one["data"])) for one in given.get("media", [])]
    inbox.receive(request.app[NETWORK], handset, str(given["to"]), str(given.get("body", "")), pictures)
    return _done(handset)


@routes.post(HANDSET + "/mode")
async def mode(request: web.Request) -> web.Response:
    handset, given = _handset(request), await _given(request)
    if given.get("behaviour") not in BEHAVIOURS:
        return problem(400, f"a behaviour is one of {', '.join(BEHAVIOURS)}")
    handset.behaviour = given["behaviour"]
    handset.after = None if given.get("after") is None else float(given["after"])
    handset.greeting = str(given.get("greeting", handset.greeting))
    handset.note("mode", behaviour=handset.behaviour)
    return _done(handset)


@routes.get("/sim/ledger")
async def ledger(request: web.Request) -> web.Response:
    after, kind = int(request.query.get("after", "0")), request.query.get("kind")
    return web.json_response({"entries": request.app[NETWORK].ledger.entries(after, kind)})


@routes.post("/sim/reset")
async def reset(request: web.Request) -> web.Response:
    await request.app[NETWORK].reset()
    return web.json_response({})


def _talking(handset: Handset) -> Leg | None:
    leg = handset.current
    return leg if leg is not None and (leg.status == "in-progress" or leg.direction == "inbound") else None


def add_to(app: web.Application, network: Network) -> None:
    app.add_routes(routes)
    app.router.add_static("/page/", PAGE)
