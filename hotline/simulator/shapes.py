"""The JSON shapes of Twilio's 2010-04-01 API: a function a resource, lists, and error bodies. No state is kept here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from hotline.simulator.clock import rfc2822, whole_seconds
from hotline.simulator.errors import meaning, refused
from hotline.simulator.leg import Leg, fixed_sid
from hotline.simulator.media import Media
from hotline.simulator.messages import Message
from hotline.simulator.numbers import Number
from hotline.simulator.queues import Queue
from hotline.simulator.rooms import Participant, Room
from hotline.simulator.settings import Settings
from hotline.simulator.tapes import Recording

T = TypeVar("T")
CALL_PARTS = (
    "notifications",
    "recordings",
    "payments",
    "events",
    "siprec",
    "streams",
    "transcriptions",
    "user_defined_message_subscriptions",
    "user_defined_messages",
)
CAMEL = {part: "".join(word.title() for word in part.split("_")) for part in CALL_PARTS}


SAME_FOR_EVERY_NUMBER: dict[str, Any] = {
    "voice_receive_mode": "voice",
    "voice_application_sid": None,
    "sms_application_sid": None,
    "address_requirements": "none",
    "address_sid": None,
    "bundle_sid": None,
    "emergency_address_status": "unregistered",
    "emergency_status": "Inactive",
    "identity_sid": None,
    "trunk_sid": None,
    "origin": "twilio",
    "beta": False,
    "status": "in-use",
    "type": "local",
    "api_version": "2010-04-01",
}
AS_KEPT = (
    *("voice_url", "voice_method", "voice_fallback_url", "voice_fallback_method", "voice_caller_id_lookup"),
    *("sms_url", "sms_method", "sms_fallback_url", "sms_fallback_method", "friendly_name", "emergency_address_sid"),
    *("status_callback", "status_callback_method"),
)


def root(account: str) -> str:
    return f"/2010-04-01/Accounts/{account}"


def call(leg: Leg) -> dict[str, Any]:
    here = f"{root(leg.account)}/Calls/{leg.sid}"
    ended = leg.ended_at is not None
    return {
        "sid": leg.sid,
        "account_sid": leg.account,
        "parent_call_sid": leg.parent.sid if leg.parent else None,
        "to": leg.to,
        "to_formatted": leg.to,
        "from": leg.from_,
        "from_formatted": leg.from_,
        "phone_number_sid": fixed_sid("PN", leg.to if leg.direction == "inbound" else leg.from_),
        "status": leg.status,
        "start_time": rfc2822(leg.answered_at),
        "end_time": rfc2822(leg.ended_at),
        "duration": str(whole_seconds(leg.answered_at, leg.ended_at)) if ended else None,
        "price": None,
        "price_unit": "USD",
        "direction": leg.direction,
        "answered_by": leg.answered_by,
        "api_version": "2010-04-01",
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": str(leg.queue_time),
        "trunk_sid": None,
        "date_created": rfc2822(leg.created_at),
        "date_updated": rfc2822(leg.updated_at),
        "uri": f"{here}.json",
        "subresource_uris": {part: f"{here}/{CAMEL[part]}.json" for part in CALL_PARTS},
    }


def message(text: Message, account: str) -> dict[str, Any]:
    here = f"{root(account)}/Messages/{text.sid}"
    return {
        "sid": text.sid,
        "account_sid": account,
        "messaging_service_sid": text.service,
        "body": text.body,
        "from": text.from_ or None,
        "to": text.shown_to(),
        "direction": text.direction,
        "status": text.status,
        "num_media": str(text.num_media),
        "num_segments": str(text.segments),
        "price": None,
        "price_unit": "USD",
        "error_code": text.error,
        "error_message": None if text.error is None else meaning(text.error),
        "date_created": rfc2822(text.created_at),
        "date_sent": rfc2822(text.sent_at),
        "date_updated": rfc2822(text.updated_at),
        "api_version": "2010-04-01",
        "uri": f"{here}.json",
        "subresource_uris": {"media": f"{here}/Media.json"},
    }


def conference(room: Room) -> dict[str, Any]:
    here = f"{root(room.account)}/Conferences/{room.sid}"
    return {
        "sid": room.sid,
        "account_sid": room.account,
        "friendly_name": room.name,
        "status": room.status,
        "region": "us1",
        "reason_conference_ended": room.reason,
        "call_sid_ending_conference": room.ended_by,
        "date_created": rfc2822(room.created_at),
        "date_updated": rfc2822(room.updated_at),
        "api_version": "2010-04-01",
        "uri": f"{here}.json",
        "subresource_uris": {"participants": f"{here}/Participants.json", "recordings": f"{here}/Recordings.json"},
    }


def participant(room: Room, member: Participant) -> dict[str, Any]:
    return {
        "call_sid": member.leg.sid,
        "label": member.label or None,
        "conference_sid": room.sid,
        "account_sid": room.account,
        "muted": member.leg.muted,
        "hold": member.leg.on_hold,
        "coaching": bool(member.coached),
        "call_sid_to_coach": member.coached or None,
        "start_conference_on_enter": member.starts,
        "end_conference_on_exit": member.ends,
        "status": _standing(member.leg),
        "queue_time": str(member.leg.queue_time),
        "date_created": rfc2822(member.joined_at),
        "date_updated": rfc2822(member.leg.updated_at),
        "uri": f"{root(room.account)}/Conferences/{room.sid}/Participants/{member.leg.sid}.json",
    }


def _standing(leg: Leg) -> str:
    """Where a participant stands: on the way, in the room, or gone."""
    if leg.status == "in-progress":
        return "connected" if leg.room is not None else "connecting"
    return {"queued": "queued", "ringing": "ringing", "completed": "complete"}.get(leg.status, "failed")


def queue(line: Queue, account: str) -> dict[str, Any]:
    here = f"{root(account)}/Queues/{line.sid}"
    return {
        "sid": line.sid,
        "account_sid": account,
        "friendly_name": line.name,
        "current_size": len(line.waiting),
        "max_size": line.longest,
        "average_wait_time": line.average(),
        "date_created": rfc2822(line.created_at),
        "date_updated": rfc2822(line.updated_at),
        "uri": f"{here}.json",
    }


def member(line: Queue, leg: Leg) -> dict[str, Any]:
    return {
        "call_sid": leg.sid,
        "queue_sid": line.sid,
        "date_enqueued": rfc2822(line.waiting[leg.sid][1]),
        "position": list(line.waiting).index(leg.sid) + 1,
        "wait_time": line.seconds(leg),
        "uri": f"{root(leg.account)}/Queues/{line.sid}/Members/{leg.sid}.json",
    }


def number(settings: Settings, one: Number) -> dict[str, Any]:
    return {
        "sid": one.sid,
        "account_sid": settings.account,
        "phone_number": one.phone,
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "date_created": rfc2822(one.created_at),
        "date_updated": rfc2822(one.updated_at),
        "uri": f"{root(settings.account)}/IncomingPhoneNumbers/{one.sid}.json",
        **{name: getattr(one, name) for name in AS_KEPT},
        **SAME_FOR_EVERY_NUMBER,
    }


def recording(one: Recording, origin: str) -> dict[str, Any]:
    here = f"{root(one.account)}/Recordings/{one.sid}"
    return {
        "sid": one.sid,
        "account_sid": one.account,
        "call_sid": one.call,
        "conference_sid": one.conference,
        "status": one.status,
        "source": one.source,
        "channels": one.channels,
        "track": one.track,
        "duration": str(one.seconds) if one.status in ("completed", "deleted") else "-1",
        "start_time": rfc2822(one.started_at),
        "price": None,
        "price_unit": "USD",
        "error_code": None,
        "encryption_details": None,
        "media_url": f"{origin}{here}",
        "date_created": rfc2822(one.started_at),
        "date_updated": rfc2822(one.updated_at),
        "api_version": "2010-04-01",
        "uri": f"{here}.json",
        "subresource_uris": {
            "add_on_results": f"{here}/AddOnResults.json",
            "transcriptions": f"{here}/Transcriptions.json",
        },
    }


def picture(one: Media, account: str) -> dict[str, Any]:
    return {
        "sid": one.sid,
        "account_sid": account,
        "parent_sid": one.parent,
        "content_type": one.content_type,
        "date_created": rfc2822(one.created_at),
        "date_updated": rfc2822(one.created_at),
        "uri": f"{root(account)}/Messages/{one.parent}/Media/{one.sid}.json",
    }


def listing(
    key: str, items: Sequence[T], shape: Callable[[T], dict[str, Any]], path: str, query: Mapping[str, str]
) -> dict[str, Any]:
    """One page of a list, in the 2010 manner; a page token names the last item before it, so that none is missed."""
    if not query.get("PageSize", "50").isdecimal() or not query.get("Page", "0").isdecimal():
        raise refused(20001, "PageSize and Page are numbers")
    size = min(1000, max(1, int(query.get("PageSize", "50"))))
    page = int(query.get("Page", "0"))
    shaped = [shape(item) for item in items]
    names = [str(one.get("sid") or one.get("call_sid")) for one in shaped]
    token = query.get("PageToken", "")
    start = names.index(token[2:]) + 1 if token[2:] in names else page * size
    shown = shaped[start : start + size]

    def at(number: int, after: str = "") -> str:
        kept = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}
        numbers = {"PageSize": str(size), "Page": str(number)} | ({"PageToken": f"PA{after}"} if after else {})
        return f"{path}?{urlencode(kept | numbers, quote_via=quote)}"

    before = names[start - size - 1] if start > size else ""
    return {
        key: shown,
        "first_page_uri": at(0),
        "next_page_uri": at(page + 1, names[start + size - 1]) if start + size < len(items) else None,
        "previous_page_uri": at(page - 1, before) if page else None,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(shown) - 1),
        "uri": at(page, token[2:]),
    }
