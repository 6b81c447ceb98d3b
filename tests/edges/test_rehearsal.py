"""A rehearsal without a line: what a scenario may say, when time may jump, what the report makes of what was seen."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hotline.clock import StillClock
from hotline.rehearsal import actors, judging, telling
from hotline.rehearsal import report as reports
from hotline.rehearsal.reading import read
from hotline.rehearsal.scenario import MONTREAL, BadScenario, starting
from hotline.rehearsal.telephones import plain
from hotline.rehearsal.timeline import Timeline, leap
from hotline.store import work
from hotline.store.engine import for_work
from hotline.store.stillness import Stillness, stillness
from tests import build

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "docs" / "rehearsals").glob("*.toml"))
NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # a Friday, 18:30 in Montréal
SMALL = """
title = "Petit"
starts_at = "samedi 02:40"
[[roster]]
name = "Garde"
number = "+15145550142"
rank = "on-duty"
[[person]]
name = "Ada"
number = "+14385550110"
does = [{ calls = true }, { presses = "9" }, { meets = 60 }, { hangs_up = true }]
"""


# ── the scenario ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_what_ships_can_be_read(file):
    """Every scenario of ours has a title, people and expectations."""
    scenario = read(file.read_text())
    assert scenario.title and scenario.people and scenario.expects


def test_every_problem_is_told_with_where():
    """A trainer mends a file in one go: each mistake is named, with the entry it is in."""
    wrong = SMALL.replace('rank = "on-duty"', 'rank = "boss"').replace("+14385550110", "+15145551234")
    wrong = wrong.replace('{ presses = "9" }', '{ pushes = "9" }, { hears = 3 }') + '[[expect]]\njoined = "Bob"\n'
    with pytest.raises(BadScenario) as refused:
        read(wrong)
    told = "\n".join(refused.value.problems)
    places = ("roster 1 (Garde): rank", "person 1 (Ada): +1514", "Ada), step 2", "Ada), step 3", "expect 1: nobody")
    assert [place for place in places if place not in told] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("samedi 02:40", "bientôt"), "starts_at"),
        (('title = "Petit"', "pace = 40"), "pace: is from 1 to 20"),
        (('presses = "9"', 'presses = "neuf"'), "keys are 0 to 9"),
        (("+14385550110", "+15145550142"), "given to two people"),
        (("[[person]]", "[[nobody]]"), "nothing is called nobody"),
        (("meets = 60", "meets = -1"), "0 or more"),
        (('title = "Petit"', "title = Petit"), "not TOML"),
    ],
)
def test_one_mistake_is_told(change, problem):
    """Each way to be wrong has its words."""
    with pytest.raises(BadScenario, match=problem):
        read(SMALL.replace(*change))


def test_a_day_of_the_week_is_the_next_one():
    """Saturday at 02:40 is tonight's, in Montréal; Friday noon has passed and is next week's."""
    assert starting("samedi 02:40", NOW) == datetime(2026, 11, 21, 2, 40, tzinfo=MONTREAL)
    assert starting("vendredi 12:00", NOW) == datetime(2026, 11, 27, 12, 0, tzinfo=MONTREAL)


def test_a_seed_is_a_night():
    """The same seed gives the same people at the same moments, another one another night."""
    text = (ROOT / "docs" / "rehearsals" / "nuit.toml").read_text()
    first, again, other = read(text, seed=7), read(text, seed=7), read(text, seed=8)
    assert first == again
    assert first.people != other.people
    assert (len(first.people), first.until) == (30, 8 * 3600)
    assert all(one.at < first.until for one in first.people)


@pytest.mark.parametrize("words", [*reports.A_PERSON, *reports.TRUTH, *reports.A_CALLBACK, *judging.NOT_A_WORD_MORE])
def test_the_report_listens_for_words_the_line_says(words):
    """A sentence that is corrected in a script is corrected here."""
    assert plain(words) in _scripts()


@pytest.mark.parametrize("words", [*actors.ASKED, *actors.ALONE, *actors.READING])
def test_responders_listen_for_words_the_line_says(words):
    """An actor that waits for a sentence of yesterday would never press a key."""
    assert plain(words) in _scripts()


def _scripts():
    texts = (file.read_text() for file in (ROOT / "ivr_flows" / "scripts").glob("*.toml"))
    return plain("\n".join(texts))


# ── the jump ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Sky:
    """A clock that stands still and is moved by jumps only, and what they are asked before."""

    def __init__(self):
        self.clock = StillClock(NOW)
        self.timeline = Timeline(self.clock)
        self.idle, self.still = True, Stillness(pages=0, work=0, next_due_at=None)

    def leap(self):
        """Whether it jumped."""
        return leap(
            self.timeline, lambda: self.idle, lambda: self.still, lambda seconds: self.clock.advance(seconds=seconds)
        )


@pytest.fixture
def sky():
    return Sky()


def test_idle_time_is_jumped(sky):
    """With nothing under way, time jumps to just before the next deed, and only once."""
    with sky.timeline.waking(NOW + timedelta(hours=1)):
        assert sky.leap()
        assert not sky.leap()
    assert timedelta() < NOW + timedelta(hours=1) - sky.clock.now() < timedelta(seconds=5)


@pytest.mark.parametrize(
    "live",
    [{"idle": False}, {"still": Stillness(1, 0, None)}, {"still": Stillness(0, 1, None)}],
    ids=["call or text", "open page", "work due or claimed"],
)
def test_nothing_is_jumped_while_something_is_under_way(sky, live):
    """A call, a text on its way, a page or a row of work keeps time at its pace."""
    for name, value in live.items():
        setattr(sky, name, value)
    with sky.timeline.waking(NOW + timedelta(hours=1)):
        assert not sky.leap()
    assert sky.clock.now() == NOW


def test_a_jump_ends_before_the_next_row_of_work(sky):
    """A promise that falls due in ten minutes is not jumped over."""
    sky.still = Stillness(0, 0, NOW + timedelta(minutes=10))
    with sky.timeline.waking(NOW + timedelta(hours=1)):
        assert sky.leap()
    assert sky.clock.now() < NOW + timedelta(minutes=10)


def test_nothing_is_jumped_while_somebody_acts(sky):
    """Between two waits an actor is about to do something: time is not taken from under them."""
    with sky.timeline.acting():
        assert not sky.leap()


def test_nobody_waits_and_nothing_is_jumped(sky):
    """Without a next deed there is nowhere to jump to: a trainee may be about to dial."""
    assert not sky.leap()


def test_the_line_is_still_when_nothing_is_open_due_or_claimed(database):
    """A row that is due later is no reason to wait, and says until when time may go; due or claimed, it is live."""
    store = for_work(database)
    with store.turn(60) as conn:
        row = build.some_work(conn, due_at=build.later(minutes=10))
        waiting = stillness(conn, build.NOW)
        due = stillness(conn, build.later(minutes=11))
        assert work.claim(conn, row, build.later(minutes=11), timedelta(seconds=30)) is not None
        claimed = stillness(conn, build.NOW)
    store.close()
    assert (waiting.nothing_live, waiting.next_due_at) == (True, build.later(minutes=10))
    assert (due.work, claimed.work) == (1, 1)


def test_an_open_page_is_live(database):
    """Until a page is done somebody may be waiting on it."""
    store = for_work(database)
    with store.turn(60) as conn:
        build.a_page(conn)
        still = stillness(conn, build.NOW)
    store.close()
    assert (still.pages, still.nothing_live) == (1, False)


# ── the report ────────────────────────────────────────────────────────────────────────────────────────────────────

ADA, GARDE = "+14385550110", "+15145550142"


def _at(seconds):
    return (NOW + timedelta(seconds=seconds)).isoformat()


def _event(seconds, kind, **about):
    return {"seq": int(seconds * 10), "at": _at(seconds), "kind": kind, "call": "CA1", **about}


def _said(seconds, words, call="CA1"):
    return _event(seconds, "heard", text=words, via="say") | {"call": call}


ADAS = [
    _event(0, "dialling", to="+15145550100"),
    _event(4, "pressed", key="9"),
    _said(5, "Nous appelons une personne pour vous. Erreur? Faites le deux."),
    _said(64, "Personne n'a encore répondu. Nous essayons toujours."),
    _event(80, "joined", conference="r1"),
    _event(120, "left", conference="r1"),
    _event(120, "ended", outcome="completed"),
]
GARDES = [
    _event(70, "ringing") | {"call": "CA2"},
    _event(78, "pressed", key="1") | {"call": "CA2"},
    _event(82, "joined", conference="r1") | {"call": "CA2"},
    _event(121, "left", conference="r1") | {"call": "CA2"},
]


def _reported(adas=ADAS, gardes=GARDES, expects="", ledger=(), troubles=()):
    scenario = read(SMALL + expects)
    events = {ADA: adas, GARDE: gardes}
    played = reports.Played(events, list(ledger), {"pages_unacknowledged": 0}, troubles, NOW, NOW + timedelta(300))
    return reports.report(scenario, played, lambda contacts, seen: judging.broken(scenario, contacts, seen))


def test_a_wait_is_from_the_nine_to_the_room():
    """Both must be in the room: the wait ends with the second one's arrival."""
    contact = _reported().contacts[0]
    assert (contact.waited, contact.meetings[0].by, contact.truths) == (78, "Garde", (60,))
    assert [(promise.of, promise.fate) for promise in contact.promises] == [("person", "kept")]


def test_a_room_without_the_team_is_nobody():
    """Alone in a room is not met; a call that ended so was left before its promise."""
    contact = _reported(gardes=[]).contacts[0]
    assert (contact.waited, contact.meetings, contact.promises[0].fate) == (None, (), "left")


def test_a_call_without_an_end_is_a_promise_missed():
    """Still waiting when the rehearsal ended, and nobody came."""
    missed = _reported(adas=ADAS[:4], gardes=[], expects='[[expect]]\nkept = "Ada"\n')
    assert missed.contacts[0].promises[0].fate == "missed"
    assert "promesse manquée" in missed.broken[0]


@pytest.mark.parametrize(
    ("expects", "broken"),
    [
        ('joined = "Ada"\nwithin = 80', ""),
        ('joined = "Ada"\nwithin = 60', "a attendu 78 s"),
        ('answered_by = "Ada"\nrank = "deputy"', "répondu par on-duty"),
        ('truth_each_minute = "Ada"', ""),
        ('texts_at_most = "Ada"\nnumber = 0', ""),
        ('met_at_least = "Ada"\nnumber = 2', "a rencontré 1 fois"),
        ('silent_after_five = "Ada"', "n'a pas entendu la promesse"),
    ],
)
def test_what_is_expected_is_judged(expects, broken):
    """Each expectation holds, or says in one sentence why it did not."""
    told = _reported(expects=f"[[expect]]\n{expects}\n").broken
    assert (broken in "".join(told)) and bool(told) == bool(broken)


def test_a_minute_without_the_truth_is_told():
    """Nobody waits two minutes on a promise that is not renewed."""
    quiet = [event for event in ADAS if "encore" not in str(event.get("text"))]
    late = [event | {"at": _at(200)} if event["kind"] == "joined" else event for event in quiet]
    late = [event | {"at": _at(240)} if event["kind"] in ("left", "ended") else event for event in late]
    gardes = [event | {"at": _at(239)} if event["kind"] == "left" else event for event in GARDES]
    assert "sans la vérité" in _reported(late, gardes, '[[expect]]\ntruth_each_minute = "Ada"\n').broken[0]


def test_a_word_after_five_is_told():
    """Whoever cannot speak may not be heard being spoken to."""
    adas = [*ADAS[:3], _said(10, "D'accord. Je ne parlerai plus. Gardez la ligne ouverte."), _said(30, "Allô?")]
    assert "a parlé après le cinq" in _reported(adas, [], '[[expect]]\nsilent_after_five = "Ada"\n').broken[0]


def test_a_person_left_alone_is_promised_again():
    """The responder's telephone dies: what is promised after that is kept only by a second meeting."""
    alone = [*ADAS[:5], _event(100, "left", conference="r1"), _said(101, "Nous appelons l'équipe. Restez en ligne.")]
    assert [promise.fate for promise in _reported(adas=alone).contacts[0].promises] == ["kept", "missed"]


def test_two_calls_are_two_contacts():
    """A prank and a real call from one number: each has its own wait and its own promise."""
    second = [event | {"call": "CA9", "at": _at(400 + index)} for index, event in enumerate(ADAS[:3])]
    first, later = _reported(adas=[*ADAS, *second]).contacts
    assert (first.waited, later.waited, later.promises[0].fate) == (78, None, "missed")


def test_rings_come_from_the_carrier():
    """Who was rung when, how it ended, and who the carrier would not ring."""
    form = {"CallSid": "CA2", "To": GARDE, "From": "+15145550102"}
    status = [{"kind": "webhook", "purpose": "status", "at": _at(69), "form": form | {"CallStatus": "initiated"}}]
    status += [{"kind": "webhook", "purpose": "status", "at": _at(121), "form": form | {"CallStatus": "completed"}}]
    refused = {"kind": "rest", "method": "POST", "path": "/Calls.json", "at": _at(60), "status": 429}
    rings = _reported(ledger=[*status, refused | {"form": {"To": GARDE}}]).rings
    assert [(ring.who, ring.outcome) for ring in rings] == [
        ("Garde", "refused by the carrier (429)"),
        ("Garde", "completed"),
    ]
    assert rings[1].accepted_at == NOW + timedelta(seconds=78)


def test_faults_and_what_could_not_be_played_break_it():
    """A fault before the carrier, or an actor who was left standing, is never a success."""
    fault = {"kind": "fault", "message": "over-long Say", "at": _at(3)}
    assert len(_reported(ledger=[fault], troubles=["Ada: meets: nobody within 60 s"]).broken) == 2


def test_the_report_reads_in_french_and_holds_no_number():
    """A trainer shows it to the team: names and times, no telephone number."""
    report = replace(_reported(), seed=7)
    told, machine = telling.in_french(report), json.loads(telling.as_json(report))
    assert "rejoint par Garde (de garde) après 78 s" in told
    assert "graine 7" in told
    assert (machine["totals"]["longest_wait"], machine["held"]) == (78, True)
    assert "+1" not in told + json.dumps(machine)
