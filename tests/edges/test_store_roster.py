"""The roster, the audit's chain, beats and what `hotline status` says."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from hotline.rules.phone import BadNumber
from hotline.store import audit, beats, roster
from hotline.store.engine import Store, for_work
from hotline.store.status import status
from tests.build import NOW, SEALER, a_case, a_page, a_responder, a_shift, later, some_work


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A worker's store."""
    made = for_work(database)
    yield made
    made.close()


@pytest.fixture
def conn(store: Store) -> Iterator[Connection]:
    """One transaction."""
    with store.turn(60) as connection:
        yield connection


def some_lines(conn: Connection, count: int = 3) -> None:
    """Lines of the register, not yet chained."""
    for number in range(count):
        audit.write(
            conn, "responder:1", "open", f"case:{number}", {"reason": "é", "at": [1, None]}, later(seconds=number)
        )


def test_on_duty_is_rung_by_rank(conn: Connection):
    """Whoever has a shift now is listed by rank, with a number that only WEB_KEY opens."""
    supervisor, first = a_responder(conn, "supervisor"), a_responder(conn, phone="514 555-0142")
    a_responder(conn, "deputy", always=False)
    found = roster.on_duty(conn, NOW)
    assert [(one.responder_id, one.rank) for one in found] == [(first, "on-duty"), (supervisor, "supervisor")]
    assert SEALER.open_number(found[0].phone_sealed) == "+15145550142" and found[0].languages == ("fr", "en")
    assert roster.on_duty(conn, later(seconds=-1)) == []


def test_the_same_number_is_the_same_responder(conn: Connection):
    """Added again, a responder has the new rank and still one shift; without an instant it is SQL's."""
    first = a_responder(conn, phone="+15145550142")
    assert a_responder(conn, "deputy", phone="(514) 555-0142") == first
    rows = roster.snapshot(conn, NOW)
    assert [one.rank for one in rows.responders] == ["deputy"] and len(rows.shifts) == 1
    about = {"name": "Bao", "phone": "+15145550143", "rank": "on-duty", "languages": ("fr",), "always": True}
    assert roster.add_responder(conn, SEALER, **about) != first  # type: ignore[arg-type]


def test_a_number_we_may_not_ring_is_no_responder(conn: Connection):
    """Nobody is put on the roster whom the line could not ring."""
    with pytest.raises(BadNumber):
        a_responder(conn, phone="+18005550142")


def test_shifts_end(conn: Connection):
    """A shift covers its start, not its end; going off duty ends what runs, and the inactive are never rung."""
    responder_id = a_responder(conn, always=False)
    a_shift(conn, responder_id, NOW, later(hours=8))
    assert [len(roster.on_duty(conn, later(hours=hour))) for hour in (0, 7, 8)] == [1, 1, 0]
    assert roster.go_off_duty(conn, responder_id, later(hours=2)) == roster.Until(later(hours=8))
    assert [len(roster.on_duty(conn, later(hours=hour))) for hour in (1, 2)] == [1, 0]
    roster.set_active(conn, responder_id, False)
    assert roster.on_duty(conn, later(hours=1)) == [] and [one.active for one in roster.all_responders(conn)] == [False]


def test_a_snapshot_holds_the_coming_days(conn: Connection):
    """The last resort knows the shifts of the next hours, and only their people."""
    now, soon, late = (a_responder(conn, always=always) for always in (True, False, False))
    for responder_id, days in ((soon, 1), (late, 4)):
        a_shift(conn, responder_id, later(days=days), later(days=days, hours=8))
    rows = roster.snapshot(conn, NOW, timedelta(hours=72))
    assert [one.id for one in rows.responders] == [now, soon] and [one.responder_id for one in rows.shifts] == [
        now,
        soon,
    ]
    found = roster.by_id(conn, late)
    assert found is not None and SEALER.open_number(found.name_sealed) == "Camille" and roster.by_id(conn, 999) is None


def test_the_chain_holds(conn: Connection):
    """Lines are chained in portions, and each is a link of one chain that verifies."""
    some_lines(conn)
    assert [audit.chain_audit(conn, limit=2), audit.chain_audit(conn), audit.chain_audit(conn)] == [2, 1, 0]
    some_lines(conn, 1)
    before = audit.verify_audit(conn)
    assert (before.links, before.holds) == (3, True)
    assert audit.chain_audit(conn) == 1 and audit.verify_audit(conn).head != before.head


@pytest.mark.parametrize(
    "tampering",
    [
        "update audit set actor = 'nobody' where link = 2",
        "update audit set detail = '{}' where link = 2",
        "update audit set at = at + interval '1 second' where link = 2",
        "update audit set link = link + 10 where link = 2",
        "update audit set previous = hash where link = 2",
        "delete from audit where link = 2",
    ],
)
def test_a_broken_chain_shows_where(conn: Connection, tampering: str):
    """Whatever is changed in a line, or if it is taken away, the chain breaks there."""
    some_lines(conn, 5)
    audit.chain_audit(conn)
    conn.execute(text(tampering))
    found = audit.verify_audit(conn)
    assert not found.holds and found.broken_at == 2


def test_lines_that_commit_late_are_chained_late(store: Store):
    """A line with a lower id that commits after others were chained is a later link, not a break."""
    with store.turn() as slow:
        some_lines(slow, 1)
        with store.turn() as quick:
            some_lines(quick, 1)
        with store.turn() as sweep:
            assert audit.chain_audit(sweep) == 1
    with store.turn() as sweep:
        assert audit.chain_audit(sweep) == 1 and audit.verify_audit(sweep).holds


def test_a_beat_ages_on_the_wall(conn: Connection):
    """However fast line time flies, a beat is as old as the wall says."""
    assert beats.last(conn, "sweep") is None
    beats.beat(conn, "sweep", NOW)
    beats.beat(conn, "sweep", later(days=9))
    found = beats.last(conn, "sweep")
    assert found is not None and found.line_at == later(days=9) and 0 <= found.age_seconds < 30


def test_an_empty_line_has_a_status(conn: Connection):
    """On an empty database everything is counted as nothing, nobody is on duty and no sweep was ever there."""
    found = status(conn, NOW)
    assert {
        name: found[name] for name in ("contacts", "work_due", "work_overdue", "pages_unacknowledged")
    } == dict.fromkeys(("contacts", "work_due", "work_overdue", "pages_unacknowledged"), 0)
    assert (found["oldest_unacknowledged_seconds"], found["sweep_age_seconds"], found["on_duty"]) == (None, None, [])
    assert found["roster_gap_next_72h"] == NOW.isoformat()


def test_status_says_how_the_line_is(conn: Connection):
    """Cases by priority, work, pages that wait and for how long, who is on duty: ready for JSON, without a number."""
    responder_id = a_responder(conn)
    a_page(conn, case_id=a_case(conn, priority="P1").id)
    some_work(conn, due_at=later(seconds=-60))
    beats.beat(conn, "sweep", NOW)
    found = json.loads(json.dumps(status(conn, later(seconds=40))))
    assert found["cases_open"]["P1"] == 1 and found["cases_open"]["P5"] == 0
    assert (found["contacts"], found["work_due"], found["work_overdue"]) == (1, 1, 1)
    assert (found["pages_unacknowledged"], found["oldest_unacknowledged_seconds"]) == (1, 40)
    assert found["on_duty"] == [{"id": responder_id, "rank": "on-duty"}] and found["roster_gap_next_72h"] is None
    assert found["callbacks_due"] == 0 and found["sweep_age_seconds"] < 30
