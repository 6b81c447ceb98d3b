"""Conferences, participants, queues, members, recordings and numbers over REST."""

from aiohttp import web

from hotline.simulator import shapes
from hotline.simulator.joining import announce, hold
from hotline.simulator.leg import Redirected, Source, fixed_sid
from hotline.simulator.queues import Queue
from hotline.simulator.rest import HERE, NETWORK, Fields, fields, within
from hotline.simulator.rest_calls import source_of
from hotline.simulator.rooms import Participant, Room
from hotline.simulator.shapes import Refused, listing, not_found

routes = web.RouteTableDef()
PARTICIPANT = HERE + "/Conferences/{room}/Participants/{who}.json"


def _room(request: web.Request) -> Room:
    room = request.app[NETWORK].find_room(request.match_info["room"])
    if room is None:
        raise not_found(request.path)
    return room


def _participant(request: web.Request) -> tuple[Room, Participant]:
    room = _room(request)
    member = room.find(request.match_info["who"])
    if member is None:
        raise not_found(request.path)
    return room, member


@routes.get(HERE + "/Conferences.json")
async def list_rooms(request: web.Request) -> web.Response:
    query = dict(request.query)
    found = [
        room
        for room in reversed(request.app[NETWORK].rooms)
        if query.get("FriendlyName") in (None, room.name)
        and query.get("Status") in (None, room.status)
        and within(room.created_at, query, "DateCreated")
        and within(room.updated_at, query, "DateUpdated")
    ]
    return web.json_response(listing("conferences", found, shapes.conference, request.path, query))


@routes.get(HERE + "/Conferences/{room}.json")
async def fetch_room(request: web.Request) -> web.Response:
    return web.json_response(shapes.conference(_room(request)))


@routes.post(HERE + "/Conferences/{room}.json")
async def update_room(request: web.Request) -> web.Response:
    room, given = _room(request), await fields(request)
    if given.get("Status") == "completed":
        room.end("conference-ended-via-api")
    if given.get("AnnounceUrl"):
        for member in room.members.values():
            announce(request.app[NETWORK].executor, room, member, _announcement(given))
    return web.json_response(shapes.conference(room))


def _announcement(given: Fields) -> Source:
    return Source(given.get("AnnounceUrl"), given.get("AnnounceMethod", "POST"))


@routes.get(HERE + "/Conferences/{room}/Participants.json")
async def list_participants(request: web.Request) -> web.Response:
    room, query = _room(request), dict(request.query)
    found = [
        member
        for member in room.members.values()
        if query.get("Muted", str(member.leg.muted)).lower() == str(member.leg.muted).lower()
        and query.get("Hold", str(member.leg.on_hold)).lower() == str(member.leg.on_hold).lower()
    ]
    return web.json_response(
        listing("participants", found, lambda each: shapes.participant(room, each), request.path, query)
    )


@routes.get(PARTICIPANT)
async def fetch_participant(request: web.Request) -> web.Response:
    return web.json_response(shapes.participant(*_participant(request)))


@routes.post(PARTICIPANT)
async def update_participant(request: web.Request) -> web.Response:
    (room, member), given = _participant(request), await fields(request)
    executor = request.app[NETWORK].executor
    if "Muted" in given and given.true("Muted") != member.leg.muted:
        member.leg.muted = given.true("Muted")
        member.leg.change("muted", muted=member.leg.muted)
        room.tell("participant-mute" if member.leg.muted else "participant-unmute", member)
    if "Hold" in given and given.true("Hold") != member.leg.on_hold:
        music = Source(given.get("HoldUrl"), given.get("HoldMethod", "GET")) if given.get("HoldUrl") else None
        hold(executor, member, given.true("Hold"), music)
        room.tell("participant-hold" if member.leg.on_hold else "participant-unhold", member)
    if "EndConferenceOnExit" in given:
        member.ends = given.true("EndConferenceOnExit")
        room.tell("participant-modify", member)
    if given.get("AnnounceUrl"):
        announce(executor, room, member, _announcement(given))
    return web.json_response(shapes.participant(room, member))


@routes.delete(PARTICIPANT)
async def remove_participant(request: web.Request) -> web.Response:
    room, member = _participant(request)
    if not member.left.done():
        member.left.set_result("participant_updated_via_api")
    room.leave(member, "participant_updated_via_api")
    return web.Response(status=204)


def _queue(request: web.Request) -> Queue:
    queues = request.app[NETWORK].queues.values()
    found = next((queue for queue in queues if queue.sid == request.match_info["queue"]), None)
    if found is None:
        raise not_found(request.path)
    return found


@routes.get(HERE + "/Queues.json")
async def list_queues(request: web.Request) -> web.Response:
    network = request.app[NETWORK]
    found = list(network.queues.values())
    account = network.settings.account
    return web.json_response(
        listing("queues", found, lambda each: shapes.queue(each, account), request.path, dict(request.query))
    )


@routes.get(HERE + "/Queues/{queue}.json")
async def fetch_queue(request: web.Request) -> web.Response:
    return web.json_response(shapes.queue(_queue(request), request.match_info["account"]))


@routes.get(HERE + "/Queues/{queue}/Members.json")
async def list_members(request: web.Request) -> web.Response:
    queue = _queue(request)
    found = [leg for leg, _ in queue.waiting.values()]
    return web.json_response(
        listing("queue_members", found, lambda leg: shapes.member(queue, leg), request.path, dict(request.query))
    )


@routes.post(HERE + "/Queues/{queue}/Members/{who}.json")
async def take_member(request: web.Request) -> web.Response:
    """Takes a caller out of the queue, by call or the one in front, and plays another document to them."""
    queue, source = _queue(request), source_of(await fields(request))
    who = request.match_info["who"]
    sid = next(iter(queue.waiting), "") if who == "Front" else who
    if sid not in queue.waiting:
        raise not_found(request.path)
    if source is None:
        raise Refused(400, 21205, "Url parameter is required")
    leg = queue.waiting[sid][0]
    body = shapes.member(queue, leg)
    leg.cut(Redirected(source))
    return web.json_response(body)


@routes.get(HERE + "/IncomingPhoneNumbers.json")
async def list_numbers(request: web.Request) -> web.Response:
    settings, query = request.app[NETWORK].settings, dict(request.query)
    found = [phone for phone in settings.numbers if query.get("PhoneNumber", phone) in phone]
    return web.json_response(
        listing("incoming_phone_numbers", found, lambda each: shapes.number(settings, each), request.path, query)
    )


@routes.get(HERE + "/IncomingPhoneNumbers/{number}.json")
async def fetch_number(request: web.Request) -> web.Response:
    settings = request.app[NETWORK].settings
    for phone in settings.numbers:
        if fixed_sid("PN", phone) == request.match_info["number"]:
            return web.json_response(shapes.number(settings, phone))
    raise not_found(request.path)
