"""The conversation in a terminal: `python -m ivr_flows play | check | draw | triage | train`. Opens files, prints.

`Play` speaks the notation of `tests/flows/transcripts`, so that what one sees while playing can be kept as a test.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from ivr_flows import model as m
from ivr_flows import signals as s
from ivr_flows import turns as t
from ivr_flows.check import check, costs
from ivr_flows.draw import document
from ivr_flows.engine import step
from ivr_flows.examine import figures, folds, train
from ivr_flows.load import LEXICON, WEIGHTS, BadScript, load_all, load_lexicon
from ivr_flows.phrases import Lexicon
from ivr_flows.reading import HARD, measured
from ivr_flows.triage import read, wrote

DONE, FOUND, WRONG = 0, 1, 2
NUMERO = "4, 7, 1, 2, 9; 3, 3, 8; 1, 0, 2, 2"
# What the world's answers fill the slots of the line with.
SAID: dict[m.Language, dict[str, str]] = {
    "fr": {
        "numero": NUMERO, "tel": "514 555-0123", "mot": "",
        "telephone": "cinq, un, quatre; cinq, cinq, cinq; zéro, un, deux, trois",
        "quand": "demain, entre quatorze heures et quinze heures, heure de Montréal",
        "heure": "demain entre 14 h et 15 h (heure de Montréal)", "du_numero": "514 555-0101",
        "chez_nous": "cinq, un, quatre; cinq, cinq, cinq; zéro, un, zéro, un",
        "organismes": "Un organisme. Ouvert le jour. Numéro à vérifier: cinq, un, quatre.",
        "contacts": "Un 514 555-0142", "secteur": "l'est de Montréal", "ailleurs": "",
    },
    "en": {
        "numero": NUMERO, "tel": "514 555-0123", "mot": "",
        "telephone": "five, one, four; five, five, five; zero, one, two, three",
        "quand": "tomorrow, between two in the afternoon and three in the afternoon, Montréal time",
        "heure": "tomorrow between 2 p.m. and 3 p.m. (Montréal time)", "du_numero": "514 555-0101",
        "chez_nous": "five, one, four; five, five, five; zero, one, zero, one",
        "organismes": "A group. Open in the daytime. Number to be verified: five, one, four.",
        "contacts": "One 514 555-0142", "secteur": "the east of Montréal", "ailleurs": "",
    },
}  # fmt: skip
CODE: dict[m.Language, str] = {
    "fr": "Le mot de passe: quatre, sept, un, un.", "en": "Your code word: four, seven, one, one.",
}  # fmt: skip
EXAMPLE = {"urgence": "Urgence", "code": "quatre, sept", "langue": "Français", "ne_parle_pas": "", "by": "Camille"}
EXAMPLE |= {"etat": "Vous êtes en service.", "attend": "Personne n'attend."}
# What a telephone does besides pressing keys, as the transcripts write it.
HAPPENS: dict[str, s.Signal] = {
    "(silence)": s.Silent(), "(attend)": s.Waited(), "(revient)": s.Returned(hung_up=False),
    "(raccroche)": s.Returned(hung_up=True), "(parle, 1)": s.Recorded("RE1", "1"), "(parle, 9)": s.Recorded("RE1", "9"),
    "(parle, #)": s.Recorded("RE1", "#"), "(parle, silence)": s.Recorded("RE1"),
    "(parle, raccroche)": s.Recorded("RE1", hung_up=True),
}  # fmt: skip
HELP = "a key, or words; empty line = silence; !open 61 | !accepted | !won muted | !taken Jo | !no = the world"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 done, 1 something was found, 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="python -m ivr_flows", description="The written conversation of the line.")
    commands = parser.add_subparsers(dest="command", required=True)
    playing = commands.add_parser("play", help="play a script as a caller or texter", epilog=HELP)
    playing.add_argument("script", nargs="?", default="ligne")
    playing.add_argument("--text", action="store_true", help="write texts instead of calling")
    playing.add_argument("--lang", choices=("fr", "en"), default="fr")
    playing.add_argument("--confirmed", action="store_true", help="say what only a confirmed fact lets us say")
    commands.add_parser("check", help="the static laws of every script, and what texts cost")
    commands.add_parser("draw", help="the diagram, on standard output or into a file").add_argument("file", nargs="?")
    commands.add_parser("triage", help="what triage makes of a file of texts").add_argument("file")
    training = commands.add_parser("train", help="the weights of triage, from files of labelled texts")
    training.add_argument("files", nargs="+", type=Path)
    training.add_argument("--folds", type=int, default=0, help="only measure: each text read by a model without it")
    try:
        told = parser.parse_args(argv)
        match told.command:
            case "play":
                true: frozenset[m.Fact] = frozenset(get_args(m.Fact) if told.confirmed else ())
                return _play(told.script, "text" if told.text else "voice", told.lang, true)
            case "check":
                return _check()
            case "draw":
                return _draw(told.file)
            case "train":
                return _train(told.files, told.folds)
            case _:
                return _triage(Path(told.file))
    except BadScript as bad:
        print(bad, file=sys.stderr)
        return FOUND
    except BrokenPipeError:  # `| head` has seen enough
        sys.stderr.close()
        return DONE
    except SystemExit as usage:  # argparse has said what is wrong
        return DONE if usage.code in (0, None) else WRONG


def _check() -> int:
    scripts = load_all()
    load_lexicon()
    for script in scripts.values():
        for node, language, count in costs(script):
            print(f"{script.name} {node} {language}: {count} SMS part{'s' if count > 1 else ''}")
    _print_ease(scripts)
    problems = [problem for script in scripts.values() for problem in check(script)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return FOUND if any(not problem.warning for problem in problems) else DONE


def _print_ease(scripts: Mapping[str, m.Script]) -> None:
    """How easy each node is to follow, then those that a person should read again."""
    hard = list[str]()
    for script in scripts.values():
        for node, found in measured(script):
            print(f"{script.name} {node}: reads {', '.join(f'{language} {ease}' for language, ease in found.items())}")
            hard += [f"{node} ({language} {ease})" for language, ease in found.items() if ease < HARD]
    print(f"harder than the sixth year of school (under {HARD}), to be read again: {', '.join(hard) or 'none'}")


def _draw(file: str | None) -> int:
    drawn = document(load_all())
    if file:
        Path(file).write_text(drawn, "utf-8")
    else:
        print(drawn, end="")
    return DONE


def _train(files: Sequence[Path], count: int) -> int:
    """Write the weights, or say what they would be worth on texts they have not seen."""
    told = {file: [json.loads(line) for line in file.read_text("utf-8").splitlines()] for file in files}
    labels = [label for those in told.values() for label in those]
    lexicon = load_lexicon()
    if count:
        readings = folds(labels, lexicon, count)
        for file, those in told.items():
            own = {label["id"] for label in those}
            print(f"{file.name}: {figures([pair for pair in readings if pair[0]['id'] in own])}")
        print(f"all: {figures(readings)}")
        return DONE
    written = train(labels, lexicon)
    (LEXICON / WEIGHTS).write_text(written, "utf-8")
    print(f"{LEXICON.name}/{WEIGHTS}: {len(labels)} texts, {written.count(chr(10)) - 3} pieces")
    return DONE


def _triage(file: Path) -> int:
    """One line of JSON for each text. Lines that cannot be read are named; the others are done."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as unreadable:
        print(f"{file}: cannot be read ({type(unreadable).__name__}); give a file of JSON lines", file=sys.stderr)
        return WRONG
    lexicon, found = load_lexicon(), DONE
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            reading = read(str(told["text"] or ""), lexicon)
            shown = {
                "id": told["id"], "lang": reading.lang, "urgent": reading.urgent, "minor": reading.minor,
                "path": reading.path, "optout": reading.optout, "because": list(reading.because),
            }  # fmt: skip
        except (ValueError, KeyError, TypeError):
            print(f"{file}:{number}: needs one JSON object with 'id' and 'text'", file=sys.stderr)
            found = FOUND
        else:
            print(json.dumps(shown, ensure_ascii=False))
    return found


# ── playing ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Play:
    """One contact being played. `keep` is done to the place between turns: the tests send it through JSON."""

    script: m.Script
    lexicon: Lexicon
    channel: m.Channel = "voice"
    language: m.Language = "fr"
    keep: Callable[[m.Place], m.Place] = lambda place: place
    true: frozenset[m.Fact] = frozenset()  # what the operator has confirmed
    place: m.Place = field(init=False)
    entered: m.Place = field(init=False)  # where the queue was entered: what follows it is asked of that place
    over: bool = False

    def __post_init__(self) -> None:
        door = self.script.doors["text" if self.channel == "text" else "voice"]
        self.place = self.entered = m.Place(self.script.name, door, self.language)

    def opens(self, door: str | None = None, answers: Sequence[str] = ()) -> list[str]:
        """The first turn of a call, at its own door or at another."""
        if door:
            called = door == "called"  # a call that we make is about a page
            self.place = replace(self.place, node=self.script.doors[door], page=int(called))
        return self.turn(s.Opened(), answers)

    def hears(self, line: str, answers: Sequence[str] = ()) -> list[str]:
        """What one line of the person makes of the contact; `answers` are the world's, in their order."""
        return self.turn(self._signal(line), answers)

    def turn(self, signal: s.Signal, answers: Sequence[str] = ()) -> list[str]:
        """One turn, with the question it may ask, as lines of a transcript."""
        facts = t.Facts({} if self.script.speaks_to == "person" else EXAMPLE, self.true)
        turn = step(self.script, self.keep(self.place), signal, facts)
        effects, asked = list(turn.effects), list[str]()
        if turn.question is not None:
            default = {t.Look: "open", t.Understand: "yes"}.get(type(turn.question), "waiting")
            asked.append(answers[0] if answers else default)
            answer = _answer(turn.question, asked[0], turn.place.language)
            turn = step(self.script, self.keep(turn.place), answer, facts)
            effects += turn.effects
        self.place = turn.place
        if any(isinstance(reply, t.Queue) for reply in turn.replies):
            self.entered = turn.place
        self.over = any(isinstance(reply, t.HangUp) for reply in turn.replies)
        return [*(f"? {answer}" for answer in asked), *_perceived(turn), *_happened(effects)]

    def _signal(self, line: str) -> s.Signal:
        if self.channel == "text":
            return _text(line, self.lexicon)
        if line.startswith("(file: "):
            self.place = self.entered
            return s.Left(line.removeprefix("(file: ").removesuffix(")"))
        digits = self.script.node_or_door(self.place.node).kind is m.Kind.DIGITS
        return HAPPENS.get(line) or (s.Typed(line) if digits else s.Answered(line))


SINCE = ("pause", "human")  # what a text does not say itself, as the transcripts write it: (pause) before its words


def _text(line: str, lexicon: Lexicon) -> s.Wrote:
    """A text, after more than ten minutes or while somebody of the team has the conversation where that is written."""
    known = frozenset(name for name in SINCE if f"({name}) " in f"{line} ")
    for name in known:
        line = line.replace(f"({name})", "").strip()
    text = wrote(line, lexicon)
    return replace(text, facts=text.facts | known)


def _answer(question: t.Question, words: str, language: m.Language) -> s.Signal:
    """`open 61 en quiet` as what a look sees; `waiting` or `taken Camille` as what a claim gets."""
    first, *rest = words.split()
    if isinstance(question, t.Understand):
        said = SAID[language] | ({"mot": CODE[language]} if question.what == "code_word" else {})
        return s.Understood(question.what, "", said) if first == "yes" else s.NotUnderstood(first)
    if isinstance(question, t.Claim):
        if first in ("taken", "over"):
            return s.Taken(" ".join(rest) if first == "taken" else "")
        return s.Won(first)
    states: dict[str, s.Seen] = {
        "open": s.Seen("open"), "accepted": s.Seen("accepted"), "done": s.Seen("done"), "none": s.Seen("none"),
    }  # fmt: skip
    seen = states[first]
    for word in rest:
        if word.isdecimal():
            seen = replace(seen, waited=float(word))
        elif word == "quiet":
            seen = replace(seen, quiet=True)
        else:
            seen = replace(seen, language="en" if word == "en" else "fr")
    return seen


def _perceived(turn: t.Turn) -> Iterator[str]:
    said = False
    for reply in turn.replies:
        match reply:
            case t.Say(words, language):
                said = True
                yield f"< {words}" if language == turn.place.language else f"< [{language}] {words}"
            case t.Listen(seconds) if not said:
                yield f"~ listens {seconds:g}"
            case t.Record():
                yield "~ records"
            case t.Queue():
                yield "~ queue"
            case t.Leave():
                yield "~ leaves the queue"
            case t.Join(_, muted, quiet):
                yield f"~ joined{' muted' if muted else ''}{' in silence' if quiet else ''}"
            case t.HangUp():
                yield "~ hangs up"
            case _:
                pass


def _happened(effects: Sequence[t.Effect]) -> Iterator[str]:
    """Effects worth reading: that a contact opens and that a text is kept goes without saying."""
    for effect in effects:
        match effect:
            case t.Page(priority, reason, language, muted, quiet):
                marks = "".join((", muet" if muted else "", ", silence" if quiet else ""))
                yield f"! page {priority} ({reason}) {language or 'langue inconnue'}{marks}"
            case t.Agree(yes):
                yield f"! agree {'yes' if yes else 'no'}"
            case t.LookLater(seconds):
                yield f"! look in {seconds / 60:g} min"
            case t.KeepTip(_, words):
                yield f"! kept as a tip{'' if words else ', without words'}"
            case t.Learn(facts, apart):
                yield f"! learns {', '.join(sorted(facts))}{' (tip)' if apart else ''}"
            case t.Put("number" | "when" | "where" as what, value):
                yield f"! put {what} {value}".rstrip()
            case t.CameOf(outcome):
                yield f"! came of it: {outcome}"
            case t.Keep() | t.OpenContact() | t.Put():
                pass
            case _:
                yield f"! {_NAMES[type(effect)]}"


_NAMES: dict[type, str] = {
    t.Mistake: "mistake", t.Gone: "gone", t.Decline: "decline", t.Finish: "finish", t.StepOut: "step out",
    t.Proved: "proved", t.Hold: "hold", t.Unhold: "no more hold",
    t.TeamGone: "team gone", t.Promise: "promised", t.CallPerson: "call the person", t.NeverCall: "never call again",
    t.KeepRecording: "recording kept", t.DropRecording: "recording erased",
}  # fmt: skip


def _play(name: str, channel: m.Channel, language: m.Language, true: frozenset[m.Fact]) -> int:
    scripts = load_all()
    if name not in scripts:
        print(f"there is no script '{name}'; there are: {', '.join(sorted(scripts))}", file=sys.stderr)
        return WRONG
    if channel == "text" and "text" not in scripts[name].doors:
        print(f"the script '{name}' has no door for texts", file=sys.stderr)
        return WRONG
    play, world = Play(scripts[name], load_lexicon(), channel, language, true=true), list[str]()
    print(HELP)
    for line in play.opens() if channel == "voice" else ():
        print(line)
    for raw in sys.stdin:
        line = raw.strip()
        if line.startswith("!"):
            world = [_world(line)]
            continue
        try:
            print("\n".join(play.hears(line or ("(silence)" if channel == "voice" else ""), world)))
        except (KeyError, IndexError):
            print(f"the world cannot answer '{world[0]}' here; {HELP}", file=sys.stderr)
        world = []
        if play.over:
            return DONE
    return DONE


def _world(line: str) -> str:
    """`!accept` and `!won muted` as the transcripts' answers."""
    words = line.removeprefix("!").strip()
    return {"accept": "accepted", "": "open"}.get(words, words.removeprefix("won ").strip())


if __name__ == "__main__":
    sys.exit(main())
