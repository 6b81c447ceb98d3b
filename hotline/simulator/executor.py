"""The executor plays documents on a leg, verb after verb, until they end or the leg is cut.

Its waits go through the leg and its requests through the courier. Verbs that join calls are in `dialing` and `joining`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from hotline.simulator import twiml
from hotline.simulator.courier import LARGEST, Answer, WebhookFailed
from hotline.simulator.leg import HungUp, Leg, Redirected, Source, Taken, hushed
from hotline.simulator.twiml import BadDocument, Verb

if TYPE_CHECKING:
    from hotline.simulator.network import Network

APOLOGY = "An application error has occurred. Goodbye."
CHARACTERS_PER_SECOND = 15
SECONDS_OF_SOUND = 2.0
READ_AS_TWIML = ("text/xml", "application/xml", "text/html")
PLAYED = "audio/"
KEYS = "0123456789*#"


class LeftQueue(Exception):
    pass


@dataclass(frozen=True)
class Context:
    """What a document may hold, and what its requests add to the standard parameters."""

    allowed: frozenset[str] = twiml.MAIN
    extra: Callable[[], dict[str, str]] = dict


MAIN = Context()


@dataclass(frozen=True)
class Document:
    source: Source
    verbs: tuple[Verb, ...]
    context: Context

    @property
    def base(self) -> str | None:
        return None if self.source.twiml is not None else self.source.url


Handler = Callable[["Executor", Leg, Verb, Document], Awaitable[Source | None]]


class Executor:
    def __init__(self, network: "Network", verbs: dict[str, Handler]) -> None:
        self.network = network
        self._verbs = OWN_VERBS | verbs

    async def live(self, leg: Leg, source: Source | None) -> None:
        """The whole life of an answered or incoming leg, through every redirect."""
        try:
            while source is not None:
                source = await self._until_cut(leg, source)
        finally:
            leg.end("completed")

    async def run(self, leg: Leg, source: Source | None, context: Context = MAIN) -> None:
        """Plays a document and those it leads to; returns when the last has no more verbs."""
        while source is not None:
            source = await self.play(leg, await self.fetch(leg, source, context))

    async def play(self, leg: Leg, document: Document) -> Source | None:
        for verb in document.verbs:
            self._pick_up(leg, verb)
            following = await self._verbs[verb.name](self, leg, verb, document)
            if following is not None:
                return following
        return None

    async def fetch(self, leg: Leg, source: Source, context: Context = MAIN) -> Document:
        """The document at a source, or WebhookFailed with a fault in the ledger."""
        try:
            text = source.twiml
            if text is None:
                form = leg.form() | context.extra() | source.form
                answer = await leg.during(self.network.courier.begin(source.url, source.method, form, "twiml"))
                return Document(source, self._verbs_of(answer, context), context)
            return Document(source, twiml.read(text, context.allowed), context)
        except WebhookFailed as error:
            self.refuse(leg, error.code, str(error), source)
        except BadDocument as error:
            self.refuse(leg, error.code, str(error), source)

    def refuse(self, leg: Leg, code: int, message: str, source: Source) -> NoReturn:
        document = (source.twiml or "")[:LARGEST]
        self.network.ledger.fault(code, message, call=leg.sid, url=source.url, document=document)
        raise WebhookFailed(code, message, source.url)

    def follow(
        self, leg: Leg, verb: Verb, document: Document, form: dict[str, str], name: str = "action"
    ) -> Source | None:
        """The source an attribute names, with what its request adds; None where the attribute is absent."""
        if name not in verb.attributes:
            return None
        method = {"action": "method", "url": "method", "waitUrl": "waitMethod"}[name]
        method = "waitUrlMethod" if verb.name == "Enqueue" and name == "waitUrl" else method
        return Source(self.address(leg, document, verb.get(name), name), verb.get(method, "POST"), form=form)

    def callback(
        self, leg: Leg, verb: Verb, document: Document, name: str = "recordingStatusCallback"
    ) -> Source | None:
        """Where a verb's callbacks go; None where it names no address."""
        if not verb.get(name):
            return None
        return Source(self.address(leg, document, verb.get(name), name), verb.get(f"{name}Method", "POST"))

    def address(self, leg: Leg, document: Document, given: str, purpose: str) -> str:
        try:
            return twiml.resolve(document.base, given, purpose)
        except BadDocument as error:
            self.refuse(leg, error.code, str(error), document.source)

    def itself(self, leg: Leg, document: Document, method: str, form: dict[str, str]) -> Source:
        """The current document again: the default action of Gather and Record, and an empty Redirect."""
        if document.base is None:
            self.refuse(leg, 11100, "a document given inline cannot be requested again", document.source)
        return Source(document.base, method, form=form)

    async def listen_to(self, leg: Leg, sound: str, document: Document) -> None:
        """Fetches a sound of the line's own, which must be one; sounds of others are taken on trust."""
        if not sound.startswith(f"{self.network.settings.public_url}/"):
            return
        try:
            answer = await leg.during(self.network.courier.fetch(sound, "play"))
        except WebhookFailed as error:
            self.refuse(leg, error.code, str(error), document.source)
        if not answer.content_type.startswith(PLAYED):
            self.refuse(leg, 13420, f"a sound of type {answer.content_type or 'none'}", document.source)

    def report(self, leg: Leg, source: Source | None, status: str = "completed") -> None:
        """Requests an action whose answer is no longer executed, because the leg has gone elsewhere."""
        if source is not None:
            form = leg.form() | {"CallStatus": status} | source.form
            self.network.courier.send_later(source.url, source.method, form, "action", leg.sid)

    def aside(
        self, leg: Leg, source: Source | Document, context: Context, then: Callable[[], None] = lambda: None
    ) -> "asyncio.Task[None]":
        """Plays music, a hold or an announcement beside the main document."""

        async def playing() -> None:
            try:
                following = await self.play(leg, source) if isinstance(source, Document) else source
                await self.run(leg, following, context)
                then()
            except (WebhookFailed, HungUp, Redirected, Taken):
                pass  # a failure is already in the ledger; a cut belongs to the main document

        return self.network.start(playing())

    async def _until_cut(self, leg: Leg, source: Source) -> Source | None:
        try:
            await self.run(leg, source)
        except Redirected as cut:
            leg.mend()
            leg.redirected = True
            return cut.source
        except HungUp:
            return None
        except Taken as taken:
            # Taken out of its queue in the very moment it left: whoever took it finds nobody.
            leg.mend()
            taken.handover.part()
            return None
        except WebhookFailed as failure:
            return await self._apologise(leg, failure)
        return None

    async def _apologise(self, leg: Leg, failure: WebhookFailed) -> Source | None:
        if leg.fallback is not None:
            fallback, leg.fallback = leg.fallback, None
            form = {"ErrorCode": str(failure.code), "ErrorUrl": failure.url}
            return Source(fallback.url, fallback.method, form=form)
        leg.answer()
        with suppress(HungUp, Redirected):
            await speak(leg, APOLOGY, "en-US")
        return None

    def _pick_up(self, leg: Leg, verb: Verb) -> None:
        """An incoming call is answered by its first verb, except by those that let it ring."""
        if verb.name in ("Reject", "Pause") or (verb.name == "Dial" and verb.true("answerOnBridge")):
            return
        if leg.status == "ringing":
            leg.answer()

    def _verbs_of(self, answer: Answer, context: Context) -> tuple[Verb, ...]:
        """The verbs of an answer: TwiML, plain text that is TwiML or else is read aloud, or a sound that is played."""
        kind = answer.content_type.partition(";")[0].strip().lower()
        if kind.startswith(PLAYED):
            return (Verb("Play", {"digits": "[son]"}, "", ()),)
        if kind == "text/plain":
            try:
                return twiml.read(answer.text, context.allowed)
            except BadDocument:
                return (Verb("Say", {}, " ".join(answer.text.split()), ()),)
        if kind not in READ_AS_TWIML:
            raise BadDocument(12300, f"the content type is {kind or 'missing'}")
        return twiml.read(answer.text, context.allowed)


async def speak(leg: Leg, text: str, language: str, via: str = "say", seconds: float | None = None) -> None:
    """Lets the leg hear a text for as long as it takes to say; marks it where it was cut short."""
    entry = leg.hear(text, language, via)
    try:
        await leg.sleep(len(text) / CHARACTERS_PER_SECOND if seconds is None else seconds)
    except BaseException:
        entry["cut_short"] = True
        raise


async def _say(executor: Executor, leg: Leg, verb: Verb, document: Document) -> None:
    loops = int(verb.get("loop", "1"))
    while True:
        await speak(leg, verb.text, verb.get("language", "en-US"))
        loops -= 1
        if loops == 0:
            return


async def _play(executor: Executor, leg: Leg, verb: Verb, document: Document) -> None:
    sound = verb.get("digits")
    if verb.text:
        sound = executor.address(leg, document, verb.text, "Play")
        await executor.listen_to(leg, sound, document)
    elif leg.far is not None:
        for key in filter(KEYS.__contains__, sound):
            executor.network.press(leg.far, key)
    loops = int(verb.get("loop", "1"))
    while True:
        await speak(leg, f"[{sound}]", "", "play", SECONDS_OF_SOUND)
        loops -= 1
        if loops == 0:
            return


async def _pause(executor: Executor, leg: Leg, verb: Verb, document: Document) -> None:
    await leg.sleep(verb.number("length", 1))


async def _redirect(executor: Executor, leg: Leg, verb: Verb, document: Document) -> Source:
    method = verb.get("method", "POST")
    if not verb.text:
        return executor.itself(leg, document, method, {})
    return Source(executor.address(leg, document, verb.text, "Redirect"), method)


async def _hangup(executor: Executor, leg: Leg, verb: Verb, document: Document) -> None:
    leg.cut(HungUp())
    raise HungUp


async def _reject(executor: Executor, leg: Leg, verb: Verb, document: Document) -> None:
    leg.end("busy" if verb.get("reason") == "busy" else "no-answer")
    raise HungUp


async def _leave(executor: Executor, leg: Leg, verb: Verb, document: Document) -> None:
    raise LeftQueue


async def _gather(executor: Executor, leg: Leg, verb: Verb, document: Document) -> Source | None:
    if "speech" in verb.get("input", "dtmf"):
        executor.network.ledger.fault(0, "speech is not recognised by the simulator", call=leg.sid)
    with leg.listening() as keys:
        digits = await _digits(executor, leg, verb, document, keys)
    if not digits and not verb.true("actionOnEmptyResult"):
        return None
    form = {"Digits": digits}
    action = executor.follow(leg, verb, document, form)
    return action or executor.itself(leg, document, verb.get("method", "POST"), form)


async def _digits(executor: Executor, leg: Leg, verb: Verb, document: Document, keys: "asyncio.Queue[str]") -> str:
    finish, most, patience = verb.get("finishOnKey", "#"), verb.number("numDigits", 10**6), verb.get("timeout", "5")
    seconds = 5.0 if patience == "auto" else float(patience)
    key = await _first_key(executor, leg, verb, document, keys) or await next_key(leg, keys, seconds)
    digits = ""
    while key is not None and key != finish:
        digits += key
        if len(digits) >= most:
            break
        key = await next_key(leg, keys, seconds)
    return digits


async def _first_key(
    executor: Executor, leg: Leg, verb: Verb, document: Document, keys: "asyncio.Queue[str]"
) -> str | None:
    """Plays the prompts until they end or a key stops them."""
    prompt = asyncio.create_task(executor.play(leg, Document(document.source, verb.children, document.context)))
    key = asyncio.create_task(keys.get())
    hushed(prompt)
    try:
        await leg.during(asyncio.wait({prompt, key}, return_when=asyncio.FIRST_COMPLETED))
        if key.done():
            return key.result()
        prompt.result()
        return None
    finally:
        prompt.cancel()
        key.cancel()


async def next_key(leg: Leg, keys: "asyncio.Queue[str]", seconds: float) -> str | None:
    try:
        return await leg.during(asyncio.wait_for(keys.get(), seconds / leg.clock.pace))
    except TimeoutError:
        return None


OWN_VERBS: dict[str, Handler] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
    "Leave": _leave,
    "Gather": _gather,
}
