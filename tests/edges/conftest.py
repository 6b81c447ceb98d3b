"""Fixtures of the edges: a carrier over the real app."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edges.line import Carrier, carrier_for


@pytest.fixture
def carrier(environ: dict[str, str], database: str, redis_url: str, tmp_path: Path) -> Iterator[Carrier]:
    """The carrier's side of an app with a team of two on duty."""
    carrier = carrier_for(environ, database, redis_url, tmp_path)
    yield carrier
    carrier.line.store.close()
