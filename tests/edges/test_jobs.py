"""The jobs: claimed, decided, sent, settled, over the real database and a simulated carrier with weather."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from hotline import accepting, hearing
from hotline.desk import Desk
from hotline.doorbell import BELLS
from hotline.store import cases, messages, pins, roster, staff_calls, work
from ivr_flows.model import Place
from ivr_flows.signals import Understood
from tests.edges.line import CALLER, LINE, TEAM, Crew, Leg, Phone
from tests.edges.people import CHIEF, NIGHT, joins, planned
from workers import jobs, rostering
from workers.meeting import LONGEST_READ

URGENT = "au secours"
A_TIP = "je veux signaler: des filles au motel Z, j'ai la plaque"
A, B = TEAM[0][1], TEAM[1][1]
WEATHER = {"refused": 400, "busy": 429, "a fault": 500, "silence": "timeout_after_accepting"}


# ── situations: what has happened when a bell of each kind rings ──────────────────────────────────────────────────


def accepted(crew: Crew, live: bool = False) -> Leg:
    """The first responder has pressed 1 for somebody who waits; `live`: their telephone is answered at the carrier."""
    leg = crew.rung(crew.caller()).accepts()
    if live:
        crew.network.telephone.device(leg.number).answers()
    return leg


def others_ring(crew: Crew) -> None:
    crew.waits()
    crew.does("page")
    crew.clock.advance(seconds=40)
    crew.does("page")
    crew.leg(A).accepts()


def has_left(crew: Crew) -> None:
    accepted(crew).becomes("completed")
    crew.clock.advance(seconds=2)


def person_left(crew: Crew) -> None:
    leg = accepted(crew, live=True)
    [(call,)] = [(call["sid"],) for call in crew.network.telephone.device(CALLER).calls]
    crew.carrier.post("/twilio/voice/status", {"CallSid": call, "CallStatus": "completed"})
    assert leg.sid != call


def steps_out(crew: Crew) -> None:
    leg = accepted(crew)
    leg.enters(1, person=True)
    leg.posts(leg.address("Dial", "action"))


def passes_on(crew: Crew) -> None:
    leg = accepted(crew)
    leg.enters(1)
    leg.enters(1, person=True)
    crew.clock.advance(seconds=5)
    leg.posts(leg.address("Dial", "action"))
    leg.presses("2")
    leg.presses("1")


def text_page(crew: Crew) -> Leg:
    crew.carrier.writes(URGENT)
    crew.does("page")
    leg = crew.leg()
    crew.network.telephone.device(leg.number).answers()
    return leg.accepts()


def nobody_looked(crew: Crew) -> None:
    crew.carrier.writes("👍👍")
    crew.clock.advance(minutes=30)


def a_tip(crew: Crew) -> str:
    sid = crew.inbound()
    crew.carrier.writes(A_TIP, sid)
    return sid


def tip_unread(crew: Crew) -> None:
    a_tip(crew)
    crew.does("fetch_tip")
    crew.clock.advance(hours=4)


def tip_is_over(crew: Crew) -> None:
    a_tip(crew)
    crew.does("fetch_tip")
    crew.does("send_text")
    delivered = crew.network.telephone.device(CALLER).moments
    crew.network.telephone.eventually(lambda: delivered("text"), what="our answer")
    [(sid,)] = crew.carrier.rows("select sid_sealed from messages where direction = 'out'")
    name = crew.hands.sealer.open_number(bytes(sid))  # type: ignore[arg-type]
    crew.network.telephone.eventually(lambda: crew.hands.gateway.message_status(name).status == "delivered")
    crew.clock.advance(hours=2)


def callback_promised(crew: Crew) -> None:
    phone = Phone(crew.carrier)
    phone.dials()
    for key in "121121":
        phone.presses(key)


def callback_accepted(crew: Crew) -> Leg:
    callback_promised(crew)
    device = crew.network.telephone.device(A)
    crew.does("callback")
    crew.does("page")
    device.rings().answers()
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    return crew.leg().accepts()


def person_wanted(crew: Crew) -> Leg:
    leg = callback_accepted(crew)
    for _ in range(3):
        leg.is_silent()
    leg.presses("1")
    leg.enters(leg.place.page)
    return leg


def responder_left_unheard(crew: Crew) -> None:
    leg = accepted(crew, live=True)
    crew.network.telephone.device(leg.number).hangs_up()
    status = crew.hands.gateway.call_status
    crew.network.telephone.eventually(lambda: status(leg.sid) == "completed", what="the end of the call")
    with crew.store.turn() as conn:
        work.add(conn, "watch", "work", leg.place.page, crew.clock.now())


def outcome_keyed(crew: Crew) -> None:
    leg = person_wanted(crew)
    crew.does("call_person")
    leg.posts(leg.address("Dial", "action"))
    leg.presses("2")
    leg.presses("1")


def in_writing(verb: Callable[[Desk, int, int], object], at_another: bool) -> Callable[[Crew], None]:
    """The first responder takes the page, or will not, by a text; on a telephone that rings or no longer does."""

    def happens(crew: Crew) -> None:
        leg = crew.rung()
        if at_another:
            leg.becomes("no-answer")
        with crew.store.turn() as conn:
            desk = Desk(conn, crew.hands.sealer, crew.clock.now(), leg.place, [])
            verb(desk, crew.page("CA1").chain[0] or 0, leg.place.page)

    return happens


def silent(crew: Crew) -> None:
    """A text page was taken in writing; five minutes later nobody has answered the person."""
    crew.carrier.writes(URGENT)
    crew.does("page")
    with crew.store.turn() as conn:
        desk = Desk(conn, crew.hands.sealer, crew.clock.now(), Place("equipe", "page"), [])
        accepting.accept(desk, roster.on_duty(conn, crew.clock.now())[0].responder_id, 1)
    crew.does("hush_others")
    crew.clock.advance(minutes=5)


def told_nothing(crew: Crew) -> None:
    """Half a minute after a page's text, of which the carrier has said nothing: it was lost."""
    crew.waits()
    crew.weather("timeout_after_accepting", "/Messages.json", to=A)
    crew.does("page")
    crew.network.telephone.eventually(lambda: crew.network.telephone.device(A).moments("text"), what="the text")
    crew.clock.advance(seconds=30)


def team_writes(crew: Crew, words: str, sid: str = "SMteam") -> None:
    """The first responder writes to the number that pages come from."""
    form = {"MessageSid": sid, "From": A, "To": crew.hands.settings.page_number, "Body": words, "NumMedia": "0"}
    crew.carrier.post("/twilio/sms", form)


def text_accepted(crew: Crew) -> str:
    """A conversation by text is the first responder's, who took it in writing: its code."""
    crew.carrier.writes(URGENT)
    crew.does("page")
    [(code,)] = crew.carrier.rows("select code from cases")
    team_writes(crew, f"1 {code}")
    return str(code)


def writes_again(crew: Crew) -> None:
    text_page(crew)
    crew.carrier.writes("il revient", "SM2")


def answers_too_late(crew: Crew) -> None:
    text_accepted(crew)
    crew.clock.advance(seconds=91)


def calls_in(crew: Crew) -> None:
    """Who has a conversation called the line, proved who they are, and asked for its texts."""
    text_accepted(crew)
    crew.does("hush_others")
    device = crew.network.telephone.device(A).dials(LINE)
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    sealer, now = crew.hands.sealer, crew.clock.now()
    with crew.store.turn() as conn:
        call = staff_calls.note(conn, 1, 1, sealer.seal_number(device.call["sid"]), now)
        work.add(conn, "read_to_staff", "urgent", call, now, now=now)


def answered_in_writing(crew: Crew) -> None:
    code = text_accepted(crew)
    team_writes(crew, f"{code} On est là", crew.inbound())


def number_asked(crew: Crew) -> None:
    """The person hung up; who has the page gave their PIN, and one telephone is the operator's."""
    settings = crew.hands.settings.model_copy(update={"ops_phones": ("+15145550150",)})
    crew.hands = replace(crew.hands, settings=settings)
    person_left(crew)
    leg = crew.leg()
    with crew.store.turn() as conn:
        pins.set_pin(conn, crew.hands.sealer, 1, "402817", crew.clock.now())
        node = Place("equipe", "numero", page=leg.place.page, attempt=leg.place.attempt)
        desk = Desk(conn, crew.hands.sealer, crew.clock.now(), node, [], sid=leg.sid)
        assert isinstance(hearing.pin(desk, "fr", "402817"), Understood)


def shift_ahead(crew: Crew) -> None:
    """Somebody is planned for within the hour."""
    planned(crew, (joins(crew, NIGHT, "on-duty"), 19, 23))
    look_ahead(crew)


def nobody_ahead(crew: Crew) -> None:
    """A supervisor is there, and a hole in the next days."""
    with crew.store.turn() as conn:
        conn.exec_driver_sql("delete from shifts")
    joins(crew, CHIEF, "supervisor")
    look_ahead(crew)


def look_ahead(crew: Crew) -> None:
    with crew.store.turn() as conn:
        rostering.look_ahead(crew.hands, conn, crew.clock.now())


def ring_wanted(crew: Crew) -> None:
    """A test ring was asked for."""
    who = joins(crew, NIGHT, "on-duty")
    with crew.store.turn() as conn:
        work.add(conn, "test_ring", BELLS["test_ring"][0], who, crew.clock.now())


def holds(crew: Crew) -> Leg:
    """The person is to be put on hold, by a responder who is in their menu."""
    leg = accepted(crew)
    leg.enters(1, person=True)
    leg.enters(1)
    leg.posts(leg.address("Dial", "action"))
    leg.presses("3")
    leg.presses("1")
    return leg


def agrees(crew: Crew, keyed: str = "321") -> None:
    """The person agreed to be called in an hour, and the responder keyed it (or something else of that menu)."""
    leg = accepted(crew, live=True)
    leg.enters(1, person=True)
    leg.enters(1)
    leg.posts(leg.address("Dial", "action"))
    for key in keyed:
        leg.presses(key)


def invites(crew: Crew) -> None:
    """The responder keyed a number, heard it again, and confirmed it."""
    leg = accepted(crew)
    leg.enters(1)
    leg.enters(1, person=True)
    leg.posts(leg.address("Dial", "action"))
    for key in "2233":
        leg.presses(key)
    leg.types("5145550177")
    leg.presses("1")


def beside(crew: Crew) -> None:
    """The responder wants somebody of the team beside them."""
    leg = accepted(crew)
    leg.enters(1)
    leg.enters(1, person=True)
    crew.clock.advance(seconds=5)
    leg.posts(leg.address("Dial", "action"))
    for key in "222":
        leg.presses(key)


def unproved(crew: Crew) -> None:
    """Nobody at police dispatch has pressed a key within the month, and one telephone is the operator's."""
    told = {"ops_phones": ("+15145550150",), "dispatch_number": "+15145550180"}
    crew.hands = replace(crew.hands, settings=crew.hands.settings.model_copy(update=told))
    with crew.store.turn() as conn:
        rostering.remind(crew.hands, conn, crew.clock.now())


SITUATIONS: dict[str, Callable[[Crew], object]] = {
    "callback": callback_promised,
    "brief": callback_accepted,
    "call_person": person_wanted,
    "end_person": outcome_keyed,
    "page": lambda crew: crew.waits(),
    "hush_others": others_ring,
    "come": in_writing(accepting.accept, at_another=True),
    "hang_up_leg": in_writing(accepting.decline, at_another=False),
    "still_there": silent,
    "ask_text": told_nothing,
    "bring": accepted,
    "back": has_left,
    "tell_gone": person_left,
    "step_out": steps_out,
    "relay": passes_on,
    "guest": invites,
    "beside": beside,
    "tell_dispatch": unproved,
    "hold": holds,
    "call_later": lambda crew: agrees(crew),
    "end_call": lambda crew: agrees(crew, "331"),
    "unhold": lambda crew: holds(crew).presses("4"),
    "read_texts": text_page,
    "read_number": number_asked,
    "tell_heard": number_asked,
    "new_text": writes_again,
    "watch_text": answers_too_late,
    "read_to_staff": calls_in,
    "tell_team": lambda crew: team_writes(crew, "QUI"),
    "erase_team_text": answered_in_writing,
    "send_text": lambda crew: crew.carrier.writes(URGENT),
    "watch": responder_left_unheard,
    "look": nobody_looked,
    "fetch_tip": a_tip,
    "look_tip": tip_unread,
    "forget_exchange": tip_is_over,
    "ask_ok": shift_ahead,
    "tell_roster": nobody_ahead,
    "test_ring": ring_wanted,
}


def row(crew: Crew, kind: str) -> tuple[int, str, str | None]:
    """The newest row of a kind: its id, state and outcome."""
    [found] = crew.carrier.rows(f"select id, state, outcome from work where kind = '{kind}' order by id desc limit 1")
    return found  # type: ignore[return-value]


def done(crew: Crew) -> tuple[int, object]:
    """What a job may do: requests that change something at the carrier, fates of texts known; and pages that nobody
    has, or will have once their responder is found gone."""
    [(settled,)] = crew.carrier.rows("select count(*) from attempts where channel = 'text' and settled_at is not null")
    [(waiting,)] = crew.carrier.rows("select count(*) from pages where state = 'open'")
    [(going_on,)] = crew.carrier.rows("select count(*) from work where kind = 'back'")
    return len(crew.asked("")) + int(str(settled)), int(str(waiting)) + int(str(going_on))


def test_every_bell_has_a_situation() -> None:
    """A new kind of work without one fails here."""
    assert set(SITUATIONS) == set(BELLS)


@pytest.mark.parametrize("kind", SITUATIONS)
def test_a_job_called_twice_does_its_thing_once(crew: Crew, kind: str) -> None:
    """The second bell for a row finds nothing to claim."""
    SITUATIONS[kind](crew)
    work_id, before = row(crew, kind)[0], done(crew)
    crew.do(kind, work_id)
    once = done(crew)
    crew.do(kind, work_id)
    assert (once != before, done(crew)) == (True, once)


@pytest.mark.parametrize("kind", SITUATIONS)
def test_two_workers_at_once_do_it_once(crew: Crew, kind: str) -> None:
    """One claims the row and the other goes away."""
    SITUATIONS[kind](crew)
    work_id, before = row(crew, kind)[0], done(crew)
    workers = [threading.Thread(target=crew.do, args=(kind, work_id)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    wakes = ("look", "look_tip", "callback", "watch", "watch_text")
    expected = {"page": (2, 0), "back": (1, 1)} | dict.fromkeys(wakes, (0, 1))
    assert (done(crew)[0] - before[0], int(str(done(crew)[1])) - int(str(before[1]))) == expected.get(kind, (1, 0))


@pytest.mark.parametrize("kind", SITUATIONS)
def test_a_job_rung_by_another_name_does_nothing(crew: Crew, kind: str) -> None:
    """A row is worked as what it is, or not at all."""
    SITUATIONS[kind](crew)
    work_id, before = row(crew, kind)[0], done(crew)
    crew.do("page" if kind != "page" else "look", work_id)
    assert (done(crew), row(crew, kind)[2]) == (before, None)


def test_a_row_that_is_gone_is_no_error(crew: Crew) -> None:
    """A bell for a row that does not exist is for nobody, whatever it is rung for."""
    assert [kind for kind in BELLS if crew.do(kind, 999_999) is not None] == []


def test_a_job_whose_subject_is_gone_is_done(crew: Crew) -> None:
    """A page, contact or message that is no longer there leaves nothing to do, in every kind of work."""
    kinds = sorted(set(SITUATIONS) - {"page"})
    for kind in kinds:
        with crew.store.turn() as conn:
            work_id = work.add(conn, kind, BELLS[kind][0], 999_999, crew.clock.now())
        crew.do(kind, work_id)
    assert ([row(crew, kind)[1] for kind in kinds], crew.asked("")) == (["done"] * len(kinds), [])


def stolen(crew: Crew, kind: str) -> None:
    """The row's lease has ended and somebody else has it."""
    work_id = row(crew, kind)[0]
    with crew.store.turn() as conn:
        conn.exec_driver_sql(f"update work set lease_until = now() - interval '1 s' where id = {work_id}")
        assert work.claim(conn, work_id, crew.clock.now(), timedelta(seconds=60)) is not None


@pytest.mark.parametrize(
    ("kind", "path"), [("page", "/Calls.json"), ("send_text", "/Messages.json"), ("bring", "/Calls/")]
)
def test_a_stale_generation_settles_nothing(crew: Crew, kind: str, path: str) -> None:
    """A worker that was too slow leaves the row to who claimed it after it."""
    SITUATIONS[kind](crew)
    crew.weather("nothing", path)
    slow = threading.Thread(target=crew.do, args=(kind, row(crew, kind)[0]))
    before = len(crew.asked(path))
    slow.start()
    crew.network.telephone.eventually(lambda: len(crew.asked(path)) > before, what="the request")
    stolen(crew, kind)
    slow.join()
    assert row(crew, kind)[1:] == ("claimed", None)


# ── page ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def attempts_of(crew: Crew) -> list[tuple[object, ...]]:
    return crew.carrier.rows("select round, position, channel, state from attempts order by round, position, channel")


def test_an_attempt_is_written_before_the_carrier_hears_of_it(crew: Crew) -> None:
    """While the carrier has not answered, SQL holds the attempts, as `sending`."""
    crew.waits()
    crew.weather("nothing", ".json", times=2)
    worker = threading.Thread(target=crew.does, args=("page",))
    worker.start()
    crew.network.telephone.eventually(lambda: len(crew.asked(".json")) == 2, what="two requests")
    assert attempts_of(crew) == [(0, 0, "call", "sending"), (0, 0, "text", "sending")]
    worker.join()
    assert attempts_of(crew)[:2] == [(0, 0, "call", "unknown"), (0, 0, "text", "unknown")]


def test_a_page_is_a_call_and_a_text_that_say_nothing_about_anybody(crew: Crew) -> None:
    """From the number of pages, with a code and no more; the text is dropped after a minute."""
    crew.waits()
    crew.does("page")
    code = crew.page().code
    assert crew.texted() == [(A, f"Urgence. Code {code}. Votre téléphone sonne.")]
    forms = [entry["form"] for entry in crew.asked(".json")]
    assert {form["From"] for form in forms} == {crew.hands.settings.page_number}
    assert sorted(form.get("Timeout") or form["ValidityPeriod"] for form in forms) == ["60", "60"]


@pytest.mark.parametrize(
    ("weather", "state"), list(zip(WEATHER, ("failed", "failed", "unknown", "unknown"), strict=True))
)
def test_a_page_that_may_not_have_arrived_adds_the_next_at_once(crew: Crew, weather: str, state: str) -> None:
    """Pages go out at least once: a fate nobody knows counts as a failure."""
    crew.waits()
    crew.weather(WEATHER[weather], "/Calls.json", to=A)
    crew.does("page")
    assert (crew.called(), attempts_of(crew)[0]) == ([A, B], (0, 0, "call", state))
    assert crew.page().state == "open"


def test_a_text_that_failed_adds_the_next_at_once(crew: Crew) -> None:
    """Whose text was refused may not hear the call either."""
    crew.waits()
    crew.weather(400, "/Messages.json", to=A)
    crew.does("page")
    assert crew.called() == [A, B]


def test_a_worker_that_died_before_sending_is_not_waited_for(crew: Crew) -> None:
    """After ten seconds the next person is added."""
    crew.waits()
    crew.weather("nothing", "/Calls.json")
    crew.does("page")
    with crew.store.turn() as conn:
        conn.exec_driver_sql(
            "update attempts set state = 'sending', settled_at = null where channel = 'call' and position = 0"
        )
        conn.exec_driver_sql("delete from attempts where position > 0")
    crew.clock.advance(seconds=9)
    assert (crew.does("page"), crew.called().count(B)) == ([], 1)
    crew.clock.advance(seconds=3)
    assert (crew.does("page"), crew.called().count(B)) == ([None], 2)


def test_an_unanswered_page_is_never_given_up(crew: Crew) -> None:
    """However often it was looked at, it is due again within ten seconds."""
    crew.waits()
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update work set attempts = 5000 where kind = 'page'")
    crew.does("page")
    assert crew.carrier.rows(
        f"select state, due_at <= '{crew.clock.now()}'::timestamptz + interval '10 s' from work where kind = 'page'"
    ) == [("due", True)]


def test_a_page_that_a_human_has_is_no_longer_worked(crew: Crew) -> None:
    """The row is done once somebody pressed 1."""
    crew.rung().accepts()
    crew.clock.advance(seconds=30)
    assert crew.does("page") == ["a human has it, or it is over"]


def test_a_responder_whose_number_cannot_be_read_is_passed_over(crew: Crew) -> None:
    """After a change of WEB_KEY, say: the next person is rung, at once."""
    crew.waits()
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update responders set phone_sealed = '\\x00' where rank = 'on-duty'")
    crew.does("page")
    assert (crew.called(), attempts_of(crew)[0]) == ([B], (0, 0, "call", "failed"))


def all_decline(crew: Crew) -> None:
    for _ in range(3):
        crew.does("page")
        crew.leg().answers_it().presses("2")


def test_a_chain_of_which_no_news_comes_starts_again(crew: Crew) -> None:
    """A call is over after 60 s whatever the carrier says or does not say: its telephone may be rung again."""
    crew.waits()
    for _ in range(10):
        crew.does("page")
        crew.clock.advance(minutes=1)
    assert crew.called()[3:5] == [A, B]


def with_ops(crew: Crew) -> Crew:
    settings = crew.hands.settings.model_copy(update={"ops_phones": ("+15145550150", "+15145550151")})
    return replace(crew, hands=replace(crew.hands, settings=settings))


def test_the_operator_is_told_when_the_chain_starts_again(crew: Crew) -> None:
    """Each telephone of theirs, once a round, with nothing about the person; the register says so too."""
    crew = with_ops(crew)
    crew.waits()
    all_decline(crew)
    crew.clock.advance(seconds=10)
    crew.does("page")
    body = f"Ligne: personne n'a répondu à la page {crew.page().code}, tour 1. On recommence."
    assert [(to, text) for to, text in crew.texted() if to not in (A, B)] == [
        ("+15145550150", body),
        ("+15145550151", body),
    ]
    assert crew.carrier.rows("select verb from audit") == [("chain_starts_again",)]


def test_the_operator_is_told_though_the_first_telephone_still_rings(crew: Crew) -> None:
    """The round that begins with the second person is a round all the same."""
    crew = with_ops(crew)
    crew.waits()
    crew.does("page")
    for _ in range(2):
        crew.clock.advance(seconds=40)
        crew.does("page")
        crew.leg().answers_it().presses("2")
    crew.clock.advance(seconds=10)
    crew.does("page")
    assert (crew.called()[-1], len([to for to, _ in crew.texted() if to not in (A, B)])) == (B, 2)


def test_an_alarm_that_was_not_delivered_is_taken_note_of(crew: Crew) -> None:
    """Its status callback is one of ours."""
    url = crew.hands.status("ops", 1)
    told = {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"}
    assert crew.carrier.post(url, told).status_code == 204


@pytest.mark.parametrize("weather", WEATHER)
def test_an_alarm_that_fails_stops_no_page(crew: Crew, weather: str) -> None:
    """The chain goes on."""
    crew = with_ops(crew)
    crew.waits()
    all_decline(crew)
    crew.clock.advance(seconds=10)
    crew.weather(WEATHER[weather], "/Messages.json", times=2, to="+15145550150")
    crew.does("page")
    assert (crew.called()[-1], row(crew, "page")[1]) == (A, "due")


# ── what follows a page ───────────────────────────────────────────────────────────────────────────────────────────


def test_only_who_still_rings_is_hushed(crew: Crew) -> None:
    """Not who accepted, and not who has answered: they hear from the script who has it."""
    others_ring(crew)
    assert crew.does("hush_others") == ["hushed 1"]
    assert [e["path"] for e in crew.asked("/Calls/") if e["form"] == {"Status": "completed"}] == [
        f"/2010-04-01/Accounts/{crew.network.account}/Calls/{crew.leg(B).sid}.json"
    ]


def test_one_that_cannot_be_hushed_leaves_no_other_ringing(crew: Crew) -> None:
    """Each is asked, whatever became of the one before; hanging up twice harms nobody."""
    crew.waits()
    for _ in range(3):
        crew.does("page")
        crew.clock.advance(seconds=40)
    crew.leg(B).accepts()
    crew.weather(500, "/Calls/", times=1)
    assert crew.does("hush_others") == [None]
    assert len(crew.asked("/Calls/", Status="completed")) == 2
    crew.clock.advance(seconds=2)
    assert crew.does("hush_others") == ["hushed 2"]


@pytest.mark.parametrize("kind", ["tell_gone", "step_out", "read_texts"])
def test_a_busy_carrier_is_asked_again_and_a_refusal_is_not(crew: Crew, kind: str) -> None:
    """Busy: it was never done, two seconds later again. Refused: the same would be refused again."""
    SITUATIONS[kind](crew)
    path = "/Participants/" if kind == "step_out" else "/Calls/"
    crew.weather(429, path)
    assert (crew.does(kind), row(crew, kind)[1], crew.does(kind)) == ([None], "due", [])
    crew.clock.advance(seconds=2)
    crew.weather(400, path)
    assert (crew.does(kind), row(crew, kind)[1]) == (["failed 20001"], "done")


@pytest.mark.parametrize("weather", ["a fault", "silence"])
def test_a_responder_left_alone_is_told_again(crew: Crew, weather: str) -> None:
    """Unknown, and harmless twice: nobody may stay in a room with a dead line."""
    person_left(crew)
    crew.weather(WEATHER[weather], "/Calls/")
    assert (crew.does("tell_gone"), row(crew, "tell_gone")[1]) == ([None], "due")


@pytest.mark.parametrize("kind", ["step_out", "read_texts"])
@pytest.mark.parametrize("weather", ["a fault", "silence"])
def test_what_may_have_been_heard_is_not_said_twice(crew: Crew, kind: str, weather: str) -> None:
    """Unknown: the row is done, and says so."""
    SITUATIONS[kind](crew)
    crew.weather(WEATHER[weather], "/Participants/" if kind == "step_out" else "/Calls/")
    [outcome] = crew.does(kind)
    assert (str(outcome).startswith("failed"), row(crew, kind)[1]) == (True, "done")


def test_a_busy_carrier_is_asked_five_times(crew: Crew) -> None:
    """Then it is written down and left."""
    person_left(crew)
    crew.weather(429, "/Calls/", times=9)
    outcomes = []
    for _ in range(6):
        outcomes += crew.does("tell_gone")
        crew.clock.advance(seconds=2)
    assert outcomes == [None, None, None, None, "failed 20429"]


@pytest.mark.parametrize("weather", WEATHER)
def test_a_person_is_redirected_once_at_most(crew: Crew, weather: str) -> None:
    """Whatever the carrier says, the next waiting turn finds the way by itself."""
    accepted(crew)
    crew.weather(WEATHER[weather], "/Calls/")
    before = len(crew.asked("/Calls/"))
    [outcome] = crew.does("bring")
    crew.clock.advance(minutes=1)
    assert ("their next turn looks" in str(outcome), crew.does("bring")) == (True, [])
    assert len(crew.asked("/Calls/")) == before + 1


@pytest.mark.parametrize("weather", WEATHER)
def test_a_page_goes_on_whatever_becomes_of_the_redirect(crew: Crew, weather: str) -> None:
    """The responder's leg died: the next person is rung though nobody could take the caller back."""
    has_left(crew)
    crew.weather(WEATHER[weather], "/Calls/")
    assert (crew.does("back"), crew.does("page"), crew.called()) == (["the page goes on"], [None], [A, B])


# ── texts read to a responder ─────────────────────────────────────────────────────────────────────────────────────


def read_aloud(crew: Crew) -> str:
    """The document that the responder's call was sent to."""
    document: str = crew.asked("/Calls/")[-1]["form"]["Twiml"]
    return document


def test_texts_are_read_to_who_accepted(crew: Crew) -> None:
    """In the order they were written, into that call alone."""
    leg = text_page(crew)
    crew.carrier.writes("il est dans la cuisine", sid="SM2")
    crew.does("read_texts")
    assert (leg.sid in crew.asked("/Calls/")[-1]["path"], crew.asked("/Calls/")[-1]["status"]) == (True, 200)
    assert read_aloud(crew).index(URGENT) < read_aloud(crew).index("la cuisine")


@pytest.mark.parametrize(
    "bodies",
    [["&" * 1600], ["<b>" * 500], ["é" * 1600] * 3, [f"oui {n}" for n in range(60)], ["'\"\x00\ufffe😀" * 90]],
    ids=["escaped", "markup", "long", "many", "odd"],
)
def test_texts_always_fit_into_one_document(crew: Crew, bodies: list[str]) -> None:
    """The carrier takes 4,000 characters: the newest are read, one that alone is too long is cut."""
    text_page(crew)
    for number, body in enumerate(bodies):
        crew.carrier.writes(body, sid=f"SMx{number}")
    crew.does("read_texts")
    [entry] = crew.asked("/Calls/")[-1:]
    assert (entry["status"], len(entry["form"]["Twiml"]) <= 4000, LONGEST_READ < 4000) == (200, True, True)
    assert entry["form"]["Twiml"].count("<Say") >= 2


# ── texts to a person ─────────────────────────────────────────────────────────────────────────────────────────────


def texts_to_person(crew: Crew) -> list[str]:
    return [body for to, body in crew.texted() if to == CALLER]


def message(crew: Crew) -> list[tuple[object, ...]]:
    return crew.carrier.rows("select state, error_code from messages where direction = 'out' order by id")


def test_a_text_to_a_person_goes_out_once_from_the_line(crew: Crew) -> None:
    """It is dropped after a minute, and its fate comes to its own address."""
    crew.carrier.writes(URGENT)
    assert crew.does("send_text") == ["sent"]
    [form] = [entry["form"] for entry in crew.asked("/Messages.json")]
    assert (form["To"], form["From"], form["ValidityPeriod"]) == (CALLER, LINE, "60")
    assert form["StatusCallback"].startswith(f"{crew.network.line_url}/twilio/text/text/")
    assert message(crew) == [("sent", None)]


@pytest.mark.parametrize(
    ("weather", "expected"),
    list(zip(WEATHER, [("failed", 20001), ("failed", 20429), ("unknown", 20500), ("unknown", 0)], strict=True)),
)
def test_a_text_to_a_person_is_never_sent_again(crew: Crew, weather: str, expected: tuple[str, int]) -> None:
    """Refused, busy, unknown: a responder decides."""
    crew.carrier.writes(URGENT)
    crew.weather(WEATHER[weather], "/Messages.json")
    crew.does("send_text")
    crew.clock.advance(hours=1)
    assert (message(crew), crew.does("send_text"), row(crew, "send_text")[1]) == ([expected], [], "done")
    assert len(texts_to_person(crew)) == 1


def test_a_worker_that_died_while_sending_leaves_a_text_nobody_sends_again(crew: Crew) -> None:
    """Between `sending` and `sent`: its fate is unknown, for ever."""
    crew.carrier.writes(URGENT)
    with crew.store.turn() as conn:
        [(message_id,)] = conn.exec_driver_sql("select id from messages where direction = 'out'").all()
        assert messages.move(conn, message_id, "sending", crew.clock.now())
    assert (crew.does("send_text"), message(crew)) == (["begun before: nobody knows"], [("unknown", None)])
    assert texts_to_person(crew) == []


def test_an_answer_nobody_was_there_to_send_wakes_the_team_instead(crew: Crew) -> None:
    """Ten minutes after their text another may hold the telephone: a person decides what is said."""
    crew.carrier.writes("allo")
    crew.clock.advance(minutes=10, seconds=1)
    assert (crew.does("send_text"), message(crew), texts_to_person(crew)) == (["too late"], [("failed", None)], [])
    assert crew.carrier.rows("select priority, reason from pages") == [("P?", "réponse trop tardive")]
    assert (crew.does("page"), crew.called()) == ([None], [A])


def test_a_fate_that_comes_before_the_answer_is_kept(crew: Crew) -> None:
    """`delivered` may overtake the answer to our own request."""
    crew.carrier.writes(URGENT)
    crew.weather("nothing", "/Messages.json")
    worker = threading.Thread(target=crew.does, args=("send_text",))
    worker.start()
    crew.network.telephone.eventually(lambda: crew.asked("/Messages.json"), what="the request")
    url = crew.asked("/Messages.json")[-1]["form"]["StatusCallback"]
    crew.carrier.post(url, {"MessageSid": "SM9", "MessageStatus": "delivered"})
    worker.join()
    assert message(crew) == [("delivered", None)]


def forgets(crew: Crew) -> None:
    with crew.store.turn() as conn:
        [(case_id,)] = conn.exec_driver_sql("select id from cases").all()
        assert cases.forget(conn, case_id, crew.clock.now())


def test_a_forgotten_case_is_written_to_by_nobody(crew: Crew) -> None:
    """Its key is gone, so its number is: the text has failed."""
    crew.carrier.writes(URGENT)
    forgets(crew)
    assert (crew.does("send_text"), message(crew), texts_to_person(crew)) == (["failed"], [("failed", None)], [])


def test_a_forgotten_case_is_read_to_nobody(crew: Crew) -> None:
    """No words are left to read."""
    text_page(crew)
    forgets(crew)
    before = len(crew.asked("/Calls/"))
    assert (crew.does("read_texts"), len(crew.asked("/Calls/"))) == (["nothing to do"], before)


def test_the_call_of_a_forgotten_case_is_left_alone(crew: Crew) -> None:
    """Its name went with the key."""
    accepted(crew)
    forgets(crew)
    before = len(crew.asked("/Calls/"))
    assert (crew.does("bring"), len(crew.asked("/Calls/"))) == (["nothing to do"], before)


def test_who_was_looked_at_wakes_nobody(crew: Crew) -> None:
    """A page there is, or was, is enough; and so is an exchange that is over."""
    nobody_looked(crew)
    crew.carrier.writes(URGENT, sid="SM2")
    assert (crew.does("look"), crew.carrier.count("pages")) == (["seen"], 1)


def test_who_was_not_looked_at_wakes_the_team(crew: Crew) -> None:
    """After half an hour, everybody on duty in their order."""
    crew.carrier.writes("👍👍")
    assert crew.does("look") == []
    crew.clock.advance(minutes=30)
    assert (crew.does("look"), crew.does("page"), crew.called()) == (["woken"], [None], [A])


# ── what goes wrong with a row ────────────────────────────────────────────────────────────────────────────────────


def test_a_poisoned_row_steps_aside(crew: Crew) -> None:
    """It comes again later and later, blocks no other, and is given up after five times."""
    crew.carrier.writes(URGENT, number="+15145550124", sid="SM1")
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update messages set body_sealed = '\\x00' where direction = 'out'")
    crew.carrier.writes(URGENT, sid="SM2")
    assert crew.does("send_text") == [None, "sent"]
    for _ in range(4):
        crew.clock.advance(seconds=10)
        crew.does("send_text")
    states = crew.carrier.rows("select state, outcome from work where kind = 'send_text' order by id")
    assert states == [("dead", "error CannotOpen"), ("done", "sent")]


def test_no_exception_leaves_a_job_while_sql_is_away(crew: Crew) -> None:
    """RQ would keep its text in Redis."""
    crew.waits()
    work_id = row(crew, "page")[0]
    with crew.store.turn() as conn:
        conn.exec_driver_sql("alter table work rename to elsewhere")
    assert crew.do("page", work_id) is None


def test_no_argument_makes_a_job_raise(crew: Crew) -> None:
    """Redis may hold anything."""
    assert [jobs.do("page", odd, crew.hands) for odd in ("x", None, -1, 2**70, [1])] == [None] * 5  # type: ignore[arg-type]
