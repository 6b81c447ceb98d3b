"""The page of handsets, in a real browser, against a line of scripted TwiML."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.town import RESPONDER, Town, town

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
PACE = 8
CHROMIUM = "/usr/bin/chromium"
ROOM = '<Dial hangupOnStar="true" action="/left"><Conference beep="false" waitUrl="">salle</Conference></Dial>'
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4XyYFAAODAXNxqBaEAAAAAElFTkSuQmCC"
)
QUEUE = '<Enqueue waitUrl="/w" action="/l">q</Enqueue>'
TAPE = '<Say language="fr-CA">Parlez.</Say><Record action="/r"/>'


def _heard(second: int, path: str, document: str, **form: str) -> dict[str, Any]:
    """A webhook of a call as the ledger tells it."""
    told = {"CallSid": "CA1", "CallStatus": "in-progress", "Direction": "inbound"} | form
    at = f"2026-11-22T02:4{second // 60}:{second % 60:02}+00:00"
    entry = {"kind": "webhook", "purpose": "twiml", "at": at, "url": f"http://line.test{path}", "form": told}
    return entry | {"answer": f"<Response>{document}</Response>", "purpose": "action" if "Ends" in form else "twiml"}


def _asks(action: str, words: str) -> str:
    return f'<Gather action="{action}"><Say language="fr-CA">{words}</Say></Gather>'


LEDGER: list[dict[str, Any]] = [
    _heard(0, "/voice", _asks("/k", "Bonjour.")),
    _heard(1, "/k", TAPE, Digits="2"),
    _heard(2, "/r", QUEUE, Digits="9"),
    _heard(3, "/w", _asks("/k2", "On appelle.")),
    _heard(63, "/k2", _asks("/k3", "Toujours."), Digits=""),
    {"kind": "rest", "method": "POST", "path": "/Calls/CA1.json", "form": {"Url": "http://line.test/go"}},
    _heard(70, "/go", '<Dial action="/d"><Conference waitUrl="/alone">salle</Conference></Dial>'),
    _heard(76, "/alone", '<Say language="fr-CA">Un instant.</Say>'),
    _heard(90, "/d", "<Hangup/>", CallStatus="completed", Ends="yes"),
]
SPEAKS = "window.spoken = []; speechSynthesis.speak = (words) => window.spoken.push([words.lang, words.text]);"


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town(PACE) as built:
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
    """The page as it opens; a script, style or picture that its own policy refuses fails the test."""
    opened = browser.new_page(viewport={"width": 1360, "height": 1100})
    opened.set_default_timeout(10_000)
    complaints: list[str] = []
    opened.on(
        "console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.add_init_script(SPEAKS)
    opened.goto(here.url)
    opened.locator(".handset").nth(1).wait_for()
    yield opened
    opened.close()
    assert complaints == []


def handset(page: "Page", index: int) -> "Locator":
    return page.locator(".handset").nth(index)


def _calls(page: "Page") -> "Locator":
    """The caller, who has dialled the line and heard its two sentences."""
    caller = handset(page, 0)
    caller.get_by_role("button", name="Composer").click()
    caller.get_by_text("For English, press star.").wait_for()
    return caller


def _meet(page: "Page", here: Town) -> "tuple[Locator, Locator]":
    """A caller and a responder in one room."""
    caller, responder = _calls(page), handset(page, 1)
    caller.get_by_role("button", name="9").click()
    caller.get_by_text("Seul dans la salle").wait_for()
    here.call(RESPONDER)
    responder.get_by_role("button", name="Répondre").click()
    responder.get_by_text("Urgence.").wait_for()
    responder.get_by_role("button", name="1", exact=True).click()
    caller.get_by_text("Avec quelqu’un").wait_for()
    return caller, responder


def _timeline(page: "Page") -> "Locator":
    page.get_by_role("link", name="Chronologie").click()
    return page.locator("#entries")


# ── telephones ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_two_telephones_meet_in_a_room(page: "Page", here: Town) -> None:
    """A caller dials and presses a key, a responder answers and accepts, and each reads what the other says."""
    caller, responder = _meet(page, here)
    caller.get_by_label("Dire quelque chose").fill("Il est parti.")
    caller.get_by_label("Dire quelque chose").press("Enter")
    responder.get_by_text("Il est parti.").wait_for()
    caller.get_by_role("button", name="Raccrocher").click()
    caller.get_by_text("Fin de l’appel.").wait_for()
    responder.get_by_text("Seul dans la salle").wait_for()


def test_what_is_heard_says_its_language(page: "Page") -> None:
    """Each sentence carries its own language, for screen readers and for voices."""
    heard = _calls(page).get_by_role("log", name="Ce qu’on entend").locator("p[lang]")
    assert [line.get_attribute("lang") for line in heard.all()] == ["fr-CA", "en-US"]


def test_the_speaker_reads_one_telephone_aloud(page: "Page", here: Town) -> None:
    """With the speaker on, each sentence goes to a voice of its language; no other telephone is read."""
    handset(page, 0).get_by_role("button", name="Haut-parleur").click()
    _meet(page, here)
    spoken = page.evaluate("window.spoken")
    assert spoken == [["fr-CA", "Bonjour."], ["en-US", "For English, press star."], ["fr-CA", "On cherche quelqu'un."]]


def test_the_speaker_is_on_one_telephone_at_a_time(page: "Page") -> None:
    """Turning the speaker on here turns it off there."""
    for index in (0, 1):
        handset(page, index).get_by_role("button", name="Haut-parleur").click()
    pressed = [
        handset(page, index).get_by_role("button", name="Haut-parleur").get_attribute("aria-pressed")
        for index in (0, 1)
    ]
    assert pressed == ["false", "true"]


def test_hold_is_shown(page: "Page", here: Town) -> None:
    """A telephone put on hold says so, and says when it is back."""
    caller, _ = _meet(page, here)
    sid = here.client.conferences.list(friendly_name="salle", status="in-progress")[0].sid
    participants = here.client.conferences(sid).participants
    held = next(
        one.call_sid for one in participants.list() if here.client.calls(one.call_sid).fetch().direction == "inbound"
    )
    participants(held).update(hold=True)
    caller.get_by_text("Mis en garde").wait_for()
    participants(held).update(hold=False)
    caller.get_by_text("Avec quelqu’un").wait_for()


def test_words_are_typed_into_a_recording(page: "Page", here: Town) -> None:
    """While the line records, the page says so, and what is typed is what the recording holds."""
    here.line.says("/next", '<Record action="/kept" finishOnKey="1" timeout="60"/>')
    caller = _calls(page)
    caller.get_by_role("button", name="2").click()
    caller.get_by_text("On enregistre").wait_for()
    caller.get_by_label("Dire après le bip").fill("Une voiture grise.")
    caller.get_by_role("button", name="Dire", exact=False).click()
    caller.get_by_text("Une voiture grise.").wait_for()
    caller.get_by_role("button", name="1", exact=True).click()
    assert here.waits_for("/kept")["RecordingSid"].startswith("RE")


def test_a_telephone_can_be_added_and_put_away(page: "Page", here: Town) -> None:
    """A telephone that is added rings like the others; put away, it leaves the page."""
    before = page.locator(".handset").count()
    page.get_by_role("button", name="Ajouter un téléphone").click()
    added = page.locator(".handset").last
    number = added.get_by_label("Numéro").first
    number.fill("+15145550177")
    number.press("Enter")
    here.telephone.eventually(lambda: "+15145550177" in here.telephone.ask("GET", "/sim/network")["handsets"])
    here.call("+15145550177")
    added.get_by_role("button", name="Refuser").click()
    added.get_by_text("Raccroché").wait_for()
    added.get_by_text("Réglages").click()
    added.get_by_role("button", name="Ranger ce téléphone").click()
    assert page.locator(".handset").count() == before


def test_a_page_opened_later_shows_the_call_that_is_going_on(page: "Page") -> None:
    """Nothing is kept in the page: opened again, it shows what the telephone has heard and where it stands."""
    _calls(page)
    page.reload()
    caller = handset(page, 0)
    caller.get_by_text("En communication").wait_for()
    caller.get_by_text("For English, press star.").wait_for()


# ── the keyboard ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_keyboard_is_enough(page: "Page", here: Town) -> None:
    """After Enter on Dial the number keys press the telephone's keys."""
    caller = handset(page, 0)
    caller.get_by_role("button", name="Composer").focus()
    page.keyboard.press("Enter")
    caller.get_by_text("Bonjour.").wait_for()
    page.keyboard.press("9")
    caller.get_by_text("On cherche quelqu'un.").wait_for()
    assert here.line.forms("/next")[0]["Digits"] == "9"


def test_the_keypad_is_one_stop(page: "Page", here: Town) -> None:
    """Tab stops once at the keypad, and the arrows go round inside it."""
    caller = _calls(page)
    caller.get_by_role("button", name="1", exact=True).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    caller.get_by_text("On cherche quelqu'un.").wait_for()
    assert here.line.forms("/next")[0]["Digits"] == "8"
    assert caller.locator('.keypad [tabindex="0"]').count() == 1


def test_focus_goes_to_what_takes_the_place(page: "Page") -> None:
    """A button that goes away hands the focus on: nobody is thrown back to the top of the page."""
    caller = _calls(page)
    focused = "document.activeElement.className"
    after_dialling = page.evaluate(focused)
    caller.get_by_role("button", name="Raccrocher").click()
    caller.get_by_role("button", name="Composer").wait_for()
    assert [after_dialling, page.evaluate(focused)] == ["heard", "go dial"]


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_goes_and_its_answer_comes(page: "Page", here: Town) -> None:
    """A text typed on the page reaches the line, and the answer is read on the page."""
    caller = handset(page, 0)
    caller.get_by_label("Écrire").fill("à l'aide")
    caller.get_by_role("button", name="Envoyer").click()
    caller.get_by_text("Oui, vous pouvez nous écrire.").wait_for()
    assert here.line.forms("/twilio/sms")[0]["Body"] == "à l'aide"


def test_a_text_carries_a_picture(page: "Page", here: Town, tmp_path: Path) -> None:
    """A picture joined to a text reaches the line; those sent and those received are seen on the telephone."""
    file = tmp_path / "auto.png"
    file.write_bytes(PICTURE)
    here.line.says("/vu.svg", (200, "image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'))
    here.line.says("/twilio/sms", f"<Message><Body>Vu.</Body><Media>{here.line.url}/vu.svg</Media></Message>")
    caller = handset(page, 0)
    caller.get_by_label("Image Picture").set_input_files(file)
    caller.get_by_text("auto.png").wait_for()
    caller.get_by_role("button", name="Envoyer").click()
    caller.get_by_text("Vu.").wait_for()
    pictures = caller.get_by_role("img", name="Image jointe au texto")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    form = here.waits_for("/twilio/sms")
    assert (form["NumMedia"], form["MediaContentType0"]) == ("1", "image/png")
    assert [picture.evaluate("(image) => image.naturalWidth") for picture in pictures.all()] == [1, 1]


def test_a_picture_too_large_is_refused(page: "Page", tmp_path: Path) -> None:
    """A picture the carrier would not take is put back, and the telephone says why."""
    file = tmp_path / "grande.png"
    with file.open("wb") as large:
        large.truncate(5 * 1024 * 1024 + 1)
    caller = handset(page, 0)
    caller.get_by_label("Image Picture").set_input_files(file)
    caller.get_by_role("alert").get_by_text("5 Mo au plus").wait_for()
    assert caller.get_by_label("Image Picture").evaluate("(field) => field.files.length") == 0


# ── the timeline ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_timeline_shows_requests_and_documents(page: "Page", here: Town) -> None:
    """Requests both ways are told in order, with their time; each opens on its fields and its document."""
    _meet(page, here)
    entries = _timeline(page)
    entries.get_by_text("POST /accept").wait_for()
    where = [each for each in entries.locator(".where").all_inner_texts() if "left" not in each]
    assert where == ["POST /twilio/voice", "POST /next", "POST /Calls.json", "POST /page", "POST /accept"]
    entries.get_by_text("POST /twilio/voice").click()
    entries.get_by_text("For English, press star.").wait_for()
    assert all(" ms" in how for how in entries.locator(".webhook .how").all_inner_texts())


def test_the_timeline_of_one_call(page: "Page", here: Town) -> None:
    """One contact alone can be shown."""
    _meet(page, here)
    entries = _timeline(page)
    entries.get_by_text("POST /accept").wait_for()
    choices = page.get_by_label("Montrer")
    choices.select_option(choices.locator("option", has_text="appel à").get_attribute("value"))
    entries.get_by_text("POST /next").wait_for(state="detached")
    assert entries.locator(".where").all_inner_texts() == ["POST /page", "POST /accept"]


def test_a_fault_is_seen(page: "Page", here: Town) -> None:
    """A document that Twilio would refuse is counted on the closed timeline, and told in it."""
    here.line.says("/twilio/voice", "<Parle>Bonjour</Parle>")
    handset(page, 0).get_by_role("button", name="Composer").click()
    page.get_by_text("1 faute").wait_for()
    _timeline(page).locator(".bad .where").first.wait_for()


def test_a_call_is_saved_as_a_transcript(page: "Page", here: Town, tmp_path: Path) -> None:
    """The text that is saved has the person's keys, the line's words in both languages, and no number."""
    _meet(page, here)
    _timeline(page)
    choices = page.get_by_label("Montrer")
    choices.select_option(choices.locator("option", has_text="appel de").get_attribute("value"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Garder en transcription").click()
    download.value.save_as(tmp_path / "saved.txt")
    lines = (tmp_path / "saved.txt").read_text("utf-8").splitlines()
    assert lines[1:4] == ["langue: fr", "canal: voix", ""]
    heard = ["< Bonjour.", "< [en] For English, press star.", "> 9", "< On cherche quelqu'un.", "~ joined in silence"]
    assert lines[4:] == heard
    assert page.locator("#kept").inner_text().splitlines() == lines


def test_what_a_transcript_makes_of_each_request(page: "Page") -> None:
    """Waiting, the time it took, a recording, and a room left by hanging up: each has its line in a transcript."""
    script = "async (told) => (await import('/page/transcript.js')).callTranscript(told, 'CA1')"
    recorded = ["< Bonjour.", "> 2", "< Parlez.", "~ records", "> (parle, 9)", "~ queue"]
    waited = ["> (attend)", "? open", "< On appelle.", "> (silence)", "? open 61", "< Toujours."]
    met = ["> (file: redirected)", "? accepted", "~ joined", "> (raccroche)", "~ hangs up"]
    assert page.evaluate(script, LEDGER).splitlines()[4:] == recorded + waited + met


# ── the weather ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_weather_is_ordered_on_the_page(page: "Page", here: Town) -> None:
    """A telephone that is ordered to be busy is busy, once; fair weather takes the rest back."""
    page.get_by_text("Météo").click()
    page.get_by_text("Beau temps.").wait_for()
    page.get_by_label("Ce qui va mal").select_option(label="Le téléphone est occupé · The telephone is busy")
    page.get_by_label("Pour ce numéro").fill(RESPONDER)
    page.get_by_role("button", name="Ordonner").click()
    page.get_by_text(f"number = {RESPONDER} · telephone = busy").wait_for()
    sid = here.call(RESPONDER).sid
    here.telephone.eventually(lambda: here.client.calls(sid).fetch().status == "busy", what="busy")
    page.get_by_role("button", name="Beau temps").click()
    page.get_by_text("Beau temps.").wait_for()


# ── for everybody ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_axe_finds_nothing(page: "Page", here: Town) -> None:
    """The page has no violation that axe can see: idle, in a call, or with all that opens open."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = [axe.run(page)]
    caller, _ = _meet(page, here)
    caller.get_by_text("Réglages").click()
    found.append(axe.run(page))
    entries = _timeline(page)
    entries.get_by_text("POST /twilio/voice").click()
    choices = page.get_by_label("Montrer")
    choices.select_option(choices.locator("option", has_text="appel de").get_attribute("value"))
    page.get_by_role("button", name="Garder en transcription").click()
    page.get_by_text("Météo").click()
    page.get_by_text("Beau temps.").wait_for()
    found.append(axe.run(page))
    assert [each.violations_count for each in found] == [0, 0, 0], "\n".join(each.generate_report() for each in found)


def test_nothing_is_wider_than_the_screen(page: "Page", here: Town) -> None:
    """At no width does one have to scroll sideways, in a call and with the timeline and the weather open."""
    _meet(page, here)
    page.get_by_text("Météo").click()
    _timeline(page).get_by_text("POST /twilio/voice").click()
    found = {}
    for width in (1360, 900, 400):
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate("document.documentElement.scrollWidth")
    assert found == {1360: 1360, 900: 900, 400: 400}


def test_the_structure_is_plain(page: "Page") -> None:
    """One first heading, a banner and a main part; every telephone is a named region."""
    assert [page.locator(what).count() for what in ("h1", "header.top", "main")] == [1, 1, 1]
    names = [section.get_attribute("aria-label") for section in page.locator(".handset").all()]
    assert names == ["Personne qui appelle · Caller", "Intervention"]
