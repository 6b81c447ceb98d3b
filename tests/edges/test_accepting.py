"""A page accepted or declined otherwise than on the leg that rang: by a coded text, or at the console."""

from collections.abc import Callable

from hotline import accepting
from hotline.accepting import Answer
from hotline.desk import Desk
from hotline.store import messages, roster, threads
from ivr_flows.model import Place
from tests.edges.line import CALLER, TEAM, Crew, Phone

A, B = TEAM[0][1], TEAM[1][1]


def says(crew: Crew, verb: Callable[[Desk, int, str], Answer], number: str, code: str | None = None) -> str:
    """A responder's text, as whoever reads it passes it on."""
    line = crew.carrier.line
    with line.store.turn() as conn:
        rows = roster.all_responders(conn)
        [who] = [row.id for row in rows if line.sealer.open_number(row.phone_sealed) == number]
        [latest] = conn.exec_driver_sql("select code from cases order by id desc limit 1").scalars()
        desk = Desk(conn, line.sealer, line.clock.now(), Place("equipe", "page"), [])
        return verb(desk, who, latest if code is None else code).word


def accepts(crew: Crew, number: str = A, code: str | None = None) -> str:
    return says(crew, accepting.accept_by_code, number, code)


def declines(crew: Crew, number: str = A) -> str:
    return says(crew, accepting.decline_by_code, number)


def late(crew: Crew) -> Phone:
    """Somebody waits, A's telephone has rung in vain, B's rings; then A writes."""
    phone = crew.waits()
    crew.does("page")
    crew.leg(A).becomes("no-answer")
    crew.does("page")
    return phone


def test_who_writes_is_called_and_the_person_waits_until_their_key(crew: Crew) -> None:
    """The others are silent; a voicemail that picks up joins nobody."""
    phone = late(crew)
    assert (accepts(crew), crew.does("hush_others"), crew.called()) == ("won", ["hushed 1"], [A, B])
    assert (crew.does("come"), crew.called()[2:]) == ([None], [A])
    assert "<Gather" in phone.waits() and crew.page().coming
    leg = crew.leg(A)
    assert "Vous avez accepté." in leg.answers_it().answers[-1]
    assert "<Conference" in leg.presses("1") and "<Leave/>" in phone.waits()
    crew.clock.advance(seconds=45)
    assert (crew.does("come"), crew.page().state) == (["they came"], "accepted")


def test_the_leg_that_rings_already_is_theirs(crew: Crew) -> None:
    """They wrote while their telephone rang: it is not called a second time, and 1 on it joins them."""
    crew.rung()
    assert (accepts(crew), crew.does("come"), crew.called()) == ("won", [None], [A])
    assert "<Conference" in crew.leg(A).accepts().answers[-1]


def test_who_does_not_come_gives_the_page_back(crew: Crew) -> None:
    """No key within 45 seconds: their leg ends, and the next person is added."""
    phone = late(crew)
    accepts(crew)
    crew.does("come")
    crew.leg(A).answers_it()
    crew.clock.advance(seconds=45)
    assert (crew.does("come"), crew.page().state) == (["the page goes on"], "open")
    assert [form["form"]["Status"] for form in crew.asked("/Calls/", Status="completed")] == ["completed"]
    assert "<Gather" in phone.waits() and "page" in crew.waiting()


def test_a_telephone_that_cannot_be_rung_gives_the_page_back_at_once(crew: Crew) -> None:
    """They wrote, and yet the carrier will not call them."""
    late(crew)
    accepts(crew)
    crew.weather(400, "/Calls.json")
    assert (crew.does("come"), crew.page().state) == (["the page goes on"], "open")


def test_a_leg_that_ends_without_a_key_gives_the_page_back(crew: Crew) -> None:
    """Two seconds of grace, as for any leg."""
    late(crew)
    accepts(crew)
    crew.does("come")
    crew.leg(A).becomes("no-answer")
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.page().state) == (["the page goes on"], "open")


def test_the_second_who_writes_is_told_who_has_it(crew: Crew) -> None:
    """One wins; writing again changes nothing."""
    late(crew)
    assert [accepts(crew, B), accepts(crew, A), accepts(crew, B)] == ["won", "taken", "won"]
    assert crew.carrier.rows("select count(*) from work where kind = 'come'") == [(1,)]


def test_codes_that_mean_nothing(crew: Crew) -> None:
    """No page has it, or the page is over."""
    crew.rung().accepts()
    crew.carrier.rows("update pages set state = 'done', done_at = now() returning id")
    assert [accepts(crew), accepts(crew, code="000000"), declines(crew)] == ["over", "none", "over"]


def test_a_conversation_by_text_is_theirs_at_once(crew: Crew) -> None:
    """Nobody need come to a telephone."""
    crew.carrier.writes("au secours")
    crew.does("page")
    assert (accepts(crew), crew.waiting()) == ("won", ["send_text", "page", "ask_text", "watch_text", "hush_others"])
    assert crew.carrier.rows("select state, channel from attempts order by id") == [
        ("sent", "call"),
        ("accepted", "text"),
    ]
    assert crew.does("hush_others") == ["hushed 1"]


def test_no_by_text_silences_that_telephone_and_adds_the_next(crew: Crew) -> None:
    """At once, like the key."""
    crew.rung()
    assert (declines(crew), crew.does("hang_up_leg"), crew.does("page")) == ("noted", ["hung up"], [None])
    assert crew.called() == [A, B]


def test_no_after_yes_gives_the_page_back(crew: Crew) -> None:
    """They were still to come; the page goes on."""
    late(crew)
    accepts(crew)
    crew.does("come")
    assert (declines(crew), crew.does("hang_up_leg")) == ("noted", ["hung up"])
    crew.clock.advance(seconds=2)
    assert (crew.does("back"), crew.page().state) == (["the page goes on"], "open")


def test_who_wrote_and_whose_person_hung_up_is_told(crew: Crew) -> None:
    """Their key on the telephone says so."""
    phone = late(crew)
    accepts(crew)
    crew.does("come")
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    assert "La personne a raccroché." in crew.leg(A).accepts().answers[-1]
    assert CALLER not in crew.called()


# ── accepted, and then nothing ────────────────────────────────────────────────────────────────────────────────────


def taken_in_writing(crew: Crew) -> None:
    crew.carrier.writes("au secours")
    crew.does("page")
    accepts(crew)
    crew.does("hush_others")


def test_who_is_silent_for_five_minutes_is_called_and_a_key_keeps_the_page(crew: Crew) -> None:
    """From then on it is theirs on that telephone, and the same question comes after five minutes more."""
    taken_in_writing(crew)
    crew.clock.advance(minutes=5)
    assert (crew.does("still_there"), crew.called()) == ([None], [A, A])
    leg = crew.leg(A).answers_it()
    assert "toujours là" in leg.answers[-1] and "texto" in leg.presses("1")
    crew.clock.advance(minutes=1)
    assert crew.does("still_there") == [None]
    page = crew.carrier.rows("select state, accepted_attempt = (select max(id) from attempts) from pages")
    assert page == [("accepted", True)]


def test_who_does_not_answer_gives_the_page_back(crew: Crew) -> None:
    """A minute, and the chain goes on."""
    taken_in_writing(crew)
    crew.clock.advance(minutes=5)
    crew.does("still_there")
    crew.clock.advance(minutes=1)
    assert crew.does("still_there") == ["the page goes on"]
    assert crew.carrier.rows("select state from pages") == [("open",)]


def test_who_gives_it_back_by_a_key_is_taken_at_their_word(crew: Crew) -> None:
    """At once, not after the minute."""
    taken_in_writing(crew)
    crew.clock.advance(minutes=5)
    crew.does("still_there")
    assert "C'est rendu." in crew.leg(A).answers_it().presses("2")
    crew.clock.advance(seconds=2)
    assert crew.does("back") == ["the page goes on"]


def test_who_has_written_to_the_person_is_not_asked(crew: Crew) -> None:
    """Nothing waits for an answer: not whether they are there, not after five minutes more."""
    taken_in_writing(crew)
    crew.clock.advance(minutes=4)
    with crew.store.turn() as conn:
        who = roster.on_duty(conn, crew.clock.now())[0].responder_id
        messages.to_send(conn, 1, 1, b"sealed", crew.clock.now(), responder_id=who)
        threads.tend(conn, 1, crew.clock.now())
    crew.clock.advance(minutes=1)
    assert (crew.does("still_there"), crew.called()) == (["nothing to do"], [A])


def test_who_is_in_the_room_with_the_person_is_not_asked(crew: Crew) -> None:
    """They met."""
    leg = crew.rung().accepts()
    crew.does("hush_others")
    leg.enters(leg.place.page)
    leg.enters(leg.place.page, person=True)
    crew.clock.advance(minutes=5)
    assert crew.does("still_there") == ["nothing to do"]


def test_who_is_on_the_telephone_is_asked_there(crew: Crew) -> None:
    """The call they accepted on, where the person never came."""
    leg = crew.rung(crew.caller())
    device = crew.network.telephone.device(A).answers()
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    leg.accepts()
    crew.does("hush_others")
    crew.clock.advance(minutes=5)
    assert (crew.does("still_there"), crew.called()) == (["asked"], [A])


# ── the text of a page ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_text_that_is_not_told_of_is_asked_for(crew: Crew) -> None:
    """By its name, half a minute later."""
    crew.rung()
    crew.network.telephone.eventually(lambda: crew.network.telephone.device(A).moments("text"), what="the text")
    crew.clock.advance(seconds=30)
    assert crew.does("ask_text") == ["delivered"]
    assert crew.carrier.rows("select state from attempts where channel = 'text'")[0] == ("ended",)


def test_a_text_without_a_name_is_looked_for(crew: Crew) -> None:
    """No answer came to our request: the carrier may have sent it all the same."""
    crew.waits()
    crew.weather("timeout_after_accepting", "/Messages.json", to=A)
    crew.does("page")
    crew.network.telephone.eventually(lambda: crew.network.telephone.device(A).moments("text"), what="the text")
    crew.clock.advance(seconds=30)
    assert crew.does("ask_text") == ["delivered"]


def test_a_text_that_never_left_adds_the_next(crew: Crew) -> None:
    """The page is due at once."""
    crew.waits()
    crew.weather("nothing", "/Messages.json", to=A)
    crew.does("page")
    crew.clock.advance(seconds=1)
    assert crew.carrier.rows("select state from attempts where channel = 'text'") == [("unknown",)]
    crew.clock.advance(seconds=29)
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update work set due_at = due_at + interval '1 h' where kind = 'page'")
    assert crew.does("ask_text") == ["lost 0"]
    crew.does("page")
    assert crew.called() == [A, B]
