"""Texts: what the line sends reaches a handset or fails as a carrier would; what a handset sends reaches the line.

The carrier's own words (STOP, HELP) are off: every text goes to the line.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from hotline.simulator import twiml
from hotline.simulator.clock import LineClock
from hotline.simulator.courier import WebhookFailed
from hotline.simulator.handsets import Handset
from hotline.simulator.leg import geography, new_sid
from hotline.simulator.twiml import BadDocument, Verb

if TYPE_CHECKING:
    from hotline.simulator.network import Network

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_DOUBLE = frozenset("^{}\\[~]|€\f")
LONGEST = 1600
UNREACHABLE, EXPIRED = 30003, 30036


def segments(body: str) -> int:
    if all(character in GSM or character in GSM_DOUBLE for character in body):
        length, single, several = sum(2 if character in GSM_DOUBLE else 1 for character in body), 160, 153
    else:
        length, single, several = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // several)


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
    sid: str = field(default_factory=lambda: new_sid("SM"))
    error: int | None = None
    sent_at: datetime | None = None
    segments: int = 1

    def __post_init__(self) -> None:
        self.created_at = self.updated_at = self.clock.now()
        self.segments = segments(self.body)

    def becomes(self, status: str, error: int | None = None) -> None:
        self.status, self.error, self.updated_at = status, error, self.clock.now()


class PostOffice:
    def __init__(self, network: "Network") -> None:
        self._network = network
        self.messages: dict[str, Message] = {}

    def clear(self) -> None:
        self.messages.clear()

    def send(self, message: Message) -> None:
        self.messages[message.sid] = message
        self._network.start(self._deliver(message))

    def receive(self, handset: Handset, to: str, body: str) -> Message:
        """A handset writes: the text is kept where REST lists it, whether or not the line takes it."""
        message = Message(handset.number, to, body, "inbound", self._network.clock, status="received")
        message.sent_at = message.created_at
        handset.texts.append({"sid": message.sid, "at": message.created_at.isoformat(), "to": to, "body": body})
        handset.note("texted", to=to, body=body)
        if to in self._network.settings.numbers:
            self.messages[message.sid] = message
            self._network.start(self._bring(message))
        return message

    async def _deliver(self, message: Message) -> None:
        await message.clock.sleep(0.5)
        message.sent_at = message.clock.now()
        self._becomes(message, "sent")
        await message.clock.sleep(0.5)
        handset = self._network.handsets.get(message.to)
        if handset is None:
            self._becomes(message, "undelivered", UNREACHABLE)
        elif await self._switched_on(handset, message.validity):
            handset.texts.append(
                {"sid": message.sid, "at": message.clock.now().isoformat(), "from": message.from_, "body": message.body}
            )
            handset.note("text", sid=message.sid, **{"from": message.from_}, body=message.body)
            self._becomes(message, "delivered")
        else:
            self._becomes(message, "undelivered", EXPIRED)

    async def _switched_on(self, handset: Handset, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds / handset.clock.pace):
                while not handset.on:
                    await handset.changed.wait()
        except TimeoutError:
            return False
        return True

    def _becomes(self, message: Message, status: str, error: int | None = None) -> None:
        message.becomes(status, error)
        if not message.callback:
            return
        form = {
            "MessageSid": message.sid,
            "MessageStatus": status,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "AccountSid": self._network.settings.account,
            "From": message.from_,
            "To": message.to,
            "ApiVersion": "2010-04-01",
        }
        if error is not None:
            form["ErrorCode"] = str(error)
        if status in ("delivered", "undelivered"):
            form["RawDlrDoneDate"] = message.updated_at.strftime("%y%m%d%H%M")
        self._network.courier.send_later(message.callback, "POST", form, "status", message.sid)

    async def _bring(self, message: Message) -> None:
        url = self._network.settings.sms_url
        try:
            answer = await self._network.courier.send(url, "POST", self._form(message), "sms")
        except WebhookFailed as failure:
            self._network.ledger.write("not-taken", sid=message.sid, code=failure.code, url=url)
            return
        if not answer.text.strip():
            return
        try:
            for verb in twiml.read(answer.text, twiml.MESSAGING):
                if verb.name == "Message":
                    self._reply(message, verb, url)
        except BadDocument as error:
            self._network.ledger.fault(error.code, str(error), sid=message.sid, url=url, document=answer.text)

    def _reply(self, message: Message, verb: Verb, url: str) -> None:
        body = next((child.text for child in verb.children if child.name == "Body"), verb.text)
        given = verb.get("statusCallback")
        callback = twiml.resolve(url, given, "statusCallback") if given else ""
        sender, receiver = verb.get("from", message.to), verb.get("to", message.from_)
        self.send(Message(sender, receiver, body, "outbound-reply", message.clock, callback=callback))

    def _form(self, message: Message) -> dict[str, str]:
        return {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "AccountSid": self._network.settings.account,
            "From": message.from_,
            "To": message.to,
            "Body": message.body,
            "NumMedia": "0",
            "NumSegments": str(message.segments),
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            **geography("From", message.from_),
            **geography("To", message.to),
        }
