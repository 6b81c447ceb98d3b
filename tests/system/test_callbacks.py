"""A callback on the whole line: asked for by keys and by text, kept by a responder, and nothing said of us."""

SHOWN = "+15145550101"


def promised(line, caller):
    """The caller asks, by keys, to be called back now at their own number."""
    caller.presses("1").hears("Pour être rappelé, le deux.").presses("2").hears("d'où vous appelez, le un.").presses(
        "1"
    )
    caller.hears("Pour être rappelé maintenant, le un.").presses("1").hears("un mot de passe").presses("2")
    caller.hears("Nous ne laisserons pas de message").hears("le un.").presses("1").hears("C'est promis").is_cut_off()
    return caller


def kept(line, person, hello="Bonjour."):
    """The responder accepts, is briefed and calls; the person answers, and they meet."""
    line.first.rings().answers().hears("Rappel promis. Code").presses("1").hears("est-ce un bon moment?", within=40)
    line.first.hears("Pour appeler la personne maintenant, le un.", within=40)
    person.does_not_ring()
    line.first.presses("1").hears("Nous appelons la personne.")
    person.rings().answers().hears(hello)
    line.meet(person, line.first)
    return person


def outcome(line):
    return line.up.sql("select state, outcome from callbacks order by id desc limit 1")[0]


def test_asked_by_voice_called_back_joined_and_noted(line):
    """Keys, a promise, a page, a responder who listens, the person's telephone, one word, a meeting, an outcome."""
    person = promised(line, line.a_call())
    kept(line, person)
    assert person.call["other"] == SHOWN
    line.first.says("est-ce un bon moment?")
    person.hears("est-ce un bon moment?").hangs_up()
    assert [heard["text"] for heard in person.spoken()] == ["Bonjour."]
    line.first.hears("Si la personne a été jointe, le un.").presses("1").hears("C'est noté.")
    line.telephone.eventually(lambda: outcome(line) == ("done", "reached"), what="the outcome")
    assert line.up.status()["callbacks_due"] == 0


def test_asked_by_text_in_english_called_back_and_joined(line):
    """Words, now, yes; the responder is told the language and the code word."""
    person = line.somebody().texts("call me", line.number)
    person.receives("someone can call you")
    person.texts("1", line.number).receives("leaving no message")
    person.texts("lilac", line.number).receives("Code word kept")
    person.texts("yes", line.number).receives("It is promised")
    line.first.rings().answers().hears("Rappel promis. Code").presses("1").hears("Rappel en anglais.", within=40)
    line.first.hears("Mot de passe: lilac.").hears("Pour appeler la personne maintenant, le un.", within=40).presses(
        "1"
    )
    person.rings().answers().hears("Hello.")
    line.meet(person, line.first)


def test_two_while_waiting_and_no_answer(line):
    """The place is kept until the promise is there; nobody answers at the person's, and it is due once more."""
    caller = (
        line.an_urgent_call()
        .hears("pouvons-nous vous rappeler?", within=40)
        .presses("2")
        .hears("Nous appelons l'équipe.")
    )
    caller.presses("2").hears("Vous gardez votre place.").presses("1").hears("d'où vous appelez, le un.").presses("1")
    caller.hears("le un.").presses("1").hears("un mot de passe").presses("2")
    caller.hears("Nous ne laisserons pas de message", within=30).hears("le un.").presses("1").hears(
        "C'est promis"
    ).is_cut_off()
    line.first.rings(60).answers().hears("Rappel promis. Code", within=60).presses("1")
    line.first.hears("Pour appeler la personne maintenant, le un.", within=60).presses("1")
    line.first.hears("Pas de réponse, le deux.", within=90).presses("2").hears("C'est noté.")
    line.telephone.eventually(lambda: outcome(line) == ("promised", None), what="the next call")


def test_whoever_calls_our_number_back_learns_nothing(line):
    """One sentence in each language, and the end."""
    somebody = line.somebody().dials(SHOWN).hears("Bonjour. Ce numéro ne prend pas d'appels pour le moment.")
    somebody.hears("not taking calls at the moment.").is_cut_off(within=30)
    assert len(somebody.spoken()) == 2
    line.first.does_not_ring(within=5)
