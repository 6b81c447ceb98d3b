"""Responders' texts and texts with a human, over the real app, database and workers: orders done, answers delivered."""

from itertools import count

import pytest

from hotline.store import contacts, work
from tests.edges.line import CALLER, LINE, TEAM, Carrier, Crew, Leg, Sql

A, B = TEAM[0][1], TEAM[1][1]
URGENT = "au secours il est parti, vite"


class Team:
    """A crew whose responders write; each text has a name of its own."""

    def __init__(self, crew: Crew) -> None:
        self.crew, self._sids = crew, count(1)
        self.page_number = crew.hands.settings.page_number

    def writes(self, words: str, number: str = A, to: str | None = None, sid: str | None = None) -> int:
        """A responder's text; to the number that pages come from unless told otherwise."""
        form = {"From": number, "To": to or self.page_number, "Body": words, "NumMedia": "0"}
        form["MessageSid"] = sid or f"SMteam{next(self._sids)}"
        return self.crew.carrier.post("/twilio/sms", form).status_code

    def person_writes(self, words: str) -> None:
        self.crew.carrier.writes(words, f"SMperson{next(self._sids)}")

    def told(self, number: str = A) -> list[str]:
        """What this responder is written about, from now on or not seen before."""
        before = len(self.crew.texted())
        self.crew.does("tell_team")
        return [body for to, body in self.crew.texted()[before:] if to == number]

    def person_got(self) -> list[str]:
        self.crew.does("send_text")
        return [body for to, body in self.crew.texted() if to == CALLER]

    @property
    def code(self) -> str:
        return str(self.crew.carrier.rows("select code from cases order by id desc limit 1")[0][0])

    @property
    def page(self) -> tuple[object, ...]:
        """The newest page: its state, and who has it."""
        asked = "select p.state, a.responder_id from pages p left join attempts a on a.id = p.accepted_attempt"
        return self.crew.carrier.rows(f"{asked} order by p.id desc limit 1")[0]

    def rung_for_a_text(self) -> str:
        """Somebody wrote in danger and the first responder is rung: the code."""
        self.person_writes(URGENT)
        self.crew.does("send_text")
        self.crew.does("page")
        return self.code

    def has_a_thread(self) -> str:
        """The first responder has accepted it in writing: the code."""
        code = self.rung_for_a_text()
        self.writes(f"1 {code}")
        self.crew.does("hush_others")
        self.told()
        return code


@pytest.fixture
def team(crew: Crew) -> Team:
    """A line with a team that writes."""
    return Team(crew)


def responders_are_nobodys_contact(team: Team) -> bool:
    return team.crew.carrier.count("contacts") == 1


# ── the door ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", ["1 {}", "oui {}", "1{}", "YES {}"])
@pytest.mark.parametrize("to_line", [False, True])
def test_a_coded_text_accepts(team: Team, words: str, to_line: bool) -> None:
    """However it is written and to whichever of our numbers: the page is theirs, and they are nobody's contact."""
    code = team.rung_for_a_text()
    team.writes(words.format(code), to=LINE if to_line else None)
    assert (team.page, responders_are_nobodys_contact(team)) == (("accepted", 1), True)
    [said] = team.told()
    assert said.startswith(f"Code {code}: c'est à vous.") and f"FINI {code}" in said


def test_an_order_to_the_number_we_call_from_is_done_too(team: Team) -> None:
    """Nothing is answered there to anybody else; a responder's order is an order on every number of ours."""
    code = team.rung_for_a_text()
    team.writes(f"1 {code}", to="+15145550101")
    assert team.page == ("accepted", 1)


def test_the_one_page_there_is_needs_no_code(team: Team) -> None:
    """`oui` alone is the page they are rung for; with none, they are asked for the code."""
    team.writes("oui")
    assert team.told() == ["Ajoutez le code: 1 et les six chiffres pour accepter, 2 pour refuser."]
    team.rung_for_a_text()
    team.writes("oui")
    assert team.page == ("accepted", 1)


def test_a_coded_text_declines(team: Team) -> None:
    """`2 CODE`: the page goes on to the next."""
    code = team.rung_for_a_text()
    team.writes(f"non {code}")
    team.crew.does("page")
    assert (team.page[0], team.crew.called()) == ("open", [A, B])
    assert team.told()[0].startswith(f"Code {code}: refus noté.")


def test_the_second_who_accepts_is_told_who_has_it(team: Team) -> None:
    """One wins; the other reads the name of who has it."""
    code = team.has_a_thread()
    team.writes(f"1 {code}", B)
    assert (team.page, team.told(B)) == (("accepted", 1), [f"Code {code}: Intervention l'a accepté."])


@pytest.mark.parametrize("words", ["1 000001", "482913 On est là", "FINI 000001", "2 000001"])
def test_an_unknown_code_is_nothing_of_theirs(team: Team, words: str) -> None:
    """Whatever is ordered under it, the answer is the same."""
    team.writes(words)
    assert team.told() == ["Rien à vous sous ce code. Vérifiez les six chiffres."]


@pytest.mark.parametrize("words", ["{} On est là", "FINI {}"])
def test_somebody_elses_code_is_nothing_of_theirs_either(team: Team, words: str) -> None:
    """Who has not accepted it writes to nobody and finishes nothing; a stranger who knows the code orders nothing."""
    code = team.has_a_thread()
    got = team.person_got()
    team.writes(words.format(code), B)
    assert (team.told(B), team.person_got()) == (["Rien à vous sous ce code. Vérifiez les six chiffres."], got)
    team.writes(words.format(code), "+14165550188")
    assert team.crew.carrier.rows("select state from pages order by id")[0] == ("accepted",)
    assert team.crew.carrier.count("team_texts") == 4


def test_a_page_that_is_over_is_said_so(team: Team) -> None:
    """A late `1 CODE` opens nothing again."""
    code = team.has_a_thread()
    team.writes(f"FINI {code}")
    assert team.told()[0].startswith(f"Code {code}: terminé.")
    team.writes(f"1 {code}")
    assert (team.page[0], team.told()) == ("done", [f"Code {code}: c'est terminé."])


def test_a_repeated_text_is_one_order(team: Team) -> None:
    """The carrier brings it three times: one acceptance and one answer."""
    code = team.rung_for_a_text()
    for _ in range(3):
        assert team.writes(f"1 {code}", sid="SMsame") == 200
    assert len(team.told()) == 1


def test_what_is_not_understood_gets_the_commands_once(team: Team) -> None:
    """One short list, and no second one within ten minutes: their telephone may answer by itself."""
    team.writes("euh allo")
    assert team.told()[0].startswith("1 CODE: accepter.")
    team.writes("x" * 1600)
    assert team.told() == []
    team.crew.clock.advance(minutes=11)
    team.writes("allo?")
    assert len(team.told()) == 1


@pytest.mark.parametrize("to_line", [False, True])
def test_a_responder_in_danger_is_a_person(team: Team, to_line: bool) -> None:
    """Doubt goes up: danger in a text without a command wakes the team, to whichever number it was written."""
    team.writes("au secours", to=LINE if to_line else None)
    assert team.crew.carrier.rows("select priority, reason from pages") == [("P1", "danger")]


def test_a_responder_who_is_helped_as_a_person_answers_as_one(team: Team) -> None:
    """A bare `1` to the line, in an exchange of their own, is an answer to its question."""
    team.writes("au secours il est la", to=LINE)
    team.writes("1", to=LINE)
    assert team.crew.carrier.rows("select count(*) from messages where direction = 'in'") == [(2,)]


def test_a_machine_that_answers_gets_nothing(team: Team) -> None:
    """ "I am driving": no sentence of ours, or the two would write to one another for ever."""
    team.writes("Je conduis en ce moment. Réponse automatique.")
    assert team.told() == []


def test_an_english_responder_reads_english(team: Team) -> None:
    """In the first of their languages."""
    team.crew.carrier.rows("update responders set languages = '{en,fr}' where id = 1 returning id")
    code = team.rung_for_a_text()
    team.writes(f"1 {code}")
    assert team.told()[0].startswith(f"Code {code}: it is yours.")


def test_a_call_is_taken_in_writing_too(crew: Crew) -> None:
    """For a call they are rung, and a key joins them."""
    team = Team(crew)
    crew.rung()
    team.writes(f"1 {team.code}")
    assert team.told() == [f"Code {team.code}: c'est à vous. Votre téléphone sonne: faites le 1."]


# ── words for a person ────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_goes_to_the_person_once(team: Team) -> None:
    """Sealed, sent from the line's number as one text; either side's number is hidden from the other."""
    code = team.has_a_thread()
    team.writes(f"{code} On est là. Êtes-vous seule?")
    assert team.person_got()[-1] == "On est là. Êtes-vous seule?"
    [sent] = team.crew.asked("/Messages.json", To=CALLER, Body="On est là. Êtes-vous seule?")
    assert (sent["form"]["From"], sent["form"]["ValidityPeriod"]) == (LINE, "60")
    assert team.told() == [f"Code {code}: nous l'envoyons."]
    kept = team.crew.carrier.rows("select m::text from messages m union all select t::text from team_texts t")
    assert not any("seule" in str(row) for row in kept)


def test_the_carriers_copy_of_an_answer_is_erased(team: Team) -> None:
    """What a responder wrote for a person is sealed here, then redacted there; other orders are not touched."""
    code = team.has_a_thread()
    sid = team.crew.inbound()
    team.writes(f"{code} On est là", sid=sid)
    [outcome] = team.crew.does("erase_team_text")
    assert (outcome or "erased") == "erased"
    assert team.crew.hands.gateway.text_is_erased(sid)
    assert "erase_team_text" not in team.crew.waiting() or outcome is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Ici la police. Êtes-vous seule?", "ces premiers mots disent qui nous sommes"),
        ("a" * 400, "trop long"),
        ("é" * 1500, "trop long"),
        ("", "puis le texte"),
    ],
)
def test_words_that_are_no_text_of_ours_are_refused(team: Team, words: str, said: str) -> None:
    """Nothing goes out, and the writer is told why."""
    code = team.has_a_thread()
    got = team.person_got()
    team.writes(f"{code} {words}")
    assert (team.person_got(), said in team.told()[0]) == (got, True)


def test_ten_minutes_after_their_last_text_a_responder_confirms(team: Team) -> None:
    """Held until `1 CODE`; after that the conversation goes on without asking, for ten minutes."""
    code = team.has_a_thread()
    got = team.person_got()
    team.crew.clock.advance(minutes=10, seconds=1)
    team.writes(f"{code} Toujours là?")
    assert (team.person_got(), team.told()[0].startswith(f"Code {code}: pas encore envoyé.")) == (got, True)
    team.writes(f"OUI {code}")
    assert team.person_got()[-1] == "Toujours là?"
    team.writes(f"{code} Prenez votre temps.")
    assert team.person_got()[-1] == "Prenez votre temps."


def test_what_is_held_can_be_dropped(team: Team) -> None:
    """`2 CODE`: nothing is sent, and the conversation is still theirs."""
    code = team.has_a_thread()
    got = team.person_got()
    team.crew.clock.advance(minutes=11)
    team.writes(f"{code} Toujours là?")
    team.told()
    team.writes(f"NON {code}")
    assert (team.told(), team.page) == ([f"Code {code}: rien n'est envoyé."], ("accepted", 1))
    team.writes(f"OUI {code}")
    assert team.person_got() == got


def test_after_silence_was_asked_nothing_goes_out(team: Team) -> None:
    """Neither what is written afterwards nor what was on its way."""
    code = team.has_a_thread()
    got = team.person_got()
    team.writes(f"{code} On est là")
    team.person_writes("STOP")
    assert team.person_got() == got
    team.writes(f"{code} Encore là?")
    assert team.person_got() == got
    assert f"Code {code}: silence demandé, rien n'est envoyé. Si c'est sans danger: LEVER {code}." in team.told()


def test_only_whoever_has_them_lifts_a_silence_and_nothing_else_does(team: Team) -> None:
    """Their own new text does not; after the word of a human their words go out, and another STOP is silence again."""
    code = team.has_a_thread()
    team.person_writes("STOP")
    got = team.person_got()
    team.person_writes("allo?")
    team.writes(f"LEVER {code}", B)
    team.writes(f"{code} Toujours là?")
    assert (team.person_got(), "silence demandé" in team.told()[-1]) == (got, True)
    team.writes(f"LEVER {code}")
    assert "le silence est levé" in team.told()[-1]
    team.writes(f"{code} On peut vous écrire?")
    assert team.person_got() == [*got, "On peut vous écrire?"]
    team.person_writes("STOP")
    team.writes(f"{code} Encore?")
    assert team.person_got() == [*got, "On peut vous écrire?"]
    assert [row[0] for row in team.crew.carrier.rows("select actor from audit where verb = 'lift_silence'")] == [
        "responder:1"
    ]


def test_a_silence_nobody_asked_for_is_not_lifted(team: Team) -> None:
    """It is said so, and nothing is written in the register."""
    code = team.has_a_thread()
    team.writes(f"LIFT {code}")
    assert team.told()[-1] == f"Code {code}: aucun silence demandé."
    assert team.crew.carrier.rows("select 1 from audit where verb = 'lift_silence'") == []


def test_a_text_that_comes_beside_the_lift_does_not_bring_the_silence_back(team: Team) -> None:
    """A text being read holds the place of before: its turn is another's by now, and it is read again."""
    team.has_a_thread()
    team.person_writes("STOP")
    with team.crew.store.turn() as conn:
        texter = contacts.find_text(conn, team.crew.hands.sealer.pseudonym("person", CALLER))
        assert texter.contact_id is not None and texter.place is not None
        assert contacts.lift_silence(conn, texter.contact_id)
        now = team.crew.clock.now()
        assert not contacts.advance_text(conn, texter.contact_id, texter.turn, dict(texter.place), now)
        assert not contacts.lift_silence(conn, texter.contact_id)


def test_what_waited_too_long_for_a_worker_is_held(team: Team) -> None:
    """A text that would come ten minutes late is asked about again, not sent."""
    code = team.has_a_thread()
    got = team.person_got()
    team.writes(f"{code} On est là")
    team.crew.clock.advance(minutes=12)
    assert (team.person_got(), team.told()[-1].startswith(f"Code {code}: pas encore envoyé.")) == (got, True)


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("undelivered", "30005", "notre réponse n'est pas arrivée."),
        ("failed", "30007", "notre réponse n'est pas arrivée."),
        ("undelivered", "21610", "nos textos sont bloqués vers cette personne."),
    ],
)
def test_a_text_that_did_not_arrive_is_told(team: Team, status: str, error: str, said: str) -> None:
    """Once, however often the carrier says so."""
    code = team.has_a_thread()
    team.writes(f"{code} On est là")
    team.person_got()
    team.told()
    url = team.crew.asked("/Messages.json", To=CALLER)[-1]["form"]["StatusCallback"]
    for _ in range(2):
        team.crew.carrier.post(url, {"MessageStatus": status, "ErrorCode": error})
    assert team.told() == [f"Code {code}: {said}"]


def test_a_block_is_told_at_once(team: Team) -> None:
    """The carrier refuses to take it: whoever has the conversation knows within a turn of the worker."""
    code = team.has_a_thread()
    team.writes(f"{code} On est là")
    team.told()
    team.crew.network.telephone.weather({"match": {"path_contains": "/Messages.json", "to": CALLER}, "code": 21610})
    team.crew.does("send_text")
    assert team.told() == [f"Code {code}: nos textos sont bloqués vers cette personne."]


@pytest.mark.parametrize("in_writing", [True, False])
def test_a_loss_before_anybody_had_it_is_told_to_who_accepts(team: Team, in_writing: bool) -> None:
    """Our own first reply did not arrive: they know before they write."""
    team.person_writes(URGENT)
    team.crew.does("send_text")
    url = team.crew.asked("/Messages.json", To=CALLER)[-1]["form"]["StatusCallback"]
    team.crew.carrier.post(url, {"MessageStatus": "undelivered", "ErrorCode": "30003"})
    team.crew.does("page")
    team.writes(f"1 {team.code}") if in_writing else team.crew.leg().accepts()
    assert team.told()[-1] == f"Code {team.code}: notre réponse n'est pas arrivée."


# ── and back ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_next_text_is_told_to_who_has_it_and_to_nobody_else(team: Team) -> None:
    """Not a word of it: only that there is one, and where to hear it."""
    code = team.has_a_thread()
    team.person_writes("il revient vers minuit")
    before = len(team.crew.called())
    team.crew.does("new_text")
    [said] = team.told()
    assert said.startswith(f"Code {code}: nouveau message.") and "minuit" not in said
    assert (team.told(B), len(team.crew.called())) == ([], before)


def test_several_texts_at_once_are_told_once(team: Team) -> None:
    """Within a minute one notice is enough."""
    team.has_a_thread()
    for words in ("il revient", "vers minuit", "svp"):
        team.person_writes(words)
    team.crew.does("new_text")
    assert len(team.told()) == 1


def test_nobody_answers_and_the_page_goes_on(team: Team) -> None:
    """A minute and a half in danger: the next person is rung, and who had it is told so and may take it back."""
    code = team.has_a_thread()
    team.crew.clock.advance(seconds=91)
    assert team.crew.does("watch_text") == ["the page goes on"]
    team.crew.does("page")
    assert (team.page[0], team.crew.called()[-1]) == ("open", B)
    assert team.told() == [f"Code {code}: sans réponse de vous, nous appelons la personne suivante."]
    team.writes(f"{code} On est là")
    assert team.told() == [f"Code {code}: ce n'est plus à vous, rien n'est envoyé. Pour le reprendre: 1 {code}."]
    team.writes(f"1 {code}")
    assert team.page == ("accepted", 1)


def test_who_answers_keeps_it(team: Team) -> None:
    """An answer in time, and the page stays; the next text starts the wait anew."""
    code = team.has_a_thread()
    team.crew.clock.advance(seconds=80)
    team.writes(f"{code} On est là")
    team.crew.clock.advance(seconds=11)
    assert (team.crew.does("watch_text"), team.page[0]) == (["nothing to do"], "accepted")
    team.person_writes("ok")
    team.crew.does("new_text")
    team.crew.clock.advance(seconds=91)
    assert "the page goes on" in team.crew.does("watch_text")


def test_finished_and_written_again_is_a_new_page(team: Team) -> None:
    """`FINI CODE` is over; the person's next text wakes whoever is on duty."""
    code = team.has_a_thread()
    team.writes(f"FINI {code}")
    team.person_writes("encore moi")
    assert (team.page[0], team.crew.carrier.count("pages")) == ("open", 2)


def test_oublie_mon_message_changes_nothing(team: Team) -> None:
    """Only a human lets go: the page stays theirs, and its text is one like others."""
    team.has_a_thread()
    team.person_writes("c bon laisse faire oublie mon message")
    assert (team.page, team.crew.carrier.rows("select priority from pages")) == (("accepted", 1), [("P1",)])


def by_key(crew: Crew) -> Leg:
    """The texts are being read to whoever accepted with a key."""
    crew.carrier.writes(URGENT)
    crew.does("page")
    leg = crew.leg()
    crew.network.telephone.device(leg.number).answers()
    leg.accepts()
    assert crew.does("read_texts") == ["read 1"]
    return leg


def test_who_heard_the_texts_hangs_up_to_write(crew: Crew) -> None:
    """The conversation is still theirs, for as long as an answer may take."""
    leg, team = by_key(crew), Team(crew)
    leg.becomes("completed")
    crew.clock.advance(seconds=5)
    assert (crew.does("back"), team.page[0]) == ([], "accepted")
    team.writes(f"{team.code} On est là")
    assert team.person_got()[-1] == "On est là"
    crew.clock.advance(seconds=120)
    assert (crew.does("watch_text"), team.page[0]) == (["nothing to do"], "accepted")


def test_what_is_held_answers_nobody(team: Team) -> None:
    """Words that nobody confirmed leave the person waiting: the page goes on."""
    code = team.has_a_thread()
    team.crew.carrier.rows("update contacts set last_at = last_at - interval '11 minutes' returning id")
    team.writes(f"{code} Toujours là?")
    team.crew.clock.advance(seconds=91)
    assert team.crew.does("watch_text") == ["the page goes on"]


def test_a_carrier_that_cannot_say_holds_no_page(crew: Crew) -> None:
    """Whether a call still goes on is not known: the text that waits goes on to the next all the same."""
    by_key(crew)
    rule = {"match": {"path_contains": "/Calls/", "method": "GET"}, "answer": 500, "times": 9}
    crew.network.telephone.weather(rule)
    with crew.store.turn() as conn:
        work.add(conn, "watch_text", "urgent", 1, crew.clock.now(), now=crew.clock.now())
    crew.clock.advance(seconds=91)
    assert crew.does("watch_text") == ["the page goes on"]


def test_who_heard_the_texts_and_writes_nothing_loses_it(crew: Crew) -> None:
    """A minute and a half after they hung up."""
    by_key(crew).becomes("completed")
    crew.clock.advance(seconds=91)
    assert (crew.does("watch_text"), Team(crew).page[0]) == (["the page goes on"], "open")


def test_a_leg_that_died_before_the_texts_were_read_goes_on_at_once(crew: Crew) -> None:
    """A dead battery is no reader."""
    crew.carrier.writes(URGENT)
    crew.does("page")
    crew.leg().accepts().becomes("completed")
    crew.clock.advance(seconds=3)
    assert (crew.does("back"), Team(crew).page[0]) == (["the page goes on"], "open")


def test_without_sql_an_order_comes_again(carrier: Carrier, sql: Sql) -> None:
    """503, so that the carrier keeps it and brings it again."""
    form = {"From": A, "To": "+15145550102", "Body": "1 482913", "NumMedia": "0", "MessageSid": "SMlate"}
    sql.goes()
    assert carrier.post("/twilio/sms", form).status_code == 503
    sql.returns()
    assert (carrier.post("/twilio/sms", form).status_code, carrier.count("team_texts")) == (200, 2)
