"""The table of kills: at each step of each path something is killed, and what was heard confirmed is kept, once.

`docs/kills.md` says what each cell is expected to end in. The cells in `OFTEN` run in `make test`; all
of them with `pytest -m long tests/system/test_kills.py`.
"""

import re
import sys
from pathlib import Path as Folder

import pytest

from tests.system.kills import TEAM, Actor, Path, Step, Story, finish, talk
from tests.system.telephone import plain

ROOT = Folder(__file__).parents[2]
KILLS = ("web", "urgent", "work", "sweep", "workers", "redis", "postgres", "weather")
# Of the numbers set aside for fiction; nobody takes part in two stories.
NUMBERS = (f"+1{area}55501{last:02}" for area in (418, 450, 819, 579, 367, 873) for last in range(100))
BY_FIGURES, BY_GROUPS = re.compile(r"(?:\d[,;] ){11}\d"), re.compile(r"\d{5} \d{3} \d{4}")
SPOKEN, WRITTEN = "la plaque est A B C", "I want to report girls kept at motel Z, I have the plate"


# ── what people do ────────────────────────────────────────────────────────────────────────────────────────────────


def dials(story):
    """They call the line."""
    story.calls, story.in_call = max(1, story.calls), True
    story.person.device.dials(story.line.number)


def writes(body):
    """They write to the line."""
    return lambda story, device=None: story.person.device.texts(body, story.line.number)


def hangs_up(story, device):
    """They have what they called for, and do not call again."""
    story.notes["gone"] = True
    device.hangs_up()


def speaks(story, device):
    """After the beep: words, and the key that ends them."""
    device.says(SPOKEN).presses("1")


def speaks_and_hangs_up(story, device):
    """After the beep: words, and no key."""
    hangs_up(story, device.says(SPOKEN))


def calls_or_notes(story, device):
    """A responder calls the person once; whoever was called already is not called again."""
    device.presses("2" if story.rings else "1")


def notes_what_came(story, device):
    """They were reached, or there was no answer."""
    device.presses("1" if story.met else "2")


# ── what must hold ────────────────────────────────────────────────────────────────────────────────────────────────


def no_page_is_open(story):
    """Every page of the story is finished."""
    asked = "select count(*) from pages where id > %s and state <> 'done'"
    return story.sql(asked, story.since("pages")) == [(0,)]


def a_human_came(story):
    """Somebody of the team spoke with them, or read, or found them gone, and said that they have dealt with it."""
    return (story.met or story.done_by_human) and no_page_is_open(story) and not story.in_call


def one_page(story):
    """One page for one call; whoever called again has one for each call."""
    made = story.sql("select count(*) from pages where id > %s", story.since("pages"))[0][0]
    if made > story.calls:
        return f"NOT once: {made} pages for {story.calls} calls"
    return "joined" if story.met else "a human found them gone"


def one_reading(story):
    """The text is there once, was answered at most once, and somebody read it."""
    kept = "select count(*) filter (where direction = 'in'), count(*) filter (where direction = 'out') from messages"
    came, went = story.sql(f"{kept} where id > %s", story.since("messages"))[0]
    if (came, went) != (1, 1) or len(story.texts) > 1:
        return f"NOT once: {came} texts in, {went} owed, {len(story.texts)} received"
    return "read by a human" + ("" if story.texts else ", no answer received")


def promise(story):
    """The promise of this story: state, outcome, and how often the person was to be called."""
    asked = "select id, state, outcome from callbacks where id > %s and state <> 'draft' order by id"
    found = story.sql(asked, story.since("callbacks"))
    if len(found) != 1:
        return (None, None, len(found))
    legs = story.sql("select count(*) from callback_attempts where callback_id = %s", found[0][0])
    return (found[0][1], found[0][2], legs[0][0] if legs else 0)


def kept_or_human(story):
    """Called and noted, called without an answer and due again, or a human decides; or somebody came before that."""
    state, _, legs = promise(story)
    if state is None:
        return a_human_came(story)
    return not story.in_call and (state in ("done", "human") or (state == "promised" and legs > 0))


def one_call(story):
    """One promise; their telephone rang no more often than it was to, and once where they were reached."""
    state, outcome, legs = promise(story)
    if state is None:
        return "NOT kept" if story.confirmed or legs else "not confirmed; a human came"
    if story.rings > legs or (state == "done" and story.rings != 1):
        return f"NOT once: {state}, {story.rings} rings of {legs}"
    owed = "select count(*) from work where kind = 'callback' and state = 'due'"
    if state == "promised" and story.sql(owed) == [(0,)]:
        return "NOT watched: a promise without work"
    promised = sum("c'est promis" in text.casefold() for text in story.texts)
    if promised > 1:
        return "NOT once: promised twice by text"
    return {"done": f"{outcome}", "human": f"a human decides: {outcome}"}.get(state, "later")


def number_of(story):
    """The number of the tip as it was heard or read; None where it was not."""
    for words in reversed(story.heard):
        if found := BY_FIGURES.search(words) or BY_GROUPS.search(words):
            return re.sub(r"\D", "", found[0])
    return None


def parts(story):
    """What is kept of the story's tips, and whether the carrier has confirmed the erasure: None while that goes on."""
    asked = "select tip_id, kind, state, erased_at is not null, body_sealed is not null from tip_parts where id > %s"
    found = story.sql(f"{asked} order by id", story.since("tip_parts"))
    return found if found and all(erased for *_, erased, _ in found) else None


def texts_went(story):
    """No text of ours waits to be sent."""
    return story.sql("select count(*) from work where kind = 'send_text' and state in ('due', 'claimed')") == [(0,)]


def text_is_lost(story):
    """Nobody knows whether a text of ours arrived: it is not sent again, and they write no more."""
    lost = "select count(*) from messages where id > %s and state in ('unknown', 'failed')"
    return story.sql(lost, story.since("messages")) not in ([(0,)], [])


def tip_is_ours(story):
    """It is sealed here and erased there, and they know its number, got to a human, or had no answer."""
    heard = story.confirmed or story.met or text_is_lost(story)
    return heard and not story.in_call and texts_went(story) and parts(story) is not None


def one_tip(story):
    """What was said or written is kept once, and the number that was heard finds it."""
    kept, number = parts(story) or [], number_of(story)
    if not kept or any((state, body) != ("kept", True) for _, _, state, _, body in kept):
        return f"NOT kept: {kept}"
    if len({tip for tip, *_ in kept}) != len(kept) or len(kept) > max(1, story.calls):
        return f"NOT once: {kept}"
    if len([text for text in story.texts if BY_GROUPS.search(text)]) > 1:
        return "NOT once: its number twice by text"
    if number is None:
        return "kept, its number not heard"
    asked = "select count(*) from tips join tip_parts on tip_id = tips.id where locator = %s"
    return "kept" if story.sql(asked, number[:5]) == [(1,)] else "NOT found under its number"


# ── the paths, and their steps ────────────────────────────────────────────────────────────────────────────────────

TEAM_STEPS = (Step("the team rings", "team", "rings"), Step("accepting", "team", "answers", "Pour accepter, le un"))
TO_THE_TIP = {
    "Bonjour. En danger": "*",
    "For help, press one": "*",
    "Pour de l'aide, le un. Pour transmettre": "2",
    "Pour laisser un message ici, le deux": "2",
    "Est-ce que cela se passe maintenant": "2",
    "touche une personne de moins de dix-huit ans": "2",
    "Pour enregistrer votre message, le un": "1",
    "bonsoir": hangs_up,
}
TO_THE_CALLBACK = {
    "Pour appeler la personne maintenant, le un": calls_or_notes,
    "Nous appelons la personne": talk,
    "L'appel est terminé": notes_what_came,
    "Voici ce que la personne a écrit": finish,
}
CALLBACK_STEPS = (
    *TEAM_STEPS,
    Step("told who it is", "team", "hears", "Un rappel promis"),
    Step("told how", "team", "hears", "Pour appeler la personne maintenant"),
    Step("calling", "team", "answers", "Pour appeler la personne maintenant"),
    Step("the person rings", "person", "rings"),
    Step("together", "person", "hears", "bonsoir"),
    Step("to be noted", "team", "hears", "L'appel est terminé"),
    Step("noting", "team", "answers", "L'appel est terminé"),
    Step("noted", "team", "hears", "C'est noté"),
)
FETCHED = (
    Step("being fetched", "carrier", "asks", "GET /Recordings/"),
    Step("being erased", "carrier", "asks", "DELETE /Recordings/"),
)
PATHS = (
    Path(
        "urgent call", dials, {"Bonjour. En danger": "9", "bonsoir": hangs_up}, {},
        "Nous appelons une personne pour vous", a_human_came, one_page,
        (
            Step("answered", "person", "hears", "Bonjour. En danger"),
            Step("pressing 9", "person", "answers", "Bonjour. En danger"),
            Step("confirmed", "person", "hears", "Nous appelons une personne pour vous"),
            *TEAM_STEPS,
            Step("accepted", "team", "hears", "La personne est en ligne"),
            Step("together", "person", "hears", "bonsoir"),
            Step("gone", "person", "answers", "bonsoir"),
        ),
    ),
    Path(
        "urgent text", writes("au secours il est la"), {},
        {"au secours il est la": finish, "Refaites votre choix": finish},
        "Bon moment?", a_human_came, one_reading,
        (
            Step("confirmed", "person", "reads", "Bon moment?"),
            *TEAM_STEPS,
            Step("read", "team", "hears", "au secours il est la"),
            Step("finishing", "team", "answers", "au secours il est la"),
        ),
    ),
    Path(
        "callback by voice", dials,
        {
            "Bonjour. En danger": "1",
            "Pour être rappelé, le deux. Pour un organisme": "2",
            "Pour être rappelé au numéro d'où vous appelez": "1",
            "Pour être rappelé maintenant, le un": "1",
            "Voulez-vous un mot de passe": "2",
            "Pour confirmer, le un": "1",
            "bonsoir": hangs_up,
        },
        TO_THE_CALLBACK, "C'est promis", kept_or_human, one_call,
        (
            Step("arranging", "person", "hears", "Pour être rappelé maintenant, le un"),
            Step("to be confirmed", "person", "hears", "Pour confirmer"),
            Step("confirming", "person", "answers", "Pour confirmer"),
            Step("promised", "person", "hears", "C'est promis"),
            *CALLBACK_STEPS,
        ),
    ),
    Path(
        "callback by text", writes("rappel"),
        {
            "Quand? 1 maintenant": writes("1"),
            "sans laisser de message. 1 oui": writes("1"),
            "bonsoir": hangs_up,
        },
        TO_THE_CALLBACK, "C'est promis", kept_or_human, one_call,
        (
            Step("arranging", "person", "reads", "Quand? 1 maintenant"),
            Step("to be confirmed", "person", "reads", "sans laisser de message"),
            Step("confirming", "person", "answers", "sans laisser de message. 1 oui"),
            Step("promised", "person", "reads", "C'est promis"),
            CALLBACK_STEPS[0],
        ),
    ),
    Path(
        "tip by voice", dials,
        {
            **TO_THE_TIP, "[bip]": speaks, "qui restera dans votre téléphone, le deux": "2",
            "Pour finir, le quatre": lambda story, device: device.presses(
                "4" if story.has_heard("Nous vous l'envoyons") else "2"
            ),
        },
        {}, "Votre numéro de suivi est", tip_is_ours, one_tip,
        (
            Step("the beep", "person", "hears", "[bip]"),
            Step("ending it", "person", "answers", "[bip]"),
            Step("its number", "person", "hears", "Votre numéro de suivi est"),
            Step("asking for a text", "person", "answers", "qui restera dans votre téléphone, le deux"),
            Step("a text promised", "person", "hears", "Nous vous l'envoyons"),
            *FETCHED,
        ),
    ),
    Path(
        "tip hung up", dials, {**TO_THE_TIP, "[bip]": speaks_and_hangs_up}, {},
        "Si vous raccrochez, nous gardons ce qui est dit", tip_is_ours, one_tip,
        (
            Step("the beep", "person", "hears", "[bip]"),
            Step("hung up", "person", "answers", "[bip]"),
            *FETCHED,
        ),
    ),
    Path(
        "tip by text", writes(WRITTEN), {"To follow up: 1": writes("1")}, {}, "Keep it", tip_is_ours, one_tip,
        (
            Step("told", "person", "reads", "To follow up: 1"),
            Step("asking its number", "person", "answers", "To follow up: 1"),
            Step("its number", "person", "reads", "Keep it"),
            Step("being erased", "carrier", "asks", "POST /Messages/SM"),
        ),
    ),
)  # fmt: skip


# ── the table ─────────────────────────────────────────────────────────────────────────────────────────────────────

CELLS = [(path, step, what) for path in PATHS for step in path.steps for what in KILLS]
OFTEN = {
    ("urgent call", "pressing 9", "redis"),
    ("callback by voice", "promised", "workers"),
    ("callback by voice", "told how", "weather"),
    ("callback by voice", "calling", "urgent"),
    ("callback by text", "promised", "redis"),
    ("tip by voice", "its number", "postgres"),
    ("tip by voice", "being fetched", "work"),
    ("tip by text", "asking its number", "redis"),
}


@pytest.fixture
def line(town):
    """The line, fresh; afterwards the carrier objected to nothing but to documents that nobody was there to give."""
    town.up.said.clear()
    yield town.fresh()
    sys.stdout.write("\n".join((*town.up.said, "")))
    assert [fault for fault in town.telephone.faults() if fault["code"] not in (11200, 11205, 11206)] == []


def _named(cells):
    return [pytest.param(*cell, id="-".join((cell[0].name, cell[1].name, cell[2])).replace(" ", "-")) for cell in cells]


def _told(line, path, step, what):
    person = Actor(line.telephone.device(next(NUMBERS)))
    ended = Story(line, path, person, step, what).tell()
    sys.stdout.write(f"{path.name} | {step.name if step else 'no kill'} | {what} | {ended}\n")
    return ended


def test_people_listen_for_what_the_line_says():
    """A sentence that is worded anew would leave its listener waiting: each is one of ours still."""
    files = [file for folder in ("ivr_flows", "hotline", "workers") for file in (ROOT / folder).rglob("*.*")]
    said = plain(" ".join(file.read_text() for file in files if file.suffix in (".toml", ".py")))
    listened = [*TEAM]
    for path in PATHS:
        listened += [
            *path.person,
            *path.team,
            path.confirms,
            *(one.words for one in path.steps if one.who != "carrier"),
        ]
    assert [words for words in listened if plain(words) not in said and words != "bonsoir"] == []


@pytest.mark.long
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name.replace(" ", "-"))
def test_without_a_kill(line, path):
    """Each path by itself ends as it should, and was confirmed."""
    assert _told(line, path, None, "nothing") in {
        "joined", "read by a human", "reached", "kept", "kept, its number not heard",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "step", "what"), _named(cell for cell in CELLS if (cell[0].name, cell[1].name, cell[2]) in OFTEN)
)
def test_killed(line, path, step, what):
    """One cell of the table, of those that run each time."""
    _told(line, path, step, what)


@pytest.mark.long
@pytest.mark.parametrize(("path", "step", "what"), _named(CELLS))
def test_the_whole_table(line, path, step, what):
    """One cell of the whole table."""
    _told(line, path, step, what)
