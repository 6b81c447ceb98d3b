"""How hard a sentence is to follow: Kandel and Moles's measure for French, Flesch's for English. Pure.

Both go from 100 (a child follows) to 0, by the length of sentences and of words; 80 to 90 is about the sixth year of
school. They measure form and know nothing of sense: what they find hard is read again by a person, and may stay.
"""

import re
from collections.abc import Iterator

from ivr_flows.arrows import texts_of
from ivr_flows.model import Language, Script
from ivr_flows.spoken import LANGUAGES

HARD = 80  # below it a text is listed, to be read again
SHORTEST = 8  # words: less says nothing of how hard they are
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?;:]+")
_VOWELS = {"fr": re.compile("[aeiouyàâäéèêëîïôöùûüœæ]+"), "en": re.compile("[aeiouy]+")}
# A last e is not said, nor the -es and -ent of plurals and verbs.
_MUTE = {"fr": re.compile("(?:e|es|ent)$"), "en": re.compile("(?<![l])e$|(?<=[^td])ed$")}


def measured(script: Script) -> Iterator[tuple[str, dict[Language, int]]]:
    """Each node with its hardest text in each language, where there is one long enough."""
    for node in script.nodes.values():
        texts = [*texts_of(node), *((node.text,) if node.text else ())]
        of = {language: [ease(text.said_in(language), language) for text in texts] for language in LANGUAGES}
        found = {
            language: min(known) for language in LANGUAGES if (known := [e for e in of[language] if e is not None])
        }
        if found:
            yield node.id, found


def ease(words: str, language: Language) -> int | None:
    """From 0 to 100; None where there are too few words to say."""
    found = _WORD.findall(re.sub(r"\{\w*\}", "", words))
    if len(found) < SHORTEST:
        return None
    sentences = max(1, sum(1 for part in _SENTENCE.split(words) if _WORD.search(part)))
    long, broad = len(found) / sentences, sum(syllables(word, language) for word in found) / len(found)
    most, of_syllables = (207.0, 73.6) if language == "fr" else (206.835, 84.6)
    return max(0, min(100, round(most - 1.015 * long - of_syllables * broad)))


def syllables(word: str, language: Language) -> int:
    """About how many are said."""
    heard = len(_VOWELS[language].findall(word.casefold()))
    return max(1, heard - 1 if heard > 1 and _MUTE[language].search(word.casefold()) else heard)
