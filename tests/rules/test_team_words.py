"""What responders are written: each sentence is short, says nothing of a person and prints no word of the carrier's."""

import pytest

from hotline.team import SENTENCES
from ivr_flows.spoken import naming, parts, printed_carrier_words

FILLED = {
    "code": "482913", "by": "Intervention", "quand": "demain 19 h 30", "nom": "Camille",
    "noms": "Camille, Dominique, Claude", "numero": "017", "donne": "mercredi 19 h 30", "prend": "dimanche 19 h 30",
}  # fmt: skip


@pytest.mark.parametrize("kind", SENTENCES)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_sentence_is_one_text(kind: str, language: str) -> None:
    """One part, two for a swap with both its hours; nothing that names us, and none of the carrier's own words."""
    words = SENTENCES[kind].said_in(language).format(**FILLED)  # type: ignore[arg-type]
    assert parts(words) <= (2 if kind == "swap_offer" else 1), len(words)
    assert (naming(words), printed_carrier_words(words), "{" in words) == ("", [], False)
