"""The team's own texts and test rings: "OK?" before a planned shift, what is wrong ahead, does this telephone ring.

To responders only, so twice is harmless; nothing in them is about a person, and no name is in them either.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hotline import dispatch, rostering, team
from hotline.places import first_address
from hotline.rules import saying
from hotline.rules.duty import Shift
from hotline.rules.rota import stretch
from hotline.store import planning, roster, roster_watch, work
from hotline.store.roster import ResponderRow
from hotline.store.roster_watch import UNANSWERED, Check, Notice
from hotline.store.work import Claim
from hotline.telephone.gateway import Failure, Refused
from ivr_flows.model import Language, Place
from workers.hands import Hands

log = logging.getLogger(__name__)

ASK_BEFORE = timedelta(minutes=45)
ANSWER_WITHIN, AT_LEAST = timedelta(minutes=20), timedelta(minutes=5)
TRIES = 5
OF_THE_NUMBER = frozenset({21211, 21214, 21215, 21216, 21217})  # whatever else is refused is our fault
RING_FOR = 30  # seconds
UNASKED = "/twilio/voice/status"  # the end of a test ring is of no contact: nothing is written of it
UNPROVED = "Ligne: le numero de la repartition de la police n'a pas fait ses preuves depuis un mois. Le tester."
LISTED = 3  # problems in one text; the others are counted
TEXT_VALID_FOR = 3600  # seconds: a word about tomorrow may arrive in half an hour
RANK: dict[Language, dict[str, str]] = {
    "fr": {"on-duty": "de garde", "deputy": "de relève", "supervisor": "de supervision"},
    "en": {"on-duty": "on duty", "deputy": "deputy", "supervisor": "supervisor"},
}
ASKS: dict[Language, str] = {
    "fr": "Votre quart commence {begins}. OK? Pour confirmer, répondez OK.",
    "en": "Your shift begins {begins}. OK? To confirm, answer OK.",
}
TELLS: dict[Language, dict[str, str]] = {
    "fr": {
        "gap": "Horaire: personne en service, {begins}{ends}.",
        "team": "Horaire: personne de l'équipe {team}, {begins}{ends}.",
        "double": "Horaire: quelqu'un est inscrit deux fois, {begins}.",
        "undiallable": "Horaire: le numéro d'une personne en service, {begins}, ne peut pas sonner.",
        UNANSWERED: "Pas de réponse à notre texto avant le quart {rank} qui commence {begins}.",
        "until": " à {}", "more": "Et {} autres.",
    },
    "en": {
        "gap": "Roster: nobody on duty, {begins}{ends}.",
        "team": "Roster: nobody of the team {team}, {begins}{ends}.",
        "double": "Roster: somebody is planned twice, {begins}.",
        "undiallable": "Roster: the number of somebody on duty, {begins}, cannot be rung.",
        UNANSWERED: "No answer to our text before the {rank} shift that begins {begins}.",
        "until": " to {}", "more": "And {} more.",
    },
}  # fmt: skip


# ── looking ahead: the sweep does ─────────────────────────────────────────────────────────────────────────────────


def look_ahead(own: Hands, conn: Connection, now: datetime) -> None:
    """Rows of work for what must be asked and told; none while all is well, and nothing twice.

    While nobody could be told of it, nothing is noted: whoever comes is told then.
    """
    for shift in _beginning(conn, now):
        check_id = roster_watch.plan_check(conn, shift.responder_id, shift.starts_at)
        if check_id is not None:
            work.add(conn, "ask_ok", "work", check_id, now, now=now)
    if own.settings.ops_phones or _supervisors(conn, now):
        ours = (own.settings.line_number, own.settings.callback_number, own.settings.page_number,
                own.settings.fallback_number)  # fmt: skip
        newest = roster_watch.note(conn, rostering.ahead(conn, own.sealer, now, ours), now)
        if newest is not None:
            work.add(conn, "tell_roster", "work", newest, now, now=now)


def _beginning(conn: Connection, now: datetime) -> list[Shift]:
    """Planned shifts that begin soon, of people who are not on duty already until then."""
    around = planning.shifts_between(conn, now, now + ASK_BEFORE)
    return [
        one
        for one in around
        if one.planned and one.starts_at > now and _begins(around, one.responder_id, one.starts_at)
    ]


def _begins(around: Sequence[Shift], responder_id: int, starts_at: datetime) -> bool:
    running = stretch(around, responder_id, starts_at)
    return running is not None and running[0] == starts_at


# ── OK? ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def ask_ok(own: Hands, claim: Claim) -> datetime | str:
    """Before a shift: asked once, answered in time or told to the supervisors."""
    with own.store.turn() as conn:
        now = own.clock.now()
        about = roster_watch.check(conn, claim.subject_id)
        row = roster.by_id(conn, about.responder_id) if about is not None else None
        ahead = planning.shifts_between(conn, about.starts_at, about.starts_at) if about is not None else ()
    if about is not None and about.answered_at is not None:
        return "answered"
    if about is None or row is None or not row.active or not _begins(ahead, row.id, about.starts_at):
        return "not planned any more"
    if about.asked_at is not None:
        return _unanswered(own, about, now)
    if now >= about.starts_at:
        return "too late to ask"
    language = team.language_of(row)
    body = ASKS[language].format(begins=_said(own, about.starts_at, language))
    try:
        _text(own, row, body, about.id)
    except Failure as failure:
        log.error("shift_not_asked %s", failure)
        if failure.again and claim.attempts < TRIES:
            raise
    with own.store.turn() as conn:
        roster_watch.asked(conn, about.id, now)
    return _answer_by(about.starts_at, now)


def _answer_by(starts_at: datetime, asked_at: datetime) -> datetime:
    return max(min(asked_at + ANSWER_WITHIN, starts_at), asked_at + AT_LEAST)


def _unanswered(own: Hands, about: Check, now: datetime) -> datetime | str:
    """What becomes of a question without an answer."""
    by = _answer_by(about.starts_at, about.asked_at or now)
    if now < by:
        return by
    with own.store.turn() as conn:
        notice = roster_watch.note_unanswered(conn, about, now)
        row_id = work.add(conn, "tell_roster", "work", notice, now, now=now) if notice is not None else None
    if row_id is not None:
        own.bell.ring([("tell_roster", row_id)])
    return "not answered"


# ── does this telephone ring? ─────────────────────────────────────────────────────────────────────────────────────


def test_ring(own: Hands, claim: Claim) -> str:
    """A call that says it is a test, and asks for a key. Nobody's page is in it."""
    if claim.subject_id == dispatch.TEST_RING:
        return _rings_dispatch(own)
    with own.store.turn() as conn:
        row = roster.by_id(conn, claim.subject_id)
    if row is None or not row.active:
        return "not on the roster"
    try:
        _rings(own, own.sealer.open_number(row.phone_sealed), own.settings.page_number, team.language_of(row), row.id)
    except Refused as refused:
        if refused.code not in OF_THE_NUMBER:
            raise
        with own.store.turn() as conn:
            roster.note_proof(conn, row.id, False, own.clock.now())
        return f"cannot be rung {refused.code}"
    return "rung"


def _rings_dispatch(own: Hands) -> str:
    """As it will be rung one night: from the number that guests are called from."""
    number = own.settings.dispatch_number
    if number is None:
        return "no number"
    _rings(own, number, own.settings.callback_number, "fr", dispatch.TEST_RING)
    return "rung"


def _rings(own: Hands, number: str, from_: str, language: Language, who: int) -> None:
    place = Place(own.team.name, own.team.doors["test"], language, version=own.team.version, attempt=who)
    url = first_address(own.sealer, own.settings.public_url, place)
    own.gateway.call(number, from_, url, f"{own.settings.public_url}{UNASKED}", RING_FOR)


def remind(own: Hands, conn: Connection, now: datetime) -> None:
    """A number of dispatch that nobody proved within the month is told of: a row of work a week, while it lasts."""
    number = own.settings.dispatch_number
    if number is None or not own.settings.ops_phones or dispatch.is_proved(conn, own.sealer, number, now):
        return
    work.add(conn, "tell_dispatch", "work", dispatch.TEST_RING, now, f"tell_dispatch:{now:%G-%V}", now)


def tell_dispatch(own: Hands, claim: Claim) -> str:
    """The operator knows that dispatch is to be tested."""
    return f"told {_operator(own, UNPROVED, claim.work_id)}"


# ── what the supervisors are told ─────────────────────────────────────────────────────────────────────────────────


def tell_roster(own: Hands, claim: Claim) -> str:
    """Everything that nobody was told of yet, in one text to each supervisor; where there is none, to the operator."""
    with own.store.turn() as conn:
        now = own.clock.now()
        notices = list(roster_watch.untold(conn))
        supervisors = _supervisors(conn, now)
        rank = {row.id: row.rank for row in roster.all_responders(conn)}
    if not notices:
        return "told before"
    told = 0
    failures: list[Failure] = []
    for row in supervisors:
        try:
            _text(own, row, _words(own, notices, rank, team.language_of(row)), claim.subject_id)
            told += 1
        except Failure as failure:
            log.error("supervisor_not_told %s", failure)
            failures.append(failure)
    told += 0 if told else _operator(own, _words(own, notices, rank, "fr"), claim.subject_id)
    if not told and failures:
        raise failures[0]
    with own.store.turn() as conn:
        roster_watch.tell(conn, [one.id for one in notices], now)
    return f"told {told}"


def _operator(own: Hands, body: str, row_id: int) -> int:
    told = 0
    for number in own.settings.ops_phones:
        try:
            own.gateway.text(number, own.settings.page_number, body, own.status("ops", row_id), TEXT_VALID_FOR)
            told += 1
        except Failure as failure:
            log.error("alarm_not_sent %s", failure)
    return told


def _words(own: Hands, notices: Sequence[Notice], rank: dict[int, str], language: Language) -> str:
    told = TELLS[language]
    lines = []
    for one in notices[:LISTED]:
        ends = told["until"].format(_said(own, one.ends_at, language)) if one.ends_at is not None else ""
        lines.append(
            told["team" if one.team else one.kind].format(
                begins=_said(own, one.starts_at, language),
                ends=ends,
                team=one.team,
                rank=RANK[language].get(rank.get(one.responder_id or 0, ""), ""),
            )
        )
    if len(notices) > LISTED:
        lines.append(told["more"].format(len(notices) - LISTED))
    return " ".join(lines)


def _supervisors(conn: Connection, now: datetime) -> list[ResponderRow]:
    """The supervisors on duty; where none is, all of them."""
    everybody = {row.id: row for row in roster.all_responders(conn) if row.active and row.rank == "supervisor"}
    present = [everybody[one.responder_id] for one in roster.on_duty(conn, now) if one.responder_id in everybody]
    return present or list(everybody.values())


def _text(own: Hands, row: ResponderRow, body: str, row_id: int) -> None:
    number = own.sealer.open_number(row.phone_sealed)
    own.gateway.text(
        number, own.settings.page_number, body.replace("..", "."), own.status("ops", row_id), TEXT_VALID_FOR
    )


def _said(own: Hands, at: datetime, language: Language) -> str:
    return saying.moment(at, own.clock.now(), own.settings.timezone, language)
