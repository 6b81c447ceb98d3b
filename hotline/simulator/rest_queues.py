"""Queues and their members over REST."""

from aiohttp import web

from hotline.simulator import shapes
from hotline.simulator.errors import not_found, refused
from hotline.simulator.leg import Leg, Redirected
from hotline.simulator.queues import LARGEST, Queue
from hotline.simulator.rest import HERE, NETWORK, Fields, fields
from hotline.simulator.rest_calls import source_of
from hotline.simulator.shapes import listing

routes = web.RouteTableDef()
QUEUE, MEMBER = HERE + "/Queues/{queue}.json", HERE + "/Queues/{queue}/Members/{who}.json"
LONGEST_NAME = 64


def _queue(request: web.Request) -> Queue:
    queues = request.app[NETWORK].queues.values()
    found = next((queue for queue in queues if queue.sid == request.match_info["queue"]), None)
    if found is None:
        raise not_found(request.path)
    return found


def _view(request: web.Request, queue: Queue, status: int = 200) -> web.Response:
    return web.json_response(shapes.queue(queue, request.match_info["account"]), status=status)


def _name(request: web.Request, given: Fields) -> str:
    name = given.get("FriendlyName")
    if not 0 < len(name) <= LONGEST_NAME:
        raise refused(20001, f"FriendlyName has 1 to {LONGEST_NAME} characters")
    if name in request.app[NETWORK].queues:
        raise refused(20001, "FriendlyName is in use")
    return name


@routes.get(HERE + "/Queues.json")
async def list_queues(request: web.Request) -> web.Response:
    found, account = list(request.app[NETWORK].queues.values()), request.match_info["account"]
    return web.json_response(
        listing("queues", found, lambda each: shapes.queue(each, account), request.path, dict(request.query))
    )


@routes.post(HERE + "/Queues.json")
async def create(request: web.Request) -> web.Response:
    given = await fields(request)
    name, longest = _name(request, given), int(given.within("MaxSize", 0, LARGEST, 1000))
    queue = request.app[NETWORK].queue(name)
    queue.longest = longest
    return _view(request, queue, 201)


@routes.get(QUEUE)
async def fetch(request: web.Request) -> web.Response:
    return _view(request, _queue(request))


@routes.post(QUEUE)
async def update(request: web.Request) -> web.Response:
    queue, given, queues = _queue(request), await fields(request), request.app[NETWORK].queues
    queue.longest = int(given.within("MaxSize", 0, LARGEST, queue.longest))
    if given.get("FriendlyName", queue.name) != queue.name:
        name = _name(request, given)
        queues[name] = queues.pop(queue.name)
        queue.name = name
    queue.updated_at = queue.clock.now()
    return _view(request, queue)


@routes.delete(QUEUE)
async def delete(request: web.Request) -> web.Response:
    queue = _queue(request)
    if queue.waiting:
        raise refused(20001, "Only an empty queue can be deleted")
    del request.app[NETWORK].queues[queue.name]
    return web.Response(status=204)


@routes.get(HERE + "/Queues/{queue}/Members.json")
async def list_members(request: web.Request) -> web.Response:
    queue = _queue(request)
    found = [leg for leg, _ in queue.waiting.values()]
    return web.json_response(
        listing("queue_members", found, lambda leg: shapes.member(queue, leg), request.path, dict(request.query))
    )


def _member(request: web.Request) -> tuple[Queue, Leg]:
    """One who waits, named by their call, or the one in front."""
    queue, who = _queue(request), request.match_info["who"]
    found = queue.front if who == "Front" else next((leg for leg, _ in queue.waiting.values() if leg.sid == who), None)
    if found is None:
        raise not_found(request.path)
    return queue, found


@routes.get(MEMBER)
async def fetch_member(request: web.Request) -> web.Response:
    return web.json_response(shapes.member(*_member(request)))


@routes.post(MEMBER)
async def take_member(request: web.Request) -> web.Response:
    """Takes a caller out of the queue and plays another document to them."""
    (queue, leg), source = _member(request), source_of(await fields(request))
    if source is None:
        raise refused(21205)
    body = shapes.member(queue, leg)
    leg.cut(Redirected(source))
    return web.json_response(body)
