"""Escalation by tables: who is added, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from hotline.rules.escalation import Add, Rest, State, Tried, Wait, next_move

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
