"""First-pass triage: the thirty texts of the domain brief, and what people write that looks alike and is not.

`texts.jsonl` has a text on each line, with the language, path, age and wish for silence expected of it, and `why`.
"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ivr_flows.phrases import Lexicon, compile_lexicon, fold
from ivr_flows.signals import Wrote
from ivr_flows.triage import read, wrote
from ivr_flows.weights import Model

TEXTS = [json.loads(line) for line in Path(__file__).with_name("texts.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.parametrize("kind", ["domain", "alike"])
def test_a_text_is_read_as_a_person_would(lexicon: Lexicon, kind: str) -> None:
    """Language, path, age and wish for silence are what is written there, and urgent is the path urgent."""
    wrong = []
    for told in (told for told in TEXTS if told["id"].startswith(kind)):
        reading = read(told["text"], lexicon)
        actual = (reading.lang, reading.path, reading.minor, reading.optout, reading.urgent)
        expected = (told["lang"], told["path"], told["minor"], told["optout"], told["path"] == "urgent")
        if expected != actual:
            wrong.append((told, expected, actual))
    assert wrong == []


def test_the_thirty_texts_of_the_requirements_are_there() -> None:
    """None is dropped because it is hard."""
    assert sum(told["id"].startswith("domain-") for told in TEXTS) == 30


FACTS: dict[str, set[str]] = {
    "au secours il est la": {"danger", "near", "abuser_present"},
    "arrete de mecrire il regarde mon cell": {"optout", "near", "danger", "abuser_present", "shared_phone"},
    "STOP": {"optout"},
    "9": {"danger"},
    "5": {"near"},
    "55": {"near"},
    "": {"empty"},
    "👍": {"empty", "thumb"},
    "...": {"empty"},
    "AIDE-MOI": {"help", "victim_support"},
    "INFO": {"help", "info"},
    "EFFACER": {"erase"},
    "how do i delete this conversation": {"erase"},
    "A aimé « danger »": {"automatic"},
    "Liked “he will kill me”": {"automatic"},
    "Je conduis en ce moment, message automatique": {"automatic"},
    "allo": set(),
    "jai 15 ans": {"minor", "young"},
    "im 16 and i dont know who to talk to": {"minor", "young", "victim_support"},
    "peux tu m'aider": {"tu", "help"},
    "c'est tu ouvert?": {"info"},
    "bonjour, c'est quoi cette ligne?": set(),
    "je peux-tu vous parler": {"victim_support"},
    "#": {"empty", "optout"},
    "*": {"empty", "star"},
    "🆘": {"danger", "near"},
    "oublie mon message": {"danger", "retract", "no_answer"},
    "did my girlfriend call you": {"probe"},
}


def test_the_facts_a_script_may_test(lexicon: Lexicon) -> None:
    """Exactly these names reach the rules of texto.toml and of priorities."""
    assert {text: wrote(text, lexicon).facts for text in FACTS} == FACTS


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", ("1", "1", None)), (" 2. ", ("2", "2", None)), ("Oui!", ("", "oui", "fr")), ("YES", ("", "yes", "en"))],
)
def test_an_answer_keeps_its_digit_or_word(lexicon: Lexicon, text: str, expected: tuple[str, str, str | None]) -> None:
    """So that the choices of a node can be compared with it."""
    signal = wrote(text, lexicon)
    assert expected == (signal.digits, signal.words, signal.language)


def test_another_language_leaves_the_language_open(lexicon: Lexicon) -> None:
    """We answer in French and in English, both."""
    assert wrote("necesito ayuda por favor", lexicon).language is None


def test_the_telling_words_are_told(lexicon: Lexicon) -> None:
    """A responder sees why."""
    assert read("y va me tuer si jlui donne pas 500 ce soir", lexicon).because == ("va me tuer",)


def test_a_retraction_changes_nothing_without_a_person(lexicon: Lexicon) -> None:
    """« Oublie mon message » may have been written by somebody else."""
    assert "danger" in wrote("oublie mon message svp", lexicon).facts


def test_a_spam_that_speaks_of_danger_is_not_put_away(lexicon: Lexicon) -> None:
    """A look-alike with a danger word goes to a person."""
    facts = read("congratulations you won. help he locked me in the room", lexicon).facts
    assert {"danger", "help"} <= facts and "automatic" not in facts


TELLS = {
    "peux-tu m'aider": "tu",
    "t'es qui": "tu",
    "jveux mourir": "suicide",
    "il a un couteau": "weapon",
    "he has a gun": "weapon",
    "he locked me in the room": "confinement",
    "jpeux pas parler": "cannot_speak",
    "il est la": "abuser_present",
    "c bon laisse faire tout est correct oublie mon message": "retract",
    "where are u located": "where",
    "c'est quoi votre adresse": "where",
    "comment effacer cette conversation": "erase",
    "je veux pas parler à la police": "wants_no_police",
    "no cops please": "wants_no_police",
    "j'ai 15 ans jsuis en fugue": "runaway",
    "elle a l'air d'avoir 14 ans": "minor_suspected",
    "necesito hablar con alguien": "interpreter",
    "ma fille de 22 ans danse et je suis inquiete, que faire": "relative",
    "Bjr cb pour une heure?": "buyer",
    "You won an iphone click here": "spam",
    "vos heures d'ouverture?": "info",
    "tip: grey honda, girls at the motel": "tip",
    "il va me tuer ce soir": "now",
    "je veux sortir du milieu": "exit_help",
    "un client m'a frappée hier": "violence_client",
}


def test_a_fact_is_told(lexicon: Lexicon) -> None:
    """Each name of docs/triage.md has a text that tells it."""
    silent = {text: fact for text, fact in TELLS.items() if fact not in wrote(text, lexicon).facts}
    assert silent == {}


@pytest.mark.parametrize(
    "text",
    [
        "que faites-vous quand une personne dit qu'elle est enfermée? c'est pour mon cours de criminologie",
        "jveux pas mourir jveux juste que ca change",
        "il est là le livreur, descends",
        "looking for a good kitchen knife",
    ],
)
def test_words_of_danger_in_a_calm_text_are_no_facts_of_danger(lexicon: Lexicon, text: str) -> None:
    """A fact of danger places a case at the top, so a calm text tells none."""
    dangerous = {"danger", "near", "suicide", "weapon", "confinement", "abuser_present", "cannot_speak", "now"}
    assert wrote(text, lexicon).facts & dangerous == set()


def test_what_is_long_is_cut_and_read(lexicon: Lexicon) -> None:
    """A flood costs no more than a long letter."""
    assert read("blabla " * 5000 + "danger", lexicon).facts == set()


def test_a_long_letter_is_read_to_its_end(lexicon: Lexicon) -> None:
    """Nine hundred signs, and the danger in the last words."""
    assert "danger" in read("il fait froid dehors et je marche " * 26 + "il va me tuer", lexicon).facts


def test_folding_is_for_matching_only() -> None:
    """Case, accents, compatibility forms and invisible marks go."""
    assert fold("À L’AIDE\u202e, œuf ﬁn") == "a l’aide, oeuf fin"


def test_reading_is_steady(lexicon: Lexicon) -> None:
    """The same text, read twice, says the same."""
    assert wrote("il est là, aidez-moi", lexicon) == wrote("il est là, aidez-moi", lexicon)


def test_a_reading_makes_a_signal(lexicon: Lexicon) -> None:
    """Nothing of the text but its folded words is in it."""
    assert wrote("Allô", lexicon) == Wrote(frozenset(), "fr", "", "allo", ())


def test_a_lexicon_says_all_that_is_missing() -> None:
    """An editor who deletes a table is told which."""
    with pytest.raises(ValueError, match=r"'always' is missing.*'young' is missing.*unknown table 'surplus'"):
        compile_lexicon({"surplus": {}})


def test_a_model_that_says_nothing_lowers_nothing(lexicon: Lexicon) -> None:
    """A phrase that decides alone decides without the model."""
    assert read("aidez-moi, vite", replace(lexicon, model=Model())).urgent
