"""Fixtures of the edges: a carrier over the real app, its workers on a simulated network, a database that may go."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from hotline.clock import StillClock
from tests.edges.line import Carrier, Crew, Network, Sql, carrier_for, crew_for
from tests.engines import Engines
from tests.system.telephone import Telephone
from tests.town import ACCOUNT, simulator, stub_line


@pytest.fixture
def carrier(environ: dict[str, str], database: str, redis_url: str, tmp_path: Path) -> Iterator[Carrier]:
    """The carrier's side of an app with a team of two on duty."""
    carrier = carrier_for(environ, database, redis_url, tmp_path)
    yield carrier
    carrier.line.store.close()


@pytest.fixture
def sql(carrier: Carrier, engines: Engines) -> Iterator[Sql]:
    """The carrier's database, which is back when the test ends."""
    sql = Sql(engines, str(make_url(carrier.environ["DATABASE_URL"]).database), carrier.line.store)
    yield sql
    sql.returns()


class _Patient(dict[str, str]):
    """Documents of a line that answers every address with a long pause."""

    def get(self, path: str, default: object = None) -> str:  # type: ignore[override]
        return '<Response><Say>Oui.</Say><Pause length="600"/></Response>'


@pytest.fixture(scope="session")
def _network() -> Iterator[Network]:
    token, numbers = secrets.token_hex(16), "+15145550100,+15145550101,+15145550102"
    with stub_line() as line:
        line.documents = _Patient()  # type: ignore[assignment]
        with simulator(line.url, 1, TWILIO_AUTH_TOKEN=token, SIMULATOR_NUMBERS=numbers) as url:
            yield Network(line.url, url, ACCOUNT, token, Telephone(url))


@pytest.fixture
def network(_network: Network) -> Network:
    """A telephone network on which nothing has happened yet, at the pace of the wall."""
    _network.telephone.reset()
    return _network


@pytest.fixture
def crew(
    environ: dict[str, str], database: str, redis_url: str, tmp_path: Path, network: Network, clock: StillClock
) -> Iterator[Crew]:
    """A line with a team of two on duty, and its workers, on a clock that stands still."""
    carrier = carrier_for({**environ, **network.environ}, database, redis_url, tmp_path, clock)
    crew = crew_for(carrier, network, clock)
    yield crew
    crew.store.close()
    carrier.line.store.close()
