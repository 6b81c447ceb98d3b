"""What a counsellor who slips is told: each mistake is made in a shipped file; file, node and language are named."""

from functools import cache

import pytest

from ivr_flows.check import check
from ivr_flows.load import SCRIPTS, BadScript, read_scripts

SLIPS = {
    "tu among vous": (
        "soutien.toml", "Vous n'avez pas à dire", "Tu n'as pas à dire",
        "soutien.toml: ligne: question: [tu] fr: 'Tu' in a text that says vous",
    ),
    "vous for who says tu": (
        "texto.toml", 'text.tu = "Bonjour. Tu peux', 'text.tu = "Bonjour. Vous pouvez',
        "texto.toml: ligne: texto_bonjour: [tu] tu: 'Vous' in a text that says tu",
    ),
    "no form with tu": (
        "texto.toml", 'text.tu = "Mauvais numéro? Sinon, tu peux nous écrire."', "",
        "texto.toml: ligne: texto_mauvais_numero: [tu] fr: this text says vous, and has no form with tu",
    ),
    "vous for the young": (
        "texto.toml", "les personnes qui t'aident", "les personnes qui vous aident",
        "texto.toml: ligne: texto_jeune: [tu] fr: 'vous' in a text that says tu",
    ),
    "a slot left open": (
        "rappel.toml", "C'est promis: {quand}. Si", "C'est promis: {quand. Si",
        "rappel.toml: ligne: rappel_promis: [slots] fr: a slot is written {like_this}, without spaces",
    ),
    "a slot in one language": (
        "rappel.toml", "C'est promis: {quand}. Si", "C'est promis. Si",
        "rappel.toml: ligne: rappel_promis: [slots] fr: '{quand}' is missing; en has it",
    ),
    "a slot nobody fills": (
        "rappel.toml", "C'est promis: {quand}. Si", "C'est promis: {nom}. Si",
        "rappel.toml: ligne: rappel_promis: [slots] fr: nobody fills '{nom}'",
    ),
    "a key that is not said": (
        "soutien.toml", "Pour lui parler, le un. ", "",
        "soutien.toml: ligne: question: [announced] fr: the key '1' is not said",
    ),
    "a figure that does nothing": (
        "renseignement.toml", "2 non, 3 je ne sais pas", "2 non, 4 je ne sais pas",
        "renseignement.toml: ligne: texto_tip_maintenant: [announced] fr: the figure '4' does nothing here",
    ),
    "a figure that is not printed": (
        "renseignement.toml", "2 no, 3 I don't know", "2 no",
        "renseignement.toml: ligne: texto_tip_maintenant: [announced] en: the figure '3' is not printed",
    ),
    "two words without a space": (
        "situation.toml", "Merci de nous le dire. Nous allons", "Merci de nous le dire.Nous allons",
        "situation.toml: ligne: controle: [spaces] fr: look at ' le dire.Nous allo'",
    ),
    "a word that hurts": (
        "situation.toml", "We go at your pace.", "Calm down.",
        "situation.toml: ligne: controle: [words] en: 'Calm down' is not said to people",
    ),
    "a promise that is not ours": (
        "situation.toml", "Nous allons à votre rythme.", "C'est anonyme.",
        "situation.toml: ligne: controle: [words] fr: 'anonym' is not said to people",
    ),
    "a rule for what no text is known as": (
        "texto.toml", '{ when = "violence_client"', '{ when = "violence_cliente"',
        "texto.toml: ligne: texto_violence: [texts] no text is ever known as 'violence_cliente'",
    ),
    "an exclamation mark": (
        "equipe.toml", "Merci. Le test est réussi.", "Merci! Le test est réussi.",
        "equipe.toml: equipe: essai_reussi: [words] fr: no '!'",
    ),
    "a quote that is not straight": (
        "soutien.toml", '"Ce n\'est rien. Au revoir."', "“Ce n'est rien. Au revoir.”",
        "soutien.toml: node mauvais_numero: says.fr: this is not TOML",
    ),
    "a quote left out": (
        "soutien.toml", 'Goodbye."', "Goodbye.", "soutien.toml: node mauvais_numero: says.en: this is not TOML",
    ),
    "a node twice": (
        "soutien.toml", "[node.mauvais_numero]", "[node.question]", "soutien.toml: node question: this is not TOML",
    ),
    "a node that is not there": (
        "soutien.toml", 'to = "mauvais_numero"', 'to = "mauvai_numero"',
        "soutien.toml: node question: the key '2' leads to 'mauvai_numero', which is not a node",
    ),
    "a language left out": (
        "accueil.toml", 'says.en = "If you stay on the line, a person will listen. If not, hang up."', "",
        "accueil.toml: node reste: says.en: the English text is missing",
    ),
}  # fmt: skip


@cache
def shipped() -> dict[str, str]:
    """The files as they are."""
    return {path.name: path.read_text("utf-8") for path in SCRIPTS.glob("*.toml")}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_file_node_and_language(slip: str) -> None:
    """By `hotline scripts check`, in words for whoever edits the file."""
    file, words, instead, expected = SLIPS[slip]
    assert words in shipped()[file]
    try:
        scripts = read_scripts({**shipped(), file: shipped()[file].replace(words, instead, 1)})
        told = [str(problem) for script in scripts.values() for problem in check(script)]
    except BadScript as bad:
        told = [str(fault) for fault in bad.faults]
    assert [one for one in told if one.startswith(expected)] != [], told


def test_a_file_that_is_not_utf_8_is_told_with_its_line() -> None:
    """As some editors save it; the mark that others put first is no mistake."""
    content = shipped()["soutien.toml"].encode()
    with pytest.raises(BadScript, match=r"soutien.toml: line 2: this file is not saved as UTF-8"):
        read_scripts({**shipped(), "soutien.toml": b"# ok\n# \xe9t\xe9\n" + content})
    assert read_scripts({**shipped(), "soutien.toml": b"\xef\xbb\xbf" + content})
