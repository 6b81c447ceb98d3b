"""A call becomes a promised callback: agreed aloud, written before it is said, and nobody is paged again."""

import pytest

from hotline.store import callbacks
from tests.edges.line import CALLER, Crew, Leg, Phone
from tests.edges.test_pausing import in_the_room

OPENED = "select state, starts_at - promised_at, case_id from callbacks where state <> 'draft'"


def keys(leg: Leg, hour: str = "1") -> str:
    """`*`, 3, 2, and an hour."""
    leg.posts(leg.address("Dial", "action"))
    leg.presses("3")
    leg.presses("2")
    return leg.presses(hour)


def live(crew: Crew) -> tuple[Phone, Leg]:
    """Two who talk, both in calls that the carrier knows."""
    phone = crew.caller()
    leg = in_the_room(crew, phone)
    device = crew.network.telephone.device(leg.number).answers()
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    return phone, leg


def sent_to(crew: Crew, leg: Leg) -> str:
    """What the responder hears where the worker sent them."""
    return leg.posts(crew.asked(f"/Calls/{leg.sid}")[-1]["form"]["Url"])


@pytest.mark.parametrize(("key", "hours"), [("1", 1), ("2", 24)])
def test_it_is_written_before_it_is_said(crew: Crew, key: str, hours: int) -> None:
    """In an hour, or tomorrow at the same hour; then the responder is back in the room."""
    _, leg = live(crew)
    assert "Ne promettez encore rien." in keys(leg, key)
    assert crew.carrier.rows(OPENED) == []
    assert crew.does("call_later") == ["promised"]
    [(state, ahead, case)] = crew.carrier.rows(OPENED)
    assert (state, ahead.total_seconds(), case) == ("promised", hours * 3600, 1)  # type: ignore[attr-defined]
    heard = sent_to(crew, leg)
    assert "Le rappel est inscrit." in heard and "<Conference" in heard
    assert [entry["form"] for entry in crew.asked("/Calls.json", To=CALLER)] == []


@pytest.mark.parametrize("first", ["person", "responder"])
def test_both_leave_and_nobody_is_paged_again(crew: Crew, first: str) -> None:
    """Whoever hangs up first: done as promised."""
    phone, leg = live(crew)
    keys(leg)
    crew.does("call_later")
    if first == "responder":
        leg.becomes("completed")
        crew.clock.advance(seconds=5)
        assert crew.does("back") == []
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    if first == "person":
        leg.becomes("completed")
    crew.clock.advance(seconds=6)
    crew.does("back")
    page = crew.page(phone.sid)
    assert (page.state, page.outcome) == ("done", "promised")


def test_a_person_who_stays_is_not_left_alone(crew: Crew) -> None:
    """Six seconds, and they wait again."""
    phone, leg = live(crew)
    keys(leg)
    crew.does("call_later")
    leg.becomes("completed")
    crew.clock.advance(seconds=6)
    assert (crew.does("back"), crew.page(phone.sid).state) == (["the page goes on"], "open")


def test_who_may_not_be_dialled_is_promised_nothing(crew: Crew) -> None:
    """A number of another country: the responder hears so before a word is said."""
    phone = Phone(crew.carrier, number="+33123456789")
    leg = in_the_room(crew, crew.waits(phone))
    keys(leg)
    assert crew.does("call_later") == ["not promised"]
    assert crew.carrier.rows(OPENED) == []


def test_a_withheld_number_is_refused_at_once(crew: Crew) -> None:
    """There is nothing to call."""
    leg = in_the_room(crew, crew.waits(Phone(crew.carrier, number="anonymous")))
    assert "pas promettre de rappel" in keys(leg)
    assert "call_later" not in crew.waiting()


def test_who_said_never_is_refused(crew: Crew) -> None:
    """An 8 pressed on another day counts for ever."""
    leg = in_the_room(crew)
    with crew.store.turn() as conn:
        callbacks.never(conn, crew.hands.sealer.pseudonym("person", CALLER), crew.clock.now())
    assert "pas promettre de rappel" in keys(leg)


def test_keyed_twice_it_is_one_promise_and_the_last_hour_counts(crew: Crew) -> None:
    """One row of work too."""
    _, leg = live(crew)
    keys(leg)
    crew.does("call_later")
    sent_to(crew, leg)
    keys(leg, "2")
    crew.does("call_later")
    [(_, ahead, _)] = crew.carrier.rows(OPENED)
    assert (ahead.days, crew.waiting().count("callback")) == (1, 1)  # type: ignore[attr-defined]
