"""A third telephone in the call: invited by the responder's star, and never alone with what it should not hear."""

GUEST = "5145550177"


def _invites(line, responder):
    """Whoever has the call keys a number, hears it again, confirms it, and is back in the room with the person."""
    guest = line.telephone.device(f"+1{GUEST}")  # watched before it may ring
    responder.presses("*").hears("faire venir quelqu'un").presses("2").hears("dans l'appel, le deux").presses("2")
    responder.hears("un numéro, le trois").presses("3").hears("faire un numéro, le trois").presses("3")
    responder.hears("dix chiffres").presses(GUEST).hears("zéro, un, sept, sept. Pour appeler, le un").presses("1")
    responder.hears("Restez avec la personne")
    return guest


def test_a_guest_comes_in_and_leaves(line):
    """The three are in one room; only the responder is told; the guest's leaving ends nothing, nor does it for two."""
    caller, responder = line.a_meeting()
    guest = _invites(line, responder).rings()
    line.meet(caller, responder)
    guest.answers().hears("Un service de Montréal").presses("1").hears("Vous êtes dans l'appel.")
    responder.hears("La personne invitée est dans l'appel.")
    line.meet(caller, guest)
    guest.hangs_up()
    responder.hears("La personne invitée a quitté l'appel.")
    caller.does_not_hear("invitée")
    line.meet(caller, responder)
    caller.hangs_up()
    responder.hears("Pour terminer, le trois.").presses("3").hears("C'est terminé.")
    assert line.becomes("done")["outcome"] == "finished"


def test_a_guest_is_let_go_with_the_call(line):
    """The person hangs up: the responder is told as ever, and the guest does not stay in an empty room."""
    caller, responder = line.a_meeting()
    guest = _invites(line, responder).rings().answers().hears("Un service").presses("1")
    responder.hears("est dans l'appel.")
    caller.hangs_up()
    responder.hears("La personne a raccroché.")
    guest.hears("L'appel est terminé.").is_cut_off()


def test_nobody_answers_or_a_machine_does(line):
    """The responder alone hears so, the machine hears nothing but the question, and the two talk on."""
    caller, responder = line.a_meeting()
    guest = _invites(line, responder).rings().answers().hears("Un service").is_cut_off(60)
    responder.hears("La personne invitée ne répond pas.")
    guest.does_not_hear("dans l'appel. On vous entend")
    caller.does_not_hear("invitée")
    line.meet(caller, responder)


def test_a_colleague_beside_has_the_call_when_the_first_one_s_telephone_dies(line):
    """They come in by a key, the call stays the first's; then it is theirs, and the person is sent nowhere."""
    caller, first = line.a_meeting()
    first.presses("*").hears("faire venir quelqu'un").presses("2").hears("dans l'appel, le deux").presses("2")
    first.hears("Pour une personne de l'équipe, le deux").presses("2").hears("L'appel reste à vous.")
    caller.hears("Un instant, je reviens.")
    line.deputy.rings().answers().hears("Renfort. Code").presses("1").hears("Parlez.")
    line.meet(caller, line.deputy)
    first.hangs_up()
    caller.does_not_hear("Nous appelons", within=5)
    line.meet(caller, line.deputy)
    assert line.page()["state"] == "accepted"


def test_with_redis_stopped_a_guest_is_rung_all_the_same(line):
    """Once: the row is the work, and the sweep comes."""
    caller, responder = line.a_meeting()
    with line.up.stopped("redis"):
        guest = _invites(line, responder).rings(60).answers().hears("Un service").presses("1")
        line.meet(caller, guest)
    assert len(guest.calls) == 1
