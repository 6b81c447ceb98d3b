"""Reading TOML: whole scripts come out, and whoever edits a file is told everything that is wrong at once."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ivr_flows.load import BadScript, load_all, load_lexicon, read_scripts
from ivr_flows.model import Choice, Kind, PageOrder, Rule, Script, Text

WHOLE = """
version = 3
[doors]
voice = "a"
nearest = "a"
[node.a]
kind = "menu"
says = [{ fr = "Un.", en = "One." }, { fr = "Deux.", en = "Two." }]
listens_for = 4
choices = [{ key = "2", to = "a", language = "en", does = "agree", words = ["oui"] }]
silence = "a"
"""

WRONG = """
version = "deux"
[doors]
nearest = "nulle_part"
[keys]
A = "menu"
[node.menu]
kind = "menus"
couleur = "rouge"
says.fr = "Bonjour."
listens_for = "quatre"
choices = [{ key = "1", to = "ailleurs" }, { key = "1", to = "menu", does = "danse" }, { to = "menu" }]
marks = ["curieux"]
[node.page]
kind = "page"
page = { priority = "P9", bruit = true }
both = 1
"""


def faults(files: dict[str, str]) -> list[str]:
    with pytest.raises(BadScript) as bad:
        read_scripts(files)
    return [str(fault) for fault in bad.value.faults]


def test_a_script_comes_out_of_its_file() -> None:
    """Every field of a node arrives as the model has it."""
    node = read_scripts({"a.toml": WHOLE})["ligne"].nodes["a"]
    expected = (
        Kind.MENU, (Text("Un.", "One."), Text("Deux.", "Two.")), (Choice("2", "a", ("oui",), "en", "agree"),), 4, "a",
    )  # fmt: skip
    assert expected == (node.kind, node.says, node.choices, node.listens_for, node.silence)


def test_the_shipped_scripts_are_four(scripts: Mapping[str, Script]) -> None:
    """The line's files make one script; the team has one for the legs that ring, one for whoever calls in, and one for
    guests."""
    inside = {"equipe": "responder", "interne": "responder", "invite": "guest"}
    assert {name: s.speaks_to for name, s in scripts.items()} == {"ligne": "person", **inside}


def test_a_file_without_a_name_belongs_to_the_line(ligne: Script) -> None:
    """Nodes of four files are in it, and the rules of the texts."""
    assert {"accueil", "aide", "urgence", "texto_lu"} <= ligne.nodes.keys()
    assert ligne.texts[1] == Rule("automatic", None)
    assert ligne.nodes["cinq_ok"].page == PageOrder("P1", "ne peut pas parler", muted=True, quiet=True)


def test_every_problem_is_said_at_once() -> None:
    """File, node, language and what would be right, for all of them."""
    found = "\n".join(faults({"faux.toml": WRONG}))
    expected = [
        "faux.toml: 'version' in the file must be a whole number",
        "faux.toml: the script 'ligne' has no door 'voice'",
        "faux.toml: 'A' is not a key of a telephone",
        "faux.toml: the door 'nearest' leads to 'nulle_part', which is not a node",
        "faux.toml: node menu: unknown field 'couleur' in the node",
        "faux.toml: node menu: kind 'menus' is not one of: menu, tell,",
        "faux.toml: node menu: says.en: the English text is missing",
        "faux.toml: node menu: 'listens_for' in the node must be a number",
        "faux.toml: node menu: the key '1' is given twice",
        "faux.toml: node menu: does 'danse' is not one of: agree,",
        "faux.toml: node menu: a choice has no 'key'",
        "faux.toml: node menu: the mark 'curieux' is not one of: chosen,",
        "faux.toml: node menu: the key '1' leads to 'ailleurs', which is not a node",
        "faux.toml: node page: unknown field 'bruit' in page",
        "faux.toml: node page: page has no 'reason'",
        "faux.toml: node page: priority 'P9' is not one of: P1,",
        "faux.toml: node page: 'both' in the node must be true or false",
    ]
    assert [words for words in expected if words not in found] == []


def test_a_node_in_two_files_is_said_with_both() -> None:
    """Which of two texts a person would hear may not depend on the alphabet."""
    second = '[node.a]\nkind = "end"\n'
    assert faults({"un.toml": WHOLE, "deux.toml": second}) == ["deux.toml: node a: this node is in un.toml too"]


def test_a_head_in_two_files_is_said_with_both() -> None:
    """So with a version or the doors."""
    assert faults({"un.toml": WHOLE, "deux.toml": "version = 4"}) == ["deux.toml: 'version' is in un.toml too"]


def test_toml_that_cannot_be_read_is_said_with_its_line() -> None:
    """And nothing else is blamed for it."""
    found = faults({"a.toml": WHOLE, "b.toml": "[node.b]\nkind = menu\n"})
    assert len(found) == 1
    assert found[0].startswith("b.toml: node b: this is not TOML") and "line 2" in found[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("says = 3", "says must be a table"),
        ("also = [{ language = 'xx', words = 'Hola.' }]", "language 'xx' is not one of: fr, en, es, ht"),
        ("also = [{ language = 'es' }]", "also, es: the words are missing"),
        ("audio.fr = 'b-fr.wav'", "audio.en: the English text is missing"),
        ("fact = 'rumour'", "fact 'rumour' is not one of: no_arrest"),
        ("choices = [3]", "a choice must be a table"),
        ("outcomes = { star = 3 }", "'star' in outcomes must be text"),
        ("choices = [{ key = 'x', to = 'b' }]", "'x' is not a key of a telephone"),
        ("choices = [{ key = '1', to = 'b', words = [1] }]", "'words' in a choice must be a list of texts"),
        ("muted = 'oui'", "'muted' in the node must be true or false"),
        ("prompts = 1.5", "'prompts' in the node must be a whole number"),
    ],
)
def test_a_wrong_kind_of_value_is_no_crash(line: str, expected: str) -> None:
    """Whatever stands there, the editor gets a sentence."""
    found = faults({"a.toml": WHOLE, "b.toml": f"[node.b]\nkind = 'end'\n{line}\n"})
    assert [words for words in found if words.startswith("b.toml: node b:") and expected in words] == found


def test_a_node_or_a_rule_that_is_no_table_is_no_crash() -> None:
    """Nor is a rule without its condition."""
    found = faults({"a.toml": WHOLE, "b.toml": "texts = [3, {}]\n[node]\nb = 3\n"})
    assert any("the node must be a table" in words for words in found)
    assert sum("a rule of texts has no 'when'" in words for words in found) == 2


def test_load_all_reads_a_folder(tmp_path: Path) -> None:
    """Every TOML file of it, and no other."""
    (tmp_path / "a.toml").write_text(WHOLE)
    (tmp_path / "notes.txt").write_text("[")
    assert {name: script.version for name, script in load_all(tmp_path).items()} == {"ligne": 3}


def test_a_lexicon_that_is_wrong_is_said_like_a_script(tmp_path: Path) -> None:
    """A table in two files, or one that is missing."""
    (tmp_path / "a.toml").write_text("[always]\nphrases = []\n")
    with pytest.raises(BadScript, match="is missing"):
        load_lexicon(tmp_path)
    (tmp_path / "b.toml").write_text("[always]\nphrases = []\n")
    with pytest.raises(BadScript, match="node always: is in another file too"):
        load_lexicon(tmp_path)
