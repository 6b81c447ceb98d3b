"""Words for a person, by tables: which are ours to send, and when a responder must confirm them."""

from datetime import UTC, datetime, timedelta

import pytest

from hotline.rules.answers import refusal, target, verdict

NOW = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)  # the hour that comes twice


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("On est là. Êtes-vous seule?", None),
        ("We are here. Are you alone?", None),
        ("", "empty"),
        (" \n", "empty"),
        ("a" * 306, None),
        ("a" * 307, "long"),
        ("ê" * 134, None),
        ("ê" * 135, "long"),
        ("Ici la police, êtes-vous seule?", "names_us"),
        ("SPVM", "names_us"),
        ("Regardez https://exemple.test", "names_us"),
        ("Êtes-vous en sécurité? Dites-le nous, et quelqu'un va venir. Ce sera la police.", None),
    ],
)
def test_what_may_be_sent(words: str, why: str | None) -> None:
    """Two parts at most, and nothing on a locked screen that says who we are."""
    assert refusal(words) == why


@pytest.mark.parametrize(
    ("last", "confirmed", "agreed", "silent", "expected"),
    [
        (0, None, False, False, "now"),
        (600, None, False, False, "now"),
        (601, None, False, False, "ask"),
        (601, 0, False, False, "now"),
        (6000, 600, False, False, "now"),
        (6000, 601, False, False, "ask"),
        (86400, None, True, False, "now"),
        (0, 0, True, True, "never"),
    ],
)
def test_when_it_may_be_sent(last: float, confirmed: float | None, agreed: bool, silent: bool, expected: str) -> None:
    """Ten minutes from their last text or our confirmation, or the agreed hour; after silence was asked for, never."""
    at = None if confirmed is None else NOW - timedelta(seconds=confirmed)
    assert verdict(NOW, NOW - timedelta(seconds=last), at, agreed, silent) == expected


def test_the_more_urgent_is_answered_first() -> None:
    """The table of waits: a minute and a half in danger, five minutes in doubt, a quarter of an hour otherwise."""
    assert [target(each).total_seconds() for each in ("P1", "P?", "P2", "P5")] == [90, 300, 900, 900]
