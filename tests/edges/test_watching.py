"""The watch over an accepted page: the end of a call that nobody could write down is found out at the carrier."""

from collections.abc import Iterator

import pytest

from hotline.rules.presence import EVERY
from tests.edges.line import CALLER, TEAM, Crew, Leg, Phone
from tests.edges.test_callbacks import dialled, promised
from workers.sweep import Sweep

A, B = TEAM[0][1], TEAM[1][1]
PAGE = "select state, person_gone_at is not null from pages"


@pytest.fixture
def sweep(crew: Crew) -> Iterator[Sweep]:
    sweep = Sweep(crew.hands)
    yield sweep
    sweep._pool.shutdown()


def answers(crew: Crew, number: str) -> None:
    """A telephone that rings is answered, and the carrier knows it."""
    device = crew.network.telephone.device(number)
    device.answers()
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="the call")


def hangs_up(crew: Crew, number: str) -> None:
    """A call ends at the carrier, whose news of it nobody takes."""
    device = crew.network.telephone.device(number)
    sid = str(device.call["sid"])
    device.hangs_up()
    status = crew.hands.gateway.call_status
    crew.network.telephone.eventually(lambda: status(sid) == "completed", what="the end of the call")


def accepted(crew: Crew) -> Leg:
    """Somebody waits on a live call; the first responder has answered and pressed 1."""
    crew.caller()
    crew.does("page")
    answers(crew, A)
    return crew.leg(A).accepts()


def looks(crew: Crew, sweep: Sweep) -> list[object]:
    """The next look of the watch, and what comes of it at once."""
    sweep.round()
    crew.clock.advance(seconds=EVERY.total_seconds())
    return crew.does("watch")


def test_an_accepted_page_is_looked_at_every_fifteen_seconds(crew: Crew, sweep: Sweep) -> None:
    """One row for one page, first after fifteen seconds; two live calls change nothing."""
    accepted(crew)
    for _ in range(3):
        sweep.round()
    assert (crew.waiting().count("watch"), crew.does("watch")) == (1, [])
    assert [looks(crew, sweep) for _ in range(3)] == [[None]] * 3
    assert crew.carrier.rows(PAGE) == [("accepted", False)]


def test_an_open_page_is_not_watched(crew: Crew, sweep: Sweep) -> None:
    """Its chain has deadlines of its own."""
    crew.waits()
    sweep.round()
    assert "watch" not in crew.waiting()


def test_a_responder_whose_end_was_lost_is_found_gone(crew: Crew, sweep: Sweep) -> None:
    """The page goes on, as if the news had come: the next person is rung."""
    accepted(crew)
    hangs_up(crew, A)
    assert looks(crew, sweep) == [None]
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.does("page"), crew.called()[:2]) == (["the page goes on"], [None], [A, B])


def test_a_person_whose_end_was_lost_is_found_gone(crew: Crew, sweep: Sweep) -> None:
    """The responder, alone in the room, is told; the page stays theirs."""
    leg = accepted(crew)
    hangs_up(crew, CALLER)
    assert looks(crew, sweep) == [None]
    assert (crew.carrier.rows(PAGE), crew.does("tell_gone")) == ([("accepted", True)], ["told"])
    assert leg.sid in crew.asked("/Calls/")[-1]["path"]


def test_two_who_met_and_left_unheard_are_done(crew: Crew, sweep: Sweep) -> None:
    """Nobody is woken for a call that took place."""
    leg = accepted(crew)
    leg.enters(leg.place.page, person=True)
    leg.enters(leg.place.page)
    for number in (CALLER, A):
        hangs_up(crew, number)
    looks(crew, sweep)
    assert crew.carrier.rows("select state, outcome from pages") == [("done", "met")]


def test_a_page_by_text_has_its_responder_watched(crew: Crew, sweep: Sweep) -> None:
    """A reader whose telephone went leaves the page to the next."""
    crew.carrier.writes("au secours")
    crew.does("page")
    answers(crew, A)
    crew.leg(A).accepts()
    hangs_up(crew, A)
    looks(crew, sweep)
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.carrier.rows("select state from pages")) == (["the page goes on"], [("open",)])


@pytest.mark.parametrize("answer", [429, 500, "timeout_after_accepting"])
def test_a_carrier_that_says_nothing_is_no_news(crew: Crew, sweep: Sweep, answer: int | str) -> None:
    """It is asked again fifteen seconds later, for as long as it takes."""
    accepted(crew)
    hangs_up(crew, A)
    rule = {"match": {"path_contains": "/Calls/", "method": "GET"}, "answer": answer, "times": 2}
    crew.network.telephone.weather(rule)
    looks(crew, sweep)
    assert crew.waiting().count("back") == 0
    looks(crew, sweep)
    assert crew.waiting().count("back") == 1


def test_a_watch_is_over_with_its_page(crew: Crew, sweep: Sweep) -> None:
    """Once the page is open or done its row is done; accepted again it gets another."""
    leg = accepted(crew)
    sweep.round()
    leg.becomes("completed")
    crew.clock.advance(seconds=2)
    crew.does("back")
    assert looks(crew, sweep) == ["nobody has it, or it is over"]
    crew.does("page")
    crew.leg(B).accepts()
    sweep.round()
    assert crew.waiting().count("watch") == 1


def test_a_call_the_carrier_never_heard_of(crew: Crew, sweep: Sweep) -> None:
    """The responder's: the team is woken again. The person's: nothing, they may be there."""
    crew.waits(Phone(crew.carrier, "CA" + "f" * 32))
    crew.does("page")
    leg = crew.leg(A).accepts()
    with crew.store.turn() as conn:
        sealed = crew.hands.sealer.seal_number("CA" + "e" * 32)
        conn.exec_driver_sql("update attempts set sid_sealed = %s where id = %s", (sealed, leg.place.attempt))
    looks(crew, sweep)
    assert (crew.waiting().count("back"), crew.carrier.rows(PAGE)) == (1, [("accepted", False)])


def test_an_end_that_is_known_is_not_told_again(crew: Crew, sweep: Sweep) -> None:
    """Who heard a person's texts may hang up and keep the conversation: one look notes it, the next ones are silent."""
    crew.carrier.writes("au secours")
    crew.does("page")
    answers(crew, A)
    crew.leg(A).accepts()
    hangs_up(crew, A)
    looks(crew, sweep)
    before = crew.carrier.count("work")
    for _ in range(3):
        sweep.round()
        crew.clock.advance(seconds=15)
        crew.does("watch")
    assert crew.carrier.count("work") == before


def test_a_key_that_comes_again_after_its_leg_is_over_does_not_keep_the_page(crew: Crew) -> None:
    """The page it accepts anew is given up anew: what was once given back for this leg is not remembered as done."""
    leg = accepted(crew)
    answered = leg.answers[-2]
    for _ in range(2):
        leg.becomes("completed")
        crew.clock.advance(seconds=2)
        crew.does("back")
        assert crew.carrier.rows("select state from pages") == [("open",)]
        leg.answers.append(answered)
        leg.presses("1")
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.carrier.rows("select state from pages")) == (["the page goes on"], [("open",)])


@pytest.mark.parametrize("answered", [False, True], ids=["rings", "answered"])
def test_a_callback_whose_end_was_lost_is_noted_by_the_responder(crew: Crew, sweep: Sweep, answered: bool) -> None:
    """Their telephone rang in vain, or they have talked: the responder is asked what came of it."""
    promised(crew)
    leg, person = dialled(crew)
    if answered:
        answers(crew, CALLER)
        person.answers_it()
    hangs_up(crew, CALLER) if answered else crew.network.telephone.device(CALLER).declines()
    status = crew.hands.gateway.call_status
    crew.network.telephone.eventually(lambda: status(person.sid) in ("completed", "busy"), what="the end")
    looks(crew, sweep)
    state = "ended" if answered else "busy"
    assert crew.carrier.rows("select state from callback_attempts") == [(state,)]
    assert (crew.does("tell_gone"), leg.sid in crew.asked("/Calls/")[-1]["path"]) == (["told"], True)


def test_a_leg_whose_rings_nobody_wrote_down_gets_its_name_with_the_key(crew: Crew, sweep: Sweep) -> None:
    """SQL went between the carrier's answer and the row: the responder is told all the same, and watched."""
    crew.caller()
    crew.does("page")
    answers(crew, A)
    leg = crew.leg(A)
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update attempts set state = 'sending', sid_key = null, sid_sealed = null, sent_at = null")
    leg.accepts()
    hangs_up(crew, CALLER)
    looks(crew, sweep)
    assert (crew.does("tell_gone"), leg.sid in crew.asked("/Calls/")[-1]["path"]) == (["told"], True)
