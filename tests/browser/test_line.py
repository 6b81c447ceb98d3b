"""The whole product in a real browser: `hotline up` with its demonstration people, and nothing but the handsets' page.

What is saved from the timeline of such a call is replayed as a transcript test, and the README's picture is taken here.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import pytest

from ivr_flows.load import load_all, load_lexicon
from tests.browser.test_handsets import CHROMIUM, QUIET, handset
from tests.flows.test_transcripts import replayed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

PACE, READY_WITHIN, ENDS_WITHIN = 4, 60, 10
CALLER, INTERVENTION = 0, 1


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the handsets' page of a demonstration answers."""
    data = tmp_path_factory.mktemp("line")
    command = [sys.executable, "-m", "hotline.cli", "up", "--port", "0", "--console-port", "0", "--data", str(data)]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = kept | {"HOTLINE_ENV": "demo", "HOTLINE_PACE": str(PACE)}
    with (data / "said").open("w") as said:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=said, text=True)
        too_late = Timer(READY_WITHIN, process.terminate)
        too_late.start()
        try:
            simulator = _simulator(process, data / "said")
            too_late.cancel()
            yield simulator
        finally:
            too_late.cancel()
            process.terminate()
            process.wait(ENDS_WITHIN)
            if process.stdout is not None:
                process.stdout.close()


def _simulator(process: "subprocess.Popen[str]", said: Path) -> str:
    assert process.stdout is not None
    ready = next((line for line in process.stdout if line.startswith("ready ")), "")
    assert ready, said.read_text()[-3000:]
    return dict(word.split("=", 1) for word in ready.split()[1:])["simulator"]


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser", address: str) -> "Iterator[Page]":
    opened = browser.new_page(viewport={"width": 1360, "height": 900})
    opened.set_default_timeout(20_000)
    opened.goto(address)
    opened.locator(".handset").nth(INTERVENTION).wait_for()
    yield opened
    _put_down(opened)
    opened.close()


def _put_down(page: "Page") -> None:
    """Nobody stays on the line for the next test; a responder who is told that the person has gone finishes first."""
    caller, responder = handset(page, CALLER), handset(page, INTERVENTION)
    if caller.get_by_role("button", name="Raccrocher").is_visible():
        caller.get_by_role("button", name="Raccrocher").click()
    if responder.get_by_role("button", name="Raccrocher").is_visible():
        responder.get_by_text("Pour terminer, le trois.").last.wait_for()
        _key(responder, "3")
    responder.get_by_role("button", name="Composer").wait_for()


def _key(telephone: "Locator", key: str) -> None:
    telephone.get_by_role("button", name=key, exact=True).click()


def _say(telephone: "Locator", words: str) -> None:
    telephone.get_by_label("Dire quelque chose").fill(words)
    telephone.get_by_label("Dire quelque chose").press("Enter")


def _meet(page: "Page") -> float:
    """The demonstration of the README: dial, 9, answer, 1, joined. How long after 9 the telephone rang."""
    caller, responder = handset(page, CALLER), handset(page, INTERVENTION)
    caller.get_by_role("button", name="Composer").click()
    caller.get_by_text("En communication").wait_for()
    caller.get_by_text("faites le neuf").wait_for()
    pressed_at = time.monotonic()
    _key(caller, "9")
    responder.get_by_role("button", name="Répondre").wait_for()
    rang_after = time.monotonic() - pressed_at
    responder.get_by_role("button", name="Répondre").click()
    responder.get_by_text("Pour accepter, le un.").wait_for()
    _key(responder, "1")
    for telephone in (caller, responder):
        telephone.get_by_text("Avec quelqu’un").wait_for()
    return rang_after


def test_nine_wakes_a_responder_and_they_are_joined(page: "Page") -> None:
    """Dial, 9: the first responder's telephone rings; answered, 1: each hears what the other says."""
    rang_after = _meet(page)
    sys.stdout.write(f"9 to the ring seen in the browser: {rang_after:.2f} s of the wall\n")
    caller, responder = handset(page, CALLER), handset(page, INTERVENTION)
    _say(responder, "Bonsoir. Je suis là.")
    caller.get_by_text("Bonsoir. Je suis là.").wait_for()
    _say(caller, "J’ai peur qu’il revienne.")
    responder.get_by_text("J’ai peur qu’il revienne.").wait_for()
    if "HOTLINE_PICTURE" in os.environ:
        _picture(page, Path(os.environ["HOTLINE_PICTURE"]))


def _picture(page: "Page", file: Path) -> None:
    """The two handsets of a joined call, as wide as the page."""
    page.mouse.move(0, 0)
    bottom = page.evaluate(
        "document.activeElement.blur(), document.querySelector('.handset').getBoundingClientRect().bottom"
    )
    page.set_viewport_size({"width": 1360, "height": round(bottom) + 14})
    page.screenshot(path=file)


def test_an_urgent_text_pages(page: "Page") -> None:
    """« au secours il est la » gets its one question back, and the responder who accepts is read the text."""
    caller, responder = handset(page, CALLER), handset(page, INTERVENTION)
    caller.get_by_label("Écrire").fill("au secours il est la")
    caller.get_by_label("Écrire").press("Enter")
    responder.get_by_role("button", name="Répondre").click()
    caller.get_by_text("OK. Bon moment? 1 oui, 2 non.").wait_for()
    responder.get_by_text("Pour accepter, le un.").wait_for()
    _key(responder, "1")
    responder.get_by_text("au secours il est la").wait_for()
    assert handset(page, INTERVENTION).get_by_text("Votre téléphone sonne.").count() > 0


def test_a_saved_call_is_a_transcript(page: "Page", tmp_path: Path) -> None:
    """What the timeline saves of a call replays to itself; the replay adds only what the team got."""
    _meet(page)
    _put_down(page)
    page.get_by_role("link", name="Chronologie").click()
    saved = _saved(page, "appel de", tmp_path)
    again = replayed(saved, load_all(), load_lexicon())
    assert saved.splitlines() == [line for line in again.splitlines() if not line.startswith("! ")]
    assert "> 9" in saved and "~ joined" in saved and "! page P1 (neuf) langue inconnue" in again


def test_a_saved_silence_is_a_transcript(page: "Page", tmp_path: Path) -> None:
    """A person who cannot speak: 5, and nothing more is said; what is saved of it replays to itself as well."""
    caller, responder = handset(page, CALLER), handset(page, INTERVENTION)
    caller.get_by_role("button", name="Composer").click()
    caller.get_by_text("En communication").wait_for()
    caller.get_by_text("faites le neuf").wait_for()
    _key(caller, "5")
    caller.get_by_text("Je ne parlerai plus.").wait_for()
    responder.get_by_role("button", name="Répondre").click()
    responder.get_by_text("Pour accepter, le un.").wait_for()
    _key(responder, "1")
    responder.get_by_text("micro coupé").wait_for()
    caller.get_by_text("Avec quelqu’un").wait_for()
    page.get_by_role("link", name="Chronologie").click()
    saved = _saved(page, "appel de", tmp_path)
    again = replayed(saved, load_all(), load_lexicon())
    assert saved.splitlines() == [line for line in again.splitlines() if not line.startswith("! ")]
    assert "~ joined in silence" in saved


def test_a_saved_page_is_a_transcript(page: "Page", tmp_path: Path) -> None:
    """The responder's side of a call is kept as well: a replay differs by the page's own words only."""
    _meet(page)
    page.get_by_role("link", name="Chronologie").click()
    saved = _saved(page, "appel à", tmp_path)
    again = replayed(saved, load_all(), load_lexicon())
    differ = [(one, other) for one, other in zip(saved.splitlines(), again.splitlines(), strict=True) if one != other]
    assert [one.split(".")[0] for one, _ in differ] == ["< Urgence"]


def test_saved_texts_are_a_transcript(page: "Page", tmp_path: Path) -> None:
    """An exchange of texts is kept too, without any number, and replays to itself."""
    page.get_by_role("link", name="Chronologie").click()
    saved = _saved(page, "textos de", tmp_path)
    again = replayed(saved, load_all(), load_lexicon())
    assert saved.splitlines() == [line for line in again.splitlines() if not line.startswith("! ")]
    assert "> au secours il est la" in saved and "+1" not in saved


def _saved(page: "Page", what: str, folder: Path) -> str:
    """The newest contact of that sort, chosen in the timeline and saved."""
    choices = page.get_by_label("Montrer")
    choices.locator("option", has_text=what).last.wait_for(state="attached")
    choices.select_option(choices.locator("option", has_text=what).last.get_attribute("value"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Garder en transcription").click()
    download.value.save_as(folder / "saved.txt")
    return (folder / "saved.txt").read_text("utf-8")
