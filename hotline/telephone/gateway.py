"""Twilio's REST API over its unmodified SDK: calls, texts, rooms. The only module that imports `twilio.rest`.

Each deed is tried once. What went wrong is one of three answers to "will trying again help?": Refused (no), Busy (yes,
it was never done), Unknown (nobody knows). An error holds a code and never a number, a body or a URL.
"""

import logging
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from hotline.telephone.sms import Message, count

TIMEOUT = 5.0  # architecture, law 6
E164 = re.compile(r"\+[1-9]\d{6,14}")
LONGEST_TEXT, LONGEST_TWIML, LONGEST_VALIDITY = 1600, 4000, 36000  # contract 3.3, 2 and 4.1
SHORTEST_RING, LONGEST_RING = 5, 600
PAGE_SIZE = 200
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
# Twilio's words for "not now", nothing was done (contract 3.5, 3.6): too many at once, calls full, the sender's queue
# full, a text that cannot be erased while it is on its way.
NOT_NOW = frozenset({20429, 10004, 21611, 20009})
ALREADY_OVER = 21220
NOWHERE = frozenset({20404, 404})
TOO_LARGE = 413
TWILIO = "https://api.twilio.com"
NEVER_SENT = (requests.ConnectTimeout, requests.exceptions.ProxyError, requests.exceptions.InvalidURL)

T = TypeVar("T")


class Failure(Exception):
    """A deed that did not surely happen. `again`: whether trying again will help; None where nobody knows."""

    again: bool | None = None

    def __init__(self, code: int = 0) -> None:
        super().__init__(f"{type(self).__name__.lower()} {code or 'without an answer'}")
        self.code = code


class Refused(Failure):
    """Twilio, or we before it, said no: the same again will be refused again."""

    again = False


class Busy(Failure):
    """It was never processed: too many requests, or no connection."""

    again = True


class Unknown(Failure):
    """It may have happened and may not have: no answer, a broken one, or a fault on their side after we asked."""

    again = None


class Fate(NamedTuple):
    """Where a text we sent stands, with the carrier's error code (0 for none)."""

    status: str
    error_code: int = 0


class Participant(NamedTuple):
    """A call that is in a conference now."""

    call_sid: str
    label: str
    muted: bool
    hold: bool


class Recording(NamedTuple):
    """A recording that one of our documents asked for, complete and still at the carrier."""

    call_sid: str
    sid: str


class Gateway:
    """One account at Twilio, or at whoever speaks its API at `api_url`. One per process is enough, also for threads."""

    def __init__(self, account_sid: str, auth_token: str, api_url: str | None = None, timeout: float = TIMEOUT) -> None:
        _hush_logs()
        # Not empty: the SDK takes an empty environment for os.environ, whose TWILIO_REGION rewrites host names.
        apart = {"TWILIO_ENVIRONMENT": "none"}
        self._account, self._http = account_sid, _Http(api_url, timeout, (account_sid, auth_token))
        self._client = Client(account_sid, auth_token, http_client=self._http, environment=apart)

    def call(self, to: str, from_: str, url: str, status_url: str, ring_for: int) -> str:
        """Ring a telephone for so many seconds; its words come from `url`, its fate goes to `status_url`."""
        _require(E164.fullmatch(to), 21211)
        _require(SHORTEST_RING <= ring_for <= LONGEST_RING, 20001)
        made = _done(lambda: self._client.calls.create(
            to=to, from_=from_, url=url, method="POST", status_callback=status_url, status_callback_method="POST",
            status_callback_event=CALL_EVENTS, timeout=ring_for,
        ))  # fmt: skip
        return _given(made.sid, Unknown)

    def text(self, to: str, from_: str, body: str, status_url: str, validity: int) -> str:
        """Send a text that is dropped if it cannot leave within `validity` seconds. The message's sid."""
        _require(E164.fullmatch(to), 21211)
        _require(body.strip(), 21602)
        _require(len(body) <= LONGEST_TEXT, 21617)
        _require(1 <= validity <= LONGEST_VALIDITY, 20001)
        made = _done(lambda: self._client.messages.create(
            to=to, from_=from_, body=body, status_callback=status_url, validity_period=validity,
        ))  # fmt: skip
        return _given(made.sid, Unknown)

    def redirect(self, call_sid: str, url: str | None = None, twiml: str | None = None) -> None:
        """Take a live call, out of its queue or room, to the words at a URL or to these (absolute URLs in them)."""
        if (url is None) == (twiml is None):
            raise ValueError("a URL or TwiML, not both")
        _require(twiml is None or len(twiml) <= LONGEST_TWIML, 20001)
        words: dict[str, Any] = {"twiml": twiml} if url is None else {"url": url, "method": "POST"}
        _done(lambda: self._client.calls(call_sid).update(**words))

    def hang_up(self, call_sid: str) -> None:
        """End a call, ringing or answered. One that is over already is no error."""
        try:
            _done(lambda: self._client.calls(call_sid).update(status="completed"))
        except Refused as refusal:
            if refusal.code != ALREADY_OVER:
                raise

    def announce(self, conference_sid: str, label: str, url: str) -> None:
        """Let one participant alone hear the words at a URL."""
        room = self._client.conferences(conference_sid)
        _done(lambda: room.participants(label).update(announce_url=url, announce_method="POST"))

    def hold(self, conference_sid: str, label: str, url: str | None) -> None:
        """One participant hears the words at a URL and nobody, or, without one, the room again."""
        words = {"hold": False} if url is None else {"hold": True, "hold_url": url, "hold_method": "POST"}
        _done(lambda: self._client.conferences(conference_sid).participants(label).update(**words))

    def participants(self, conference_sid: str) -> list[Participant]:
        """Who is in a conference now; nobody once it has ended."""
        found = _read(lambda: self._client.conferences(conference_sid).participants.list(page_size=PAGE_SIZE))
        return [Participant(one.call_sid or "", one.label or "", bool(one.muted), bool(one.hold)) for one in found]

    def held(self, label: str) -> list[str]:
        """The conferences of this account in which whoever is called so is on hold now."""
        rooms = _read(lambda: self._client.conferences.list(status="in-progress", page_size=PAGE_SIZE))
        sids = [room.sid for room in rooms if room.sid]
        return [sid for sid in sids if any(one.label == label and one.hold for one in self.participants(sid))]

    def call_status(self, call_sid: str) -> str:
        """The status of a call, in Twilio's words (contract 1.3)."""
        return _given(_read(lambda: self._client.calls(call_sid).fetch()).status, Busy)

    def message_status(self, sid: str) -> Fate:
        """The status of a text, in Twilio's words (contract 3.2)."""
        found = _read(lambda: self._client.messages(sid).fetch())
        return Fate(_given(found.status, Busy), int(found.error_code or 0))

    def fate_of_text(self, to: str, from_: str, words: str, since: datetime) -> Fate | None:
        """What became of the newest text with these words that we sent since then; None where there is none."""
        day = (since.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        sent = {"to": to, "from_": from_, "date_sent_after": day, "page_size": PAGE_SIZE, "limit": PAGE_SIZE}
        found = _read(lambda: self._client.messages.list(**sent))
        ours = [one for one in found if words in (one.body or "") and one.date_created >= since.replace(microsecond=0)]
        newest = max(ours, key=lambda one: one.date_created, default=None)
        return None if newest is None else Fate(_given(newest.status, Busy), int(newest.error_code or 0))

    def texts_since(self, to: str, instant: datetime) -> list[Message]:
        """The texts that came to one of our numbers at or after an aware instant, the oldest first."""
        # The API filters by day only, and whether that day is in it is not written: from the day before, then exactly.
        day = (instant.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        since = instant.replace(microsecond=0)  # its dates have no fractions
        found = _read(lambda: self._client.messages.list(to=to, date_sent_after=day, page_size=PAGE_SIZE))
        came = [(_came_at(one), one) for one in found if one.direction == "inbound"]
        return [_message(one) for at, one in sorted(came, key=lambda pair: pair[0]) if at >= since]

    def redact(self, message_sid: str) -> None:
        """Erase the words of a text at Twilio; the row stays."""
        _done(lambda: self._client.messages(message_sid).update(body=""))

    def text_is_erased(self, message_sid: str) -> bool:
        """Whether Twilio has no words of a text any more."""
        try:
            return not _read(lambda: self._client.messages(message_sid).fetch()).body
        except Refused as refusal:
            return _is_nowhere(refusal)

    def recording_state(self, sid: str) -> str:
        """The state of a recording, in Twilio's words (contract 4.2): `deleted` also if there never was."""
        try:
            found = _read(lambda: self._client.recordings(sid).fetch(include_soft_deleted=True))
        except Refused as refusal:
            if _is_nowhere(refusal):
                return "deleted"
            raise
        return _given(found.status, Busy)

    def recordings_since(self, instant: datetime) -> list[Recording]:
        """What was said after a beep of ours in calls, and is complete, begun at or after an aware instant."""
        since = instant.astimezone(UTC).replace(microsecond=0)  # its dates have no fractions
        found = _read(lambda: self._client.recordings.list(date_created_after=since, page_size=PAGE_SIZE))
        ours = [one for one in found if one.source == "RecordVerb" and one.status == "completed"]
        return [Recording(one.call_sid, one.sid) for one in reversed(ours) if one.call_sid and one.sid]

    def fetch_recording(self, sid: str, most: int) -> bytes:
        """The sound of a recording, as WAV; Refused where it is longer than so many bytes."""
        return _read(lambda: self._http.sound(f"/2010-04-01/Accounts/{self._account}/Recordings/{sid}.wav", most))

    def erase_recording(self, sid: str) -> None:
        """Erase a recording at Twilio. One that is not there is no error; `recording_state` says if it is gone."""
        try:
            _done(lambda: self._client.recordings(sid).delete())
        except Refused as refusal:
            if not _is_nowhere(refusal):
                raise

    def reachable(self) -> bool:
        """Whether Twilio answers and knows us. It asks for a list that API keys may read too (contract, 4)."""
        try:
            _read(lambda: self._client.incoming_phone_numbers.list(limit=1, page_size=1))
        except Failure:
            return False
        return True


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Sends every request of the SDK to one origin, or to Twilio's own where there is none (contract 4.3)."""

    def __init__(self, origin: str | None, timeout: float, account: tuple[str, str]) -> None:
        super().__init__(timeout=timeout)
        self._account = account
        self._origin = urlsplit(origin) if origin else None
        self.timeout = urllib3.Timeout(total=timeout)  # connecting and waiting together
        # None is kept: one gone stale between two texts breaks after sending, which is Unknown for a text nobody saw.
        self.session.headers["Connection"] = "close"
        # A proxy of the environment is the operator's way out to Twilio, and no way to a network on this machine.
        self.session.trust_env = self._origin is None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if self._origin is not None:
            parts = urlsplit(url)
            path = self._origin.path.rstrip("/") + parts.path
            url = urlunsplit((self._origin.scheme, self._origin.netloc, path, parts.query, parts.fragment))
        return super().request(method, url, *args, **kwargs)

    def sound(self, path: str, most: int) -> bytes:
        """Bytes, which the SDK never asks for. A redirection to another host is followed without our credentials."""
        origin = self._origin.geturl().rstrip("/") if self._origin else TWILIO
        with self.session.get(f"{origin}{path}", auth=self._account, timeout=self.timeout, stream=True) as answer:
            if answer.status_code != requests.codes.ok:
                raise TwilioRestException(answer.status_code, "", code=answer.status_code)
            taken = bytearray()
            for piece in answer.iter_content(64 * 1024):
                taken += piece
                if len(taken) > most:
                    raise TwilioRestException(requests.codes.request_entity_too_large, "", code=TOO_LARGE)
            return bytes(taken)


# ── what went wrong ───────────────────────────────────────────────────────────────────────────────────────────────


def _done(deed: Callable[[], T]) -> T:
    """A deed that changes something: what is not surely refused or surely unprocessed is Unknown."""
    return _attempt(deed, Unknown)


def _read(question: Callable[[], T]) -> T:
    """A question that changes nothing: whatever is not refused may be asked again."""
    return _attempt(question, Busy)


def _attempt(deed: Callable[[], T], doubt: type[Failure]) -> T:
    try:
        return deed()
    except TwilioException as error:
        failure = _answered(error, doubt)
    except requests.RequestException as error:
        failure = Busy() if _never_sent(error) else doubt()
    except (ValueError, TypeError, AttributeError, KeyError):  # the SDK reads what came back without checking it
        failure = doubt()
    raise failure  # here, so that no traceback carries theirs, which has numbers and URLs in it


def _answered(error: TwilioException, doubt: type[Failure]) -> Failure:
    status, code = _status_and_code(error)
    if status == 429 or code in NOT_NOW:
        return Busy(code)
    return Refused(code) if 400 <= status < 500 and status != 408 else doubt(code)


def _status_and_code(error: TwilioException) -> tuple[int, int]:
    """The SDK has three shapes of error: the old, RFC 9457's, and for lists a bare one that holds the response."""
    if isinstance(error, TwilioRestException | TwilioServiceException):
        status, code = error.status, error.code
    else:
        status = next((one.status_code for one in error.args if isinstance(one, Response)), 0)
        code = status
    return (status, code) if isinstance(status, int) and isinstance(code, int) else (0, 0)


def _never_sent(error: requests.RequestException) -> bool:
    """Whether it failed before a byte of the request left: no name, no connection, no trust."""
    if isinstance(error, NEVER_SENT):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    distrust = isinstance(reason, urllib3.exceptions.SSLError) and isinstance(
        reason.args[0] if reason.args else None, ssl.SSLCertVerificationError
    )
    return distrust or isinstance(reason, urllib3.exceptions.NewConnectionError)


def _is_nowhere(refusal: Refused) -> bool:
    return refusal.code in NOWHERE


def _require(holds: object, code: int) -> None:
    if not holds:
        raise Refused(code)


def _given(value: str | None, doubt: type[Failure]) -> str:
    """What the answer had to hold: a call that was made without a sid is Unknown."""
    if not value:
        raise doubt()
    return value


UNDATED = datetime.max.replace(tzinfo=UTC)  # rather read twice than never


def _came_at(message: Any) -> datetime:
    at = message.date_sent or message.date_created
    return at if isinstance(at, datetime) else UNDATED


def _message(one: Any) -> Message:
    at, media = _came_at(one), count(one.num_media or "")
    return Message(
        one.sid or "", one.from_ or "", one.to or "", one.body or "", media, came_at=None if at is UNDATED else at
    )


def _hush_logs() -> None:
    # The SDK logs query strings at INFO, urllib3 at DEBUG and in some warnings: they hold numbers (contract 0).
    logging.getLogger("twilio").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
