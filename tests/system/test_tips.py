"""Tips as they are left and come back to: by voice and by text, in either language, with nobody's number kept."""

import re
from urllib.parse import quote

NUMBER_HEARD = re.compile(r"(?:\d[,;] ){11}\d")
NUMBER_READ = re.compile(r"\d{5} \d{3} \d{4}")


def figures(found):
    """The twelve figures of a tip's number, however they were said."""
    assert found is not None
    return re.sub(r"\D", "", found[0])


def says_a_tip(line, words, keys=("2", "2", "2")):
    """Somebody dials, goes the tip's way in French and says words after having pressed the key for it."""
    caller = line.a_call().presses("*").hears("For help").presses("*").hears("Pour de l'aide")
    for key, heard in zip(keys, ("Ne donnez pas votre nom.", "maintenant", "dix-huit ans"), strict=True):
        caller.presses(key).hears(heard)
    caller.presses("2").hears("le un. Ensuite").presses("1").hears("Parlez après le bip.").hears("[bip]")
    return caller.says(words)


def number_heard(line, caller):
    """The number of the tip, as the caller hears it."""
    caller.hears("Votre numéro de suivi est")
    events = line.telephone.ask("GET", f"/sim/handsets/{quote(caller.number)}/events?after=0&wait=0")["events"]
    return figures(NUMBER_HEARD.search(" ".join(event.get("text") or "" for event in events)))


def parts(line):
    """The parts of the newest tip: what each is, and whether the carrier has confirmed that it is gone there."""
    asked = "select kind, state, erased_at is not null, sid_sealed is null from tip_parts"
    return line.up.sql(f"{asked} where tip_id = (select max(tip_id) from tip_parts) order by id")


def test_a_tip_by_voice_and_back_by_text_in_english(line):
    """Recorded after the key for it, fetched, sealed, erased; added to by text, in the other language."""
    caller = says_a_tip(line, "la plaque est A B C")
    caller.presses("1")
    number = number_heard(line, caller)
    caller.presses("4").hears("personne ne va vous rappeler. Au revoir.")
    line.telephone.eventually(
        lambda: parts(line) == [("voice", "kept", True, True)], 120, "the recording is ours alone"
    )
    other = line.somebody().texts(f"{number[:5]} {number[5:8]} {number[8:]}", line.number)
    assert "You can add to it." in other.receives("OK.")
    other.texts("the grey van is back", line.number)
    line.telephone.eventually(lambda: parts(line)[1:] == [("text", "kept", True, True)], 120, "the text is ours alone")
    assert line.up.sql("select count(*) from contacts where case_id = (select max(case_id) from tips)") == [(0,)]


def test_a_tip_by_text_and_back_by_voice_in_french(line):
    """A number on request, with which one calls, in the other language, and adds to it."""
    person = line.somebody().texts("I want to report girls kept at motel Z, I have the plate", line.number)
    assert "Your number is not kept here" in person.receives("To follow up: 1")
    number = figures(NUMBER_READ.search(person.texts("1", line.number).receives("Keep it")))
    caller = line.a_call().presses("*").hears("For help").presses("*").hears("Pour de l'aide").presses("2")
    caller.hears("Pour ajouter").presses("3").hears("douze chiffres").presses(number).hears("Nous l'avons trouvé.")
    caller.hears("le un. Ensuite").presses("1").hears("[bip]").says("elle est revenue").presses("1")
    caller.hears("Votre numéro de suivi reste le même.").presses("3").hears("Merci.")
    kept = [("text", "kept", True, True), ("voice", "kept", True, True)]
    line.telephone.eventually(lambda: parts(line) == kept, 120, "two parts, ours alone")


def test_it_is_happening_now_and_they_hang_up(line):
    """What was said is kept, the team is woken for the tip, and nothing says who called."""
    caller = line.a_call().presses("*").hears("For help").presses("2").hears("Do not give your name.").presses("2")
    caller.hears("happening now").presses("1").hears("under eighteen").presses("2").hears("To leave only").presses("2")
    caller.hears("press one. Then").presses("1").hears("[bip]").says("they are at the door").hangs_up()
    line.first.rings().answers().hears("Code").presses("1").hears("laissé sans numéro").presses("3")
    assert line.becomes("done")["reason"] == "renseignement"
    line.telephone.eventually(
        lambda: parts(line) == [("voice", "kept", True, True)], 120, "the recording is ours alone"
    )
    asked = "select number_sealed, call_sid_sealed from contacts where case_id = (select max(case_id) from tips)"
    assert set(line.up.sql(asked)) == {(None, None)}


def test_what_is_erased_by_key_is_gone(line):
    """The pound key: nothing is fetched, and the carrier confirms that it has none."""
    says_a_tip(line, "non, oubliez").presses("#")
    gone = "select state, erased_at is not null, body_sealed from tip_parts order by id desc limit 1"
    line.telephone.eventually(lambda: line.up.sql(gone) == [("dropped", True, None)], 120, "the erasure")


def test_a_hundred_guesses_are_refused(line):
    """From a hundred telephones, at one tip: the same words each time, and no more than five are tried."""
    person = line.somebody().texts("I want to report girls kept at motel Z, I have the plate", line.number)
    person.receives("To follow up: 1")
    number = figures(NUMBER_READ.search(person.texts("1", line.number).receives("Keep it")))
    for guess in range(100):
        wrong = f"{(int(number[5:]) + 1 + guess) % 10**7:07}"
        fields = {"MessageSid": f"SM{guess:032}", "From": f"+1438555{2000 + guess}", "To": line.number}
        line.up.post("/twilio/sms", fields | {"Body": number[:5] + wrong, "NumMedia": "0"})
    assert line.up.sql("select count(*) <= 5 + 4 from tip_guesses") == [(True,)]
    person.texts(number, line.number).receives("Nothing under that number.")
