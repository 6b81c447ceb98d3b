"""Conversations a counsellor can read and correct, replayed with the place going through JSON at every turn.

In a transcript `>` is what the person does (a key, words, or something in parentheses), `?` what the world answers,
`<` what is said or sent, `~` what the telephone does and `!` what the team or the records get. `[en]` marks a sentence
in the language that is not the contact's. By text, (pause) stands before words that come after more than ten minutes,
and (human) before those written while somebody of the team has the conversation. `pytest tests/flows --update` rewrites
the answers: read them before keeping.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import cast

import pytest

from ivr_flows import model as m
from ivr_flows.__main__ import Play
from ivr_flows.arrows import voice_nodes
from ivr_flows.load import load_all, load_lexicon
from ivr_flows.phrases import Lexicon

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


def test_the_conversations_go_as_written(request: pytest.FixtureRequest) -> None:
    """Every line of every transcript is what the scripts do today; what is not is told as a diff."""
    told = list[str]()
    for path in TRANSCRIPTS:
        written, today = path.read_text("utf-8"), played(path)[0]
        told += unified_diff(written.splitlines(), today.splitlines(), path.name, "today", lineterm="")
        if written != today and request.config.getoption("--update", default=False):
            path.write_text(today, "utf-8")
    if told and not request.config.getoption("--update", default=False):
        pytest.fail("\n".join(told), pytrace=False)


def test_every_voice_node_of_the_scripts_is_in_a_transcript(scripts: Mapping[str, m.Script]) -> None:
    """A sentence nobody has read in its place has not been reviewed."""
    written = "\n".join(path.read_text("utf-8") for path in TRANSCRIPTS)
    silent = [
        node.id for script in scripts.values() for node in script.nodes.values()
        for text in (*node.says, *((node.text,) if node.text else ())) if "{" not in text.fr
        if f"{text.fr}\n" not in written or f"{text.en}\n" not in written
    ]  # fmt: skip
    assert silent == []


KEYS_OF_DIGITS = {"0", "9", "*", "#", "(silence)", "digits", "too few"}
KEYS_OF_A_RESPONDER = KEYS_OF_DIGITS - {"9"}  # manners 1: 9 is nobody's urgency there, and `#` no exit
KEYS_OF_A_RECORDING = {"(parle, 1)", "(parle, 9)", "(parle, #)", "(parle, raccroche)", "(parle, silence)", "(silence)"}


def test_every_entry_and_every_recording_has_a_transcript_of_its_keys(scripts: Mapping[str, m.Script]) -> None:
    """Manners 1: the printed keys hold there too, each in its own way; the door that tells nothing of us has 9 and the
    code word alone."""
    heard, missing = defaultdict[str, set[str]](set), {}
    for place, line in (came for path in TRANSCRIPTS for came in played(path)[1]):
        heard[place].add(line)
    for script in scripts.values():
        for node in (script.nodes[name] for name in voice_nodes(script)):
            came = heard[node.id]
            if node.kind is m.Kind.RECORD:
                missing[node.id] = KEYS_OF_A_RECORDING - came
            elif node.kind is m.Kind.DIGITS:
                theirs = KEYS_OF_DIGITS if script.speaks_to == "person" else KEYS_OF_A_RESPONDER
                wanted = {"9", "digits", "(silence)"} if node.id == script.doors.get("returned") else theirs
                missing[node.id] = wanted - {_sort(line, node.length) for line in came}
    assert {name: keys for name, keys in missing.items() if keys} == {}


def _sort(line: str, length: int) -> str:
    return line if not line.isdecimal() or len(line) == 1 else "digits" if len(line) == length else "too few"


@cache
def played(path: Path) -> tuple[str, list[tuple[str, str]]]:
    """A transcript as it goes today, and each node of it with what came there."""
    heard: list[tuple[str, str]] = []
    return replayed(path.read_text("utf-8"), load_all(), load_lexicon(), heard), heard


def replayed(
    transcript: str, scripts: Mapping[str, m.Script], lexicon: Lexicon, heard: list[tuple[str, str]] | None = None
) -> str:
    """The same transcript with every answer as the scripts give it now; `heard` gets each node and what came there."""
    lines = transcript.splitlines()
    start = next(at for at, line in enumerate(lines) if not line)
    told = dict(line.split(": ", 1) for line in lines[:start] if not line.startswith("#"))
    channel: m.Channel = "text" if told.get("canal") == "texto" else "voice"
    language: m.Language = "en" if told.get("langue") == "en" else "fr"
    true = frozenset(cast(m.Fact, fact) for fact in told.get("faits", "").split())
    play = Play(scripts[told.get("script", "ligne")], lexicon, channel, language, keep=through_json, true=true)
    said = [*lines[:start], ""]
    if channel == "voice":
        said += play.opens(told.get("porte"))
    for line, answers in _heard(lines[start + 1 :]):
        said.append(line)
        if line.startswith("> ") and heard is not None:
            heard.append((play.place.node, line[2:]))
        if line.startswith("> "):
            said += play.hears(line[2:].replace("(rien)", ""), answers)
    return "\n".join(said) + "\n"


def _heard(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """What the person did, each with the answers of the world that follow; comments and blank lines stay."""
    for at, line in enumerate(lines):
        if not line or line.startswith(("> ", "# ")):
            answers = []
            for later in lines[at + 1 :]:
                if later.startswith("> "):
                    break
                if later.startswith("? "):
                    answers.append(later[2:])
            yield line, answers


def through_json(place: m.Place) -> m.Place:
    """What is left of a place that was sealed and opened again."""
    told = json.loads(json.dumps({**m.as_data(place)}))
    return m.from_data(told)
