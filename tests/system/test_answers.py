"""A conversation by text between two people, by handsets only: taken, answered, heard on the line, finished."""

import re

PAGES_COME_FROM = "+15145550102"


def test_two_people_write_to_one_another(line):
    """Neither sees the other's number, and not a word of the person stands on the responder's telephone."""
    _, staff_code, _, pin = line.up.command("responder", "pin", "Intervention", "--draw").split()
    person = line.somebody().texts("au secours, il est parti, vite", line.number)
    code = re.search(r"\d{6}", line.first.receives("Urgence. Code"))[0]
    line.first.texts(f"1 {code}", PAGES_COME_FROM)
    assert f"FINI {code}" in line.first.receives("c'est à vous")
    line.first.texts(f"{code} On est là. Avez-vous une minute?", PAGES_COME_FROM)
    assert person.receives("On est là.") == "On est là. Avez-vous une minute?"
    person.texts("oui, dans la cuisine", line.number)
    assert "cuisine" not in line.first.receives("nouveau message")
    in_the_staff_menu(line, line.first, staff_code + pin).presses("1").hears("dans la cuisine").hangs_up()
    line.first.texts(f"fini {code}", PAGES_COME_FROM)
    line.first.receives("terminé")
    assert (line.becomes("done")["outcome"], "cuisine" in str(line.first.moments("text", "cuisine"))) == (
        "finished",
        False,
    )


def in_the_staff_menu(line, responder, secret):
    """They call the line, wait for the main menu, and type what nobody else knows."""
    responder.dials(line.number).hears("Pour de l'aide", 30).presses("7").hears("Le code", 30)
    return responder.presses(secret).hears("Vous êtes en service.")
