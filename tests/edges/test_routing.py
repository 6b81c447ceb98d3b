"""A case rings its own team: the chain that a page is given, from the roster in SQL and from the web's snapshot."""

from datetime import time

import pytest

from hotline.rules.duty import Shift
from hotline.rules.phone import for_responder
from hotline.rules.rota import Rota
from hotline.snapshot import Roster, _packed, _unpacked
from hotline.store import planning, roster
from tests.edges.line import CALLER, Crew
from tests.edges.people import ZONE
from tests.edges.test_callbacks import promised
from tests.edges.test_facts import in_the_menu, learning

ADVISOR, NORTH, PARTNER, INVESTIGATOR = 3, 4, 5, 6


@pytest.fixture
def teams(crew: Crew) -> Crew:
    """ÉSUP (1, whose role is police, and its deputy 2), two advisors, a community partner and an investigator."""
    more = (
        ("+15145550161", "advisor", "sud", "regional_advisor"),
        ("+15145550162", "advisor", "nord", "regional_advisor"),
        ("+15145550163", "psychosocial", "", "community"),
        ("+15145550164", "police", "", "investigators"),
    )
    with crew.store.turn() as conn:
        now, sealer = crew.clock.now(), crew.hands.sealer
        conn.exec_driver_sql("update responders set roles = '{police}' where id = 1")
        for number, role, region, team in more:
            known: dict[str, list[str]] = {"roles": [role], "regions": [region] if region else []}
            phone = for_responder(number)
            who = roster.add_responder(conn, sealer, "Inès", phone, "on-duty", ["fr"], False, now, **known)
            planning.add_override(conn, "add", who, now, None, now, team=team)
    crew.carrier.line.roster.refresh()
    return crew


def chain(crew: Crew) -> list[int | None]:
    """Who is rung for the newest page, in order."""
    [found] = crew.carrier.rows("select chain from pages order by id desc limit 1")
    return list(found[0])  # type: ignore[call-overload]


def test_a_promised_call_is_its_advisors(teams: Crew) -> None:
    """The advisor of the part of the island that they named first, ÉSUP after both, and everybody else."""
    promised(teams)
    with teams.store.turn() as conn:
        conn.exec_driver_sql("update cases set region = 'N'")
    teams.does("callback")
    assert chain(teams) == [NORTH, ADVISOR, 1, 2, PARTNER, INVESTIGATOR, None]


def test_an_urgent_page_is_esups_whatever_teams_there_are(teams: Crew) -> None:
    """Everybody on duty is in the chain; nobody of another team is rung before ÉSUP's deputy."""
    teams.waits()
    assert chain(teams)[:2] == [1, 2] and sorted(chain(teams)[:-1]) == [1, 2, 3, 4, 5, 6]  # type: ignore[type-var]


def test_who_wants_no_police_is_answered_by_a_partner(teams: Crew) -> None:
    """Of violence a person is woken: the partner first, and whoever is of the police last."""
    teams.carrier.writes("pas de police, un client m'a frappée hier", "SM1", "+14385550177")
    assert chain(teams)[0] == PARTNER and set(chain(teams)[-3:-1]) == {1, INVESTIGATOR}


def test_a_minor_or_danger_beats_no_police(teams: Crew) -> None:
    """ÉSUP first, as for anybody else."""
    teams.carrier.writes("pas de police svp, j'ai 15 ans", "SM1")
    assert chain(teams)[:2] == [1, 2]
    teams.carrier.writes("pas de police mais il va me tuer", "SM2", "+14385550177")
    assert chain(teams)[:2] == [1, 2]


def test_what_nobody_looked_at_rings_its_own_team(teams: Crew) -> None:
    """After half an hour, a case of the advisors': they are woken first."""
    in_the_menu(learning(teams.carrier)).presses("2")
    teams.carrier.post("/twilio/voice/status", {"CallSid": "CA1", "CallStatus": "completed", "From": CALLER})
    teams.clock.advance(minutes=31)
    assert teams.does("look") == ["woken"]
    assert set(chain(teams)[:2]) == {ADVISOR, NORTH}


def test_whoever_comes_on_duty_by_text_comes_for_their_own_team(teams: Crew) -> None:
    """A partner who is planned for their team and says EN SERVICE is not taken for ÉSUP."""
    with teams.store.turn() as conn:
        now = teams.clock.now()
        mondays = Rota(PARTNER, frozenset({0}), time(9), time(12), now.date(), ZONE, team="community")
        planning.replace_plan(conn, planning.Plan({"community": False}, [mondays], []), now)
        conn.exec_driver_sql(f"delete from overrides where responder_id = {PARTNER}")
        roster.go_on_duty(conn, PARTNER, now)
        found = [one for one in planning.shifts_between(conn, now, now) if one.responder_id == PARTNER]
    assert [one.team for one in found] == ["community"]


def test_the_sealed_snapshot_keeps_teams_and_roles(teams: Crew) -> None:
    """A web process that starts while SQL is away routes alike; a file of the version before is read."""
    found: Roster = teams.carrier.line.roster
    snapshot, _ = found.now()
    assert snapshot is not None and _unpacked(_packed(snapshot)) == snapshot
    older = _packed(snapshot).replace(b', "roles": ["advisor"]', b"").replace(b', ""]', b"]")
    assert isinstance(_unpacked(older).shifts[0], Shift)


def test_a_tip_that_wakes_nobody_is_read_in_four_hours_by_whom_it_is_for(teams: Crew) -> None:
    """Investigators first; once, though several texts came; its instants are whole hours."""
    for words in ("je veux signaler: des filles au motel Z, j'ai la plaque", "la plaque finit par 417"):
        teams.carrier.writes(words, teams.inbound())
    teams.does("fetch_tip")
    [due] = teams.carrier.rows("select due_at, created_at from work where kind = 'look_tip'")
    assert all((at.minute, at.second, at.microsecond) == (0, 0, 0) for at in due)  # type: ignore[attr-defined]
    teams.clock.advance(hours=4)
    assert teams.does("look_tip") == ["woken"]
    assert (chain(teams)[0], teams.carrier.rows("select priority, reason from pages")) == (
        INVESTIGATOR,
        [("P4", "renseignement")],
    )


def test_a_tip_that_was_read_or_taken_back_is_not_read_again(teams: Crew) -> None:
    """A page since it came is enough; a tip with nothing written in it wakes nobody."""
    teams.carrier.writes("je veux signaler: une fille qui a l'air d'avoir 15 ans au motel Z", teams.inbound())
    teams.does("fetch_tip")
    teams.clock.advance(hours=4)
    assert (teams.does("look_tip"), teams.carrier.count("pages")) == (["seen"], 1)
    with teams.store.turn() as conn:
        conn.exec_driver_sql("delete from attempts")
        conn.exec_driver_sql("delete from pages")
        conn.exec_driver_sql("update tip_parts set body_sealed = null, state = 'dropped'")
        conn.exec_driver_sql("update work set state = 'due' where kind = 'look_tip'")
    assert (teams.does("look_tip"), teams.carrier.count("pages")) == (["nothing to read"], 0)
