"""Swaps of shifts: offered by one side, agreed to by the other; only then are they changes of the roster."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from hotline.rules.duty import Shift
from hotline.rules.rota import stretch
from hotline.store import planning
from hotline.store.roster_tables import swaps

AHEAD = timedelta(days=28)
CODES = 1000


@dataclass(frozen=True, slots=True)
class Swap:
    """What is given, from when until when, and what is taken for it (nothing, where `takes_from` is None)."""

    id: int
    code: str
    giver_id: int
    taker_id: int
    gives_from: datetime
    gives_until: datetime
    takes_from: datetime | None
    takes_until: datetime | None


_SWAP = (
    swaps.c.id,
    swaps.c.code,
    swaps.c.giver_id,
    swaps.c.taker_id,
    swaps.c.gives_from,
    swaps.c.gives_until,
    swaps.c.takes_from,
    swaps.c.takes_until,
)


def next_shift(conn: Connection, responder_id: int, now: datetime) -> Shift | None:
    """The next planned time of somebody that has not begun, from its beginning to its break."""
    ahead = [one for one in planning.shifts_between(conn, now, now + AHEAD) if one.responder_id == responder_id]
    first = next((one for one in ahead if one.planned and one.starts_at > now), None)
    if first is None:
        return None
    whole = stretch([one for one in ahead if one.planned], responder_id, first.starts_at)
    return first._replace(ends_at=whole[1]) if whole else first


def offer_swap(conn: Connection, giver_id: int, taker_id: int, now: datetime, in_return: bool = True) -> Swap | None:
    """The giver's next shift for the taker's next one, or for nothing. None where there is no such shift to give.

    What the giver offered before and nobody has taken is withdrawn.
    """
    gives, takes = next_shift(conn, giver_id, now), next_shift(conn, taker_id, now) if in_return else None
    if gives is None or gives.ends_at is None or giver_id == taker_id or (in_return and takes is None):
        return None
    open_ = update(swaps).where(swaps.c.giver_id == giver_id, swaps.c.done_at.is_(None))
    conn.execute(open_.values(done_at=now, outcome="withdrawn"))
    about = {"giver_id": giver_id, "taker_id": taker_id, "gives_from": gives.starts_at, "gives_until": gives.ends_at}
    back = {"takes_from": takes.starts_at, "takes_until": takes.ends_at} if takes else {}
    new = insert(swaps).values(**about, **back, code=_drawn(conn, taker_id), offered_at=now)
    return Swap(*conn.execute(new.returning(*_SWAP)).one())


def accept_swap(conn: Connection, taker_id: int, code: str, now: datetime) -> Swap | None:
    """The other side agrees: from now on each has the other's shift. None: no such offer, too late, or not theirs."""
    found = _settled(conn, taker_id, code, "accepted", now)
    if found is None:
        return None
    if not _still_has(conn, found):
        conn.execute(update(swaps).where(swaps.c.id == found.id).values(outcome="withdrawn"))
        return None
    gives = (found.giver_id, found.gives_from, found.gives_until, now)
    planning.add_override(conn, "replace", *gives, by_id=found.taker_id)
    if found.takes_from is not None and found.takes_until is not None:
        takes = (found.taker_id, found.takes_from, found.takes_until, now)
        planning.add_override(conn, "replace", *takes, by_id=found.giver_id)
    return found


def decline_swap(conn: Connection, taker_id: int, code: str, now: datetime) -> Swap | None:
    """The other side does not agree: nothing changes, and the giver is to be told. None: no such offer."""
    return _settled(conn, taker_id, code, "declined", now)


def _drawn(conn: Connection, taker_id: int) -> str:
    """Three figures that only the telephone they are sent to can tell, and that no open offer to them has."""
    taken = set(
        conn.execute(select(swaps.c.code).where(swaps.c.taker_id == taker_id, swaps.c.done_at.is_(None))).scalars()
    )
    return secrets.choice([code for number in range(CODES) if (code := f"{number:03}") not in taken])


def _settled(conn: Connection, taker_id: int, code: str, outcome: str, now: datetime) -> Swap | None:
    theirs = swaps.c.taker_id == taker_id, swaps.c.code == code, swaps.c.done_at.is_(None)
    in_time = swaps.c.gives_from > now, or_(swaps.c.takes_from.is_(None), swaps.c.takes_from > now)
    done = update(swaps).where(*theirs, *in_time).values(done_at=now, outcome=outcome)
    row = conn.execute(done.returning(*_SWAP)).one_or_none()
    return None if row is None else Swap(*row)


def _still_has(conn: Connection, found: Swap) -> bool:
    """Whether the roster is still as it was when this was offered: nobody gives what they no longer have."""
    sides = [(found.giver_id, found.gives_from, found.gives_until)]
    if found.takes_from is not None and found.takes_until is not None:
        sides.append((found.taker_id, found.takes_from, found.takes_until))
    for responder_id, begins, ends in sides:
        running = stretch(planning.shifts_between(conn, begins, ends), responder_id, begins)
        if running is None or (running[1] is not None and running[1] < ends):
            return False
    return True
