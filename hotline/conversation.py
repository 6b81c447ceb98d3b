"""advance(): one turn of a conversation, from a signal to an answer.

Step; where the turn asks something of the world, ask it in the transaction and step again with the answer; record the
effects; commit; ring. A turn without effects and without a question touches no database at all. A turn whose effects
must happen once is remembered with its answer under (SID, turn), so that a repeated request gets the same one.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path

from hotline import accepting, inviting, orders
from hotline.clock import Clock
from hotline.desk import Desk, Kept, Repeated, open_case
from hotline.doorbell import Doorbell
from hotline.effects import MEANINGS, REPEATABLE, ordered, record, responder_gone, told_by
from hotline.places import Links
from hotline.rules import phone
from hotline.rules.routing import OVER_NO_POLICE, URGENT, Whose
from hotline.snapshot import Roster
from hotline.store import attempts, cases, contacts, inbox, pages, work
from hotline.store.engine import Store, StoreDown
from hotline.store.pages import PageView
from hotline.telephone import sms, voice
from hotline.vault import Sealer
from ivr_flows import triage
from ivr_flows.engine import step
from ivr_flows.model import Language, Place, Script, as_data, from_data
from ivr_flows.signals import Opened, Seen, Signal, Taken, Understood, Won, Wrote
from ivr_flows.turns import Claim, Facts, KeepTip, Look, Page, Turn, Understand

CONFIRMED_FOR = timedelta(days=365)  # what an operator has confirmed is said for so long, then asked for again
PAUSE = timedelta(minutes=10)  # manners 4: after that another may hold the telephone
CARRIERS: Mapping[str, str] = {"STOP": "optout", "HELP": "help"}  # what the carrier says a word of its own means
TRIES = 5  # two texts of one person at once: the second steps again from where the first left


@dataclass(frozen=True, slots=True)
class Line:
    """What every turn stands on, made once per process."""

    scripts: Mapping[str, Script]
    lexicon: triage.Lexicon
    sealer: Sealer
    store: Store
    bell: Doorbell
    clock: Clock
    roster: Roster
    public_url: str
    line_number: str
    callback_number: str = ""
    dispatch_number: str | None = None
    zone: tzinfo = UTC
    no_arrest_confirmed_on: date | None = None
    recordings: Path | None = None  # sentences that a person recorded, by file name

    def facts(self) -> Facts:
        """What the operator has confirmed, and may still be said."""
        since = self.no_arrest_confirmed_on
        if since is None or not timedelta(0) <= self.clock.now().astimezone(self.zone).date() - since <= CONFIRMED_FOR:
            return Facts()
        return Facts(true=frozenset({"no_arrest"}))

    def chain(self, language: Language | None = None, whose: Whose = URGENT) -> list[int | None]:
        """Who is rung for such a case and a person of that language, in order; the fallback number ends it."""
        return [*(person.responder for person in self.roster.on_duty(language, whose)), None]

    def ring(self, desk: Desk) -> None:
        """After the commit only. What could not be rung is told to the sweep by its row."""
        if desk.works and set(self.bell.ring(desk.works)) != {row_id for _, row_id in desk.works}:
            self._note_unrung(desk)

    def _note_unrung(self, desk: Desk) -> None:
        # The work is committed: what cannot be told here, the sweep finds out by itself.
        with suppress(StoreDown), self.store.turn(seconds=0.5) as conn:
            work.note_rung(conn, [row_id for _, row_id in desk.works], ok=False)


@dataclass(frozen=True, slots=True)
class Call:
    """The request at hand: whose call it is."""

    sid: str
    number: str | None


def door(script: Script, name: str = "voice") -> Place:
    """Where a call begins."""
    return Place(script.name, script.doors[name], version=script.version)


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def advance(line: Line, call: Call, place: Place, signal: Signal) -> str:
    """One turn of a call: the TwiML that answers this request. StoreDown where it needed SQL and SQL is not there."""
    script = line.scripts[place.script]
    if script.speaks_to != "person" and place.page:  # a test ring is of no page, nor is a call of staff
        return _advance_leg(line, call, script, place, signal)
    facts = line.facts()
    turn = step(script, place, signal, facts)
    if turn.question is None and not turn.effects:
        return _written(line, call, turn, 0)
    desk = _desk(line, call, place)
    try:
        with line.store.turn() as conn:
            desk.conn = conn
            answer = _once(line, call, desk, script, turn, facts)
    except _AnsweredBefore as before:
        return before.answer
    line.ring(desk)
    return answer


def _desk(line: Line, call: Call, place: Place) -> Desk:
    ours = (line.line_number, line.callback_number)
    return Desk(
        None,  # type: ignore[arg-type]
        line.sealer,
        line.clock.now(),
        place,
        line.chain(),
        sid=call.sid,
        number=call.number,
        zone=line.zone,
        chain_for=line.chain,
        ours=ours,
        dispatch=line.dispatch_number,
    )


class _AnsweredBefore(Exception):
    """This very turn was answered: nothing of it may be written again, and that answer is given."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self.answer = answer


def _once(line: Line, call: Call, desk: Desk, script: Script, turn: Turn, facts: Facts) -> str:
    """Effects and answer of this turn; a twin that runs at the same time waits for the first and is undone."""
    answer = _answered(line, call, desk, script, turn, facts)
    if isinstance(turn.question, Look) or (turn.question is None and {type(e) for e in turn.effects} <= REPEATABLE):
        return answer
    sealed = line.sealer.seal_answer(answer.encode(), call.sid)
    before = inbox.remember(desk.conn, desk.call_key, desk.place.turn, sealed, desk.now)
    if before is not None:
        raise _AnsweredBefore(line.sealer.open_answer(before, call.sid).decode())
    return answer


def _answered(line: Line, call: Call, desk: Desk, script: Script, turn: Turn, facts: Facts) -> str:
    """Two steps at most: what the turn asked is answered, and the replies are those of the answer's own step."""
    record(desk, turn.effects)
    page_id = desk.place.page
    if turn.question is not None:
        answer, page_id = _ask(line, desk, turn)
        turn = _staff(line, turn, answer) or step(script, turn.place, answer, facts)
        record(desk, turn.effects)
    return _written(line, call, turn, page_id)


def _staff(line: Line, turn: Turn, answer: Signal) -> Turn | None:
    """Code and PIN were right: the call goes on in the script for staff, as theirs."""
    if not isinstance(answer, Understood) or answer.what != "staff":
        return None
    inside = door(line.scripts["interne"])
    place = replace(inside, language=turn.place.language, turn=turn.place.turn, responder=int(answer.value))
    return step(line.scripts["interne"], place, Opened(), Facts(answer.words))


def _ask(line: Line, desk: Desk, turn: Turn) -> tuple[Signal, int]:
    match turn.question:
        case Look():
            return _look(desk)
        case Claim():
            return _claim(line, desk), desk.place.page
        case Understand(what, said):
            return MEANINGS[what](desk, turn.place.language, said), desk.place.page
    raise TypeError(turn.question)


def _look(desk: Desk) -> tuple[Signal, int]:
    page = pages.look(desk.conn, desk.call_key)
    if page is None:
        return Seen("none"), 0
    waited = (desk.now - page.opened_at).total_seconds()
    # Who accepted by a text is still to be joined: until their key the person waits on.
    return Seen("open" if page.coming else page.state, waited, page.language, page.quiet), page.id


def _claim(line: Line, desk: Desk) -> Signal:
    """Conditional: of two who press 1 at once, one wins and the other is told who has it."""
    place = desk.place
    if accepting.takes(desk):
        page = _page(desk)
        if _moves(desk, "accepted") is None:
            _over_already(desk)
        desk.due("hush_others", page.id, once=f"hush:{place.attempt}")
        if page.callback_id is not None:
            desk.due("brief", page.id, once=f"brief:{place.attempt}")
            return Won("callback")
        if page.channel == "text":
            desk.due("read_texts", page.id, once=f"read:{place.attempt}")
            if page.accepted_responder is not None:
                orders.tell_loss(desk, page.accepted_responder, page)
            return Won("tip" if page.path == "tip" else "text")
        if page.person_gone_at is not None:
            return Won("gone_agreed" if page.may_call_back else "gone")
        if page.unasked:
            return Won("menus")
        if page.person_in_room_at is None:  # who takes a call over finds the person in the room
            desk.due("bring", page.id, once=f"bring:{place.attempt}")
        return Won("muted" if page.muted or page.quiet else "waiting")
    page = _page(desk)
    return Taken(_name(line, page.accepted_responder) if page.state == "accepted" else "")


def _moves(desk: Desk, state: attempts.State) -> int | None:
    """This leg's attempt, under the name of its call: whoever rang it may have died before they could write that."""
    return attempts.move(
        desk.conn,
        desk.place.attempt,
        state,
        desk.now,
        sid_key=desk.call_key,
        sid_sealed=desk.sealer.seal_number(desk.sid),
    )


def alone(line: Line, call: Call, place: Place) -> bool:
    """Whether a responder who is alone in the room should stay: False once the person is gone.

    Whoever pressed 1 while SQL was away has nobody's word for it: they claim the page now, if it is still open.
    """
    desk = _desk(line, call, place)
    with line.store.turn() as conn:
        desk.conn = conn
        page = pages.by_id(conn, place.page)
        if page is not None and page.state == "open":
            _claim(line, desk)
    line.ring(desk)
    return page is not None and page.person_gone_at is None


def _over_already(desk: Desk) -> None:
    """The end of a leg may overtake the key that was pressed on it: nobody is there, so the page must go on."""
    attempt = attempts.by_id(desk.conn, desk.place.attempt)
    if attempt is not None and attempt.state == "ended":
        responder_gone(desk, desk.place.page, attempt.id)


def _page(desk: Desk) -> PageView:
    page = pages.by_id(desk.conn, desk.place.page)
    if page is None:
        raise LookupError("a responder's leg of no page")
    return page


def _name(line: Line, responder: int | None) -> str:
    snapshot, _ = line.roster.now()
    named = {person.responder: person.name for person in snapshot.people} if snapshot else {}
    return named.get(responder or 0, "?")


# ── legs of responders and guests ─────────────────────────────────────────────────────────────────────────────────

LANGUAGES: Mapping[Language, Mapping[Language | None, str]] = {
    "fr": {"fr": "En français", "en": "En anglais", None: "Langue inconnue"},
    "en": {"fr": "In French", "en": "In English", None: "Language unknown"},
}
INTERPRETER: Mapping[Language, str] = {"fr": "Autre langue, interprète", "en": "Another language, interpreter"}
ANOTHER = "interprète"  # the reason of the page of somebody who asked for another language
WORDS: Mapping[Language, Mapping[str, str]] = {
    "fr": {
        "urgent": "Urgence",
        "call": "Appel",
        "callback": "Rappel promis",
        "quiet": "La personne ne peut pas parler.",
        "mistake": "Elle dit une erreur.",
    },
    "en": {
        "urgent": "Urgent",
        "call": "Call",
        "callback": "Promised callback",
        "quiet": "The person cannot speak.",
        "mistake": "They say by mistake.",
    },
}


def page_words(page: PageView, language: Language) -> Facts:
    """What a page says before a key: a code, a language, and whether they can speak. Nothing else, ever."""
    words = WORDS[language]
    marks = [words["quiet"]] * page.quiet + [words["mistake"]] * page.mistake
    return Facts(
        {
            "urgence": words[_sort(page)],
            "code": ", ".join(page.code),
            "ne_parle_pas": " ".join(marks),
            "langue": INTERPRETER[language] if page.reason == ANOTHER else LANGUAGES[language][page.language],
        }
    )


def _sort(page: PageView) -> str:
    return "urgent" if page.priority == "P1" else "call" if page.callback_id is None else "callback"


def _advance_leg(line: Line, call: Call, script: Script, place: Place, signal: Signal) -> str:
    desk = _desk(line, call, place)
    with line.store.turn() as conn:
        desk.conn = conn
        facts = page_words(_page(desk), place.language)
        if isinstance(signal, Opened):
            inviting.answered(desk) if place.guest else _moves(desk, "answered")
        answer = _answered(line, call, desk, script, step(script, place, signal, facts), facts)
    line.ring(desk)
    return answer


def _written(line: Line, call: Call, turn: Turn, page_id: int) -> str:
    return voice.write(turn, links(line, call.sid, page_id or turn.place.page))


def links(line: Line, sid: str, page_id: int = 0) -> Links:
    """The addresses that the answers of this call may hold."""
    return Links(line.sealer, line.public_url, sid, page_id, line.recordings)


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def advance_text(line: Line, message: sms.Message) -> None:
    """One text, once: read, kept sealed, answered by at most one text, and the team woken where it must be."""
    number = phone.caller(message.sender_raw)
    wrote = _read(line, message, None if message.to == line.callback_number else number)
    call = Call(message.sid, number or message.sender_raw or "?")
    desk = replace(_desk(line, call, door(line.scripts["ligne"])), body=message.body, texting=True)
    desk.media = message.media_count
    try:
        with line.store.turn() as conn:
            desk.conn = conn
            _text_turn(line, desk, wrote, message)
    except Repeated:
        return
    line.ring(desk)


def _read(line: Line, message: sms.Message, number: str | None) -> Wrote:
    """What the text says. What is no person's telephone is read for danger like any other, and never written to."""
    wrote = triage.wrote(message.body, line.lexicon)
    known = {CARRIERS[message.opt_out_type]} if message.opt_out_type in CARRIERS else set()
    return replace(wrote, facts=wrote.facts | known | (set() if number else {"automatic"}))


def _now(wrote: Wrote, texter: contacts.Texter, now: datetime) -> Wrote:
    """What the text itself does not say: that time has gone by, that somebody of the team has the conversation, and
    what they said before, of police that they do not want or of somebody who may be under 18."""
    paused = texter.last_at is not None and now - texter.last_at > PAUSE
    before = frozenset(texter.case_flags or ())
    unwanted = "danger" in wrote.facts and "wants_no_police" in before
    minor = "wants_no_police" in wrote.facts and bool(before & OVER_NO_POLICE)
    told = ("pause", paused), ("human", texter.in_hand), ("all_the_same", unwanted), ("a_minor_all_the_same", minor)
    known = {name for name, holds in told if holds}
    return replace(wrote, facts=wrote.facts | known) if known else wrote


def _text_turn(line: Line, desk: Desk, wrote: Wrote, message: sms.Message) -> None:
    script = line.scripts["ligne"]
    for _ in range(TRIES):
        texter = contacts.find_text(desk.conn, desk.person)
        if texter.responder_id is not None:
            exchange, to_line = texter.contact_id is not None, phone.caller(message.to) == line.line_number
            if orders.taken(desk, texter.responder_id, wrote.facts, to_line, exchange):
                return
        place = (
            from_data(texter.place)
            if texter.place
            else Place(script.name, script.doors["text"], version=script.version)
        )
        turn = step(script, place, _now(wrote, texter, desk.now), line.facts())
        if texter.contact_id is None:
            if _first_text(desk, turn):
                break
        elif contacts.advance_text(desk.conn, texter.contact_id, texter.turn, as_data(turn.place), desk.now):
            facts, priority = frozenset(texter.case_flags or ()), texter.case_priority or "P5"
            desk.contact = Kept(texter.contact_id, texter.case_id, texter.case_public, facts, priority)
            break
    else:
        raise RuntimeError("a text conversation that never holds still")
    desk.place = replace(place, language=turn.place.language)
    turn = _asked(desk, script, turn)
    desk.answers = sms.write(turn)
    record(desk, (*turn.effects, *_unanswered(desk, turn, message)))


def _unanswered(desk: Desk, turn: Turn, message: sms.Message) -> list[Page]:
    """The carrier answers its own words itself, and what came too long ago is answered by a person only: then nothing
    of ours goes out, and the team is woken where an answer was due."""
    late = message.came_at is not None and desk.now - message.came_at > PAUSE
    due = bool(desk.answers) and late and not turn.place.has("tip")
    if late or message.opt_out_type:
        desk.answers = []
    woken = any(isinstance(effect, Page) for effect in turn.effects)
    return [Page("P?", "texto reçu en retard", None)] if due and not woken else []


def _asked(desk: Desk, script: Script, turn: Turn) -> Turn:
    """What the text asks of the world is answered, and the exchange stands where the answer led."""
    if not isinstance(turn.question, Understand):
        return turn
    then = step(script, turn.place, MEANINGS[turn.question.what](desk, turn.place.language, turn.question.said))
    contacts.stand(desk.conn, desk.here().id, as_data(then.place))
    return replace(then, effects=turn.effects + then.effects)


def _first_text(desk: Desk, turn: Turn) -> bool:
    """The first text opens a case at once: its number and words need a key to be sealed with."""
    contact_id, made = contacts.open_text(desk.conn, desk.person, as_data(turn.place), desk.now)
    if made:
        desk.contact = Kept(contact_id, None, None)
        desk.told = told_by(turn.effects)
        tip_alone = {type(effect) for effect in turn.effects} & {KeepTip, Page} == {KeepTip}
        path, language = cases.EXCHANGE if tip_alone else "text", turn.place.language
        open_case(desk, path, ordered(turn.effects), language if turn.place.has("chosen") else None)
    return made
