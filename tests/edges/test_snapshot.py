"""The roster as the last resort needs it: sealed on disk, fresh in memory, and used at any age."""

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete

from hotline.clock import StillClock
from hotline.snapshot import FILE, Roster, _packed, _unpacked
from hotline.store import roster
from hotline.store.roster_tables import shifts
from hotline.webhooks import create_app
from tests.build import a_shift
from tests.edges.line import TEAM, Carrier, Crew, Phone, Sql, carrier_for

NUMBERS = [number for _, number, _ in TEAM]


@pytest.fixture
def still(environ: dict[str, str], database: str, redis_url: str, tmp_path: Path, clock: StillClock) -> Carrier:
    """A line whose clock stands still, so that a snapshot may grow old."""
    return carrier_for(environ, database, redis_url, tmp_path, clock)


@pytest.fixture
def folder(carrier: Carrier) -> Path:
    return Path(carrier.environ["HOTLINE_DATA"])


def another(carrier: Carrier) -> Roster:
    """The roster of a web process that starts now."""
    line = carrier.line
    return Roster(line.store, line.sealer, line.clock, Path(carrier.environ["HOTLINE_DATA"]))


def dialled(document: str) -> list[str]:
    """Whom a document rings."""
    return re.findall(r"<Number[^>]*>([^<]*)", document)


def test_the_file_holds_no_number_and_no_name_in_clear(carrier: Carrier, folder: Path) -> None:
    """It is sealed, and closed to other users."""
    kept = (folder / FILE).read_bytes()
    clear = [word for name, number, _ in TEAM for word in (name.encode(), number[2:].encode()) if word in kept]
    assert (clear, b"people" in kept, stat.S_IMODE((folder / FILE).stat().st_mode)) == ([], False, 0o600)


def test_it_is_sealed_differently_each_time(carrier: Carrier, folder: Path) -> None:
    """Who sees the file twice does not learn whether the roster changed."""
    before = (folder / FILE).read_bytes()
    carrier.line.roster.refresh()
    assert before != (folder / FILE).read_bytes()


def test_nothing_else_is_left_in_the_folder(carrier: Carrier, folder: Path) -> None:
    """A draft is replaced into place."""
    assert [path.name for path in folder.iterdir()] == [FILE]


def test_a_process_that_starts_while_sql_is_away_rings_the_same_people(carrier: Carrier, sql: Sql) -> None:
    """From the file, in the order of the chain."""
    sql.goes()
    roster = another(carrier)
    assert (roster.refresh(), [person.number for person in roster.on_duty()]) == (False, NUMBERS)


def test_an_app_that_starts_while_sql_is_away_answers(carrier: Carrier, sql: Sql) -> None:
    """A first call is answered by the team's telephones, with no table ever read."""
    sql.goes()
    from config.settings import WebSettings, read

    fresh = Carrier(create_app(read(WebSettings, dict(carrier.environ))), carrier.environ)
    assert dialled(Phone(fresh).dials()) == NUMBERS
    fresh.line.store.close()
    sql.returns()
    assert fresh.line.store.breaker.wait_closed(5)


@pytest.mark.parametrize(
    "spoilt",
    [b"", b"nonsense", b"\x00" * 200, None],
    ids=["empty", "nonsense", "zeros", "none"],
)
def test_a_spoilt_file_is_no_roster(carrier: Carrier, folder: Path, spoilt: bytes | None) -> None:
    """And no error: the fallback number is rung."""
    (folder / FILE).unlink() if spoilt is None else (folder / FILE).write_bytes(spoilt)
    assert (another(carrier).now()[0], another(carrier).on_duty()) == (None, [])


def later_version(told: dict[str, object]) -> object:
    return {**told, "people": [{**person, "colour": "blue"} for person in told["people"]]}  # type: ignore[attr-defined]


def earlier_version(told: dict[str, object]) -> object:
    return {**told, "people": [{"responder": 1}]}


def no_people(told: dict[str, object]) -> object:
    return {"taken_at": told["taken_at"]}


def a_list(told: dict[str, object]) -> object:
    return [told]


@pytest.mark.parametrize("change", [later_version, earlier_version, no_people, a_list])
def test_a_file_of_another_version_stops_no_start(
    carrier: Carrier, folder: Path, change: Callable[..., object]
) -> None:
    """It is sealed by us and means nothing to us: as none."""
    sealer = carrier.line.sealer
    told = json.loads(sealer.open_snapshot((folder / FILE).read_bytes()))
    (folder / FILE).write_bytes(sealer.seal_snapshot(json.dumps(change(told)).encode()))
    assert another(carrier).now()[0] is None


def test_it_comes_back_as_it_was(carrier: Carrier) -> None:
    """People, languages, shifts and instants."""
    snapshot, _ = carrier.line.roster.now()
    assert snapshot is not None
    assert _unpacked(_packed(snapshot)) == snapshot


def test_a_folder_that_cannot_be_written_stops_nothing(carrier: Carrier, folder: Path) -> None:
    """The roster in memory is fresh all the same."""
    line = carrier.line
    roster = Roster(line.store, line.sealer, line.clock, folder / "nowhere")
    assert (roster.refresh(), len(roster.on_duty())) == (True, 2)


def test_it_is_as_fresh_as_the_last_refresh(carrier: Carrier) -> None:
    """Somebody who is no longer active is rung until then and not after."""
    line = carrier.line
    with line.store.turn() as conn:
        roster.set_active(conn, roster.all_responders(conn)[0].id, active=False)
    before = [person.number for person in line.roster.on_duty()]
    line.roster.refresh()
    assert (before, [person.number for person in line.roster.on_duty()]) == (NUMBERS, NUMBERS[1:])


def test_who_is_on_duty_is_asked_of_the_instant(still: Carrier, clock: StillClock) -> None:
    """An old snapshot knows tomorrow's shift."""
    line = still.line
    with line.store.turn() as conn:
        first, second = (row.id for row in roster.all_responders(conn))
        conn.execute(delete(shifts))
        a_shift(conn, first, clock.now(), clock.now().replace(day=21, hour=12))
        a_shift(conn, second, clock.now().replace(day=21, hour=12), None)
    line.roster.refresh()
    tonight = [person.number for person in line.roster.on_duty()]
    clock.advance(hours=13)
    assert (tonight, [person.number for person in line.roster.on_duty()]) == (NUMBERS[:1], NUMBERS[1:])
    line.store.close()


@pytest.mark.parametrize(("hours", "also"), [(11.9, False), (12.1, True), (60, True)])
def test_an_old_snapshot_is_rung_with_the_fallback_number(
    still: Carrier, clock: StillClock, hours: float, also: bool
) -> None:
    """Over twelve hours old it is not trusted alone."""
    clock.advance(hours=hours)
    still.line.store.breaker._open = True
    document = Phone(still).dials()
    still.line.store.breaker._open = False
    assert dialled(document) == NUMBERS + [still.environ["FALLBACK_NUMBER"]] * also
    still.line.store.close()


def test_an_empty_roster_rings_the_fallback_number(carrier: Carrier, sql: Sql) -> None:
    """Nobody on duty is somebody all the same."""
    with carrier.line.store.turn() as conn:
        for row in roster.all_responders(conn):
            roster.set_active(conn, row.id, active=False)
    carrier.line.roster.refresh()
    sql.goes()
    assert dialled(Phone(carrier).dials()) == [carrier.environ["FALLBACK_NUMBER"]]


def test_the_chain_of_a_page_ends_with_the_fallback_number(crew: Crew) -> None:
    """Frozen at the instant of the page: who comes on duty later is not in it."""
    crew.waits()
    people = [person.responder for person in crew.carrier.line.roster.on_duty()]
    assert list(crew.page().chain) == [*people, None]
