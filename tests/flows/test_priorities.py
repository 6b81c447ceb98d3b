"""The table that places a case: every line decides somewhere, and nothing known more ever lowers a case."""

from itertools import pairwise
from typing import get_args

import pytest

from ivr_flows.priorities import (
    FACTS,
    LOOKED_AT,
    TABLE,
    URGENCY,
    WAKES,
    Decision,
    Team,
    asked,
    more_urgent,
    of_text,
    place,
)

# Cases of domain 7 and 2.4, each with what is known of it.
CASES = {
    "urgent abuser_present cannot_speak now": ("P1", "esup"),  # text 1
    "urgent minor minor_exploitation runaway now": ("P1", "esup"),  # text 3
    "victim_support exit_help wants_no_police": ("P3", "community"),  # text 4
    "victim_support shared_phone": ("P3", "regional_advisor"),  # text 5
    "suicide_risk": ("P1", "esup"),  # text 6
    "procuring_coercive now": ("P1", "esup"),  # text 7
    "tip premises minor residential_or_school": ("P2", "investigators"),  # text 9
    "tip procuring": ("P4", "investigators"),  # text 10
    "victim_support worried_relative runaway minor": ("P2", "pdq_runaway"),  # text 11
    "tip minor_exploitation": ("P2", "dpj"),  # text 12
    "victim_support violence_client": ("P2", "esup"),  # text 13
    "violence_client wants_no_police": ("P2", "community"),
    "unclear": ("P?", "triage"),  # text 15
    "do_not_contact": ("P?", "triage"),  # text 19
    "not_relevant": ("P5", "triage"),  # text 21
    "minor": ("P2", "dpj"),  # text 24
    "info_only": ("P5", "triage"),  # text 25
    "tip neighbourhood": ("P4", "investigators"),
    "neighbourhood": ("P5", "pdq"),  # text 26
    "worried_relative wants_no_police": ("P3", "community"),  # text 30
    "tip now": ("P2", "pdq"),
    "adult": ("P?", "triage"),
    "": ("P?", "triage"),
}


def test_cases_stand_where_the_domain_says() -> None:
    """How urgent, and whose it is."""
    decided = {facts: place(facts.split()) for facts in CASES}
    assert {facts: (found.priority, found.team) for facts, found in decided.items()} == CASES


def test_each_line_decides_for_its_own_facts() -> None:
    """No line is hidden behind one above it, and its facts are facts."""
    expected = [Decision(line.priority, line.team, line.rule) for line in TABLE]
    assert [place(line.facts) for line in TABLE] == expected
    assert [line for line in TABLE if line.facts - FACTS or not line.source or line.team not in get_args(Team)] == []


def test_lines_stand_in_the_order_of_urgency_and_have_names_of_their_own() -> None:
    """So the first that holds is the most urgent."""
    assert all(URGENCY.index(one.priority) <= URGENCY.index(next_.priority) for one, next_ in pairwise(TABLE))
    assert len({line.rule for line in TABLE}) == len({line.facts for line in TABLE}) == len(TABLE)


def test_within_a_priority_minors_come_first() -> None:
    """R-16: under immediate danger, the exploitation of minors is the first of the Plan's priorities."""
    for priority in WAKES:
        concerned = [bool({"minor", "minor_exploitation"} & set(x.facts)) for x in TABLE if x.priority == priority]
        assert concerned == sorted(concerned, reverse=True)


def test_no_police_is_overruled_by_danger_and_a_minor_only() -> None:
    """2.5: whoever wants no police gets a community partner, but where a life or a minor is concerned."""
    sent = {frozenset({fact}): place({fact, "wants_no_police"}) for fact in FACTS}
    others = {fact for fact, decided in sent.items() if decided.team != "community"}
    assert all(place(fact).priority == "P1" or place(fact).team in ("dpj", "pdq_runaway") or
               place(fact).priority == "P?" for fact in others)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "facts"),
    [
        ("danger near", "urgent abuser_present"),
        ("help empty", "victim_support"),
        ("callback", "victim_support"),
        ("optout", "do_not_contact"),
        ("tip minor tip_word", "tip minor"),
        ("automatic", ""),
        ("info minor", "info"),
        ("info minor danger", "info urgent"),
    ],
)
def test_what_triage_finds_is_told_of_the_case(said: str, facts: str) -> None:
    """By the names the table knows; what is about the text alone is not."""
    assert of_text(frozenset(said.split())) == frozenset(facts.split())


def test_what_a_script_orders_is_placed_as_urgent_as_it_says() -> None:
    """A page, a callback: with a rule to show, and of two the more urgent."""
    assert {priority: asked(priority).priority for priority in URGENCY} == {each: each for each in URGENCY}
    assert more_urgent(asked("P3"), asked("P1")) == more_urgent(asked("P1"), asked("P2")) == asked("P1")


def test_a_human_looks_at_what_wakes_nobody() -> None:
    """In half an hour where it may be somebody in need; what is woken for needs no look."""
    assert LOOKED_AT["P?"] == LOOKED_AT["P3"] == 1800 and not WAKES & LOOKED_AT.keys()
