"""The page of handsets, in a real browser, against a line of scripted TwiML."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.town import RESPONDER, Town, town

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

# A browser that talks to nobody but the page.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = "/usr/bin/chromium"
ROOM = '<Dial hangupOnStar="true" action="/left"><Conference beep="false" waitUrl="">salle</Conference></Dial>'


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town(4) as built:
        yield built


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def here(_town: Town) -> Town:
    line = _town.fresh().line
    line.says(
        "/twilio/voice",
        '<Gather numDigits="1" action="/next" finishOnKey=""><Say language="fr-CA">Bonjour.</Say>'
        '<Say language="en-US">For English, press star.</Say><Pause length="60"/></Gather>',
    )
    line.says("/next", f'<Say language="fr-CA">On cherche quelqu\'un.</Say>{ROOM}')
    line.says("/page", '<Gather numDigits="1" action="/accept"><Say language="fr-CA">Urgence.</Say></Gather>')
    line.says("/accept", ROOM)
    line.says("/twilio/sms", "<Message>Oui, vous pouvez nous écrire.</Message>")
    return _town


@pytest.fixture
def page(browser: "Browser", here: Town) -> "Iterator[Page]":
    opened = browser.new_page(viewport={"width": 1360, "height": 1100})
    opened.set_default_timeout(10_000)
    opened.goto(here.url)
    opened.locator(".handset").nth(1).wait_for()
    yield opened
    opened.close()


def handset(page: "Page", index: int) -> "Locator":
    return page.locator(".handset").nth(index)


def test_two_telephones_meet_in_a_room(page: "Page", here: Town) -> None:
    """A caller dials and presses a key, a responder answers and accepts, and each reads what the other says."""
    caller, responder = handset(page, 0), handset(page, 1)
    caller.get_by_role("button", name="Composer").click()
    caller.get_by_text("For English, press star.").wait_for()
    caller.get_by_role("button", name="9").click()
    caller.get_by_text("En attente").wait_for()
    here.call(RESPONDER)
    responder.get_by_role("button", name="Répondre").click()
    responder.get_by_text("Urgence.").wait_for()
    responder.get_by_role("button", name="1").click()
    caller.get_by_text("Avec quelqu’un").wait_for()
    caller.get_by_label("Dire quelque chose").fill("Il est parti.")
    caller.get_by_label("Dire quelque chose").press("Enter")
    responder.get_by_text("Il est parti.").wait_for()
    caller.get_by_role("button", name="Raccrocher").click()
    caller.get_by_text("Raccroché", exact=False).first.wait_for()


def test_what_is_heard_says_its_language(page: "Page") -> None:
    """Each sentence carries its own language, for screen readers and for voices."""
    caller = handset(page, 0)
    caller.get_by_role("button", name="Composer").click()
    caller.get_by_text("For English, press star.").wait_for()
    heard = caller.get_by_role("log", name="Ce qu’on entend").locator("p[lang]")
    assert [line.get_attribute("lang") for line in heard.all()] == ["fr-CA", "en-US"]


def test_the_keyboard_is_enough(page: "Page", here: Town) -> None:
    """After Enter on Dial the number keys press the telephone's keys."""
    caller = handset(page, 0)
    caller.get_by_role("button", name="Composer").focus()
    page.keyboard.press("Enter")
    caller.get_by_text("Bonjour.").wait_for()
    page.keyboard.press("9")
    caller.get_by_text("On cherche quelqu'un.").wait_for()
    assert here.line.forms("/next")[0]["Digits"] == "9"


def test_a_text_goes_and_its_answer_comes(page: "Page", here: Town) -> None:
    """A text typed on the page reaches the line, and the answer is read on the page."""
    caller = handset(page, 0)
    caller.get_by_label("Écrire").fill("à l'aide")
    caller.get_by_role("button", name="Envoyer").click()
    caller.get_by_text("Oui, vous pouvez nous écrire.").wait_for()
    assert here.line.forms("/twilio/sms")[0]["Body"] == "à l'aide"


def test_the_timeline_shows_requests_and_documents(page: "Page") -> None:
    """Every webhook is told with the document that answered it."""
    handset(page, 0).get_by_role("button", name="Composer").click()
    page.get_by_text("Chronologie").click()
    page.get_by_text("/twilio/voice 200").click()
    page.locator("#entries pre").get_by_text("For English, press star.").wait_for()


def test_axe_finds_nothing(page: "Page") -> None:
    """The page has no violation that axe can see, idle or in a call."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    before = axe.run(page)
    handset(page, 0).get_by_role("button", name="Composer").click()
    handset(page, 0).get_by_text("Bonjour.").wait_for()
    during = axe.run(page)
    assert [before.violations_count, during.violations_count] == [0, 0], during.generate_report()
