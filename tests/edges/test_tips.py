"""Tips over the real app, database and workers: what is kept, of whom nothing is, and who may come back."""

import re
from dataclasses import replace

import pytest

from hotline.store import cases, tips
from hotline.telephone.gateway import Refused
from hotline.vault import Sealer
from tests.edges.line import CALLER, LINE, TEAM, Crew, Phone

A_TIP = "je veux signaler: des filles au motel Z, j'ai la plaque"
A_MINOR = "je veux signaler: une fille qui a l'air d'avoir 15 ans au motel Z"


class Teller(Phone):
    """Somebody who leaves a tip by telephone."""

    def comes_to(self, keys: str) -> "Teller":
        """The call begins and these keys are pressed, one by one."""
        self.dials()
        for key in keys:
            self.presses(key)
        return self

    def enters(self, digits: str) -> str:
        """Digits typed into the Gather that is running."""
        return self.posts(self.address("Gather", "action"), Digits=digits)

    def ends_recording(self, sid: str, key: str = "1", **form: str) -> str:
        """The recording that is running ends."""
        fields = {"RecordingSid": sid, "RecordingUrl": f"http://carrier.test/{sid}", "Digits": key} | form
        return self.posts(self.address("Record", "action"), **fields)

    def hangs_up(self, sid: str) -> str:
        return self.ends_recording(sid, "hangup", CallStatus="completed")

    @property
    def number_heard(self) -> str:
        """The tip's number in the last answer."""
        found = re.search(r"(?:\d[,;] ){11}\d", self.answers[-1])
        assert found is not None, self.answers[-1]
        return re.sub(r"\D", "", found[0])


@pytest.fixture
def teller(crew: Crew) -> Teller:
    """Somebody on a live call."""
    device = crew.network.telephone.device(CALLER).dials(LINE)
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="the call")
    return Teller(crew.carrier, device.call["sid"])


def records(crew: Crew, call_sid: str, words: str = "la plaque est ABC") -> str:
    """What was said into a live call, at the carrier: the recording's sid."""
    client = crew.hands.gateway._client
    made = client.calls(call_sid).recordings.create()
    crew.network.telephone.device(CALLER).says(words)
    client.calls(call_sid).recordings(made.sid).update(status="stopped")
    return str(made.sid)


def row(crew: Crew, table: str, columns: str) -> tuple[object, ...]:
    """The newest row of a table."""
    return crew.carrier.rows(f"select {columns} from {table} order by id desc limit 1")[0]


def test_a_spoken_tip_is_fetched_sealed_and_gone_at_the_carrier(crew: Crew, teller: Teller) -> None:
    """The sound is here, opens with the tip's own case, and the carrier says that it has none."""
    sid = records(crew, teller.sid)
    teller.comes_to("222221")
    assert "<Record" in teller.answers[-1]
    teller.ends_recording(sid)
    assert crew.does("fetch_tip") == []
    crew.clock.advance(seconds=30)
    assert crew.does("fetch_tip") == ["erased"]
    assert crew.hands.gateway.recording_state(sid) == "deleted"
    assert b"la plaque est ABC" in opened(crew)
    assert row(crew, "tip_parts", "state, sid_sealed, erased_at is not null") == ("kept", None, True)


def opened(crew: Crew) -> bytes:
    """What the newest part holds, as a worker may open it."""
    with crew.store.turn() as conn:
        case_id = crew.carrier.rows("select case_id from tips order by id desc limit 1")[0][0]
        wrapped = cases.wrapped_key(conn, int(str(case_id)))
    assert wrapped is not None
    return crew.hands.opener.open_case(wrapped, bytes(row(crew, "tip_parts", "body_sealed")[0]))  # type: ignore[arg-type]


def test_a_tip_has_neither_number_nor_call(crew: Crew, teller: Teller) -> None:
    """Its case has no contact, the call's contact has no case and no person, and the tip is open work."""
    teller.comes_to("222221")
    teller.ends_recording(records(crew, teller.sid))
    assert crew.carrier.rows("select path, priority, closed_at from cases") == [("tip", "P4", None)]
    assert crew.carrier.rows("select case_id, person, number_sealed, call_sid_sealed from contacts") == [(None,) * 4]
    assert crew.carrier.count("pages") == 0


def test_a_tip_is_not_joined_to_its_call_by_any_column(crew: Crew, teller: Teller) -> None:
    """No two rows of different tables share a pseudonym, but the call's own."""
    teller.comes_to("222221")
    teller.ends_recording(records(crew, teller.sid))
    [(giver,)] = crew.carrier.rows("select giver from tips")
    [(call_key,)] = crew.carrier.rows("select call_key from contacts")
    assert giver is not None and giver != call_key


@pytest.mark.parametrize(
    ("keys", "priority"), [("22212", "P2"), ("22221", "P2"), ("22211", "P1")], ids=["now", "a minor", "both"]
)
def test_now_or_a_minor_wakes_the_team_for_the_tip_alone(crew: Crew, teller: Teller, keys: str, priority: str) -> None:
    """The page comes with the message, on the tip's own case; nobody stands behind it."""
    teller.comes_to(keys)
    assert crew.carrier.count("pages") == 0
    teller.presses("2")
    teller.presses("1")
    teller.hangs_up(records(crew, teller.sid))
    asked = "select c.path, c.priority, p.priority, n.number_sealed, n.call_sid_sealed, n.ended_at is not null"
    joined = "from pages p join cases c on c.id = p.case_id join contacts n on n.id = p.contact_id"
    assert crew.carrier.rows(f"{asked} {joined}") == [("tip", priority, priority, None, None, True)]
    assert crew.does("page") and crew.called() == [TEAM[0][1]]


def test_who_wants_a_person_from_there_is_met_without_a_number(crew: Crew, teller: Teller) -> None:
    """Their call can be joined, and their number is not kept."""
    teller.comes_to("22211")
    teller.presses("1")
    [found] = crew.carrier.rows("select number_sealed, call_sid_sealed is not null, person from contacts")
    assert found == (None, True, None)


def test_nine_from_there_is_a_danger_and_keeps_the_number(crew: Crew, teller: Teller) -> None:
    """Whoever presses 9, before or after having waited for a person, can be found."""
    teller.comes_to("221")
    teller.waits()
    teller.presses("9")
    [found] = crew.carrier.rows("select number_sealed is not null, call_sid_sealed is not null from contacts")
    assert found == (True, True)


def test_what_was_erased_is_never_fetched(crew: Crew, teller: Teller) -> None:
    """A pound key erases at the carrier, opens no tip, and needs no other."""
    sid = records(crew, teller.sid)
    teller.comes_to("222221")
    teller.ends_recording(sid, "#")
    assert crew.does("fetch_tip") == ["erased"]
    assert crew.hands.gateway.recording_state(sid) == "deleted"
    assert (crew.carrier.count("tips"), row(crew, "tip_parts", "state, body_sealed")) == (0, ("dropped", None))
    assert not [e for e in crew.network.telephone.ledger("rest") if e["path"].endswith(".wav")]


def test_what_was_erased_late_is_erased_here_too(crew: Crew, teller: Teller) -> None:
    """The carrier's news came first and the sound was fetched: the pound key still takes it away."""
    sid = records(crew, teller.sid)
    teller.comes_to("222221")
    told(teller, sid)
    crew.clock.advance(seconds=30)
    assert crew.does("fetch_tip") == ["erased"]
    teller.ends_recording(sid, "#")
    assert row(crew, "tip_parts", "state, body_sealed") == ("dropped", None)


def told(teller: Teller, sid: str, status: str = "completed") -> None:
    """The carrier's news of a recording."""
    address = teller.address("Record", "recordingStatusCallback")
    form = {"RecordingSid": sid, "RecordingStatus": status, "CallSid": teller.sid}
    assert teller.carrier.post(address, form).status_code == 204


def test_the_carriers_news_makes_haste(crew: Crew, teller: Teller) -> None:
    """A recording that is ready is fetched at once, whoever is told of it first."""
    sid = records(crew, teller.sid)
    teller.comes_to("222221")
    teller.ends_recording(sid)
    told(teller, sid)
    assert crew.does("fetch_tip") == ["erased"]


def test_a_recording_nobody_told_us_of_is_kept(crew: Crew, teller: Teller) -> None:
    """The turn that should have kept it never came: the carrier's news is enough, once."""
    sid = records(crew, teller.sid)
    teller.comes_to("222221")
    for _ in range(2):
        told(teller, sid)
    crew.clock.advance(seconds=30)
    assert (crew.does("fetch_tip"), crew.carrier.count("tip_parts")) == (["erased"], 1)
    told(teller, sid)
    assert (crew.does("fetch_tip"), crew.carrier.count("tip_parts")) == ([], 1)


def test_a_recording_that_never_was_is_noted(crew: Crew, teller: Teller) -> None:
    """Absent at the carrier: nothing is kept, and nothing is asked for again."""
    teller.comes_to("222221")
    teller.ends_recording("RE" + "0" * 32)
    crew.clock.advance(seconds=30)
    assert crew.does("fetch_tip") == ["absent"]
    assert row(crew, "tip_parts", "state, sid_sealed") == ("absent", None)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("answer", [500, 429, 401, "timeout_after_accepting"])
def test_an_erasure_is_asked_for_until_it_is_confirmed(
    crew: Crew, teller: Teller, method: str, answer: int | str
) -> None:
    """Whatever the carrier answers, the row comes again; nothing is erased that is not here."""
    sid = records(crew, teller.sid)
    teller.comes_to("222221")
    teller.ends_recording(sid)
    rule = {"match": {"path_contains": "/Recordings/", "method": method}, "answer": answer, "times": 1}
    crew.network.telephone.weather(rule)
    crew.clock.advance(seconds=30)
    assert crew.does("fetch_tip") == [None]
    crew.network.telephone.fair_weather()
    crew.clock.advance(minutes=2)
    assert crew.does("fetch_tip") == ["erased"]
    assert b"la plaque est ABC" in opened(crew)


def test_a_sound_that_is_too_large_is_not_taken_and_not_erased(crew: Crew, teller: Teller) -> None:
    """A cap on bytes, and what is over it stays at the carrier until somebody looks."""
    sid = records(crew, teller.sid)
    with pytest.raises(Refused):
        crew.hands.gateway.fetch_recording(sid, 10)
    assert len(crew.hands.gateway.fetch_recording(sid, 2**20)) > 10
    assert crew.hands.gateway.recording_state(sid) == "completed"


def test_erasing_what_is_not_there_is_no_error(crew: Crew) -> None:
    """And its state is that it is gone."""
    nowhere = "RE" + "4" * 32
    crew.hands.gateway.erase_recording(nowhere)
    assert crew.hands.gateway.recording_state(nowhere) == "deleted"
    assert crew.hands.gateway.text_is_erased("SM" + "4" * 32)


# ── its number ────────────────────────────────────────────────────────────────────────────────────────────────────


def tip_of(teller: Teller, crew: Crew) -> str:
    """A tip is left by telephone: its number, as it was heard."""
    teller.comes_to("222221")
    teller.ends_recording(records(crew, teller.sid))
    return teller.number_heard


def test_the_number_is_said_twice_and_again_on_request(crew: Crew, teller: Teller) -> None:
    """Twelve figures, each apart, twice; the same in the same call; only a hash of the secret is kept."""
    number = tip_of(teller, crew)
    assert teller.answers[-1].count("; ".join(", ".join(each) for each in (number[:5], number[5:8], number[8:]))) == 2
    teller.presses("2")
    teller.presses("1")
    assert teller.number_heard == number
    [(locator, kept)] = crew.carrier.rows("select locator, secret_hash from tips")
    assert locator == number[:5] and number[5:].encode() not in bytes(kept)  # type: ignore[arg-type]


def test_one_comes_back_by_telephone_and_adds(crew: Crew, teller: Teller) -> None:
    """Another call, in English, with the number: another part of the same tip, and no new number."""
    number = tip_of(teller, crew)
    other = Teller(crew.carrier, "CA2", "+15145550124")
    other.comes_to("223")
    assert "We found it." in other.enters(number)
    other.presses("1")
    assert "Your follow-up number stays the same." in other.ends_recording("RE" + "1" * 32)
    assert crew.carrier.rows("select count(distinct tip_id), count(*) from tip_parts") == [(1, 2)]


def test_one_comes_back_by_text_and_adds(crew: Crew, teller: Teller) -> None:
    """The number in a text, spaces and all; what follows is a part of the same tip."""
    number = tip_of(teller, crew)
    crew.carrier.writes(f"{number[:5]} {number[5:8]} {number[8:]}", "SM1")
    crew.carrier.writes("the van is back", "SM2")
    assert crew.carrier.rows("select count(distinct tip_id), count(*) from tip_parts") == [(1, 2)]
    assert opened(crew) == b"the van is back"
    crew.does("send_text")
    [(_, body)] = crew.texted()
    assert body.startswith("OK. Vous pouvez ajouter.") and "You can add to it." in body


class Counting(Sealer):
    """A sealer that tells which secrets were hashed, in order."""

    seen: list[str]

    def _slow(self, secret: str, salt: bytes, use: str) -> bytes:
        self.seen.append(secret)
        return super()._slow(secret, salt, use)


@pytest.fixture
def hashed(crew: Crew) -> list[str]:
    """The secrets that the web hashes from here on."""
    door = crew.carrier.app.extensions["door"]
    counting = Counting(door.settings.web_key, door.settings.pseudonym_key, door.settings.seal_public_key)
    counting.seen = []
    crew.carrier.app.extensions["door"] = replace(door, line=replace(door.line, sealer=counting))
    return counting.seen


def wrong(number: str, guess: int) -> str:
    """A number of the same locator that is not this one."""
    return number[:5] + f"{(int(number[5:]) + 1 + guess) % 10**7:07}"


def plain(answer: str) -> str:
    """An answer without the places in its addresses."""
    return re.sub(r"/twilio/turn/\w+/[\w-]+", "", answer)


def test_a_hundred_guesses_are_refused_before_hashing(crew: Crew, teller: Teller, hashed: list[str]) -> None:
    """At one tip, from a hundred calls of a hundred people: five are tried, and the right one is refused too."""
    number = tip_of(teller, crew)
    hashed.clear()
    heard = set()
    for guess in range(100):
        caller = Teller(crew.carrier, f"CA9{guess}", f"+1514555{5000 + guess}")
        caller.comes_to("223")
        heard.add(plain(caller.enters(wrong(number, guess))))
    last = Teller(crew.carrier, "CA999", "+15145550199")
    last.comes_to("223")
    heard.add(plain(last.enters(number)))
    assert (len(hashed), len(heard)) == (tips.MOST_AT_LOCATOR, 1)
    crew.clock.advance(hours=1)
    again = Teller(crew.carrier, "CA1000", "+15145550199")
    again.comes_to("223")
    assert "We found it." in again.enters(number)


def test_a_call_a_person_and_everybody_have_their_limits(crew: Crew, teller: Teller, hashed: list[str]) -> None:
    """Other locators each time: a call has five tries, a person ten, and the whole line three hundred."""
    for guess in range(12):
        crew.carrier.writes(f"{guess:05}{guess:07}", f"SM{guess}")
    assert len(hashed) == tips.MOST_BY_PERSON
    hashed.clear()
    caller = Teller(crew.carrier, "CA7", "anonymous")
    caller.comes_to("223")
    for guess in range(7):
        caller.enters(f"{guess + 50:05}0000000")
        caller.presses("2")
    assert len(hashed) == tips.MOST_BY_CALL


def test_a_number_nobody_has_takes_as_long_as_a_wrong_one(crew: Crew, teller: Teller, hashed: list[str]) -> None:
    """One slow hash either way: time tells nothing of which tips there are."""
    number = tip_of(teller, crew)
    hashed.clear()
    caller = Teller(crew.carrier, "CA7", "+15145550124")
    caller.comes_to("223")
    nobodys = f"{(int(number[:5]) + 1) % 10**5:05}" + number[5:]
    answers = [plain(caller.enters(wrong(number, 1)))]
    caller.presses("2")
    answers.append(plain(caller.enters(nobodys)))
    assert (len(hashed), answers[0] == answers[1]) == (2, True)


def test_the_number_by_text_leaves_no_number_of_theirs(crew: Crew, teller: Teller) -> None:
    """It is sent, erased at the carrier, and then nobody can tell to whom."""
    number = tip_of(teller, crew)
    teller.presses("2")
    assert "We are sending it to you" in teller.presses("2")
    assert crew.does("send_text") == ["sent"]
    [(to, body)] = crew.texted()
    assert (to, re.sub(r"\D", "", body)) == (CALLER, number)
    assert until_settled(crew, "forget_exchange") == ["forgotten"]
    asked = "select number_sealed, (select count(*) from keys.case_keys k where k.case_id = n.case_id)"
    assert crew.carrier.rows(f"{asked} from contacts n where channel = 'text'") == [(None, 0)]
    assert [entry["status"] for entry in crew.asked("/Messages/", Body="")][-1] == 200


def until_settled(crew: Crew, kind: str) -> list[object]:
    """A row that comes again, because the carrier is not ready, is worked until it does not."""

    def worked() -> list[object]:
        crew.clock.advance(hours=1)
        outcomes = crew.does(kind)
        return [] if None in outcomes else outcomes

    return list(crew.network.telephone.eventually(worked, what=f"the end of {kind}"))


def test_a_withheld_number_gets_no_text(crew: Crew) -> None:
    """And is told so, instead of something that is not true."""
    caller = Teller(crew.carrier, "CA7", "anonymous")
    caller.comes_to("222221")
    caller.ends_recording("RE" + "2" * 32)
    caller.presses("2")
    assert "We cannot send it to you by text." in caller.presses("2")
    assert crew.carrier.count("messages") == 0


# ── texts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tip_by_text_is_kept_apart_from_who_wrote_it(crew: Crew) -> None:
    """Its words are in its own case; the exchange has the number and none of the words, and is nobody's work."""
    crew.carrier.writes(A_TIP)
    assert crew.carrier.rows("select path, priority, closed_at is null from cases order by path") == [
        ("exchange", "P?", False),
        ("tip", "P4", True),
    ]
    assert crew.carrier.rows("select direction, body_sealed is null from messages order by id") == [
        ("in", True),
        ("out", False),
    ]
    assert opened(crew).decode() == A_TIP
    assert crew.carrier.count("pages") == 0
    assert crew.waiting() == ["send_text", "forget_exchange", "fetch_tip"]


def test_a_text_about_a_minor_wakes_the_team_and_is_read_to_them(crew: Crew) -> None:
    """On the tip's case; who accepts hears what was written, and finishes with 3."""
    crew.carrier.writes(A_MINOR)
    crew.does("page")
    leg = crew.leg()
    crew.network.telephone.device(leg.number).answers()
    assert "laissé sans numéro" in leg.accepts().answers[-1]
    assert crew.does("read_texts") == ["read 1"]
    [read] = [entry["form"]["Twiml"] for entry in crew.asked("/Calls/") if "Twiml" in entry["form"]]
    assert "avoir 15 ans au motel Z" in read
    leg.presses("3")
    assert crew.carrier.rows("select state, outcome from pages") == [("done", "finished")]


def test_the_questions_by_text_wake_the_team_and_are_no_words(crew: Crew) -> None:
    """Happening now, and somebody under 18: the tip itself is urgent; the figures that said so are kept nowhere."""
    for at, words in enumerate((A_TIP, "2", "1", "1", "2")):
        crew.carrier.writes(words, f"SM{at}")
    asked = "select p.priority, c.path, c.flags @> array['minor', 'now', 'organised_crime'] from pages p"
    assert crew.carrier.rows(f"{asked} join cases c on c.id = p.case_id") == [("P1", "tip", True)]
    assert (crew.carrier.count("tip_parts"), opened(crew).decode()) == (1, A_TIP)


def test_questions_answered_before_anything_was_told_wake_nobody_yet(crew: Crew) -> None:
    """The page comes with the first words, by which somebody can act."""
    for at, words in enumerate(("RENSEIGNEMENT", "2", "1", "1")):
        crew.carrier.writes(words, f"SM{at}")
    assert crew.carrier.count("pages") == 0
    crew.carrier.writes("une camionnette grise au motel Z", "SM9")
    assert crew.carrier.rows("select priority from pages") == [("P1",)]


def test_a_text_of_danger_is_urgent_whatever_else_it_is(crew: Crew) -> None:
    """In the first text, or after a tip: the number is there, and the words reach the team."""
    crew.carrier.writes(A_TIP)
    crew.carrier.writes("au secours il a une arme", "SM2")
    assert crew.carrier.rows(
        "select p.priority, c.path, c.closed_at from pages p join cases c on c.id = p.case_id"
    ) == [("P1", "text", None)]
    crew.clock.advance(hours=3)
    assert crew.does("forget_exchange") == ["it is for more than a tip"]


def test_who_said_hello_first_is_forgotten_too(crew: Crew) -> None:
    """What was said before is kept no longer than the exchange, and wakes nobody later."""
    crew.carrier.writes("bonjour, c'est quoi cette ligne?", "SM1")
    crew.carrier.writes(A_TIP, "SM2")
    crew.clock.advance(minutes=31)
    assert crew.does("look") == ["seen"]
    assert crew.carrier.rows("select path from cases order by path") == [("exchange",), ("tip",)]


def test_a_promise_of_a_call_is_not_forgotten_with_a_tip(crew: Crew) -> None:
    """Who was promised a call and then leaves a tip keeps the promise."""
    for at, words in enumerate(("rappel", "demain 14h", "oui", A_TIP)):
        crew.carrier.writes(words, f"SM{at}")
    crew.clock.advance(hours=3)
    assert crew.does("forget_exchange") == ["it is for more than a tip"]
    assert crew.carrier.rows("select count(*) from keys.case_keys") == [(2,)]


def test_a_number_by_text_is_given_on_request_once(crew: Crew) -> None:
    """1 gives it, in groups; what is kept of the exchange are its hash and our answer, until both are forgotten."""
    crew.carrier.writes(A_TIP)
    crew.carrier.writes("1", "SM2")
    crew.carrier.writes("1", "SM3")
    crew.does("send_text")
    numbers = [re.search(r"\d{5} \d{3} \d{4}", body) for _, body in crew.texted()]
    assert [found is not None for found in numbers] == [False, True]
    assert crew.carrier.count("tip_parts") == 1


def test_what_was_written_is_erased_at_the_carrier(crew: Crew) -> None:
    """Confirmed, and then its name is dropped."""
    sid = crew.inbound()
    crew.carrier.writes(A_TIP, sid)
    assert crew.does("fetch_tip") == ["erased"]
    assert crew.hands.gateway.text_is_erased(sid)
    assert row(crew, "tip_parts", "state, sid_sealed, erased_at is not null") == ("kept", None, True)


def test_an_exchange_about_a_tip_is_forgotten_two_hours_after_its_last_word(crew: Crew) -> None:
    """Number, key and pseudonyms are gone; the tip stays; the next text of the same person begins another."""
    crew.carrier.writes(A_TIP, crew.inbound())
    crew.clock.advance(hours=1)
    crew.carrier.writes("une camionnette", crew.inbound())
    crew.does("send_text")
    crew.clock.advance(hours=1)
    assert crew.does("forget_exchange") == [None]
    assert until_settled(crew, "forget_exchange") == ["forgotten"]
    assert crew.carrier.rows("select number_sealed, place from contacts") == [(None, None)]
    assert crew.carrier.rows("select sid_key, sid_sealed, body_sealed from messages") == [(None,) * 3] * 3
    assert crew.carrier.rows("select giver from tips") == [(None,)]
    assert crew.carrier.rows("select path from keys.case_keys k join cases c on c.id = k.case_id") == [("tip",)]
    crew.carrier.writes("une autre plaque: renseignement", "SM9")
    assert crew.carrier.count("tips") == 2


def test_a_text_that_comes_twice_is_one_part(crew: Crew) -> None:
    """And one answer, and one row of work of each kind."""
    for _ in range(2):
        crew.carrier.writes(A_TIP)
    assert (crew.carrier.count("tip_parts"), crew.carrier.count("tips"), len(crew.waiting())) == (1, 1, 3)


def test_pictures_are_counted_and_not_fetched(crew: Crew) -> None:
    """How many there were is sealed with the words."""
    form = {"MessageSid": "SM1", "From": CALLER, "To": LINE, "Body": A_TIP, "NumMedia": "2"}
    crew.carrier.post("/twilio/sms", form | {"MediaUrl0": "http://carrier.test/ME1"})
    with crew.store.turn() as conn:
        wrapped = cases.wrapped_key(conn, int(str(crew.carrier.rows("select case_id from tips")[0][0])))
    sealed = bytes(row(crew, "tip_parts", "media_sealed")[0])  # type: ignore[arg-type]
    assert wrapped is not None and crew.hands.opener.open_case(wrapped, sealed) == b"2"


# ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_call_began_and_nobody_filled_is_forgotten(crew: Crew, teller: Teller) -> None:
    """A circumstance without a word: after the longest call the tip is gone, and a filled one has no giver."""
    teller.comes_to("2221")
    assert crew.carrier.rows("select flags, priority, rule from cases") == [(["now", "tip"], "P2", "a tip, now")]
    filled = Teller(crew.carrier, "CA8", "+15145550124")
    filled.comes_to("222221")
    filled.ends_recording("RE" + "3" * 32)
    crew.clock.advance(hours=5)
    with crew.store.turn() as conn:
        tips.tidy(conn, crew.clock.now())
    assert crew.carrier.rows("select giver, said from tips") == [(None, None)]
    assert crew.carrier.rows("select count(*) from keys.case_keys") == [(1,)]


def test_guesses_are_forgotten_after_an_hour(crew: Crew) -> None:
    """With whatever pseudonyms they had."""
    crew.carrier.writes("123456789012")
    assert crew.carrier.count("tip_guesses") == 1
    crew.clock.advance(hours=1, seconds=1)
    with crew.store.turn() as conn:
        tips.tidy(conn, crew.clock.now())
    assert crew.carrier.count("tip_guesses") == 0
