"""The end of an abusive call: a human's, with one polite sentence, and closed to nobody."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from hotline.store import work
from hotline.telephone.gateway import Gateway, Participant
from tests.edges.line import Crew, Leg, Phone
from tests.edges.test_calling_later import live, sent_to

ENDED = "select state, outcome from pages order by id"


@dataclass
class Seeing:
    """The carrier's gateway, in whose rooms these people are, and whose calls are in this state."""

    gateway: Gateway
    inside: tuple[str, ...]
    calls: str = "completed"

    def participants(self, conference_sid: str) -> list[Participant]:
        return [Participant("CA9", label, False, False) for label in self.inside]

    def call_status(self, call_sid: str) -> str:
        return self.calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


def ends(crew: Crew, leg: Leg, *inside: str) -> str:
    """The responder's keys, with these people in the room by then; what they hear at once."""
    crew.hands = replace(crew.hands, gateway=Seeing(crew.hands.gateway, inside or ("person",)))  # type: ignore[arg-type]
    leg.posts(leg.address("Dial", "action"))
    for key in "33":
        leg.presses(key)
    return leg.presses("1")


def farewell(crew: Crew, phone: Phone) -> str:
    """What the person hears where the worker sent them."""
    return phone.posts(crew.asked(f"/Calls/{phone.sid}")[-1]["form"]["Url"])


def test_the_person_hears_one_polite_sentence_and_the_case_says_why(crew: Crew) -> None:
    """The responder is offered a quarter of an hour; nobody is paged, and nobody is called back."""
    phone, leg = live(crew)
    assert "L'appel se termine." in ends(crew, leg)
    assert crew.does("end_call") == ["ended"]
    said = farewell(crew, phone)
    assert "Nous mettons fin à cet appel." in said and "faites le neuf" in said and "English: star" not in said
    assert "<Hangup" in phone.is_silent()
    assert "quinze minutes" in sent_to(crew, leg)
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    leg.becomes("completed")
    crew.clock.advance(seconds=5)
    assert [crew.does(kind) for kind in ("tell_gone", "back", "page")] == [[], [], ["a human has it, or it is over"]]
    assert crew.carrier.rows(ENDED) == [("done", "abusive")]
    assert crew.carrier.rows("select 'abusive' = any(flags), priority from cases") == [(True, "P1")]
    assert crew.carrier.rows("select count(*) from audit where verb = 'end_call'") == [(1,)]


def test_nine_in_that_sentence_wakes_the_team(crew: Crew) -> None:
    """Whoever plays may be in danger: a page of its own."""
    phone, leg = live(crew)
    ends(crew, leg)
    crew.does("end_call")
    farewell(crew, phone)
    assert "<Enqueue" in phone.presses("9")
    assert crew.carrier.rows(ENDED) == [("done", "abusive"), ("open", None)]


def test_the_same_number_is_answered_again_like_any_other(crew: Crew) -> None:
    """At once: nobody is ever blocked."""
    _, leg = live(crew)
    ends(crew, leg)
    crew.does("end_call")
    crew.waits(Phone(crew.carrier, "CA77"))
    assert crew.page("CA77").state == "open"


@pytest.mark.parametrize("inside", [("person", "responder-9"), ("responder-9",)])
def test_where_somebody_else_is_in_the_room_it_goes_on(crew: Crew, inside: tuple[str, ...]) -> None:
    """A colleague may be in the middle of a sentence: the responder is told, and is back in the room."""
    phone, leg = live(crew)
    before = len(crew.asked(f"/Calls/{phone.sid}"))
    ends(crew, leg, *inside)
    assert crew.does("end_call") == ["not ended"]
    heard = sent_to(crew, leg)
    assert "L'appel n'est pas fini" in heard and "<Conference" in heard
    assert (crew.page(phone.sid).state, len(crew.asked(f"/Calls/{phone.sid}"))) == ("accepted", before)


@pytest.mark.parametrize("weather", [500, 404, "timeout_after_accepting"])
def test_where_the_carrier_does_not_take_it_the_call_is_still_theirs(crew: Crew, weather: int | str) -> None:
    """Nothing is finished before the person is out of the room."""
    phone, leg = live(crew)
    crew.weather(weather, f"/Calls/{phone.sid}", times=3)
    ends(crew, leg)
    assert (crew.does("end_call"), crew.page(phone.sid).state) == (["not ended"], "accepted")
    assert "L'appel n'est pas fini" in sent_to(crew, leg)


def test_a_call_that_must_be_quiet_is_not_ended_so(crew: Crew) -> None:
    """After 55 nothing is ever said to the person."""
    phone = Phone(crew.carrier)
    crew.waits(phone, "5")
    crew.does("page")
    leg = crew.leg().accepts()
    leg.enters(leg.place.page)
    leg.enters(leg.place.page, person=True)
    assert "L'appel n'est pas fini" in ends(crew, leg) and "end_call" not in crew.waiting()


def test_whoever_hangs_up_before_it_is_done_leaves_the_person_to_the_next(crew: Crew) -> None:
    """Doubt goes up: the page is open again, and the late wish ends nothing."""
    phone, leg = live(crew)
    ends(crew, leg)
    leg.becomes("completed")
    crew.clock.advance(seconds=3)
    assert crew.does("back") == ["the page goes on"]
    assert (crew.does("end_call"), crew.page(phone.sid).state) == (["nothing to do"], "open")


def test_a_worker_that_died_after_the_sentence_does_not_end_the_call_again(crew: Crew) -> None:
    """The person pressed nine in it and is with the responder again: the row that comes back sends nobody away."""
    phone, leg = live(crew)
    ends(crew, leg)
    address = leg.address("Gather", "action")
    leg.posts(address, Digits="1")
    [(work_id,)] = crew.carrier.rows("select id from work where kind = 'end_call'")
    with crew.store.turn() as conn:
        dead = work.claim(conn, int(str(work_id)), crew.clock.now(), timedelta())
        assert dead is not None
        work.put_off(conn, dead.work_id, dead.generation, crew.clock.now())
    before = len(crew.asked(f"/Calls/{phone.sid}"))
    assert crew.does("end_call") == ["not ended"]
    assert (crew.page(phone.sid).state, len(crew.asked(f"/Calls/{phone.sid}"))) == ("accepted", before)
