"""A guest in the call: rung once, let in by a key alone, told of to the responder alone, and gone without ending it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from hotline import dispatch
from hotline.reference import directory
from hotline.store import work
from hotline.telephone.gateway import Gateway
from tests.edges.line import CALLER, LINE, TEAM, Crew, Leg, Phone, Sql
from workers import rostering

A, GUEST, OTHER = TEAM[0][1], "+15145550177", "+15145550178"
DISPATCH, OPS = "+15145550180", "+15145550150"


@dataclass
class Meanwhile:
    """The carrier's gateway, while whose call request something happens."""

    gateway: Gateway
    happens: Callable[[], None]

    def call(self, *asked: Any) -> str:
        sid = self.gateway.call(*asked)
        self.happens()
        return sid

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


def keys(leg: Leg, number: str = GUEST) -> str:
    """`*`, then the choice to invite, then ten figures; what is read back."""
    opens(leg, "33")
    return leg.types(number.removeprefix("+1"))


def opens(leg: Leg, chosen: str) -> str:
    """`*`, the choice to invite, and what is chosen there."""
    leg.posts(leg.address("Dial", "action"), DialCallStatus="completed")
    return [leg.presses(key) for key in f"22{chosen}"][-1]


def invites(crew: Crew, leg: Leg, number: str = GUEST) -> str:
    """The same, confirmed, and a worker at it; what they hear on the way back into the room."""
    keys(leg, number)
    heard = leg.presses("1")
    crew.does("guest")
    return heard


def rung(crew: Crew, number: str = GUEST) -> Leg:
    """The leg to a guest, who has not answered."""
    form = crew.asked("/Calls.json", To=number)[-1]["form"]
    sealed = crew.carrier.rows("select sid_sealed from guests where sid_sealed is not null order by id desc")[0][0]
    sid = crew.hands.sealer.open_number(bytes(sealed))  # type: ignore[call-overload]
    return Leg(crew.carrier, sid, number, url=form["Url"], status_url=form["StatusCallback"])


def done_to(crew: Crew, guest: Leg) -> list[dict[str, str]]:
    """What the carrier was asked to do with their call."""
    return [entry["form"] for entry in crew.asked(f"/Calls/{guest.sid}.json")]


def state(crew: Crew) -> list[object]:
    """Where all guests stand."""
    return [row[0] for row in crew.carrier.rows("select state from guests order by id")]


def told(crew: Crew, leg: Leg) -> list[str]:
    """What the responder, alone, was told in the middle of the call."""
    asked = [entry for entry in crew.asked("/Participants/") if "AnnounceUrl" in entry["form"]]
    assert all(entry["path"].endswith(f"/responder-{leg.place.attempt}.json") for entry in asked)
    return [entry["form"]["AnnounceUrl"].split("/")[-2] for entry in asked]


def test_a_guest_is_rung_while_the_responder_stays_and_comes_in_by_a_key(crew: Crew) -> None:
    """Nobody is redirected; the guest is told nothing of the person, has no star, and ends nothing."""
    leg = crew.met()
    assert "cinq, un, quatre; cinq, cinq, cinq; zéro, un, sept, sept" in keys(leg)
    assert crew.waiting().count("guest") == 0
    heard = leg.presses("1")
    assert "Nous appelons." in heard and "<Conference" in heard
    redirected = len(crew.asked("/Calls/CA1"))
    crew.does("guest")
    assert crew.called() == [A, GUEST]
    [form] = [entry["form"] for entry in crew.asked("/Calls.json", To=GUEST)]
    assert form["From"] == crew.hands.settings.callback_number
    guest = rung(crew).answers_it()
    assert "Un service de Montréal" in guest.answers[0] and "<Conference" not in guest.answers[0]
    room = guest.presses("1")
    assert 'participantLabel="guest-1"' in room and 'endConferenceOnExit="false"' in room
    assert "hangupOnStar" not in room and 'muted="false"' in room
    crew.clock.advance(seconds=5)
    crew.does("guest")
    assert (state(crew), told(crew, leg)) == (["entered"], ["guest-entered"])
    assert len(crew.asked("/Calls/CA1")) == redirected
    guest.becomes("completed")
    crew.does("guest")
    assert (state(crew), told(crew, leg)) == (["ended"], ["guest-entered", "guest-ended"])
    crew.clock.advance(minutes=2)
    assert (crew.does("guest"), crew.page().state, "back" in crew.waiting()) == (["ended"], "accepted", False)


def test_a_guest_in_the_room_is_neither_team_nor_person(crew: Crew) -> None:
    """Their coming does not make the two meet, and takes nobody off hold."""
    leg = crew.rung().accepts()
    leg.enters(leg.place.page, person=True)
    form = {"StatusCallbackEvent": "participant-join", "ParticipantLabel": "guest-1", "ConferenceSid": "CF1"}
    crew.carrier.post(leg.address("Conference", "statusCallback"), form)
    assert (crew.page().team_in_room_at, crew.page().met) == (None, False)


@pytest.mark.parametrize(
    "number",
    ["9111234567", "9005551234", "8005551234", "2125550142", "8765550142", "4505551212", LINE[2:]],
)
def test_what_the_line_may_not_dial_is_not_read_back(crew: Crew, number: str) -> None:
    """No service number, nothing paid, nothing abroad, none of ours: and nothing of it is kept."""
    leg = crew.met()
    assert "Nous n'appelons pas ce numéro." in keys(leg, f"+1{number}") and state(crew) == []


def test_nine_one_one_within_an_ordinary_number_is_no_service_number(crew: Crew) -> None:
    """It is read back, and kept until it is confirmed."""
    leg = crew.met()
    assert "Nous n'appelons pas ce numéro." not in keys(leg, "+15145559112") and len(state(crew)) == 1


def test_the_person_is_not_rung_in_their_own_call(crew: Crew) -> None:
    """A second call in their hand may be seen or heard by somebody beside them."""
    leg = crew.met()
    assert "Nous n'appelons pas ce numéro." in keys(leg, CALLER) and state(crew) == []


def test_who_is_removed_while_the_carrier_is_asked_rings_no_more(crew: Crew) -> None:
    """Nobody will look at them again: they are let go in the same look."""
    leg = crew.met()
    keys(leg)
    leg.presses("1")

    def removed() -> None:
        leg.posts(leg.address("Dial", "action"), DialCallStatus="completed")
        leg.presses("2")
        leg.presses("3")

    crew.hands = replace(crew.hands, gateway=Meanwhile(crew.hands.gateway, removed))  # type: ignore[arg-type]
    crew.does("guest")
    assert (state(crew), done_to(crew, rung(crew))) == (["dismissed"], [{"Status": "completed"}])


def test_the_line_never_answers_itself(crew: Crew) -> None:
    """The number that pages come from is no responder's to know, and is not dialled."""
    leg = crew.met()
    invites(crew, leg, crew.hands.settings.page_number)
    assert (crew.called(), state(crew)) == ([A], ["failed"])


def test_pressed_twice_it_rings_once(crew: Crew) -> None:
    """The carrier comes again with the same request; so may two workers."""
    leg = crew.met()
    keys(leg)
    address = leg.address("Gather", "action")
    leg.posts(address, Digits="1")
    assert "Nous n'avons appelé personne" in leg.posts(address, Digits="1")
    [(work_id,)] = crew.carrier.rows("select id from work where kind = 'guest'")
    crew.do("guest", int(str(work_id)))
    crew.clock.advance(seconds=5)
    crew.does("guest")
    assert (crew.called(), state(crew)) == ([A, GUEST], ["sent"])


@pytest.mark.parametrize(
    ("weather", "word"),
    [
        (400, "guest-failed"),
        (429, "guest-failed"),
        (500, "guest-unknown"),
        ("timeout_after_accepting", "guest-unknown"),
    ],
)
def test_the_carriers_bad_days(crew: Crew, weather: int | str, word: str) -> None:
    """Asked once; what nobody knows is told as that, and never asked again."""
    leg = crew.met()
    keys(leg)
    leg.presses("1")
    crew.weather(weather, "/Calls.json")
    for _ in range(3):
        crew.does("guest")
        crew.clock.advance(seconds=40)
    assert len(crew.asked("/Calls.json", To=GUEST)) == 1
    assert told(crew, leg)[0] == word


@pytest.mark.parametrize(
    ("status", "word"), [("busy", "busy"), ("no-answer", "no-answer"), ("failed", "failed"), ("completed", "no-answer")]
)
def test_who_does_not_come_is_told_to_the_responder_alone(crew: Crew, status: str, word: str) -> None:
    """The call goes on as it was; another may be invited."""
    leg = crew.met()
    invites(crew, leg)
    rung(crew).becomes(status)
    crew.does("guest")
    assert (told(crew, leg), crew.page().state) == ([f"guest-{word}"], "accepted")
    assert "Nous appelons." in invites(crew, leg, OTHER) and crew.called() == [A, GUEST, OTHER]


def test_a_telephone_of_which_nobody_knows_is_in_nobodys_way(crew: Crew) -> None:
    """It is not waited for longer than any other; then another may be invited."""
    leg = crew.met()
    keys(leg)
    leg.presses("1")
    crew.weather(500, "/Calls.json")
    crew.does("guest")
    assert "un téléphone sonne déjà" in invites(crew, leg, OTHER)
    crew.clock.advance(seconds=105)
    crew.does("guest")
    assert state(crew)[0] == "no_answer" and "Nous appelons." in invites(crew, leg, OTHER)


def test_nobody_is_rung_for_a_wish_that_is_old(crew: Crew) -> None:
    """No worker came for more than a minute: the responder has gone on without."""
    leg = crew.met()
    keys(leg)
    leg.presses("1")
    crew.clock.advance(seconds=105)
    crew.does("guest")
    assert (crew.called(), state(crew), told(crew, leg)) == ([A], ["failed"], ["guest-failed"])


def test_a_guest_who_says_no_is_told_of(crew: Crew) -> None:
    """In the same breath as they are thanked."""
    leg = crew.met()
    invites(crew, leg)
    assert "Merci. Au revoir." in rung(crew).answers_it().presses("2")
    crew.does("guest")
    assert (state(crew), told(crew, leg)) == (["declined"], ["guest-declined"])


def test_a_voicemail_never_enters(crew: Crew) -> None:
    """It presses nothing; its call is ended by the script, or by us where the carrier says nothing more."""
    leg = crew.met()
    invites(crew, leg)
    guest = rung(crew).answers_it()
    last = [guest.is_silent() for _ in range(3)][-1]
    assert "<Hangup" in last and not any("<Conference" in answer for answer in guest.answers)
    crew.clock.advance(seconds=105)
    crew.does("guest")
    assert (state(crew), told(crew, leg)) == (["no_answer"], ["guest-no-answer"])
    assert done_to(crew, guest) == [{"Status": "completed"}]


def test_who_answers_after_it_was_given_up_stays_outside(crew: Crew) -> None:
    """A key of theirs comes too late."""
    leg = crew.met()
    invites(crew, leg)
    guest = rung(crew).answers_it()
    crew.clock.advance(seconds=105)
    crew.does("guest")
    assert "Cet appel est terminé." in guest.presses("1")


def test_the_person_hangs_up_while_it_rings(crew: Crew) -> None:
    """The telephone stops ringing, and whoever answered it meanwhile does not come in."""
    phone = Phone(crew.carrier)
    leg = crew.met(phone=phone)
    invites(crew, leg)
    guest = rung(crew).answers_it()
    crew.carrier.post("/twilio/voice/status", {"CallSid": phone.sid, "CallStatus": "completed"})
    assert "Cet appel est terminé." in guest.presses("1")
    crew.clock.advance(seconds=5)
    crew.does("guest")
    assert (state(crew), told(crew, leg)) == (["dismissed"], [])
    assert done_to(crew, guest) == [{"Status": "completed"}]


@pytest.mark.parametrize("entered", [False, True])
def test_the_responders_telephone_dies(crew: Crew, entered: bool) -> None:
    """The person waits again and the page goes on; the guest, who is no responder, is let go with a word."""
    leg = crew.met()
    invites(crew, leg)
    guest = rung(crew).answers_it()
    if entered:
        guest.presses("1")
    leg.becomes("completed")
    crew.clock.advance(seconds=5)
    assert crew.does("back") == ["the page goes on"]
    crew.does("guest")
    assert (state(crew), crew.page().state) == (["dismissed"], "open")
    [form] = done_to(crew, guest)
    assert ("L'appel est terminé." in form["Twiml"]) if entered else form == {"Status": "completed"}


@pytest.mark.parametrize("entered", [False, True])
def test_the_responder_removes_the_last_guest(crew: Crew, entered: bool) -> None:
    """Ringing or in the room; the second time there is nobody."""
    leg = crew.met()
    invites(crew, leg)
    guest = rung(crew).answers_it()
    if entered:
        guest.presses("1")

    def removes() -> str:
        leg.posts(leg.address("Dial", "action"), DialCallStatus="completed")
        leg.presses("2")
        return leg.presses("3")

    assert "est retirée" in removes()
    crew.does("guest")
    assert state(crew) == ["dismissed"] and len(done_to(crew, guest)) == 1
    if not entered:
        assert "Cet appel est terminé." in guest.presses("1")
    assert "personne à retirer" in removes()


@pytest.mark.parametrize("weather", [429, 500])
def test_who_was_removed_is_removed_though_the_carrier_falters(crew: Crew, weather: int) -> None:
    """Some time into the call too: whoever was said to be out of the room does not stay beside the person."""
    leg = crew.met()
    invites(crew, leg)
    guest = rung(crew).answers_it()
    guest.presses("1")
    for _ in range(6):
        crew.clock.advance(seconds=5)
        crew.does("guest")
    leg.posts(leg.address("Dial", "action"), DialCallStatus="completed")
    leg.presses("2")
    leg.presses("3")
    crew.weather(weather, f"/Calls/{guest.sid}")
    for _ in range(3):
        crew.does("guest")
        crew.clock.advance(seconds=5)
    assert ["Twiml" in form for form in done_to(crew, guest)] == [True, True]


def test_two_guests(crew: Crew) -> None:
    """The second is not rung while the first rings; once they are in the room, it may be: and is the last."""
    leg = crew.met()
    invites(crew, leg)
    assert "un téléphone sonne déjà" in invites(crew, leg, OTHER)
    rung(crew).answers_it().presses("1")
    assert "Nous appelons." in invites(crew, leg, OTHER)
    assert crew.called() == [A, GUEST, OTHER]
    leg.posts(leg.address("Dial", "action"), DialCallStatus="completed")
    leg.presses("2")
    leg.presses("3")
    assert state(crew) == ["entered", "dismissed"]


def test_who_hands_the_call_over_takes_no_guest_along(crew: Crew) -> None:
    """Guests stay with the call, and are whoever's has it; who no longer has it invites nobody."""
    leg = crew.met()
    invites(crew, leg)
    rung(crew).answers_it().presses("1")
    leg.posts(leg.address("Dial", "action"), DialCallStatus="completed")
    leg.presses("2")
    leg.presses("1")
    crew.clock.advance(seconds=2)
    crew.does("relay")
    crew.clock.advance(seconds=2)
    crew.leg(TEAM[1][1]).accepts()
    leg.becomes("completed")
    crew.clock.advance(seconds=5)
    crew.does("back")
    crew.does("guest")
    assert (state(crew), crew.page().state) == (["entered"], "accepted")
    assert "l'appel n'est plus à vous" in keys(leg, OTHER)


def test_after_55_a_guest_is_not_heard(crew: Crew) -> None:
    """As whoever invited them is not: somebody may be beside the person."""
    leg = crew.met("5")
    invites(crew, leg)
    room = rung(crew).answers_it().presses("1")
    assert 'muted="true"' in room and "On ne vous entend pas: écoutez." in room


def test_sql_goes_while_a_guest_is_rung(crew: Crew, sql: Sql) -> None:
    """Their key is asked for again, never guessed; once SQL is back it counts."""
    leg = crew.met()
    invites(crew, leg)
    guest = rung(crew)
    sql.goes()
    assert "Un service de Montréal" in guest.answers_it().answers[0]
    again = guest.presses("1")
    assert "Refaites votre choix." in again and "<Conference" not in again and "<Dial" not in again
    sql.returns()
    assert crew.carrier.line.store.breaker.wait_closed(5)
    assert "<Conference" in guest.presses("1")


def test_a_worker_dies_in_the_middle_of_the_call(crew: Crew) -> None:
    """Nobody knows what it did: told as that, and not called again."""
    leg = crew.met()
    keys(leg)
    leg.presses("1")
    with crew.store.turn() as conn:
        conn.exec_driver_sql("update guests set state = 'sending'")
    crew.does("guest")
    assert (crew.called(), state(crew), told(crew, leg)) == ([A], ["unknown"], ["guest-unknown"])


def test_a_forgotten_case_rings_nobody(crew: Crew) -> None:
    """Its numbers went with it."""
    leg = crew.met()
    keys(leg)
    leg.presses("1")
    with crew.store.turn() as conn:
        conn.exec_driver_sql("delete from keys.case_keys")
    crew.does("guest")
    assert (crew.called(), state(crew)) == ([A], ["failed"])


def test_no_number_of_a_guest_is_in_clear(crew: Crew) -> None:
    """Neither in their row nor in the register."""
    leg = crew.met()
    invites(crew, leg)
    rows = crew.carrier.rows("select g::text from guests g union all select a::text from audit a")
    assert not any("5145550177" in str(row) or "5550177" in str(row) for row in rows)
    assert crew.carrier.rows("select verb, detail->>'guest' from audit where verb = 'invite'") == [("invite", "1")]


# ── the directory ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_directory_is_read_by_rank_and_the_key_rings_that_one(crew: Crew) -> None:
    """For what the case is known by, without a figure; whom it was is sealed to the case."""
    leg = crew.met()
    heard = opens(leg, "32")
    assert "Premier: " in heard and "Deuxième: " in heard and "Numéro à vérifier." in heard
    assert "Nous appelons." in leg.presses("2")
    crew.does("guest")
    [number] = [one for one in crew.called() if one != A]
    assert number in {entry.phone for entry in directory().entries}
    assert crew.carrier.rows("select kind, position, state from guests where state <> 'draft'") == [
        ("partner", 2, "sent")
    ]
    assert not any(number[2:] in str(row) for row in crew.carrier.rows("select g::text from guests g"))


def test_no_interpreter_is_in_the_directory_that_is_shipped(crew: Crew) -> None:
    """Said as that; a number may be keyed instead."""
    leg = crew.met()
    assert "n'a personne à appeler" in opens(leg, "31")
    assert "dix chiffres" in leg.presses("3")


def test_a_key_without_an_entry_rings_nobody(crew: Crew) -> None:
    """What was drafted before does not count: one list at a time."""
    leg = crew.met()
    opens(leg, "32")
    with crew.store.turn() as conn:
        conn.exec_driver_sql("delete from guests where position = 3")
    assert "Nous n'avons appelé personne" in leg.presses("3")


# ── police dispatch ───────────────────────────────────────────────────────────────────────────────────────────────


def supplies(crew: Crew) -> None:
    """The operator has supplied the number of dispatch."""
    door = crew.carrier.app.extensions["door"]
    told = replace(door, line=replace(door.line, dispatch_number=DISPATCH))
    crew.carrier.app.extensions["door"] = told
    settings = crew.hands.settings.model_copy(update={"dispatch_number": DISPATCH, "ops_phones": (OPS,)})
    crew.hands = replace(crew.hands, settings=settings)


def test_dispatch_is_rung_by_the_number_that_the_operator_supplies(crew: Crew) -> None:
    """It is in no row; who answers presses 1 like any guest."""
    supplies(crew)
    leg = crew.met()
    assert "c'est à vous de parler" in opens(leg, "1")
    assert "Nous appelons." in leg.presses("1")
    crew.does("guest")
    assert crew.called() == [A, DISPATCH]
    assert "<Conference" in rung(crew, DISPATCH).answers_it().presses("1")
    assert crew.carrier.rows("select kind, number_sealed, state from guests") == [("dispatch", None, "entered")]


def test_without_its_number_dispatch_is_said_not_to_be_there(crew: Crew) -> None:
    """And how to reach the police all the same."""
    leg = crew.met()
    opens(leg, "1")
    heard = leg.presses("1")
    assert "n'est pas inscrit" in heard and "<Conference" in heard and state(crew) == []


def proves(crew: Crew) -> None:
    """A test ring, and somebody at dispatch who presses 1."""
    with crew.store.turn() as conn:
        work.add(conn, "test_ring", "work", dispatch.TEST_RING, crew.clock.now())
    assert crew.does("test_ring") == ["rung"]
    form = crew.asked("/Calls.json", To=DISPATCH)[-1]["form"]
    phone = Phone(crew.carrier, "CA88", DISPATCH)
    assert "Ceci est un test." in phone.posts(form["Url"])
    assert "Le test est réussi." in phone.presses("1")


def reminds(crew: Crew) -> list[tuple[str, str]]:
    """What the operator is told of it, by the sweep's look."""
    with crew.store.turn() as conn:
        rostering.remind(crew.hands, conn, crew.clock.now())
    crew.does("tell_dispatch")
    return crew.texted()


def test_a_proof_of_dispatch_holds_for_a_month(crew: Crew) -> None:
    """Then the operator is told, once a week; another number must prove itself anew."""
    supplies(crew)
    proves(crew)
    assert reminds(crew) == []
    crew.clock.advance(days=32)
    assert [to for to, _ in reminds(crew)] == [OPS] and len(reminds(crew)) == 1
    crew.clock.advance(days=7)
    assert len(reminds(crew)) == 2
    proves(crew)
    with crew.store.turn() as conn:
        now, sealer = crew.clock.now(), crew.hands.sealer
        assert dispatch.proved_at(conn, sealer, DISPATCH) == now and dispatch.is_proved(conn, sealer, DISPATCH, now)
        assert dispatch.proved_at(conn, sealer, OTHER) is None


# ── a colleague beside ────────────────────────────────────────────────────────────────────────────────────────────

B = TEAM[1][1]


def wants(crew: Crew, leg: Leg) -> str:
    """`*`, and a colleague is asked for; a worker is at it."""
    heard = opens(leg, "2")
    crew.clock.advance(seconds=2)
    crew.does("beside")
    return heard


def test_a_colleague_comes_in_beside_and_the_call_stays_whose_it_is(crew: Crew) -> None:
    """They hear a code and no more, come in by a key, and their leaving ends nothing."""
    leg = crew.met()
    assert "L'appel reste à vous." in wants(crew, leg)
    colleague = crew.leg(B).answers_it()
    assert "Renfort. Code" in colleague.answers[-1] and "Urgence" not in colleague.answers[-1]
    room = colleague.presses("1")
    assert f'participantLabel="responder-{colleague.place.attempt}"' in room and "hangupOnStar" in room
    assert crew.page().accepted_attempt == leg.place.attempt and "beside" not in crew.waiting()
    colleague.becomes("completed")
    crew.clock.advance(minutes=2)
    assert (crew.does("beside"), crew.page().state, crew.called()) == ([], "accepted", [A, B])


def test_nobody_of_the_team_comes(crew: Crew) -> None:
    """The responder alone hears so."""
    leg = crew.met()
    wants(crew, leg)
    assert "Au revoir." in crew.leg(B).answers_it().presses("2")
    crew.does("beside")
    assert told(crew, leg) == ["nobody-beside"]


def test_a_colleague_who_was_asked_before_the_call_changed_hands_takes_nothing(crew: Crew) -> None:
    """The responder's telephone dies while it rings: the page is open, and their key takes it like anybody's."""
    leg = crew.met()
    wants(crew, leg)
    colleague = crew.leg(B).answers_it()
    leg.becomes("completed")
    crew.clock.advance(seconds=3)
    assert crew.does("back") == ["the page goes on"]
    colleague.presses("1")
    assert crew.page().accepted_attempt == colleague.place.attempt


def test_whoever_is_beside_somebody_is_rung_last_for_another_call(crew: Crew) -> None:
    """They hear one person already; the next call rings who is free first."""
    leg = crew.met()
    wants(crew, leg)
    crew.leg(B).answers_it().presses("1")
    crew.waits(Phone(crew.carrier, "CA77", "+15145550188"))
    before = len(crew.called())
    crew.does("page")
    assert crew.called()[before:][:1] == [crew.hands.settings.fallback_number]
