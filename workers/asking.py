"""The text of a page whose fate nobody told: the carrier is asked. One that did not arrive adds the next person."""

from datetime import datetime, timedelta

from hotline.rules.escalation import TEXT_TOLD_WITHIN
from hotline.store import attempts, pages, roster, work
from hotline.store.attempts import Attempt
from hotline.store.work import Claim
from hotline.telephone.gateway import Fate
from hotline.vault import NotOurs
from workers.hands import Hands

NOTHING = "nothing to do"
LOST = frozenset({"failed", "undelivered", "canceled"})
ASKS = 3  # some telephone companies never tell
CLOCKS_APART = timedelta(minutes=2)


def ask_text(own: Hands, claim: Claim) -> datetime | str:
    """What became of a page's text; asked again until the carrier says, three times."""
    with own.store.turn() as conn:
        now, attempt = own.clock.now(), attempts.by_id(conn, claim.subject_id)
        page = pages.by_id(conn, attempt.page_id) if attempt is not None else None
    if attempt is None or page is None or page.state != "open" or attempt.state not in ("sent", "unknown"):
        return NOTHING
    fate = _fate(own, attempt, page.code)
    if fate.status in LOST:
        _write(own, attempt, "failed", now, fate.error_code)
        return f"lost {fate.error_code}"
    if fate.status == "delivered":
        _write(own, attempt, "ended", now)
        return "delivered"
    return now + TEXT_TOLD_WITHIN if claim.attempts < ASKS else f"nobody knows {fate.status}"


def _fate(own: Hands, attempt: Attempt, code: str) -> Fate:
    """By the name we were given, or, where no answer came, among what went to that number since; none there is lost."""
    if attempt.sid_sealed is not None:
        return own.gateway.message_status(own.sealer.open_number(attempt.sid_sealed))
    with own.store.turn() as conn:
        row = roster.by_id(conn, attempt.responder_id) if attempt.responder_id is not None else None
    try:
        number = own.sealer.open_number(row.phone_sealed) if row is not None else None
    except NotOurs:
        number = None
    if number is None:
        return Fate("failed")
    since = attempt.created_at - CLOCKS_APART
    return own.gateway.fate_of_text(number, own.settings.page_number, code, since) or Fate("failed")


def _write(own: Hands, attempt: Attempt, state: attempts.State, now: datetime, code: int = 0) -> None:
    with own.store.turn() as conn:
        moved = attempts.move(conn, attempt.id, state, now, error_code=code or None)
        rows = work.bring_forward(conn, "page", attempt.page_id, now) if moved and state == "failed" else []
    own.bell.ring([("page", row_id) for row_id in rows])
