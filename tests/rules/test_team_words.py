"""What responders are written: each sentence is short, says nothing of a person and prints no word of the carrier's."""

from hotline.rules.team_words import SENTENCES
from ivr_flows.spoken import LANGUAGES, naming, parts, printed_carrier_words

FILLED = {
    "code": "482913", "by": "Intervention", "quand": "demain 19 h 30", "nom": "Camille",
    "noms": "Camille, Dominique, Claude", "numero": "017", "donne": "mercredi 19 h 30", "prend": "dimanche 19 h 30",
}  # fmt: skip


SAID = {
    (kind, language): text.said_in(language).format(**FILLED) for kind, text in SENTENCES.items()
    for language in LANGUAGES
}  # fmt: skip


def test_a_sentence_is_one_text() -> None:
    """One part; two for a swap with both its hours."""
    assert {told[0] for told, words in SAID.items() if parts(words) > 1} <= {"swap_offer"}
    assert max(map(parts, SAID.values())) <= 2


def test_a_sentence_does_not_name_us() -> None:
    """Nor is there any of the carrier's own words in it, nor a slot that nobody fills."""
    wrong = [words for words in SAID.values() if naming(words) or printed_carrier_words(words) or "{" in words]
    assert wrong == []
