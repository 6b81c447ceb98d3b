"""What people say of themselves, swaps, and plans that replace each other: on the real database."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from hotline.rules.duty import Shift
from hotline.rules.rota import Override, Rota
from hotline.store import planning, roster, swaps
from hotline.store.engine import for_work
from tests.build import NOW, SEALER, a_responder, a_roster, a_shift, later

# NOW is a Friday, 18:30 in Montréal.
EVENING = (time(16), time(23))
ZONE = ZoneInfo("America/Toronto")


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    """One transaction of a worker."""
    store = for_work(database)
    with store.turn(60) as connection:
        yield connection
    store.close()


def a_rota(who: int, begins: time = EVENING[0], ends: time = EVENING[1]) -> Rota:
    return Rota(who, frozenset(range(7)), begins, ends, date(2026, 11, 1), ZONE)


def planned(conn: Connection, *rotas: Rota, changes: tuple[Override, ...] = ()) -> bool:
    return planning.replace_plan(conn, planning.Plan({}, rotas, changes), NOW)


def ids(conn: Connection, **span: float) -> list[int]:
    """Who is on duty so much later."""
    return [one.responder_id for one in roster.on_duty(conn, later(**span))]


def test_a_rota_is_on_duty_without_anything_being_made_of_it(conn: Connection):
    """Who is on duty, and the snapshot of 72 hours, come from the rule itself."""
    who = a_responder(conn, always=False)
    planned(conn, a_rota(who))
    assert (ids(conn), ids(conn, hours=5)) == ([who], [])
    assert len(roster.snapshot(conn, NOW).shifts) == 4
    assert roster.on_duty(conn, NOW)[0].until == later(hours=4.5)


def test_the_same_plan_twice_writes_nothing(conn: Connection):
    """A plan replaces what files said before, whole; the same one again changes nothing."""
    first, second = (a_responder(conn, always=False) for _ in range(2))
    off = Override("remove", first, NOW, later(hours=1))
    assert [planned(conn, a_rota(first), changes=(off,)) for _ in range(2)] == [True, False]
    assert planned(conn, a_rota(second)) and ids(conn) == [second]


def test_a_calendar_replaces_what_it_said_before(conn: Connection):
    """Its shifts to come, and no others."""
    who = a_responder(conn)
    shift = Shift(who, later(days=1), later(days=1, hours=8))
    assert [planning.replace_calendar(conn, each, NOW) for each in ([shift], [shift], [])] == [True, False, True]
    assert [one.ends_at for one in planning.shifts_between(conn, NOW, later(days=5))] == [None]


def test_on_duty_by_word_is_for_twelve_hours(conn: Connection):
    """Nobody stays on duty by forgetting; said again it is still until then."""
    who = a_responder(conn, always=False)
    assert roster.go_on_duty(conn, who, NOW).at == later(hours=12)
    assert roster.go_on_duty(conn, who, later(hours=1)).at == later(hours=12)
    assert (ids(conn, hours=11.9), ids(conn, hours=12)) == ([who], [])


def test_off_duty_is_for_this_shift(conn: Connection):
    """The next one is kept, and who was not on duty is told so."""
    who = a_responder(conn, always=False)
    planned(conn, a_rota(who))
    assert roster.go_off_duty(conn, who, later(hours=1)) == roster.Until(later(hours=4.5))
    assert [ids(conn, hours=hours) for hours in (0.5, 1, 24)] == [[who], [], [who]]
    assert roster.go_off_duty(conn, who, later(hours=2)) is None


def test_back_on_duty_is_as_it_was(conn: Connection):
    """Off and on again, a planned shift ends when it was to end, and one without an end has none again."""
    planned_one, always = a_responder(conn, always=False), a_responder(conn)
    planned(conn, a_rota(planned_one))
    said = [roster.go_off_duty(conn, who, later(hours=1)) for who in (planned_one, always)]
    back = [roster.go_on_duty(conn, who, later(hours=2)) for who in (planned_one, always)]
    assert said == back == [roster.Until(later(hours=4.5)), roster.Until(None)]
    assert sorted(ids(conn, hours=2)) == [planned_one, always]


def test_a_day_off_yields_to_a_word(conn: Connection):
    """What a file says comes first, whenever it is read; what somebody says counts after it."""
    who = a_responder(conn, always=False)
    off = Override("remove", who, NOW - timedelta(days=1), later(days=1))
    planned(conn, a_rota(who), changes=(off,))
    roster.go_on_duty(conn, who, NOW)
    planned(conn, a_rota(who, EVENING[0], time(22)), changes=(off,))
    assert ids(conn, hours=1) == [who]


def test_a_pause_puts_the_next_rank_first(conn: Connection):
    """Who takes one is rung after everybody else, and alone is rung still."""
    first, deputy = a_responder(conn), a_responder(conn, "deputy")
    assert roster.pause(conn, first, later(minutes=30), NOW)
    assert [ids(conn, minutes=minutes) for minutes in (0, 30)] == [[deputy, first], [first, deputy]]
    assert roster.pause(conn, deputy, later(minutes=20), NOW) and ids(conn) == [first, deputy]
    assert roster.go_off_duty(conn, deputy, NOW) is not None and ids(conn) == [first]
    assert [one.paused for one in roster.on_duty(conn, NOW)] == [True]


def test_a_pause_ends_with_on_duty(conn: Connection):
    """EN SERVICE ends it; who is not on duty has none to take."""
    first, deputy, other = a_responder(conn), a_responder(conn, "deputy"), a_responder(conn, always=False)
    roster.pause(conn, first, later(minutes=30), NOW)
    roster.go_on_duty(conn, first, later(minutes=5))
    assert ids(conn, minutes=6) == [first, deputy]
    assert not roster.pause(conn, other, later(minutes=30), NOW)


def test_a_swap_needs_both(conn: Connection):
    """Offered, nothing changes; agreed to, each has the other's shift, once."""
    first, second = (a_responder(conn, always=False) for _ in range(2))
    planned(conn, a_rota(first, time(7), time(15)), a_rota(second, time(15), time(23)))
    offer = swaps.offer_swap(conn, first, second, NOW)
    assert offer is not None and (ids(conn, hours=13), ids(conn, hours=21)) == ([first], [second])
    assert swaps.accept_swap(conn, first, offer.code, NOW) is None
    assert swaps.accept_swap(conn, second, offer.code, NOW) == offer
    assert (ids(conn, hours=13), ids(conn, hours=21), ids(conn, hours=37)) == ([second], [first], [first])
    assert swaps.accept_swap(conn, second, offer.code, NOW) is None


def test_a_swap_that_cannot_be(conn: Connection):
    """Declined, withdrawn by another offer, too late, without a shift to give, or of a shift given meanwhile."""
    first = a_roster(conn)
    second = first + 1
    offers = [swaps.offer_swap(conn, first, second, NOW, in_return=False) for _ in range(2)]
    assert offers[0] is not None and offers[1] is not None and offers[1].takes_from is None
    assert swaps.accept_swap(conn, second, offers[0].code, NOW) is None
    assert swaps.accept_swap(conn, second, offers[1].code, offers[1].gives_from) is None
    assert swaps.decline_swap(conn, second, offers[1].code, NOW) == offers[1]
    assert swaps.offer_swap(conn, a_responder(conn, always=False), second, NOW) is None
    last = swaps.offer_swap(conn, first, second, NOW, in_return=False)
    planned(conn)
    assert last is not None and swaps.accept_swap(conn, second, last.code, NOW) is None


def test_a_responder_is_found_by_name(conn: Connection):
    """However it is written, where it is one person's."""
    who = a_responder(conn, phone="+15145550142")
    found = roster.find_by_name(conn, SEALER, " camille")
    assert found is not None and found.id == who
    a_responder(conn)
    assert roster.find_by_name(conn, SEALER, "Camille") is None


def test_another_number_is_not_proved(conn: Connection):
    """A number proves itself by a key; the next one must again, and the same one need not."""
    who = a_responder(conn, phone="+15145550142")
    roster.note_proof(conn, who, True, NOW)
    roster.set_number(conn, SEALER, who, "514 555-0142")
    before = roster.by_id(conn, who)
    roster.set_number(conn, SEALER, who, "+15145550143")
    after = roster.by_id(conn, who)
    assert before is not None and after is not None and (before.proved_at, after.proved_at) == (NOW, None)


def test_who_leaves_comes_back_without_their_shifts(conn: Connection):
    """Not rung any more; and added again, not on duty for ever because they were once."""
    who = a_responder(conn, phone="+15145550142")
    a_shift(conn, who, later(days=2), later(days=3))
    roster.leave(conn, who, later(hours=1))
    assert ids(conn, hours=2) == []
    assert (
        a_responder(conn, always=False, phone="+15145550142") == who and ids(conn, hours=2) == ids(conn, days=2.5) == []
    )
