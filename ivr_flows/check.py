"""The static laws of a script: what must hold before a frightened person hears a word of it.

Each law is a small pure function from a script to its problems. A law knows keys, words and arrows; it opens no file
and knows no telephone company, but for what a text message may carry.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from ivr_flows import spoken, wording
from ivr_flows.arrows import NOT_TELL, PERSONS, Law, Problem, targets, text_nodes, texts_of, voice_nodes
from ivr_flows.arrows import follow as _follow
from ivr_flows.arrows import of as _of
from ivr_flows.arrows import reach as _reach
from ivr_flows.model import Kind, Language, Node, Script, Tongue
from ivr_flows.priorities import FACTS
from ivr_flows.regimes import REGIMES
from ivr_flows.spoken import LANGUAGES, parts
from ivr_flows.told import NAMES

VOICE_LIMIT = 4096  # what one Say may carry
PRESSES = 3
CHOICES = 4
PRINTED = {"person": "950*#", "responder": "0*", "guest": "0"}  # keys on the cards; a responder's star leaves the room
QUESTIONS = frozenset({Kind.ASK, Kind.CLAIM, Kind.WAIT})  # what is said comes from the answer's own step
LISTENING = frozenset({Kind.MENU, Kind.HUSH, Kind.WAIT, Kind.DIGITS})
ANSWERS = ("waiting", "muted", "gone", "text", "taken", "over")
SLOTS = {
    "person": frozenset(["numero", "telephone", "tel", "quand", "heure", "mot", "chez_nous", "du_numero", "organismes"])
    | {"contacts", "secteur", "ailleurs"},
    "responder": frozenset(
        {"urgence", "code", "langue", "ne_parle_pas", "by", "etat", "attend", "telephone", "organismes"}
    ),
    "guest": frozenset[str](),
}
_FIXED = re.compile(r"\{\w*\}|\d+")  # what a text says of its own case, in whatever words
STAFF = "staff"  # the door behind which staff type their code
# Manners 5: doors behind which one word is said, and nothing of us; and the end that a human decided.
MAY_END = ("called", "returned", "ended")
RECORDING = re.compile(r"[a-z0-9_-]+\.(?:wav|mp3)")
RULES = frozenset(("optout", "automatic", "near", "danger", "help", "empty"))


def check(script: Script) -> list[Problem]:
    """Every problem of a script; empty means that it may be served."""
    laws = PERSON_LAWS if script.speaks_to == "person" else RESPONDER_LAWS
    # The other laws walk along the arrows, so those come first.
    found = list(targets_exist(script)) or [problem for law in laws for problem in law(script)]
    return [replace(problem, file=script.files.get(problem.node, "")) for problem in found]


def costs(script: Script) -> Iterator[tuple[str, str, int]]:
    """SMS parts by node and language; `both` is what a person of unknown language gets."""
    for node in script.nodes.values():
        if node.text is not None:
            for language in LANGUAGES:
                yield node.id, language, parts(node.text.said_in(language))
            if spoken.fits_both(node.text):  # what does not fit is sent in one
                foreign = "".join(f"{one.words}{spoken.BETWEEN}" for one in node.also)
                yield node.id, "both", parts(f"{foreign}{node.text.fr}{spoken.BETWEEN}{node.text.en}")
            if node.text.tu:
                yield node.id, "fr, tu", parts(node.text.tu)


def _spoken(script: Script) -> Iterator[tuple[str, Language, str]]:
    texts = [(node.id, text) for node in script.nodes.values() for text in texts_of(node)]
    texts += [("", script.until_chosen)] if script.until_chosen else []
    return ((name, language, text.said_in(language)) for name, text in texts for language in LANGUAGES)


def _foreign(script: Script) -> Iterator[tuple[str, Tongue, str]]:
    return ((node.id, one.language, one.words) for node in script.nodes.values() if node.says for one in node.also)


def _written(script: Script) -> Iterator[tuple[str, Language, str]]:
    for node in script.nodes.values():
        if node.text is not None:
            yield from ((node.id, language, node.text.said_in(language)) for language in LANGUAGES)
            yield from ((node.id, "fr", node.text.tu),) if node.text.tu else ()


# ── laws of every script ──────────────────────────────────────────────────────────────────────────────────────────


def targets_exist(script: Script) -> Iterator[Problem]:
    """Every arrow leads to a node."""
    heads = [*script.doors.items(), *script.keys.items(), ("person", script.person), ("hush", script.hush)]
    heads += [(rule.when, rule.to) for rule in script.texts]
    for way, target in heads:
        if target is not None and target not in script.nodes:
            yield Problem(script.name, "", "targets", f"'{way}' leads to '{target}', which is not a node")
    for node in script.nodes.values():
        for way, target in targets(node):
            if target not in script.nodes:
                yield Problem(script.name, node.id, "targets", f"{way} leads to '{target}', which is not a node")
    needed = {"voice", "nearest"} | ({"text"} if script.texts else set())
    if script.speaks_to == "person":
        needed |= {"wait", "room"}
    for door in sorted(needed - script.doors.keys()):
        yield Problem(script.name, "", "targets", f"there is no door '{door}'")


def tu_beside_vous(script: Script) -> Iterator[Problem]:
    """Who is said tu to is told the same: the same slots, and the same figures and keys."""
    for node in script.nodes.values():
        for text in (*texts_of(node), *((node.text,) if node.text else ())):
            if text.tu and sorted(_FIXED.findall(text.tu)) != sorted(_FIXED.findall(text.fr)):
                yield Problem(script.name, node.id, "tu", "the text with tu has other slots or figures than its French")


def both_languages(script: Script) -> Iterator[Problem]:
    """Nobody is met with a silence in their own language."""
    for name, language, words in (*_spoken(script), *_written(script)):
        if not words.strip():
            yield Problem(script.name, name, "languages", f"a text is missing in '{language}'")


def short_enough(script: Script) -> Iterator[Problem]:
    """A channel cuts what is too long, in the middle of a sentence."""
    for name, language, words in _spoken(script):
        if len(words) > VOICE_LIMIT:
            yield Problem(script.name, name, "length", f"{language}: more than {VOICE_LIMIT} signs to say")
    for name, written_in, count in costs(script):
        if count > spoken.TEXT_PARTS:
            yield Problem(script.name, name, "length", f"{written_in}: {count} SMS parts, {spoken.TEXT_PARTS} at most")


def every_node_reachable(script: Script) -> Iterator[Problem]:
    """A node nobody can come to is a sentence nobody reviews."""
    for name in sorted(script.nodes.keys() - (voice_nodes(script) | text_nodes(script))):
        yield Problem(script.name, name, "reach", "no door leads here")


def every_node_whole(script: Script) -> Iterator[Problem]:
    """What a kind of node needs to do its work."""
    spoken = voice_nodes(script)
    for node in script.nodes.values():
        voice = node.id in spoken
        if node.kind in {Kind.TELL, Kind.HUSH} and node.then is None:
            yield Problem(script.name, node.id, "whole", f"a {node.kind} node needs 'then'")
        if node.kind is Kind.PAGE:
            yield from _whole_page(script, node, voice)
        if node.kind is Kind.CLAIM and not set(ANSWERS) <= set(node.outcomes):
            yield Problem(script.name, node.id, "whole", f"a claim needs the outcomes {', '.join(ANSWERS)}")
        if node.kind is Kind.ROOM and script.speaks_to == "responder" and "star" not in node.outcomes:
            yield Problem(script.name, node.id, "whole", "a responder's room needs the outcome 'star'")
        if node.kind is Kind.ROOM and script.speaks_to == "person" and node.muted is not None:
            yield Problem(script.name, node.id, "whole", "the person is never muted")
        if script.speaks_to == "responder" and (node.learns or any(choice.learns for choice in node.choices)):
            yield Problem(script.name, node.id, "whole", "only a person's choice tells something of their case")
        yield from _whole_asking(script, node)
        yield from _whole_telling(script, node)
        if voice and node.kind is Kind.MENU and not node.says:
            yield Problem(script.name, node.id, "whole", "a menu of a call says something")


def _whole_asking(script: Script, node: Node) -> Iterator[Problem]:
    if node.kind in {Kind.DIGITS, Kind.ASK} and (node.asks is None or not {"yes", "no"} <= node.outcomes.keys()):
        yield Problem(script.name, node.id, "whole", "what asks needs 'asks' and the outcomes yes and no")
    if node.kind is Kind.DIGITS and node.length < 2:
        yield Problem(script.name, node.id, "whole", "digits have a 'length' of two or more; for one key use a menu")
    if node.kind is Kind.RECORD and node.then is None:
        yield Problem(script.name, node.id, "whole", "a record node needs 'then'")
    if node.kind is Kind.RECORD and "tip" not in node.marks:
        yield Problem(script.name, node.id, "whole", "only a tip is recorded: a record node has the mark 'tip'")


def _whole_telling(script: Script, node: Node) -> Iterator[Problem]:
    if node.kind is Kind.TELL and _follow(script, node, lambda node: node.then, NOT_TELL)[0].kind in QUESTIONS:
        yield Problem(script.name, node.id, "whole", "what is told just before a question is never heard")
    if node.fact is not None and node.kind is not Kind.TELL:
        yield Problem(script.name, node.id, "whole", "only a node that tells may depend on a fact")
    if node.audio and (len(node.says) != len(node.audio) or any("{" in text.fr for text in node.says)):
        yield Problem(script.name, node.id, "whole", "each text of 'says' has its recording, and none has a slot")
    for language in LANGUAGES:
        for name in (file.said_in(language) for file in node.audio):
            if not RECORDING.fullmatch(name):
                yield Problem(
                    script.name, node.id, "whole", f"{language}: '{name}' is no file's name, as accueil-fr.wav"
                )


def _whole_page(script: Script, node: Node, voice: bool) -> Iterator[Problem]:
    if node.page is None:
        yield Problem(script.name, node.id, "whole", "a page node needs 'page'")
    if node.then is None:
        yield Problem(script.name, node.id, "whole", "a page node needs 'then'")
    for target in (node.then, node.unchosen):
        if voice and target is not None and script.nodes[target].kind is not Kind.WAIT:
            yield Problem(script.name, node.id, "whole", f"after a page one waits, and '{target}' is no waiting node")


def walks_end(script: Script) -> Iterator[Problem]:
    """Nodes that need no answer are walked in one breath, so they may not turn in a circle."""
    for node in script.nodes.values():
        last, ended = _follow(script, node, lambda node: node.then, NOT_TELL)
        if not ended:
            yield Problem(script.name, node.id, "walks", f"this walk comes back to '{last.id}' without an answer")


def silence_leads_on(script: Script) -> Iterator[Problem]:
    """Silence alone leads a person to a person, and a responder's leg to an end."""
    goodbyes = {script.doors.get(door) for door in MAY_END}
    for node in _of(script, voice_nodes(script)):
        last, led = _follow(script, node, _on_silence, PERSONS | {Kind.WAIT, Kind.END})
        if not led:
            yield Problem(script.name, node.id, "silence", f"silence gets no further than '{last.id}'")
        elif (
            last.kind is Kind.END
            and script.speaks_to == "person"
            and node.kind is not Kind.END
            and node.id not in goodbyes
        ):
            yield Problem(script.name, node.id, "silence", f"silence ends in '{last.id}', where nobody is")


def _on_silence(node: Node) -> str | None:
    if node.kind is Kind.ASK:
        return node.outcomes["no"]
    return node.silence if node.kind in {Kind.MENU, Kind.DIGITS, Kind.RECORD} else node.then


def every_loop_has_an_exit(script: Script) -> Iterator[Problem]:
    """From every node one can get out: to an end, to a person, or to a wait that somebody answers."""
    out = PERSONS | {Kind.END, Kind.WAIT}
    for node in _of(script, voice_nodes(script)):
        ways = {name for _, target in targets(node) for name in _reach(script, [target])} | {node.id}
        if not any(script.nodes[name].kind in out for name in ways | set(script.keys.values())):
            yield Problem(script.name, node.id, "loops", "nothing leads out of here")


def keys_not_shadowed(script: Script) -> Iterator[Problem]:
    """The keys on the cards mean one thing, in every node."""
    taken = set(PRINTED[script.speaks_to]) | script.keys.keys()
    for node, choice in ((n, c) for n in script.nodes.values() for c in n.choices if c.key in taken):
        yield Problem(script.name, node.id, "keys", f"the printed key '{choice.key}' is taken by a choice")


def few_choices(script: Script) -> Iterator[Problem]:
    """Nobody remembers a fifth choice. The one that leads staff in is never said, so there is nothing to remember."""
    for node in script.nodes.values():
        heard = sum(choice.to != script.doors.get(STAFF) for choice in node.choices)
        if heard > CHOICES:
            yield Problem(script.name, node.id, "choices", f"{heard} choices, {CHOICES} at most")


def staff_door_unsaid(script: Script) -> Iterator[Problem]:
    """Everybody hears the same opening: the key for staff is not announced where it works."""
    door = script.doors.get(STAFF)
    for node in script.nodes.values():
        keys = {choice.key for choice in node.choices if choice.to == door}
        said = (spoken.keys_said(text.said_in(language), language) for text in texts_of(node) for language in LANGUAGES)
        for key in sorted(keys & {each for several in said for each in several}):
            yield Problem(script.name, node.id, "announced", f"the key '{key}' is for staff and is never said")


def key_after_choice(script: Script) -> Iterator[Problem]:
    """« Pour être rappelé, le deux »: the hand moves when the key is heard, so the reason comes first."""
    for name, language, words in _spoken(script):
        if spoken.key_comes_first(words, language):
            yield Problem(script.name, name, "order", f"{language}: the key is said before its choice")


def keys_said_answer(script: Script) -> Iterator[Problem]:
    """A key that is announced does something, and it is announced in both languages."""
    for node in script.nodes.values():
        known = {choice.key for choice in node.choices} | script.keys.keys() | set(PRINTED[script.speaks_to])
        for text in texts_of(node):
            said = {language: spoken.keys_said(text.said_in(language), language) for language in LANGUAGES}
            for language in LANGUAGES:
                for key in sorted(set(said[language]) - known):
                    yield Problem(script.name, node.id, "announced", f"{language}: the key '{key}' does nothing here")
            if not node.both and said["fr"] != said["en"]:
                told = " ".join(said["fr"]), " ".join(said["en"])
                yield Problem(script.name, node.id, "announced", "fr: says the keys {}; en: {}".format(*told))


def no_bare_digits(script: Script) -> Iterator[Problem]:
    """A voice reads 911 as nine hundred and eleven."""
    for name, language, words in (*_spoken(script), *_foreign(script)):
        if re.search(r"\d", words):
            yield Problem(script.name, name, "figures", f"{language}: say figures as words")


def slots_known(script: Script) -> Iterator[Problem]:
    """A slot nobody fills would be read aloud."""
    for name, language, words in (*_spoken(script), *_written(script)):
        for slot in sorted(set(re.findall(r"\{(\w*)\}", words)) - SLOTS[script.speaks_to]):
            yield Problem(script.name, name, "slots", f"{language}: nobody fills '{{{slot}}}'")


# ── laws of the line ──────────────────────────────────────────────────────────────────────────────────────────────


def keys_lead_to_a_person(script: Script) -> Iterator[Problem]:
    """From every node that listens, keys alone lead to a person, soon."""
    for node in _of(script, voice_nodes(script)):
        if node.kind in LISTENING and node.id != script.hush and not _person_within(script, node):
            yield Problem(script.name, node.id, "person", f"no person within {PRESSES} presses")
    for key in sorted({"9", "5"} - script.keys.keys()):
        yield Problem(script.name, "", "person", f"the printed key '{key}' does nothing")


def _person_within(script: Script, node: Node) -> bool:
    here = {node.id}
    for _ in range(PRESSES):
        pressed = {choice.to for name in here for choice in script.nodes[name].choices} | set(script.keys.values())
        pressed |= {then for name in here if (then := script.nodes[name].then)}
        rests = [_follow(script, script.nodes[name], lambda node: node.then, NOT_TELL)[0] for name in pressed]
        here = {node.id for node in rests}
        if any(node.kind in PERSONS for node in rests):
            return True
    return False


def texts_lead_to_a_person(script: Script) -> Iterator[Problem]:
    """Whoever goes on writing comes to a page or adds to a tip, and every rule of manners 4 is there."""
    for when in sorted(RULES - {rule.when for rule in script.texts}) if "text" in script.doors else ():
        yield Problem(script.name, "", "texts", f"no rule says what '{when}' does")
    for rule in script.texts:
        if not rule.words and rule.when not in NAMES | FACTS:
            yield Problem(script.name, rule.to or "", "texts", f"no text is ever known as '{rule.when}'")
    for node in _of(script, text_nodes(script)):
        last, led = _follow(script, node, _on_text, frozenset({Kind.PAGE}))
        if not led and "tip" not in last.marks:
            yield Problem(script.name, node.id, "texts", "further texts lead to nobody")


def _on_text(node: Node) -> str | None:
    return node.outcomes["no"] if node.kind is Kind.ASK else node.then


def cheap_signs(script: Script) -> Iterator[Problem]:
    """One sign out of the GSM set makes every part 70 signs long."""
    for name, language, words in _written(script):
        if signs := spoken.costly(words):
            yield Problem(script.name, name, "signs", f"{language}: costly signs {' '.join(signs)}", warning=True)


def no_carrier_words(script: Script) -> Iterator[Problem]:
    """A word the carrier acts upon never reaches us as an answer."""
    for node in script.nodes.values():
        for word in (word for choice in node.choices for word in choice.words):
            if word.casefold() in spoken.OPT_OUT:
                yield Problem(script.name, node.id, "carrier", f"'{word}' asks the carrier to block us")
    for name, language, words in _written(script):
        for word in spoken.printed_carrier_words(words):
            yield Problem(script.name, name, "carrier", f"{language}: '{word}' may not be printed")


def says_nothing_of_us(script: Script) -> Iterator[Problem]:
    """Somebody else may read the screen."""
    for name, language, words in _written(script):
        if found := spoken.naming(words):
            yield Problem(script.name, name, "naming", f"{language}: '{found}' says who we are")


RESPONDER_LAWS: tuple[Law, ...] = (
    both_languages, tu_beside_vous, short_enough, every_node_reachable, every_node_whole, walks_end, silence_leads_on,
    every_loop_has_an_exit, keys_not_shadowed, few_choices, key_after_choice, keys_said_answer, no_bare_digits,
    slots_known, *wording.TO_ALL,
)  # fmt: skip
PERSON_LAWS: tuple[Law, ...] = (
    *RESPONDER_LAWS, staff_door_unsaid, *REGIMES, keys_lead_to_a_person, texts_lead_to_a_person, cheap_signs,
    no_carrier_words, says_nothing_of_us, *wording.TO_PERSONS,
)  # fmt: skip
