"""After SQL was away: the texts answered 503 are asked for at the carrier and read, once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import make_url

from hotline.clock import StillClock
from hotline.store import beats
from hotline.telephone.gateway import Gateway, Recording
from tests.edges.line import CALLER, LINE, Crew, Sql
from tests.edges.test_tips import Teller, records
from tests.edges.test_tips import teller as teller
from tests.engines import Engines
from workers.recovery import NAME, Recovery

WORDS = "au secours"


@pytest.fixture
def clock() -> StillClock:
    """The carrier dates texts by the wall, so this clock stands still at the present."""
    return StillClock(datetime.now(UTC))


@pytest.fixture
def sql(crew: Crew, engines: Engines) -> Iterator[Sql]:
    sql = Sql(engines, str(make_url(crew.carrier.environ["DATABASE_URL"]).database), crew.carrier.line.store)
    yield sql
    sql.returns()


@pytest.fixture
def recovery(crew: Crew) -> Recovery:
    return Recovery(crew.hands)


def texts(crew: Crew, body: str = WORDS, number: str = CALLER) -> str:
    """Somebody writes, and the carrier keeps the text: its name."""
    device = crew.network.telephone.device(number).texts(body, LINE)
    [found] = [text for text in crew.network.telephone.ask("GET", device._path)["texts"] if text["body"] == body]
    return str(found["sid"])


def arrived(crew: Crew) -> object:
    return crew.carrier.rows("select count(*) from messages where direction = 'in'")[0][0]


def test_a_text_that_was_refused_is_read_after_the_recovery(crew: Crew, sql: Sql, recovery: Recovery) -> None:
    """Answered 503, listed at the carrier, read once; the team is woken."""
    sid = texts(crew)
    sql.goes()
    assert crew.carrier.writes(WORDS, sid=sid).status_code == 503
    sql.returns()
    assert [recovery.round(crew.clock.now()), recovery.round(crew.clock.advance(minutes=2))] == [1, 1]
    assert (arrived(crew), crew.carrier.rows("select priority, state from pages")) == (1, [("P1", "open")])
    assert (crew.does("page"), len(crew.called())) == ([None], 1)


def test_a_text_that_is_here_already_changes_nothing(crew: Crew, recovery: Recovery) -> None:
    """Not a row, not a turn, not a bell."""
    crew.carrier.writes(WORDS, sid=texts(crew))
    before = [crew.carrier.count(table) for table in ("messages", "pages", "work", "cases", "contacts")]
    turn = crew.carrier.rows("select turn, last_at from contacts")
    assert recovery.round(crew.clock.advance(minutes=1)) == 1
    assert [crew.carrier.count(table) for table in ("messages", "pages", "work", "cases", "contacts")] == before
    assert crew.carrier.rows("select turn, last_at from contacts") == turn


def test_a_text_the_carrier_brings_again_after_the_recovery_is_one_text(crew: Crew, recovery: Recovery) -> None:
    """Whoever comes second finds it there."""
    sid = texts(crew)
    recovery.round(crew.clock.now())
    assert (crew.carrier.writes(WORDS, sid=sid).status_code, arrived(crew)) == (200, 1)


def test_what_came_long_ago_is_answered_by_a_person_only(crew: Crew, recovery: Recovery) -> None:
    """No machine answers a text ten minutes after it was written: the team is woken for it."""
    texts(crew, "allo")
    absent(crew, 3600)
    recovery.round(crew.clock.advance(minutes=11))
    assert crew.carrier.rows("select direction from messages") == [("in",)]
    assert crew.carrier.rows("select reason from pages") == [("texto reçu en retard",)]


def test_texts_are_read_in_the_order_they_were_written(crew: Crew, recovery: Recovery) -> None:
    """One conversation, one page, both texts."""
    for body in ("allo", WORDS):
        texts(crew, body)
    assert (recovery.round(crew.clock.now()), arrived(crew), crew.carrier.count("contacts")) == (2, 2, 1)


def listings(crew: Crew) -> int:
    """How often the carrier was asked for the texts of the line's number."""
    asked = crew.network.telephone.ledger("rest")
    listed = [entry for entry in asked if entry["method"] == "GET" and "/Messages.json" in entry["path"]]
    return len([entry for entry in listed if LINE.removeprefix("+") in str(entry)])


def test_the_carrier_is_asked_each_minute(crew: Crew, recovery: Recovery) -> None:
    """Not each second."""
    for seconds in (0, 1, 30, 30):
        recovery.round(crew.clock.advance(seconds=seconds))
    assert listings(crew) == 2


def absent(crew: Crew, seconds: float) -> None:
    """The last round was so long ago, by the wall."""
    with crew.store.turn() as conn:
        beats.beat(conn, NAME, crew.clock.now())
        conn.exec_driver_sql(f"update beats set at = at - interval '{seconds} s'")


@pytest.mark.parametrize(("seconds", "asked"), [(4, 1), (60, 2)])
def test_after_an_absence_it_is_asked_at_once(crew: Crew, recovery: Recovery, seconds: float, asked: int) -> None:
    """Five seconds without a round are an absence."""
    recovery.round(crew.clock.now())
    absent(crew, seconds)
    recovery.round(crew.clock.advance(seconds=1))
    assert listings(crew) == asked


def test_a_carrier_that_does_not_answer_is_asked_again_after_five_seconds(crew: Crew, recovery: Recovery) -> None:
    """Not each second, though texts may be missing; and then all of them are asked for."""
    texts(crew)
    absent(crew, 60)
    crew.network.telephone.weather({"match": {"path_contains": "/Messages.json", "method": "GET"}, "answer": 500})
    assert recovery.round(crew.clock.now()) == 0
    with crew.store.turn() as conn:
        beats.beat(conn, NAME, crew.clock.now())
    assert (recovery.round(crew.clock.advance(seconds=1)), listings(crew)) == (0, 1)
    assert (recovery.round(crew.clock.advance(seconds=5)), arrived(crew)) == (1, 1)


class Listing(Gateway):
    """A carrier that lists these recordings; the test's own are begun over REST, which is no beep of ours."""

    listed: list[Recording]

    def recordings_since(self, instant: datetime) -> list[Recording]:
        return self.listed


def listing(crew: Crew, *recordings: Recording) -> Recovery:
    """A recovery that finds these recordings at the carrier."""
    network = crew.network
    carrier = Listing(network.account, network.token, network.url, timeout=1.0)
    carrier.listed = list(recordings)
    return Recovery(replace(crew.hands, gateway=carrier))


def test_a_recording_told_of_while_nobody_listened_is_kept(crew: Crew, teller: Teller) -> None:
    """Whoever spoke and hung up while web was gone: found at the carrier, fetched, erased there; once."""
    teller.comes_to("222221")
    sid = records(crew, teller.sid)
    recovery = listing(crew, Recording(teller.sid, sid))
    for _ in range(2):
        recovery.round(crew.clock.advance(minutes=1))
    assert (crew.does("fetch_tip"), crew.carrier.count("tip_parts"), crew.carrier.count("tips")) == (["erased"], 1, 1)


def test_what_was_erased_by_its_key_is_not_brought_back(crew: Crew, teller: Teller) -> None:
    """Still at the carrier while its erasure goes on, it is listed, and stays dropped."""
    teller.comes_to("222221")
    sid = records(crew, teller.sid)
    teller.ends_recording(sid, "#")
    listing(crew, Recording(teller.sid, sid)).round(crew.clock.now())
    crew.does("fetch_tip")
    assert crew.carrier.rows("select state, body_sealed is null from tip_parts") == [("dropped", True)]


def test_a_recording_of_a_call_we_never_had_is_left_alone(crew: Crew, teller: Teller) -> None:
    """Somebody else's, on the same account: neither fetched nor erased."""
    sid = records(crew, teller.sid)
    listing(crew, Recording("CA" + "f" * 32, sid)).round(crew.clock.now())
    assert (crew.carrier.count("tip_parts"), crew.hands.gateway.recording_state(sid)) == (0, "completed")


@pytest.mark.parametrize("listed", ["/Messages.json", "/Recordings.json"])
def test_both_lists_are_asked_for_again_if_one_fails(crew: Crew, recovery: Recovery, listed: str) -> None:
    """Five seconds later, since the same instant."""
    texts(crew)
    crew.network.telephone.weather({"match": {"path_contains": listed, "method": "GET"}, "answer": 500})
    assert recovery.round(crew.clock.now()) == 0
    recovery.round(crew.clock.advance(seconds=5))
    asked = [entry["path"] for entry in crew.network.telephone.ledger("rest") if entry["method"] == "GET"]
    assert (arrived(crew), any("/Recordings.json" in path for path in asked)) == (1, True)


def test_a_text_that_cannot_be_taken_steps_aside(crew: Crew, recovery: Recovery) -> None:
    """The next one is read."""
    poisoned = crew.hands.sealer.pseudonym("message", texts(crew, "allo", "+15145550124")).hex()
    texts(crew)
    with crew.store.turn() as conn:
        conn.exec_driver_sql(f"alter table messages add constraint poison check (sid_key <> '\\x{poisoned}')")
    recovery.round(crew.clock.now())
    assert arrived(crew) == 1
