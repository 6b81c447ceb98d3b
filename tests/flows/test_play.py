"""The commands: what they print, where, and how they end."""

import io
import json
from pathlib import Path

import pytest

from ivr_flows.__main__ import DONE, FOUND, WRONG, main


def test_check_prints_what_texts_cost(capsys: pytest.CaptureFixture[str]) -> None:
    """And finds nothing in what is shipped."""
    assert main(["check"]) == DONE
    told = capsys.readouterr().out
    assert "ligne texto_lu fr: 1 SMS part\n" in told
    assert "ligne limites: reads fr " in told and told.splitlines()[-1].startswith("harder than the sixth year")


def test_draw_writes_a_file(tmp_path: Path) -> None:
    """The same that docs/conversation.md holds."""
    assert main(["draw", str(tmp_path / "drawn.md")]) == DONE
    assert (tmp_path / "drawn.md").read_text("utf-8").startswith("# The conversation")


def test_triage_prints_one_line_for_each_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the seven fields of the contract, in their order."""
    (tmp_path / "texts.jsonl").write_text('{"id": 7, "text": "au secours"}\n\n{"id": "b", "text": ""}\n', "utf-8")
    assert main(["triage", str(tmp_path / "texts.jsonl")]) == DONE
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert list(first) == ["id", "lang", "urgent", "minor", "path", "optout", "because"]
    assert (first["id"], first["urgent"], first["because"], second["lang"]) == (7, True, ["secours"], None)


def test_triage_names_the_lines_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are done."""
    (tmp_path / "texts.jsonl").write_text('nonsense\n[1]\n{"id": 1}\n{"id": 1, "text": "allo"}\n', "utf-8")
    assert main(["triage", str(tmp_path / "texts.jsonl")]) == FOUND
    told = capsys.readouterr()
    assert (len(told.out.splitlines()), len(told.err.splitlines())) == (1, 3)


USELESS = [["triage", "/nowhere"], ["play", "nowhere"], ["play", "equipe", "--text"], ["dance"], []]


@pytest.mark.parametrize("argv", USELESS)
def test_wrong_usage_says_so_and_is_two(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, without a traceback."""
    assert main(argv) == WRONG
    assert "Traceback" not in capsys.readouterr().err != ""


@pytest.mark.parametrize(
    ("argv", "typed", "expected"),
    [
        (["play"], "9\n!open 61 en\n\n#\n", "~ hangs up"),
        (["play", "--lang", "en", "--text"], "he is here\n", "< OK. Good time? 1 yes, 2 no."),
        (
            ["play", "--confirmed"],
            "\n1\n#\n",
            "< Appeler ici ne vous fera pas arrêter pour avoir offert des services sexuels.",
        ),
        (["play", "equipe"], "!won muted\n1\n!nonsense\n", "~ joined muted"),
        (["play"], "9\n!nonsense\n2\n", "~ queue"),
    ],
)
def test_a_script_is_played(
    argv: list[str], typed: str, expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the notation of the transcripts; an answer the world cannot give is said and played over."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    assert main(argv) == DONE
    assert expected in capsys.readouterr().out.splitlines()
