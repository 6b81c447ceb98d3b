"""The laws of manners 1 and 2: the keys on the cards, the three regimes of listening, and what comes first.

Like those of `check`, each is a pure function from a script to its problems; they hold in a person's script only.
"""

from collections.abc import Iterator

from ivr_flows import spoken
from ivr_flows.arrows import NOT_TELL, Law, Problem, follow, of, targets, text_nodes, texts_of, voice_nodes
from ivr_flows.model import Kind, Language, Node, Script
from ivr_flows.spoken import LANGUAGES

TAKES_KEYS = frozenset({Kind.MENU, Kind.WAIT})
ENDS_A_RECORDING = frozenset({"1", "9", "#"})
FIRST_OF_TEXTS = ("optout", "automatic", "near")
NINE_ONE_ONE = {"fr": "neuf, un, un", "en": "nine, one, one"}


def danger_opens(script: Script) -> Iterator[Problem]:
    """The first words of a call are danger's, in both languages."""
    opening = script.nodes[script.doors["voice"]]
    for language in LANGUAGES:
        first = opening.says[0].said_in(language) if opening.says else ""
        if not opening.both or NINE_ONE_ONE[language] not in first:
            words = f"{language}: a call opens in both languages with '{NINE_ONE_ONE[language]}'"
            yield Problem(script.name, opening.id, "opening", words)


def nine_and_five_are_urgent(script: Script) -> Iterator[Problem]:
    """9 is a page of the highest priority; 5 is one too, without a sound, and the responder's microphone is closed."""
    for key in ("9", "5"):
        node = script.nodes.get(script.keys.get(key, ""))
        if node is None:
            continue  # said by `keys_lead_to_a_person`
        then, _ = follow(script, node, lambda node: node.then, NOT_TELL - {Kind.HUSH})
        page = then.page if then.kind is Kind.PAGE else None
        if page is None or page.priority != "P1":
            yield Problem(script.name, node.id, "urgent", f"the key '{key}' must wake the team as P1")
        elif key == "5" and not (page.quiet and page.muted and node.kind is Kind.HUSH):
            yield Problem(script.name, node.id, "urgent", "5 is answered by silence, and its page is quiet and muted")


def danger_is_read_first(script: Script) -> Iterator[Problem]:
    """What a text says is looked for in the order of manners 4, and danger wakes the team as P1."""
    whens = [rule.when for rule in script.texts]
    before = script.texts[: whens.index("danger")] if "danger" in whens else ()
    paging = all(rule.to and script.nodes[rule.to].page for rule in before[len(FIRST_OF_TEXTS) :])
    if "text" in script.doors and (tuple(whens[: len(FIRST_OF_TEXTS)]) != FIRST_OF_TEXTS or not paging):
        first = ", ".join(FIRST_OF_TEXTS)
        words = f"the rules of texts begin with {first}; between these and danger each wakes the team"
        yield Problem(script.name, "", "urgent", words)
    for rule in script.texts:
        node = script.nodes[rule.to] if rule.to else None
        urgent = node is not None and node.page is not None and node.page.priority == "P1"
        if rule.when in ("near", "danger") and not urgent:
            yield Problem(script.name, rule.to or "", "urgent", f"'{rule.when}' in a text must wake the team as P1")


def keys_only_where_heard(script: Script) -> Iterator[Problem]:
    """Choices stand in menus and waits; anywhere else a key would be announced and never heard."""
    written = text_nodes(script)
    for node in of(script, voice_nodes(script)):
        if node.choices and node.kind not in TAKES_KEYS and node.id not in written:
            yield Problem(script.name, node.id, "regime", f"a {node.kind} node hears no key of its own")
        if node.kind is Kind.HUSH and node.says:
            yield Problem(script.name, node.id, "regime", "a node that only listens says nothing")


def digits_tell_the_way_back(script: Script) -> Iterator[Problem]:
    """Where one types several digits, the star goes back, and that is said once at the start of the entry."""
    again = {t for node in script.nodes.values() if node.kind is Kind.DIGITS for t in node.outcomes.values()}
    for node in of(script, voice_nodes(script) - again - {script.doors.get("returned", "")}):
        for language in LANGUAGES if node.kind is Kind.DIGITS else ():
            if "*" not in _said(node, language):
                yield Problem(script.name, node.id, "regime", f"{language}: the way back (star) is not said")


def recording_is_chosen(script: Script) -> Iterator[Problem]:
    """Nobody is recorded who did not press a key for it, after hearing which keys end it."""
    for node in script.nodes.values():
        if node.kind is not Kind.RECORD:
            continue
        before = [one for one in script.nodes.values() if any(target == node.id for _, target in targets(one))]
        pressed = {one.id for one in before if any(choice.to == node.id for choice in one.choices)}
        for one in before:
            if one.id not in pressed or sum(target == node.id for _, target in targets(one)) > 1:
                yield Problem(script.name, one.id, "regime", f"'{node.id}' records, so only a key may lead there")
        for language in LANGUAGES:
            if not any(set(_said(one, language)) >= ENDS_A_RECORDING for one in before):
                yield Problem(script.name, node.id, "regime", f"{language}: 1, 9 and # are not told before recording")


def most_urgent_first(script: Script) -> Iterator[Problem]:
    """Keys are said in their order, and a choice that wakes the team as P1 is the first."""
    for node in of(script, voice_nodes(script)):
        own = [choice.key for choice in node.choices]
        for text in texts_of(node):
            for language in LANGUAGES:
                said = [key for key in spoken.keys_said(text.said_in(language), language) if key in own]
                if said != sorted(said):
                    yield Problem(script.name, node.id, "first", f"{language}: the keys are not said in their order")
        urgent = [_wakes_at_once(script, choice.to) for choice in sorted(node.choices, key=lambda c: c.key)]
        if any(urgent) and not urgent[0]:
            yield Problem(script.name, node.id, "first", "the most urgent choice is not the first")


def _wakes_at_once(script: Script, target: str) -> bool:
    node, _ = follow(script, script.nodes[target], lambda node: node.then, NOT_TELL)
    return node.kind is Kind.PAGE and node.page is not None and node.page.priority == "P1"


def _said(node: Node, language: Language) -> list[str]:
    return [key for text in texts_of(node) for key in spoken.keys_said(text.said_in(language), language)]


REGIMES: tuple[Law, ...] = (
    danger_opens, nine_and_five_are_urgent, danger_is_read_first, keys_only_where_heard, digits_tell_the_way_back,
    recording_is_chosen, most_urgent_first,
)  # fmt: skip
