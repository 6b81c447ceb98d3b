"""A call handed over warmly, over the real app, workers and database: never two owners, and never nobody."""

from dataclasses import replace

import pytest

from hotline.rules.phone import for_responder
from hotline.store import attempts, pages, roster
from tests.edges.line import TEAM, Crew, Leg
from tests.edges.test_ending import Seeing

A, B, C = TEAM[0][1], TEAM[1][1], "+15145550144"


def asks(crew: Crew, leg: Leg) -> str:
    """`*`, then the choice to pass the call on; what they hear on the way back into the room."""
    leg.posts(leg.address("Dial", "action"), DialCallStatus="completed")
    leg.presses("2")
    heard = leg.presses("1")
    crew.clock.advance(seconds=2)
    return heard


def third(crew: Crew) -> None:
    """Somebody comes on duty who is not in the chain of the page."""
    line = crew.carrier.line
    with line.store.turn() as conn:
        number = for_responder(C)
        roster.add_responder(conn, line.sealer, "Nuit", number, "deputy", ["fr"], True, line.clock.now())
    line.roster.refresh()


def owner(crew: Crew) -> str:
    """Who has the page."""
    page = crew.page()
    if page.state != "accepted" or page.accepted_responder is None:
        return page.state
    with crew.store.turn() as conn:
        row = roster.by_id(conn, page.accepted_responder)
    assert row is not None
    return crew.hands.sealer.open_number(row.phone_sealed)


def test_the_second_has_the_call_from_their_key_on_and_the_first_may_stay_or_go(crew: Crew) -> None:
    """Until the key it is the first's; nobody is brought anywhere, and the first's leaving ends nothing."""
    first = crew.met()
    redirected = len(crew.asked("/Calls/CA1"))
    assert "L'appel reste à vous" in asks(crew, first) and "<Conference" in first.answers[-1]
    assert (crew.does("relay"), crew.called(), owner(crew)) == ([None], [A, B], A)
    second = crew.leg(B).answers_it()
    assert "Relais. Code" in second.answers[-1] and "Urgence" not in second.answers[-1]
    crew.clock.advance(seconds=5)
    heard = second.presses("1")
    assert "Parlez." in heard and f'participantLabel="responder-{second.place.attempt}"' in heard
    assert (owner(crew), "bring" in crew.waiting()) == (B, False)
    assert second.presses("1") and "bring" not in crew.waiting()
    first.becomes("completed")
    crew.clock.advance(seconds=3)
    assert (crew.does("back"), owner(crew), len(crew.asked("/Calls/CA1"))) == ([], B, redirected)
    crew.clock.advance(minutes=1)
    assert crew.does("relay") == ["it is another's, open or over"]


def test_whoever_took_it_over_may_pass_it_on_in_turn(crew: Crew) -> None:
    """At once, though the first wish is not looked at again yet; the first, gone home, may be the one who is asked."""
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    crew.clock.advance(seconds=5)
    second = crew.leg(B).accepts()
    assert "Personne d'autre n'est libre" in asks(crew, second)  # the first is in the room
    first.becomes("completed")
    assert "L'appel reste à vous" in asks(crew, second)
    assert (crew.does("relay"), crew.called(), owner(crew)) == ([None], [A, B, A], B)


def test_when_the_second_leaves_the_person_waits_again(crew: Crew) -> None:
    """The end of the leg of whoever has it does what it always did."""
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    second = crew.leg(B).accepts()
    first.becomes("completed")
    second.becomes("completed")
    crew.clock.advance(seconds=3)
    assert (crew.does("back"), owner(crew)) == (["the page goes on"], "open")


def taken_over(crew: Crew, inside: tuple[str, ...], calls: str) -> tuple[Leg, Leg]:
    """B has taken the call over, and A is in their menu; then B's telephone is gone, and these are in the room."""
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    second = crew.leg(B).accepts()
    second.enters(second.place.page)
    first.posts(first.address("Dial", "action"))
    crew.hands = replace(crew.hands, gateway=Seeing(crew.hands.gateway, inside, calls))  # type: ignore[arg-type]
    second.becomes("completed")
    crew.clock.advance(seconds=3)
    return first, second


def test_when_the_second_leaves_early_it_is_the_firsts_who_is_in_their_menu(crew: Crew) -> None:
    """They said that they come back: the person is moved nowhere, nobody else is rung, and 4 is the room again."""
    first, _ = taken_over(crew, ("person",), "in-progress")
    moved = len(crew.asked("/Calls/CA1"))
    assert (crew.does("back"), owner(crew)) == (["who is in the room has it"], A)
    assert "<Conference" in first.presses("4")
    assert (crew.called(), len(crew.asked("/Calls/CA1"))) == ([A, B], moved)
    first.becomes("completed")
    crew.clock.advance(seconds=3)
    crew.hands = replace(crew.hands, gateway=Seeing(crew.hands.gateway, ("person",)))  # type: ignore[arg-type]
    assert (crew.does("back"), owner(crew)) == (["the page goes on"], "open")


@pytest.mark.parametrize(("inside", "calls"), [(("person",), "completed"), ((), "in-progress")])
def test_when_the_second_leaves_early_and_nobody_is_there_it_goes_on(
    crew: Crew, inside: tuple[str, ...], calls: str
) -> None:
    """The first's call is over too, though nobody has told; or the person is in no room."""
    taken_over(crew, inside, calls)
    assert (crew.does("back"), owner(crew)) == (["the page goes on"], "open")


@pytest.mark.parametrize("no", ["the key", "a busy line", "a telephone that cannot be rung", "a minute"])
def test_who_does_not_take_it_is_followed_by_the_next(crew: Crew, no: str) -> None:
    """Whoever came on duty since comes after the chain; the call stays with the first all the while."""
    third(crew)
    first = crew.met()
    asks(crew, first)
    if no == "a telephone that cannot be rung":
        crew.weather(400, "/Calls.json")
    crew.does("relay")
    if no == "the key":
        assert "reste à la personne qui l'a" in crew.leg(B).answers_it().presses("2")
    elif no == "a busy line":
        crew.leg(B).becomes("busy")
    elif no == "a minute":
        crew.leg(B).answers_it()
        crew.clock.advance(seconds=60)
    assert (crew.does("relay"), crew.called(), owner(crew)) == ([None], [A, B, C], A)
    hung_up = [form["form"]["Status"] for form in crew.asked("/Calls/", Status="completed")]
    assert hung_up == (["completed"] if no == "a minute" else [])


def test_when_nobody_comes_the_first_alone_is_told(crew: Crew) -> None:
    """In their ear; while they are in their menu it is said later. They may ask again, and all are asked again."""
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    crew.leg(B).becomes("no-answer")
    assert (crew.does("relay"), owner(crew)) == ([None], A)
    [told] = crew.asked("/Participants/")
    assert told["path"].endswith(f"/Participants/responder-{first.place.attempt}.json")
    said = crew.carrier.post(told["form"]["AnnounceUrl"].removeprefix(crew.network.line_url), {"CallSid": first.sid})
    assert "Il reste à vous." in said.text
    crew.clock.advance(minutes=3)
    assert crew.does("relay") == ["nobody came, not told 20404"]
    asks(crew, first)
    assert (crew.does("relay"), crew.called()) == ([None], [A, B, B])


def test_with_nobody_free_they_hear_so_at_once(crew: Crew) -> None:
    """B has another person's call."""
    first = crew.met()
    crew.carrier.post("/twilio/voice", {"CallSid": "CA9", "From": "+14385550123", "CallStatus": "ringing"})
    with crew.carrier.line.store.turn() as conn:
        contact, case = conn.exec_driver_sql("select contact_id, case_id from pages").one()
        conn.exec_driver_sql("update pages set contact_id = (select max(id) from contacts)")
        page, _ = pages.ensure(conn, contact, case, "P1", "fr", "neuf", False, False, [None], crew.clock.now())
        [b] = [row.id for row in roster.all_responders(conn) if crew.hands.sealer.open_number(row.phone_sealed) == B]
        pages.claim(conn, page, attempts.plan(conn, page, b, 0, 0, "call", crew.clock.now()), crew.clock.now())
    assert "Personne d'autre n'est libre" in asks(crew, first)
    assert "relay" not in crew.waiting()


def test_who_no_longer_has_it_cannot_pass_it_on(crew: Crew) -> None:
    """The first, still in the room, is told so; their star tells the person nothing."""
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    crew.clock.advance(seconds=5)
    crew.leg(B).accepts()
    crew.does("step_out")
    assert "n'est plus à vous" in asks(crew, first)
    assert "step_out" not in crew.waiting()


def test_the_first_hangs_up_before_anybody_accepted(crew: Crew) -> None:
    """As without a wish: the person waits again, the page goes on, and the telephone that rings may take it."""
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    first.becomes("completed")
    assert crew.does("relay") == []
    crew.clock.advance(seconds=3)
    assert (crew.does("back"), owner(crew)) == (["the page goes on"], "open")
    crew.leg(B).accepts()
    assert (owner(crew), "bring" in crew.waiting()) == (B, True)


def test_the_second_accepts_while_the_firsts_telephone_dies(crew: Crew) -> None:
    """In those two seconds: it is the second's, and the late word about the first takes it from nobody."""
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    second = crew.leg(B).answers_it()
    first.becomes("completed")
    second.presses("1")
    crew.clock.advance(seconds=3)
    assert (crew.does("back"), owner(crew)) == (["nothing to do"], B)


def test_a_leg_that_rang_for_an_earlier_owner_takes_nothing(crew: Crew) -> None:
    """B had been asked by A; A is gone and C has the page now: B's key is too late."""
    third(crew)
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    second = crew.leg(B).answers_it()
    first.becomes("completed")
    crew.clock.advance(seconds=3)
    crew.does("back")
    crew.does("page")
    crew.clock.advance(seconds=1)
    crew.leg(C).accepts()
    assert "a déjà accepté" in second.presses("1")
    assert owner(crew) == C


def test_of_two_who_were_asked_the_first_key_wins(crew: Crew) -> None:
    """B answers after their minute, C is ringing already: one of them has it, and the other hears who."""
    third(crew)
    first = crew.met()
    asks(crew, first)
    crew.does("relay")
    late = crew.leg(B).answers_it()
    crew.clock.advance(seconds=60)
    crew.does("relay")
    crew.clock.advance(seconds=1)
    crew.leg(C).accepts()
    assert "Nuit a déjà accepté" in late.presses("1")
    assert owner(crew) == C


def test_after_55_the_second_comes_in_unheard_and_nothing_is_said_to_the_person(crew: Crew) -> None:
    """The room stays as silent as it was."""
    first = crew.met("5")
    asks(crew, first)
    assert "step_out" in crew.waiting() and crew.does("step_out") == ["nothing to do"]
    crew.does("relay")
    heard = crew.leg(B).accepts().answers[-1]
    assert 'muted="true"' in heard and "Écoutez." in heard
    assert crew.asked("/Participants/") == []
