"""The account over REST: itself, its numbers and where they go, its verified callers, and its log of faults."""

from typing import Any

from aiohttp import web

from hotline.simulator import shapes
from hotline.simulator.clock import rfc2822
from hotline.simulator.errors import not_found, refused
from hotline.simulator.leg import fixed_sid
from hotline.simulator.network import Network
from hotline.simulator.numbers import Number
from hotline.simulator.rest import HERE, NETWORK, fields
from hotline.simulator.shapes import listing, root

routes = web.RouteTableDef()
NUMBER = HERE + "/IncomingPhoneNumbers/{number}.json"
URLS = {"VoiceUrl": "voice_url", "VoiceFallbackUrl": "voice_fallback_url", "SmsUrl": "sms_url"} | {
    "SmsFallbackUrl": "sms_fallback_url",
    "StatusCallback": "status_callback",
}
METHODS = {"VoiceMethod": "voice_method", "VoiceFallbackMethod": "voice_fallback_method", "SmsMethod": "sms_method"} | {
    "SmsFallbackMethod": "sms_fallback_method",
    "StatusCallbackMethod": "status_callback_method",
}
PARTS = (
    *("available_phone_numbers", "calls", "conferences", "incoming_phone_numbers", "notifications"),
    *("outgoing_caller_ids", "recordings", "transcriptions", "addresses", "signing_keys", "connect_apps"),
    *(
        "sip",
        "authorized_connect_apps",
        "usage",
        "keys",
        "applications",
        "short_codes",
        "queues",
        "messages",
        "balance",
    ),
)


@routes.get("/2010-04-01/Accounts/{account}.json")
async def account(request: web.Request) -> web.Response:
    settings = request.app[NETWORK].settings
    born, here = rfc2822(settings.clock.origin), root(settings.account)
    camel = {part: "".join(word.title() for word in part.split("_")) for part in PARTS}
    return web.json_response(
        {
            "sid": settings.account,
            "owner_account_sid": settings.account,
            "auth_token": settings.tokens[0],
            "friendly_name": "simulator",
            "status": "active",
            "type": "Full",
            "date_created": born,
            "date_updated": born,
            "uri": f"{here}.json",
            "subresource_uris": {part: f"{here}/{name}.json" for part, name in camel.items()},
        }
    )


@routes.get(HERE + "/IncomingPhoneNumbers.json")
async def list_numbers(request: web.Request) -> web.Response:
    network, query = request.app[NETWORK], dict(request.query)
    found = [
        one
        for one in network.numbers.values()
        if query.get("PhoneNumber", "") in one.phone and query.get("FriendlyName") in (None, one.friendly_name)
    ]
    return web.json_response(
        listing("incoming_phone_numbers", found, lambda one: shapes.number(network.settings, one), request.path, query)
    )


def _number(request: web.Request) -> Number:
    for one in request.app[NETWORK].numbers.values():
        if one.sid == request.match_info["number"]:
            return one
    raise not_found(request.path)


@routes.get(NUMBER)
async def fetch_number(request: web.Request) -> web.Response:
    return web.json_response(shapes.number(request.app[NETWORK].settings, _number(request)))


@routes.post(NUMBER)
async def set_number(request: web.Request) -> web.Response:
    """Where a number's calls and texts go from now on; an empty address takes one away."""
    one, network, given = _number(request), request.app[NETWORK], await fields(request)
    wanted: dict[str, Any] = {}
    for field, name in URLS.items():
        if field in given:
            wanted[name] = (given.source(field) and given.get(field)) or ""
    for field, name in METHODS.items():
        if field in given and given.get(field) not in ("GET", "POST"):
            raise refused(21209, f"{field} is GET or POST")
        wanted |= {name: given.get(field)} if field in given else {}
    wanted |= {"friendly_name": given.get("FriendlyName")} if given.get("FriendlyName") else {}
    wanted |= {"emergency_address_sid": given.get("EmergencyAddressSid")} if "EmergencyAddressSid" in given else {}
    if "VoiceCallerIdLookup" in given:
        wanted["voice_caller_id_lookup"] = given.true("VoiceCallerIdLookup")
    _check_fallbacks(one, wanted)
    for name, value in wanted.items():
        setattr(one, name, value)
    one.updated_at = network.clock.now()
    return web.json_response(shapes.number(network.settings, one))


def _check_fallbacks(one: Number, wanted: dict[str, Any]) -> None:
    for kind, code in (("voice", 21405), ("sms", 21406)):
        fallback = wanted.get(f"{kind}_fallback_url", getattr(one, f"{kind}_fallback_url"))
        if fallback and not wanted.get(f"{kind}_url", getattr(one, f"{kind}_url")):
            raise refused(code)


@routes.get(HERE + "/OutgoingCallerIds.json")
async def list_callers(request: web.Request) -> web.Response:
    nobody: list[dict[str, Any]] = []
    return web.json_response(listing("outgoing_caller_ids", nobody, dict, request.path, dict(request.query)))


@routes.get(HERE + "/Notifications.json")
async def list_notifications(request: web.Request) -> web.Response:
    """The account's log: the faults and warnings of the ledger, the newest first."""
    network, query = request.app[NETWORK], dict(request.query)
    kinds = {"0": ("fault",), "1": ("warning",)}.get(query.get("Log", ""), ("fault", "warning"))
    found = [entry for entry in reversed(network.ledger.entries()) if entry["kind"] in kinds]
    return web.json_response(
        listing("notifications", found, lambda one: _notification(network, one), request.path, query)
    )


def _notification(network: Network, entry: dict[str, Any]) -> dict[str, Any]:
    account_sid = network.settings.account
    sid = fixed_sid("NO", str(entry["seq"]))
    at = rfc2822(network.clock.read(entry["at"]))
    return {
        "sid": sid,
        "account_sid": account_sid,
        "call_sid": entry.get("call"),
        "api_version": "2010-04-01",
        "error_code": str(entry["code"]),
        "log": "0" if entry["kind"] == "fault" else "1",
        "message_text": entry["message"],
        "message_date": at,
        "more_info": f"https://www.twilio.com/docs/errors/{entry['code']}",
        "request_method": "POST",
        "request_url": entry.get("url", ""),
        "date_created": at,
        "date_updated": at,
        "uri": f"{root(account_sid)}/Notifications/{sid}.json",
    }
