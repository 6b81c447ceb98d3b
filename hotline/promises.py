"""A promised call, in the making and afterwards: what was said means something, is sealed, and becomes a promise.

Recorders and meanings only, inside the turn's transaction: when to call and whether we may is decided by
`rules.callbacks`, and calling is done by `workers`.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection

from hotline import guide
from hotline.desk import Desk, open_case
from hotline.doorbell import BELLS
from hotline.rules import callbacks as rules
from hotline.rules import phone, saying
from hotline.rules.callbacks import STILL, Done, Human, Next, Window
from hotline.store import audit, callbacks, contacts, pages, work
from hotline.store.callbacks import Callback
from hotline.store.pages import PageView
from ivr_flows.model import Asked, Language
from ivr_flows.priorities import asked
from ivr_flows.signals import NotUnderstood, Understood
from ivr_flows.turns import CallPerson, CameOf, NeverCall, Promise, Put

Meaning = Callable[[Desk, Language, str], Understood | NotUnderstood]
KIND = "callback"
LONGEST_WORD = 30
CODE: Mapping[Language, str] = {"fr": "Le mot de passe: {}.", "en": "Your code word: {}."}


# ── what was said ─────────────────────────────────────────────────────────────────────────────────────────────────


def number(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Ten figures, wherever they stand in the words; read back."""
    figures = re.sub(r"\D", "", said)[-11:].removeprefix("1")
    return _number(desk, language, phone.caller(figures) if len(figures) == 10 else None, "number")


def same_number(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """The number they call or write from."""
    return _number(desk, language, desk.number, "same_number")


def _number(desk: Desk, language: Language, given: str | None, what: Asked) -> Understood | NotUnderstood:
    if given is None or given in desk.ours or not phone.may_dial(given):
        return NotUnderstood()
    if callbacks.is_never(desk.conn, desk.sealer.pseudonym("person", given)):
        return NotUnderstood()
    form = saying.telephone(given, language)
    return Understood(what, given, {"telephone": form.said, "tel": form.written})


def when(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """An hour, in words or four figures; read back in Montréal time."""
    return _agreed(desk, language, rules.window(said, desk.now, desk.zone), "when")


def soon(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Now."""
    return _agreed(desk, language, rules.soon(desk.now), "soon")


def _agreed(desk: Desk, language: Language, window: Window | None, what: Asked) -> Understood | NotUnderstood:
    if window is None:
        return NotUnderstood()
    value = f"{window.starts_at.isoformat()}/{window.ends_at.isoformat()}"
    return Understood(what, value, _words(desk, language, window))


def code_word(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Four figures by voice, a word by text."""
    word, window = said.strip(), _drafted(desk)
    if not word or len(word) > LONGEST_WORD or window is None:
        return NotUnderstood()
    told = CODE[language].format(saying.digits(word, language) if word.isdecimal() else word)
    return Understood("code_word", word, {**_words(desk, language, window), "mot": told})


def arranged(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """When, as it was arranged; an hour that has gone by meanwhile must be arranged again."""
    window = _drafted(desk)
    if window is None:
        return NotUnderstood()
    if window.over(desk.now + STILL):
        return NotUnderstood("late")
    return Understood("window", "", _words(desk, language, window))


def team_there(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Whether the responder who wanted this call still has its page: nobody is called into an empty room."""
    page = pages.by_id(desk.conn, desk.place.page)
    return Understood("team", "") if page is not None and page.state == "accepted" else NotUnderstood()


def returned(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Whether this is the code word of a promise to the number that calls our number back."""
    promised = callbacks.to_person(desk.conn, desk.person) if desk.number else []
    known = any(key == _code_key(desk, contact_id, said) for contact_id, key in promised)
    return Understood("returned", "") if known else NotUnderstood()


def ring_back(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """The person hung up and had agreed to be called back: now, once, by the responder who has their page.

    Whatever comes of it, nothing calls them again: its hour is the last one, and a human decides.
    """
    page = pages.locked(desk.conn, desk.place.page)
    if page is None or page.state != "accepted" or not page.may_call_back or page.quiet or page.callback_id is not None:
        return NotUnderstood()
    contact = contacts.by_id(desk.conn, page.contact_id)
    if contact is None or contact.person is None or callbacks.is_never(desk.conn, contact.person):
        return NotUnderstood()
    if callbacks.to_person(desk.conn, contact.person):  # an hour was agreed, and that stays
        return NotUnderstood()
    ends_at, bell = desk.now + rules.AT_ONCE_FOR, (KIND, BELLS[KIND][0])
    made = callbacks.ring_back(desk.conn, contact, page.language or language, ends_at, rules.WINDOWS, desk.now, bell)
    if made is None:
        return NotUnderstood()
    pages.rings_back(desk.conn, page.id, made)
    pages.person_called(desk.conn, page.id)
    audit.write(
        desk.conn, f"attempt:{desk.place.attempt}", "ring_back", f"callback:{made}", {"page": page.id}, desk.now
    )
    return Understood("ring_back", "")


def call_later(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """The person agreed, aloud, to be called at the number they call from: drafted here; a worker, who may open the
    number, makes it a promise or says that there is none. One that they had before this call stays what it is."""
    page = pages.locked(desk.conn, desk.place.page)
    window = rules.later(said, desk.now, desk.zone)
    if page is None or window is None or page.state != "accepted" or page.accepted_attempt != desk.place.attempt:
        return NotUnderstood()
    contact = contacts.by_id(desk.conn, page.contact_id)
    if page.quiet or page.callback_id is not None or contact is None or contact.person is None:
        return NotUnderstood()
    if contact.number_sealed is None or callbacks.is_never(desk.conn, contact.person):
        return NotUnderstood()
    promised = callbacks.to_person(desk.conn, contact.person)
    if any(contact_id != contact.id for contact_id, _ in promised):
        return NotUnderstood()
    told = {"person": contact.person, "number_sealed": contact.number_sealed}
    hours = {"starts_at": window.starts_at, "ends_at": window.ends_at}
    callbacks.put(desk.conn, contact.id, page.case_id, desk.now, **told, **hours)
    desk.due("call_later", desk.place.attempt)
    return Understood("call_later", "")


def how_it_ended(conn: Connection, page: PageView) -> str:
    """The outcome of a page whose two sides met and have both left."""
    return "promised" if callbacks.of_contact(conn, page.contact_id) else "met"


def _words(desk: Desk, language: Language, window: Window) -> dict[str, str]:
    agreed = saying.window(window.starts_at, window.ends_at, desk.now, desk.zone, language)
    ours = saying.telephone(desk.ours[-1], language) if desk.ours else saying.Form("", "")
    return {"quand": agreed.said, "heure": agreed.written, "chez_nous": ours.said, "du_numero": ours.written, "mot": ""}


def _drafted(desk: Desk) -> Window | None:
    draft = callbacks.drafted(desk.conn, _whose(desk))
    whole = draft is not None and draft.has_number and draft.starts_at is not None and draft.ends_at is not None
    return Window(draft.starts_at, draft.ends_at) if whole else None  # type: ignore[union-attr, arg-type]


def _whose(desk: Desk) -> ColumnElement[int] | int:
    return desk.contact.id if desk.contact is not None else callbacks.of_call(desk.call_key)


def _code_key(desk: Desk, contact_id: int, word: str) -> bytes:
    return desk.sealer.pseudonym("code", f"{contact_id}:{word}")


# ── what is written ───────────────────────────────────────────────────────────────────────────────────────────────


def put(desk: Desk, effect: Put) -> None:
    """Sealed at once, with what else is being arranged. Any other answer is nothing to keep."""
    if effect.what == "where":
        guide.put(desk, effect.value)
    if effect.what not in PARTS:
        return
    if desk.here().case_id is None:
        open_case(desk, "voice", asked("P3"), desk.place.language)
    elif (raising := desk.learning(frozenset(), asked("P3"))) is not None:
        desk.conn.execute(raising)
    case_id, seal = desk.case()
    told = PARTS[effect.what](desk, effect.value, seal)
    callbacks.put(desk.conn, desk.here().id, case_id, desk.now, **told)


def _put_number(desk: Desk, value: str, seal: Callable[[bytes], bytes]) -> dict[str, Any]:
    return {"number_sealed": seal(value.encode()), "person": desk.sealer.pseudonym("person", value)}


def _put_window(desk: Desk, value: str, seal: Callable[[bytes], bytes]) -> dict[str, Any]:
    starts, ends = value.split("/")
    return {"starts_at": datetime.fromisoformat(starts), "ends_at": datetime.fromisoformat(ends)}


def _put_code_word(desk: Desk, value: str, seal: Callable[[bytes], bytes]) -> dict[str, Any]:
    return {"code_word_sealed": seal(value.encode()), "code_key": _code_key(desk, desk.here().id, value)}


PARTS: Mapping[Asked, Callable[[Desk, str, Callable[[bytes], bytes]], dict[str, Any]]] = {
    "number": _put_number,
    "same_number": _put_number,
    "when": _put_window,
    "soon": _put_window,
    "code_word": _put_code_word,
}


def promise(desk: Desk, effect: Promise) -> None:
    """From here on it has an owner (its work) and an alarm. Who was waiting no longer waits, and not before this."""
    language, bell = desk.place.language, (KIND, BELLS[KIND][0])
    sealed = callbacks.promise(desk.conn, _whose(desk), language, desk.now, bell)
    if sealed is None:
        raise LookupError("a promise without a draft")
    desk.works.append((KIND, sealed.work_id))
    audit.write(
        desk.conn, "person", "promise" if sealed.made else "promise again", f"callback:{sealed.id}", {}, desk.now
    )
    if not sealed.made:
        work.call_off(desk.conn, KIND, sealed.id, "promised again", but=sealed.work_id)
        pages.finish_open(desk.conn, "promised again", desk.now, callback_id=sealed.id)
    if desk.place.has("paged") and not desk.texting:
        for page_id in pages.finish_open(desk.conn, KIND, desk.now, call_key=desk.call_key):
            desk.due("hush_others", page_id, once=f"hush:{KIND}:{page_id}")


def call_person(desk: Desk, effect: CallPerson) -> None:
    """Once for this acceptance: two keys are one call."""
    desk.due("call_person", desk.place.page, once=f"call_person:{desk.place.attempt}")


def came_of(desk: Desk, effect: CameOf) -> None:
    """A human keyed what came of it: the page is done, and the rules say what comes next."""
    page_id, found = desk.place.page, callbacks.of_page(desk.conn, desk.place.page)
    if found is None or not pages.finish(desk.conn, page_id, effect.outcome, desk.now):
        return
    actor = f"attempt:{desk.place.attempt}"
    audit.write(desk.conn, actor, "came_of", f"callback:{found.id}", {"outcome": effect.outcome}, desk.now)
    legs = callbacks.legs_of(desk.conn, found.id)
    if legs and legs[-1].page_id == page_id:
        callbacks.note_outcome(desk.conn, legs[-1].id, effect.outcome)
        desk.due("end_person", page_id, once=f"end_person:{page_id}:{desk.place.attempt}")
    if found.state != "due" or found.agreed_at is None or found.starts_at is None or found.ends_at is None:
        return
    tries = sum(leg.window == found.windows for leg in legs)
    current = Window(found.starts_at, found.ends_at)
    agreed = found.agreed_at, found.windows
    settle(
        desk.conn, found, rules.after_dialling(effect.outcome, *agreed, tries, current, desk.now, desk.zone), desk.now
    )


def settle(conn: Connection, found: Callback, decided: Next | Done | Human, now: datetime) -> None:
    """What the rules decided, written; the work of the promise is due when it goes on, and at once before a human."""
    match decided:
        case Done():
            callbacks.finish(conn, found.id, "reached", now)
        case Human(why):
            callbacks.to_human(conn, found.id, why)
            work.bring_forward(conn, KIND, found.id, now)
        case Next(window, windows, due_at):
            callbacks.move_on(conn, found.id, window.starts_at, window.ends_at, windows, due_at)
            work.bring_forward(conn, KIND, found.id, due_at)


def never_call(desk: Desk, effect: NeverCall) -> None:
    """They pressed 8: this number is not called again, whoever asks for it."""
    found = callbacks.of_page(desk.conn, desk.place.page)
    if found is None or found.person is None:
        return
    callbacks.never(desk.conn, found.person, desk.now)
    callbacks.finish(desk.conn, found.id, "never", desk.now)
    audit.write(desk.conn, "person", "never_call", f"callback:{found.id}", {}, desk.now)


def open_leg(desk: Desk) -> None:
    """The person answered our call: it is the call of its page's contact from now on."""
    page, leg = pages.by_id(desk.conn, desk.place.page), callbacks.leg(desk.conn, desk.place.attempt)
    if page is None or leg is None:
        return
    sid = desk.sealer.seal_to_case(page.case_public, desk.sid.encode())
    contacts.rebind(desk.conn, page.contact_id, desk.call_key, sid, desk.now)
    callbacks.move_leg(desk.conn, leg.id, "answered", desk.now, sid_sealed=desk.sealer.seal_number(desk.sid))


RECORDERS: Mapping[type, Callable[[Desk, Any], object]] = {
    Put: put,
    Promise: promise,
    CallPerson: call_person,
    CameOf: came_of,
    NeverCall: never_call,
}
MEANINGS: Mapping[Asked, Meaning] = {
    "number": number,
    "same_number": same_number,
    "when": when,
    "soon": soon,
    "code_word": code_word,
    "window": arranged,
    "team": team_there,
    "returned": returned,
    "ring_back": ring_back,
    "call_later": call_later,
}
