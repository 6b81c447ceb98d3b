"""Staff codes and PINs: who is speaking, when the telephone they call from proves nothing.

A guess is counted before anything is hashed, and a wrong PIN, an unknown code and one guess too many get the same
answer. What locks is time alone: nobody who is on call stays outside for longer than a quarter of an hour.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, DateTime, Text, and_, cast, delete, func, insert, literal, select
from sqlalchemy import LargeBinary as Bytes
from sqlalchemy.dialects.postgresql import insert as upsert

from hotline.store.staff_tables import pin_guesses, staff_pins
from hotline.store.tables import responders
from hotline.vault import Sealer

CODE, PIN = 4, 6
KEPT = timedelta(minutes=15)
# Within that time, before the one at hand: by one call, at one code, and by everybody together.
MOST_BY_CALL, MOST_AT_CODE, MOST_AT_ALL = 3, 5, 100
USE = "staff pin"


def may_be_pin(pin: str) -> bool:
    """Six figures that are not the first ones anybody tries: one figure only, or counting up or down."""
    figures = [int(figure) for figure in pin if figure.isascii() and figure.isdigit()]
    steps = {(after - before) % 10 for before, after in pairwise(figures)}
    return len(pin) == len(figures) == PIN and steps not in ({0}, {1}, {9})


def set_pin(conn: Connection, sealer: Sealer, responder_id: int, pin: str, now: datetime) -> str:
    """The responder's PIN from now on; their code, drawn the first time. ValueError where the PIN is none."""
    if not may_be_pin(pin):
        raise ValueError("a PIN has six figures, not all the same and not counted up or down")
    hashed = sealer.hash_secret(pin, USE)
    new = upsert(staff_pins).values(responder_id=responder_id, code=_free_code(), pin_hash=hashed, set_at=now)
    changed = {"pin_hash": new.excluded.pin_hash, "set_at": new.excluded.set_at}
    kept = new.on_conflict_do_update(index_elements=[staff_pins.c.responder_id], set_=changed)
    return str(conn.execute(kept.returning(staff_pins.c.code)).scalar_one())


def who(conn: Connection, sealer: Sealer, code: str, pin: str, call: str, now: datetime) -> int | None:
    """The active responder of that code and PIN, or nobody; `call` is the SID of the call it was typed in."""
    guess = _counted(conn, _guessed(sealer, now, f"call {call}"), _guessed(sealer, now, f"code {code}"), now)
    if guess is None:
        return None
    known = select(staff_pins.c.responder_id, staff_pins.c.pin_hash).join(
        responders, responders.c.id == staff_pins.c.responder_id
    )
    row = conn.execute(known.where(staff_pins.c.code == code, responders.c.active)).one_or_none()
    if not sealer.is_secret(row.pin_hash if row else None, pin, USE) or row is None:
        return None
    conn.execute(delete(pin_guesses).where(pin_guesses.c.id == guess))
    return int(row.responder_id)


def is_pin(conn: Connection, sealer: Sealer, responder_id: int, pin: str, call: str, now: datetime) -> bool:
    """Whether this is the PIN of a responder who is already known by their leg; under the same limits."""
    code = conn.execute(select(staff_pins.c.code).where(staff_pins.c.responder_id == responder_id)).scalar_one_or_none()
    return who(conn, sealer, code or f"none {responder_id}", pin, call, now) == responder_id


def tidy(conn: Connection, now: datetime) -> None:
    """Guesses that no longer count are forgotten."""
    conn.execute(delete(pin_guesses).where(pin_guesses.c.at < now - KEPT))


def _free_code() -> ColumnElement[str]:
    """SQL: a code that nobody has, drawn."""
    each = select(cast(func.generate_series(10 ** (CODE - 1), 10**CODE - 1), Text).label("code")).subquery("each")
    taken = select(staff_pins.c.code).where(staff_pins.c.code == each.c.code).exists()
    return select(each.c.code).where(~taken).order_by(func.random()).limit(1).scalar_subquery()


def _counted(conn: Connection, call: bytes, code: bytes, now: datetime) -> int | None:
    """This guess, counted as wrong until it is right: its id. None, and nothing written, where there were too many."""
    mine = {"call": literal(call, Bytes), "code": literal(code, Bytes)}
    most = {"call": MOST_BY_CALL, "code": MOST_AT_CODE}
    few = [func.count().filter(pin_guesses.c[name] == mine[name]) < most[name] for name in most]
    allowed = select(and_(func.count() < MOST_AT_ALL, *few)).where(pin_guesses.c.at > now - KEPT).scalar_subquery()
    row = select(literal(now, DateTime(timezone=True)), mine["call"], mine["code"]).where(allowed)
    counted = insert(pin_guesses).from_select(["at", "call", "code"], row)
    return conn.execute(counted.returning(pin_guesses.c.id)).scalar_one_or_none()


def _guessed(sealer: Sealer, now: datetime, what: str) -> bytes:
    """A pseudonym of the day: no other day's rows can be compared with it."""
    return sealer.pseudonym("guess", f"{now.date()} staff {what}")
