"""Messages over REST: create, fetch, list, redact, delete."""

from aiohttp import web

from hotline.simulator import shapes
from hotline.simulator.messages import LONGEST, Message
from hotline.simulator.rest import HERE, NETWORK, fields, within
from hotline.simulator.rest_calls import E164
from hotline.simulator.shapes import Refused, listing, not_found

routes = web.RouteTableDef()


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
    sender, receiver, body = given.get("From"), given.get("To"), given.get("Body")
    if not receiver:
        raise Refused(400, 21604, "A 'To' phone number is required.")
    if not E164.fullmatch(receiver):
        raise Refused(400, 21211, f"The 'To' number {receiver} is not a valid phone number.")
    if not sender:
        raise Refused(400, 21603, "A 'From' phone number is required.")
    if sender not in network.settings.numbers:
        raise Refused(400, 21606, f"The 'From' phone number {sender} is not a number of this account.")
    if not body:
        raise Refused(400, 21602, "Message body is required.")
    if len(body) > LONGEST:
        raise Refused(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    validity = given.number("ValidityPeriod", 36_000)
    if not 1 <= validity <= 36_000:
        raise Refused(400, 20001, "ValidityPeriod is from 1 to 36000 seconds")
    message = Message(
        sender, receiver, body, "outbound-api", network.clock, callback=given.get("StatusCallback"), validity=validity
    )
    network.post_office.send(message)
    return _view(request, message, 201)


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
async def redact(request: web.Request) -> web.Response:
    message, given = _message(request), await fields(request)
    if given.get("Body", "-"):
        raise Refused(400, 20001, "Body can only be emptied")
    _must_be_over(message)
    message.body = ""
    return _view(request, message)


@routes.delete(HERE + "/Messages/{sid}.json")
async def delete(request: web.Request) -> web.Response:
    message = _message(request)
    _must_be_over(message)
    del request.app[NETWORK].post_office.messages[message.sid]
    return web.Response(status=204)


def _must_be_over(message: Message) -> None:
    if message.status not in ("received", "delivered", "undelivered", "failed"):
        raise Refused(400, 20009, "Cannot change this resource before it has finished")
