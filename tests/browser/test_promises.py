"""A promise and a tip on the handsets' page: asked for, kept, met; left, found under its number, added to.

Each test takes a telephone of its own on the page: an exchange of texts goes on where it was.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.test_handsets import handset
from tests.browser.test_line import INTERVENTION, _key, _say
from tests.browser.test_line import address as address
from tests.browser.test_line import browser as browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

SPOKEN, WRITTEN = re.compile(r"(?:\d[,;] ){11}\d"), re.compile(r"\d{5} \d{3} \d{4}")
LONGEST = 60_000  # milliseconds: a whole minute of line time goes by in fifteen seconds, on a machine that is free


@pytest.fixture
def page(browser: "Browser", address: str) -> "Iterator[Page]":
    opened = browser.new_page(viewport={"width": 1360, "height": 900})
    opened.set_default_timeout(LONGEST)
    opened.goto(address)
    opened.locator(".handset").nth(INTERVENTION).wait_for()
    yield opened
    pictured(opened, "last")
    opened.close()


@pytest.fixture
def person(page: "Page") -> "Locator":
    """A telephone that nobody has used, put on the page."""
    return a_telephone(page)


def a_telephone(page: "Page") -> "Locator":
    before = page.locator(".handset").count()
    page.get_by_role("button", name="Ajouter un téléphone").click()
    return page.locator(".handset").nth(before)


def hears(telephone: "Locator", words: str) -> "Locator":
    """The words are on that telephone, heard or read."""
    found = telephone.get_by_text(words).last
    found.wait_for()
    return found


def dials(telephone: "Locator") -> None:
    telephone.get_by_role("button", name="Composer").click()
    telephone.get_by_text("En communication").wait_for()
    hears(telephone, "faites le neuf")


def keys(telephone: "Locator", *pairs: tuple[str, str]) -> None:
    """Each key, once the words that ask for it are there."""
    for words, key in pairs:
        hears(telephone, words)
        _key(telephone, key)


def speaks_french(telephone: "Locator") -> None:
    """Star for English, and star again: the language is chosen, and each menu is said in it alone."""
    for heard in ("For help", "Pour de l'aide"):
        _key(telephone, "étoile / star")
        hears(telephone, heard)


def records(telephone: "Locator", words: str) -> None:
    """Words after the beep, and the key that ends them, which must not overtake them."""
    telephone.get_by_label("Dire après le bip").fill(words)
    telephone.get_by_role("button", name="Dire", exact=False).click()
    hears(telephone, words)
    _key(telephone, "1")


def writes(telephone: "Locator", body: str) -> None:
    telephone.get_by_label("Écrire").fill(body)
    telephone.get_by_label("Écrire").press("Enter")


def is_free(telephone: "Locator") -> None:
    telephone.get_by_role("button", name="Composer").wait_for()


def number_on(telephone: "Locator", form: re.Pattern[str]) -> str:
    """The twelve figures of a tip's number, as that telephone shows them."""
    found = form.search(telephone.inner_text())
    assert found is not None
    return re.sub(r"\D", "", found[0])


def pictured(page: "Page", name: str) -> None:
    """A picture to look at, where a folder for them is given."""
    if "HOTLINE_PICTURES" in os.environ:
        page.screenshot(path=Path(os.environ["HOTLINE_PICTURES"]) / f"{name}.png", full_page=True)


def is_called_back(page: "Page", person: "Locator", hello: str) -> None:
    """The responder accepts, is told how, asks for the call; the person answers and hears one word, then a human."""
    responder = handset(page, INTERVENTION)
    responder.get_by_role("button", name="Répondre").click()
    keys(responder, ("Rappel promis. Code", "1"), ("Pour appeler la personne maintenant, le un.", "1"))
    person.get_by_role("button", name="Répondre").click()
    hears(person, hello)
    for telephone in (person, responder):
        telephone.get_by_text("Avec quelqu’un").wait_for()
    _say(responder, "Est-ce un bon moment?")
    hears(person, "Est-ce un bon moment?")
    _say(person, "Oui, merci de rappeler.")
    hears(responder, "Oui, merci de rappeler.")


def ends(page: "Page", person: "Locator") -> None:
    """The person hangs up and the responder notes that they were reached."""
    responder = handset(page, INTERVENTION)
    person.get_by_role("button", name="Raccrocher").click()
    keys(responder, ("Si la personne a été jointe, le un.", "1"))
    hears(responder, "C'est noté.")
    is_free(responder)


def test_asked_by_voice_called_back_and_joined(page: "Page", person: "Locator") -> None:
    """Six keys and a promise; then their telephone rings, from another number, and somebody is there."""
    dials(person)
    _key(person, "1")
    keys(
        person,
        ("Pour être rappelé, le deux.", "2"),
        ("d'où vous appelez, le un.", "1"),
        ("Pour être rappelé maintenant, le un.", "1"),
        ("un mot de passe", "2"),
        ("Pour confirmer, le un.", "1"),
    )
    hears(person, "C'est promis")
    is_free(person)
    is_called_back(page, person, "Bonjour.")
    pictured(page, "callback-by-voice")
    ends(page, person)


def test_asked_by_text_called_back_and_joined(page: "Page", person: "Locator") -> None:
    """In English: three texts and a promise; the responder is told the language."""
    writes(person, "call me")
    hears(person, "someone can call you")
    writes(person, "1")
    hears(person, "leaving no message")
    writes(person, "yes")
    hears(person, "It is promised")
    is_called_back(page, person, "Hello.")
    hears(handset(page, INTERVENTION), "Rappel en anglais.")
    pictured(page, "callback-by-text")
    ends(page, person)


def test_a_tip_by_voice_added_to_by_text_in_english(page: "Page", person: "Locator") -> None:
    """Recorded after being told, in French; its number, as it was heard, opens it by text in the other language."""
    dials(person)
    speaks_french(person)
    keys(
        person,
        ("Pour de l'aide", "2"),
        ("Pour laisser un message ici, le deux.", "2"),
        ("Est-ce que cela se passe maintenant?", "2"),
        ("de moins de dix-huit ans", "2"),
        ("Pour enregistrer votre message, le un.", "1"),
    )
    records(person, "La plaque est A B C.")
    hears(person, "Votre numéro de suivi est")
    number = number_on(person, SPOKEN)
    pictured(page, "tip-by-voice")
    keys(person, ("Pour finir, le quatre.", "4"))
    is_free(person)
    other = a_telephone(page)
    writes(other, f"{number[:5]} {number[5:8]} {number[8:]}")
    hears(other, "You can add to it.")
    writes(other, "the grey van is back")
    hears(other, "the grey van is back")
    pictured(page, "tip-by-voice-then-text")


def test_a_tip_by_text_added_to_by_voice_in_french(page: "Page", person: "Locator") -> None:
    """Told what is kept, its number on request; with it one calls, in the other language, and adds words."""
    writes(person, "I want to report girls kept at motel Z, I have the plate")
    hears(person, "Your number is not kept here")
    writes(person, "1")
    hears(person, "Keep it")
    number = number_on(person, WRITTEN)
    other = a_telephone(page)
    dials(other)
    speaks_french(other)
    keys(other, ("Pour de l'aide", "2"), ("Pour ajouter", "3"))
    hears(other, "douze chiffres")
    for figure in number:
        _key(other, figure)
    hears(other, "Nous l'avons trouvé.")
    keys(other, ("Pour enregistrer votre message, le un.", "1"))
    records(other, "Elle est revenue.")
    hears(other, "reste le même.")
    pictured(page, "tip-by-text-then-voice")
    keys(other, ("Pour finir, le trois.", "3"))
    is_free(other)
