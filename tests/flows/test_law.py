"""The static laws: they hold in what is shipped, and each one bites."""

from dataclasses import replace

import pytest

from ivr_flows.arrows import Problem, text_nodes, voice_nodes
from ivr_flows.check import check
from ivr_flows.draw import document
from ivr_flows.engine import step
from ivr_flows.load import LEXICON, SCRIPTS, load_all, read_scripts
from ivr_flows.model import Language, Place, Script
from ivr_flows.signals import Answered, Seen, Wrote
from ivr_flows.spoken import parts
from ivr_flows.turns import HangUp, Join, Leave, Page

SHIPPED = load_all()
SMALL = """
version = 1
person = "personne"
texts = [
    { when = "optout", to = "suite" }, { when = "automatic" }, { when = "near", to = "suite_urgente" },
    { when = "danger", to = "suite_urgente" }, { when = "help", to = "suite" }, { when = "empty", to = "bonjour" },
]
[doors]
voice = "menu"
nearest = "menu"
wait = "attente"
room = "ensemble"
text = "bonjour"
[keys]
9 = "urgence"
5 = "cinq"
[node.menu]
kind = "menu"
both = true
says.fr = "En danger: composez le neuf, un, un. Pour de l'aide, le un."
says.en = "In danger: dial nine, one, one. For help, press one."
choices = [{ key = "1", to = "avant" }]
silence = "personne"
[node.avant]
kind = "tell"
says.fr = "Une personne va vous répondre."
says.en = "A person will answer you."
then = "personne"
[node.personne]
kind = "page"
page = { priority = "P2", reason = "aide" }
then = "attente"
[node.urgence]
kind = "page"
page = { priority = "P1", reason = "neuf" }
then = "attente"
[node.cinq]
kind = "hush"
then = "cinq_ok"
[node.cinq_ok]
kind = "page"
page = { priority = "P1", reason = "cinq", quiet = true, muted = true }
then = "attente"
[node.attente]
kind = "wait"
says.fr = "Nous appelons."
says.en = "We are calling."
[node.ensemble]
kind = "room"
[node.bonjour]
kind = "menu"
text.fr = "Bonjour. 1 oui."
text.en = "Hello. 1 yes."
choices = [{ key = "1", to = "suite", words = ["oui", "yes"] }]
then = "suite"
[node.suite]
kind = "page"
page = { priority = "P2", reason = "texto" }
then = "suite"
[node.suite_urgente]
kind = "page"
page = { priority = "P1", reason = "danger" }
then = "suite"
"""
# A way to a recording and one to digits, for the laws of the three regimes.
LISTENS = """
[node.menu]
choices = [{ key = "1", to = "avant" }, { key = "2", to = "dire" }, { key = "3", to = "chiffres" }]
[node.dire]
kind = "menu"
says.fr = "Pour enregistrer, le un; pour finir, le un; pour effacer, le dièse; urgent, le neuf. Ou ici, le deux."
says.en = "To record, press one; to finish, press one; to erase, press pound; urgent, press nine. Or here, press two."
choices = [{ key = "1", to = "enregistre" }, { key = "2", to = "personne" }]
silence = "personne"
[node.enregistre]
kind = "record"
marks = ["tip"]
then = "personne"
silence = "personne"
[node.chiffres]
kind = "digits"
asks = "tip"
length = 12
says.fr = "Faites les douze chiffres. Pour revenir, l'étoile."
says.en = "Enter the twelve digits. To go back, press star."
outcomes = { yes = "personne", no = "personne" }
silence = "personne"
"""
SMALL_TEAM = """
script = "equipe"
version = 1
speaks_to = "responder"
[doors]
voice = "page"
nearest = "page"
[node.page]
kind = "menu"
says.fr = "Code {code}. Pour accepter, le un."
says.en = "Code {code}. To accept, press one."
choices = [{ key = "1", to = "prendre" }]
silence = "fin"
[node.prendre]
kind = "claim"
outcomes = { waiting = "parlez", muted = "parlez", gone = "fin", text = "fin", taken = "fin", over = "fin" }
[node.parlez]
kind = "room"
outcomes = { star = "page" }
[node.fin]
kind = "end"
"""

# Each law, by what breaks it: the words to find in the small script, and what they become.
BROKEN = [
    ("order", "Pour de l'aide, le un.", "Faites le un pour de l'aide."),
    ("order", "For help, press one.", "Press one for help."),
    ("announced", "For help, press one.", "For help, press two."),
    ("announced", "Pour de l'aide, le un.", "Pour de l'aide, le un. Pour un café, le six."),
    ("figures", "Pour de l'aide, le un.", "Pour de l'aide, le un. Danger, le 911."),
    ("figures", "[node.avant]", '[node.avant]\nalso = [{ language = "es", words = "Marque el 9." }]'),
    ("figures", 'person = "personne"', 'person = "personne"\nuntil_chosen = { fr = "Le 1.", en = "star." }'),
    ("length", "Nous appelons.", "Nous appelons. " * 300),
    ("length", "Bonjour. 1 oui.", "Bonjour, nous sommes là. " * 14),
    ("signs", "Bonjour. 1 oui.", "Bonjour, êtes-vous là? 1 oui."),
    ("tu", 'text.fr = "Bonjour. 1 oui."', 'text.fr = "Bonjour. 1 oui."\ntext.tu = "Salut. 2 oui."'),
    ("signs", 'text.fr = "Bonjour. 1 oui."', 'text.fr = "Bonjour. 1 oui."\ntext.tu = "Es-tu prêt? 1 oui."'),
    ("carrier", "Hello. 1 yes.", "Hello. Reply YES."),
    ("carrier", '"oui", "yes"', '"oui", "stop"'),
    ("naming", "Bonjour. 1 oui.", "Bonjour, ici la police. 1 oui."),
    ("slots", "Nous appelons.", "Nous appelons {qui}."),
    ("keys", 'key = "1", to = "avant"', 'key = "9", to = "avant"'),
    ("keys", 'key = "1", to = "avant"', 'key = "0", to = "avant"'),
    ("person", '5 = "cinq"\n', ""),
    ("person", '9 = "urgence"\n5 = "cinq"\n', '9 = "attente"\n5 = "attente"\n'),
    ("urgent", '9 = "urgence"', '9 = "personne"'),
    ("urgent", '5 = "cinq"', '5 = "urgence"'),
    ("urgent", "quiet = true, ", ""),
    ("urgent", '{ when = "near", to = "suite_urgente" }', '{ when = "near", to = "suite" }'),
    ("urgent", '{ when = "automatic" }, ', ""),
    ("opening", "both = true\n", ""),
    ("opening", "composez le neuf, un, un", "raccrochez"),
    (
        "first",
        'choices = [{ key = "1", to = "avant" }]',
        'choices = [{ key = "1", to = "avant" }, { key = "2", to = "urgence" }]',
    ),
    ("regime", 'kind = "hush"\n', 'kind = "hush"\nsays = { fr = "Oui?", en = "Yes?" }\n'),
    ("regime", 'kind = "tell"\n', 'kind = "tell"\nchoices = [{ key = "2", to = "personne" }]\n'),
    ("silence", '"avant" }]\nsilence = "personne"', '"avant" }]'),
    ("silence", 'silence = "personne"', 'silence = "menu"'),
    ("walks", 'then = "personne"', 'then = "avant"'),
    ("whole", 'then = "attente"', 'then = "menu"'),
    (
        "whole",
        'vous répondre."\nsays.en = "A person will answer you."\nthen = "personne"',
        'vous répondre."\nsays.en = "A person will answer you."\nthen = "attente"',
    ),
    ("whole", 'kind = "page"\n', 'kind = "page"\nfact = "no_arrest"\n'),
    ("whole", 'kind = "room"', 'kind = "room"\naudio.fr = "a.wav"\naudio.en = "b.wav"'),
    ("whole", "[node.avant]\n", '[node.avant]\naudio.fr = "../a.wav"\naudio.en = "b.wav"\n'),
    ("whole", 'page = { priority = "P2", reason = "aide" }\n', ""),
    ("whole", 'kind = "room"', 'kind = "room"\nmuted = true'),
    ("reach", "[node.ensemble]", '[node.ile]\nkind = "end"\n[node.ensemble]'),
    ("texts", '{ when = "danger", to = "suite_urgente" }, ', ""),
    ("texts", 'words = ["oui", "yes"] }]\nthen = "suite"', 'words = ["oui", "yes"] }]'),
    ("choices", '{ key = "1", to = "avant" }', ", ".join(f'{{ key = "{key}", to = "avant" }}' for key in "12346")),
    ("targets", 'wait = "attente"\n', ""),
]
BROKEN_LISTENS = [
    ("regime", " Pour revenir, l'étoile.", ""),
    ("regime", " To go back, press star.", ""),
    ("regime", "; pour effacer, le dièse", ""),
    ("regime", "; urgent, press nine", ""),
    ("regime", '{ key = "2", to = "personne" }]\nsilence = "personne"',
     '{ key = "2", to = "personne" }]\nsilence = "enregistre"'),
    ("first", "Pour enregistrer, le un;", "Pour ici, le deux. Pour enregistrer, le un;"),
    ("regime", 'length = 12\n', 'length = 12\nchoices = [{ key = "1", to = "personne" }]\n'),
    ("whole", "length = 12", "length = 1"),
    ("whole", 'marks = ["tip"]\n', ""),
]  # fmt: skip
BROKEN_TEAM = [
    ("slots", "{code}", "{nom}"),
    ("silence", 'silence = "fin"', 'silence = "page"'),
    ("whole", "over = ", "done = "),
    ("whole", 'outcomes = { star = "page" }', ""),
    ("keys", 'key = "1", to = "prendre"', 'key = "*", to = "prendre"'),
    ("announced", "le un.", "le trois."),
]


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_law_holds_in_what_is_shipped(name: str) -> None:
    """Nothing is found, not even a warning."""
    assert [str(problem) for problem in check(SHIPPED[name])] == []


def listening(content: str = LISTENS) -> Script:
    """The small script with a recording and digits in it."""
    head, _, nodes = content.partition("[node.dire]")
    menu = head.replace("[node.menu]\n", "").strip()
    small = SMALL.replace('choices = [{ key = "1", to = "avant" }]', menu)
    return read_scripts({"small.toml": small + "[node.dire]" + nodes})["ligne"]


def test_the_small_scripts_are_sound() -> None:
    """What the next tests break is whole before they do."""
    small = [*read_scripts({"small.toml": SMALL, "team.toml": SMALL_TEAM}).values(), listening()]
    assert [str(problem) for script in small for problem in check(script)] == []


def test_each_law_of_listening_bites() -> None:
    """Digits tell the way back; nobody is recorded unasked or without knowing the keys."""
    for law, words, instead in BROKEN_LISTENS:
        assert words in LISTENS
        assert told(law, check(listening(LISTENS.replace(words, instead)))), words


def test_each_law_bites() -> None:
    """One break in a sound script is found by the law that is meant for it."""
    for law, words, instead in BROKEN:
        assert words in SMALL
        assert told(law, check(read_scripts({"small.toml": SMALL.replace(words, instead)})["ligne"])), words


OF_A_SENTENCE = frozenset({"order", "announced", "figures", "length", "signs", "naming", "slots", "opening"})


def told(law: str, found: list[Problem]) -> bool:
    """Whether this law is among them, with its file, and with the language where it is one sentence that is wrong."""
    mine = [problem for problem in found if problem.law == law]
    assert {problem.file for problem in mine if problem.node} <= {"small.toml"}
    assert law not in OF_A_SENTENCE or all(
        problem.words.startswith(("fr: ", "en: ", "es: ", "both: ")) for problem in mine
    )
    return mine != []


def test_a_problem_is_told_with_file_node_and_language() -> None:
    """Whoever corrects a sentence reads no Python."""
    broken = SMALL.replace("Une personne va vous répondre.", "La personne 2 va vous répondre.")
    expected = "small.toml: ligne: avant: [figures] fr: say figures as words"
    assert [str(problem) for problem in check(read_scripts({"small.toml": broken})["ligne"])] == [expected]


def test_each_law_bites_for_responders() -> None:
    """The shorter list of a responder's script bites too."""
    for law, words, instead in BROKEN_TEAM:
        found = check(read_scripts({"team.toml": SMALL_TEAM.replace(words, instead)})["equipe"])
        assert law in {problem.law for problem in found}, words


def test_a_language_left_out_is_found_by_the_check_too() -> None:
    """A script made in code has no loader to complain."""
    node = SHIPPED["equipe"].nodes["souffle"]
    mute = replace(node, says=(replace(node.says[0], en=" "),))
    broken = replace(SHIPPED["equipe"], nodes={**SHIPPED["equipe"].nodes, "souffle": mute})
    assert [problem.law for problem in check(broken)] == ["languages"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("é" * 160, 1),
        ("ê" * 70, 1),
        ("ê" * 71, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("🆘" * 36, 2),
    ],
)
def test_sms_parts(text: str, expected: int) -> None:
    """160 signs of the GSM set, 70 of any other, a little less each when there are several parts."""
    assert parts(text) == expected


def test_the_drawn_conversation_is_current() -> None:
    """`python -m ivr_flows draw docs/conversation.md` was run after the last change."""
    drawn = (SCRIPTS.parents[1] / "docs" / "conversation.md").read_text("utf-8")
    assert drawn == document(SHIPPED)


def test_every_file_is_read() -> None:
    """No stray file lies beside the scripts, the lexicon and its weights."""
    assert {path.suffix for folder in (SCRIPTS, LEXICON) for path in folder.iterdir()} == {".toml", ".tsv"}


# ── the engine keeps them ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", ["fr", "en"])
def test_nine_wakes_the_team_from_every_node_of_a_call(ligne: Script, language: Language) -> None:
    """But after 55, when it is already done and the line keeps still; the first key after a 5 confirms the 5."""
    deaf = {
        name for name in voice_nodes(ligne)
        if not any(isinstance(e, Page) and e.priority == "P1" for e in
                   step(ligne, Place("ligne", name, language), Answered("9")).effects)
    }  # fmt: skip
    assert deaf == set()


def test_urgent_words_wake_the_team_from_every_node_of_a_text_and_in_the_first(ligne: Script) -> None:
    """Whatever else the text is."""
    others = ["optout", "automatic", "near", "help", "empty", "danger"]
    deaf = [
        (name, other) for name in text_nodes(ligne) for other in others for turn in (0, 7)
        if "P1" not in {e.priority for e in step(
            ligne, Place("ligne", name, turn=turn), Wrote(frozenset({"danger", other}))).effects if isinstance(e, Page)}
    ]  # fmt: skip
    assert deaf == []


def test_a_quick_exit_says_nothing_from_every_node(ligne: Script) -> None:
    """# hangs up without a word, and a page that is out stays out."""
    loud = [
        name
        for name in voice_nodes(ligne)
        if step(ligne, Place("ligne", name, flags=frozenset({"paged"})), Answered("#")).replies != (HangUp(),)
    ]
    assert loud == []


def test_leave_is_only_said_inside_the_queue(ligne: Script) -> None:
    """Out of it the person goes straight to the room."""
    inside = step(ligne, Place("ligne", "attente", flags=frozenset({"queued"})), Seen("accepted"))
    outside = step(ligne, Place("ligne", "attente"), Seen("accepted"))
    assert (inside.replies, outside.replies[-1]) == ((Leave(),), Join("person"))
