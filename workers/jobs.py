"""One function per bell, thin: claim, decide, send, settle. A job is given a row's id and nothing else.

No transaction is held while the carrier is spoken to. A job never lets an exception reach RQ, which would keep its text
in Redis: whatever happens is settled on the row as a code, and the sweep comes again where that helps.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from hotline.store import work
from hotline.store.engine import StoreDown
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure
from workers import (
    asking,
    calling,
    coming,
    ending,
    hearing,
    inviting,
    meeting,
    paging,
    pausing,
    relaying,
    rostering,
    teaming,
    tipping,
    watching,
    writing,
)
from workers.hands import LEASE_FOR, PAGE_LEASE_FOR, Hands, hands

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=2)
# A page and a promise are never given up, nor is what somebody was told would be erased or forgotten.
PATIENCE: Mapping[str, int] = dict.fromkeys((
    "page", "watch", "callback", "fetch_tip", "forget_exchange", "watch_text", "erase_team_text", "relay", "beside",
    "guest",
), 1_000_000)  # fmt: skip
TRIES = 5
# To a responder's ear only: twice is harmless, and not at all leaves them alone with a dead line.
HARMLESS_TWICE = frozenset(
    (
        "call_later",
        "hush_others",
        "new_text",
        "read_number",
        "tell_gone",
        "tell_roster",
        "tell_team",
        "test_ring",
        "unhold",
    )
)


WORK: Mapping[str, Callable[[Hands, Claim], datetime | str]] = {
    "page": paging.page,
    "watch": watching.watch,
    "hush_others": paging.hush_others,
    "come": coming.come,
    "hang_up_leg": coming.hang_up_leg,
    "still_there": coming.still_there,
    "ask_text": asking.ask_text,
    "bring": meeting.bring,
    "back": meeting.back,
    "tell_gone": meeting.tell_gone,
    "step_out": meeting.step_out,
    "relay": relaying.relay,
    "beside": relaying.relay,
    "guest": inviting.guest,
    "hold": pausing.hold,
    "unhold": pausing.unhold,
    "call_later": pausing.call_later,
    "end_call": ending.end_call,
    "read_texts": meeting.read_texts,
    "read_number": hearing.read_number,
    "tell_heard": hearing.tell_heard,
    "new_text": teaming.new_text,
    "watch_text": teaming.watch_text,
    "read_to_staff": teaming.read_to_staff,
    "tell_team": teaming.tell_team,
    "erase_team_text": teaming.erase_team_text,
    "send_text": writing.send_text,
    "look": writing.look,
    "callback": calling.callback,
    "brief": calling.brief,
    "call_person": calling.call_person,
    "end_person": calling.end_person,
    "fetch_tip": tipping.fetch_tip,
    "look_tip": tipping.look_tip,
    "forget_exchange": tipping.forget_exchange,
    "ask_ok": rostering.ask_ok,
    "tell_roster": rostering.tell_roster,
    "test_ring": rostering.test_ring,
    "tell_dispatch": rostering.tell_dispatch,
}


def page(work_id: int) -> None:
    do("page", work_id)


def watch(work_id: int) -> None:
    do("watch", work_id)


def hush_others(work_id: int) -> None:
    do("hush_others", work_id)


def come(work_id: int) -> None:
    do("come", work_id)


def hang_up_leg(work_id: int) -> None:
    do("hang_up_leg", work_id)


def still_there(work_id: int) -> None:
    do("still_there", work_id)


def ask_text(work_id: int) -> None:
    do("ask_text", work_id)


def bring(work_id: int) -> None:
    do("bring", work_id)


def back(work_id: int) -> None:
    do("back", work_id)


def tell_gone(work_id: int) -> None:
    do("tell_gone", work_id)


def step_out(work_id: int) -> None:
    do("step_out", work_id)


def relay(work_id: int) -> None:
    do("relay", work_id)


def beside(work_id: int) -> None:
    do("beside", work_id)


def guest(work_id: int) -> None:
    do("guest", work_id)


def hold(work_id: int) -> None:
    do("hold", work_id)


def call_later(work_id: int) -> None:
    do("call_later", work_id)


def end_call(work_id: int) -> None:
    do("end_call", work_id)


def unhold(work_id: int) -> None:
    do("unhold", work_id)


def read_texts(work_id: int) -> None:
    do("read_texts", work_id)


def read_number(work_id: int) -> None:
    do("read_number", work_id)


def tell_heard(work_id: int) -> None:
    do("tell_heard", work_id)


def new_text(work_id: int) -> None:
    do("new_text", work_id)


def watch_text(work_id: int) -> None:
    do("watch_text", work_id)


def read_to_staff(work_id: int) -> None:
    do("read_to_staff", work_id)


def tell_team(work_id: int) -> None:
    do("tell_team", work_id)


def erase_team_text(work_id: int) -> None:
    do("erase_team_text", work_id)


def send_text(work_id: int) -> None:
    do("send_text", work_id)


def look(work_id: int) -> None:
    do("look", work_id)


def fetch_tip(work_id: int) -> None:
    do("fetch_tip", work_id)


def look_tip(work_id: int) -> None:
    do("look_tip", work_id)


def forget_exchange(work_id: int) -> None:
    do("forget_exchange", work_id)


def callback(work_id: int) -> None:
    do("callback", work_id)


def brief(work_id: int) -> None:
    do("brief", work_id)


def call_person(work_id: int) -> None:
    do("call_person", work_id)


def end_person(work_id: int) -> None:
    do("end_person", work_id)


def ask_ok(work_id: int) -> None:
    do("ask_ok", work_id)


def tell_roster(work_id: int) -> None:
    do("tell_roster", work_id)


def tell_dispatch(work_id: int) -> None:
    do("tell_dispatch", work_id)


def test_ring(work_id: int) -> None:
    do("test_ring", work_id)


def do(kind: str, work_id: int, at_hand: Hands | None = None) -> None:
    """Claim the row, do its work, settle it. Nothing is raised: RQ and the sweep have nothing to do with a failure."""
    try:
        own = at_hand or hands()
        with own.store.turn() as conn:
            claim = work.claim(conn, work_id, own.clock.now(), PAGE_LEASE_FOR if kind == "page" else LEASE_FOR)
        if claim is not None and claim.kind == kind:
            _settle(own, claim, _done(own, claim))
    except StoreDown as down:
        log.error("store_down %s %s", kind, down.reason)
    except Exception as error:  # not even one of ours: RQ would keep its text in Redis
        log.error("job_broken %s %s", kind, type(error).__name__)


def _done(own: Hands, claim: Claim) -> datetime | str:
    """What became of it: done (a word), or due again (an instant)."""
    try:
        return WORK[claim.kind](own, claim)
    except Failure as failure:
        log.error("carrier %s %s", claim.kind, failure)
        again = failure.again or (failure.again is None and claim.kind in HARMLESS_TWICE)
        return own.clock.now() + AGAIN if again and claim.attempts < TRIES else f"failed {failure.code}"
    except StoreDown:
        raise
    except Exception as error:  # a poisoned row steps aside instead of blocking the others
        log.error("job_failed %s %s", claim.kind, type(error).__name__)
        enough = claim.attempts >= PATIENCE.get(claim.kind, TRIES)
        return f"error {type(error).__name__}" if enough else own.clock.now() + AGAIN * min(claim.attempts, 5)


def _settle(own: Hands, claim: Claim, outcome: datetime | str) -> None:
    with own.store.turn() as conn:
        if isinstance(outcome, datetime):
            work.put_off(conn, claim.work_id, claim.generation, outcome)
        elif outcome.startswith("error"):
            work.give_up(conn, claim.work_id, claim.generation, outcome)
        else:
            work.settle(conn, claim.work_id, claim.generation, outcome)
