"""When a promised call may be made: what people say, both nights on which the clocks change, and what follows a try."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotline.rules import callbacks as rules
from hotline.rules import saying
from hotline.rules.callbacks import Done, Human, Next, Window

ZONE = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # a Friday, 18:30 in Montréal
SPRING = datetime(2027, 3, 14, 4, 0, tzinfo=UTC)  # 23:00 the evening before two o'clock is skipped
AUTUMN = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)  # 23:00 the evening before one o'clock comes twice
LATER = AUTUMN + timedelta(hours=3)  # half past one was, and will be again

SAID = {
    "dem 14h": "sat 14:00", "demain 14 h 30": "sat 14:30", "2pm": "sat 14:00",
    "tmrw btw 2 and 3": "sat 14:00",
    "can someone call me tmrw btw 2 and 3 he works then. dont leave msg": "sat 14:00",
    "ce soir 20h30": "fri 20:30",
    "14 h 30": "sat 14:30", "1430": "sat 14:30", "14:30": "sat 14:30",
    "14 30": "sat 14:30", "0200": "sat 02:00", "1830": "fri 18:30",
    "1826": "fri 18:26", "1824": "sat 18:24", "now": "fri 18:30",
    "maintenant": "fri 18:30", "dans 2 heures": "fri 20:30", "in 30 minutes": "fri 19:00",
    "in half an hour": "fri 19:00", "lundi 9h": "mon 09:00", "friday 6pm": "fri 18:00",
    "friday 7pm": "fri 19:00", "noon tomorrow": "sat 12:00", "minuit": "sat 00:00",
    "7 h du soir": "fri 19:00", "8 h et demie": "sat 08:30", "8 h et quart": "sat 08:15",
    "2 30 p m": "sat 14:30", "12 am": "sat 00:00", "12 pm": "sat 12:00",
    "après-demain 10h": "sun 10:00", "à 7": "sat 07:00", "5": "sat 17:00",
    "2main 3h": "sat 15:00", "TOMORROW 9AM": "sat 09:00", "entre 14h et 16h": "sat 14:00",
    "demain midi": "sat 12:00",
}  # fmt: skip
NONSENSE = [
    "",
    "rappel",
    "demain",
    "2460",
    "9999",
    "2400",
    "5145550123",
    "25h",
    "aujourd'hui 8h",
    "14h99",
    "un jour",
    "💤",
]


def local(window: Window | None) -> str:
    return window.starts_at.astimezone(ZONE).strftime("%a %H:%M").lower() if window else "nothing"


def test_what_people_say() -> None:
    """Words, joual, text-speak and four figures mean an hour that is still to come."""
    found = {said: rules.window(said, NOW, ZONE) for said in SAID}
    assert {said: local(window) for said, window in found.items()} == SAID
    assert {window and window.ends_at - window.starts_at for window in found.values()} == {timedelta(hours=1)}


def test_what_is_no_hour() -> None:
    """It is asked again."""
    assert [said for said in NONSENSE if rules.window(said, NOW, ZONE) is not None] == []


@pytest.mark.parametrize(
    ("now", "said", "start", "words"),
    [
        (SPRING, "0130", "06:30", "demain, entre une heure trente et trois heures trente, heure de Montréal"),
        (SPRING, "0230", "07:30", "demain, entre trois heures trente et quatre heures trente, heure de Montréal"),
        (SPRING, "0300", "07:00", "demain, entre trois heures et quatre heures, heure de Montréal"),
        (AUTUMN, "0030", "04:30", "demain, entre minuit trente et une heure trente, heure de Montréal"),
        (AUTUMN, "0130", "05:30", "demain, à une heure trente, avant le changement d'heure, heure de Montréal"),
        (LATER, "0130", "06:30", "aujourd'hui, entre une heure trente et deux heures trente, heure de Montréal"),
        (AUTUMN, "0200", "07:00", "demain, entre deux heures et trois heures, heure de Montréal"),
    ],
)  # fmt: skip
def test_the_nights_on_which_the_clocks_change(now: datetime, said: str, start: str, words: str) -> None:
    """An hour that is skipped begins when the clocks have jumped; of one that comes twice, the next to come."""
    found = rules.window(said, now, ZONE)
    assert found is not None and found.starts_at.strftime("%H:%M") == start
    assert saying.window(found.starts_at, found.ends_at, now, ZONE, "fr").said == words


def test_after_three_windows_a_human_decides() -> None:
    """The machine does not go on for ever."""
    assert rules.next_window(NOW, 3, NOW, ZONE) == Human("three windows")


CURRENT = rules.soon(NOW)
AFTER = {
    ("reached", 1, 5): Done,
    ("someone_else", 1, 5): Human,
    ("no_answer", 1, 5): 1,
    ("no_answer", 2, 5): 2,
    ("no_answer", 1, 50): 2,
    ("machine", 1, 5): 2,
}


@pytest.mark.parametrize(("outcome", "tries", "minutes"), AFTER)
def test_what_follows_an_outcome(outcome: rules.Outcome, tries: int, minutes: int) -> None:
    """No answer: once more in the window if ten minutes are left of it; a machine: the next window only."""
    now = NOW + timedelta(minutes=minutes)
    found = rules.after_dialling(outcome, NOW, 1, tries, CURRENT, now, ZONE)
    expected = AFTER[outcome, tries, minutes]
    if isinstance(found, Next):
        assert found.number == expected
    else:
        assert isinstance(found, expected)  # type: ignore[arg-type]
    assert not isinstance(found, Next) or found.due_at >= now + rules.AGAIN_AFTER


MAY = {
    None: {},
    "never": {"never": True},
    "short-code": {"number": "911"},
    "premium": {"number": "+19005550123"},
    "region": {"number": "+18765550123"},
    "satellite": {"number": "+881612345678"},
    "early": {"now": NOW - timedelta(seconds=1)},
    "late": {"now": NOW + timedelta(hours=1)},
    "running": {"tries": ["ringing"]},
    "enough": {"tries": ["no_answer", "unknown"]},
}


@pytest.mark.parametrize("reason", MAY)
def test_who_may_be_dialled(reason: str | None) -> None:
    """Each refusal has its code; two calls in a window are enough."""
    about = {"number": "+15145550123", "current": CURRENT, "tries": ["no_answer"], "never": False, "now": NOW}
    assert rules.may_dial(**{**about, **MAY[reason]}) == reason  # type: ignore[arg-type]


@pytest.mark.parametrize("second", [0, 1, 59, 60, 61])
def test_a_window_is_over_at_its_last_second(second: int) -> None:
    """At its end nobody is dialled any more."""
    now = CURRENT.ends_at + timedelta(seconds=second)
    assert rules.may_dial("+15145550123", CURRENT, [], False, now) == "late"


def test_how_it_is_said_and_written() -> None:
    """Figures for the eye, words for the ear, the day in both."""
    at = datetime(2026, 11, 21, 19, 5, tzinfo=UTC)
    french = saying.window(at, at + timedelta(hours=1), NOW, ZONE, "fr")
    english = saying.window(at, at + timedelta(hours=1), NOW, ZONE, "en")
    assert french.written == "demain entre 14 h 05 et 15 h 05 (heure de Montréal)"
    assert french.said == "demain, entre quatorze heures cinq et quinze heures cinq, heure de Montréal"
    assert english.written == "tomorrow between 2:05 p.m. and 3:05 p.m. (Montréal time)"
    assert english.said.startswith("tomorrow, between two oh five in the afternoon and three oh five")
    assert saying.telephone("+15145550123", "fr").said == "cinq, un, quatre; cinq, cinq, cinq; zéro, un, deux, trois"


def test_every_number_below_sixty_has_words() -> None:
    """As a minute may be any of them."""
    for language in ("fr", "en"):
        assert len({saying.number(n, language) for n in range(60)}) == 60  # type: ignore[arg-type]
    assert [saying.number(n, "fr") for n in (21, 22, 50, 59)] == [
        "vingt et un",
        "vingt-deux",
        "cinquante",
        "cinquante-neuf",
    ]


@pytest.mark.parametrize(
    ("about", "now", "expected"),
    [
        ("hour", NOW, NOW + timedelta(hours=1)),
        ("day", NOW, NOW + timedelta(days=1)),
        ("day", SPRING, SPRING + timedelta(hours=23)),
        ("day", AUTUMN, AUTUMN + timedelta(hours=25)),
    ],
)
def test_what_a_responder_chose(about: str, now: datetime, expected: datetime) -> None:
    """An hour from now, or the same hour of the clock tomorrow, also on both nights of the change."""
    assert rules.later(about, now, ZONE) == Window(expected, expected + timedelta(hours=1))


def test_a_choice_that_is_none_is_no_hour() -> None:
    """Nothing else is understood."""
    assert rules.later("week", NOW, ZONE) is None
