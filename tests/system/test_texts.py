"""Texts: danger pages, nobody is answered twice, and what a person wrote is heard by the responder alone."""

import pytest

ONE_QUESTION = "OK. Bon moment? 1 oui, 2 non."


def _texts(person):
    """All that this telephone was sent."""
    return person.moments("text")


def test_an_urgent_text_reaches_a_human(line):
    """ "au secours il est la" pages, gets exactly one text, and is read to who accepts, as is what follows it."""
    person = line.somebody().texts("au secours il est la", line.number)
    assert person.receives("Bon moment?") == ONE_QUESTION
    line.first.rings().answers().hears("Urgence. Code").presses("1").hears("au secours il est la")
    person.texts("dans la chambre", line.number)
    line.first.hears("dans la chambre").presses("3").hears("C'est terminé.")
    assert line.becomes("done")["outcome"] == "finished"
    assert len(_texts(person.does_not_receive("", within=5))) == 1


def test_a_first_text_gets_one_neutral_reply(line):
    """Any other first text: one reply that says what it answers, and no second one by itself."""
    person = line.somebody().texts("bonjour, c'est quoi cette ligne?", line.number)
    assert "Vous pouvez nous écrire, sans donner de nom." in person.receives("Bonjour.")
    person.does_not_receive("", within=10)
    assert len(_texts(person)) == 1


def test_stop_gets_nothing(line):
    """STOP is obeyed: nothing is sent, and a human looks."""
    person = line.somebody().texts("STOP", line.number)
    line.accepts(line.first).hears("STOP")
    assert _texts(person.does_not_receive("", within=5)) == []


def test_two_texts_at_once_both_count(line):
    """Two texts in the same instant: one page, at most one answer, and both are read."""
    person = line.somebody().texts("au secours", line.number).texts("il a une arme", line.number)
    line.accepts(line.first).hears("Voici ce que la personne a écrit.")
    for words in ("au secours", "il a une arme"):
        line.telephone.eventually(lambda words=words: line.first.moments("heard", words), what=f"{words!r} is read")
    assert line.up.sql("select count(*) from pages where state <> 'done'") == [(1,)]
    assert len(_texts(person.does_not_receive("Bonjour", within=5))) <= 1


@pytest.mark.parametrize("answer", ["timeout_after_accepting", "nothing", 500])
def test_a_text_whose_fate_is_unknown_is_not_repeated(line, answer):
    """The carrier takes our text and says nothing: the person gets one text at the most, and the page goes on."""
    person = line.somebody()
    rule = {"match": {"method": "POST", "path_contains": "/Messages.json", "to": person.number}, "answer": answer}
    line.telephone.weather(rule)
    person.texts("au secours il est la", line.number)
    line.accepts(line.first)
    settled = "select state from messages where direction = 'out' order by id desc limit 1"
    fates = ("delivered",) if answer == "timeout_after_accepting" else ("unknown",)
    line.telephone.eventually(lambda: line.up.sql(settled)[0][0] in fates, 200, "the text's fate")
    person.does_not_receive("no second one", within=10)
    assert len(_texts(person)) == (answer == "timeout_after_accepting")
