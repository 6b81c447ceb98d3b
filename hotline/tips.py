"""A tip in the making: its parts are sealed to a case of its own, and nothing in it leads to who gave it.

Recorders and meanings only, inside the turn's transaction: fetching and erasing at the carrier is done by `workers`.
Which call or exchange adds to which tip is known under a pseudonym that no other row has, and only while it goes on.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hotline.desk import SEND, Desk, Repeated
from hotline.doorbell import BELLS
from hotline.rules import phone
from hotline.rules.routing import Whose
from hotline.store import cases, contacts, messages, pages
from hotline.store import tips as store
from hotline.store.cases import SealedContact
from hotline.store.tips import Tip
from ivr_flows.model import Asked, Language
from ivr_flows.priorities import URGENCY, WAKES, Decision, of_text, place
from ivr_flows.signals import NotUnderstood, Understood
from ivr_flows.turns import DropRecording, KeepRecording, KeepTip

Meaning = Callable[[Desk, Language, str], Understood | NotUnderstood]
FETCH, FORGET = "fetch_tip", "forget_exchange"
THE_CARRIER_TELLS = timedelta(seconds=30)  # when a recording can be fetched; after that we ask
IDLE = timedelta(hours=2)  # a text exchange about a tip is over, and its number forgotten, after so long without a word
LOCATORS = 40  # drawn for one tip: with two tips in three taken, all of them are once in ten million times
NUMBER, LOCATOR = 12, 5
SENDING = Decision("P5", "triage", "one text to send")
BY_TEXT: Mapping[Language, str] = {"fr": "{}. Vous pouvez effacer ceci.", "en": "{}. You can delete this."}


# ── whose tip ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _giver(desk: Desk) -> bytes:
    return desk.sealer.pseudonym("tip", (desk.number or "") if desk.texting else desk.sid)


def here(desk: Desk, facts: frozenset[str] = frozenset()) -> Tip:
    """The tip at hand, opened now if there is none; a call's contact then no longer says whose call it is."""
    keys, code = desk.sealer.new_case_keys(), f"{secrets.randbelow(10**6):06}"
    facts |= {"tip"}
    language, placed = desk.place.language, place(facts)
    tip, opened = store.here(desk.conn, _giver(desk), keys, code, placed, language, facts, desk.now)
    if opened and not desk.texting:
        contacts.forget_person(desk.conn, desk.call_key)
    return tip


def _alert(desk: Desk, tip: Tip, words: bool = True) -> None:
    """Now, or somebody under 18: the team is woken for the tip itself, which nobody stands behind; who has been woken
    already is read the new `words`."""
    if tip.priority not in WAKES:
        return
    nobody = contacts.nobody(desk.conn, tip.case_id, secrets.token_bytes(32), desk.now)
    language = desk.place.language
    chain = desk.rung(language, Whose(tip.priority, facts=tip.facts))
    page_id, created = pages.ensure(
        desk.conn,
        nobody,
        tip.case_id,
        tip.priority,
        language,
        "renseignement",
        False,
        False,
        chain,
        desk.now,
    )
    if created:
        desk.due("page", page_id)
    elif words and desk.texting:
        desk.due("read_texts", page_id)


# ── what they said ────────────────────────────────────────────────────────────────────────────────────────────────


def tell(desk: Desk, facts: frozenset[str]) -> None:
    """Facts of the tip itself, chosen: what they wake comes with the first part of it, or now where there is one."""
    tip = _learn(desk, facts)
    if tip.priority in WAKES and store.has_parts(desk.conn, tip.id):
        _alert(desk, tip, words=False)


def _learn(desk: Desk, facts: frozenset[str]) -> Tip:
    tip = here(desk, facts)
    known = tip.facts | facts
    if known == tip.facts:
        return tip
    placed = place(known)
    desk.conn.execute(cases.learning(tip.case_id, facts, placed))
    priority = min(tip.priority, placed.priority, key=URGENCY.index)
    return replace(tip, facts=known, priority=priority)


def keep_recording(desk: Desk, effect: KeepRecording) -> None:
    if effect.sid:
        _heard(desk, effect.sid, THE_CARRIER_TELLS)


def drop_recording(desk: Desk, effect: DropRecording) -> None:
    """Erased there without having been fetched; fetched already, it is erased here too."""
    if not effect.sid:
        return
    key, sealed = desk.sealer.pseudonym("recording", effect.sid), desk.sealer.seal_number(effect.sid)
    part_id, created = store.add_recording(desk.conn, None, "dropped", key, sealed, desk.now)
    desk.due(FETCH, part_id) if created else desk.hasten(FETCH, part_id)


def _heard(desk: Desk, sid: str, after: timedelta) -> None:
    tip = here(desk)
    key, sealed = desk.sealer.pseudonym("recording", sid), desk.sealer.seal_number(sid)
    part_id, created = store.add_recording(desk.conn, tip.id, "waiting", key, sealed, desk.now)
    if created:
        desk.due(FETCH, part_id, after)
        _alert(desk, tip)


def recording_told(desk: Desk, sid: str, status: str) -> None:
    """The carrier tells of a recording. One we have not heard of was made while we could not listen: it is kept."""
    part = store.part_of_recording(desk.conn, desk.sealer.pseudonym("recording", sid))
    if part is not None:
        desk.hasten(FETCH, part.id)
    elif status == "completed":
        _heard(desk, sid, THE_CARRIER_TELLS)


def keep_tip(desk: Desk, effect: KeepTip) -> None:
    """A text of the tip's path: our answers go out from the exchange's case, their words into the tip's."""
    case_id, seal = desk.case()
    contact, key = desk.here(), desk.sealer.pseudonym("message", desk.sid)
    sid = None if effect.words else seal(desk.sid.encode())
    answers = [seal(words.encode()) for words in desk.answers]
    owed = messages.record(desk.conn, contact.id, case_id, key, sid, None, answers, desk.now, kind=SEND)
    if owed is None:
        raise Repeated
    desk.works += [(SEND, row_id) for row_id in owed]
    if not desk.exchange:
        cases.only_answers(desk.conn, case_id, desk.now)
    if effect.words:
        _written(desk, contact.id, of_text(effect.flags))
    else:
        desk.due(FORGET, contact.id, IDLE, once=f"{FORGET}:{contact.id}")


def _written(desk: Desk, contact_id: int, facts: frozenset[str]) -> None:
    tip = _learn(desk, facts)
    seal = desk.sealer.seal_to_case
    media = seal(tip.case_public, str(desk.media).encode()) if desk.media else None
    body, sid = seal(tip.case_public, desk.body.encode()), desk.sealer.seal_number(desk.sid)
    erase, forget = (FETCH, BELLS[FETCH][0]), (FORGET, BELLS[FORGET][0], contact_id, desk.now + IDLE)
    desk.works.append((FETCH, store.add_text(desk.conn, tip.id, body, media, sid, erase, forget, desk.now)))
    _alert(desk, tip)


def leave(desk: Desk, urgent: bool) -> None:
    """From the tip's path to a person. A text exchange is a case like others from here on; a call's number is kept
    only where it becomes urgent."""
    contact = desk.here()
    if not desk.place.has("tip") or contact.case_id is None:
        return
    if desk.texting:
        cases.reopen(desk.conn, contact.case_id)
    elif urgent and desk.number:
        _, seal = desk.case()
        sealed = SealedContact(contact.id, seal(desk.number.encode()), seal(desk.sid.encode()))
        cases.attach(desk.conn, sealed, contact.case_id)


# ── its number ────────────────────────────────────────────────────────────────────────────────────────────────────


def find(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Is this the number of a tip? Too many guesses, a wrong one and one that nobody has get the same answer."""
    if len(said) != NUMBER or not (said.isascii() and said.isdigit()):
        return NotUnderstood()
    locator, secret = said[:LOCATOR], said[LOCATOR:]
    guess = store.may_guess(desk.conn, *_guesser(desk), _guessed(desk, f"locator {locator}"), desk.now)
    if guess is None:
        return NotUnderstood()
    found = store.by_locator(desk.conn, locator)
    if not desk.sealer.is_secret(found[1] if found else None, secret) or found is None:
        return NotUnderstood()
    store.was_right(desk.conn, guess)
    store.take(desk.conn, found[0], _giver(desk), desk.now)
    if not desk.texting:
        contacts.forget_person(desk.conn, desk.call_key)
    return Understood("tip", "")


def _guesser(desk: Desk) -> tuple[bytes | None, bytes | None]:
    """The call, and the person where they have a number: those who withhold it do not count for one another."""
    call = None if desk.texting else _guessed(desk, f"call {desk.sid}")
    return call, _guessed(desk, f"person {desk.number}") if desk.number else None


def _guessed(desk: Desk, what: str) -> bytes:
    """A pseudonym of the day: no other day's rows can be compared with it."""
    return desk.sealer.pseudonym("guess", f"{desk.now.date()} {what}")


def new_number(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """The number of the tip at hand. Only its hash is kept; in the same call it can be said again."""
    tip = here(desk)
    if tip.said is not None:
        return _spoken(desk, desk.sealer.open_answer(tip.said, desk.sid).decode())
    if tip.numbered:
        return NotUnderstood("known")
    secret = f"{secrets.randbelow(10 ** (NUMBER - LOCATOR)):0{NUMBER - LOCATOR}}"
    drawn = [f"{secrets.randbelow(10**LOCATOR):0{LOCATOR}}" for _ in range(LOCATORS)]
    locator = store.number(desk.conn, tip.id, drawn, desk.sealer.hash_secret(secret))
    if locator is None:
        return NotUnderstood()
    number = locator + secret
    if not desk.texting:
        store.say_again(desk.conn, tip.id, desk.sealer.seal_answer(number.encode(), desk.sid))
    return _spoken(desk, number)


def grouped(number: str) -> list[str]:
    """Twelve figures as one reads them: five, three and four."""
    return [number[:5], number[5:8], number[8:]]


def _spoken(desk: Desk, number: str) -> Understood:
    """In a call figures are parted, so that a voice says one after the other; in a text they stand in groups."""
    groups = grouped(number)
    words = " ".join(groups) if desk.texting else "; ".join(", ".join(group) for group in groups)
    return Understood("new_tip", "", {"numero": words})


def by_text(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """They asked for the number by text: theirs is kept, apart from all else, until it has been sent."""
    tip = store.of_giver(desk.conn, _giver(desk))
    if tip is None or tip.said is None or desk.number is None or not phone.may_dial(desk.number):
        return NotUnderstood()
    number = desk.sealer.open_answer(tip.said, desk.sid).decode()
    keys, hour = desk.sealer.new_case_keys(), store.hour(desk.now)
    case = cases.open_case(
        desk.conn, keys, f"{secrets.randbelow(10**6):06}", SENDING, language, [], cases.SENDING, hour
    )
    cases.close(desk.conn, case.id, hour)
    contact_id = contacts.nobody(desk.conn, case.id, secrets.token_bytes(32), hour)
    cases.attach(
        desk.conn, SealedContact(contact_id, desk.sealer.seal_to_case(keys.public, desk.number.encode())), case.id
    )
    words = BY_TEXT[language].format(" ".join(grouped(number)))
    message_id = messages.to_send(
        desk.conn, case.id, contact_id, desk.sealer.seal_to_case(keys.public, words.encode()), desk.now
    )
    desk.due(SEND, message_id)
    desk.due(FORGET, contact_id, timedelta(minutes=1))
    return Understood("tip_text", "")


RECORDERS: Mapping[type, Callable[[Desk, Any], object]] = {
    KeepTip: keep_tip,
    KeepRecording: keep_recording,
    DropRecording: drop_recording,
}
MEANINGS: Mapping[Asked, Meaning] = {
    "tip": find,
    "new_tip": new_number,
    "tip_text": by_text,
}
