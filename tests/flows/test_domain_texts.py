"""Thirty texts as people write them, and the hard cases: what each is answered, and who is woken, readable by anybody.

`pytest tests/flows --update` rewrites the answers: read them against each block's title before keeping them.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ivr_flows import model as m
from ivr_flows.phrases import Lexicon
from tests.flows.test_transcripts import replayed

FILE = Path(__file__).parent / "domain_texts.txt"
HEAD = "langue: fr\ncanal: texto\n\n"
ORDERED = re.compile(r"! page (P\S)")
EXPECTED = {
    "P1": {"P1"}, "P2": {"P2"}, "P3": {"P2", ""}, "P4": {"P2", ""}, "P5": {""}, "P?": {"P?", ""},
}  # fmt: skip


def blocks(text: str) -> Iterator[str]:
    """Each conversation with its title, after the words at the top."""
    yield from text.split("\n\n")[1:]


def test_each_text_is_answered_as_written(
    scripts: Mapping[str, m.Script], lexicon: Lexicon, request: pytest.FixtureRequest
) -> None:
    """Every block is what the script does today."""
    expected = FILE.read_text("utf-8")
    top = expected.split("\n\n")[0]
    actual = "\n\n".join([top, *(one(block, scripts, lexicon) for block in blocks(expected))]) + "\n"
    if request.config.getoption("--update", default=False):
        FILE.write_text(actual, "utf-8")
    assert expected == actual or request.config.getoption("--update", default=False)


def one(block: str, scripts: Mapping[str, m.Script], lexicon: Lexicon) -> str:
    """A block, its answers as they are given now."""
    title, *lines = block.splitlines()
    return f"{title}\n{replayed(HEAD + chr(10).join(lines), scripts, lexicon).removeprefix(HEAD).strip()}"


def test_the_team_is_woken_as_the_table_says() -> None:
    """P1 wakes it as P1 and P2 as P2; what is calm never wakes it as danger, and P5 wakes nobody."""
    wrong = []
    for block in blocks(FILE.read_text("utf-8")):
        told = re.match(r"# \d+ · \w+, (P\S)", block)
        woken = ORDERED.findall(block)
        apart = "! kept as a tip" in block  # a tip wakes the team for itself: tests/edges/test_tips.py
        if told and not apart and (woken[-1] if woken else "") not in EXPECTED[told[1]]:
            wrong.append(block)
    assert wrong == []


def test_nothing_is_sent_that_says_who_we_are_or_more_than_one_text() -> None:
    """One text per text of theirs at most: a line per language, each once."""
    for block in blocks(FILE.read_text("utf-8")):
        for turn in block.split("\n> "):
            languages = [line[2:6] if line[2] == "[" else "own" for line in turn.splitlines() if line.startswith("< ")]
            assert len(languages) == len(set(languages))
