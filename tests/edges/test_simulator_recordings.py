"""Recordings: of a verb, a call, a Dial and a room; heard with the credentials, told, erased."""

from collections.abc import Iterator

import pytest

from tests.town import RESPONDER, ROOM, Town, dialled, fetched, in_one_room, town


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


def test_a_recording_holds_the_typed_words(here: Town) -> None:
    """Words said while Record runs are kept, and the key that ended it is told."""
    caller = dialled(here, '<Record action="/kept" finishOnKey="9#1" recordingStatusCallback="/file"/>').hears("[bip]")
    caller.says("Je veux signaler quelque chose").presses("1")
    form = here.waits_for("/kept")
    assert (form["Digits"], form["RecordingUrl"].rsplit("/", 1)[1]) == ("1", form["RecordingSid"])
    assert here.waits_for("/file")["RecordingStatus"] == "completed"


def recorded(here: Town, words: str = "Je veux signaler") -> str:
    """A spoken tip of these words; the address of its sound."""
    events = 'recordingStatusCallbackEvent="in-progress completed absent" recordingStatusCallback="/file"'
    caller = dialled(here, f'<Record action="/kept" finishOnKey="1" {events}/><Say>rien</Say>').hears("[bip]")
    if words:
        caller.says(words)
    caller.presses("1")
    here.waits_for("/file", times=2)
    return here.line.forms("/file")[-1]["RecordingUrl"]


def test_a_recording_is_heard_with_the_credentials_only(here: Town) -> None:
    """Without them 401; with them a WAV of the right length, or an MP3."""
    url = recorded(here)
    assert fetched(here, url, token="").status_code == 401
    sound = fetched(here, url)
    assert (sound.headers["Content-Type"], sound.content[:4], b"signaler" in sound.content) == (
        "audio/x-wav",
        b"RIFF",
        True,
    )
    assert fetched(here, f"{url}.wav").content == sound.content
    assert fetched(here, f"{url}.mp3").headers["Content-Type"] == "audio/mpeg"


def test_an_erased_recording_leaves_its_description_for_a_while(here: Town) -> None:
    """Its sound and words are gone at once; the description is told to who asks for what was erased."""
    url = recorded(here)
    recording = here.client.recordings(url.rsplit("/", 1)[1])
    assert recording.fetch().status == "completed"
    assert recording.delete()
    assert (fetched(here, url).status_code, fetched(here, f"{url}.json").status_code) == (404, 404)
    assert here.client.recordings.list() == []
    kept = here.client.recordings.list(include_soft_deleted=True)
    assert [one.status for one in kept] == ["deleted"]


def test_a_recording_tells_its_beginning_and_its_end(here: Town) -> None:
    """in-progress, then completed with its length; of one that is silent, absent, and the next verb follows."""
    recorded(here)
    told = here.line.forms("/file")
    assert [form["RecordingStatus"] for form in told] == ["in-progress", "completed"]
    assert {form["RecordingSource"] for form in told} == {"RecordVerb"}
    here.fresh()
    recorded(here, words="")
    last = here.line.forms("/file")[-1]
    assert (last["RecordingStatus"], last["ErrorCode"], here.line.forms("/kept")) == ("absent", "16102", [])


def test_a_live_call_redirected_to_a_record_needs_its_action(here: Town) -> None:
    """Without one it is 11100."""
    caller = dialled(here, "<Say>Bonjour.</Say><Pause length='60'/>").hears("Bonjour.")
    here.line.says("/page", "<Record/>")
    here.client.calls(caller.call["sid"]).update(url=f"{here.line.url}/page")
    caller.hears("An application error has occurred.")
    assert here.fault_codes() == [11100]


def test_a_call_is_recorded_from_its_answer_where_it_asked(here: Town) -> None:
    """Record=true on a call over REST names its recording at the end."""
    phone = here.telephone.device(RESPONDER)
    here.line.says("/page", ROOM.format(""))
    here.call(record=True, status_callback=f"{here.line.url}/status", recording_status_callback=f"{here.line.url}/file")
    phone.rings().answers()
    here.telephone.eventually(lambda: phone.call["conference"])
    phone.says("Bonjour")
    phone.hangs_up()
    file = here.waits_for("/file")
    assert (file["RecordingSource"], here.waits_for("/status")["RecordingSid"]) == ("OutboundAPI", file["RecordingSid"])


def test_a_running_call_is_recorded_paused_and_stopped_over_rest(here: Town) -> None:
    """What is said while it is paused is not in it."""
    caller, _ = in_one_room(here)
    call = here.client.calls(caller.call["sid"])
    recording = call.recordings.create(recording_channels="dual")
    assert (recording.status, recording.channels) == ("in-progress", 2)
    caller.says("gardé")
    call.recordings("Twilio.CURRENT").update(status="paused")
    caller.says("tu")
    assert call.recordings(recording.sid).update(status="stopped").status == "completed"
    sound = fetched(here, here.client.recordings(recording.sid).fetch().media_url).content
    assert (b"gard\xc3\xa9" in sound, b"tu\0" in sound) == (True, False)
    assert [recording.sid] == [one.sid for one in call.recordings.list()]
