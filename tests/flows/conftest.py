"""The shipped scripts and words, read once for all tests of the conversation."""

from collections.abc import Mapping

import pytest

from ivr_flows.load import load_all, load_lexicon
from ivr_flows.model import Script
from ivr_flows.phrases import Lexicon


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", default=False, help="rewrite the transcripts from the scripts")


@pytest.fixture(scope="session")
def scripts() -> Mapping[str, Script]:
    return load_all()


@pytest.fixture(scope="session")
def ligne(scripts: Mapping[str, Script]) -> Script:
    return scripts["ligne"]


@pytest.fixture(scope="session")
def equipe(scripts: Mapping[str, Script]) -> Script:
    return scripts["equipe"]


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load_lexicon()
