"""Responders' texts, by a table: what is a command, whichever way thumbs write it, and what is none."""

from hotline.rules.commands import (
    Accept,
    Answer,
    Command,
    Decline,
    Finish,
    Help,
    Lift,
    OffDuty,
    Ok,
    OnDuty,
    Pause,
    Swap,
    Unclear,
    Who,
    read,
)

CODE = "482913"
COMMANDS: dict[Command, tuple[str, ...]] = {
    Accept(CODE): (
        "1 482913", "1482913", "oui 482913", "OUI 482913", "Oui, 482913.", "yes 482913", " 1  482 913 ", "1 482-913",
        "1 code 482913", "oui #482913", "ok 482913", "1\n482913", "１ ４８２９１３", "oui\u200f 482913",
        "J'accepte 482913", "1 482913 merci", "accept 482913",
    ),
    Accept(): ("1", "oui", "OUI!", "Yes", "yes.", " Oui ", "accepte", "1."),
    Decline(CODE): ("2 482913", "2482913", "non 482913", "NO 482913", "Non, 482 913", "decline 482913"),
    Decline(): ("2", "non", "No.", "NON"),
    Finish(CODE): ("FINI 482913", "fini482913", "Finie 482 913", "fin 482913", "done 482913", "terminé 482913"),
    Lift(CODE): ("LEVER 482913", "lever 482 913", "Lever le silence 482913", "LIFT 482913", "lift silence 482-913"),
    Finish(): ("fini", "FINI!", "Terminé", "done"),
    OnDuty(): ("EN SERVICE", "en service", "En  Service.", "on duty", "ON DUTY", "onduty", "enservice"),
    OffDuty(): ("FIN", "fin", "Fin.", "OFF DUTY", "off duty", "fin de service", "hors service"),
    Who(): ("QUI", "qui?", "Qui ?", "WHO", "who?", "Qui est en service?"),
    Pause(30): ("PAUSE 30", "pause", "pause30", "Pause 30 min", "pause de 30 minutes", "PAUSE"),
    Pause(60): ("pause 60", "pause 1h", "pause 1 heure", "pause 1 hour"),
    Ok(): ("OK", "ok", "Ok.", "okay", "👍", "ok merci"),
    Swap("camille"): ("échange Camille", "ECHANGE camille", "swap Camille", "swap with\ncamille"),
    Swap("camille", in_return=False): ("donne Camille", "DONNE À CAMILLE", "give Camille", "give to camille"),
    Accept("482"): ("oui 482", "1 482", "yes 482"),
    Decline("482"): ("non 482", "2 482"),
    Help(): ("aide", "?", "help", "AIDE", "pause 0", "pause 999", "pause 4"),
    Answer(CODE, "On est là. Êtes-vous seule?"): (
        "482913 On est là. Êtes-vous seule?", "482 913 On est là. Êtes-vous seule?",
        "482913: On est là. Êtes-vous seule?",
        "Code 482913. On est là. Êtes-vous seule?", "\u200e482913\nOn est là. Êtes-vous seule?",
    ),
    Answer(CODE, ""): ("482913", " 482 913 ", "Code 482913."),
    Answer(CODE, "oui"): ("482913 oui",),
    Answer(CODE, "1"): ("482913 1",),
    Answer(CODE, "au secours, il est là?"): ("482913 au secours, il est là?",),
    Unclear(): (
        "", " ", "au secours", "help me he is here", "je ne peux pas parler", "5145550142", "+1 514 555 0142", "48291",
        "4829133", "1 48291", "14829133", "end", "STOP", "arret", "bonjour", "en service demain?", "qui a appelé",
        "non merci je ne veux pas", "fin de semaine", "😀", "x" * 1600, "1" * 1600, "482913" * 260, "oui " * 400,
        "'; drop table pages; --", "<script>1 482913</script>", "je dis oui 482913", "٤٨٢٩١٣ allo", "pause café",
        "ok 911", "échange", "lever", "lift 48291",
    ),
}  # fmt: skip


def test_each_text_is_its_command() -> None:
    """Read as the table says, whatever else it may look like."""
    expected = {body: command for command, bodies in COMMANDS.items() for body in bodies}
    assert expected == {body: read(body) for body in expected}


def test_a_flood_of_signs_is_read_at_once() -> None:
    """1,600 signs of any kind are one text; its words come back whole, for whoever refuses them."""
    assert read(f"{CODE} " + "é" * 1593) == Answer(CODE, "é" * 1593)
