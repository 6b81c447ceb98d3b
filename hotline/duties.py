"""What a responder says of their own shifts, in writing: on duty, off duty, a pause, who else, ready, a swap.

The roster decides; here it is asked, and what came of it is told. A swap is nothing until both sides have said yes.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hotline import team
from hotline.desk import Desk
from hotline.rules import saying
from hotline.rules.commands import OffDuty, Ok, OnDuty, Pause, Swap, Who
from hotline.rules.duty import covers
from hotline.store import audit, planning, roster, roster_watch, swaps
from ivr_flows.model import Language

OFF_CODE_FOR = timedelta(minutes=10)


def on_duty(desk: Desk, responder_id: int, command: OnDuty) -> None:
    until = roster.go_on_duty(desk.conn, responder_id, desk.now)
    _audit(desk, responder_id, "on_duty")
    if until.at is None:
        team.tell(desk, responder_id, "on_always")
    else:
        team.tell(desk, responder_id, "on_until", quand=_when(desk, responder_id, until.at))


def off_duty(desk: Desk, responder_id: int, command: OffDuty) -> None:
    """Off duty, at once where others are; whoever would leave nobody confirms it by a code that their telephone gets,
    because a sender can be forged and a night without anybody must not be."""
    roster.one_leaves_at_a_time(desk.conn)
    present = [one.responder_id for one in roster.on_duty(desk.conn, desk.now)]
    if present == [responder_id]:
        _audit(desk, responder_id, "asks_off")
        return team.tell(desk, responder_id, "off_ask", numero=_off_code(desk, responder_id, desk.now))
    return _ends_duty(desk, responder_id)


def confirms_off(desk: Desk, responder_id: int, code: str) -> bool:
    """Whether this is the code that they were sent to end their duty with; then it is ended."""
    codes = [_off_code(desk, responder_id, at) for at in (desk.now, desk.now - OFF_CODE_FOR)]
    if code not in codes:
        return False
    _ends_duty(desk, responder_id)
    return True


def _off_code(desk: Desk, responder_id: int, at: datetime) -> str:
    """Six figures that only the telephone they are sent to can tell: another one each ten minutes."""
    drawn = desk.sealer.pseudonym("off", f"{responder_id}:{int(at.timestamp() // OFF_CODE_FOR.total_seconds())}")
    return f"{int.from_bytes(drawn[:8], 'big') % 10**6:06}"


def _ends_duty(desk: Desk, responder_id: int) -> None:
    """What they are told goes to the telephone whose number wrote; a planned shift that is cut is told a supervisor."""
    running = [one for one in planning.shifts_between(desk.conn, desk.now, desk.now) if covers(one, desk.now)]
    planned = any(one.planned and one.responder_id == responder_id for one in running)
    if roster.go_off_duty(desk.conn, responder_id, desk.now) is None:
        return team.tell(desk, responder_id, "off_not")
    _audit(desk, responder_id, "off_duty")
    if planned:
        for one in roster.supervisors(desk.conn, desk.now, but=responder_id):
            team.tell(desk, one.id, "someone_off")
    return team.tell(desk, responder_id, "off" if roster.on_duty(desk.conn, desk.now) else "off_alone")


def who(desk: Desk, responder_id: int, command: Who) -> None:
    names = [desk.sealer.open_number(one.name_sealed) for one in roster.on_duty(desk.conn, desk.now)]
    team.tell(desk, responder_id, "who" if names else "nobody", noms=", ".join(names))


def pause(desk: Desk, responder_id: int, command: Pause) -> None:
    until = desk.now + timedelta(minutes=command.minutes)
    if not roster.pause(desk.conn, responder_id, until, desk.now):
        return team.tell(desk, responder_id, "off_not")
    _audit(desk, responder_id, "pause")
    return team.tell(desk, responder_id, "paused", quand=_when(desk, responder_id, until))


def ok(desk: Desk, responder_id: int, command: Ok) -> None:
    """To the text before a shift; an OK that answers nothing is thanked for too."""
    if not ready(desk, responder_id):
        team.tell(desk, responder_id, "noted")


def ready(desk: Desk, responder_id: int) -> bool:
    """A yes to the text before a shift; False where none waits for an answer."""
    if not roster_watch.say_ok(desk.conn, responder_id, desk.now):
        return False
    _audit(desk, responder_id, "ready")
    team.tell(desk, responder_id, "noted")
    return True


def swap(desk: Desk, responder_id: int, command: Swap) -> None:
    """Offered to the other side, who must say yes under its three figures."""
    taker = roster.find_by_name(desk.conn, desk.sealer, command.name)
    if taker is None:
        return team.tell(desk, responder_id, "swap_who")
    offer = swaps.offer_swap(desk.conn, responder_id, taker.id, desk.now, command.in_return)
    if offer is None:
        return team.tell(desk, responder_id, "swap_cannot")
    slots = {
        "numero": offer.code,
        "nom": _name(desk, responder_id),
        "donne": _when(desk, taker.id, offer.gives_from),
        "prend": _when(desk, taker.id, offer.takes_from) if offer.takes_from else "",
    }
    team.tell(desk, taker.id, "swap_offer" if offer.takes_from else "gift_offer", None, **slots)
    return team.tell(desk, responder_id, "swap_waits", nom=_name(desk, taker.id))


def agree(desk: Desk, responder_id: int, code: str, yes: bool) -> None:
    """The other side says yes or no; both are told."""
    settled = (swaps.accept_swap if yes else swaps.decline_swap)(desk.conn, responder_id, code, desk.now)
    if settled is None:
        return team.tell(desk, responder_id, "swap_none")
    _audit(desk, responder_id, "swap_accepted" if yes else "swap_declined")
    slots = {"numero": code, "nom": _name(desk, responder_id)}
    team.tell(desk, settled.giver_id, "swap_done" if yes else "swap_declined", None, **slots)
    return team.tell(desk, responder_id, "noted")


def _name(desk: Desk, responder_id: int) -> str:
    row = roster.by_id(desk.conn, responder_id)
    return desk.sealer.open_number(row.name_sealed) if row is not None else "?"


def _when(desk: Desk, responder_id: int, at: datetime) -> str:
    row = roster.by_id(desk.conn, responder_id)
    language: Language = team.language_of(row) if row is not None else "fr"
    return saying.moment(at, desk.now, desk.zone, language)


def _audit(desk: Desk, responder_id: int, verb: str) -> None:
    audit.write(desk.conn, f"responder:{responder_id}", verb, f"responder:{responder_id}", {}, desk.now)


ORDERS: Mapping[type, Callable[[Desk, int, Any], object]] = {
    OnDuty: on_duty,
    OffDuty: off_duty,
    Who: who,
    Pause: pause,
    Ok: ok,
    Swap: swap,
}
