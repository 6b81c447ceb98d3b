"""What each key opens, and above all what the web's keys do not."""

import base64
import inspect
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox
from sqlalchemy import Connection, text

from hotline.store import attempts, cases, contacts, inbox, messages, pages
from hotline.store.cases import SealedContact
from hotline.store.engine import for_work
from hotline.vault import CannotOpen, NotOurs, Opener, Sealer, fingerprint, keygen, public_half
from ivr_flows.priorities import asked
from tests.build import NOW, NUMBER, OPENER, SEAL_KEY, SEALER, a_page, a_responder, an_attempt

CALL, TEXT, WORDS, ANSWER = (
    "CA" + "1" * 32,
    "SM" + "2" * 32,
    "il est dans l'autre pièce",
    "<Response><Say>secret</Say></Response>",
)
OTHER = Sealer(os.urandom(32), os.urandom(32), public_half(keygen()))


def flipped(raw: bytes) -> bytes:
    """The same bytes but one bit."""
    return raw[:-1] + bytes([raw[-1] ^ 1])


def test_a_place_is_sealed_the_same_way_each_time():
    """A repeated request gets the same answer, and the token may stand in any address."""
    token = SEALER.seal_place(b"node", CALL)
    assert token == SEALER.seal_place(b"node", CALL) and re.fullmatch("[A-Za-z0-9_-]+", token)
    assert SEALER.open_place(token, CALL) == b"node"


@pytest.mark.parametrize("token", ["", "é", "====", "A", "AAAA", "x" * 5000, "a b", "../../etc"])
def test_a_forged_place_is_not_ours(token: str):
    """Anything that we did not seal is refused, and as one error."""
    with pytest.raises(NotOurs):
        SEALER.open_place(token, CALL)


def test_a_place_opens_for_its_contact_only():
    """A place taken from one call is worth nothing in another, nor on another line."""
    token = SEALER.seal_place(b"node", CALL)
    for sealer, bound_to in ((SEALER, CALL + "0"), (OTHER, CALL)):
        with pytest.raises(NotOurs):
            sealer.open_place(token, bound_to)


@pytest.mark.parametrize("use", ["number", "conference"])
def test_words_sealed_by_the_web_open_there(use: str):
    """Responders' numbers and conferences are the web's own: sealed anew each time, opened by the same key."""
    seal, unseal = getattr(SEALER, f"seal_{use}"), getattr(SEALER, f"open_{use}")
    assert seal(NUMBER) != seal(NUMBER) and unseal(seal(NUMBER)) == NUMBER
    for broken in (b"", b"x" * 60, flipped(seal(NUMBER)), getattr(OTHER, f"seal_{use}")(NUMBER)):
        with pytest.raises(NotOurs):
            unseal(broken)


def test_a_snapshot_opens_as_nothing_else():
    """One purpose per use: what was sealed for one opens for no other."""
    sealed = SEALER.seal_snapshot(b"{}")
    assert SEALER.open_snapshot(sealed) == b"{}"
    for unseal in (SEALER.open_number, SEALER.open_conference, lambda token: SEALER.open_answer(token, CALL)):
        with pytest.raises(NotOurs):
            unseal(sealed)


def test_an_answer_needs_the_sid_itself():
    """Without the raw SID, which nobody stores, WEB_KEY opens no answer."""
    sealed = SEALER.seal_answer(ANSWER.encode(), CALL)
    assert SEALER.open_answer(sealed, CALL) == ANSWER.encode()
    with pytest.raises(NotOurs):
        SEALER.open_answer(sealed, CALL[:-1] + "2")


def test_pseudonyms_differ_by_kind_and_line():
    """A value has one pseudonym per kind, 32 bytes long, and another on every other line."""
    assert SEALER.pseudonym("person", NUMBER) == SEALER.pseudonym("person", NUMBER)
    three = {SEALER.pseudonym("person", NUMBER), SEALER.pseudonym("call", NUMBER), OTHER.pseudonym("person", NUMBER)}
    assert {len(one) for one in three} == {32} and len(three) == 3


def test_names_of_rooms_and_queues_say_nothing():
    """They are stable, differ from each other, and hold letters and digits only."""
    names = {SEALER.room(7), SEALER.room(8), SEALER.queue(7), OTHER.room(7)}
    assert len(names) == 4 and SEALER.room(7) in names
    assert all(re.fullmatch("[a-z2-7]{26}", name) for name in names)


def test_a_case_opens_with_its_own_key():
    """What the web seals to a case opens for who has the seal key, and for no other case."""
    one, two = SEALER.new_case_keys(), SEALER.new_case_keys()
    sealed = SEALER.seal_to_case(one.public, WORDS.encode())
    assert OPENER.open_case(one.wrapped, sealed).decode() == WORDS
    for wrapped, content in ((two.wrapped, sealed), (one.wrapped, flipped(sealed)), (b"", sealed), (one.wrapped, b"")):
        with pytest.raises(CannotOpen):
            OPENER.open_case(wrapped, content)


def test_a_rotated_seal_key_still_opens_until_it_is_destroyed():
    """The new key is first, the old one opens what it wrapped; once rewrapped, the old one is not needed."""
    keys, new = SEALER.new_case_keys(), keygen()
    sealed = SEALER.seal_to_case(keys.public, b"x")
    both, alone = Opener([new, SEAL_KEY]), Opener([new])
    assert both.open_case(keys.wrapped, sealed) == b"x" and keys.key_id == OPENER.key_id != both.key_id
    with pytest.raises(CannotOpen):
        alone.open_case(keys.wrapped, sealed)
    wrapped, key_id = both.rewrap(keys.wrapped)
    assert alone.open_case(wrapped, sealed) == b"x" and key_id == fingerprint(public_half(new))


@pytest.mark.parametrize("key", [b"", b"x" * 31, b"x" * 33])
def test_a_key_of_another_length_is_refused(key: bytes):
    """A key is 32 bytes; the error does not hold it."""
    for make in (lambda: Sealer(key, key, key), lambda: Opener([key]), lambda: public_half(key), lambda: Opener([])):
        with pytest.raises(ValueError):
            make()


# ── the web, given the whole database ─────────────────────────────────────────────────────────────────────────────


def a_whole_story(conn: Connection) -> None:
    """A call and a text exchange with all that is kept of them."""
    a_responder(conn)
    call_key, person = SEALER.pseudonym("call", CALL), SEALER.pseudonym("person", NUMBER)
    contact_id, keys = contacts.open_call(conn, call_key, person, NOW), SEALER.new_case_keys()
    seal = lambda words: SEALER.seal_to_case(keys.public, words.encode())  # noqa: E731
    case = cases.open_case(
        conn,
        keys,
        "123456",
        asked("P1"),
        "fr",
        ["minor"],
        "voice",
        NOW,
        SealedContact(contact_id, seal(NUMBER), seal(CALL)),
    )
    page_id = a_page(conn, contact_id=contact_id, case_id=case.id)
    attempt_id = an_attempt(conn, page_id)
    attempts.move(conn, attempt_id, "sent", NOW, sid_key=SEALER.pseudonym("call", "CA9"), sid_sealed=seal("CA9"))
    pages.note_in_room(conn, page_id, "person", SEALER.seal_conference("CF1"), NOW)
    text_id, _ = contacts.open_text(conn, person, {"node": "attente"}, NOW)
    contacts.advance_text(conn, text_id, 0, {"node": "attente"}, NOW)
    message_key = SEALER.pseudonym("message", TEXT)
    messages.record(conn, text_id, case.id, message_key, seal(TEXT), seal(WORDS), [seal("OK. " + WORDS)], NOW)
    inbox.remember(conn, call_key, 1, SEALER.seal_answer(ANSWER.encode(), CALL), NOW)


def dump(conn: Connection) -> list[Any]:
    """Every value of every column of every table of ours, whatever the schema."""
    tables = conn.execute(
        text(
            "select table_schema, table_name from information_schema.tables where table_schema !~ '^(pg_|information)'"
        )
    ).all()
    values = [
        value
        for schema, table in tables
        for row in conn.execute(text(f'select * from {schema}."{table}"'))
        for value in row
    ]
    assert len(tables) >= 13
    return values


def in_memory(thing: Any, seen: set[int]) -> Iterator[bytes]:
    """Every key-like run of bytes that can be reached from an object, however it is kept."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, bytes):
        yield from (thing[start : start + 32] for start in range(0, len(thing) - 31, 32))
    for inner in (*getattr(thing, "__dict__", {}).values(), *(thing.values() if isinstance(thing, dict) else ())):
        yield from in_memory(inner, seen)


def opened_by_the_web(values: list[Any]) -> Iterator[bytes]:
    """All that a Sealer gets out of these values, by every method that opens and every key it holds."""
    sealed = [bytes(value) for value in values if isinstance(value, bytes)]
    words = [str(value) for value in values if isinstance(value, str | int)]
    methods = [method for name, method in inspect.getmembers(SEALER) if name.startswith("open_")]
    assert len(methods) >= 5
    for each in sealed:
        token = base64.urlsafe_b64encode(each).rstrip(b"=").decode()
        for method in methods:
            told = [()] if len(inspect.signature(method).parameters) == 1 else [(word,) for word in words]
            for further in told:
                with suppress(NotOurs):
                    found = method(token if method == SEALER.open_place else each, *further)
                    yield found if isinstance(found, bytes) else found.encode()
    held = [*in_memory(SEALER, set())]
    assert len(set(held)) >= 8, "three given keys and those derived from them"
    yield from opened_with_keys([*held, *(one for one in sealed if len(one) == 32)], sealed)


def opened_with_keys(keys: list[bytes], sealed: list[bytes]) -> Iterator[bytes]:
    """All that these keys open, each taken for a seal key, a case's private key, or the key of a case's wrapped key."""
    for key in set(keys):
        for each in sealed:
            with suppress(CryptoError, ValueError, TypeError):
                yield SealedBox(PrivateKey(key)).decrypt(each)


def test_the_web_opens_no_past_case(database: str):
    """The web process, given a dump of the whole database and its own memory's keys, opens no past case."""
    store = for_work(database)
    with store.turn() as conn:
        a_whole_story(conn)
        values = dump(conn)
        wrapped, bodies = cases.wrapped_key(conn, 1), [value for value in values if isinstance(value, bytes)]
    store.close()
    secrets = [secret.encode() for secret in (NUMBER, CALL, TEXT, WORDS, ANSWER, "CA9")]
    found = [*opened_by_the_web(values), *(str(value).encode() for value in values)]
    assert b"Camille" in found, "the search itself works: responders are the web's to open"
    assert [secret for secret in secrets if any(secret in each for each in found)] == []
    theirs = [*opened_with_keys([SEAL_KEY], bodies)]
    assert wrapped is not None and [*opened_with_keys(theirs, bodies)].count(WORDS.encode()) == 1
