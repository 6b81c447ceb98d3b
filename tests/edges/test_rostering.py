"""The team's own texts and test rings, on a simulated carrier and a clock that stands still (a Friday, 18:30)."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from hotline.places import FIRST, opened
from hotline.store import roster, roster_watch, work
from tests.edges.line import TEAM, Crew, Phone
from tests.edges.people import CHIEF, NIGHT, joins, planned
from workers import rostering
from workers.sweep import Sweep


def looks(crew: Crew, minutes: float = 0) -> list[object]:
    """So much later the sweep looks ahead, and the workers do what it found: what became of that."""
    now = crew.clock.advance(minutes=minutes)
    with crew.store.turn() as conn:
        rostering.look_ahead(crew.hands, conn, now)
    return [outcome for kind in ("ask_ok", "tell_roster") for outcome in crew.does(kind)]


def nobody_for_ever(crew: Crew) -> None:
    """Only rules put anybody on duty."""
    with crew.store.turn() as conn:
        conn.execute(text("delete from shifts"))


def texts(crew: Crew, number: str) -> list[str]:
    """What somebody was sent."""
    return [body for to, body in crew.texted() if to == number]


def test_a_roster_without_rules_or_problems_asks_and_tells_nothing(crew: Crew):
    """Who is on duty at every hour is never asked about it."""
    joins(crew, CHIEF, "supervisor", always=True)
    assert [*looks(crew), *looks(crew, 60)] == [] and crew.waiting() == []


def test_ok_is_asked_once_before_a_planned_shift(crew: Crew):
    """45 minutes before, from the number that pages come from; an answer is the end of it."""
    planned(crew, (joins(crew, NIGHT, "on-duty"), 19, 23))
    assert looks(crew) == [None] and looks(crew, 5) == []
    assert texts(crew, NIGHT) == ["Votre quart commence aujourd'hui 19 h. OK? Pour confirmer, répondez OK."]
    assert crew.asked("/Messages.json")[0]["form"]["From"] == crew.hands.settings.page_number
    crew.carrier.writes("ok", number=NIGHT)
    crew.clock.advance(minutes=20)
    assert crew.does("ask_ok") == ["answered"]


def test_the_sweep_looks_ahead(crew: Crew):
    """At its first round, and not at each: what is to be asked is due work in the next."""
    sweep = Sweep(crew.hands)
    sweep.round()
    planned(crew, (joins(crew, NIGHT, "on-duty"), 19, 23))
    seen = []
    for seconds in (1, 20):
        crew.clock.advance(seconds=seconds)
        sweep.round()
        seen.append(crew.waiting())
    sweep._pool.shutdown()
    assert seen == [[], ["ask_ok"]]


def test_it_is_asked_in_the_language_of_the_responder(crew: Crew):
    """And not before its time."""
    planned(crew, (joins(crew, NIGHT, "on-duty", "en"), 20, 23))
    assert (looks(crew, 44), looks(crew, 1)) == ([], [None])
    assert texts(crew, NIGHT) == ["Your shift begins today 8 p.m. OK? To confirm, answer OK."]


def test_no_answer_is_told_to_the_supervisor(crew: Crew):
    """Once, with the hour; a late OK ends it."""
    who = joins(crew, NIGHT, "on-duty")
    joins(crew, CHIEF, "supervisor", always=True)
    planned(crew, (who, 19, 23))
    looks(crew)
    crew.clock.advance(minutes=20)
    assert (crew.does("ask_ok"), crew.does("tell_roster")) == (["not answered"], ["told 1"])
    assert texts(crew, CHIEF) == ["Pas de réponse à notre texto avant le quart de garde qui commence aujourd'hui 19 h."]
    assert looks(crew, 1) == []
    with crew.store.turn() as conn:
        assert roster_watch.say_ok(conn, who, crew.clock.now())


@pytest.mark.parametrize("change", ["given away", "on duty already", "begun"])
def test_nobody_is_asked_about_what_is_not_to_come(crew: Crew, change: str):
    """A shift that is no more, that goes on from another, or that began before it could be asked about."""
    who = joins(crew, NIGHT, "on-duty")
    planned(crew, (who, 19, 23), *([(who, 15, 19)] if change == "on duty already" else []))
    with crew.store.turn() as conn:
        rostering.look_ahead(crew.hands, conn, crew.clock.now())
    if change == "given away":
        planned(crew)
    elif change == "begun":
        crew.clock.advance(minutes=31)
    expected = {"given away": ["not planned any more"], "begun": ["too late to ask"], "on duty already": []}
    assert (crew.does("ask_ok"), crew.texted()) == (expected[change], [])


def test_on_duty_by_text_answers_too(crew: Crew):
    """Who says that they are there need not say OK."""
    who = joins(crew, NIGHT, "on-duty")
    planned(crew, (who, 19, 23))
    looks(crew)
    with crew.store.turn() as conn:
        roster.go_on_duty(conn, who, crew.clock.now())
    crew.clock.advance(minutes=20)
    assert crew.does("ask_ok") == ["answered"]


def test_a_text_that_cannot_leave_is_told_as_no_answer(crew: Crew):
    """A number that is blocked does not stop the question from being followed."""
    joins(crew, CHIEF, "supervisor", always=True)
    planned(crew, (joins(crew, NIGHT, "on-duty"), 19, 23))
    crew.weather(400, "/Messages.json")
    looks(crew)
    crew.clock.advance(minutes=20)
    assert (crew.does("ask_ok"), crew.does("tell_roster")) == (["not answered"], ["told 1"])


def test_a_hole_is_told_once_until_it_changes(crew: Crew):
    """To the supervisor, with its days and hours; a hole that is another is told again, one that has begun too."""
    nobody_for_ever(crew)
    chief = joins(crew, CHIEF, "supervisor")
    planned(crew, (chief, 8, 7))
    assert (looks(crew), looks(crew, 10)) == (["told 1"], [])
    assert texts(crew, CHIEF)[0].startswith("Horaire: personne en service, demain 7 h à demain 8 h. ")
    planned(crew, (chief, 8, 6))
    assert looks(crew, 10) == ["told 1"]
    assert "demain 6 h à demain 8 h" in texts(crew, CHIEF)[1]


def test_a_hole_that_begins_is_told_again(crew: Crew):
    """And then no more, however long it lasts."""
    nobody_for_ever(crew)
    chief = joins(crew, CHIEF, "supervisor", "en")
    planned(crew, (chief, 8, 19))
    outcomes = [looks(crew), looks(crew, 25), looks(crew, 10), looks(crew, 10)]
    assert outcomes == [["told 1"], [], ["told 1"], []]
    assert texts(crew, CHIEF)[-1].startswith("Roster: nobody on duty, today 7:05 p.m. to tomorrow 8 a.m. Roster:")


def test_several_problems_are_one_text(crew: Crew):
    """Three are listed, the others counted; nobody is named."""
    nobody_for_ever(crew)
    chief, other = joins(crew, CHIEF, "supervisor"), joins(crew, NIGHT, "on-duty")
    planned(crew, (chief, 8, 7), (other, 20, 22), (other, 21, 23))
    with crew.store.turn() as conn:
        roster.note_proof(conn, other, False, crew.clock.now())
    looks(crew)
    words = "".join(texts(crew, CHIEF))
    assert "Horaire: quelqu'un est inscrit deux fois, aujourd'hui 21 h." in words
    assert "Horaire: le numéro d'une personne en service, aujourd'hui 20 h, ne peut pas sonner." in words
    assert words.endswith("autres.") and "Camille" not in words


def test_without_a_supervisor_the_operator_is_told(crew: Crew):
    """Where nobody could be told, nothing is noted, and whoever comes is told then."""
    nobody_for_ever(crew)
    assert (looks(crew), crew.waiting()) == ([], [])
    settings = crew.hands.settings.model_copy(update={"ops_phones": ("+15145550160",)})
    crew.hands = replace(crew.hands, settings=settings)
    assert (looks(crew), [to for to, _ in crew.texted()]) == (["told 1"], ["+15145550160"])


def test_a_supervisor_who_cannot_be_told_is_tried_again(crew: Crew):
    """It is not said to be told before it is."""
    nobody_for_ever(crew)
    joins(crew, CHIEF, "supervisor")
    crew.weather(429, "/Messages.json")
    assert looks(crew) == [None]
    crew.clock.advance(seconds=5)
    assert crew.does("tell_roster") == ["told 1"]


# ── test rings ────────────────────────────────────────────────────────────────────────────────────────────────────


def a_test_ring(crew: Crew) -> Phone:
    """The first responder's telephone rings for a test."""
    with crew.store.turn() as conn:
        work.add(conn, "test_ring", "work", 1, crew.clock.now())
    assert crew.does("test_ring") == ["rung"]
    [entry] = crew.asked("/Calls.json")
    assert (entry["form"]["To"], entry["form"]["From"]) == (TEAM[0][1], crew.hands.settings.page_number)
    phone = Phone(crew.carrier, "CA9", TEAM[0][1])
    phone.posts(entry["form"]["Url"])
    return phone


def proved(crew: Crew) -> list[object]:
    return [row[0] is not None for row in crew.carrier.rows("select proved_at from responders order by id")]


def test_a_key_proves_a_number(crew: Crew):
    """It says that it is a test before anything else, and asks to accept nobody."""
    phone = a_test_ring(crew)
    assert "Ceci est un test." in phone.answers[-1] and proved(crew) == [False, False]
    assert "Le test est réussi." in phone.presses("1")
    assert (proved(crew), crew.carrier.count("pages"), crew.carrier.count("contacts")) == ([True, False], 0, 0)


def test_silence_proves_nothing(crew: Crew):
    """A voicemail says nothing and presses nothing; the call's end changes nothing."""
    phone = a_test_ring(crew)
    for _ in range(3):
        phone.is_silent()
    assert "à refaire" in phone.answers[-1] and proved(crew) == [False, False]
    ended = {"CallSid": "CA9", "CallStatus": "completed"}
    assert crew.carrier.post("/twilio/voice/status", ended).status_code == 204
    assert crew.carrier.count("attempts") == 0


@pytest.mark.parametrize(("code", "outcome", "told"), [(21214, "cannot be rung 21214", ["told 1"]), (20003, None, [])])
def test_a_number_that_the_carrier_refuses_is_told(crew: Crew, code: int, outcome: str | None, told: list[str]):
    """It cannot be rung, and is a problem of the next hours from then on; what is wrong with our account is not its."""
    joins(crew, CHIEF, "supervisor", always=True)
    with crew.store.turn() as conn:
        work.add(conn, "test_ring", "work", 1, crew.clock.now())
    rule = {"match": {"path_contains": "/Calls.json", "method": "POST"}, "code": code, "times": 1}
    crew.network.telephone.weather(rule)
    assert crew.does("test_ring")[0] == (outcome or "failed 20003")
    assert looks(crew) == told


def test_the_place_of_a_test_ring_is_of_no_page(crew: Crew):
    """Nothing of a page can be answered on it, whatever the carrier sends."""
    phone = a_test_ring(crew)
    [entry] = crew.asked("/Calls.json")
    place = opened(crew.hands.sealer, entry["form"]["Url"].rsplit("/", 1)[1], FIRST)
    assert (place.page, place.node, place.attempt) == (0, "essai", 1)
    assert "<Conference" not in phone.presses("2")
