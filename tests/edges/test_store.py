"""Contacts, cases and messages: repeated openings, keys that are born and die, texts that are kept once."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from hotline.store import cases, contacts, messages, pages, tables, work
from hotline.store.cases import SealedContact
from hotline.store.engine import for_work
from ivr_flows.model import Priority
from ivr_flows.priorities import asked, place
from tests.build import (
    NOW,
    OPENER,
    SEALER,
    a_call,
    a_call_key,
    a_case,
    a_page,
    a_person,
    a_responder,
    an_attempt,
    counted,
    later,
)

PLACE = {"node": "accueil", "language": "fr"}


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    """One transaction."""
    store = for_work(database)
    with store.turn(60) as connection:
        yield connection
    store.close()


def a_text(conn: Connection, replies: int = 0, sid: str = "SM1") -> list[int] | None:
    """A text of one person in one exchange, answered so many times."""
    person = SEALER.pseudonym("person", "+15145550123")
    contact_id, made = contacts.open_text(conn, person, PLACE, NOW)
    case_id = a_case(conn, SealedContact(contact_id)).id if made else contacts.find_text(conn, person).case_id
    key, said = SEALER.pseudonym("message", sid), [b"reply %d" % n for n in range(replies)]
    return messages.record(conn, contact_id, case_id or 0, key, b"sid", b"words", said, NOW)


def test_a_repeated_opening_is_one_call(conn: Connection):
    """The same call opened twice has one contact, and one statement writes it."""
    key, person = a_call_key(), a_person()
    first = a_call(conn, key, person)
    with counted(conn) as statements:
        assert contacts.open_call(conn, key, person, later(seconds=1)) == first
    assert len(statements) == 1
    found = contacts.find_call(conn, key)
    assert found is not None and (found.person, found.opened_at, found.case_id) == (person, NOW, None)


def test_a_call_nobody_wrote_is_not_found(conn: Connection):
    """A call whose opening could not be written has no contact, and its end is nobody's."""
    assert contacts.find_call(conn, a_call_key()) is None and contacts.note_gone(conn, a_call_key(), NOW) is None


def test_the_first_end_of_a_call_stays(conn: Connection):
    """A call that ends twice ended the first time."""
    key = a_call_key()
    contact_id = a_call(conn, key)
    assert [contacts.note_gone(conn, key, later(seconds=n)) for n in (5, 9)] == [contact_id] * 2
    found = contacts.by_id(conn, contact_id)
    assert found is not None and (found.gone_at, found.ended_at) == (later(seconds=5), later(seconds=5))


def test_one_question_tells_who_writes(conn: Connection):
    """A stranger, a person with an exchange and a case, and a responder are told apart by one statement each."""
    stranger, known = a_person(), a_person()
    contact_id, made = contacts.open_text(conn, known, PLACE, NOW)
    case = a_case(conn, SealedContact(contact_id))
    responder_id = a_responder(conn, phone="+15145550199")
    with counted(conn) as statements:
        texter, nobody = contacts.find_text(conn, known), contacts.find_text(conn, stranger)
        team = contacts.find_text(conn, SEALER.pseudonym("person", "+15145550199"))
    assert made and texter == contacts.Texter(
        contact_id, PLACE, 0, case.id, case.public_key, [], "P3", None, NOW, False
    )
    assert nobody == contacts.Texter(None, None, 0, None, None, None, None, None, None, False)
    assert (team.responder_id, team.contact_id, len(statements)) == (responder_id, None, 3)


def test_an_exchange_moves_one_turn_at_a_time(conn: Connection):
    """Of two texts that start from the same turn, the second changes nothing."""
    contact_id, _ = contacts.open_text(conn, person := a_person(), PLACE, NOW)
    moves = [contacts.advance_text(conn, contact_id, 0, {"node": node}, NOW) for node in ("a", "b")]
    texter = contacts.find_text(conn, person)
    assert (moves, texter.place, texter.turn) == ([True, False], {"node": "a"}, 1)


def test_statements_stay_good_once_planned_for_all(conn: Connection):
    """The server plans an often repeated statement once for all; what rests on partial indexes still works."""
    contact_id, case_id, person = a_call(conn), a_case(conn).id, a_person()
    for _ in range(15):
        page_id = a_page(conn, contact_id=contact_id, case_id=case_id)
        exchange, _ = contacts.open_text(conn, person, PLACE, NOW)
    assert pages.without_work(conn, "page") == [page_id]
    assert contacts.find_text(conn, person).contact_id == exchange


def test_a_person_has_one_open_exchange(conn: Connection):
    """A second first text finds the exchange, with its place as it was."""
    person = a_person()
    first, _ = contacts.open_text(conn, person, PLACE, NOW)
    assert contacts.open_text(conn, person, {"node": "x"}, NOW) == (first, False)
    assert contacts.find_text(conn, person).place == PLACE


def test_a_case_is_born_with_its_keys_in_one_statement(conn: Connection):
    """The case, its wrapped key and what its contact keeps are written together, and open again."""
    contact_id, keys = a_call(conn), SEALER.new_case_keys()
    kept = SealedContact(contact_id, SEALER.seal_to_case(keys.public, b"+15145550123"), None)
    with counted(conn) as statements:
        case = cases.open_case(conn, keys, "012345", asked("P1"), None, {"minor", "child"}, "voice", NOW, kept)
    contact, wrapped = contacts.by_id(conn, contact_id), cases.wrapped_key(conn, case.id)
    assert (len(statements), case.flags, case.language) == (1, ("child", "minor"), None)
    assert contact is not None and (contact.case_id, contact.case_public) == (case.id, keys.public)
    assert OPENER.open_case(wrapped or b"", contact.number_sealed or b"") == b"+15145550123"
    assert cases.by_id(conn, case.id) == case


@pytest.mark.parametrize("code", ["", "12345", "12345a", "1234567"])
def test_a_code_is_six_digits(conn: Connection, code: str):
    """What is no code is refused by the database."""
    with pytest.raises(IntegrityError):
        a_case(conn, code=code)


def test_a_taken_code_stops_nobody(conn: Connection):
    """A case whose code is taken gets another of six digits; two cases never share one."""
    codes = [a_case(conn, code="000001").code for _ in range(20)]
    assert codes[0] == "000001"
    assert len(set(codes)) == 20
    assert all(len(code) == 6 and code.isdigit() for code in codes)


@pytest.mark.parametrize(
    ("was", "wanted", "becomes"),
    [
        ("P3", "P1", "P1"),
        ("P1", "P3", "P1"),
        ("P?", "P2", "P2"),
        ("P2", "P?", "P2"),
        ("P3", "P?", "P?"),
        ("P?", "P5", "P?"),
    ],
)
def test_a_priority_is_never_lowered(conn: Connection, was: Priority, wanted: Priority, becomes: str):
    """P1, P2, what is unclear, P3, P4, P5: of two priorities the more urgent one stays, for cases and pages alike."""
    case, contact_id = a_case(conn, priority=was), a_call(conn)
    conn.execute(cases.learning(case.id, (), asked(wanted)))
    raised = cases.by_id(conn, case.id)
    assert raised is not None and (raised.priority, raised.rule) == (becomes, asked(raised.priority).rule)
    page_id = a_page(conn, contact_id=contact_id, case_id=case.id, priority=was)
    assert a_page(conn, contact_id=contact_id, case_id=case.id, priority=wanted) == page_id
    page = pages.by_id(conn, page_id)
    assert page is not None and page.priority == becomes


def test_flags_only_grow(conn: Connection):
    """A flag is had once, in order, and stays."""
    case = a_case(conn, flags=["minor"])
    for facts in (["now", "minor"], []):
        conn.execute(cases.learning(case.id, facts, place(facts)))
        known = cases.by_id(conn, case.id)
        assert known is not None and known.flags == ("minor", "now")


def test_a_case_closes_once(conn: Connection):
    """Closing is noted the first time."""
    case = a_case(conn)
    assert cases.close(conn, case.id, NOW) and not cases.close(conn, case.id, later(days=1))
    found = cases.by_id(conn, case.id)
    assert found is not None and found.closed_at == NOW


def test_forgetting_destroys_the_key_and_all_it_sealed(conn: Connection):
    """After that no key, no sealed column and no pseudonym of the case is left, and the person is a stranger."""
    a_text(conn, replies=1)
    texter = contacts.find_text(conn, SEALER.pseudonym("person", "+15145550123"))
    call = SealedContact(a_call(conn, key := a_call_key(), a_person()), b"number", b"sid")
    cases.attach(conn, call, texter.case_id or 0)
    an_attempt(conn, a_page(conn, contact_id=call.contact_id, case_id=texter.case_id))
    assert cases.forget(conn, texter.case_id or 0, NOW) and not cases.forget(conn, texter.case_id or 0, NOW)
    assert cases.wrapped_key(conn, texter.case_id or 0) is None and contacts.find_call(conn, key) is None
    assert contacts.find_text(conn, SEALER.pseudonym("person", "+15145550123")).contact_id is None
    sealed = (tables.contacts.c.number_sealed, tables.contacts.c.call_sid_sealed, tables.contacts.c.place)
    assert {tuple(row) for row in conn.execute(select(*sealed))} == {(None, None, None)}
    assert {message.body_sealed for message in messages.of_case(conn, texter.case_id or 0)} == {None}


def test_keys_are_rewrapped_case_by_case(conn: Connection):
    """Rotation finds each case that another key wraps, and each one once."""
    one, two = a_case(conn), a_case(conn)
    found = cases.to_rewrap(conn, "new")
    assert [case_id for case_id, _ in found] == [one.id, two.id] and cases.to_rewrap(conn, OPENER.key_id) == []
    cases.rewrapped(conn, one.id, b"wrapped anew", "new")
    assert [case_id for case_id, _ in cases.to_rewrap(conn, "new")] == [two.id]
    assert cases.wrapped_key(conn, one.id) == b"wrapped anew"


@pytest.mark.parametrize("replies", [0, 1, 3])
def test_a_text_its_replies_and_their_work_are_one_statement(conn: Connection, replies: int):
    """What arrived, what we say, and the rows that will send it are written together, in order."""
    a_text(conn, sid="SM0")
    with counted(conn) as statements:
        rung = a_text(conn, replies)
    assert rung is not None and len(rung) == replies and "insert into messages" in statements[-1].lower()
    claims = [work.claim(conn, work_id, NOW, later() - NOW) for work_id in rung]
    said = [messages.by_id(conn, claim.subject_id) for claim in claims if claim]
    assert [(one.body_sealed, one.state) for one in said if one] == [(b"reply %d" % n, "due") for n in range(replies)]


def test_a_repeated_text_is_kept_once(conn: Connection):
    """A text that comes again writes nothing: no message, no reply, no work."""
    assert a_text(conn, replies=2) and a_text(conn, replies=2) is None and a_text(conn) is None
    case = conn.execute(select(tables.cases.c.id)).scalar_one()
    assert [one.direction for one in messages.of_case(conn, case)] == ["in", "out", "out"]
    assert work.counts(conn, NOW).due == 2


def test_texts_can_be_written_one_by_one(conn: Connection):
    """A text is kept once, and ours is a row before it is anything else."""
    contact_id, case_id = a_call(conn), a_case(conn).id
    kept = [messages.received(conn, case_id, contact_id, b"k", b"sid", words, NOW) for words in (b"one", b"two")]
    mine = messages.by_id(conn, messages.to_send(conn, case_id, contact_id, b"ours", NOW))
    assert kept == [True, False] and messages.bodies_in(conn, contact_id) == [b"one"]
    assert mine is not None and (mine.direction, mine.state, mine.body_sealed) == ("out", "due", b"ours")


@pytest.mark.parametrize(
    ("states", "last"),
    [
        (["sending", "sent", "delivered"], "delivered"),
        (["sending", "delivered", "sent", "failed"], "delivered"),
        (["sending", "unknown", "sending", "sent"], "sent"),
        (["sending", "sent", "failed", "delivered"], "failed"),
        (["sending", "sending"], "sending"),
    ],
)
def test_a_text_moves_forward_only(conn: Connection, states: list[messages.State], last: str):
    """The carrier's words in any order leave the furthest state; once sending, a text is never sent again."""
    message_id = messages.to_send(conn, a_case(conn).id, a_call(conn), b"ours", NOW)
    for state in states:
        messages.move(conn, message_id, state, NOW)
    messages.note_sid(conn, message_id, b"first", b"sealed")
    messages.note_sid(conn, message_id, b"second", b"sealed")
    found = messages.find_sid(conn, b"first")
    assert found is not None and (found.id, found.state) == (message_id, last)
