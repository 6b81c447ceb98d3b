"""The roster as a file: every problem at once, with where and the mend; all or nothing; twice is once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from hotline.roster_file import BadRoster, read
from hotline.rostering import ahead, shown, take_calendar, take_sheet
from hotline.store import roster
from hotline.store.engine import for_work
from tests.build import NOW, SEALER, a_responder, later

EXAMPLE = (Path(__file__).parents[2] / "config" / "roster.example.toml").read_text()
ZONE = ZoneInfo("America/Toronto")
CAMILLE = '[[person]]\nname = "Camille"\nphone = "+15145550142"\nrank = "on-duty"\n'
BAO = '[[person]]\nname = "Bao"\nphone = "+15145550143"\nrank = "deputy"\n'
NIGHTS = (
    '[[rota]]\npeople = ["Camille"]\nweekdays = "every day"\nbegins = "16:00"\nends = "08:00"\nfirst = 2026-11-01\n'
)


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    """One transaction of a worker."""
    store = for_work(database)
    with store.turn(60) as connection:
        yield connection
    store.close()


def problems(text: str) -> tuple[str, ...]:
    """What is wrong with a file."""
    with pytest.raises(BadRoster) as refused:
        read(text, ZONE)
    return refused.value.problems


def takes(conn: Connection, text: str) -> bool:
    """The file is taken in: whether that changed anything."""
    return take_sheet(conn, SEALER, read(text, ZONE), NOW).changed


def test_the_example_is_a_roster():
    """What an operator copies from is right: five people, a rule for each week of a turn, changes in their order."""
    sheet = read(EXAMPLE, ZONE)
    assert (len(sheet.people), sheet.teams) == (5, {"esup": True, "regional_advisor": False})
    assert [(one.first, one.every) for one in sheet.rotas[:2]] == [(date(2026, 11, 30), 2), (date(2026, 12, 7), 2)]
    assert [one.change for one in sheet.overrides] == ["remove", "remove", "replace", "replace", "replace", "add"]


def test_every_problem_is_told_at_once():
    """With the entry, the key and the mend; a name that is wrong elsewhere is not wrong again."""
    text = f"""colour = 1
{CAMILLE.replace("+15145550142", "911")}
{CAMILLE.replace("+15145550142", "+15145550143")}
{BAO.replace("rank", "rang")}
[[rota]]
people = ["Camille", "Zoé"]
weekdays = ["moonday"]
begins = "25:00"
ends = "07:00"
first = 2026-11-01
{NIGHTS}team = "nulle part"
last = 2026-10-01
[[add]]
person = "Bao"
starts = 2026-12-24
ends = 2026-12-24T00:00:00
[[remove]]
person = "Zoé"
starts = 2026-12-24T10:00:00
ends = 2026-12-24T09:00:00
"""
    expected = (
        "`colour` is not known: it is one of teams, person, rota, day_off, remove, replace, swap, add",
        "person 1 (Camille): `phone` cannot be rung (short-code): give an ordinary number, as +15145550142",
        "person 3 (Bao): `rank` is missing",
        "person 3 (Bao): `rang` is not known: it is one of name, phone, rank, languages, roles, regions",
        "rota 1: `weekdays` has moonday, which is no weekday: write monday or lundi",
        'rota 1: `begins` is no time of day: write it as "23:00"',
        "rota 2: ends before it begins: `last` is before `first`",
        "add 1: `starts` must have a time of day: write it as 2026-12-24T23:00:00",
        "remove 1: nobody is named Zoé: add a [[person]], or write the name as it is there",
        "remove 1: `ends` is not after `starts`",
    )
    assert problems(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[person", "this is no TOML"),
        ("person = 1", "`person` must be written as [[person]]"),
        ("teams = 1", "`teams` must be written as [teams.NAME]"),
        (CAMILLE + CAMILLE.replace("0142", "0143"), "person 2 (Camille): has the same name as person 1 (Camille)"),
        (CAMILLE + BAO.replace("0143", "0142"), "person 2 (Bao): has the same number as person 1 (Camille)"),
        (CAMILLE + 'roles = ["advisor"]', "person 1 (Camille): an advisor has regions: some of nord, sud, est, ouest"),
        (CAMILLE + NIGHTS + "temporary = true", "rota 1: a temporary schedule needs its `last` day"),
        (CAMILLE + NIGHTS + "weeks_each = 2\nevery = 1", "rota 1: `every` must be 2 weeks or more for these people"),
        (CAMILLE + NIGHTS + 'team = "nuit"', "rota 1: there is no team nuit: add [teams.nuit]"),
        (CAMILLE + 'languages = ["French"]', "person 1 (Camille): `languages.0` is no language: write fr, en, es, ht"),
    ],
)
def test_what_is_wrong_is_told(text: str, expected: str):
    """One sentence, which begins with where."""
    assert problems(text)[0].startswith(expected)


def test_a_file_is_taken_in_once(conn: Connection):
    """Twice is once; another file replaces its rules, and keeps its people on the roster."""
    assert [takes(conn, text) for text in (CAMILLE + NIGHTS, CAMILLE + NIGHTS, CAMILLE)] == [True, False, True]
    assert (len(roster.all_responders(conn)), roster.on_duty(conn, NOW)) == (1, [])


def test_a_number_may_change_and_a_name_too(conn: Connection):
    """Who has the number is that person; else who has the name, with a number that must prove itself."""
    who = a_responder(conn, phone="+15145550142")
    roster.note_proof(conn, who, True, NOW)
    assert takes(conn, CAMILLE.replace("Camille", "Camille B.") + NIGHTS.replace("Camille", "Camille B."))
    assert takes(conn, CAMILLE.replace("Camille", "Camille B.").replace("0142", "0150"))
    rows = roster.all_responders(conn)
    assert [(row.id, SEALER.open_number(row.phone_sealed), row.proved_at) for row in rows] == [
        (who, "+15145550150", None)
    ]


def test_a_name_of_two_people_needs_a_number(conn: Connection):
    """Nobody is guessed."""
    for _ in range(2):
        a_responder(conn)
    with pytest.raises(BadRoster, match="2 people on the roster have this name"):
        takes(conn, CAMILLE.replace("0142", "0150"))


def test_days_off_are_from_midnight_to_midnight(conn: Connection):
    """On the wall, so that one in the fall has 25 hours."""
    (off,) = read(CAMILLE + '[[day_off]]\nperson = "Camille"\nfirst = 2026-11-01\n', ZONE).overrides
    assert off.ends_at is not None and off.ends_at - off.starts_at == timedelta(hours=25)


def test_what_is_ahead(conn: Connection):
    """Gaps, with their ends, who is planned twice, who cannot be rung; a team that must be covered has its own."""
    twice = NIGHTS.replace("16:00", "20:00")
    takes(conn, "[teams.nuit]\ncovered = true\n" + CAMILLE + BAO + NIGHTS + twice)
    roster.note_proof(conn, roster.all_responders(conn)[0].id, False, NOW)
    found = ahead(conn, SEALER, NOW)
    gaps = [one for one in found if one.kind == "gap" and not one.team]
    assert [(one.starts_at, one.ends_at) for one in gaps] == [
        (later(hours=13.5 + 24 * day), later(hours=21.5 + 24 * day)) for day in range(3)
    ]
    assert {(one.kind, one.team) for one in found} == {
        ("gap", ""),
        ("gap", "nuit"),
        ("double", ""),
        ("undiallable", ""),
    }
    assert [one.ends_at for one in found if one.team == "nuit"] == [None]


def test_who_is_shown(conn: Connection):
    """In the order they are rung, the fallback number last, then the others; of a number two digits."""
    takes(conn, CAMILLE + BAO + NIGHTS)
    lines = list(shown(conn, SEALER, NOW, ZONE))
    assert lines == [
        "On duty on Fri 2026-11-20 18:30 -0500:",
        "  1. Camille: on-duty, fr+en, •••42, not proved, until Sat 2026-11-21 08:00 -0500",
        "  2. the fallback number",
        "Not on duty:",
        "  - Bao: deputy, fr+en, •••43, not proved",
    ]


def test_a_calendar_names_people_of_the_roster(conn: Connection):
    """A title that is nobody's name stops all of it."""
    from hotline.ical import Booked

    who = a_responder(conn, always=False)
    shift = (datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 3, tzinfo=UTC))
    with pytest.raises(BadRoster, match="0 people on the roster are named Zoé"):
        take_calendar(conn, SEALER, [Booked("Zoé", *shift), Booked("camille", *shift)], NOW)
    assert [take_calendar(conn, SEALER, [Booked("camille", *shift)], NOW).changed for _ in range(2)] == [True, False]
    assert [one.responder_id for one in roster.on_duty(conn, NOW)] == [who]
