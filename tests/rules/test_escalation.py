"""Escalation by tables: who is added, and when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.rules.escalation import (
    Add,
    Redial,
    Rest,
    State,
    Tried,
    Wait,
    makes_way,
    next_move,
    night_began,
    wanted,
)

T0 = datetime(2026, 3, 8, 6, 40, tzinfo=UTC)
CHAIN = (11, 12, None)


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def call(position: int, state: State, at: float = 0, ringing: float | None = None, round_: int = 0) -> Tried:
    rang = None if ringing is None else after(ringing)
    return Tried(CHAIN[position], round_, position, "call", state, after(at), after(at), rang)


def test_the_first_in_the_chain_rings_at_once() -> None:
    """A page nobody was told of rings the first person now."""
    assert next_move(True, CHAIN, [], T0) == Add(11, 0, 0, again=False)


@pytest.mark.parametrize(
    ("tried", "now", "expected"),
    [
        ([call(0, "ringing", 0, 2)], 10, Wait(after(27))),
        ([call(0, "ringing", 0, 2)], 27, Add(12, 0, 1, False)),
        ([call(0, "answered", 0, 2)], 27, Add(12, 0, 1, False)),
        ([call(0, "sent", 0)], 28, Wait(after(29))),
        ([call(0, "sent", 0)], 29, Add(12, 0, 1, False)),
        ([call(0, "busy", 0, 2)], 3, Add(12, 0, 1, False)),
        ([call(0, "declined", 0, 2)], 3, Add(12, 0, 1, False)),
        ([call(0, "failed", 0)], 1, Add(12, 0, 1, False)),
        ([call(0, "unknown", 0)], 5, Add(12, 0, 1, False)),
        ([call(0, "ended", 0, 2)], 9, Add(12, 0, 1, False)),
        ([call(0, "no_answer", 0, 2), call(1, "ringing", 27, 29)], 40, Wait(after(54))),
        ([call(0, "ringing", 0, 2), call(1, "busy", 27, 28)], 29, Add(None, 0, 2, False)),
    ],
)
def test_when_the_next_person_is_added(tried: list[Tried], now: float, expected: object) -> None:
    """25 s from ringing, or at once when the telephone will not be answered."""
    assert next_move(True, CHAIN, tried, after(now)) == expected


def test_an_undelivered_text_adds_the_next_while_the_call_rings() -> None:
    """A text that failed is a sign that the telephone is off."""
    text = Tried(11, 0, 0, "text", "failed", T0)
    assert next_move(True, CHAIN, [call(0, "ringing", 0, 2), text], after(4)) == Add(12, 0, 1, False)


def test_after_the_fallback_the_chain_starts_again() -> None:
    """The chain never ends: it starts again with the operator alarmed."""
    tried = [call(0, "no_answer"), call(1, "no_answer", 25), call(2, "no_answer", 50, 52)]
    assert next_move(True, CHAIN, tried, after(80)) == Add(11, 1, 0, again=True)


def test_a_telephone_still_ringing_is_not_rung_twice() -> None:
    """The second round passes over whoever is still ringing from the first."""
    tried = [call(0, "ringing", 0, 2), call(1, "busy", 27), call(2, "busy", 28)]
    assert next_move(True, CHAIN, tried, after(60)) == Add(12, 1, 1, again=True)


def test_when_everyone_fails_at_once_the_chain_does_not_spin() -> None:
    """A carrier that refuses every call is tried again every ten seconds, not in a loop."""
    tried = [call(0, "failed", 0), call(1, "failed", 1), call(2, "failed", 2)]
    assert next_move(True, CHAIN, tried, after(3)) == Wait(after(12))


def test_a_worker_that_died_before_sending_is_not_waited_for() -> None:
    """An attempt written but never sent counts for ten seconds."""
    dead = Tried(11, 0, 0, "call", "sending", T0)
    assert next_move(True, CHAIN, [dead], after(10)) == Add(12, 0, 1, False)


def test_an_accepted_page_rests() -> None:
    """Nobody is rung for a page that a human has."""
    assert next_move(False, CHAIN, [], T0) == Rest()


@pytest.mark.parametrize("people", [1, 2, 3, 4])
def test_a_chain_nobody_answers_reaches_the_fallback_within_two_minutes(people: int) -> None:
    """Everyone ringing and nobody answering, the fallback number rings within 25 s a person and their ringing."""
    chain = (*range(people), None)
    tried: list[Tried] = []
    second = 0
    while not any(t.responder is None for t in tried):
        move = next_move(True, chain, tried, after(second))
        if isinstance(move, Add):
            tried.append(
                Tried(
                    move.responder,
                    move.round,
                    move.position,
                    "call",
                    "ringing",
                    after(second),
                    after(second),
                    after(second + 2),
                )
            )
        second += 1
    assert second <= people * 28 + 1


def test_a_call_of_which_no_news_comes_is_over_after_its_time() -> None:
    """A lost callback does not take a telephone out of the chain for ever."""
    tried = [call(position, "ringing", 30 * position, 30 * position + 2) for position in range(3)]
    assert next_move(True, CHAIN, tried, after(101)) == Wait(after(103))
    assert next_move(True, CHAIN, tried, after(103)) == Add(11, 1, 0, again=True)


# ── a second call to the same person ──────────────────────────────────────────────────────────────────────────────


def over(state: State, at: float, position: int = 0) -> Tried:
    """A first step that was over at that second; it rang at 2."""
    return Tried(CHAIN[position], 0, position, "call", state, after(0), after(0), after(2), after(at))


NEXT = Tried(12, 0, 1, "call", "ringing", after(5), after(5), after(6))


@pytest.mark.parametrize(
    ("first", "now", "expected"),
    [
        (over("busy", 4), 4, Add(12, 0, 1, False)),
        (over("busy", 4), 12, Redial(11)),
        (over("busy", 4), 11, Wait(after(12))),
        (over("no_answer", 10), 18, Redial(11)),
        (over("ended", 30), 38, Add(None, 0, 2, False)),
        (over("ended", 20), 28, Redial(11)),
        (over("no_answer", 27), 35, Add(None, 0, 2, False)),
        (over("no_answer", 27), 30, Wait(after(31))),
        (over("declined", 4), 12, Wait(after(31))),
        (over("failed", 4), 12, Wait(after(31))),
        (over("unknown", 4), 12, Wait(after(31))),
    ],
)
def test_who_was_busy_or_gone_early_is_rung_again_in_their_step(first: Tried, now: float, expected: object) -> None:
    """Beside the next person, who is added at once all the same; never after a no, a failure or a long ringing."""
    assert next_move(True, CHAIN, [first] if now == 4 else [first, NEXT], after(now)) == expected


def test_a_second_call_is_the_last_of_a_step() -> None:
    """Busy again: the chain goes on, and does not come back to them before the next round."""
    again = Tried(11, -1, 0, "call", "busy", after(12), after(12), None, after(13))
    assert next_move(True, CHAIN, [over("busy", 4), NEXT, again], after(25)) == Wait(after(31))


def test_a_second_call_that_rings_moves_nothing() -> None:
    """It is no step: the next person is added as if it were not there, and it is not rung a third time."""
    again = Tried(11, -1, 0, "call", "ringing", after(12), after(12), after(13))
    assert next_move(True, CHAIN, [over("busy", 4), NEXT, again], after(31)) == Add(None, 0, 2, False)


# ── several pages at once ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("engaged", "expected"),
    [({11}, (12, 1)), ({11, 12}, (None, 2)), ({11, 12, None}, (11, 0)), ({99}, (11, 0))],
)
def test_who_is_on_another_page_is_rung_after_who_is_not(
    engaged: set[int | None], expected: tuple[int | None, int]
) -> None:
    """The fallback number too comes before somebody who has a page; when nobody is free, the order of the chain."""
    assert next_move(True, CHAIN, [], T0, frozenset(engaged)) == Add(expected[0], 0, expected[1], again=False)


def test_who_was_passed_over_and_is_free_again_comes_next() -> None:
    """In the same round, before whoever comes later in the chain."""
    assert next_move(True, CHAIN, [call(1, "busy")], after(1)) == Add(11, 0, 0, again=False)


def test_who_is_on_another_page_is_not_rung_a_second_time() -> None:
    """Their line is busy with it."""
    assert next_move(True, CHAIN, [over("busy", 4), NEXT], after(12), frozenset({11})) == Wait(after(31))


def test_pages_nobody_was_rung_for_want_one_person_each() -> None:
    """The most pressing first; who is engaged is not what they want while somebody is free."""
    assert wanted([CHAIN, CHAIN], frozenset()) == {11, 12}
    assert wanted([CHAIN], frozenset({11})) == {12}
    assert wanted([], frozenset({11})) == frozenset()


@pytest.mark.parametrize(
    ("priority", "last", "now", "expected"),
    [
        ("P3", 10.0, 10.4, 11.0),
        ("P3", 10.0, 11.0, None),
        ("P3", None, 10.0, None),
        ("P4", 61.0, 61.5, None),
        ("P1", 10.0, 10.4, None),
        ("P2", 10.0, 10.4, None),
        ("P?", 10.0, 10.4, None),
    ],
)
def test_calls_that_press_less_make_way(priority: str, last: float | None, now: float, expected: float | None) -> None:
    """One second after a page's call, a minute at most; a page of somebody who waits makes way for nothing."""
    way = makes_way(priority, T0, None if last is None else after(last), after(now))
    assert way == (None if expected is None else after(expected))


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-11-20T23:30-05:00", "2026-11-20T21:00-05:00"),
        ("2026-11-21T02:40-05:00", "2026-11-20T21:00-05:00"),
        ("2026-11-21T07:00-05:00", None),
        ("2026-11-01T06:59-05:00", "2026-10-31T21:00-04:00"),
    ],
)
def test_a_night_goes_from_evening_to_morning(local: str, expected: str | None) -> None:
    """In Montréal, also when the clocks change in it."""
    began = night_began(datetime.fromisoformat(local), ZoneInfo("America/Toronto"))
    assert began == (datetime.fromisoformat(expected) if expected else None)
