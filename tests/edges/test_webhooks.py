"""The carrier's door: who may come in, what a call and a text become, and what is answered when things break."""

import io
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from hotline.conversation import page_words
from hotline.store import pages
from hotline.webhooks import AUDIO_DOOR, OPEN_DOORS, OPS_DOORS
from tests.edges.line import CALLER, LINE, Carrier, Crew, Phone, Sql


def statements(carrier: Carrier, act: Callable[[], object]) -> list[str]:
    """The SQL that an act sends, BEGIN and COMMIT not counted."""
    from sqlalchemy import event

    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(carrier.line.store.engine, "before_cursor_execute", note)
    act()
    event.remove(carrier.line.store.engine, "before_cursor_execute", note)
    return seen


# ── who may come in ───────────────────────────────────────────────────────────────────────────────────────────────


def posts(app: Flask) -> list[str]:
    return [re.sub(r"<[^>]+>", "x", rule.rule) for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]


def test_every_door_but_the_listed_ones_asks_for_a_signature(carrier: Carrier) -> None:
    """A route that someone adds is behind the signature, or stands in the list of open doors."""
    others = {rule.rule for rule in carrier.app.url_map.iter_rules() if "POST" not in (rule.methods or ())}
    refused = {path: carrier.post(path, {"CallSid": "CA1"}, signature="") for path in posts(carrier.app)}
    assert others == OPEN_DOORS | OPS_DOORS | {AUDIO_DOOR}
    assert {path: (r.status_code, r.data) for path, r in refused.items()} == dict.fromkeys(refused, (403, b""))


def test_an_altered_field_is_refused(carrier: Carrier) -> None:
    """A signature holds for every field."""
    from twilio.request_validator import RequestValidator

    fields = {"MessageSid": "SM1", "From": CALLER, "To": LINE, "Body": "allo"}
    url = carrier.environ["PUBLIC_URL"] + "/twilio/sms"
    signature = RequestValidator(carrier.environ["TWILIO_AUTH_TOKEN"]).compute_signature(url, fields)
    assert carrier.post("/twilio/sms", {**fields, "Body": "autre"}, signature).status_code == 403
    assert carrier.count("messages") == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"CallSid": "CA1"}'),
        ("application/x-www-form-urlencoded", b"CallSid=%ZZ&Body=%"),
        ("application/x-www-form-urlencoded", b"\xff\xfe\x00garbled"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("text/plain", b"CallSid=CA1"),
    ],
)
def test_what_is_not_a_form_is_refused(carrier: Carrier, kind: str, body: bytes) -> None:
    """JSON, garbled and foreign bodies get 403 and an empty body."""
    answer = carrier.app.test_client().post("/twilio/voice", data=body, content_type=kind)
    assert (answer.status_code, answer.data) == (403, b"")


class Unread(io.RawIOBase):
    """A body that nobody may read."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise AssertionError("the body was read")


def test_an_oversized_body_is_refused_before_it_is_read(carrier: Carrier) -> None:
    """Over 64 kB the length alone is enough."""
    form = "application/x-www-form-urlencoded"
    environ = EnvironBuilder("/twilio/sms", method="POST", content_type=form).get_environ()
    environ |= {"CONTENT_LENGTH": str(64 * 1024 + 1), "wsgi.input": Unread()}
    body, status, _ = run_wsgi_app(carrier.app, environ)
    assert (status, b"".join(body)) == ("403 FORBIDDEN", b"")


def test_a_get_is_refused(carrier: Carrier) -> None:
    """The carrier posts; whoever gets is not the carrier."""
    assert carrier.app.test_client().get("/twilio/voice").status_code == 403


def test_only_the_operator_reads_metrics(carrier: Carrier) -> None:
    """`/metrics` and `/readyz` open with the token only, and hold no number."""
    token = {"Authorization": f"Bearer {carrier.environ['OPS_TOKEN']}"}
    client = carrier.app.test_client()
    Phone(carrier).dials()
    assert [client.get(path).status_code for path in sorted(OPS_DOORS)] == [403, 403]
    page = client.get("/metrics", headers=token)
    assert (page.status_code, CALLER[2:] in page.text) == (200, False)
    assert client.get("/readyz", headers=token).json == {"database": "up", "redis": "up", "last_resort": False}


def test_health_says_only_ok(carrier: Carrier) -> None:
    """An open door tells nothing."""
    assert carrier.app.test_client().get("/healthz").text == "ok"


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("shown", ["anonymous", "+266696687", "", "Restricted", "sip:x@example.org", CALLER])
def test_a_caller_who_shows_no_number_is_answered_like_any_other(carrier: Carrier, shown: str) -> None:
    """A withheld caller hears the same opening, and 9 wakes the team."""
    phone = Phone(carrier, number=shown)
    assert "composez le neuf" in phone.dials()
    assert "<Enqueue" in phone.presses("9")
    assert carrier.rows("select state, priority from pages") == [("open", "P1")]
    assert carrier.rows("select number_sealed is null from contacts") == [(shown != CALLER,)]


def test_nine_twice_in_one_request_is_one_page(carrier: Carrier) -> None:
    """A repeated request gets the same answer and no second effect, at once or later."""
    phone = Phone(carrier)
    phone.dials()
    address = phone.address("Gather", "action")
    first, second = phone.posts(address, Digits="9"), phone.posts(address, Digits="9")
    assert first == second
    assert (carrier.count("pages"), carrier.count("cases"), carrier.count("work")) == (1, 1, 1)


def test_nine_twice_at_once_is_one_page(carrier: Carrier) -> None:
    """Two of the same request side by side: one waits for the other, and both get its answer."""
    phone = Phone(carrier)
    phone.dials()
    address = phone.address("Gather", "action")
    answers: list[str] = []
    twins = [threading.Thread(target=lambda: answers.append(phone.posts(address, Digits="9"))) for _ in range(2)]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join()
    assert (len(set(answers)), carrier.count("pages"), carrier.count("work")) == (1, 1, 1)


def test_a_place_of_another_call_begins_again_at_the_door(carrier: Carrier) -> None:
    """A sealed place opens in its own call only; elsewhere the caller hears the opening, not an error."""
    phone = Phone(carrier)
    phone.dials()
    assert "composez le neuf" in Phone(carrier, sid="CA2").posts(phone.address("Gather", "action"), Digits="9")
    assert carrier.count("pages") == 0


def test_a_menu_turn_touches_no_database(carrier: Carrier) -> None:
    """The menus of a call in progress need no SQL."""
    phone = Phone(carrier)
    phone.dials()
    assert statements(carrier, lambda: (phone.is_silent(), phone.presses("1"), phone.presses("*"))) == []


def test_an_opening_is_one_statement(carrier: Carrier) -> None:
    """The contact's row is written at the opening."""
    assert len(statements(carrier, Phone(carrier).dials)) == 1


def test_an_urgent_turn_is_at_most_six_statements(carrier: Carrier) -> None:
    """Case, keys, page and work in one transaction."""
    phone = Phone(carrier)
    phone.dials()
    assert len(statements(carrier, lambda: phone.presses("9"))) <= 6


def test_a_wait_turn_is_one_question(carrier: Carrier) -> None:
    """Each waiting turn reads the page again, and nothing else."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    assert len(statements(carrier, phone.waits)) == 1


def test_their_answer_about_calling_back_is_kept(carrier: Carrier) -> None:
    """No answer means no; 1 means yes."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    phone.waits()
    phone.is_silent()
    phone.is_silent()
    assert carrier.rows("select may_call_back from pages") == [(None,)]
    phone.presses("1")
    assert carrier.rows("select may_call_back from pages") == [(True,)]


def test_by_mistake_is_said_and_withdraws_nothing(carrier: Carrier) -> None:
    """« Erreur? Faites le 2 » marks the page and leaves it open."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    phone.waits()
    phone.presses("2")
    assert carrier.rows("select mistake, state from pages") == [(True, "open")]


def test_a_hang_up_never_cancels_a_page(carrier: Carrier) -> None:
    """The page stays open, and knows that the person is gone."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    phone.leaves("hangup", CallStatus="completed")
    assert carrier.rows("select state, person_gone_at is not null from pages") == [("open", True)]


@pytest.mark.parametrize(
    ("days", "said"), [(None, False), (-1, False), (0, True), (365, True), (366, False)]
)  # fmt: skip
def test_no_arrest_is_said_for_a_year_from_its_day_and_never_otherwise(
    carrier: Carrier, days: int | None, said: bool
) -> None:
    """An operator's word is dated: a promise the police no longer confirm is not made."""
    line = carrier.line
    today = line.clock.now().astimezone(line.zone).date()
    line = replace(line, no_arrest_confirmed_on=None if days is None else today - timedelta(days=days))
    carrier.app.extensions["door"] = replace(carrier.app.extensions["door"], line=line)
    phone = Phone(carrier)
    phone.dials()
    assert said == ("ne vous fera pas arrêter" in phone.presses("1"))


def test_a_sentence_that_a_person_recorded_is_played_and_any_other_is_spoken(carrier: Carrier) -> None:
    """Its address opens that file and no other; the English one is not there, so a voice says it."""
    folder = carrier.line.recordings
    assert folder is not None
    folder.mkdir()
    (folder / "limites-fr.wav").write_bytes(b"RIFF")
    phone = Phone(carrier)
    phone.dials()
    heard = phone.presses("1")
    address = re.search(r"<Play>([^<]*)</Play>", heard)
    assert address and "une vie en danger" not in heard
    path = address[1].removeprefix(carrier.environ["PUBLIC_URL"])
    client = carrier.app.test_client()
    with client.get(path) as found:
        assert (found.status_code, found.data, found.mimetype) == (200, b"RIFF", "audio/x-wav")
    assert [client.get(other).status_code for other in (path[:-2], "/twilio/audio/limites-fr.wav")] == [403, 403]
    other = Phone(carrier, "CA2")
    other.dials()
    other.presses("2")
    assert "a life at risk" in other.presses("1")


def test_another_language_is_said_in_its_own_voice_and_told_to_the_team(carrier: Carrier) -> None:
    """Spanish and Haitian Creole, then both of ours; whoever answers the page knows that it needs an interpreter."""
    phone = Phone(carrier)
    phone.dials()
    answer = phone.presses("4")
    assert re.findall(r'language="([^"]*)"', answer) == ["es-MX", "fr-CA", "fr-CA", "en-US"]
    with carrier.line.store.turn() as conn:
        page = pages.unacknowledged(conn)[0]
    assert page_words(page, "fr").words["langue"] == "Autre langue, interprète"


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_urgent_text_wakes_the_team_and_gets_one_question(carrier: Carrier) -> None:
    """« au secours il est la » is danger and someone near."""
    assert carrier.writes("au secours il est la").text.endswith("<Response/>")
    assert carrier.rows("select priority, state from pages") == [("P1", "open")]
    assert carrier.rows("select direction, state from messages order by id") == [("in", "received"), ("out", "due")]


def test_the_same_text_three_times_is_one_text(carrier: Carrier) -> None:
    """Retries of one message change nothing."""
    for _ in range(3):
        carrier.writes("au secours il est la")
    assert (carrier.count("messages"), carrier.count("pages"), carrier.count("cases")) == (2, 1, 1)


def test_two_texts_at_once_both_count(carrier: Carrier) -> None:
    """Two texts of one person side by side are two messages of one conversation."""
    carrier.writes("allo", sid="SM0")
    twins = [
        threading.Thread(target=carrier.writes, args=(body, f"SM{number}"))
        for number, body in enumerate(("j'ai besoin d'aide", "au secours"), 1)
    ]
    for twin in twins:
        twin.start()
    for twin in twins:
        twin.join()
    assert carrier.rows("select count(*) from messages where direction = 'in'") == [(3,)]
    assert (carrier.count("contacts"), carrier.count("cases")) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "👍",
        "é" * 1600,
        "x" * 1600,
        "\u202eau secours\u202c",
        "a\u200bu secours",
        "=HYPERLINK(1)",
        "'; drop table x",
    ],
)
def test_odd_texts_are_kept_and_crash_nothing(carrier: Carrier, body: str) -> None:
    """Empty, endless, emoji, right-to-left, hostile: each is taken, kept sealed, and opens a case."""
    assert carrier.writes(body).status_code == 200
    assert (carrier.count("cases"), carrier.rows("select count(*) from messages where direction = 'in'")) == (1, [(1,)])


@pytest.mark.parametrize("sender", ["anonymous", "12345", "", "+0"])
def test_a_sender_we_cannot_write_to_is_read_and_never_answered(carrier: Carrier, sender: str) -> None:
    """Danger pages whoever sends it; a short code or a word gets no text back."""
    carrier.writes("au secours danger", number=sender)
    assert carrier.count("pages") == 1
    assert carrier.rows("select count(*) from messages where direction = 'out'") == [(0,)]


@pytest.mark.parametrize("key", ["#", "9"])
def test_the_exit_is_the_exit_while_sql_is_away(carrier: Carrier, sql: Sql, key: str) -> None:
    """Who waits, quick to leave, hears nothing more; any other key is answered by the last resort."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    phone.leaves("queue-full")
    sql.goes()
    answer = phone.presses(key)
    assert ("<Say" in answer, "<Dial" in answer, "<Hangup" in answer) == ((key == "9"), (key == "9"), (key == "#"))


def test_a_first_urgent_text_is_at_most_six_statements(carrier: Carrier) -> None:
    """The first text opens a case, keeps itself, answers and pages in six statements."""
    assert len(statements(carrier, lambda: carrier.writes("au secours il est la"))) <= 6


def test_a_first_tip_by_text_is_at_most_six_statements(carrier: Carrier) -> None:
    """The exchange, its case, the tip over a case of its own, the words and all their work; whoever adds, no more."""
    first = statements(carrier, lambda: carrier.writes("je veux signaler: des filles au motel Z, j'ai la plaque"))
    again = statements(carrier, lambda: carrier.writes("la plaque est A B C", sid="SM2"))
    assert (carrier.count("tips"), carrier.count("tip_parts"), len(first) <= 6, len(again) <= 6) == (1, 2, True, True)


def test_a_text_of_a_conversation_is_at_most_three_statements(carrier: Carrier) -> None:
    """Read where they stand, move on, keep the text with its answer."""
    carrier.writes("", sid="SM1")
    carrier.writes("👍", sid="SM2")
    assert len(statements(carrier, lambda: carrier.writes("A aimé « ok »", sid="SM3"))) <= 3


@pytest.mark.parametrize(
    "body",
    [
        "j'ai besoin d'aide",
        "jveux mourir",
        "im 16 and i dont know who to talk to",
        "vos statistiques?",
        "allo",
        "2",
        "4",
    ],
)
def test_any_first_text_is_at_most_six_statements(carrier: Carrier, body: str) -> None:
    """Whatever it says; a tip, which has a case of its own, is counted apart."""
    assert len(statements(carrier, lambda: carrier.writes(body))) <= 6


@pytest.mark.parametrize("body", ["j'ai besoin d'aide", "allo", "EFFACER", "vos statistiques?", "*", "👍"])
def test_a_further_text_is_at_most_six_statements_where_it_wakes_the_team_and_three_elsewhere(
    carrier: Carrier, body: str
) -> None:
    """A page is the case, the page and its work more."""
    carrier.writes("bonjour", sid="SM1")
    made = len(statements(carrier, lambda: carrier.writes(body, sid="SM2")))
    assert made <= (6 if carrier.count("pages") else 3)


def test_a_text_after_a_pause_costs_no_more(carrier: Carrier) -> None:
    """When their last text came, and who has the conversation, is read with where they stand."""
    carrier.writes("allo", sid="SM1")
    with carrier.line.store.turn() as conn:
        conn.exec_driver_sql("update contacts set last_at = last_at - interval '11 minutes'")
    assert len(statements(carrier, lambda: carrier.writes("rappel", sid="SM2"))) <= 4  # and when somebody looks
    assert carrier.rows("select place->>'node', place->>'back' from contacts") == [("texto_pause", "texto_rappel")]


@pytest.mark.parametrize(
    ("word", "kind", "priority"), [("AIDE", "HELP", "P2"), ("HOP", "STOP", "P?"), ("START", "START", None)]
)
def test_a_word_the_carrier_answers_itself_is_read_and_gets_nothing_of_ours(
    carrier: Carrier, word: str, kind: str, priority: str | None
) -> None:
    """With the carrier's own opt-out on, its text is the reply; a case opens all the same, and a human looks."""
    carrier.writes(word, OptOutType=kind)
    assert carrier.rows("select direction from messages") == [("in",)]
    assert carrier.rows("select priority from pages") == ([(priority,)] if priority else [])
    assert carrier.count("cases") == 1


def test_no_police_from_somebody_who_told_their_age_before_is_no_choice(crew: Crew) -> None:
    """Told in another text, of a callback: they do not hear that it is theirs to choose."""
    for at, words in enumerate(("can you call me?", "tomorrow 3pm. im 16", "1", "no police please")):
        crew.carrier.writes(words, f"SM{at}")
        crew.does("send_text")
    said = crew.texted()[-1][1]
    assert "someone may be under 18" in said and "You choose" not in said
