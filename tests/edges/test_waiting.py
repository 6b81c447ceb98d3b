"""Every cell of docs/waiting.md: the queue's words, the waiting turns, the people; over the real app and database."""

import re
import threading

import pytest
from sqlalchemy import delete

from hotline.store import attempts, pages, tables
from tests.edges.line import TEAM, Carrier, Crew, Phone, Sql

STATES = ("open", "accepted", "done", "none", "down")


def waiting(carrier: Carrier, state: str, sql: Sql, quiet: bool = False, outside: bool = False, sid: str = "") -> Phone:
    """Somebody who waits, in the queue or outside it, and whose page has come to a state since."""
    phone = Phone(carrier, sid=sid or f"CA{state}")
    phone.dials()
    for key in "55" if quiet else "9":
        phone.presses(key)
    phone.leaves("queue-full") if outside else phone.waits()
    _bring(carrier, phone.sid, state)
    if state == "down":
        sql.goes()
    return phone


def _bring(carrier: Carrier, sid: str, state: str) -> None:
    line = carrier.line
    with line.store.turn() as conn:
        page = pages.look(conn, line.sealer.pseudonym("call", sid))
        assert page is not None
        if state == "accepted":
            attempt = attempts.plan(conn, page.id, None, 0, 0, "call", line.clock.now())
            assert pages.claim(conn, page.id, attempt, line.clock.now())
            attempts.move(conn, attempt, "accepted", line.clock.now())
        if state == "done":
            pages.finish(conn, page.id, "finished", line.clock.now())
        if state == "none":
            conn.execute(delete(tables.pages).where(tables.pages.c.id == page.id))


def heard(document: str) -> str:
    """What an answer does, in one word; `mute` where it could speak and does not."""
    spoken = "" if "<Say" in document else "mute "
    if "<Dial" in document and "<Conference" not in document:
        assert [number for _, number, _ in TEAM if number in document] == [number for _, number, _ in TEAM]
        return f"{spoken}team"
    verbs = {"<Enqueue": "queue", "<Conference": f"{spoken}room", "<Leave": "leave", "<Gather": f"{spoken}words"}
    return next((word for verb, word in verbs.items() if verb in document), "over")


def woken(carrier: Carrier) -> dict[str, int]:
    """How many pages are open by now that were not open before: with a row of work each."""
    asked = "select count(*), count(distinct w.subject_id) from pages p left join work w on w.subject_id = p.id"
    [(opened, working)] = carrier.rows(f"{asked} and w.kind = 'page' where p.state = 'open'")
    return {"open": int(str(opened)), "with work": int(str(working))}


# ── the queue's action ────────────────────────────────────────────────────────────────────────────────────────────

BACK = dict(zip(STATES, ("queue", "room", "queue", "queue", "team"), strict=True))
OUT = dict(zip(STATES, ("words", "room", "words", "words", "team"), strict=True))
GONE = dict.fromkeys(STATES, "over")
ACTIONS = {
    "hangup": GONE,
    **dict.fromkeys(("leave", "redirected", "redirected-from-bridged", "bridged", "bridging-in-process"), BACK),
    **dict.fromkeys(("error", "system-error", "queue-full"), OUT),
}


@pytest.mark.parametrize(("result", "expected"), ACTIONS.items(), ids=ACTIONS)
def test_the_queues_word_and_the_page_decide_together(
    carrier: Carrier, sql: Sql, result: str, expected: dict[str, str]
) -> None:
    """Each QueueResult leads, in each state of the page, where docs/waiting.md says; a person here wakes the team."""
    ended = {"CallStatus": "completed"} if result == "hangup" else {}
    assert {state: heard(waiting(carrier, state, sql).leaves(result, **ended)) for state in STATES} == expected
    sql.returns()
    opened = 2 if result == "hangup" else 4
    assert woken(carrier) == {"open": opened, "with work": opened}


def test_a_page_that_is_over_is_woken_again_for_who_is_still_here(carrier: Carrier, sql: Sql) -> None:
    """A new page of the same case, with work of its own."""
    waiting(carrier, "done", sql).leaves("leave")
    assert carrier.rows("select state, reason from pages order by id") == [
        ("done", "neuf"),
        ("open", "encore en ligne"),
    ]
    assert (carrier.count("cases"), woken(carrier)) == (1, {"open": 1, "with work": 1})


def test_only_hanging_up_is_leaving(carrier: Carrier, sql: Sql) -> None:
    """The person is noted as gone after `hangup`, and after no other word of the queue."""
    for result in ACTIONS:
        waiting(carrier, "open", sql, sid=f"CA{result}").leaves(result)
    noted = [gone for (gone,) in carrier.rows("select person_gone_at is not null from pages order by id")]
    assert dict(zip(ACTIONS, noted, strict=True)) == {result: result == "hangup" for result in ACTIONS}


def test_who_hangs_up_is_told_to_the_responder(carrier: Carrier, sql: Sql) -> None:
    """`hangup` on an accepted page: noted, and the responder is to be told."""
    waiting(carrier, "accepted", sql).leaves("hangup", CallStatus="completed")
    assert carrier.rows("select state, person_gone_at is not null from pages") == [("accepted", True)]
    assert carrier.rows("select count(*) from work where kind = 'tell_gone'") == [(1,)]


def test_a_call_that_ended_while_sql_was_down_is_told_again(carrier: Carrier, sql: Sql) -> None:
    """The status callback is refused with 503 until it can be written down."""
    phone = waiting(carrier, "down", sql)
    over = {"CallSid": phone.sid, "CallStatus": "completed"}
    assert "<Dial" not in phone.leaves("hangup", CallStatus="completed")
    assert carrier.post("/twilio/voice/status", over).status_code == 503
    sql.returns()
    assert carrier.post("/twilio/voice/status", over).status_code == 204
    assert carrier.rows("select person_gone_at is not null from pages") == [(True,)]


# ── a waiting turn ────────────────────────────────────────────────────────────────────────────────────────────────

TURNS = {
    (False, False): ("words", "leave", "words", "words", "leave"),
    (False, True): ("words", "room", "words", "words", "team"),
    (True, False): ("mute words", "leave", "mute words", "mute words", "leave"),
    (True, True): ("mute words", "mute room", "mute words", "mute words", "mute team"),
}


@pytest.mark.parametrize(("quiet", "outside"), TURNS, ids=["in the queue", "outside", "after 55", "after 55, outside"])
def test_each_waiting_turn_reads_the_page_again(carrier: Carrier, sql: Sql, quiet: bool, outside: bool) -> None:
    """A waiting turn goes where the page's state leads; after 55 without a word in any of them."""
    turns = {state: heard(waiting(carrier, state, sql, quiet, outside).is_silent()) for state in STATES}
    assert turns == dict(zip(STATES, TURNS[quiet, outside], strict=True))
    sql.returns()
    assert woken(carrier) == {"open": 4, "with work": 4}


@pytest.mark.parametrize("quiet", [False, True], ids=["spoken", "after 55"])
@pytest.mark.parametrize(("state", "then"), [("accepted", "room"), ("down", "team")])
def test_after_leave_comes_the_room_or_the_last_resort(
    carrier: Carrier, sql: Sql, state: str, then: str, quiet: bool
) -> None:
    """`<Leave/>` in a waiting turn ends the Enqueue, whose action goes on; after 55 without a word."""
    phone = waiting(carrier, state, sql, quiet)
    assert "<Leave/>" in phone.waits()
    document = phone.leaves("leave")
    assert heard(document) == (f"mute {then}" if quiet else then)
    assert ('waitUrl=""' in document) == (quiet and then == "room")


def test_a_quiet_turn_is_eight_seconds_long(carrier: Carrier, sql: Sql) -> None:
    """After 55 the line listens for 8 s and says nothing."""
    assert re.findall(r'timeout="(\d+)"', waiting(carrier, "open", sql, quiet=True).is_silent()) == ["8"]


@pytest.mark.parametrize("result", ["error", "system-error", "queue-full"])
def test_outside_the_queue_the_words_are_the_same(carrier: Carrier, sql: Sql, result: str) -> None:
    """A call that the queue does not take hears what it would have heard there."""
    inside, outside = Phone(carrier, sid="CAin"), Phone(carrier, sid="CAout")
    for phone in (inside, outside):
        phone.dials()
        phone.presses("9")
    words = [re.findall("<prosody[^>]*>([^<]*)", answer) for answer in (inside.waits(), outside.leaves(result))]
    assert words[0] == words[1] != []


# ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_caller_who_is_gone_before_the_redirect(crew: Crew) -> None:
    """The responder who accepts hears that the person hung up, and finishes with 3."""
    phone = crew.waits()
    leg = crew.rung(phone)
    phone.leaves("hangup", CallStatus="completed")
    assert "La personne a raccroché" in leg.answers_it().presses("1")
    assert "bring" not in crew.waiting()
    leg.presses("3")
    assert (crew.page().state, crew.page().outcome) == ("done", "finished")


def test_a_redirect_that_is_refused_is_not_repeated(crew: Crew) -> None:
    """The call is over: nothing is sent again, and the page stays with who accepted it."""
    crew.rung().accepts()
    assert crew.does("bring") == ["refused 20404; their next turn looks"]
    assert (crew.does("bring"), crew.page().state) == ([], "accepted")


def test_a_redirect_of_unknown_fate_is_not_sent_again(crew: Crew) -> None:
    """Nobody knows whether it arrived: the next waiting turn leaves the queue, and then the room is entered."""
    phone = crew.caller()
    crew.rung(phone).accepts()
    crew.weather("timeout_after_accepting", f"/Calls/{phone.sid}")
    assert crew.does("bring") == ["nobody knows; their next turn looks"]
    assert (crew.does("bring"), len(crew.asked(f"/Calls/{phone.sid}"))) == ([], 1)
    assert ("<Leave/>" in phone.is_silent(), "<Conference" in phone.leaves("leave")) == (True, True)


def test_the_redirect_leads_into_the_room(crew: Crew) -> None:
    """The carrier is sent to an address that joins the person, who is never muted, and that is not leaving."""
    phone = crew.caller()
    crew.rung(phone).accepts()
    assert crew.does("bring") == ["redirected"]
    [asked] = crew.asked(f"/Calls/{phone.sid}")
    phone.leaves("redirected")
    document = phone.posts(asked["form"]["Url"])
    assert ("<Conference" in document, 'muted="false"' in document) == (True, True)
    assert crew.page(phone.sid).person_gone_at is None


def test_of_two_who_accept_at_once_one_joins(crew: Crew) -> None:
    """One UPDATE wins; the other hears who has it."""
    phone = crew.waits()
    crew.does("page")
    crew.clock.advance(seconds=40)
    crew.does("page")
    legs = [crew.leg(number).answers_it() for _, number, _ in TEAM]
    threads = [threading.Thread(target=leg.presses, args=("1",)) for leg in legs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won, lost = sorted((leg.answers[-1] for leg in legs), key=lambda answer: "<Conference" not in answer)
    by = TEAM[0 if "<Conference" in legs[0].answers[-1] else 1][0]
    assert ("<Conference" in won, f"{by} a déjà accepté" in lost, "<Hangup" in lost) == (True, True, True)
    assert crew.page(phone.sid).state == "accepted"


@pytest.mark.parametrize("met", [False, True], ids=["never met", "met"])
@pytest.mark.parametrize("gone", [False, True], ids=["still there", "gone"])
def test_a_responders_leg_that_dies(crew: Crew, met: bool, gone: bool) -> None:
    """A person still there waits again, one never met is not given up, two who met and both left are done."""
    phone = crew.caller()
    leg = crew.rung(phone).accepts()
    if met:
        leg.enters(1, person=True)
        leg.enters(1)
    if gone:
        phone.leaves("hangup", CallStatus="completed")
    assert leg.becomes("completed") == 204
    if met and gone:
        assert (crew.page(phone.sid).state, crew.page(phone.sid).outcome) == ("done", "met")
        return
    assert (crew.does("back"), crew.page(phone.sid).state) == ([], "accepted")
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.page(phone.sid).state) == (["the page goes on"], "open")
    assert len(crew.asked(f"/Calls/{phone.sid}")) == (0 if gone else 1)
    assert "page" in crew.waiting()


def test_both_who_met_leave_within_two_seconds(crew: Crew) -> None:
    """The responder was only quicker than the person: the page is done."""
    phone = crew.caller()
    leg = crew.rung(phone).accepts()
    leg.enters(1, person=True)
    leg.enters(1)
    leg.becomes("completed")
    phone.leaves("hangup", CallStatus="completed")
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.page(phone.sid).outcome) == (["met"], "met")


def test_who_was_redirected_out_of_the_room_has_not_met_the_next_responder(crew: Crew) -> None:
    """After a leg died the person waits outside: the next responder's entering the room alone is no meeting."""
    phone = crew.caller()
    first = crew.rung(phone).accepts()
    first.enters(1, person=True)
    first.enters(1)
    first.becomes("completed")
    crew.clock.advance(seconds=2)
    crew.does("back")
    crew.does("page")
    second = crew.leg(TEAM[1][1]).accepts()
    second.enters(1)
    assert not crew.page(phone.sid).met


def test_a_responder_in_the_room_is_told_that_the_person_left(crew: Crew) -> None:
    """Redirected, they hear it and finish with 3."""
    phone = crew.waits()
    leg = crew.rung(phone).accepts()
    leg.enters(1)
    phone.leaves("hangup", CallStatus="completed")
    crew.network.telephone.device(leg.number).answers()
    assert crew.does("tell_gone") == ["told"]
    assert "La personne a raccroché" in leg.posts(crew.asked(f"/Calls/{leg.sid}")[-1]["form"]["Url"])
    leg.presses("3")
    assert crew.page().outcome == "finished"


def test_everyone_declines(crew: Crew) -> None:
    """The next person at once, then the fallback number, then the chain again, no faster than every 10 s."""
    crew.waits()
    for number in (*(number for _, number, _ in TEAM), crew.hands.settings.fallback_number):
        crew.does("page")
        leg = crew.leg()
        assert leg.number == number
        leg.answers_it().presses("2")
    assert (crew.does("page"), len(crew.called())) == ([None], 3)
    crew.clock.advance(seconds=10)
    crew.does("page")
    assert crew.called()[3:] == [TEAM[0][1]]


@pytest.mark.parametrize("quiet", [False, True], ids=["spoken", "after 55"])
def test_star_is_the_responders_private_menu(crew: Crew, quiet: bool) -> None:
    """The person hears « Un instant, je reviens. », unless all is quiet."""
    phone = crew.caller("5" if quiet else "9")
    leg = crew.rung(phone).accepts()
    leg.enters(1, person=True)
    assert "<Gather" in leg.posts(leg.address("Dial", "action"))
    assert crew.waiting().count("step_out") == 1
    expected = ["nothing to do"] if quiet else ["failed 20404"]
    assert (crew.does("step_out"), len(crew.asked("/Participants/person"))) == (expected, 0 if quiet else 1)


def test_a_person_whose_coming_was_not_told_hears_it_too(crew: Crew) -> None:
    """News of a room may be lost: whether the person is in it the carrier knows."""
    leg = crew.rung(crew.caller()).accepts()
    leg.enters(1)
    leg.posts(leg.address("Dial", "action"))
    assert (crew.does("step_out"), len(crew.asked("/Participants/person"))) == (["failed 20404"], 1)


def test_what_the_person_hears_meanwhile(carrier: Carrier) -> None:
    """In their language, once."""
    words = [carrier.post(f"/twilio/back-soon/{language}", {"CallSid": "CA1"}).text for language in ("fr", "en")]
    assert ["je reviens" in words[0], "be right back" in words[1]] == [True, True]
