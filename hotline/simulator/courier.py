"""The courier carries webhooks to the line: signed over the exact URL, with a deadline on the wall, all in the ledger.

It knows HTTP and nothing of calls. It tries again only as Twilio does: once, where no connection was made, or as the
fragment of the URL says (`#rc=2&rp=ct,5xx`).
"""

import asyncio
import re
import time
import uuid
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from hotline.simulator import errors
from hotline.simulator.cookies import Jars
from hotline.simulator.ledger import Ledger
from hotline.simulator.leg import hushed
from hotline.simulator.settings import Settings
from hotline.simulator.weather import Rule, Weather

LARGEST = 64 * 1024
MOST_REDIRECTS = 10
CALLBACKS = ("status", "conference", "recording")
EMPTY = re.compile(r"<Response\s*/>|<Response>\s*</Response>")
BEHIND_THE_NEXT = 3.0
MOVED, SAME_AGAIN = (301, 302, 303), (307, 308)
# What the HTTP client calls it, what Twilio calls it, and the word of `rp` under which it may be tried again.
TROUBLE: tuple[tuple[type[Exception], int, str], ...] = (
    (aiohttp.ClientConnectorDNSError, 11210, "ct"),
    (aiohttp.ClientConnectorCertificateError, 11237, ""),
    (aiohttp.ClientConnectorSSLError, 11220, ""),
    (aiohttp.ConnectionTimeoutError, 11205, "ct"),
    (aiohttp.ClientConnectorError, 11205, "ct"),
    (TimeoutError, 11200, "rt"),
    (aiohttp.ClientError, 11206, ""),
    (OSError, 11205, "ct"),
)


class WebhookFailed(Exception):
    def __init__(self, code: int, message: str, url: str = "", again: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.url = url
        self.again = again


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes
    location: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Overrides:
    """The fragment of a webhook's URL: time-outs, how often and when to try again."""

    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0
    retries: int = 1
    policy: frozenset[str] = frozenset(("ct",))

    @classmethod
    def of(cls, url: str) -> "Overrides":
        given = {name: values[-1] for name, values in parse_qs(urlsplit(url).fragment).items()}

        def number(name: str, least: int, most: int, default: int) -> int:
            return min(most, max(least, int(given[name]))) if given.get(name, "").isdecimal() else default

        return cls(
            number("ct", 100, 10_000, 5_000) / 1000,
            number("rt", 100, 15_000, 15_000) / 1000,
            number("tt", 100, 15_000, 15_000) / 1000,
            number("rc", 0, 5, 1),
            frozenset(given.get("rp", "ct").split(",")),
        )

    def again(self, failure: WebhookFailed) -> bool:
        return bool(failure.again) and bool(self.policy & {failure.again, "all"})


@dataclass(frozen=True)
class Errand:
    """One webhook to carry: the same through redirects and repeats."""

    url: str
    method: str
    form: Mapping[str, str]
    purpose: str
    token: str

    @property
    def jar(self) -> str:
        return self.form.get("CallSid") or f"{self.form.get('From')} {self.form.get('To')}"


def signature(token: str, url: str, method: str, form: Mapping[str, Any]) -> str:
    """What Twilio signs: the whole URL, and the fields of a POST."""
    signed: str = RequestValidator(token).compute_signature(url, {} if method == "GET" else form)
    return signed


class Courier:
    def __init__(self, settings: Settings, ledger: Ledger, weather: Weather) -> None:
        self._settings = settings
        self._ledger = ledger
        self._weather = weather
        self._session: aiohttp.ClientSession | None = None
        self._errands: set[asyncio.Future[Any]] = set()
        self.mute = False
        self.jars = Jars()
        self._order: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def busy(self) -> bool:
        return bool(self._errands)

    def begin(self, url: str, method: str, form: Mapping[str, str], purpose: str) -> "asyncio.Future[Answer]":
        """Sends at once, and goes on even if nobody waits for the answer any more."""
        task = hushed(asyncio.create_task(self.send(url, method, form, purpose)))
        self._keep(task)
        return asyncio.shield(task)

    async def send(self, url: str, method: str, form: Mapping[str, str], purpose: str) -> Answer:
        """The answer to one webhook, or WebhookFailed when there is none with a 2xx status."""
        return await self._weathered(url, method, form, purpose, self._rule(url, form, purpose))

    def send_later(self, url: str, method: str, form: Mapping[str, str], purpose: str, order: str = "") -> None:
        """Sends without waiting; what is sent under one `order` keeps its order, and the answer is ignored."""

        async def errand() -> None:
            rule = self._rule(url, form, purpose)
            if rule is not None and rule.do == "reorder":
                await self._settings.clock.sleep(rule.seconds or BEHIND_THE_NEXT)
            async with self._order[order] if order else asyncio.Lock():
                await self._told(url, method, form, purpose, rule)

        self.later(errand())

    async def _told(self, url: str, method: str, form: Mapping[str, str], purpose: str, rule: Rule | None) -> None:
        """A callback that finds nobody changes no call; what Twilio would grumble about is a warning."""
        try:
            answer = await self._weathered(url, method, form, purpose, rule)
        except WebhookFailed as failure:
            self._ledger.warn(15003, f"a callback was not taken: {failure}", url=failure.url)
            return
        if answer.text.strip() and purpose in CALLBACKS and not EMPTY.search(answer.text):
            self._ledger.warn(12200, "a callback was answered with more than an empty <Response/>", url=url)

    async def fetch(self, url: str, purpose: str) -> Answer:
        """A sound or a picture of the line's."""
        return await self.send(url, "GET", {}, purpose)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        if self.mute:
            work.close()
            return
        self._keep(asyncio.create_task(work))

    def _keep(self, task: "asyncio.Future[Any]") -> None:
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def settle(self, seconds: float) -> None:
        """Lets the errands under way come home, then drops the others."""
        if self._errands:
            await asyncio.wait(self._errands, timeout=seconds)
        for task in list(self._errands):
            task.cancel()
        self._order.clear()
        self.jars.clear()

    async def close(self) -> None:
        for task in list(self._errands):
            task.cancel()
        if self._session is not None:
            await self._session.close()

    def _rule(self, url: str, form: Mapping[str, str], purpose: str) -> Rule | None:
        return self._weather.over_webhook(url.partition("#")[0], purpose, form)

    async def _weathered(
        self, url: str, method: str, form: Mapping[str, str], purpose: str, rule: Rule | None
    ) -> Answer:
        errand = Errand(url.partition("#")[0], method, form, purpose, str(uuid.uuid4()))
        does = rule.do if rule is not None else None
        if rule is not None and does in ("drop", "fail"):
            code = rule.code or 11200
            self._ledger.write(
                "webhook", purpose=purpose, method=method, url=errand.url, form=dict(form), dropped=True, code=code
            )
            raise WebhookFailed(code, f"{errors.meaning(code)}: the weather", errand.url)
        if rule is not None and does == "delay":
            await self._settings.clock.sleep(rule.seconds)
        answer = await self._insist(errand, Overrides.of(url))
        if does == "duplicate":
            await self._insist(errand, Overrides.of(url))
        return answer

    async def _insist(self, errand: Errand, overrides: Overrides) -> Answer:
        started = time.monotonic()
        left = overrides.retries
        while True:
            try:
                async with asyncio.timeout(max(0.0, overrides.total - (time.monotonic() - started))):
                    return await self._followed(errand, overrides)
            except TimeoutError as error:
                raise WebhookFailed(11200, "the line did not answer in time", errand.url) from error
            except WebhookFailed as failure:
                if left == 0 or not overrides.again(failure):
                    raise
                left -= 1

    async def _followed(self, errand: Errand, overrides: Overrides) -> Answer:
        """The answer after redirects: 301 to 303 ask again by GET without the fields, 307 and 308 ask the same."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._exchange(errand, overrides)
            if answer.status not in (*MOVED, *SAME_AGAIN) or not answer.location:
                return self._accepted(errand, answer)
            url = urljoin(errand.url, answer.location).partition("#")[0]
            kept = answer.status in SAME_AGAIN
            method = errand.method if kept else "GET"
            errand = Errand(url, method, errand.form if kept else {}, errand.purpose, errand.token)
        raise WebhookFailed(11215, f"more than {MOST_REDIRECTS} redirects", errand.url)

    def _accepted(self, errand: Errand, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        raise WebhookFailed(11200, f"the line answered {answer.status}", errand.url, f"{answer.status // 100}xx")

    async def _exchange(self, errand: Errand, overrides: Overrides) -> Answer:
        if "_" in (urlsplit(errand.url).hostname or ""):
            self._ledger.fault(11210, "a host name holds an underscore", url=errand.url)
            raise WebhookFailed(11210, "a host name holds an underscore", errand.url)
        form = dict(errand.form)
        entry = self._ledger.write(
            "webhook", purpose=errand.purpose, method=errand.method, url=errand.url, form=form, token=errand.token
        )
        started = time.monotonic()
        try:
            answer = await self._request(errand, overrides)
        except asyncio.CancelledError:
            entry.update(failed="TimeoutError", took=round(time.monotonic() - started, 4))
            raise
        except (aiohttp.ClientError, OSError) as error:
            entry.update(failed=type(error).__name__, took=round(time.monotonic() - started, 4))
            code, again = next((code, again) for kind, code, again in TROUBLE if isinstance(error, kind))
            raise WebhookFailed(code, errors.meaning(code), errand.url, again) from error
        shown = answer.text[:LARGEST] if answer.content_type.startswith(("text/", "application/xml")) else ""
        entry.update(status=answer.status, answer=shown, took=round(time.monotonic() - started, 4))
        return answer

    async def _request(self, errand: Errand, overrides: Overrides) -> Answer:
        url, body = errand.url, urlencode(errand.form)
        if errand.method == "GET" and body:
            url, body = f"{url}{'&' if '?' in url else '?'}{body}", ""
        headers = {
            "X-Twilio-Signature": signature(self._settings.tokens[0], url, errand.method, errand.form),
            "I-Twilio-Idempotency-Token": errand.token,
            "User-Agent": "TwilioProxy/1.1",
        }
        if cookies := self.jars.header(errand.jar, url, self._settings.clock.now()):
            headers["Cookie"] = cookies
        if errand.method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        if self._session is None:
            # A kept connection that the line has just closed would look like a line that is down.
            connector = aiohttp.TCPConnector(force_close=True)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        waits = aiohttp.ClientTimeout(total=None, sock_connect=overrides.connect, sock_read=overrides.read)
        async with self._session.request(
            errand.method,
            URL(url, encoded=True),
            data=body or None,
            headers=headers,
            timeout=waits,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        ) as response:
            read = await response.read()
            self.jars.keep(errand.jar, url, response.headers.getall("Set-Cookie", []))
            kind, where = response.headers.get("Content-Type", ""), response.headers.get("Location", "")
            return Answer(response.status, kind, read, where)
