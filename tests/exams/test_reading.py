"""How hard a text is to follow, and how it is spelled."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from spellchecker import SpellChecker

from ivr_flows.load import SCRIPTS, load_all
from ivr_flows.model import Language
from ivr_flows.reading import ease, measured, syllables
from ivr_flows.spoken import LANGUAGES

OURS = Path(__file__).parent / "words.toml"
HARDEST = {"sans_arrestation": 50}  # manners 2 gives its words
LIMIT = 70
# French joins what it turns around: « pouvez-vous », « a-t-elle », « écrivez-nous ».
JOINED = re.compile("-(?:t-)?(?:je|tu|ils?|elles?|on|nous|vous|le|la|les|moi|y|en|même|ci|là)$")
APART = re.compile("(?:^|(?<=[^a-zà-ÿ]))(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quelqu|aujourd)'")


@pytest.mark.parametrize(
    ("word", "language", "expected"),
    [
        ("une", "fr", 1), ("personne", "fr", 2), ("téléphone", "fr", 3), ("écouter", "fr", 3), ("aident", "fr", 1),
        ("le", "fr", 1), ("safe", "en", 1), ("people", "en", 2), ("called", "en", 1), ("the", "en", 1),
    ],
)  # fmt: skip
def test_syllables(word: str, language: Language, expected: int) -> None:
    """About as many as are said."""
    assert syllables(word, language) == expected


def test_plain_words_are_easier_than_an_administrations() -> None:
    """The same in both languages; too few words say nothing."""
    plain = {
        "fr": "Une personne va vous répondre. Restez en ligne.",
        "en": "A person will answer you. Stay on the line.",
    }
    stiff = {
        "fr": "Votre communication téléphonique sera acheminée ultérieurement vers une intervenante spécialisée.",
        "en": "Your communication will subsequently be transferred to an intervention professional.",
    }
    for language in LANGUAGES:
        easy, hard = ease(plain[language], language), ease(stiff[language], language)
        assert easy is not None and hard is not None and easy > 80 > 30 > hard
    assert ease("Bonjour.", "fr") is None


def test_every_node_can_be_followed() -> None:
    """About the sixth year of school; what the manners word is as they word it."""
    found = [(script.files[node], node, found) for script in load_all().values() for node, found in measured(script)]
    assert [one for one in found if min(one[2].values()) < HARDEST.get(one[1], LIMIT)] == []


# ── spelling ──────────────────────────────────────────────────────────────────────────────────────────────────────


def texts() -> Iterator[tuple[str, Language, str]]:
    """Every text of the scripts: its file and node, its language, its words."""
    for path in sorted(SCRIPTS.glob("*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        heads = [(path.name, {name: value for name, value in table.items() if name != "node"})]
        for where, value in [*heads, *((f"{path.name}: {name}", node) for name, node in table.get("node", {}).items())]:
            for pair in pairs(value):
                yield from ((where, language, pair[language]) for language in LANGUAGES if language in pair)


def pairs(value: object) -> Iterator[dict[Language, str]]:
    if isinstance(value, dict):
        if isinstance(value.get("fr"), str):
            yield value
        else:
            for item in (item for name, item in value.items() if name != "audio"):
                yield from pairs(item)
    elif isinstance(value, list):
        for item in value:
            yield from pairs(item)


def words_of(text: str) -> set[str]:
    """The words of a text, as a dictionary has them."""
    plain = APART.sub(" ", re.sub(r"\{\w*\}|\b[\w-]*\d[\w-]*", " ", text.lower().replace("’", "'")))
    found = re.findall(r"[^\W\d_]+(?:[-'][^\W\d_]+)*", plain)
    return {part for word in found for part in (JOINED.sub("", word),) if part}


def misspelled(said: list[tuple[str, Language, str]]) -> list[str]:
    """What no dictionary and no list of ours knows, with file, node and language."""
    ours = tomllib.loads(OURS.read_text("utf-8"))
    found = list[str]()
    for language in LANGUAGES:
        known = SpellChecker(language=language)
        for where, _, text in (one for one in said if one[1] == language):
            words = words_of(text) - set(ours[language]) - set(ours["both"])
            found += [f"{where}: {language}: '{word}'" for word in sorted(known.unknown(words))]
    return found


def test_the_scripts_are_spelled_right() -> None:
    """In both languages; a name or a word of Québec is added to `words.toml`, by hand."""
    assert misspelled(list(texts())) == []


def test_a_slip_is_told_with_file_node_and_language() -> None:
    """An accent left out, too."""
    slips: list[tuple[str, Language, str]] = [
        ("aide.toml: aide", "fr", "Pouvez-vous parler en securité? L'équipe vous apelle."),
        ("aide.toml: aide", "en", "Stay on the lline."),
    ]
    assert misspelled(slips) == [
        "aide.toml: aide: fr: 'apelle'", "aide.toml: aide: fr: 'securité'", "aide.toml: aide: en: 'lline'",
    ]  # fmt: skip
