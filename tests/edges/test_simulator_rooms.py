"""Conferences: who is in, what each hears, what is told."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.town import (
    DEPUTY,
    LINE,
    PAGES,
    RESPONDER,
    ROOM,
    ROOM_EVENTS,
    Town,
    dialled,
    fetched,
    heard_by,
    in_one_room,
    refusal,
    room_events,
    town,
)


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


def test_two_in_a_room_hear_each_other(here: Town) -> None:
    """The room starts with the second participant, and tells the first one's callback."""
    caller, responder = in_one_room(here)
    caller.says("J'ai peur")
    responder.hears("J'ai peur").says("Je suis là")
    caller.hears("Je suis là").does_not_hear("J'ai peur")
    assert room_events(here) == ["participant-join", "participant-join", "conference-start"]


def test_keys_in_a_room_go_nowhere(here: Town) -> None:
    """Digits and a star that is not allowed stay in the room."""
    caller, _ = in_one_room(here)
    caller.presses("9*").does_not_hear("parti", within=3)
    assert caller.call["conference"] == "salle"


def test_star_leaves_a_room_that_allows_it(here: Town) -> None:
    """With hangupOnStar a star takes the leg out of the room and on to its action."""
    here.line.says("/left", "<Say>menu privé</Say>")
    star = ROOM.replace("<Dial", '<Dial hangupOnStar="true"').format("")
    phone = dialled(here, star)
    here.telephone.eventually(lambda: phone.call["conference"])
    phone.presses("*").hears("menu privé")
    assert here.waits_for("/left")["DialCallStatus"] == "answered"


def test_a_muted_participant_is_not_heard(here: Town) -> None:
    """Muted from the start, heard once unmuted over REST, addressed by call or by label and room by name."""
    caller, responder = in_one_room(here, second='muted="true" participantLabel="intervenante"')
    responder.says("inaudible")
    participants = here.client.conferences("salle").participants
    participants("intervenante").update(muted=False)
    responder.says("audible")
    caller.hears("audible")
    assert not heard_by(caller, "inaudible")
    here.telephone.eventually(lambda: "participant-unmute" in room_events(here))


def test_a_participant_on_hold_hears_the_hold_document_only(here: Town) -> None:
    """Hold isolates the participant, who hears HoldUrl by GET, until it is taken off."""
    caller, responder = in_one_room(here)
    here.line.says("/hold", "<Say>Un instant.</Say>")
    room = here.client.conferences.list(friendly_name="salle", status="in-progress")[0]
    who = here.client.conferences(room.sid).participants(caller.call["sid"])
    assert who.update(hold=True, hold_url=f"{here.line.url}/hold").hold
    caller.hears("Un instant.")
    responder.says("secret")
    who.update(hold=False)
    responder.says("de retour")
    caller.hears("de retour")
    assert not heard_by(caller, "secret")


def test_an_announcement_is_heard_by_one_participant(here: Town) -> None:
    """AnnounceUrl plays to the participant it names and its end is told."""
    caller, responder = in_one_room(here)
    here.line.says("/told", "<Say>Quelqu'un est là.</Say>")
    here.client.conferences("salle").participants(caller.call["sid"]).update(announce_url=f"{here.line.url}/told")
    caller.hears("Quelqu'un est là.")
    responder.does_not_hear("Quelqu'un est là.")
    here.telephone.eventually(lambda: "announcement-end" in room_events(here))


def test_a_redirected_participant_leaves_the_room(here: Town) -> None:
    """New TwiML for a participant's call takes it out of the room, which says why."""
    caller, _ = in_one_room(here)
    here.client.calls(caller.call["sid"]).update(twiml="<Response><Say>ailleurs</Say></Response>")
    caller.hears("ailleurs")
    here.telephone.eventually(lambda: "participant-leave" in room_events(here))
    assert here.line.forms("/room")[-1]["ReasonParticipantLeft"] == "participant_updated_via_api"


def test_a_participant_redirected_in_the_middle_of_an_announcement_leaves_too(here: Town) -> None:
    """The announcement is cut with the rest, and the network has nothing to object to."""
    caller, _ = in_one_room(here)
    here.line.says("/told", f"<Say>{'Quelqu un est là. ' * 20}</Say>")
    here.client.conferences("salle").participants(caller.call["sid"]).update(announce_url=f"{here.line.url}/told")
    caller.hears("Quelqu un est là.")
    here.client.calls(caller.call["sid"]).update(twiml="<Response><Say>ailleurs</Say></Response>")
    caller.hears("ailleurs")
    assert here.telephone.faults() == []


def test_a_removed_participant_goes_on_to_its_action(here: Town) -> None:
    """Removing a participant over REST leaves its call alive."""
    caller, _ = in_one_room(here)
    assert here.client.conferences("salle").participants(caller.call["sid"]).delete()
    caller.hears("parti")


def test_the_one_who_ends_the_room_ends_it_for_all(here: Town) -> None:
    """endConferenceOnExit sends everybody on, and the end names its reason."""
    caller, responder = in_one_room(here, first='endConferenceOnExit="true"')
    caller.hangs_up()
    responder.hears("parti")
    here.telephone.eventually(lambda: "conference-end" in room_events(here))
    end = here.line.forms("/room")[room_events(here).index("conference-end")]
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"


def test_a_room_ended_over_rest_lets_its_callers_go_on(here: Town) -> None:
    """Ending a room over REST sends all of them to their actions and lists nobody."""
    caller, responder = in_one_room(here)
    room = here.client.conferences.list(friendly_name="salle", status="in-progress")[0]
    assert room.update(status="completed").status == "completed"
    caller.hears("parti")
    responder.hears("parti")
    assert room.participants.list() == []
    assert here.client.conferences(room.sid).fetch().reason_conference_ended == "conference-ended-via-api"


def test_a_room_waits_for_one_who_may_start_it(here: Town) -> None:
    """Two who may not start a room wait in it; they do not hear each other."""
    start = 'startConferenceOnEnter="false"'
    caller = dialled(here, ROOM.format(start))
    other = dialled(here, ROOM.format(start), DEPUTY)
    here.telephone.eventually(lambda: other.call["conference"] and caller.call["conference"])
    other.says("Allô?")
    caller.does_not_hear("Allô?", within=2)
    assert here.client.conferences.list(friendly_name="salle")[0].status == "init"


def test_a_rooms_wait_plays_once_unless_it_redirects(here: Town) -> None:
    """A waitUrl is asked once and then there is silence; with a Redirect at its end it goes round."""
    here.line.says("/wait", "<Say>Patientez.</Say>")
    waiting = ROOM.replace('waitUrl=""', 'waitUrl="/wait"').format("")
    caller = dialled(here, waiting).hears("Patientez.").does_not_hear("Patientez.", within=5)
    caller.hangs_up()
    here.line.says("/wait", "<Say>Patientez.</Say><Redirect/>")
    caller.dials(LINE).hears("Patientez.").hears("Patientez.").hears("Patientez.")


def test_a_beep_is_heard_where_it_was_not_refused(here: Town) -> None:
    """By default an entry beeps for those who are in."""
    caller = dialled(here, "<Dial><Conference waitUrl=''>salle</Conference></Dial>")
    here.telephone.eventually(lambda: caller.call["conference"])
    here.telephone.device(DEPUTY).dials(LINE)
    caller.hears("[bip]")


# --- called in over REST ----------------------------------------------------------------------------------------------


def call_in(here: Town, **options: Any) -> Any:
    given = {"from_": PAGES, "to": RESPONDER, "label": "intervenante", "wait_url": "", "beep": "false"} | options
    return here.client.conferences("salle").participants.create(**given)


def test_a_participant_is_called_in_over_rest(here: Town) -> None:
    """Participants create rings a telephone, which joins the room as soon as it is answered, under its label."""
    phone, caller = here.telephone.device(RESPONDER), dialled(here, ROOM.format(ROOM_EVENTS))
    here.telephone.eventually(lambda: caller.call["conference"])
    made = call_in(here)
    assert (made.status, made.label, made.conference_sid[:2]) == ("queued", "intervenante", "CF")
    phone.rings().answers()
    here.telephone.eventually(lambda: phone.says("Bonjour") and heard_by(caller, "Bonjour"))
    assert here.client.conferences("salle").participants("intervenante").fetch().status == "connected"


def test_a_participant_on_the_way_can_be_removed(here: Town) -> None:
    """Deleting one who still rings stops the ringing; their label was in use meanwhile."""
    phone = here.telephone.device(RESPONDER)
    made = call_in(here)
    phone.rings()
    assert refusal(call_in, here, to=DEPUTY) == (400, 20001)
    assert here.client.conferences("salle").participants(made.call_sid).delete()
    phone.is_cut_off()


def test_a_coach_is_heard_by_one_participant_only(here: Town) -> None:
    """A coach hears everybody and is heard by the one coached, until coaching is taken off over REST."""
    caller, responder = in_one_room(here)
    coach = here.telephone.device(DEPUTY)
    call_in(here, to=DEPUTY, label="superviseure", coaching=True, call_sid_to_coach=responder.call["sid"])
    coach.rings().answers()
    here.telephone.eventually(lambda: coach.call["conference"])
    coach.says("Demandez-lui où")
    responder.hears("Demandez-lui où")
    caller.says("Bonjour")
    coach.hears("Bonjour")
    found = here.client.conferences("salle").participants("superviseure").update(coaching=False)
    assert (found.coaching, heard_by(caller, "Demandez")) == (False, False)
    coach.says("à vous tous")
    caller.hears("à vous tous")


@pytest.mark.parametrize(
    ("code", "attributes"),
    [
        (13240, 'coach="CA00000000000000000000000000000000"'),
        (16020, 'maxParticipants="2"'),
        (16025, 'participantLabel="appelante"'),
    ],
)
def test_one_who_may_not_join_goes_on_to_the_action(here: Town, code: int, attributes: str) -> None:
    """Nobody to coach, a full room, a label in use: the Dial fails with Twilio's code and the call goes on."""
    in_one_room(here, first='participantLabel="appelante"')
    dialled(here, ROOM.format(attributes), DEPUTY).hears("parti")
    form = here.waits_for("/left")
    assert (form["DialCallStatus"], here.fault_codes()) == ("failed", [code])


def test_a_wait_that_fails_prevents_the_join(here: Town) -> None:
    """A waitUrl without an answer keeps the leg out of the room and on its way."""
    here.line.documents["/wait"] = (500, "text/plain", "")
    here.line.says("/left", "<Say>parti</Say>")
    dialled(here, ROOM.replace('waitUrl=""', 'waitUrl="/wait"').format(ROOM_EVENTS)).hears("parti")
    assert (here.fault_codes(), room_events(here)) == ([11200], [])


def test_a_room_may_be_recorded(here: Town) -> None:
    """From the start of the room to its end, with the words of all, under the room's name."""
    record = 'record="record-from-start" recordingStatusCallback="/file"'
    caller, _ = in_one_room(here, first=f'{record} endConferenceOnExit="true"')
    caller.says("Bonjour")
    caller.hangs_up()
    form = here.waits_for("/file")
    assert (form["RecordingSource"], form["ConferenceSid"][:2], "CallSid" in form) == ("Conference", "CF", False)
    assert b"Bonjour" in fetched(here, form["RecordingUrl"]).content
