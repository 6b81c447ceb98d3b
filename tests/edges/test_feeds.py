"""Calendars: what a file says, what a feed says to another library, and who may read it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from flask.testing import FlaskClient
from sqlalchemy import Connection, create_engine

from config.settings import ConsoleSettings, read
from hotline import console, ical
from hotline.clock import StillClock
from hotline.roster_file import BadRoster
from hotline.rules.rota import Rota
from hotline.store import feeds, planning, roster
from hotline.vault import new_token, token_hash
from tests.build import NOW, a_responder, later

ZONE = ZoneInfo("America/Toronto")
START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 11, 1, tzinfo=UTC)


def a_calendar(*events: str) -> str:
    """A file with these events."""
    bodies = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\n{bodies}END:VCALENDAR\n"


def hours(text: str) -> list[tuple[str, str, float]]:
    """What is read of it: name, beginning on the wall in Montréal, hours."""
    return [
        (one.name, f"{one.starts_at.astimezone(ZONE):%m-%d %H:%M}", (one.ends_at - one.starts_at) / timedelta(hours=1))
        for one in ical.read(text, ZONE, START, END)
    ]


NIGHT = (
    "UID:n\nSUMMARY:Camille\nDTSTART;TZID=America/Toronto:20261030T230000\nDTEND;TZID=America/Toronto:20261031T070000"
)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([NIGHT], [("Camille", "10-30 23:00", 8)]),
        ([NIGHT + "\nSTATUS:CANCELLED"], []),
        (["UID:z\nSUMMARY:Bao\nDTSTART:20261120T230000Z\nDURATION:PT8H"], [("Bao", "11-20 18:00", 8)]),
        (["UID:f\nSUMMARY:Bao\nDTSTART:20261120T080000\nDTEND:20261120T160000"], [("Bao", "11-20 08:00", 8)]),
        # A whole day, the one on which it has 25 hours.
        (["UID:d\nSUMMARY:Bao\nDTSTART;VALUE=DATE:20261101"], [("Bao", "11-01 00:00", 25)]),
        # Every night: the second has 9 hours, and one is left out.
        (
            [NIGHT + "\nRRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=America/Toronto:20261101T230000"],
            [("Camille", "10-30 23:00", 8), ("Camille", "10-31 23:00", 9), ("Camille", "11-02 23:00", 8)],
        ),
        # Every other week on two days, until an instant in UTC; one of them moved and given to somebody else.
        (
            [
                NIGHT + "\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SA;UNTIL=20261115T050000Z",
                NIGHT.replace("Camille", "Bao").replace("1030T23", "1113T22").replace("1031T", "1114T")
                + "\nRECURRENCE-ID;TZID=America/Toronto:20261113T230000",
            ],
            [("Camille", "10-30 23:00", 8), ("Camille", "10-31 23:00", 9), ("Bao", "11-13 22:00", 9),
             ("Camille", "11-14 23:00", 8)],
        ),
        (
            [NIGHT + "\nRDATE;TZID=America/Toronto:20261120T230000"],
            [("Camille", "10-30 23:00", 8), ("Camille", "11-20 23:00", 8)],
        ),
    ],
)  # fmt: skip
def test_what_a_calendar_says(events: list[str], expected: list[tuple[str, str, float]]):
    """Events by their titles, recurrences counted out on the wall, exceptions kept."""
    assert hours(a_calendar(*events)) == expected


def test_a_rule_without_end_is_counted_as_far_as_asked():
    """And no further; the first day of summer time has its 7 hours."""
    found = hours(a_calendar(NIGHT + "\nRRULE:FREQ=DAILY"))
    assert (len(found), [one for one in found if one[2] != 8]) == (
        366,
        [("Camille", "10-31 23:00", 9), ("Camille", "03-13 23:00", 7)],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nonsense", "this is no iCalendar file"),
        (a_calendar(NIGHT.replace("SUMMARY:Camille\n", "")), "event 1 (without a title): has no title"),
        (a_calendar(NIGHT.replace("20261031T07", "20261029T07")), "event 1 (Camille): ends before it begins"),
        (a_calendar(NIGHT + "\nRRULE:FREQ=MINUTELY"), "event 1 (Camille): comes too often to be a shift"),
        (a_calendar(NIGHT.replace("20261030T230000", "hier")), "event 1 (Camille): its times cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, expected: str):
    """With its title and the mend."""
    with pytest.raises(BadRoster) as refused:
        ical.read(text, ZONE, START, END)
    assert refused.value.problems[0].startswith(expected)


# ── the feed ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    """Every statement is its own transaction: the console sees what was written."""
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def client(environ: dict[str, str], database: str, clock: StillClock) -> Iterator[FlaskClient]:
    """Somebody's calendar program, at the console's door."""
    app = console.create_app(read(ConsoleSettings, {**environ, "DATABASE_URL": database}))
    app.extensions["feed"].clock = clock
    yield app.test_client()
    app.extensions["feed"].store.close()


def a_feed(conn: Connection, who: int) -> str:
    """A new address of somebody's calendar."""
    token = new_token()
    feeds.give(conn, who, token_hash(token), NOW)
    return f"/feed/{token}.ics"


def nights(conn: Connection) -> int:
    """Somebody who has every night for two months, from the one of the change."""
    who = a_responder(conn, always=False)
    rota = Rota(who, frozenset(range(7)), time(23), time(7), date(2026, 10, 31), ZONE)
    planning.replace_plan(conn, planning.Plan({}, [rota], []), NOW)
    return who


def spans_of(calendar: str) -> list[tuple[datetime, datetime]]:
    """What another library reads."""
    events = vobject.readOne(calendar).contents["vevent"]
    return sorted((one.dtstart.value.astimezone(UTC), one.dtend.value.astimezone(UTC)) for one in events)


def test_another_library_reads_the_same_shifts(conn: Connection, client: FlaskClient):
    """All of them, and « quart » as the title of each."""
    who = nights(conn)
    answer = client.get(a_feed(conn, who))
    expected = feeds.spans(conn, who, NOW)
    calendar = answer.get_data(as_text=True)
    assert (answer.status_code, answer.mimetype, len(expected)) == (200, "text/calendar", 67)
    assert spans_of(calendar) == expected
    titles = {one.summary.value for one in vobject.readOne(calendar).contents["vevent"]}
    assert titles == {"quart"}


def test_a_calendar_of_the_change_nights_reads_back_the_same(conn: Connection, client: FlaskClient, clock: StillClock):
    """Nine hours in the fall, seven in the spring."""
    who = nights(conn)
    address = a_feed(conn, who)
    for at, length in ((datetime(2026, 11, 1, 12, tzinfo=UTC), 9), (datetime(2027, 3, 14, 12, tzinfo=UTC), 7)):
        clock.at = at
        read_back = spans_of(client.get(address).get_data(as_text=True))
        assert read_back == feeds.spans(conn, who, at)
        assert timedelta(hours=length) in {ends - begins for begins, ends in read_back}


def test_a_calendar_holds_nothing_else(conn: Connection, client: FlaskClient):
    """No name, no number, no word of what the line is; the same event has the same name tomorrow."""
    who = nights(conn)
    address = a_feed(conn, who)
    text = client.get(address).get_data(as_text=True)
    known = ("BEGIN", "END", "VERSION", "PRODID", "METHOD", "X-WR-CALNAME", "X-PUBLISHED-TTL", "UID", "DTSTAMP",
             "DTSTART", "DTEND", "SUMMARY")  # fmt: skip
    lines = [line for line in text.splitlines() if line.partition(":")[0].partition(";")[0] not in known]
    words = {line.partition(":")[2] for line in text.splitlines() if line.startswith(("PRODID", "SUMMARY", "X-WR"))}
    assert (lines, words) == ([], {"-//quart//FR", "quart"})
    assert "Set-Cookie" not in client.get(address).headers and client.get(address).get_data(as_text=True) == text


def test_an_address_is_revoked(conn: Connection, client: FlaskClient):
    """By hand, by the next address, and with its owner; of a token nothing but a hash is kept."""
    who = nights(conn)
    first, second = a_feed(conn, who), a_feed(conn, who)
    assert [client.get(address).status_code for address in (first, second)] == [404, 200]
    roster.set_active(conn, who, False)
    assert client.get(second).status_code == 404
    roster.set_active(conn, who, True)
    assert (feeds.revoke(conn, who, later(hours=1)), feeds.revoke(conn, who, later(hours=1))) == (True, False)
    assert client.get(second).status_code == 404


@pytest.mark.parametrize("path", ["/feed/x.ics", f"/feed/{'A' * 43}.ics", "/feed/.ics", "/feed/%2e%2e/x.ics", "/feed/"])
def test_an_address_that_opens_nothing_is_not_there(client: FlaskClient, path: str):
    """An empty 404, whatever was wrong with it."""
    answer = client.get(path)
    assert (answer.status_code, answer.data) == (404, b"")
