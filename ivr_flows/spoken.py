"""What may be said aloud and what may be written on a screen: keys within sentences, SMS parts, words never printed.

It looks at one sentence at a time and knows no script; the laws of a script are in `check`.
"""

import re

from ivr_flows.model import Language, Text

TEXT_PARTS = 2
BETWEEN = " / "  # the languages of one text
LANGUAGES: tuple[Language, Language] = ("fr", "en")

# GSM 03.38: signs that cost one place, and those that cost two. Any other sign makes the whole text cost double.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€\f")

# Words that carriers act upon (contract 3.4). The first may not even be understood as an answer of ours.
OPT_OUT = frozenset(
    (
        "stop",
        "stopall",
        "arret",
        "arrêt",
        "arrete",
        "arrête",
        "end",
        "quit",
        "cancel",
        "unsubscribe",
        "revoke",
        "optout",
    )
)
CARRIER = OPT_OUT | frozenset(("yes", "start", "unstop", "help", "info", "aide", "debut", "début"))
# Safety 2.3: these name us or the person on a screen that somebody else may read.
NAMING = re.compile(
    r"polic|\bésup\b|\besup\b|victim|exploit|prostit|\bcavac\b|\bdpj\b|\bspvm\b|proxén|\bpimp|\btraite\b|traffick"
    r"|sexuel|sexual|https?:|www\.",
    re.IGNORECASE,
)
_FR = ("un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
_EN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBER = {word: str(n) for words in (_FR, _EN) for n, word in enumerate(words, 1)}
_NUMBER |= {"zéro": "0", "zero": "0", "étoile": "*", "star": "*", "dièse": "#", "pound": "#"}
# « le deux » but not « le deux, un, un », which is a telephone number; "press star or two" is two keys.
_KEY_FR = rf"\bl(?:e |a |')({'|'.join(_FR)}|zéro|étoile|dièse)\b(?!, ?(?:{'|'.join(_FR)})\b)"
_KEY_EN = rf"\bpress ({'|'.join(_EN)}|zero|star|pound)(?: or ({'|'.join(_EN)}|zero|star|pound))?\b"
_KEYS_SAID = {"fr": re.compile(_KEY_FR, re.IGNORECASE), "en": re.compile(_KEY_EN, re.IGNORECASE)}
# After a question (« Erreur? Faites le deux. ») the choice has been said; at the start of a sentence it has not.
_KEY_FIRST = {
    "fr": re.compile(rf"(?:^|[.!:;] )(?:(?:faites|appuyez sur|pesez sur) )?{_KEY_FR}", re.IGNORECASE),
    "en": re.compile(rf"(?:^|[.!:;] ){_KEY_EN}", re.IGNORECASE),
}


def keys_said(words: str, language: Language) -> list[str]:
    """The keys a sentence asks for, in its order."""
    found = (match.groups() for match in _KEYS_SAID[language].finditer(words))
    return [_NUMBER[word.lower()] for groups in found for word in groups if word]


def key_comes_first(words: str, language: Language) -> bool:
    """Is a key said before the choice it stands for?"""
    return _KEY_FIRST[language].search(words) is not None


def costly(text: str) -> list[str]:
    """The signs that make a text cost double."""
    return sorted(set(text) - GSM - GSM_TWICE)


def printed_carrier_words(text: str) -> list[str]:
    """Words printed in capitals, as words to answer with are, on which a carrier would act."""
    return [word for word in re.findall(r"\b[^\W\d_]{2,}\b", text) if word.isupper() and word.casefold() in CARRIER]


def naming(text: str) -> str:
    """What in a text says who we are or whom we serve; empty where nothing does."""
    found = NAMING.search(text)
    return found.group() if found else ""


def fits_both(text: Text) -> bool:
    """Whether both languages of a text go into one of two parts."""
    return parts(f"{text.fr}{BETWEEN}{text.en}") <= TEXT_PARTS


def parts(text: str) -> int:
    """How many SMS parts a text costs."""
    if not costly(text):
        places = sum(2 if sign in GSM_TWICE else 1 for sign in text)
        return 1 if places <= 160 else -(-places // 153)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= 70 else -(-units // 67)
