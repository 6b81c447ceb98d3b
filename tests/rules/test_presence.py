"""Who is gone from a page that a responder has, by the carrier's words."""

import pytest

from hotline.rules.presence import NOWHERE, OVER, Side, gone

THERE = ("queued", "initiated", "ringing", "in-progress")


@pytest.mark.parametrize("word", sorted(OVER))
def test_a_call_that_is_over_is_gone(word: str) -> None:
    """Whatever ended it, and on either side."""
    assert (gone({"team": word}), gone({"person": word})) == (("team",), ("person",))


@pytest.mark.parametrize("word", [*THERE, None, "a word of tomorrow"])
def test_in_doubt_both_are_there(word: str | None) -> None:
    """A call that goes on, a carrier that says nothing, a word nobody knows: nothing is done."""
    assert gone({"team": word, "person": word}) == ()


def test_the_person_is_gone_before_the_responder() -> None:
    """Two who met and have both left are done; told the other way round the team would be woken again."""
    said: dict[Side, str | None] = {"team": "completed", "person": "completed"}
    assert gone(said) == ("person", "team")


def test_a_call_the_carrier_knows_nothing_of_is_a_reason_to_ring_and_none_to_hang_up() -> None:
    """The team is woken again, which harms nobody; a responder is never told that a person is gone on a guess."""
    assert (gone({"team": NOWHERE}), gone({"person": NOWHERE})) == (("team",), ())


def test_who_was_not_asked_about_is_there() -> None:
    """A page by text has no call of a person's; one accepted by text has none of a responder's."""
    assert gone({}) == ()
