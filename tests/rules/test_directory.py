"""Who is offered: what fits, both outlooks, nothing ranked, and no number told as more certain than it is."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from hotline import reference
from hotline.rules.directory import NEEDS as NEEDS_OF_CASES
from hotline.rules.directory import Directory, Entry, Offer, doubts, need_of, need_of_case, offer, partners
from hotline.rules.directory_file import read_directory
from hotline.rules.directory_words import listed, spoken, written
from hotline.rules.strict import BadData
from ivr_flows.priorities import FACTS
from ivr_flows.spoken import LANGUAGES, parts

SHIPPED = reference.directory()
NEEDS = ["talk", "shelter", "rights", "youth", "relatives", "suicide", "tip", "protection"]
DAY, NIGHT, SUNDAY = (datetime(2026, 11, *when, tzinfo=UTC) for when in ((25, 14), (26, 3), (29, 14)))


def offered(need: str, at: datetime = DAY, directory: Directory = SHIPPED, **about: object) -> tuple[Offer, ...]:
    told: dict = {"age": None, "language": "fr", "police": None, **about}
    return offer(directory, need, told["age"], told["language"], told["police"], at)


def names(offers: tuple[Offer, ...]) -> list[str]:
    return [each.entry.short for each in offers]


def known(name: str) -> Entry:
    return next(entry for entry in SHIPPED.entries if entry.short == name)


def test_every_organisation_of_the_domain_is_there() -> None:
    """Each with its source; those without a telephone are reached through another."""
    told = {name for entry in SHIPPED.entries for name in entry.name["fr"].split(",")}
    wanted = ["9-1-1", "Stella", "CAVAC de Montréal", "PIaMP", "RÉZO", "Médecins du Monde", "CATHII", "Projet Mobilis",
              "SOS violence conjugale", "DPJ de Montréal", "Batshaw", "2-1-1", "Info-aide violence sexuelle", "CALACS",
              "Interligne", "Tel-jeunes", "9-8-8", "Rebâtir", "Info-Crime Montréal", "Les Survivantes",
              "SWAN Vancouver", "ÉMMIS", "Prévention du suicide"]  # fmt: skip
    assert (set(wanted) - told, len(SHIPPED.entries)) == (set(), 34)
    assert all(entry.source for entry in SHIPPED.entries)


@pytest.mark.parametrize("need", NEEDS)
def test_each_need_is_answered_by_two_to_four_at_every_hour(need: str) -> None:
    """None of them the police, at least one open and one certain, all of them with a number."""
    for at, language in product((DAY, NIGHT, SUNDAY), LANGUAGES):
        offers = offered(need, at, language=language)
        assert 2 <= len(offers) <= 4 and len(set(names(offers))) == len(offers)
        assert not any(each.entry.police for each in offers) and all(each.entry.phone for each in offers)
        assert any(each.open for each in offers) and any(each.certain for each in offers)


@pytest.mark.parametrize("need", ["talk", "rights"])
def test_both_outlooks_are_offered_together_every_day(need: str) -> None:
    """Whoever hears of one kind of group hears of the other."""
    outlooks = [{each.entry.outlook for each in offered(need, DAY + timedelta(days=days))} for days in range(40)]
    assert [days for days, found in enumerate(outlooks) if not found >= {"exit", "rights"}] == []


def test_nobody_is_always_first() -> None:
    """The order turns with the days: each outlook is first of the two as often as the other."""
    first = [next(e.entry.outlook for e in offered("talk", DAY + timedelta(days=n)) if e.entry.outlook) for n in
             range(60)]  # fmt: skip
    assert first.count("exit") == first.count("rights") == 30
    assert len({name for n in range(60) for name in names(offered("talk", DAY + timedelta(days=n)))}) >= 8


def test_in_a_fresh_install_only_what_is_assigned_by_law_is_certain() -> None:
    """The dates of the file are those of its sources: nobody here has called anybody."""
    certain = {entry.short for entry in SHIPPED.entries if entry.state(DAY.date()) in ("fixed", "fresh")}
    assert certain == {"9-1-1", "211", "811, 2", "988"}
    assert len(doubts(SHIPPED, DAY.date())) == sum(bool(e.phone) and not e.fixed for e in SHIPPED.entries)


@pytest.mark.parametrize(
    ("verified", "state"),
    [(None, "unverified"), (0, "fresh"), (90, "fresh"), (91, "stale"), (-1, "stale")],
)
def test_what_was_verified_is_certain_for_ninety_days(verified: int | None, state: str) -> None:
    """R-14; a date that is yet to come is a mistake, and certifies nothing."""
    when = None if verified is None else DAY.date() - timedelta(days=verified)
    entry = replace(known("Info-aide"), verified=when)
    assert entry.state(DAY.date()) == state
    said = spoken((Offer(entry, entry.state(DAY.date()) == "fresh", True, True),), "fr")
    assert ("à vérifier" in said) == (state != "fresh")


@pytest.mark.parametrize(("age", "there"), [("minor", True), (None, True), ("adult", False)])
def test_an_age_changes_who_is_offered(age: str | None, there: bool) -> None:
    """Somebody under eighteen hears of what is for the young; an adult not of what is only for minors."""
    entry = replace(known("Tel-jeunes"), oldest=17)
    directory = Directory((entry, known("211"), known("811, 2")), SHIPPED.needs)
    assert (entry in [each.entry for each in offered("youth", directory=directory, age=age)]) == there


def test_what_is_local_is_offered_where_it_is() -> None:
    """Off the island, what serves Montréal alone is left out."""
    shorts = {name for n in range(20) for name in names(offered("rights", DAY + timedelta(days=n), police="spl"))}
    assert "Stella" not in shorts and "Medecins du Monde" not in shorts and shorts


def test_closed_and_another_language_are_said() -> None:
    """At night whoever works by day is said to be closed; a group without English is said to have none."""
    night = spoken(offered("talk", NIGHT, language="en"), "en")
    assert "Closed right now; open in the daytime." in night and "In French." in night
    told = {state: (Offer(known("Tel-jeunes"), False, state, True),) for state in (True, False)}
    assert "Ouvert de huit heures à minuit." in spoken(told[True], "fr")
    assert "Fermé en ce moment; ouvert de huit heures à minuit." in spoken(told[False], "fr")
    assert "(8 h à 24 h, à vérifier)" in written(told[True], "fr")
    assert "(closed now, opens at 8:00, unverified)" in written(told[False], "en")


def test_who_writes_is_given_the_number_for_texts() -> None:
    """They may be unable to speak; two parts hold whatever is offered, and what follows it."""
    assert "APPELLE 1 866 277-3553, texto 535353" in written(offered("suicide"), "fr")
    after = {"fr": ". Autre besoin: 1. Près de vous: 2. Une personne d'ici: 3.", "en": "." + " " * 60}
    for days, need, at, age, language in product(range(14), NEEDS, (DAY, NIGHT), (None, "minor", "adult"), LANGUAGES):
        offers = offered(need, at + timedelta(days=days), age=age, language=language)
        assert parts(written(offers, language) + after[language]) <= 2, written(offers, language)


@pytest.mark.parametrize("need", ["talk", "shelter", "rights", "relatives"])
def test_somebody_under_eighteen_always_hears_of_what_is_for_the_young(need: str) -> None:
    """Whatever the day and hour, and whatever they asked for."""
    for days, at in product(range(14), (DAY, NIGHT, SUNDAY)):
        offers = offered(need, at + timedelta(days=days), age="minor")
        assert any("youth" in each.entry.needs for each in offers), names(offers)


@pytest.mark.parametrize(
    ("entry", "at", "open_"),
    [("Stella", DAY, True), ("Stella", SUNDAY, False), ("211", NIGHT, True), ("Tel-jeunes", NIGHT, False),
     ("Tel-jeunes", DAY.replace(hour=23), True), ("CATHII", DAY, False)],
)  # fmt: skip
def test_hours_are_those_of_the_day(entry: str, at: datetime, open_: bool) -> None:
    """Day and night, weekdays, or from one hour to another."""
    assert known(entry).open_at(at) is open_


@pytest.mark.parametrize(
    ("words", "need"),
    [("un refuge", "shelter"), ("je cherche une place pour dormir", "shelter"), ("papiers", "rights"),
     ("a lawyer", "rights"), ("quelqu'un a qui parler", "talk"), ("dpj", "protection"), ("bonjour", None), ("", None)],
)  # fmt: skip
def test_a_need_is_found_in_words(words: str, need: str | None) -> None:
    """Plain words, in either language."""
    assert need_of(SHIPPED, words) == need


def test_the_operator_is_told_what_to_verify() -> None:
    """Numbers and stations alike, in one list, for `hotline line check`."""
    told = reference.to_verify(DAY.date())
    assert "Stella, l'amie de Maimie: never verified here" in told
    assert any(line.startswith("station 35:") for line in told)


BAD = """
[[need]]
name = "talk"
words = ["parler"]
[[entry]]
name = "Un"
short = "Un"
what.fr = "le 24 heures"
what.en = "x"
public.fr = "tous"
needs = ["danser"]
languages = ["latin"]
open = "toujours"
phone = "514"
police = "non"
source = "ici"
mark = "TV"
verified = 2026-01-01
[[entry]]
name = "Un"
fixed = true
phone = "+15145550142"
couleur = 1
"""
EXPECTED = [
    "say figures as words", "public.en: the text is missing", "the need 'danser'", "the language 'latin'",
    "open 'toujours'", "phone '514'", "'police' must be true or false", "a verified entry has no mark",
    "Un: is there twice", "only a number assigned by law is fixed", "unknown field 'couleur'", "'source' is missing",
]  # fmt: skip


def test_everything_wrong_in_a_file_is_told_at_once() -> None:
    """With the entry it is in."""
    with pytest.raises(BadData) as bad:
        read_directory(tomllib.loads(BAD))
    assert [words for words in EXPECTED if words not in str(bad.value)] == []


def test_a_date_is_a_date() -> None:
    """TOML has dates, and text is none."""
    assert known("CAVAC").published == date(2021, 1, 1)
    with pytest.raises(BadData, match="a date like"):
        read_directory(tomllib.loads(BAD + 'published = "2020"'))


@pytest.mark.parametrize("need", [*NEEDS_OF_CASES, "talk"])
def test_whom_a_responder_may_invite_has_ten_digits(need: str) -> None:
    """Three at most, and none of them the police."""
    found = partners(SHIPPED, need, "minor", "fr", "spvm", DAY)
    assert 0 < len(found) <= 3 and all(len(one.entry.phone) == 12 and not one.entry.police for one in found)


def test_a_responder_is_offered_both_outlooks_too() -> None:
    """Whoever may be invited to talk, every day: who sees the industry one way, and who sees it the other."""
    for day in range(30):
        found = partners(SHIPPED, "talk", None, "fr", "spvm", DAY + timedelta(days=day))
        assert {one.entry.outlook for one in found} >= {"exit", "rights"}


@pytest.mark.parametrize(
    ("facts", "need"),
    [
        ("suicide minor", "suicide"),
        ("minor runaway", "youth"),
        ("exit_help", "shelter"),
        ("info", "talk"),
        ("", "talk"),
    ],
)
def test_what_a_case_is_known_by_tells_whom_it_needs(facts: str, need: str) -> None:
    """The most pressing first; nothing known is somebody to talk to."""
    assert need_of_case(frozenset(facts.split())) == need


def test_the_facts_of_needs_are_facts_of_cases() -> None:
    """A word that is misspelt would find nobody."""
    assert frozenset().union(*NEEDS_OF_CASES.values()) <= FACTS and NEEDS_OF_CASES.keys() <= SHIPPED.needs.keys()


def test_a_list_is_said_by_rank_without_figures() -> None:
    """In both languages; a number that nobody has called is told as one to verify."""
    offers = partners(SHIPPED, "violence", None, "fr", "spvm", DAY)
    for language, first in (("fr", "Premier: "), ("en", "First: ")):
        said = listed(offers, language)
        assert said.startswith(first) and not re.search(r"\d", said)
