"""Staff codes and PINs: the right one opens, and everything else gets the same answer, for a while only."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from hotline.store import pins, roster
from hotline.store.engine import Store, for_work
from hotline.store.staff_tables import pin_guesses, staff_pins
from tests.build import NOW, SEALER, a_responder, later

PIN = "402817"


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


@pytest.fixture
def staff(conn: Connection) -> tuple[int, str]:
    """A responder with a PIN: their id and code."""
    responder = a_responder(conn)
    return responder, pins.set_pin(conn, SEALER, responder, PIN, NOW)


def tries(conn: Connection, code: str, pin: str, call: str = "CA1", **after: float) -> int | None:
    """Somebody types them."""
    return pins.who(conn, SEALER, code, pin, call, later(**after))


def test_the_right_pin_is_its_owner(conn: Connection, staff: tuple[int, str]) -> None:
    """Code and PIN are one responder, and a right answer counts as no guess."""
    responder, code = staff
    assert [tries(conn, code, PIN) for _ in range(4)] == [responder] * 4
    assert conn.execute(select(func.count()).select_from(pin_guesses)).scalar_one() == 0


@pytest.mark.parametrize("wrong", ["402818", "", "4028170", "abcdef", "402817 "])
def test_a_wrong_pin_is_nobody(conn: Connection, staff: tuple[int, str], wrong: str) -> None:
    """Nearly right is wrong."""
    assert tries(conn, staff[1], wrong) is None


def test_an_unknown_code_is_nobody_too(conn: Connection, staff: tuple[int, str]) -> None:
    """The same answer as for a wrong PIN, and it is counted like one."""
    unknown = "9999" if staff[1] != "9999" else "9998"
    assert [tries(conn, unknown, PIN, f"CA{n}") for n in range(6)] == [None] * 6
    assert conn.execute(select(func.count()).select_from(pin_guesses)).scalar_one() == pins.MOST_AT_CODE


def test_one_call_has_three_guesses(conn: Connection, staff: tuple[int, str]) -> None:
    """After three wrong ones not even the right one is heard in this call; another call is."""
    responder, code = staff
    assert [tries(conn, code, "111222") for _ in range(3)] == [None] * 3
    assert (tries(conn, code, PIN), tries(conn, code, PIN, "CA2")) == (None, responder)


def test_a_code_is_locked_by_time_alone(conn: Connection, staff: tuple[int, str]) -> None:
    """Five wrong ones from anywhere lock a code; a quarter of an hour later its owner is heard again."""
    responder, code = staff
    assert [tries(conn, code, "111222", f"CA{n}") for n in range(5)] == [None] * 5
    assert tries(conn, code, PIN, "CA9") is None
    assert tries(conn, code, PIN, "CA9", minutes=15, seconds=1) == responder


def test_another_code_is_not_locked_with_it(conn: Connection, staff: tuple[int, str]) -> None:
    """Whoever attacks one code shuts nobody else out."""
    other = a_responder(conn)
    code = pins.set_pin(conn, SEALER, other, "731905", NOW)
    assert [tries(conn, staff[1], "111222", f"CA{n}") for n in range(6)] == [None] * 6
    assert tries(conn, code, "731905", "CA9") == other


def test_nothing_is_hashed_once_there_were_too_many(conn: Connection, staff: tuple[int, str]) -> None:
    """All guesses together have a limit, so that a flood costs no slow hashes."""
    refused = "100 others"
    for n in range(pins.MOST_AT_ALL):
        tries(conn, f"{n:04}", "0", f"{refused} {n}")
    assert tries(conn, staff[1], PIN, "CA9") is None


def test_who_left_has_no_pin(conn: Connection, staff: tuple[int, str]) -> None:
    """A responder who is not active any more is nobody."""
    roster.set_active(conn, staff[0], False)
    assert tries(conn, staff[1], PIN) is None


def test_a_new_pin_keeps_the_code(conn: Connection, staff: tuple[int, str]) -> None:
    """The code stays in one's head; the old PIN is nothing."""
    responder, code = staff
    assert pins.set_pin(conn, SEALER, responder, "731905", later(days=1)) == code
    assert (tries(conn, code, PIN), tries(conn, code, "731905")) == (None, responder)


def test_a_leg_asks_for_its_own_pin(conn: Connection, staff: tuple[int, str]) -> None:
    """Known by their leg, they prove who they are with the PIN; somebody else's PIN is none, and no PIN is none."""
    responder, _ = staff
    other, third = a_responder(conn), a_responder(conn)
    pins.set_pin(conn, SEALER, other, "731905", NOW)
    asked = [(responder, PIN), (responder, "731905"), (third, PIN)]
    assert [pins.is_pin(conn, SEALER, who, pin, "CA1", NOW) for who, pin in asked] == [True, False, False]


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "000000", "123456", "987654", "890123", "40281x", "٤٠٢٨١٧"])
def test_what_everybody_tries_first_is_no_pin(conn: Connection, pin: str) -> None:
    """One figure only, counting, too short or too long: refused when it is set."""
    with pytest.raises(ValueError, match="six figures"):
        pins.set_pin(conn, SEALER, a_responder(conn), pin, NOW)


def test_what_is_kept_says_no_pin(conn: Connection, staff: tuple[int, str]) -> None:
    """A hash of its own use: no tip's secret opens it, and no guess is kept in clear or for long."""
    hashed = conn.execute(select(staff_pins.c.pin_hash)).scalar_one()
    assert PIN.encode() not in hashed and not SEALER.is_secret(hashed, PIN)
    tries(conn, staff[1], "111222")
    pins.tidy(conn, NOW + timedelta(minutes=16))
    assert conn.execute(select(func.count()).select_from(pin_guesses)).scalar_one() == 0
