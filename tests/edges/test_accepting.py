"""A page accepted or declined otherwise than on the leg that rang: by a coded text, or at the console."""

from collections.abc import Callable

from hotline import accepting
from hotline.accepting import Answer
from hotline.desk import Desk
from hotline.store import roster
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
    assert (accepts(crew), crew.waiting()) == ("won", ["send_text", "page", "hush_others"])
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
