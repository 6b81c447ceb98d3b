"""A text as it might have been typed in haste: letters swapped, dropped or doubled, sounds written as they are heard.

For training alone, so that a slip of the thumb changes little. The same text always gives the same slips.
"""

import re
from zlib import crc32

ONE_IN = 5  # words of four letters or more
HEARD = (
    ("qu", "k"), ("eau", "o"), ("au", "o"), ("ph", "f"), ("oi", "wa"), ("ez", "é"), ("er ", "é "), ("ent ", " "),
    ("es ", "e "), ("ing", "in"), ("you", "u"), ("are ", "r "), ("the ", "da "), ("'", ""), ("ss", "s"), ("tt", "t"),
    ("nn", "n"), ("ght", "te"), ("ll", "l"), ("ck", "k"), ("ai", "é"),
)  # fmt: skip


def hasty(text: str) -> str:
    """The text with slips."""
    words = " ".join(_slip(word, _number(f"{text}{at}")) for at, word in enumerate(text.split(" "))) + " "
    for sound, heard in HEARD:
        if _number(f"{text}{sound}") % 3 == 0:
            words = words.replace(sound, heard)
    return words.strip()


def _slip(word: str, number: int) -> str:
    if len(word) < 4 or number % ONE_IN:
        return word
    at = 1 + number // 7 % (len(word) - 2)
    slips = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at] + word[at:],
        word[0] + re.sub("[aeiou]", "", word[1:], count=1),
    )
    return slips[number // 97 % len(slips)]


def _number(words: str) -> int:
    return crc32(words.encode())
