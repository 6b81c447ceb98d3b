"""Hanging up, at every moment: a page is never cancelled by it, and nobody is left alone without being told."""

import sys
import time


def _finishes(responder):
    return responder.hears("Pour terminer, le trois.").presses("3").hears("C'est terminé.").is_cut_off()


def test_gone_before_anyone_accepts(line):
    """The person hangs up while telephones ring: the page goes on, who accepts is told, and 3 finishes it."""
    line.an_urgent_call().hears("Nous appelons une personne").hangs_up()
    _finishes(line.accepts(line.first))
    assert line.becomes("done")["outcome"] == "finished"


def test_gone_between_the_key_and_the_room(line):
    """The person hangs up as the responder presses 1: whoever is alone in the room is told."""
    caller = line.an_urgent_call()
    line.accepts(line.first)
    caller.hangs_up()
    _finishes(line.first)
    assert line.becomes("done")["outcome"] == "finished"


def test_gone_after_they_met(line):
    """The person hangs up in mid-call: the responder is told, and 3 finishes it."""
    caller, responder = line.a_meeting()
    caller.hangs_up()
    hung_up_at = time.monotonic()
    responder.hears("La personne a raccroché.")
    took = time.monotonic() - hung_up_at
    sys.stdout.write(f"a hang-up told after {took:.2f} s of the wall\n")
    responder.hears("Pour terminer, le trois.").presses("3").hears("C'est terminé.").is_cut_off()
    assert line.becomes("done")["outcome"] == "finished"


def test_gone_and_nobody_finishes(line):
    """A responder who hangs up on a page whose person is gone and was never met leaves it open: another is rung."""
    line.an_urgent_call().hears("Nous appelons").hangs_up()
    line.accepts(line.first).hears("La personne a raccroché.").hangs_up()
    _finishes(line.accepts(line.deputy))
    assert line.becomes("done")["outcome"] == "finished"


def test_the_responder_s_telephone_dies(line):
    """The responder is cut off in mid-call: the person waits again, the page goes on, and another accepts."""
    caller, responder = line.a_meeting()
    responder.hangs_up()
    caller.hears("Nous appelons l'équipe.")
    line.accepts(line.deputy)
    line.meet(caller.hears("Quelqu'un est là."), line.deputy)
    assert line.page()["state"] == "accepted"


def test_after_55_the_responder_s_telephone_dies(line):
    """The same for somebody who cannot speak: they hear no word of it, and the next responder is muted too."""
    caller = line.a_call().presses("55").hears("Gardez la ligne ouverte.")
    line.meet(caller, line.accepts(line.first))
    line.first.hangs_up()
    line.accepts(line.deputy).hears("On ne vous entend pas. Écoutez.")
    line.meet(caller, line.deputy)
    assert "Gardez la ligne ouverte." in caller.spoken()[-1]["text"]


def test_both_leave(line):
    """Two who have met and both hung up are done: nobody is rung again."""
    caller, responder = line.a_meeting()
    caller.hangs_up()
    responder.hangs_up()
    assert line.becomes("done")["outcome"] == "met"
    line.deputy.does_not_ring(within=30)


def test_the_responder_leaves_from_the_private_menu(line):
    """A responder who hangs up in their own menu is gone as well: the person waits again and another is rung."""
    caller, responder = line.a_meeting()
    responder.presses("*").hears("Pour revenir").hangs_up()
    line.meet(caller, line.accepts(line.deputy))


def _passes(line, responder):
    """Whoever has the call asks for another, and is back in the room with the person."""
    responder.presses("*").hears("ou passer l'appel, le deux").presses("2").hears("de l'équipe, le un").presses("1")
    return responder.hears("L'appel reste à vous jusqu'à ce qu'elle accepte.")


def _takes_over(line, caller, responder):
    caller.hears("Un instant, je reviens.")
    responder.rings().answers().hears("Relais. Code").presses("1").hears("La personne est en ligne. Parlez.")
    line.meet(caller, responder)


def test_a_call_is_handed_over_and_the_first_leaves(line):
    """The second comes into the room; the first hangs up, the person hears nothing of it, and nobody else is rung."""
    caller, first = line.a_meeting()
    _takes_over(line, caller, _passes(line, first) and line.deputy)
    first.hangs_up()
    caller.does_not_hear("Nous appelons", within=5)
    line.meet(caller, line.deputy)
    caller.hangs_up()
    line.deputy.hears("Pour terminer, le trois.").presses("3").hears("C'est terminé.")
    assert line.becomes("done")["outcome"] == "finished"


def test_a_call_is_handed_over_and_the_second_leaves(line):
    """The first is still in the room: it is theirs again, and the person is sent nowhere."""
    caller, first = line.a_meeting()
    _takes_over(line, caller, _passes(line, first) and line.deputy)
    line.meet(caller, first)
    line.deputy.hangs_up()
    caller.does_not_hear("Nous appelons", within=5)
    line.meet(caller, first)
    caller.hangs_up()
    first.hears("Pour terminer, le trois.").presses("3").hears("C'est terminé.")
    assert line.becomes("done")["outcome"] == "finished"


def test_nobody_takes_the_call_over(line):
    """The deputy declines: the first alone hears so, and the two talk on."""
    caller, first = line.a_meeting()
    _passes(line, first)
    line.deputy.rings().answers().hears("Relais. Code").presses("2").hears("C'est noté.")
    first.hears("Personne d'autre n'a pris l'appel. Il reste à vous.")
    caller.does_not_hear("Personne d'autre")
    line.meet(caller, first)


def test_a_call_becomes_a_promised_callback(line):
    """It is written down, said, and both hang up: done as promised, and nobody is rung again."""
    caller, responder = line.a_meeting()
    responder.presses("*").hears("y mettre fin, le trois").presses("3").hears("Pour la rappeler plus tard, le deux")
    responder.presses("2").hears("Dans une heure, le un").presses("1").hears("Le rappel est inscrit.")
    line.meet(caller, responder)
    caller.hangs_up()
    responder.hangs_up()
    assert line.becomes("done")["outcome"] == "promised"
    line.deputy.does_not_ring(within=30)


def test_an_abusive_call_is_ended_and_nobody_is_blocked(line):
    """One polite sentence to the person, a rest to the responder; the same number is answered again at once."""
    caller, responder = line.a_meeting()
    responder.presses("*").hears("y mettre fin, le trois").presses("3").hears("Pour finir un appel abusif, le trois")
    responder.presses("3").hears("Pour le faire, le un").presses("1")
    caller.hears("Nous mettons fin à cet appel.").is_cut_off()
    responder.hears("Pour quinze minutes de pause").hangs_up()
    assert line.becomes("done")["outcome"] == "abusive"
    line.deputy.does_not_ring(within=10)
    caller.dials(line.number).hears("En danger").presses("9").hears("Nous appelons une personne")


def test_in_danger_of_their_life_the_number_is_read_against_a_pin(line):
    """After a hang-up, to whoever has them: twice, and the menu is there again."""
    _, _, _, pin = line.up.command("responder", "pin", "Intervention", "--draw").split()
    caller, responder = line.a_meeting()
    caller.hangs_up()
    responder.hears("pour entendre son numéro, le deux").presses("2").hears("Votre numéro secret, six chiffres.")
    responder.presses(pin).hears("On vous lit le numéro deux fois.").hears("Pour terminer, le trois.", within=120)
    spoken = " ".join(moment["text"] for moment in responder.spoken())
    assert "cinq, un, quatre" in spoken or "quatre, trois, huit" in spoken
    responder.presses("3").hears("C'est terminé.")
