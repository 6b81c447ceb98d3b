"""The laws of wording: how the line speaks to people, sentence by sentence. Pure.

They hold what a counsellor may slip on: a tu among vous, a key printed in one language only, a slot left open, a word
that hurts. Spelling is not theirs (`tests/exams/test_reading.py`), and no law knows whether a sentence is true.
"""

import re
from collections.abc import Iterator

from ivr_flows.arrows import Law, Problem, reach, texts_of
from ivr_flows.model import OTHER, Kind, Language, Node, Script, Text
from ivr_flows.spoken import LANGUAGES, keys_said

TO_THE_YOUNG = frozenset({"texto_jeune", "jeune"})  # domain 6.1: who is under 18 is said tu; these have no other form
# Keys that no text says: the 8 of a callback, a tip's number asked for twice; and the main menu's, during the opening.
UNSAID = frozenset({"appelee_bonjour", "texto_tip_numero"})
_TU = re.compile(r"\b(?:tu|te|toi|ton|ta|tes|écris|réponds|dis|fais)\b|\bt'", re.IGNORECASE)
_VOUS = re.compile(r"\b(?:vous|votre|vos|faites|dites|(?!chez|assez)[a-zéèêâ]+ez)\b", re.IGNORECASE)
# Domain 6.2: what is said instead stands there.
AVOIDED = {
    "fr": re.compile(
        r"prostitu|\bpute|proxén|\bpimp|\bmaqu?\b|maquereau|\bclients?\b|victime|\bsauver|pourquoi|fugueu|illégal"
        r"|sans-papiers|prouver|avouer|allégation|calme[zr]?\b|nous savons ce que|anonym|confidentiel|protégerons",
        re.IGNORECASE,
    ),
    "en": re.compile(
        r"prostitut|hooker|\bpimp|\bclients?\b|\bjohns?\b|victim|rescue|\bwhy\b|illegal|undocumented|\bprove\b|confess"
        r"|allegation|calm down|we know what|anonym|confidential|protect you|\b(?:ma'am|sir)\b",
        re.IGNORECASE,
    ),
}
_LOUD = re.compile("[!\U0001f000-\U0001faff\u2600-\u27bf]")
_BADLY_SPACED = re.compile(r" {2}|^ | $|[.,;:?][a-zà-ÿ]| [.,;?]", re.IGNORECASE)
_KEY_WRITTEN = re.compile(r"(?<![\w.:-])([0-4])(?![\w-]|[.:]\d)")
_SLOT = re.compile(r"\{(\w+)\}")


def _texts(node: Node) -> Iterator[Text]:
    yield from texts_of(node)
    if node.text is not None:
        yield node.text


def _said(script: Script) -> Iterator[tuple[str, Language, str]]:
    for node in script.nodes.values():
        for text in _texts(node):
            yield from ((node.id, language, text.said_in(language)) for language in LANGUAGES)
            yield from ((node.id, "fr", text.tu),) if text.tu else ()


def vous_or_tu(script: Script) -> Iterator[Problem]:
    """One form in a text, and vous but for who says tu."""
    for node in script.nodes.values():
        for text in _texts(node):
            wrong = (_VOUS if node.id in TO_THE_YOUNG else _TU).search(text.fr)
            if wrong:
                form = "tu" if node.id in TO_THE_YOUNG else "vous"
                yield Problem(script.name, node.id, "tu", f"fr: '{wrong.group()}' in a text that says {form}")
            if wrong := _VOUS.search(text.tu):
                yield Problem(script.name, node.id, "tu", f"tu: '{wrong.group()}' in a text that says tu")
        if node.text and not node.text.tu and node.id not in TO_THE_YOUNG and _VOUS.search(node.text.fr):
            yield Problem(script.name, node.id, "tu", "fr: this text says vous, and has no form with tu")


def tu_is_kept(script: Script) -> Iterator[Problem]:
    """Whoever is said tu in a call hears no vous after that, wherever the choices lead."""
    starts = [node.id for node in script.nodes.values() if "tu" in node.marks]
    for name in sorted(reach(script, [*starts, *script.keys.values()]) if starts else ()):
        for text in texts_of(script.nodes[name]):
            if _VOUS.search(text.fr) and not text.tu:
                yield Problem(script.name, name, "tu", "fr: this text says vous, and has no form with tu")


def slots_alike(script: Script) -> Iterator[Problem]:
    """What is filled in one language is filled in the other; a brace that is no slot would be read aloud."""
    for name, language, words in _said(script):
        if re.search("[{}]", _SLOT.sub("", words)):
            yield Problem(script.name, name, "slots", f"{language}: a slot is written {{like_this}}, without spaces")
    for node in script.nodes.values():
        for text in _texts(node):
            slots = {language: set(_SLOT.findall(text.said_in(language))) for language in LANGUAGES}
            for language, other in OTHER.items():
                for slot in sorted(slots[other] - slots[language]):
                    yield Problem(script.name, node.id, "slots", f"{language}: '{{{slot}}}' is missing; {other} has it")


def written_keys_answer(script: Script) -> Iterator[Problem]:
    """A figure to answer with does something, in every form of a text; where one is printed, all are."""
    for node in script.nodes.values():
        if node.text is None or node.aside:  # an aside is answered where the conversation stands
            continue
        known = {choice.key for choice in node.choices if choice.key}
        forms = {form: words for form in ("fr", "en", "tu") if (words := getattr(node.text, form))}
        printed = {form: set(_KEY_WRITTEN.findall(words)) for form, words in forms.items()}
        shown = any(printed.values()) and node.id not in UNSAID
        for form, keys in printed.items():
            for key in sorted(keys - known - {"0"}):
                yield Problem(script.name, node.id, "announced", f"{form}: the figure '{key}' does nothing here")
            for key in sorted(known - keys) if shown else ():
                yield Problem(script.name, node.id, "announced", f"{form}: the figure '{key}' is not printed")


def menus_say_their_keys(script: Script) -> Iterator[Problem]:
    """A choice nobody hears of is none."""
    staff = script.doors.get("staff")
    for node in script.nodes.values():
        if node.kind is not Kind.MENU or node.both or node.id in UNSAID:
            continue
        keys = {choice.key for choice in node.choices if choice.key and choice.to != staff}
        for text in node.says:
            for language in LANGUAGES:
                for key in sorted(keys - set(keys_said(text.said_in(language), language))):
                    yield Problem(script.name, node.id, "announced", f"{language}: the key '{key}' is not said")


def well_spaced(script: Script) -> Iterator[Problem]:
    """One space between words, one after a stop and none before it."""
    for node, language, words in _said(script):
        if words.strip() and (found := _BADLY_SPACED.search(words)):
            around = words[max(0, found.start() - 8) : found.end() + 8]
            yield Problem(script.name, node, "spaces", f"{language}: look at '{around}'")


def kind_words(script: Script) -> Iterator[Problem]:
    """No word that hurts, blames or promises what is not ours (domain 6.1, 6.2)."""
    for node, language, words in _said(script):
        if found := AVOIDED[language].search(words):
            yield Problem(script.name, node, "words", f"{language}: '{found.group()}' is not said to people")


def not_loud(script: Script) -> Iterator[Problem]:
    """Neither exclamation marks nor pictures."""
    for node, language, words in _said(script):
        if found := _LOUD.search(words):
            yield Problem(script.name, node, "words", f"{language}: no '{found.group()}'")


TO_ALL: tuple[Law, ...] = (vous_or_tu, slots_alike, written_keys_answer, menus_say_their_keys, well_spaced, not_loud)
TO_PERSONS: tuple[Law, ...] = (kind_words, tu_is_kept)
