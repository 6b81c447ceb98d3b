"""A callback, from the keys to the outcome: the real app, database and jobs, a simulated carrier, a clock."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import make_url

from hotline.store import callbacks
from tests.edges.line import CALLER, TEAM, Crew, Leg, Phone, Sql
from tests.edges.test_webhooks import statements
from tests.engines import Engines
from tests.system.telephone import Device

SHOWN = "+15145550101"
OTHER = "+14385550177"
ASKS = "12112"  # help, be called back, this number, now, no code word; the last 1 confirms


@pytest.fixture
def sql(crew: Crew, engines: Engines) -> Iterator[Sql]:
    """The database of the crew's line, which is back when the test ends."""
    sql = Sql(engines, str(make_url(crew.carrier.environ["DATABASE_URL"]).database), crew.carrier.line.store)
    yield sql
    sql.returns()


def asks(crew: Crew, keys: str = ASKS, sid: str = "CA1", number: str = CALLER) -> Phone:
    """Somebody arranges a callback, up to its confirmation."""
    phone = Phone(crew.carrier, sid, number)
    phone.dials()
    for key in keys:
        phone.presses(key)
    return phone


def promised(crew: Crew, keys: str = ASKS, **who: str) -> Phone:
    """Somebody has a promise."""
    phone = asks(crew, keys, **who)
    assert "C'est promis" in phone.presses("1")
    return phone


def row(crew: Crew, *columns: str) -> Any:
    """The newest callback."""
    [found] = crew.carrier.rows(f"select {', '.join(columns)} from callbacks order by id desc limit 1")
    return found if len(columns) > 1 else found[0]


def accepted(crew: Crew) -> Leg:
    """The hour has come and the first responder, whose telephone is live, has pressed 1."""
    device, _ = (crew.network.telephone.device(number) for number in (TEAM[0][1], CALLER))
    crew.does("callback")
    crew.does("page")
    leg = crew.leg()
    device.rings().answers()
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    return leg.accepts()


def wants(crew: Crew, leg: Leg) -> None:
    """The responder asks for the call, and is in the room."""
    for _ in range(3):
        leg.is_silent()
    assert "Nous appelons la personne" in leg.presses("1")
    assert (crew.does("call_person")[-1], "call_person" in crew.waiting()) == (None, True)
    leg.enters(leg.place.page)
    crew.clock.advance(seconds=1)


def dialled(crew: Crew) -> tuple[Leg, Phone]:
    """The responder has asked for the call, and the person's telephone rings: the leg, and the person's side of it."""
    leg = accepted(crew)
    crew.does("brief")
    wants(crew, leg)
    assert crew.does("call_person")[-1] is None
    return leg, person(crew)


def person(crew: Crew) -> "Person":
    form = crew.asked("/Calls.json", To=CALLER)[-1]["form"]
    device = crew.network.telephone.device(CALLER)
    sid = crew.network.telephone.eventually(lambda: device.calls, what="their call")[-1]["sid"]
    return Person(crew.carrier, sid, CALLER, url=form["Url"], status_url=form["StatusCallback"])


class Person(Phone):
    """The person's side of a call of ours."""

    def __init__(self, carrier: Any, sid: str, number: str, url: str, status_url: str) -> None:
        super().__init__(carrier, sid, number)
        self.url, self.status_url = url, status_url

    def answers_it(self) -> str:
        return self.posts(self.url)

    def becomes(self, status: str) -> None:
        told = {"CallSid": self.sid, "CallStatus": status, "SequenceNumber": "9"}
        assert self.carrier.post(self.status_url, told).status_code == 204


# ── arranging ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_promise_is_sealed_before_it_is_said(crew: Crew) -> None:
    """The row, its work and a line of the register; the number is nowhere in clear."""
    phone = asks(crew)
    assert row(crew, "state", "person is null", "voicemail") == ("draft", False, False)
    assert "C'est promis" in phone.presses("1")
    assert row(crew, "state", "windows", "language") == ("promised", 1, "fr")
    assert crew.waiting() == ["callback"]
    assert crew.carrier.rows("select actor, verb from audit") == [("person", "promise")]
    assert CALLER[2:] not in str(crew.carrier.rows("select * from callbacks"))


def test_a_typed_number_is_read_back_in_the_same_turn_and_kept_in_no_address(crew: Crew) -> None:
    """Grouped, in words; redone by 2."""
    phone = asks(crew, "122")
    phone.presses(OTHER[2:])
    assert "quatre, trois, huit; cinq, cinq, cinq; zéro, un, sept, sept" in phone.answers[-1]
    assert OTHER[2:] not in str(phone.answers)
    assert "dix chiffres" in phone.presses("2")


def test_what_is_arranged_costs_few_statements(crew: Crew) -> None:
    """A digits turn and the confirmation stay within the budget of a turn with a question."""
    phone = asks(crew, "122")
    assert len(statements(crew.carrier, lambda: phone.presses(OTHER[2:]))) <= 5
    for key in ("1", "2"):
        phone.presses(key)
    assert len(statements(crew.carrier, lambda: phone.presses("1430"))) <= 5
    for key in ("1", "2"):
        phone.presses(key)
    assert len(statements(crew.carrier, lambda: phone.presses("1"))) <= 5


@pytest.mark.parametrize("shown", ["anonymous", "+18765550123", "+15145550101"])
def test_who_shows_no_number_that_we_may_call_is_asked_for_one(crew: Crew, shown: str) -> None:
    """Withheld, out of region, or ours."""
    assert "dix chiffres" in asks(crew, "12", number=shown).answers[-1]


@pytest.mark.parametrize("typed", ["9005550123", "5149765550", "8765550123", "5145550100"])
def test_a_number_that_we_may_not_call_is_refused_at_once(crew: Crew, typed: str) -> None:
    """Premium, out of region, ours: another is asked for, and then a person does it."""
    phone = asks(crew, "122")
    assert "Nous ne pouvons pas appeler ce numéro" in phone.presses(typed)
    assert "Une personne va vous répondre" in phone.presses(typed)
    assert crew.carrier.count("pages") == 1


def test_the_hour_is_montreal_s(crew: Crew) -> None:
    """Read back with its day, and kept as an instant."""
    phone = asks(crew, "1212")
    said = phone.presses("1430")
    assert "entre quatorze heures trente et quinze heures trente, heure de Montréal" in said
    local = "to_char(starts_at at time zone 'America/Toronto', 'HH24:MI')"
    assert row(crew, local, "ends_at - starts_at = interval '1 h'") == ("14:30", True)


def test_one_promise_per_number_the_latest_counts(crew: Crew) -> None:
    """The same row, with the new window; the register says so, and one row of work is left."""
    promised(crew)
    [first] = crew.carrier.rows("select id from callbacks")
    phone = asks(crew, "1212", sid="CA2")
    phone.presses("1430")
    for key in "12":
        phone.presses(key)
    assert "C'est promis" in phone.presses("1")
    assert crew.carrier.rows("select id, windows from callbacks") == [(first[0], 1)]
    assert crew.carrier.rows("select verb from audit order by id") == [("promise",), ("promise again",)]
    assert crew.waiting() == ["callback"]


def test_a_waiting_caller_keeps_their_place_until_the_promise_is_there(crew: Crew) -> None:
    """The page is open while it is arranged, and done with it; the team is not rung any more."""
    phone = crew.waits()
    for _ in range(3):
        phone.is_silent()
    for key in ("2", "1", "1", "1", "2"):
        phone.presses(key)
        assert crew.page().state == "open"
    assert "C'est promis" in phone.presses("1")
    assert (crew.page().state, crew.page().outcome, row(crew, "state")) == ("done", "callback", "promised")
    assert "hush_others" in crew.waiting()


def test_a_repeated_confirmation_is_one_promise(crew: Crew) -> None:
    """The carrier sends it again: the same answer, and no second row."""
    phone = asks(crew)
    address = phone.address("Gather", "action")
    assert phone.posts(address, Digits="1") == phone.posts(address, Digits="1")
    assert (crew.carrier.count("callbacks"), crew.waiting()) == (1, ["callback"])


def test_by_text(crew: Crew) -> None:
    """Asked, an hour, a code word, yes: each answered by one text, sealed like the rest."""
    for number, body in enumerate(("rappel", "demain 14h", "lilas", "oui")):
        assert crew.carrier.writes(body, sid=f"SM{number}").status_code == 200
        crew.does("send_text")
    sent = [body for to, body in crew.texted() if to == CALLER]
    assert ["Quand?" in sent[0], "entre 14 h et 15 h (heure de Montréal)" in sent[1], "514 555-0101" in sent[1]] == [
        True
    ] * 3
    assert ["Mot de passe gardé" in sent[2], sent[3].startswith("C'est promis: demain entre 14 h et 15 h")] == [
        True
    ] * 2
    assert row(crew, "state", "code_word_sealed is not null") == ("promised", True)
    assert "look" in crew.waiting() and len(sent) == 4


def test_who_asked_by_text_and_has_a_promise_wakes_nobody_after_half_an_hour(crew: Crew) -> None:
    """The promise has an owner; who only began to ask is looked at by a human."""
    for number, body in enumerate(("rappel", "demain 14h", "oui")):
        crew.carrier.writes(body, sid=f"SM{number}")
    crew.carrier.writes("rappel", sid="SM9", number="+15145550124")
    crew.clock.advance(minutes=30)
    assert crew.does("look") == ["seen", "woken"]


# ── keeping it ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_person_is_called_only_once_a_responder_listens(crew: Crew) -> None:
    """Due, page, key 1, brief, key 1: then, and from the callback number, the person; their first word is hello."""
    promised(crew)
    leg = accepted(crew)
    assert SHOWN not in [entry["form"]["From"] for entry in crew.asked("/Calls.json")]
    assert crew.does("brief") == ["briefed"]
    said = crew.asked("/Calls/")[-1]["form"]["Twiml"]
    assert "Pas de mot de passe" in said and "Excusez-moi de vous avoir dérangé" in said and CALLER[2:] not in said
    wants(crew, leg)
    assert crew.does("call_person") == [None]
    [form] = [entry["form"] for entry in crew.asked("/Calls.json", To=CALLER)]
    assert (form["From"], form["Timeout"], "MachineDetection" in form) == (SHOWN, "25", False)
    somebody = person(crew)
    first = somebody.answers_it()
    assert (first.count("<Say"), "Bonjour." in first) == (1, True)
    assert "<Conference" in somebody.is_silent()
    assert crew.carrier.rows("select state from callback_attempts") == [("answered",)]


def test_a_brief_that_comes_late_takes_nobody_from_the_call_they_made(crew: Crew) -> None:
    """A worker died with it, say: in its menu the key for "they were reached" would call the person again."""
    promised(crew)
    leg = accepted(crew)
    wants(crew, leg)
    assert crew.does("call_person") == [None]
    before = crew.asked("/Calls/")
    assert (crew.does("brief"), crew.asked("/Calls/")) == (["nothing to do"], before)


def test_a_leg_is_written_before_the_carrier_hears_of_it(crew: Crew) -> None:
    """A fate nobody knows is not dialled again: the responder says what came of it."""
    promised(crew)
    leg = accepted(crew)
    wants(crew, leg)
    crew.weather("timeout_after_accepting", "/Calls.json", to=CALLER)
    assert crew.does("call_person") == [None]
    assert crew.carrier.rows("select state from callback_attempts") == [("unknown",)]
    crew.clock.advance(seconds=46)
    assert crew.does("call_person") == ["nobody knows; the responder says"]
    assert len(crew.asked("/Calls.json", To=CALLER)) == 1
    assert "/turn/opened/" in crew.asked("/Calls/")[-1]["form"]["Url"]


def test_a_carrier_that_falters_once_does_not_leave_the_responder_waiting(crew: Crew) -> None:
    """Whether they are live is asked again, however often it was looked before whether they are in the room."""
    promised(crew)
    leg = accepted(crew)
    for _ in range(3):
        leg.is_silent()
    leg.presses("1")
    for _ in range(6):
        crew.does("call_person")
        crew.clock.advance(seconds=1)
    leg.enters(leg.place.page)
    crew.weather(500, f"/Calls/{leg.sid}", method="GET")
    for _ in range(2):
        crew.does("call_person")
        crew.clock.advance(seconds=2)
    assert len(crew.asked("/Calls.json", To=CALLER)) == 1


def test_a_responder_who_has_left_calls_nobody(crew: Crew) -> None:
    """Looked at again at the carrier before dialling."""
    promised(crew)
    leg = accepted(crew)
    wants(crew, leg)
    device = crew.network.telephone.device(leg.number).hangs_up()
    crew.network.telephone.eventually(lambda: device.call["status"] == "ended", what="their leaving")
    assert crew.does("call_person") == ["the responder is not there"]
    assert crew.asked("/Calls.json", To=CALLER) == []


@pytest.mark.parametrize("status", ["busy", "no-answer", "failed", "completed"])
def test_when_the_person_s_call_is_over_the_responder_says_what_came_of_it(crew: Crew, status: str) -> None:
    """Their own leg is sent to the outcomes."""
    promised(crew)
    leg, somebody = dialled(crew)
    if status == "completed":
        somebody.answers_it()
    somebody.becomes(status)
    assert crew.does("tell_gone") == ["told"]
    leg.posts(crew.asked("/Calls/")[-1]["form"]["Url"])
    assert "Pas de réponse, le deux" in leg.answers[-1]


OUTCOMES = {
    "1": ("done", "reached"),
    "2": ("promised", None),
    "3": ("human", "someone else answered"),
    "4": ("promised", None),
}


@pytest.mark.parametrize("key", OUTCOMES)
def test_the_outcome_decides_what_comes_next(crew: Crew, key: str) -> None:
    """Reached is done, no answer goes on, somebody else is for a human, a machine waits for the next window."""
    promised(crew)
    leg, somebody = dialled(crew)
    somebody.becomes("no-answer")
    crew.does("tell_gone")
    leg.posts(crew.asked("/Calls/")[-1]["form"]["Url"])
    assert "C'est noté" in leg.presses(key)
    assert row(crew, "state", "outcome") == OUTCOMES[key]
    assert row(crew, "windows") == (2 if key == "4" else 1)
    assert crew.carrier.rows("select state from pages where callback_id is not null") == [("done",)]


def test_an_outcome_keyed_while_sql_is_away_is_asked_again(crew: Crew, sql: Sql) -> None:
    """Nothing is taken for « pour lui répondre, le un »: no room, no outcome; the same key counts once SQL is back."""
    promised(crew)
    leg, somebody = dialled(crew)
    somebody.becomes("no-answer")
    crew.does("tell_gone")
    sql.goes()
    leg.posts(crew.asked("/Calls/")[-1]["form"]["Url"])
    assert ("Pas de réponse, le deux" in leg.answers[-1], "rien n'est noté" in leg.answers[-1]) == (True, False)
    answer = leg.presses("1")
    assert ("rien n'est noté" in answer, "Pas de réponse, le deux" in answer, "<Dial" in answer) == (True, True, False)
    sql.returns()
    assert ("C'est noté" in leg.presses("2"), row(crew, "state", "outcome")) == (True, OUTCOMES["2"])


def notes(crew: Crew, key: str) -> None:
    """The person does not answer, and the responder keys what came of it and is gone."""
    leg, somebody = dialled(crew)
    somebody.becomes("no-answer")
    crew.does("tell_gone")
    leg.posts(crew.asked("/Calls/")[-1]["form"]["Url"])
    leg.presses(key)
    leg.becomes("completed")
    for device in map(crew.network.telephone.device, (leg.number, CALLER)):
        _rings(crew, device)
        device.hangs_up()


def _rings(crew: Crew, device: Device) -> None:
    """The carrier places one call a second: theirs may be behind another."""
    crew.network.telephone.eventually(lambda: device.calls and device.call["status"] != "ended", what="their call")


def test_two_calls_in_a_window_three_windows_then_a_human(crew: Crew) -> None:
    """No answer: ten minutes later once more, then the same hour tomorrow; after the third day it is a human's."""
    promised(crew)
    seen = []
    for _ in range(6):
        notes(crew, "2")
        state, windows, due_at = row(crew, "state", "windows", "due_at")
        seen.append((state, windows))
        crew.clock.at = max(due_at, crew.clock.at)
    assert seen == [("promised", 1), ("promised", 2), ("promised", 2), ("promised", 3), ("promised", 3), ("human", 3)]
    assert len(crew.asked("/Calls.json", To=CALLER)) == 6
    crew.clock.advance(days=1)
    crew.does("callback")
    assert crew.waiting().count("callback") == 0
    assert {state for (state,) in crew.carrier.rows("select state from pages")} == {"done"}


def test_who_hangs_up_without_a_word_leaves_it_to_another(crew: Crew) -> None:
    """The page is open again, the person's call is ended, and who accepts next is told that a call was made."""
    promised(crew)
    leg, somebody = dialled(crew)
    somebody.answers_it()
    leg.becomes("completed")
    crew.clock.advance(seconds=2)
    assert crew.does("back") == ["the page goes on"]
    assert [e for e in crew.asked("/Calls/", Status="completed") if somebody.sid in e["path"]]
    crew.clock.advance(seconds=3)
    deputy = crew.network.telephone.device(TEAM[1][1])
    crew.does("page")
    deputy.rings().answers()
    crew.leg(TEAM[1][1]).accepts()
    crew.does("brief")
    assert "un appel a déjà été fait" in crew.asked("/Calls/")[-1]["form"]["Twiml"]


def test_a_stranger_hears_nothing_of_us(crew: Crew) -> None:
    """A key, the end of the room, the responder's leaving: never the queue, never another word."""
    promised(crew)
    _, somebody = dialled(crew)
    somebody.answers_it()
    assert "<Conference" in somebody.presses("9")
    back = somebody.posts(somebody.address("Dial", "action"), DialCallStatus="completed")
    assert "<Say" not in back and "<Hangup" in back
    assert crew.carrier.count("pages") == 1


def test_eight_is_never_again(crew: Crew) -> None:
    """The promise is over, the number is refused from then on, whoever asks for it."""
    promised(crew)
    _, somebody = dialled(crew)
    somebody.answers_it()
    answer = somebody.presses("8")
    assert "<Say" not in answer and "<Hangup" in answer
    assert row(crew, "state", "outcome") == ("done", "never")
    assert "dix chiffres" in asks(crew, "12", sid="CA8").answers[-1]


def test_a_late_promise_is_not_dialled(crew: Crew) -> None:
    """Nobody was at work: the same hour tomorrow, and the operator knows."""
    promised(crew)
    crew.clock.advance(minutes=61)
    assert crew.does("callback") == [None]
    assert (row(crew, "state", "windows"), crew.asked("/Calls.json")) == (("promised", 2), [])
    assert ("late",) in crew.carrier.rows("select verb from audit")


def test_a_page_that_nobody_answers_in_the_hour_ends_with_it(crew: Crew) -> None:
    """The telephones fall silent, and tomorrow it is due again."""
    promised(crew)
    crew.does("callback")
    crew.does("page")
    crew.clock.advance(minutes=61)
    crew.does("callback")
    assert crew.carrier.rows("select state, outcome from pages") == [("done", "late")]
    assert row(crew, "state", "windows") == ("promised", 2)


# ── our number, called back ───────────────────────────────────────────────────────────────────────────────────────


def calls_back(crew: Crew, sid: str = "CA7") -> Phone:
    phone = Phone(crew.carrier, sid)
    phone.posts("/twilio/voice", CallStatus="ringing", To=SHOWN)
    return phone


def test_whoever_calls_our_number_back_learns_nothing(crew: Crew) -> None:
    """One sentence, ten seconds, the end; a wrong code is the end too."""
    phone = calls_back(crew)
    assert "ne prend pas d'appels" in phone.answers[-1] and 'timeout="10"' in phone.answers[-1]
    assert "<Say" not in phone.is_silent() and "<Hangup" in phone.answers[-1]
    assert "<Hangup" in calls_back(crew, "CA71").presses("4711")
    assert crew.carrier.count("pages") == 0


def test_nine_and_the_code_word_lead_to_a_person(crew: Crew) -> None:
    """Unannounced; the code word of the promise to the number that calls."""
    phone = asks(crew, "12111")
    phone.presses("4711")
    assert "C'est promis" in phone.presses("1")
    assert "<Enqueue" in calls_back(crew, "CA72").presses("4711")
    assert "<Enqueue" in calls_back(crew, "CA73").presses("9")


def test_a_text_to_our_number_is_read_for_danger_and_answered_by_nothing(crew: Crew) -> None:
    """Kept; danger wakes the team."""
    fields = {"MessageSid": "SM5", "From": CALLER, "To": SHOWN, "NumMedia": "0"}
    crew.carrier.post("/twilio/sms", fields | {"Body": "c qui?"})
    crew.carrier.post("/twilio/sms", fields | {"Body": "au secours", "MessageSid": "SM6"})
    assert (crew.carrier.count("messages"), crew.carrier.count("pages"), crew.does("send_text")) == (2, 1, [])


def test_due_promises_are_counted(crew: Crew) -> None:
    """`callbacks_due`: those whose hour has come."""
    promised(crew)
    with crew.store.turn() as conn:
        assert callbacks.count_due(conn, crew.clock.now()) == 1
