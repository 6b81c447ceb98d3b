"""What responders say of their shifts by text: the roster follows, and both sides of a swap must agree."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from hotline.store import planning, roster, roster_watch
from tests.build import a_shift
from tests.edges.line import TEAM, Crew, eventually
from tests.edges.people import CHIEF, joins
from tests.edges.test_orders import A, B, Team


@pytest.fixture
def team(crew: Crew) -> Team:
    """A line with a team that writes; two of them are on duty for ever."""
    return Team(crew)


def on_duty(team: Team) -> list[int]:
    with team.crew.store.turn() as conn:
        return [one.responder_id for one in roster.on_duty(conn, team.crew.clock.now())]


def says(team: Team, words: str, number: str = A) -> str:
    """What a text is answered."""
    team.writes(words, number)
    [answer] = team.told(number)
    return answer


def test_off_duty_and_on_again(team: Team) -> None:
    """FIN and EN SERVICE, at once; said again, it is said that nothing changed."""
    assert says(team, "FIN") == "Service fini. Pour reprendre: EN SERVICE."
    assert (on_duty(team), says(team, "fin")) == ([2], "Vous n'êtes pas en service. Pour y entrer: EN SERVICE.")
    assert says(team, "en service").startswith("En service")
    assert on_duty(team) == [1, 2]


def test_who_leaves_nobody_behind_confirms_it(team: Team) -> None:
    """By six figures that are sent to their telephone: a forged sender ends no night. Then they may go."""
    says(team, "FIN", B)
    asked = says(team, "OFF DUTY")
    assert (asked.startswith("Après vous, il n'y a plus personne en service."), on_duty(team)) == (True, [1])
    says(team, "1 000000")
    assert on_duty(team) == [1]
    code = asked.split("1 ")[1][:6]
    assert "plus personne n'est en service" in says(team, f"1 {code}")
    assert on_duty(team) == []


def test_of_two_who_leave_at_once_one_confirms_it(team: Team) -> None:
    """Two texts in one instant, forged maybe: the second waits until the first has left."""
    with ThreadPoolExecutor(2) as both, team.crew.store.turn() as first:
        roster.one_leaves_at_a_time(first)
        for number in (A, B):
            both.submit(team.writes, "FIN", number)
        eventually(lambda: waiting_for_it(team) == 2)
    assert len(on_duty(team)) == 1


def waiting_for_it(team: Team) -> object:
    [(waiting,)] = team.crew.carrier.rows("select count(*) from pg_locks where locktype = 'advisory' and not granted")
    return waiting


def test_a_code_to_end_duty_is_one_telephones_and_dies(team: Team) -> None:
    """Nobody else's word ends it, and after twenty minutes theirs does not either."""
    says(team, "FIN", B)
    code = says(team, "FIN").split("1 ")[1][:6]
    says(team, f"1 {code}", B)
    team.crew.clock.advance(minutes=21)
    says(team, f"1 {code}")
    assert on_duty(team) == [1]


def test_a_supervisor_hears_of_a_planned_shift_that_is_cut(team: Team) -> None:
    """At once; of a shift that was only said, nobody does."""
    joins(team.crew, CHIEF, "supervisor")
    planned(team)
    with team.crew.store.turn() as conn:
        now = team.crew.clock.now()
        a_shift(conn, 1, now - timedelta(hours=1), now + timedelta(hours=1), "calendar")
        a_shift(conn, 2, now - timedelta(hours=1), now + timedelta(hours=1))
    for number, told in ((A, ["Une personne a fini son service avant l'heure, par texto. Pour voir qui reste: QUI."]),
                         (B, [])):  # fmt: skip
        team.writes("FIN", number)
        assert team.told(CHIEF) == told
        team.writes("EN SERVICE", A)
        team.told()


def test_who(team: Team) -> None:
    """Names in the order they are rung; with nobody, who rings instead."""
    assert says(team, "QUI") == f"En service: {TEAM[0][0]}, {TEAM[1][0]}."
    says(team, "FIN", B)
    says(team, f"1 {says(team, 'FIN').split('1 ')[1][:6]}")
    assert says(team, "who?").startswith("Personne n'est en service")


def test_a_pause_puts_others_first(team: Team) -> None:
    """PAUSE 30: last, not left out; and not for somebody who is not on duty."""
    assert says(team, "PAUSE 30").startswith("Pause jusqu'à ")
    assert on_duty(team) == [2, 1]
    says(team, "FIN", B)
    assert says(team, "pause", B).startswith("Vous n'êtes pas en service")


def test_ok_is_noted(team: Team) -> None:
    """An OK is thanked for, whatever it answered."""
    assert says(team, "OK") == "Merci, c'est noté."


@pytest.mark.parametrize("words", ["OK", "oui", "👍"])
def test_a_yes_before_a_shift_is_an_answer(team: Team, words: str) -> None:
    """The text before a shift is answered by OK, and by a bare yes while no page is waiting for one."""
    now = team.crew.clock.now()
    with team.crew.store.turn() as conn:
        check = roster_watch.plan_check(conn, 1, now + timedelta(hours=1))
        roster_watch.asked(conn, check or 0, now)
    assert says(team, words) == "Merci, c'est noté."
    assert team.crew.carrier.rows("select answered_at is not null from shift_checks") == [(True,)]


def planned(team: Team) -> None:
    """Each of the two has a shift of their own to come."""
    with team.crew.store.turn() as conn:
        conn.exec_driver_sql("delete from shifts")
        now = team.crew.clock.now()
        for responder, days in ((1, 1), (2, 2)):
            begins = now + timedelta(days=days)
            a_shift(conn, responder, begins, begins + timedelta(hours=8), "calendar")


def of(team: Team, days: int) -> list[int]:
    """Who is planned in an hour of that day."""
    with team.crew.store.turn() as conn:
        at = team.crew.clock.now() + timedelta(days=days, hours=1)
        return [one.responder_id for one in planning.shifts_between(conn, at, at)]


def figures(offer: str) -> str:
    """The number of a swap, as its offer has it: drawn, so that nobody agrees to what they have not read."""
    return offer.removeprefix("Échange ")[:3]


def test_a_swap_is_nothing_until_both_agree(team: Team) -> None:
    """Offered by one, read by the other, agreed to under its figures: then each has the other's shift."""
    planned(team)
    team.writes("échange relève")
    [offer] = team.told(B)
    code = figures(offer)
    assert (offer.startswith(f"Échange {code}: Intervention vous donne son quart"), of(team, 1)) == (True, [1])
    team.writes(f"oui {code}", B)
    assert team.told() == [f"Échange {code}: Relève accepte. C'est fait."]
    assert (of(team, 1), of(team, 2)) == ([2], [1])


@pytest.mark.parametrize("words", ["non {}", "2 {}"])
def test_a_swap_that_is_declined_changes_nothing(team: Team, words: str) -> None:
    """And whoever offered it is told."""
    planned(team)
    team.writes("donne relève")
    [offer] = team.told(B)
    assert "vous demande de prendre son quart" in offer
    team.writes(words.format(figures(offer)), B)
    assert (team.told(), of(team, 1)) == ([f"Échange {figures(offer)}: Relève refuse. Rien ne change."], [1])


def test_a_swap_with_nobody_or_for_nothing(team: Team) -> None:
    """A name nobody has, no shift to give, and figures of no offer."""
    assert says(team, "échange Personne").startswith("Personne de ce nom")
    assert says(team, "échange relève").startswith("Pas d'échange possible")
    assert says(team, "oui 999") == "Aucun échange sous ce numéro."


def test_who_offered_a_swap_cannot_agree_to_it(team: Team) -> None:
    """Both sides, not one of them twice."""
    planned(team)
    team.writes("échange relève")
    team.told()
    assert says(team, "oui 001") == "Aucun échange sous ce numéro."
    assert of(team, 1) == [1]
