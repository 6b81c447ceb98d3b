"""In which language a text is. `languages.jsonl`: forty texts in French, forty in English, forty in twenty others."""

import json
from pathlib import Path

import pytest

from ivr_flows.language import language, tongue
from ivr_flows.phrases import Lexicon
from ivr_flows.spelling import page_of
from ivr_flows.triage import wrote

TEXTS = [json.loads(line) for line in Path(__file__).with_name("languages.jsonl").read_text("utf-8").splitlines()]


def test_another_language_is_never_taken_for_ours_nor_ours_for_another(lexicon: Lexicon) -> None:
    """Right, or in doubt; and nearly always right."""
    read_as = [(told["text"], told["lang"], language(page_of(told["text"], lexicon))) for told in TEXTS]
    assert [one for one in read_as if one[2] not in (None, one[1])] == []
    assert sum(expected == actual for _, expected, actual in read_as) >= 0.97 * len(read_as)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("si tu veux", "french"), ("chu à Verdun", "french"), ("on est 3", "french"), ("je m'appelle José", "french"),
        ("il est la", "french"), ("no its ok", "english"), ("im in Verdun", "english"), ("El Niño is here", "english"),
        ("he hit me", "english"), ("b4 7pm", None), ("H3A 1B2", None), ("no", None), ("ok", None), ("👍", None),
        ("hola", "spanish"), ("grazie", "italian"), ("m pa ka soti", "creole"), ("ya no aguanto", "spanish"),
        ("Île-Bizard", "french"), ("Nina", None), ("ciao", None),
        ("3afak 3awnini", "arabic"), ("救命", "other"), ("segítség, bezárt a férjem", "other"),
    ],
)  # fmt: skip
def test_a_few_words_are_enough_or_leave_it_open(lexicon: Lexicon, text: str, expected: str | None) -> None:
    """Names, figures and what is said in every language tell nothing; a sign that neither of ours writes does."""
    assert expected == tongue(page_of(text, lexicon))


def test_a_sentence_of_which_nobody_knows_the_words_is_left_open(lexicon: Lexicon) -> None:
    """One word that looks French makes no French of six that do not."""
    assert language(page_of("kal gharda yella manxa la buro", lexicon)) is None


def test_who_writes_spanish_or_creole_is_answered_in_it(lexicon: Lexicon) -> None:
    """By any sentence of it, not by a few set words."""
    assert "spanish" in wrote("me quitaron los documentos y no sé adónde ir", lexicon).facts
    assert "creole" in wrote("yo pa kite m soti nan kay la", lexicon).facts
    assert {"spanish", "creole"}.isdisjoint(wrote("não me deixa sair de casa", lexicon).facts)
