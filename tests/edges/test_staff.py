"""Staff on the line: key 7, code and PIN over the real app; what they hear, and the texts read to them in that call."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hotline import places
from hotline.store import pins, roster
from tests.edges.line import CALLER, LINE, TEAM, Carrier, Crew, Phone, Sql, eventually
from tests.edges.test_duties import on_duty, waiting_for_it
from tests.edges.test_orders import A, Team

PIN = "402817"
MENU = "Pour de l'aide, le un."


def given_a_pin(carrier: Carrier, responder: int = 1) -> str:
    """A responder with a PIN: code and PIN as they are typed."""
    with carrier.line.store.turn(5) as conn:
        return pins.set_pin(conn, carrier.line.sealer, responder, PIN, carrier.line.clock.now()) + PIN


def types(phone: Phone, digits: str) -> str:
    """Seven in the main menu, then these."""
    if not phone.answers:
        phone.dials()
        phone.is_silent()
    phone.presses("7")
    return phone.posts(phone.address("Gather", "action"), Digits=digits)


def test_code_and_pin_open_the_menu_for_staff(crew: Crew) -> None:
    """On duty, and nobody waits; whichever telephone they call from."""
    heard = types(Phone(crew.carrier), given_a_pin(crew.carrier))
    assert "Vous êtes en service. Personne n'attend." in heard.replace("&#x27;", "'")
    assert crew.carrier.rows("select actor, verb from audit where verb = 'staff_line'") == [
        ("responder:1", "staff_line")
    ]


@pytest.mark.parametrize("wrong", ["9999402817", "{code}111222", "0000000000"])
def test_whatever_is_wrong_sounds_the_same(crew: Crew, wrong: str) -> None:
    """An unknown code and a wrong PIN: one sentence, and the main menu."""
    code = given_a_pin(crew.carrier)[:4]
    heard = types(Phone(crew.carrier), wrong.format(code="9998" if code == "9999" else code))
    assert ("reconnu" in heard, "Pour de l" in heard, "service" in heard.split("reconnu")[0]) == (True, True, False)


def test_too_many_guesses_sound_the_same_too(crew: Crew) -> None:
    """After three in one call the right one is refused with the same words; another call is heard."""
    right, phone = given_a_pin(crew.carrier), Phone(crew.carrier)
    wrong = [types(phone, f"{right[:4]}111222") for _ in range(3)]
    refused = types(phone, right)
    assert [answer.split("<Gather")[0] for answer in wrong] == [refused.split("<Gather")[0]] * 3
    assert "Vous êtes en service" in types(Phone(crew.carrier, "CA2"), right)


def test_everybody_hears_the_same_opening(crew: Crew) -> None:
    """Seven is announced nowhere, and a responder's number is treated like any other."""
    stranger, staff = Phone(crew.carrier, "CA1", CALLER), Phone(crew.carrier, "CA2", A)
    said = [phone.dials().split("<Gather")[1].split('action="')[0] for phone in (stranger, staff)]
    assert said[0] == said[1] and "sept" not in stranger.is_silent()


def test_nine_is_urgent_there_too(crew: Crew) -> None:
    """Whoever came there by mistake is one key from a person."""
    types(Phone(crew.carrier), "9")
    assert crew.carrier.rows("select priority, state from pages") == [("P1", "open")]


def test_what_waits_and_its_code(crew: Crew) -> None:
    """The most urgent first, its code figure by figure."""
    crew.waits(Phone(crew.carrier, "CA7"))
    [(code,)] = crew.carrier.rows("select code from cases")
    heard = types(Phone(crew.carrier), given_a_pin(crew.carrier))
    assert "Une demande attend." in heard and heard.count(",") >= len(str(code)) - 1


def test_off_duty_and_on_again(crew: Crew) -> None:
    """Two and three; the same key twice changes nothing more."""
    team, phone, right = Team(crew), Phone(crew.carrier), given_a_pin(crew.carrier)
    types(phone, right)
    assert "plus en service" in phone.presses("2")
    assert on_duty(team) == [2]
    again = Phone(crew.carrier, "CA2")
    assert "pas en service" in types(again, right)
    assert "vous êtes en service" in again.presses("3")
    assert on_duty(team) == [1, 2]


def test_the_last_one_is_told(crew: Crew) -> None:
    """Whoever leaves nobody behind hears so."""
    with crew.store.turn() as conn:
        roster.go_off_duty(conn, 2, crew.clock.now())
    phone = Phone(crew.carrier)
    types(phone, given_a_pin(crew.carrier))
    assert "le numéro de relève sonnera" in phone.presses("2")


def test_who_leaves_by_key_as_another_leaves_by_text_is_told(crew: Crew) -> None:
    """Whoever is second in that instant waits for the first, and hears that nobody is left."""
    team, phone = Team(crew), Phone(crew.carrier)
    types(phone, given_a_pin(crew.carrier))
    with ThreadPoolExecutor(1) as other:
        with crew.store.turn() as first:
            roster.one_leaves_at_a_time(first)
            heard = other.submit(phone.presses, "2")
            eventually(lambda: waiting_for_it(team) == 1)
            roster.go_off_duty(first, 2, crew.clock.now())
        assert "le numéro de relève sonnera" in heard.result()


def test_their_texts_are_read_in_this_call(crew: Crew) -> None:
    """What the person wrote since, to the ear of who has it, and nowhere else."""
    team = Team(crew)
    team.has_a_thread()
    team.person_writes("il revient vers minuit")
    device = crew.network.telephone.device(A).dials(LINE)
    crew.network.telephone.eventually(lambda: device.call["status"] == "in-progress", what="their call")
    phone = Phone(crew.carrier, device.call["sid"], A)
    types(phone, given_a_pin(crew.carrier))
    assert "Un instant." in phone.presses("1")
    assert crew.does("read_to_staff") == ["read 2"]
    [asked] = [entry["form"] for entry in crew.asked("/Calls/") if "minuit" in entry["form"].get("Twiml", "")]
    assert "Voici ce que la personne a écrit." in asked["Twiml"]
    onwards = asked["Twiml"].split("<Redirect")[1].split(">")[1].split("<")[0].replace("&amp;", "&")
    assert "écrivez par texto le code et vos mots" in phone.posts(onwards)


def test_without_a_conversation_nothing_is_read(crew: Crew) -> None:
    """They are told so; somebody else's conversation is not theirs."""
    Team(crew).has_a_thread()
    phone = Phone(crew.carrier)
    types(phone, given_a_pin(crew.carrier, responder=2))
    assert "pas de conversation" in phone.presses("1")
    assert crew.does("read_to_staff") == []


def test_who_lost_the_conversation_meanwhile_hears_nothing(crew: Crew) -> None:
    """Between the key and the reading it went on to the next."""
    team = Team(crew)
    code = team.has_a_thread()
    phone = Phone(crew.carrier)
    types(phone, given_a_pin(crew.carrier))
    phone.presses("1")
    team.writes(f"2 {code}")
    crew.clock.advance(seconds=3)
    crew.does("back")
    assert crew.does("read_to_staff") == ["nothing to do"]


def test_without_sql_staff_ring_nobody(carrier: Carrier, sql: Sql) -> None:
    """In their menu the call ends; the last resort is for people."""
    phone = Phone(carrier)
    types(phone, given_a_pin(carrier))
    sql.goes()
    answer = phone.presses("2")
    assert ("<Hangup" in answer, "<Dial" in answer, TEAM[0][1] in answer) == (True, False, False)


def test_a_hard_call_ends_with_a_quarter_of_an_hour(crew: Crew) -> None:
    """Offered once it is finished; taken, they are rung last, and nobody is left out."""
    leg = crew.rung().accepts()
    crew.carrier.post("/twilio/voice/status", {"CallSid": "CA1", "CallStatus": "completed"})
    leg.posts(
        places.first_address(crew.hands.sealer, crew.carrier.environ["PUBLIC_URL"], replace(leg.place, node="fini"))
    )
    assert "on vous appelle en dernier" in leg.presses("1")
    assert on_duty(Team(crew)) == [2, 1]
    crew.clock.advance(minutes=16)
    assert on_duty(Team(crew)) == [1, 2]
