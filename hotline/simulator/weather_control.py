"""What is ordered over /sim besides telephones: the weather, the carrier's words; and pictures to look at."""

from aiohttp import web

from hotline.simulator.control import problem
from hotline.simulator.keywords import MODES
from hotline.simulator.rest import NETWORK

routes = web.RouteTableDef()


@routes.get("/sim/weather")
async def tell(request: web.Request) -> web.Response:
    return web.json_response(request.app[NETWORK].weather.view())


@routes.post("/sim/weather")
async def order(request: web.Request) -> web.Response:
    """One rule or several; see `docs/simulator.md` for what a rule may say."""
    given, weather = await request.json(), request.app[NETWORK].weather
    try:
        for rule in given if isinstance(given, list) else [given]:
            weather.add(rule)
    except (TypeError, ValueError) as error:
        return problem(400, str(error))
    return web.json_response(weather.view())


@routes.delete("/sim/weather")
async def clear(request: web.Request) -> web.Response:
    weather = request.app[NETWORK].weather
    weather.clear()
    return web.json_response(weather.view())


@routes.post("/sim/keywords")
async def choose_words(request: web.Request) -> web.Response:
    """Who answers STOP and HELP from now on: `off` (the line), `default` or `advanced` (the carrier)."""
    wanted = (await request.json()).get("mode")
    for mode in MODES:
        if mode == wanted:
            request.app[NETWORK].post_office.mode = mode
            return web.json_response({"mode": mode})
    return problem(400, f"a mode is one of {', '.join(MODES)}")


@routes.get("/sim/media/{media}")
async def look(request: web.Request) -> web.Response:
    """A picture of a text, for a handset's screen."""
    found = request.app[NETWORK].media.find(request.match_info["media"])
    if found is None:
        return problem(404, "no such picture")
    return web.Response(body=found.data, headers={"Content-Type": found.content_type})
