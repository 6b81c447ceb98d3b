"""Hanging up, at every moment: a page is never cancelled by it, and nobody is left alone without being told."""

import sys
import time

import pytest

pytestmark = pytest.mark.xdist_group("system")


def _finishes(responder):
    return (
        responder.hears("La personne a raccroché. Pour terminer, le trois.")
        .presses("3")
        .hears("C'est terminé.")
        .is_cut_off()
    )


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
