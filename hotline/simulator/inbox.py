"""Texts that handsets write: the carrier's own words first, then the line's webhook, its fallback, and its replies."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hotline.simulator import keywords, media, twiml
from hotline.simulator.courier import Answer, WebhookFailed
from hotline.simulator.handsets import Handset
from hotline.simulator.leg import Source, geography
from hotline.simulator.messages import Message
from hotline.simulator.numbers import Number
from hotline.simulator.twiml import BadDocument, Verb

if TYPE_CHECKING:
    from hotline.simulator.network import Network

MOST_REPLIES, IN_SECONDS = 15, 30
MOST_TURNS = 10
READ_AS_TWIML = ("text/xml", "application/xml", "text/html")


def receive(
    network: "Network", handset: Handset, to: str, body: str, pictures: list[tuple[str, bytes]] | None = None
) -> Message:
    """A handset writes: the text is kept where REST lists it, whether or not the line takes it."""
    given = pictures or []
    if len(given) > media.MOST or any(media.too_large(*one) for one in given):
        raise ValueError(f"a text takes {media.MOST} media at most: pictures of 5 MB, others of 500 kB")
    urls = tuple("-" for _ in given)
    message = Message(handset.number, to, body, "inbound", network.clock, status="received", media_urls=urls)
    message.sent_at = message.created_at
    message.media = [network.media.keep(message.sid, kind, data).sid for kind, data in given]
    shown: dict[str, Any] = {"to": to, "body": body, "media": network.post_office.pictures(message)}
    handset.texts.append({"sid": message.sid, "at": message.created_at.isoformat(), **shown})
    handset.note("texted", **shown)
    number = network.numbers.get(to)
    if number is not None:
        network.post_office.messages[message.sid] = message
        network.start(_bring(network, message, number))
    return message


async def _bring(network: "Network", message: Message, number: Number) -> None:
    office = network.post_office
    meant = keywords.meaning(message.body, office.mode)
    form = _form(network, message)
    if meant:
        _obey(network, message, meant)
        form |= {"OptOutType": meant} if office.mode == "advanced" else {}
    source: Source | None = Source(number.sms_url, number.sms_method, form=form)
    for _ in range(MOST_TURNS):
        if source is None:
            return
        source = await _turn(network, message, number, source, form)


async def _turn(
    network: "Network", message: Message, number: Number, source: Source, form: dict[str, str]
) -> Source | None:
    """One document: its replies are sent; a Redirect, or the fallback of a failure, is the next."""
    try:
        answer = await network.courier.send(source.url, source.method, source.form, "sms")
        return _answered(network, message, source, answer, form)
    except WebhookFailed as failure:
        network.ledger.write("not-taken", sid=message.sid, code=failure.code, url=source.url)
        code, url = failure.code, failure.url
    except BadDocument as error:
        network.ledger.fault(error.code, str(error), sid=message.sid, url=source.url, document=answer.text)
        code, url = error.code, source.url
    if not number.sms_fallback_url or "ErrorCode" in source.form:
        return None
    told = form | {"ErrorCode": str(code), "ErrorUrl": url}
    return Source(number.sms_fallback_url, number.sms_fallback_method, form=told)


def _answered(
    network: "Network", message: Message, source: Source, answer: Answer, form: dict[str, str]
) -> Source | None:
    if not answer.text.strip():
        return None
    kind = answer.content_type.partition(";")[0].strip().lower()
    if kind == "text/plain":
        _reply(network, message, Verb("Message", {}, answer.text.strip(), ()), source.url)
        return None
    if kind not in READ_AS_TWIML:
        raise BadDocument(12300, f"the content type is {kind or 'missing'}")
    for verb in twiml.read(answer.text, twiml.MESSAGING):
        if verb.name == "Redirect":
            url = twiml.resolve(source.url, verb.text, "Redirect")
            return Source(url, verb.get("method", "POST"), form=form)
        _reply(network, message, verb, source.url)
    return None


def _reply(network: "Network", message: Message, verb: Verb, base: str) -> None:
    body = next((child.text for child in verb.children if child.name == "Body"), verb.text)
    pictures = tuple(twiml.resolve(base, child.text, "Media") for child in verb.children if child.name == "Media")
    given = verb.get("statusCallback") or verb.get("action")
    callback = twiml.resolve(base, given, "statusCallback") if given else ""
    sender, receiver = verb.get("from", message.to), verb.get("to", message.from_)
    recent = network.post_office.replies[sender, receiver]
    now = network.clock.now()
    while recent and now - recent[0] > timedelta(seconds=IN_SECONDS):
        recent.popleft()
    if len(recent) >= MOST_REPLIES:
        network.ledger.fault(14107, f"more than {MOST_REPLIES} replies in {IN_SECONDS} s", sid=message.sid)
        return
    recent.append(now)
    network.post_office.send(
        Message(sender, receiver, body, "outbound-reply", network.clock, callback=callback, media_urls=pictures)
    )


def _obey(network: "Network", message: Message, meant: str) -> None:
    """The carrier's own answer, and its list of those who do not want to be written to."""
    office = network.post_office
    pair = (office.service if office.mode == "advanced" else message.to, message.from_)
    if meant == keywords.START:
        office.blocked.discard(pair)
    words = keywords.reply(meant, office.mode)
    reply = Message(message.to, message.from_, words, "outbound-reply", network.clock)
    reply.carriers = True
    office.send(reply)
    if meant == keywords.STOP:
        office.blocked.add(pair)


def _form(network: "Network", message: Message) -> dict[str, str]:
    form = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": network.settings.account,
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": str(len(message.media)),
        "NumSegments": str(message.segments),
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        **geography("From", message.from_),
        **geography("To", message.to),
    }
    if network.post_office.mode == "advanced":
        form["MessagingServiceSid"] = network.post_office.service
    for index, sid in enumerate(message.media):
        kept = network.media.find(sid)
        if kept is not None:
            form |= {f"MediaUrl{index}": network.media.address(kept), f"MediaContentType{index}": kept.content_type}
    return form
