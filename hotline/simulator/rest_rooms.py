"""Conferences and their participants over REST: list, call somebody in, mute, hold, coach, announce, remove, end."""

from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

from hotline.simulator import calling, shapes
from hotline.simulator.errors import not_found, refused
from hotline.simulator.joining import announce, hold
from hotline.simulator.leg import HungUp, Leg, Source
from hotline.simulator.rest import HERE, NETWORK, Fields, fields, within
from hotline.simulator.rest_calls import new_leg
from hotline.simulator.rooms import Participant, Room
from hotline.simulator.shapes import listing

routes = web.RouteTableDef()
ADDED_BY_TWILIO = 5
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
    if given.get("Status") not in ("", "completed"):
        raise refused(20001, "Status can only be completed")
    if given.get("Status"):
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


# What a participant is asked for with, and the attribute of Conference that says the same.
ASKED = {
    "Label": "participantLabel",
    "Muted": "muted",
    "Beep": "beep",
    "StartConferenceOnEnter": "startConferenceOnEnter",
    "EndConferenceOnExit": "endConferenceOnExit",
    "WaitUrl": "waitUrl",
    "WaitMethod": "waitMethod",
    "MaxParticipants": "maxParticipants",
    "CallSidToCoach": "coach",
    "ConferenceStatusCallback": "statusCallback",
    "ConferenceStatusCallbackMethod": "statusCallbackMethod",
    "ConferenceStatusCallbackEvent": "statusCallbackEvent",
    "ConferenceRecordingStatusCallback": "recordingStatusCallback",
    "ConferenceRecordingStatusCallbackMethod": "recordingStatusCallbackMethod",
    "ConferenceRecordingStatusCallbackEvent": "recordingStatusCallbackEvent",
}


@routes.post(HERE + "/Conferences/{room}/Participants.json")
async def call_in(request: web.Request) -> web.Response:
    """Calls somebody who joins the room as soon as they answer; a room of that name is made where there is none."""
    network, given, name = request.app[NETWORK], await fields(request), request.match_info["room"]
    room = next((one for one in network.rooms if one.sid == name and one.status != "completed"), None)
    if room is None and name.startswith("CF") and len(name) == 34:
        raise not_found(request.path)
    room = room or network.room(name)
    if room.is_called(given.get("Label")):
        raise refused(20001, "The participant label is in use")
    patience = given.within("Timeout", 5, 600, 60)
    leg = new_leg(network, given)
    leg.verdict_to = given.source("AmdStatusCallback")
    room.coming[leg.sid] = (leg, given.get("Label"))
    calling.call_out(network, leg, _into(room, given), patience + ADDED_BY_TWILIO, given.number("TimeLimit", 0))
    network.start(_forget(room, leg))
    member = shapes.participant(room, _coming(room, leg, given))
    return web.json_response(member, status=201)


def _into(room: Room, given: Fields) -> Source:
    """The document that a participant called in plays: nothing but the room."""
    asked = {attribute: " ".join(given.all(field)) for field, attribute in ASKED.items() if given.get(field)}
    if given.get("ConferenceRecord") in ("true", "record-from-start"):
        asked["record"] = "record-from-start"
    if not given.true("Coaching"):
        asked.pop("coach", None)
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in asked.items())
    noun = f"<Conference{attributes}>{escape(room.name)}</Conference>"
    return Source(twiml=f"<Response><Dial>{noun}</Dial></Response>")


def _coming(room: Room, leg: Leg, given: Fields) -> Participant:
    """Somebody on the way, as a participant."""
    return Participant(
        leg=leg,
        label=given.get("Label"),
        starts=given.get("StartConferenceOnEnter", "true") == "true",
        ends=given.true("EndConferenceOnExit"),
        beep=given.get("Beep", "true"),
        joined_at=leg.created_at,
        left=leg.over,
        coached=given.get("CallSidToCoach") if given.true("Coaching") else "",
    )


async def _forget(room: Room, leg: Leg) -> None:
    await leg.over
    room.coming.pop(leg.sid, None)


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
    if {"EndConferenceOnExit", "Coaching", "CallSidToCoach", "BeepOnExit"} & set(given.names()):
        _modify(room, member, given)
    if given.get("AnnounceUrl"):
        announce(executor, room, member, _announcement(given))
    return web.json_response(shapes.participant(room, member))


def _modify(room: Room, member: Participant, given: Fields) -> None:
    coached = given.get("CallSidToCoach", member.coached)
    if given.true("Coaching") and coached not in room.members:
        raise refused(20001, "CallSidToCoach is not in the conference")
    if "EndConferenceOnExit" in given:
        member.ends = given.true("EndConferenceOnExit")
    if "Coaching" in given:
        member.coached = coached if given.true("Coaching") else ""
    if "BeepOnExit" in given:
        member.beep = "onExit" if given.true("BeepOnExit") else "onEnter"
    room.tell("participant-modify", member)


@routes.delete(PARTICIPANT)
async def remove_participant(request: web.Request) -> web.Response:
    on_the_way = _room(request).coming.get(request.match_info["who"])
    if on_the_way is not None:
        on_the_way[0].cut(HungUp(over_rest=True))
        return web.Response(status=204)
    room, member = _participant(request)
    if not member.left.done():
        member.left.set_result("participant_updated_via_api")
    room.leave(member, "participant_updated_via_api")
    return web.Response(status=204)
