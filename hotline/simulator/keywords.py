"""The carrier's own words: what STOP, HELP and START mean in each of its three modes, and what it answers by itself.

`off`: support has switched them off, every text is the line's alone. `default`: Twilio's English words on a long code.
`advanced`: Advanced Opt-Out with our words in both languages, which says OptOutType. It is pure.
"""

import unicodedata
from typing import Literal

Mode = Literal["off", "default", "advanced"]
MODES: tuple[Mode, ...] = ("off", "default", "advanced")
STOP, START, HELP = "STOP", "START", "HELP"
DEFAULT = {
    **dict.fromkeys(["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"], STOP),
    **dict.fromkeys(["START", "YES", "UNSTOP"], START),
    **dict.fromkeys(["HELP", "INFO"], HELP),
}
# Contract 3.4, consequence 1: what this line would configure; STOP, HELP and START cannot be removed.
ADVANCED = {
    **dict.fromkeys(["STOP", "ARRET", "ARRETE"], STOP),
    **dict.fromkeys(["START", "DEBUT"], START),
    **dict.fromkeys(["HELP", "INFO", "AIDE"], HELP),
}
ENGLISH = {
    STOP: "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe.",
    START: "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    HELP: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
BILINGUAL = {
    STOP: "OK.",
    START: "OK.",
    HELP: "Bonjour. En danger: 9-1-1. Nous avons votre message. / In danger: 9-1-1. We have your message.",
}


def meaning(body: str, mode: Mode) -> str:
    """STOP, START or HELP where the text is one such word alone; else nothing. Only our own words lose accents."""
    word = body.strip().upper()
    if mode == "advanced":
        plain = "".join(each for each in unicodedata.normalize("NFD", word) if not unicodedata.combining(each))
        return ADVANCED.get(plain, "")
    return DEFAULT.get(word, "") if mode == "default" else ""


def reply(meant: str, mode: Mode) -> str:
    return (BILINGUAL if mode == "advanced" else ENGLISH)[meant]
