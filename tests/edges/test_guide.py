"""Where they are and who can help, over the real app: what is sealed, what stands in clear, and what leaves nothing."""

import json
import re

import pytest

from hotline import guide, reference
from hotline.desk import Desk
from hotline.rules.territory import REGIONS
from hotline.store import cases
from ivr_flows.load import load_all
from ivr_flows.model import Flag, Kind, Language, Place
from ivr_flows.signals import Understood
from ivr_flows.spoken import parts
from tests.edges.line import Carrier, Crew, Phone
from tests.edges.test_webhooks import statements

PLACE = "select region, police, place_sealed is not null from cases"
INFO = "avez-vous des statistiques pour un travail d'école"


def a_desk(carrier: Carrier, *flags: Flag, sid: str = "CA9") -> Desk:
    """A desk with no connection yet."""
    line, place = carrier.line, Place("ligne", "lieu", flags=frozenset(flags))
    return Desk(None, line.sealer, line.clock.now(), place, [], sid=sid, zone=line.zone)  # type: ignore[arg-type]


def at_lieu(carrier: Carrier, keys: str = "313") -> Phone:
    """Somebody who heard of an organisation and is asked where they are."""
    phone = Phone(carrier)
    phone.dials()
    phone.is_silent()
    for key in keys:
        phone.presses(key)
    return phone


def opened(crew: Crew) -> dict[str, object]:
    """What is sealed of where they are, as a worker may open it."""
    with crew.store.turn() as conn:
        case_id = int(str(crew.carrier.rows("select max(id) from cases")[0][0]))
        wrapped, sealed = cases.wrapped_key(conn, case_id), cases.place_sealed(conn, case_id)
    assert wrapped is not None and sealed is not None
    return dict(json.loads(crew.hands.opener.open_case(wrapped, sealed)))


def test_who_can_help_is_said_and_leaves_nothing(carrier: Carrier) -> None:
    """Organisations with their numbers in words; no case, no page, no work."""
    answer = at_lieu(carrier, "31").answers[-1]
    said = " ".join(re.sub(r"<[^>]*>", "", each) for each in re.findall(r"<Say.*?</Say>", answer))
    rights = [entry.spoken["fr"] for entry in reference.directory().entries if entry.outlook == "rights"]
    assert "La Clés" in said and any(name in said or name.capitalize() in said for name in rights)
    assert "Je répète" in said and not re.search(r"\d", said)
    assert (carrier.count("cases"), carrier.count("pages"), carrier.count("work")) == (0, 0, 0)


def test_a_postal_code_by_key_is_sealed_to_a_case(crew: Crew) -> None:
    """The part of the island and the police stand in clear; what was keyed opens with the case only."""
    phone = at_lieu(crew.carrier)
    phone.presses("2")
    assert "l&#x27;est de Montréal" in phone.presses("412").replace("'", "&#x27;")
    assert crew.carrier.rows(PLACE) == [("E", "spvm", True)]
    assert opened(crew) == {"said": "412", "pdq": None, "borough": None, "sure": False}


def test_elsewhere_is_another_police(carrier: Carrier) -> None:
    """Laval has its own, which is said; what is offered from then on is not for Montréal alone."""
    phone = at_lieu(carrier)
    phone.presses("4")
    assert "la police de Laval" in phone.presses("1")
    assert carrier.rows(PLACE) == [(None, "spl", True)]
    phone.presses("2")
    assert "Stella" not in phone.presses("1")


def test_not_knowing_where_is_an_answer(carrier: Carrier) -> None:
    """Nothing is opened or kept for it."""
    phone = at_lieu(carrier)
    assert "C'est correct." in phone.presses("1").replace("&#x27;", "'")
    assert carrier.count("cases") == 0


def test_where_is_asked_within_the_budget(carrier: Carrier) -> None:
    """A question, a case opened, the place sealed: six statements; a place again: five."""
    phone = at_lieu(carrier)
    phone.presses("3")
    first = statements(carrier, lambda: phone.presses("3"))
    phone.presses("3")
    phone.presses("3")
    again = statements(carrier, lambda: phone.presses("1"))
    assert len(first) <= 6 and len(again) <= 5, (len(first), len(again))
    assert carrier.rows(PLACE) == [("N", "spvm", True)]


def test_a_place_on_the_tips_path_is_the_tips(carrier: Carrier) -> None:
    """It is sealed to the tip's own case; the call has none."""
    phone = at_lieu(carrier, "2")
    desk = a_desk(carrier, "tip", sid=phone.sid)
    with carrier.line.store.turn() as conn:
        desk.conn = conn
        guide.put(desk, "Parc-Ex")
    assert carrier.rows("select path, region, place_sealed is not null from cases") == [("tip", "N", True)]
    assert carrier.rows("select case_id from contacts") == [(None,)]


def test_a_text_that_asks_gets_names_and_a_place_is_sealed(crew: Crew) -> None:
    """One text in answer, nobody woken for a question; the neighbourhood opens with the case only."""
    crew.carrier.writes(INFO, "SM1")
    assert crew.carrier.rows("select priority, team from cases") == [("P5", "triage")]
    for number, body in enumerate(("1", "1", "2", "parc ex"), 2):
        crew.carrier.writes(body, f"SM{number}")
    assert crew.carrier.rows(PLACE) == [("N", "spvm", True)]
    assert opened(crew)["said"] == "parc ex" and opened(crew)["pdq"] == 31
    looks = "select extract(epoch from due_at - created_at)::int / 3600 from work where kind = 'look'"
    assert (crew.carrier.count("pages"), crew.carrier.rows(looks)) == (0, [(72,)])
    assert crew.carrier.rows("select count(*) from messages where direction = 'out'") == [(5,)]


def test_forgetting_a_case_forgets_where_they_were(crew: Crew) -> None:
    """With its key; the part of the island may be counted."""
    phone = at_lieu(crew.carrier)
    phone.presses("3")
    phone.presses("3")
    with crew.store.turn() as conn:
        cases.forget(conn, 1, crew.clock.now())
    assert crew.carrier.rows(PLACE) == [("E", "spvm", False)]


def test_every_ask_of_the_scripts_is_about_something_known(carrier: Carrier) -> None:
    """What a node is about is a place or a need of the shipped files, in both languages; two parts of text at most."""
    asked = [node for node in load_all()["ligne"].nodes.values() if node.kind is Kind.ASK and node.about]
    assert {node.about for node in asked if node.asks == "where"} >= set(REGIONS)
    desk = a_desk(carrier)
    with carrier.line.store.turn() as conn:
        desk.conn = conn
        for node in asked:
            for language in ("fr", "en"):
                _means(desk, language, node.asks or "", node.about)


def _means(desk: Desk, language: Language, asks: str, about: str) -> None:
    answer = guide.MEANINGS[asks](desk, language, about)  # type: ignore[index]
    assert isinstance(answer, Understood), about
    texts = [f"{answer.words.get('contacts', '')}. Autre besoin: 1. Près de chez vous: 2. Une personne: 3."]
    assert all(parts(text) <= 2 for text in texts)


@pytest.mark.parametrize("said", ["", "000", "111", "zzz"])
def test_what_means_nothing_is_not_understood(carrier: Carrier, said: str) -> None:
    """No guess is made of a place or a need."""
    desk = a_desk(carrier)
    assert not isinstance(guide.where(desk, "fr", said), Understood)
