"""How people write -> a page: the folded copy in which phrases are found. The text itself is never changed.

Spelling put right, words that were written as one taken apart, typos in telling words mended, what is quoted from us
left out. It knows nothing of what anything means.
"""

import re
import unicodedata

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ivr_flows.phrases import LONGEST, Lexicon, Page, fold, matches

_TOKEN = re.compile(r"\d+|[^\W\d_]+|[%$€]|[.,;:!?()\n]+")
_BREAKS = ".,;:!?()\n"
_RUN = re.compile(r"([^\W\d_])\1{2,}")
# A letter with a mark that neither of our languages has, ¿ and ¡, and the figures of Arabic in our letters (y9telni).
_UNLIKE = re.compile(r"[^\W\da-zàâäæçéèêëîïôöœùûüÿ]|[¿¡]|[a-z][379][a-z]")
_POSTAL = re.compile(r"[a-z]\d[a-z](?:\d[a-z]\d)?")
_CHAT = re.compile(r"[379]([a-z]{2,})")
_QUOTED = re.compile(r"«[^»]*»?|“[^”]*”?|\"[^\"]*\"?|„[^“]*“?")
# English contractions and the French quelqu'un, once apostrophes are spaces: a pair of words -> what it means.
_AFTER_PRONOUN = {"s": "is", "m": "am", "re": "are", "ll": "will", "ve": "have"}
_PRONOUNS = frozenset((
    "i", "you", "he", "she", "it", "we", "they", "who", "that", "there", "someone", "somebody", "boyfriend", "what",
))  # fmt: skip
_NEGATED = frozenset((
    "don", "can", "won", "isn", "doesn", "didn", "wouldn", "couldn", "shouldn", "aren", "wasn", "ain", "haven",
    "hasn",
))  # fmt: skip
# What French says in one breath: the letter, and the word it is before a consonant.
_JOINED = {"j": "je", "m": "me", "t": "te", "l": "le", "d": "de", "s": "se", "n": "ne", "y": "il", "c": "ce"}


def page_of(text: str, lexicon: Lexicon) -> Page:
    """The folded copy of one text."""
    for sign, name in lexicon.emoji.items():
        text = text.replace(sign, f" {name} ") if name != "pouce" else text
    text = text.replace("...---...", " sos ")
    folded = fold(text)
    opening = " ".join(re.findall(r"\w+", folded[:60]))
    if any(f"{opening} ".startswith(f"{words} ") for words in lexicon.openings):
        quoted = _QUOTED.sub(" ", fold(text))
        if quoted != folded or re.search(r"\b(une? image|an image|photo|video|message)\b", folded):
            return Page(lexicon, "", (), (), frozenset(), {}, frozenset(), cries=False, reaction=True)
    squeezed = _RUN.sub(r"\1", folded)
    typed = _TOKEN.findall(squeezed)
    words, breaks = _spelled(typed, lexicon)
    plain = " ".join(word for word in typed if word[0] not in _BREAKS)
    cries = bool(_RUN.search(folded.replace("www", ""))) or "!!" in text
    found = matches(words, lexicon)
    signs = frozenset(sign for sign in "?!" if sign in text)
    whole, unlike = tuple(plain.split()), _unlike(text, lexicon)
    return Page(lexicon, plain, whole, tuple(words), frozenset(breaks), found, signs, cries, unlike)


def _unlike(text: str, lexicon: Lexicon) -> int:
    """How many words have a sign that neither French nor English writes."""
    words = re.findall(r"[\w¿¡]+", unicodedata.normalize("NFKC", text[:LONGEST]).casefold())
    return sum(1 for word in words if _foreign(word, lexicon))


def _foreign(word: str, lexicon: Lexicon) -> bool:
    if chat := _CHAT.fullmatch(word):
        return chat[1] not in lexicon.known
    return len(word) > 1 and _UNLIKE.search(word) is not None and not _POSTAL.fullmatch(word)


def _spelled(typed: list[str], lexicon: Lexicon) -> tuple[list[str], list[int]]:
    """Spelling put right, contractions spelled out, typos in long telling words mended."""
    words: list[str] = []
    breaks: list[int] = []
    for token in typed:
        if token[0] in _BREAKS:
            breaks.append(len(words))
            continue
        for word in lexicon.spelling.get(token) or _apart(token, lexicon):
            _add(words, word)
    return words, breaks


def _add(words: list[str], word: str) -> None:
    last = words[-1] if words else ""
    if word in _AFTER_PRONOUN and last in _PRONOUNS:
        words.append(_AFTER_PRONOUN[word])
    elif word == "t" and last in _NEGATED:
        words.append("not")
    elif not (last == "quelqu" and word in {"un", "une"}):
        words.append(word)


def _apart(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """The words that were written as one: « jpeux », « lappart », « yva »; else the word, its typo mended."""
    rest = word[1:]
    if len(rest) < 2 or word in lexicon.known or word[0] not in _JOINED or rest not in lexicon.known:
        return (_mended(word, lexicon),)
    vowel = rest[0] in "aeiouh"
    if (word[0] == "y") == vowel:
        return (word,)
    return (word[0] if vowel else _JOINED[word[0]], rest)


def _mended(word: str, lexicon: Lexicon) -> str:
    """The telling word this one is a typo of; itself where it is a word of its own or too short to tell."""
    if len(word) < 5 or word in lexicon.never:
        return word
    near = process.extractOne(
        word, lexicon.fuzzy.get(word[0], ()), scorer=OSA.distance, score_cutoff=1 if len(word) < 9 else 2
    )
    return near[0] if near else word
