"""A call, from the opening to the parting: what each of the two hears, and what the line then knows of it."""

import sys
import time
from datetime import datetime
from itertools import pairwise

import pytest

from tests.system.running import PACE
from tests.system.telephone import plain


def test_nine_joins_two_people_in_two_seconds(line):
    """9 rings the responder at once, with a text; 1 joins them without a beep; when both have left it is done."""
    caller = line.a_call()
    pressed_at = time.monotonic()
    caller.presses("9")
    line.first.rings()
    took = time.monotonic() - pressed_at
    sys.stdout.write(f"9 to the first ring: {took:.3f} s of the wall\n")
    code = line.first.receives("Urgence. Code").split()[2].strip(".")
    line.first.answers().hears("Urgence. Code " + ", ".join(code)).presses("1").hears(
        "La personne est en ligne. Parlez."
    )
    line.meet(caller.hears("Quelqu'un est là."), line.first)
    line.first.says("bonsoir")
    caller.hears("bonsoir").says("merci")
    line.first.hears("merci")
    caller.hangs_up()
    line.first.hangs_up()
    assert line.becomes("done")["outcome"] == "met"
    assert not caller.moments("heard", "[bip]") + line.first.moments("heard", "[bip]")


@pytest.mark.parametrize("key", ["2", "*"])
def test_english_is_one_key_away(line, key):
    """2 or star in the opening: everything goes on in English, and the page says so."""
    caller = line.a_call().presses(key).hears("For help, press one.").presses("9").hears("press three")
    line.first.rings().answers().hears("En anglais").presses("1")
    line.meet(caller.hears("Someone is here."), line.first)
    assert line.page()["language"] == "en"


def test_nine_before_a_language(line):
    """9 at once: the page does not guess a language, and 2 says that it was a mistake and withdraws nothing."""
    caller = line.an_urgent_call().hears("Erreur? Faites le deux.").hears("By mistake? Press two.").presses("2")
    line.telephone.eventually(lambda: line.page()["mistake"], what="the mistake is noted")
    line.first.rings().answers().hears("Langue inconnue").hears("Elle dit une erreur.").presses("1")
    line.meet(caller, line.first)
    assert line.page()["language"] is None


@pytest.mark.parametrize("shown", ["anonymous", "+266696687", ""])
def test_nobody_s_number(line, shown):
    """A caller whose number is withheld, spelt on a keypad or missing gets the same page."""
    caller = line.somebody().dials(line.number, shown).hears("Bonjour.").presses("9")
    line.meet(caller, line.accepts(line.first))


def test_star_while_waiting_tells_the_page(line):
    """9 first and star then: the wait goes on in English, and so does the page."""
    caller = line.an_urgent_call().hears("For English, press star.").presses("*").hears("The person who answers")
    line.first.rings().answers().hears("En anglais").presses("1")
    line.meet(caller.hears("Someone is here."), line.first)


def _five(line):
    """A caller who cannot speak, and the responder who listens to them."""
    caller = line.a_call().presses("5").hears("Je ne parlerai plus. Gardez la ligne ouverte.")
    line.first.rings().answers().hears("La personne ne peut pas parler.").presses("1").hears(
        "On ne vous entend pas. Écoutez."
    )
    return line.meet(caller, line.first)


def test_five_is_answered_by_silence(line):
    """After 5 one sentence and then no word; the responder is muted until they choose to be heard."""
    caller, responder = _five(line)
    responder.says("allô")
    caller.says("il est là").does_not_hear("allô", within=2)
    responder.hears("il est là").presses("*").hears("Pour qu'on vous entende, le un.").presses("1").hears(
        "On vous entend."
    )
    line.meet(caller, responder)
    responder.says("je suis là")
    caller.hears("je suis là")
    after = [plain(heard["text"]) for heard in caller.spoken()][-1]
    assert "gardez la ligne ouverte" in after


def test_five_is_confirmed_by_any_key_or_none(line):
    """The first 5 is followed by 4 s without a word; nothing confirms it as well as a second 5."""
    alone, twice = line.a_call().presses("5"), line.a_call().presses("55")
    for caller in (alone, twice):
        caller.hears("D'accord. Je ne parlerai plus.")
    pressed_at, said_at = alone.moments("pressed")[0], alone.moments("heard", "D'accord.")[0]
    assert 4 <= (said_at - pressed_at).total_seconds() < 4 + PACE * 1.5


def test_silence_brings_someone_who_listens(line):
    """Two silent prompts, one true sentence, ten seconds: then a page, and a responder who is muted."""
    caller = line.a_call().hears("Pour de l'aide, le un.").hears("Si vous restez en ligne, une personne va écouter.")
    line.accepts(line.first).hears("On ne vous entend pas. Écoutez.")
    line.meet(caller, line.first)
    page = line.page()
    assert (page["priority"], page["muted"], page["reason"]) == ("P?", True, "silence")


def test_help_says_the_limits_first(line):
    """1 and 1: the limits before any question, a P2 page, and consent asked while the telephone rings."""
    caller = line.a_call().presses("1").hears("Trois exceptions").hears("Pour parler à quelqu'un maintenant, le un.")
    caller.presses("1").hears("est de la police ou du service social").hears("pouvons-nous vous rappeler?").presses("1")
    caller.hears("Nous appelons l'équipe.")
    line.first.rings().answers().hears("Appel. Code").presses("1")
    line.meet(caller, line.first)
    page = line.page()
    assert (page["priority"], page["may_call_back"]) == ("P2", True)


def test_the_wait_is_never_silent_and_tells_the_truth(line):
    """While nobody answers: words at most 8 s apart, and each minute the truth."""
    truth = "Personne n'a encore répondu."
    caller = line.an_urgent_call().hears(truth, within=90).hears(truth, within=90)
    truths = caller.moments("heard", truth)
    said = [heard for heard in caller.spoken() if "cut_short" not in heard]
    gaps = [_instant(later) - _instant(earlier) - len(earlier["text"]) / 15 for earlier, later in pairwise(said)]
    sys.stdout.write(f"longest silence while waiting: {max(gaps):.1f} s\n")
    answers = [sent for sent in line.telephone.ledger("webhook") if sent["form"].get("CallSid") == caller.call["sid"]]
    # Line seconds that pass while this machine itself answers, and carries the answer.
    machine = PACE * (0.4 + max(sent.get("took", 0) for sent in answers))
    assert max(gaps) < 8 + machine
    assert 60 - 8 < (truths[1] - truths[0]).total_seconds() < 60 + 8 + machine


def test_two_and_three_while_waiting_keep_the_place(line):
    """2 and 3 are answered honestly while waiting; the page goes on."""
    caller = line.an_urgent_call().hears("Pour un organisme").presses("3").hears("Vous gardez votre place ici.")
    caller.hears("Nous appelons l'équipe.").presses("2").hears("Vous gardez votre place.")
    # By then the first telephone has rung for its whole minute.
    line.meet(caller, line.accepts(line.fallback, within=60))


def test_the_private_menu(line):
    """Star takes the responder out of the room: the person is told, once, and they meet again."""
    caller, responder = line.a_meeting()
    responder.presses("*").hears("Pour qu'on ne vous entende plus, le un.")
    caller.hears("Un instant, je reviens.")
    responder.presses("4").hears("On vous entend.")
    line.meet(caller, responder)
    responder.says("me revoilà")
    caller.hears("me revoilà")
    assert len(caller.moments("heard", "Un instant, je reviens.")) == 1


def test_quick_exit_cancels_nothing(line):
    """# ends the call at once, without a word; the urgent page goes on."""
    line.an_urgent_call().hears("Nous appelons une personne").presses("#").is_cut_off()
    line.accepts(line.first).hears("La personne a raccroché.")


def _instant(heard):
    return datetime.fromisoformat(heard["at"]).timestamp()
