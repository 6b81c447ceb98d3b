"""News of the carrier: twice, late, out of order, for nobody, or while SQL is away. Each is a fact written forward."""

from itertools import permutations

import pytest

from hotline.places import mark
from tests.edges.line import TEAM, Carrier, Crew, Leg, Phone, Sql

LEG_NEWS = (("initiated", 0), ("ringing", 1), ("in-progress", 2), ("completed", 3))


def attempt(crew: Crew, leg: Leg) -> tuple[object, ...]:
    return crew.carrier.rows(f"select state, sequence from attempts where id = {leg.place.attempt}")[0]


def text_url(crew: Crew, kind: str) -> str:
    """Where the fate of the newest text comes: `page` to a responder, `text` to a person."""
    urls = [entry["form"]["StatusCallback"] for entry in crew.asked("/Messages.json")]
    return [url for url in urls if f"/text/{kind}/" in url][-1]


def told(crew: Crew, url: str, status: str, code: str = "") -> int:
    fields = {"MessageSid": "SM9", "MessageStatus": status} | ({"ErrorCode": code} if code else {})
    return crew.carrier.post(url, fields).status_code


# ── legs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "order", list(permutations(LEG_NEWS, 4))[::3], ids=lambda order: "".join(str(n) for _, n in order)
)
def test_a_leg_ends_where_it_ended_in_whatever_order_it_is_told(crew: Crew, order: tuple[tuple[str, int], ...]) -> None:
    """Twice each, and any order: a leg that is over stays over, and nothing is answered with an error."""
    leg = crew.rung()
    statuses = [leg.becomes(status, sequence) for status, sequence in (*order, *order)]
    assert (set(statuses), attempt(crew, leg)[0]) == ({204}, "ended")


@pytest.mark.parametrize(
    ("status", "state"), [("busy", "busy"), ("no-answer", "no_answer"), ("failed", "failed"), ("canceled", "no_answer")]
)
def test_a_leg_that_nobody_took_adds_the_next_at_once(crew: Crew, status: str, state: str) -> None:
    """The page is due at that instant."""
    leg = crew.rung()
    leg.becomes(status)
    assert attempt(crew, leg)[0] == state
    assert (crew.does("page"), crew.called()) == ([None], [number for _, number, _ in TEAM])


def test_ringing_is_what_the_chain_counts_from(crew: Crew) -> None:
    """25 s after the telephone rang, not after it was asked for; a late `ringing` moves nothing back."""
    leg = crew.rung()
    crew.clock.advance(seconds=4)
    leg.becomes("ringing", 1)
    crew.clock.advance(seconds=24)
    assert (crew.does("page"), len(crew.called())) == ([None], 1)
    leg.becomes("ringing", 1)
    crew.clock.advance(seconds=3)
    assert (crew.does("page"), len(crew.called())) == ([None], 2)


def test_answered_is_not_accepted(crew: Crew) -> None:
    """A voicemail answers too: only a key takes the page."""
    leg = crew.rung()
    leg.becomes("in-progress", 2)
    assert (crew.page().state, attempt(crew, leg)) == ("open", ("answered", 2))


def test_the_end_of_an_accepted_leg_may_be_told_twice(crew: Crew) -> None:
    """One grace of two seconds, one row of work."""
    leg = crew.rung().accepts()
    assert [leg.becomes("completed"), leg.becomes("completed")] == [204, 204]
    assert crew.carrier.rows("select count(*) from work where kind = 'back'") == [(1,)]


def test_the_late_end_of_one_leg_takes_nothing_from_another(crew: Crew) -> None:
    """The page is the second responder's: the first one's `completed` opens nothing again."""
    first = crew.rung()
    crew.clock.advance(seconds=40)
    crew.does("page")
    crew.leg(TEAM[1][1]).accepts()
    first.becomes("completed")
    crew.clock.advance(minutes=1)
    assert (crew.does("back"), crew.page().state) == ([], "accepted")


def test_a_leg_that_ended_before_its_key_was_heard(crew: Crew) -> None:
    """`completed` overtakes the 1: nobody is there to have accepted, so the page stays open."""
    leg = crew.rung().answers_it()
    leg.becomes("completed")
    leg.presses("1")
    crew.clock.advance(seconds=10)
    crew.does("back")
    assert crew.page().state == "open"


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (("sent", "delivered"), "delivered"),
        (("delivered", "sent"), "delivered"),
        (("delivered", "delivered", "failed"), "delivered"),
        (("queued", "sent", "sent", "undelivered"), "failed"),
        (("undelivered", "sent"), "failed"),
        (("accepted", "scheduled", "read", "nonsense"), "sent"),
    ],
)
def test_a_text_to_a_person_only_goes_forward(crew: Crew, order: tuple[str, ...], state: str) -> None:
    """Late and repeated words change nothing; unknown ones are taken and mean nothing."""
    crew.carrier.writes("au secours")
    crew.does("send_text")
    url = text_url(crew, "text")
    assert {told(crew, url, status) for status in order} == {204}
    assert crew.carrier.rows("select state from messages where direction = 'out'") == [(state,)]
    assert crew.does("send_text") == []


def test_the_code_of_a_failure_is_kept(crew: Crew) -> None:
    """The carrier's number for why."""
    crew.carrier.writes("au secours")
    crew.does("send_text")
    told(crew, text_url(crew, "text"), "undelivered", "30003")
    assert crew.carrier.rows("select state, error_code from messages where direction = 'out'") == [("failed", 30003)]


@pytest.mark.parametrize(("status", "rung"), [("undelivered", 2), ("failed", 2), ("sent", 1), ("delivered", 1)])
def test_a_page_whose_text_was_lost_adds_the_next(crew: Crew, status: str, rung: int) -> None:
    """At once; one that was delivered was not yet read, and changes nothing."""
    crew.rung()
    told(crew, text_url(crew, "page"), status)
    crew.does("page")
    assert len(crew.called()) == rung


# ── rooms ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def leaves_room(crew: Crew, leg: Leg, label: str, status: str) -> int:
    form = {"StatusCallbackEvent": "participant-leave", "ParticipantLabel": label, "ParticipantCallStatus": status}
    return crew.carrier.post(leg.address("Conference", "statusCallback"), form).status_code


@pytest.mark.parametrize(
    ("label", "status", "gone"),
    [("person", "completed", True), ("person", "in-progress", False), ("responder-1", "completed", False)],
)
def test_who_leaves_a_room_is_gone_only_with_their_call(crew: Crew, label: str, status: str, gone: bool) -> None:
    """A person redirected out of the room is still there; a responder's end is told by their own leg."""
    leg = crew.rung().accepts()
    leg.enters(1, person=True)
    assert [leaves_room(crew, leg, label, status) for _ in range(2)] == [204, 204]
    assert (crew.page().person_gone_at is not None, crew.page().state) == (gone, "accepted")


def test_they_have_met_in_whatever_order_they_came(crew: Crew) -> None:
    """Two who are in the room have met, once."""
    leg = crew.rung().accepts()
    leg.enters(1)
    assert not crew.page().met
    leg.enters(1, person=True)
    met_at = crew.page().met_at
    crew.clock.advance(seconds=5)
    leg.enters(1)
    assert (met_at is not None, crew.page().met_at) == (True, met_at)


def test_a_room_that_is_over_is_told_about_in_vain(crew: Crew) -> None:
    """News of a page that is done changes nothing."""
    leg = crew.rung().accepts()
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update pages set state = 'done', done_at = now()")
    leg.enters(1, person=True)
    assert not crew.page().met


def test_a_responder_who_is_alone_hears_the_truth(crew: Crew) -> None:
    """They wait for somebody, or for nobody."""
    phone = crew.waits()
    leg = crew.rung(phone).accepts()
    wait_url = leg.address("Conference", "waitUrl")
    assert "pas encore dans l'appel" in leg.posts(wait_url)
    phone.leaves("hangup", CallStatus="completed")
    assert "La personne a raccroché" in leg.posts(wait_url)


# ── who and when ──────────────────────────────────────────────────────────────────────────────────────────────────

DOORS = ("/twilio/leg/{}", "/twilio/text/page/{}", "/twilio/text/text/{}", "/twilio/text/ops/{}", "/twilio/room/{}")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("token", ["x", "1", "A" * 40, "_"])
def test_an_unknown_token_is_refused(carrier: Carrier, door: str, token: str) -> None:
    """403 and an empty body, though the request is signed."""
    answer = carrier.post(door.format(token), {"CallStatus": "completed", "MessageStatus": "failed"})
    assert (answer.status_code, answer.data) == (403, b"")


@pytest.mark.parametrize("door", DOORS)
def test_a_token_is_good_for_its_own_kind_alone(carrier: Carrier, door: str) -> None:
    """A row's mark of one kind opens no other door."""
    kinds = {"leg": DOORS[0], "page": DOORS[1], "text": DOORS[2], "ops": DOORS[3], "room": DOORS[4]}
    codes = {
        k: carrier.post(door.format(mark(carrier.line.sealer, k, 1)), {"CallStatus": "x"}).status_code for k in kinds
    }
    assert codes == {kind: 204 if own == door else 403 for kind, own in kinds.items()}


def test_an_unknown_kind_of_text_is_refused(carrier: Carrier) -> None:
    """Three kinds are ours."""
    assert carrier.post(f"/twilio/text/word/{mark(carrier.line.sealer, 'word', 1)}", {"a": "b"}).status_code == 403


def test_news_while_sql_is_away_is_asked_for_again(carrier: Carrier, sql: Sql) -> None:
    """503, and nothing is lost: the same words afterwards are written down."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    over = {"CallSid": phone.sid, "CallStatus": "completed"}
    doors = [door.format(mark(carrier.line.sealer, kind, 1)) for door, kind in zip(DOORS, KINDS, strict=True)]
    sql.goes()
    answers = [carrier.post(door, NEWS) for door in doors] + [carrier.post("/twilio/voice/status", over)]
    assert [(answer.status_code, answer.data) for answer in answers] == [(503, b"")] * 3 + [(204, b"")] + [
        (503, b"")
    ] * 2
    sql.returns()
    assert carrier.post("/twilio/voice/status", over).status_code == 204
    assert carrier.rows("select person_gone_at is not null, state from pages") == [(True, "open")]


KINDS = ("leg", "page", "text", "ops", "room")
NEWS = {"CallStatus": "completed", "MessageStatus": "failed", "StatusCallbackEvent": "participant-join"}


def test_a_text_while_sql_is_away_is_asked_for_again(carrier: Carrier, sql: Sql) -> None:
    """503, and the same text afterwards is one text."""
    sql.goes()
    assert carrier.writes("au secours").status_code == 503
    sql.returns()
    assert [carrier.writes("au secours").status_code for _ in range(2)] == [200, 200]
    assert (carrier.count("pages"), carrier.rows("select count(*) from messages where direction = 'in'")) == (1, [(1,)])


@pytest.mark.parametrize("status", ["ringing", "in-progress", "", "nonsense"])
def test_a_call_that_is_not_over_is_not_gone(carrier: Carrier, status: str) -> None:
    """Only an end is an end."""
    phone = Phone(carrier)
    phone.dials()
    phone.presses("9")
    assert carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": status}).status_code == 204
    assert carrier.rows("select person_gone_at from pages") == [(None,)]


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_the_end_of_a_call_nobody_knows_is_taken(carrier: Carrier, status: str) -> None:
    """A call whose opening we could not write down."""
    assert carrier.post("/twilio/voice/status", {"CallSid": "CA404", "CallStatus": status}).status_code == 204
