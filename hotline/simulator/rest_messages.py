"""Messages and their media over REST: create, fetch, list, redact, cancel, delete."""

import re

from aiohttp import web

from hotline.simulator import media, shapes
from hotline.simulator.errors import not_found, refused
from hotline.simulator.media import Media
from hotline.simulator.messages import LONGEST, Message
from hotline.simulator.network import Network
from hotline.simulator.rest import HERE, NETWORK, Fields, fields, within
from hotline.simulator.rest_calls import E164
from hotline.simulator.shapes import listing

routes = web.RouteTableDef()
PICTURE = HERE + "/Messages/{sid}/Media/{media}"


def _message(request: web.Request) -> Message:
    message = request.app[NETWORK].post_office.messages.get(request.match_info["sid"])
    if message is None:
        raise not_found(request.path)
    return message


def _view(request: web.Request, message: Message, status: int = 200) -> web.Response:
    return web.json_response(shapes.message(message, request.match_info["account"]), status=status)


@routes.post(HERE + "/Messages.json")
async def create(request: web.Request) -> web.Response:
    network, given = request.app[NETWORK], await fields(request)
    _check(network, given)
    service = given.get("MessagingServiceSid") or None
    callback = given.source("StatusCallback")
    message = Message(
        given.get("From") or next(iter(network.numbers)),
        given.get("To"),
        given.get("Body"),
        "outbound-api",
        network.clock,
        status="accepted" if service else "queued",
        callback="" if callback is None else callback.url,
        validity=given.within("ValidityPeriod", 1, 36_000, 36_000),
        service=service,
        media_urls=tuple(given.all("MediaUrl")),
        discard=given.get("ContentRetention") == "discard",
        obfuscate=given.get("AddressRetention") == "obfuscate",
    )
    network.post_office.send(message)
    return _view(request, message, 201)


def _check(network: Network, given: Fields) -> None:
    receiver, body, pictures = given.get("To"), given.get("Body"), given.all("MediaUrl")
    if not receiver:
        raise refused(21604)
    if not E164.fullmatch(receiver):
        raise refused(21211, f"The 'To' number {receiver} is not a valid phone number.")
    sender = _sender(network, given)
    if not body and not pictures:
        raise refused(21602 if "MediaUrl" not in given else 21619)
    if len(body) > LONGEST:
        raise refused(21617)
    if len(pictures) > media.MOST:
        raise refused(21623)
    if not all(re.match(r"https?://[^/]", url) for url in pictures):
        raise refused(21620)
    if given.get("ScheduleType") or given.get("SendAt"):
        raise refused(20001, "The simulator schedules no text")
    if network.post_office.blocks(sender, receiver):
        raise refused(21610)


def _sender(network: Network, given: Fields) -> str:
    sender, service = given.get("From"), given.get("MessagingServiceSid")
    if not sender and not service:
        raise refused(21603)
    if service and service != network.post_office.service:
        raise refused(21701)
    if sender and sender not in network.numbers:
        raise refused(21606, f"The 'From' phone number {sender} is not a number of this account.")
    return sender or next(iter(network.numbers))


@routes.get(HERE + "/Messages.json")
async def list_all(request: web.Request) -> web.Response:
    query, account = dict(request.query), request.match_info["account"]
    found = [
        message
        for message in reversed(request.app[NETWORK].post_office.messages.values())
        if query.get("To") in (None, message.to)
        and query.get("From") in (None, message.from_)
        and within(message.sent_at, query, "DateSent")
    ]
    return web.json_response(
        listing("messages", found, lambda each: shapes.message(each, account), request.path, query)
    )


@routes.get(HERE + "/Messages/{sid}.json")
async def fetch(request: web.Request) -> web.Response:
    return _view(request, _message(request))


@routes.post(HERE + "/Messages/{sid}.json")
async def update(request: web.Request) -> web.Response:
    """Redacts a text that is over, or cancels one that has not left."""
    message, given = _message(request), await fields(request)
    if given.get("Status") == "canceled":
        if message.status not in ("accepted", "queued", "scheduled"):
            raise refused(20009)
        request.app[NETWORK].post_office.becomes(message, "canceled")
    elif "Body" not in given or given.get("Body"):
        raise refused(20001, "Body can only be emptied")
    else:
        _must_be_over(message)
        message.body = ""
    return _view(request, message)


@routes.delete(HERE + "/Messages/{sid}.json")
async def delete(request: web.Request) -> web.Response:
    message, network = _message(request), request.app[NETWORK]
    _must_be_over(message)
    for sid in message.media:
        network.media.erase(sid)
    del network.post_office.messages[message.sid]
    return web.Response(status=204)


def _must_be_over(message: Message) -> None:
    if not message.over:
        raise refused(20009)


def _picture(request: web.Request) -> Media:
    found = request.app[NETWORK].media.find(request.match_info["media"], request.match_info["sid"])
    if found is None:
        raise not_found(request.path)
    return found


@routes.get(HERE + "/Messages/{sid}/Media.json")
async def list_media(request: web.Request) -> web.Response:
    message, query = _message(request), dict(request.query)
    kept = request.app[NETWORK].media.of(message.sid)
    found = [one for one in kept if within(one.created_at, query, "DateCreated")]
    account = request.match_info["account"]
    return web.json_response(
        listing("media_list", found, lambda one: shapes.picture(one, account), request.path, query)
    )


@routes.get(PICTURE + ".json")
async def describe_media(request: web.Request) -> web.Response:
    return web.json_response(shapes.picture(_picture(request), request.match_info["account"]))


@routes.delete(PICTURE + ".json")
async def delete_media(request: web.Request) -> web.Response:
    request.app[NETWORK].media.erase(_picture(request).sid)
    return web.Response(status=204)


@routes.get(PICTURE)
async def show_media(request: web.Request) -> web.Response:
    """Sends whoever has the credentials to a short-lived address elsewhere."""
    raise web.HTTPTemporaryRedirect(request.app[NETWORK].media.lend(_picture(request)))


@routes.get(media.SHORT + "{token}")
async def serve_media(request: web.Request) -> web.Response:
    network = request.app[NETWORK]
    if "Authorization" in request.headers:
        network.ledger.fault(0, "the account's credentials were sent to the host of short-lived addresses")
        return web.Response(status=400, text="one way of authentication at a time")
    found = network.media.lent(request.match_info["token"])
    if found is None:
        return web.Response(status=403, text="this address has expired")
    return web.Response(body=found.data, headers={"Content-Type": found.content_type})
