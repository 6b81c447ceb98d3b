"""Texts the line sends: each sender's leave one part a second, reach a handset or fail as a carrier would, and tell it.

What a handset writes is `inbox`'s.
"""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hotline.simulator import errors, media
from hotline.simulator.clock import LineClock
from hotline.simulator.courier import WebhookFailed
from hotline.simulator.handsets import Handset
from hotline.simulator.keywords import Mode
from hotline.simulator.leg import fixed_sid, new_sid
from hotline.simulator.segments import segments

if TYPE_CHECKING:
    from hotline.simulator.network import Network

LONGEST = 1600
UNREACHABLE, EXPIRED, BLOCKED = 30003, 30036, 21610
SECONDS_TO_SEND = SECONDS_TO_ARRIVE = 0.5
OVER = ("received", "delivered", "undelivered", "failed", "canceled")
TOLD = ("queued", "sent", "delivered", "undelivered", "failed")


@dataclass
class Message:
    from_: str
    to: str
    body: str
    direction: str
    clock: LineClock
    status: str = "queued"
    callback: str = ""
    validity: float = 36_000
    service: str | None = None
    media_urls: tuple[str, ...] = ()
    media: list[str] = field(default_factory=list)
    discard: bool = False
    obfuscate: bool = False
    # The carrier's own answer to STOP goes out although its receiver has just opted out.
    carriers: bool = False
    sid: str = ""
    error: int | None = None
    sent_at: datetime | None = None
    segments: int = 1

    def __post_init__(self) -> None:
        self.sid = self.sid or new_sid("MM" if self.media_urls else "SM")
        self.created_at = self.updated_at = self.clock.now()
        self.segments = segments(self.body)

    @property
    def over(self) -> bool:
        return self.status in OVER

    @property
    def num_media(self) -> int:
        return len(self.media) or len(self.media_urls)

    def becomes(self, status: str, error: int | None = None) -> None:
        self.status, self.error, self.updated_at = status, error, self.clock.now()

    def shown_to(self) -> str:
        return f"{self.to[:-4]}XXXX" if self.obfuscate and self.over else self.to


class PostOffice:
    def __init__(self, network: "Network") -> None:
        self._network = network
        self.messages: dict[str, Message] = {}
        self.blocked: set[tuple[str, str]] = set()
        self.clear()

    def clear(self) -> None:
        self.messages.clear()
        self.blocked.clear()
        self.mode: Mode = self._network.settings.keywords
        self.replies: defaultdict[tuple[str, str], deque[datetime]] = defaultdict(deque)
        self._departures: dict[str, datetime] = {}

    @property
    def busy(self) -> bool:
        return any(not one.over for one in self.messages.values())

    @property
    def service(self) -> str:
        """The Messaging Service that all numbers of the line belong to, where Advanced Opt-Out is on."""
        return fixed_sid("MG", self._network.settings.account)

    def blocks(self, sender: str, receiver: str) -> bool:
        """Whether the receiver has opted out: of the sender, or of the whole service."""
        return (self.service if self.mode == "advanced" else sender, receiver) in self.blocked

    def send(self, message: Message) -> None:
        self.messages[message.sid] = message
        self._network.start(self._deliver(message, self._departure(message)))

    def _departure(self, message: Message) -> datetime:
        """One part a second for each sender, in line time; the others wait their turn."""
        now = message.clock.now()
        leaves = max(now, self._departures.get(message.from_, now))
        spent = timedelta(seconds=message.segments / self._network.settings.texts_per_second)
        self._departures[message.from_] = leaves + spent
        return leaves

    async def _deliver(self, message: Message, leaves: datetime) -> None:
        if message.status == "accepted":
            self.becomes(message, "queued")
        wait = (leaves - message.clock.now()).total_seconds() + SECONDS_TO_SEND
        await message.clock.sleep(min(wait, message.validity))
        if wait > message.validity:
            self.becomes(message, "undelivered", EXPIRED)
            return
        blocked = not message.carriers and self.blocks(message.from_, message.to)
        if blocked or not await self._collect(message):
            self.becomes(message, "failed", message.error or BLOCKED)
            return
        if message.status == "canceled":
            return
        message.becomes("sending")
        message.sent_at = message.clock.now()
        rule = self._network.weather.over_text(message.to)
        if rule is not None and rule.status == "failed":
            self.becomes(message, "failed", rule.text)
            return
        self.becomes(message, "sent")
        await message.clock.sleep((rule.seconds if rule is not None else 0) or SECONDS_TO_ARRIVE)
        if rule is not None:
            self.becomes(message, "undelivered", rule.text)
        else:
            await self._arrive(message)

    async def _arrive(self, message: Message) -> None:
        handset = self._network.handsets.get(message.to)
        if handset is None:
            self.becomes(message, "undelivered", UNREACHABLE)
        elif await self._switched_on(handset, message.validity):
            self._show(handset, message)
            self.becomes(message, "delivered")
        else:
            self.becomes(message, "undelivered", EXPIRED)

    def _show(self, handset: Handset, message: Message) -> None:
        shown = {"sid": message.sid, "from": message.from_, "body": message.body, "media": self.pictures(message)}
        handset.texts.append({"at": message.clock.now().isoformat(), **shown})
        handset.note("text", **shown)

    def pictures(self, message: Message) -> list[dict[str, Any]]:
        """What a handset shows of a text's media: where this machine may look at them."""
        found = (self._network.media.find(sid) for sid in message.media)
        return [{"content_type": one.content_type, "url": f"/sim/media/{one.sid}"} for one in found if one is not None]

    async def _collect(self, message: Message) -> bool:
        """Fetches what MediaUrl names; a text whose media cannot be had fails."""
        for url in message.media_urls:
            try:
                answer = await self._network.courier.fetch(url, "media")
            except WebhookFailed as failure:
                message.error = failure.code
                return False
            if not answer.content_type or media.too_large(answer.content_type, answer.body):
                message.error = 12300 if not answer.content_type else 11750
                return False
            message.media.append(self._network.media.keep(message.sid, answer.content_type, answer.body).sid)
        return True

    async def _switched_on(self, handset: Handset, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds / handset.clock.pace):
                while not handset.on:
                    await handset.changed.wait()
        except TimeoutError:
            return False
        return True

    def becomes(self, message: Message, status: str, error: int | None = None) -> None:
        """Changes where a text stands, and tells it where somebody asked."""
        message.becomes(status, error)
        if message.callback and status in TOLD:
            self._network.courier.send_later(message.callback, "POST", self._told(message), "status", message.sid)
        if message.over and message.discard:
            message.body = ""
            for sid in message.media:
                self._network.media.erase(sid)

    def _told(self, message: Message) -> dict[str, str]:
        form = {
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "AccountSid": self._network.settings.account,
            "From": message.from_,
            "To": message.shown_to(),
            "ApiVersion": "2010-04-01",
        }
        if message.service is not None:
            form["MessagingServiceSid"] = message.service
        if message.error is not None:
            form |= {"ErrorCode": str(message.error), "ErrorMessage": errors.meaning(message.error)}
        if message.status in ("delivered", "undelivered"):
            form["RawDlrDoneDate"] = message.updated_at.strftime("%y%m%d%H%M")
        return form
