"""What a choice tells of a case: a row, a rule, and somebody who knows in time; nobody is moved for it."""

from dataclasses import replace

import pytest

from ivr_flows.model import Choice
from tests.edges.line import CALLER, TEAM, Carrier, Crew, Phone
from tests.edges.test_webhooks import statements

MENU = (("1", "minor"), ("2", "exit_help"), ("3", "info_only"), ("4", "now"))


@pytest.fixture
def asking(carrier: Carrier) -> Carrier:
    """A line whose main menu comes again after each answer, and learns from it."""
    return learning(carrier)


def learning(carrier: Carrier) -> Carrier:
    door = carrier.app.extensions["door"]
    ligne = door.line.scripts["ligne"]
    choices = tuple(Choice(key, "aide", learns=frozenset({fact})) for key, fact in MENU)
    again = tuple(Choice(key, "menu", learns=frozenset({fact})) for key, fact in MENU[:3])
    aide = replace(ligne.nodes["aide"], choices=(*again, Choice("4", "personne")))
    nodes = {**ligne.nodes, "menu": replace(ligne.nodes["menu"], choices=choices), "aide": aide}
    scripts = {**door.line.scripts, "ligne": replace(ligne, nodes=nodes)}
    carrier.app.extensions["door"] = replace(door, line=replace(door.line, scripts=scripts))
    return carrier


def in_the_menu(carrier: Carrier, sid: str = "CA1") -> Phone:
    phone = Phone(carrier, sid)
    phone.dials()
    phone.is_silent()
    return phone


PLACED = "select flags, priority, team, rule from cases"


def test_a_fact_opens_a_case_with_a_rule_and_a_sealed_number(asking: Carrier) -> None:
    """What they chose is in its row, with the rule that placed it."""
    in_the_menu(asking).presses("2")
    assert asking.rows(PLACED) == [(["exit_help"], "P3", "regional_advisor", "wants to leave")]
    assert asking.rows("select number_sealed is not null, call_sid_sealed is not null from contacts") == [(True, True)]


def test_facts_add_up_and_only_raise(asking: Carrier) -> None:
    """A later answer is merged; the rule is that of the highest place there was."""
    phone = in_the_menu(asking)
    for key in "232":
        phone.presses(key)
    assert asking.rows(PLACED) == [(["exit_help", "info_only"], "P3", "regional_advisor", "wants to leave")]
    phone.presses("1")
    assert asking.rows(PLACED) == [(["exit_help", "info_only", "minor"], "P2", "dpj", "a minor")]


def test_a_minor_wakes_the_team_and_is_not_moved(asking: Carrier) -> None:
    """A page with the name of the rule; the call goes on in its menus, and nobody is added to a queue."""
    phone = in_the_menu(asking)
    answer = phone.presses("1")
    assert "<Gather" in answer and "<Enqueue" not in answer
    paged = "select priority, reason, state, unasked, language from pages"
    assert asking.rows(paged) == [("P2", "a minor", "open", True, None)]
    assert asking.rows("select count(*) from work where kind = 'page'") == [(1,)]


def test_what_is_not_pressing_is_looked_at_in_time(asking: Carrier) -> None:
    """Half an hour for whoever may be in need; a question of information wakes nobody."""
    in_the_menu(asking).presses("2")
    in_the_menu(asking, "CA2").presses("3")
    looks = "select extract(epoch from due_at - created_at)::int from work where kind = 'look'"
    assert (asking.rows(looks), asking.count("pages")) == ([(1800,)], 0)


def test_who_hung_up_in_the_menus_is_looked_at_too(crew: Crew) -> None:
    """The case is there although the call is over: the team is woken for it, and knows that they are gone."""
    phone = in_the_menu(learning(crew.carrier))
    phone.presses("2")
    crew.carrier.post("/twilio/voice/status", {"CallSid": "CA1", "CallStatus": "completed", "From": CALLER})
    crew.clock.advance(minutes=31)
    assert crew.does("look") == ["woken"]
    assert crew.carrier.rows("select state, person_gone_at is not null from pages") == [("open", True)]


def test_a_learning_turn_is_at_most_three_statements(asking: Carrier) -> None:
    """Six where it opens a case or wakes the team, three where it raises or adds, none where nothing is learned."""
    phone = in_the_menu(asking)
    counted = [len(statements(asking, lambda key=key: phone.presses(key))) for key in ("3", "2", "3", "1")]  # type: ignore[misc]
    assert counted[0] <= 6 and counted[1] <= 3 and counted[2] <= 3 and counted[3] <= 6, counted
    assert statements(asking, lambda: phone.presses("0")) == []


def test_who_asked_for_nobody_is_not_brought_to_the_responder(crew: Crew) -> None:
    """The responder is told that they are in the menus, and waits or finishes; asking for a person brings them."""
    phone = in_the_menu(learning(crew.carrier))
    phone.presses("1")
    assert crew.does("page") and crew.called() == [TEAM[0][1]]
    leg = crew.leg().accepts()
    assert "encore dans les menus" in leg.answers[-1] and "bring" not in crew.waiting()
    leg.presses("1")
    assert "<Conference" in leg.answers[-1]
    phone.presses("4")
    assert crew.carrier.rows("select unasked, state from pages") == [(False, "accepted")]
    assert "<Leave" in phone.waits()


def test_a_text_tells_of_its_case(carrier: Carrier) -> None:
    """The first text places it, a later one only raises; the page says which rule it was."""
    carrier.writes("j'ai besoin d'aide", "SM1")
    assert carrier.rows(PLACED) == [(["victim_support"], "P2", "esup", "asks for a person")]
    carrier.writes("j'ai 15 ans", "SM2")
    assert carrier.rows(PLACED) == [(["minor", "victim_support"], "P2", "dpj", "a minor")]
    carrier.writes("au secours il est la", "SM3")
    assert [row[1:] for row in carrier.rows(PLACED)] == [("P1", "esup", "a minor in danger")]


def test_a_minor_who_writes_wakes_the_team(carrier: Carrier) -> None:
    """Their first text is answered as before, and a human reads it."""
    carrier.writes("j'ai 15 ans")
    assert carrier.rows(PLACED) == [(["minor"], "P2", "dpj", "a minor")]
    assert carrier.rows("select priority, reason from pages") == [("P2", "moins de 18 ans")]
    assert carrier.rows("select count(*) from messages where direction = 'out'") == [(1,)]


def test_what_a_text_tells_costs_no_statement_of_its_own(carrier: Carrier) -> None:
    """What is learned is written with the text itself."""
    carrier.writes("", "SM1")
    assert len(statements(carrier, lambda: carrier.writes("rappelez-moi svp", "SM2"))) <= 6
    assert carrier.rows("select flags from cases") == [(["victim_support"],)]
    assert len(statements(carrier, lambda: carrier.writes("arrête de m'écrire", "SM3"))) <= 6
    assert carrier.rows("select flags from cases") == [(["do_not_contact", "victim_support"],)]


def test_a_learned_fact_of_a_repeated_turn_is_one_case(asking: Carrier) -> None:
    """The carrier repeats a request: the same answer, and one case."""
    phone = in_the_menu(asking)
    address = phone.address("Gather", "action")
    first, second = (phone.posts(address, Digits="1") for _ in range(2))
    assert first == second
    assert (asking.count("cases"), asking.count("pages"), asking.rows("select count(*) from work")) == (1, 1, [(1,)])


# What the shipped script asks by keys, from the main menu on: the facts, the place of the case, and its page.
BY_KEYS = [
    ("1411", ["suicide"], "P1", [("P1", False)]),
    ("14121", ["procuring_coercive"], "P2", [("P2", True)]),
    ("14122", ["violence_client"], "P2", [("P2", True)]),
    ("141221", ["violence_client"], "P2", [("P2", False)]),
    ("141231", ["minor", "runaway"], "P2", [("P2", True)]),
    ("1412423", ["adult"], "P?", []),
    ("1412432", ["exit_help", "rather_not_say"], "P?", []),
    ("1413", ["worried_relative"], "P3", []),
    ("14131", ["minor", "worried_relative"], "P2", [("P2", True)]),
    ("4", ["interpreter"], "P2", [("P2", False)]),
]


@pytest.mark.parametrize(("keys", "facts", "priority", "paged"), BY_KEYS)
def test_what_is_said_by_keys_is_a_fact_of_the_case(
    carrier: Carrier, keys: str, facts: list[str], priority: str, paged: list[tuple[str, bool]]
) -> None:
    """A person who answers knows it before a word is said; what wakes the team was announced before the question."""
    phone = in_the_menu(carrier)
    for key in keys:
        phone.presses(key)
    assert carrier.rows("select flags, priority from cases") == [(facts, priority)]
    assert carrier.rows("select priority, unasked from pages") == paged
