"""Recordings over REST: of a call while it runs, described, listed, heard with the credentials, erased."""

from aiohttp import web

from hotline.simulator import shapes, tapes
from hotline.simulator.calling import recording_of
from hotline.simulator.errors import not_found, refused
from hotline.simulator.leg import Leg
from hotline.simulator.rest import HERE, NETWORK, callbacks, fields, within
from hotline.simulator.shapes import listing
from hotline.simulator.tapes import Recording, tape, untape

routes = web.RouteTableDef()
OF_ITSELF, OF_ITS_CALL = ("media_url", "subresource_uris"), ("track",)
SOUNDS = {"": ("audio/x-wav", tapes.wav), "wav": ("audio/x-wav", tapes.wav), "mp3": ("audio/mpeg", tapes.mp3)}


def _leg(request: web.Request) -> Leg:
    leg = request.app[NETWORK].legs.get(request.match_info["call"])
    if leg is None:
        raise not_found(request.path)
    return leg


def _view(request: web.Request, recording: Recording, status: int = 200) -> web.Response:
    return web.json_response(_shape(request, recording), status=status)


def _shape(request: web.Request, recording: Recording) -> dict[str, object]:
    """A recording as itself, or as one of its call's: Twilio describes the two a little differently."""
    body = shapes.recording(recording, request.app[NETWORK].origin)
    without = OF_ITSELF if "call" in request.match_info else OF_ITS_CALL
    return {name: value for name, value in body.items() if name not in without}


def _page(request: web.Request, found: list[Recording]) -> web.Response:
    query = dict(request.query)
    kept = [one for one in found if within(one.started_at, query, "DateCreated")]
    return web.json_response(listing("recordings", kept, lambda one: _shape(request, one), request.path, query))


@routes.get(HERE + "/Recordings.json")
async def list_all(request: web.Request) -> web.Response:
    query = request.query
    found = [
        one
        for one in request.app[NETWORK].archive.all(query.get("IncludeSoftDeleted") == "true")
        if query.get("CallSid") in (None, one.call) and query.get("ConferenceSid") in (None, one.conference)
    ]
    return _page(request, found)


def _recording(request: web.Request) -> Recording:
    erased_too = request.query.get("IncludeSoftDeleted") == "true"
    found = request.app[NETWORK].archive.find(request.match_info["recording"], erased_too)
    if found is None:
        raise not_found(request.path)
    return found


@routes.get(HERE + "/Recordings/{recording}.json")
async def fetch(request: web.Request) -> web.Response:
    return _view(request, _recording(request))


@routes.delete(HERE + "/Recordings/{recording}.json")
async def delete(request: web.Request) -> web.Response:
    recording = _recording(request)
    if recording.status != "completed":
        raise refused(20009)
    request.app[NETWORK].archive.erase(recording)
    return web.Response(status=204)


@routes.get(HERE + "/Recordings/{recording:RE[0-9a-f]{32}}{dot:\\.?}{kind:(wav|mp3)?}")
async def listen(request: web.Request) -> web.Response:
    """The sound, once it is there and until it is erased."""
    recording = request.app[NETWORK].archive.find(request.match_info["recording"])
    if recording is None or recording.status != "completed":
        raise not_found(request.path)
    content_type, sound = SOUNDS[request.match_info["kind"]]
    return web.Response(body=sound(recording), headers={"Content-Type": content_type})


@routes.post(HERE + "/Calls/{call}/Recordings.json")
async def start(request: web.Request) -> web.Response:
    leg, given, archive = _leg(request), await fields(request), request.app[NETWORK].archive
    if leg.status != "in-progress":
        raise refused(21220, "Requested resource is not eligible for recording")
    if leg.tapes:
        return _view(request, leg.tapes[-1])
    channels = 2 if given.get("RecordingChannels") == "dual" else 1
    track = given.get("RecordingTrack", "both")
    recording = recording_of(leg, "StartCallRecordingAPI", channels, track)
    recording.told = callbacks(given, "RecordingStatusCallback")
    tape(archive, recording, *(one for one in (leg, leg.bridge) if one is not None))
    request.app[NETWORK].start(_stop_at_the_end(request, leg, recording))
    return _view(request, recording, 201)


async def _stop_at_the_end(request: web.Request, leg: Leg, recording: Recording) -> None:
    await leg.over
    untape(request.app[NETWORK].archive, recording, leg)


@routes.get(HERE + "/Calls/{call}/Recordings.json")
async def list_of_call(request: web.Request) -> web.Response:
    leg = _leg(request)
    return _page(request, [one for one in request.app[NETWORK].archive.all() if one.call == leg.sid])


@routes.post(HERE + "/Calls/{call}/Recordings/{recording}.json")
async def pause_or_stop(request: web.Request) -> web.Response:
    leg, given, archive = _leg(request), await fields(request), request.app[NETWORK].archive
    wanted, sid = given.get("Status"), request.match_info["recording"]
    recording = leg.tapes[-1] if sid == "Twilio.CURRENT" and leg.tapes else archive.find(sid)
    if recording is None or recording.call != leg.sid:
        raise not_found(request.path)
    if wanted not in ("paused", "in-progress", "stopped"):
        raise refused(20001, "Status is paused, in-progress or stopped")
    if recording.status in tapes.OVER:
        raise refused(21220, "The recording is over")
    if wanted == "stopped":
        untape(archive, recording, *(one for one in (leg, leg.bridge) if one is not None))
    else:
        recording.becomes(wanted)
    return _view(request, recording)
