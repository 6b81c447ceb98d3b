"""Staff on the line: who they are (code and PIN), what waits, their duty, and the texts of their conversation.

Meanings only, inside the turn's transaction. Nobody is recognised by the number they call from; a wrong PIN, an unknown
code and too many guesses are the same answer. Texts are read by a worker, who may open them, in this very call. And a
pause, for whoever has had a hard call.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta

from hotline.desk import Desk
from hotline.rules import saying
from hotline.store import attempts, audit, pages, pins, roster, staff_calls, threads
from hotline.store.tables import PRIORITIES
from ivr_flows.model import Asked, Language
from ivr_flows.signals import NotUnderstood, Understood

Meaning = Callable[[Desk, Language, str], Understood | NotUnderstood]
READ = "read_to_staff"
STATE: Mapping[Language, Mapping[bool, str]] = {
    "fr": {True: "Vous êtes en service.", False: "Vous n'êtes pas en service."},
    "en": {True: "You are on duty.", False: "You are not on duty."},
}
NOBODY_WAITS: Mapping[Language, str] = {"fr": "Personne n'attend.", "en": "Nobody is waiting."}
WAITS: Mapping[Language, tuple[str, str]] = {
    "fr": ("Une demande attend. Son code: {code}.", "{count} demandes attendent. Le premier code: {code}."),
    "en": ("One request is waiting. Its code: {code}.", "{count} requests are waiting. The first code: {code}."),
}
A_BREATH = timedelta(minutes=15)  # manners 8
MOST_SAID = 59  # numbers are said in words below sixty


def known(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """A code and a PIN, typed in one go: whose they are."""
    code, pin = said[: pins.CODE], said[pins.CODE :]
    responder_id = pins.who(desk.conn, desk.sealer, code, pin, desk.sid, desk.now)
    if responder_id is None:
        return NotUnderstood()
    audit.write(desk.conn, f"responder:{responder_id}", "staff_line", f"responder:{responder_id}", {}, desk.now)
    return Understood("staff", str(responder_id), _state(desk, language, responder_id))


def state(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """On duty? What waits?"""
    return Understood("staff_state", "", _state(desk, language, desk.place.responder))


def _state(desk: Desk, language: Language, responder_id: int) -> dict[str, str]:
    on_duty = any(one.responder_id == responder_id for one in roster.on_duty(desk.conn, desk.now))
    waiting = pages.unacknowledged(desk.conn)
    if not waiting:
        told = NOBODY_WAITS[language]
    else:
        first = min(waiting, key=lambda page: (PRIORITIES.index(page.priority), page.opened_at))
        count = saying.number(min(len(waiting), MOST_SAID), language).capitalize()
        told = WAITS[language][len(waiting) > 1].format(count=count, code=saying.digits(first.code, language))
    return {"etat": STATE[language][on_duty], "attend": told}


def off(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Off duty from now on; `no` where nobody is left."""
    roster.one_leaves_at_a_time(desk.conn)
    if roster.go_off_duty(desk.conn, desk.place.responder, desk.now) is not None:
        _audit(desk, "off_duty")
    return Understood("staff_off", "") if roster.on_duty(desk.conn, desk.now) else NotUnderstood()


def on(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """On duty from now on."""
    roster.go_on_duty(desk.conn, desk.place.responder, desk.now)
    _audit(desk, "on_duty")
    return Understood("staff_on", "")


def texts(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """The texts of their conversation, the one that waits longest first, are asked for; `no` where they have none."""
    theirs = threads.of_responder(desk.conn, desk.place.responder)
    if not theirs:
        return NotUnderstood()
    waits = {page_id: threads.waits_since(desk.conn, page_id) for page_id in theirs}
    page_id = min(theirs, key=lambda each: waits[each] or desk.now)
    threads.begin(desk.conn, page_id, desk.now)
    sid = desk.sealer.seal_number(desk.sid)
    desk.due(READ, staff_calls.note(desk.conn, desk.place.responder, page_id, sid, desk.now))
    return Understood("staff_texts", "")


def breathe(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """After a hard call, on the leg that had it: a quarter of an hour in which they are rung last."""
    attempt = attempts.by_id(desk.conn, desk.place.attempt)
    if attempt is None or attempt.responder_id is None:
        return NotUnderstood()
    paused = roster.pause(desk.conn, attempt.responder_id, desk.now + A_BREATH, desk.now)
    return Understood("breathe", "") if paused else NotUnderstood()


def _audit(desk: Desk, verb: str) -> None:
    who = f"responder:{desk.place.responder}"
    audit.write(desk.conn, who, verb, who, {"by": "telephone"}, desk.now)


MEANINGS: Mapping[Asked, Meaning] = {
    "staff": known,
    "staff_state": state,
    "staff_off": off,
    "staff_on": on,
    "staff_texts": texts,
    "breathe": breathe,
}
