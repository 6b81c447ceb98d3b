"""What tests share: a database per test, a Redis of their own, an environment, a clock that stands still.

Nothing starts, nor is much imported, before a test asks for it: the pure tests never wait.
"""

import base64
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hotline.clock import StillClock
from tests.databases import Databases, migrate
from tests.engines import Engines, one_at_a_time, shared

if TYPE_CHECKING:
    from config.settings import ConsoleSettings, WebSettings


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Engines:
    """The PostgreSQL and the Valkey of this run; started by the first worker that asks."""
    return shared(request)


@pytest.fixture(scope="session")
def databases(engines: Engines, request: pytest.FixtureRequest) -> Iterator[Databases]:
    """Those of this worker."""
    with one_at_a_time(request):
        migrate(engines)
    with engines.server() as server:
        yield Databases(engines, server)


@pytest.fixture
def database(engines: Engines, databases: Databases) -> Iterator[str]:
    """The SQLAlchemy URL of a migrated database without a row in it."""
    name = databases.take()
    yield engines.named(name)
    databases.give_back(name)


@pytest.fixture
def redis_url(engines: Engines, worker_id: str) -> str:
    """A logical Redis that no other worker of the run writes to, empty at the start of the test."""
    import redis

    number = int(worker_id.removeprefix("gw")) + 1 if worker_id != "master" else 0
    url = f"{engines.redis}?db={number}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def clock() -> StillClock:
    """A November evening in Montréal, until the test moves it."""
    return StillClock(datetime(2026, 11, 20, 23, 30, tzinfo=UTC))


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which every process may start; its engines are names only (`database` is real)."""
    addresses = {"PUBLIC_URL": "http://line.test", "CONSOLE_URL": "http://console.test", "HOTLINE_DATA": str(tmp_path)}
    engines = {"DATABASE_URL": "postgresql://u:p@db.test/line", "REDIS_URL": "redis://:p@redis.test/0"}
    account = {"TWILIO_ACCOUNT_SID": "AC" + "5" * 32, "TWILIO_AUTH_TOKEN": os.urandom(16).hex()}
    keys = {name: _key() for name in ("WEB_KEY", "PSEUDONYM_KEY", "SESSION_SECRET", "OPS_TOKEN")}
    from config.settings import DEMO_NUMBERS

    return {"HOTLINE_ENV": "test", **addresses, **engines, **account, **keys, **_seal_keys(), **DEMO_NUMBERS}


@pytest.fixture
def web_settings(environ: dict[str, str]) -> "WebSettings":
    """What the carrier's door is told."""
    return _read("WebSettings", environ)


@pytest.fixture
def console_settings(environ: dict[str, str]) -> "ConsoleSettings":
    """What the console is told."""
    return _read("ConsoleSettings", environ)


def _read(name: str, environ: dict[str, str]) -> Any:
    from config import settings

    return settings.read(getattr(settings, name), environ)


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def _seal_keys() -> dict[str, str]:
    from hotline.vault import keygen, public_half

    private = keygen()
    pair = {"SEAL_KEYS": private, "SEAL_PUBLIC_KEY": public_half(private)}
    return {name: base64.b64encode(value).decode() for name, value in pair.items()}
