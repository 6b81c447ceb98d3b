"""The courier carries webhooks to the line: signed over the exact URL, with a deadline on the wall, all in the ledger.

It knows HTTP and nothing of calls. Nothing is tried twice: the line must not lean on retries.
"""

import asyncio
import time
import uuid
from collections import defaultdict
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from hotline.simulator.ledger import Ledger
from hotline.simulator.leg import hushed
from hotline.simulator.settings import Settings
from hotline.simulator.weather import Weather

DEADLINE = 15.0
LARGEST = 64 * 1024


class WebhookFailed(Exception):
    def __init__(self, code: int, message: str, url: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.url = url


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    text: str


class Courier:
    def __init__(self, settings: Settings, ledger: Ledger, weather: Weather) -> None:
        self._settings = settings
        self._ledger = ledger
        self._weather = weather
        self._validator = RequestValidator(settings.tokens[0])
        self._session: aiohttp.ClientSession | None = None
        self._errands: set[asyncio.Future[Any]] = set()
        self.mute = False
        self._order: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def begin(self, url: str, method: str, form: Mapping[str, str], purpose: str) -> "asyncio.Future[Answer]":
        """Sends at once, and goes on even if nobody waits for the answer any more."""
        task = hushed(asyncio.create_task(self.send(url, method, form, purpose)))
        self._keep(task)
        return asyncio.shield(task)

    async def send(self, url: str, method: str, form: Mapping[str, str], purpose: str) -> Answer:
        """The answer to one webhook, or WebhookFailed when there is none with a 2xx status."""
        target = url.partition("#")[0]
        rule = self._weather.over_webhook(target)
        token = str(uuid.uuid4())
        if rule is not None and rule.do == "drop":
            self._ledger.write("webhook", purpose=purpose, method=method, url=target, form=dict(form), dropped=True)
            raise WebhookFailed(11200, "the weather dropped the request", target)
        if rule is not None and rule.do == "delay":
            await self._settings.clock.sleep(rule.seconds)
        answer = await self._exchange(target, method, form, purpose, token)
        if rule is not None and rule.do == "duplicate":
            await self._exchange(target, method, form, purpose, token)
        return answer

    def send_later(self, url: str, method: str, form: Mapping[str, str], purpose: str, order: str = "") -> None:
        """Sends without waiting; what is sent under one `order` keeps its order, and the answer is ignored."""

        async def errand() -> None:
            async with self._order[order] if order else asyncio.Lock():
                # The ledger holds a failure; a callback that finds nobody changes no call.
                with suppress(WebhookFailed):
                    await self.send(url, method, form, purpose)

        self.later(errand())

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

    async def close(self) -> None:
        for task in list(self._errands):
            task.cancel()
        if self._session is not None:
            await self._session.close()

    async def _exchange(self, url: str, method: str, form: Mapping[str, str], purpose: str, token: str) -> Answer:
        if "_" in (urlsplit(url).hostname or ""):
            self._ledger.fault(11210, "a host name holds an underscore", url=url)
            raise WebhookFailed(11210, "a host name holds an underscore", url)
        entry = self._ledger.write("webhook", purpose=purpose, method=method, url=url, form=dict(form))
        started = time.monotonic()
        try:
            answer = await asyncio.wait_for(self._request(url, method, form, token), DEADLINE)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            entry.update(failed=type(error).__name__, took=round(time.monotonic() - started, 4))
            raise WebhookFailed(11200, "the line did not answer", url) from error
        entry.update(status=answer.status, answer=answer.text[:LARGEST], took=round(time.monotonic() - started, 4))
        if not 200 <= answer.status < 300:
            raise WebhookFailed(11200, f"the line answered {answer.status}", url)
        return answer

    async def _request(self, url: str, method: str, form: Mapping[str, str], token: str) -> Answer:
        body = urlencode(form)
        if method == "GET" and body:
            url, body = f"{url}{'&' if '?' in url else '?'}{body}", ""
        headers = {
            "X-Twilio-Signature": self._validator.compute_signature(url, {} if method == "GET" else dict(form)),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
        }
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        if self._session is None:
            # A kept connection that the line has just closed would look like a line that is down.
            connector = aiohttp.TCPConnector(force_close=True)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        target = URL(url, encoded=True)
        async with self._session.request(method, target, data=body or None, headers=headers) as response:
            text = (await response.read()).decode("utf-8", "replace")
            return Answer(response.status, response.headers.get("Content-Type", ""), text)
