"""The answer that needs nothing: no database, no Redis, no worker, no script. Bilingual, and it always rings a human.

Pure: what it may use comes in as `Means`, and its URLs carry a step number and a quiet mark, nothing else
(architecture, idea 8). Addresses, all POST, for webhooks to route:
  /twilio/last/<step>[/quiet]   the Dial of the step before has ended         -> next_
  /twilio/last/press[/quiet]    a telephone of the team was answered, or keyed -> press
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from hotline.telephone import twiml, voice
from ivr_flows.engine import step
from ivr_flows.model import Kind, Language, Place, Script
from ivr_flows.signals import Answered, Left, Opened, Recorded, Returned, Signal, Typed
from ivr_flows.turns import HangUp, Join, Say, StepOut, Turn, Unhold

OLD = timedelta(hours=12)  # architecture, idea 8: from then on FALLBACK_NUMBER is rung with the team
MOST_TOGETHER = 10  # Numbers in one Dial (contract 2.5)
# Twilio adds 5 s. Short, so that the telephone company's voicemail rarely answers first and stops the others' ringing.
RING_FOR = 20
E164 = re.compile(r"\+[1-9]\d{7,14}")

OPENING = (
    Say("En danger: raccrochez et composez le neuf, un, un. Sinon, restez en ligne: nous appelons une personne.", "fr"),
    Say("In danger: hang up and dial nine, one, one. If not, stay on the line: we are calling someone.", "en"),
)
TRUTH = (
    Say("Personne n'a encore répondu. Nous essayons toujours. En danger: raccrochez, composez le neuf, un, un.", "fr"),
    Say("No one has answered yet. We are still trying. In danger: hang up, dial nine, one, one.", "en"),
)
AFTER = (
    Say("Si vous avez encore besoin d'une personne, restez en ligne. Sinon, raccrochez.", "fr"),
    Say("If you still need someone, stay on the line. If not, hang up.", "en"),
)
WHISPER = (
    Say("Appel urgent de la ligne. Pour répondre, le un.", "fr"),
    Say("Urgent call from the line. To answer, press one.", "en"),
)
# This Dial cannot mute the responder, so they are told: a voice in that room could get someone hurt.
WHISPER_QUIET = (
    Say("Appel urgent de la ligne. Elle ne peut pas parler: taisez-vous et écoutez. Pour répondre, le un.", "fr"),
    Say("Urgent call from the line. They cannot speak: stay silent and listen. To answer, press one.", "en"),
)
RESPONDER = (
    Say("La ligne est en panne, mais la personne peut être là. Pour lui répondre, le un.", "fr"),
    Say("The line is out of order, but the person may be there. To answer, press one.", "en"),
)
# Past the first key there is nobody to be joined by pressing 1: what was keyed is asked again until it can be noted.
CHOOSE_AGAIN: Mapping[Language, str] = {
    "fr": "La ligne est en panne, rien n'est noté. Refaites votre choix.",
    "en": "The line is out of order, nothing is noted. Choose again.",
}
MUTED = (
    Say("On ne vous entend pas. Écoutez.", "fr"),
    Say("You are not heard. Listen.", "en"),
)
TIMES_WHISPERED = 3  # about 30 s with the pauses: an answered leg without a key hangs up then (manners 3)
AFTER_WHISPER = 4
TIME_TO_HANG_UP = 5
STATIC_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Means:
    """What there is to answer with.

    `team`: the numbers of those on duty, first rank first. `snapshot_age`: None where there is no snapshot. `fallback`
    may be empty only in demo and test. `prefix` goes before each path: "" unless a document is given to REST inline.
    """

    team: tuple[str, ...]
    fallback: str
    fallback_screened: bool
    caller_id: str
    snapshot_age: timedelta | None
    prefix: str = ""

    def rounds(self) -> tuple[tuple[str, ...], ...]:
        """Whom each step rings: all together, then one at a time by rank, then the fallback; then again."""
        team = _dialable(self.team)
        trusted = team and self.snapshot_age is not None and self.snapshot_age <= OLD
        together = team[:MOST_TOGETHER] if trusted else _dialable((*team[: MOST_TOGETHER - 1], self.fallback))
        alone = [(number,) for number in _dialable((*team, self.fallback))]
        return tuple(step for step in dict.fromkeys([together, *alone]) if step)

    def address(self, word: str | int, quiet: bool) -> str:
        """Where a document leads: a step, or `press`."""
        return f"{self.prefix}/twilio/last/{word}{'/quiet' if quiet else ''}"


def _dialable(numbers: tuple[str, ...]) -> tuple[str, ...]:
    # One wrong number in a Dial fails all of it (13223), and one that stands there twice is busy for itself.
    return tuple(dict.fromkeys(number for number in numbers if E164.fullmatch(number)))


# ── the person ────────────────────────────────────────────────────────────────────────────────────────────────────


def answer(means: Means, quiet: bool = False) -> str:
    """Step 0, wherever the call was: 9-1-1 first, then the people on duty ring together, each having to press 1.

    `quiet` (they cannot speak): no word is said to them, here and in every step that follows. The network's own ringing
    tone may be heard in their earpiece; a Dial has no way to take it out.
    """
    return _ring(means, 0, OPENING, quiet)


def next_(means: Means, step: int, bridged: bool, quiet: bool = False) -> str:
    """What comes when a Dial has ended and the person is still there. `bridged`: the form's DialBridged is "true".

    The truth, then the next of the round; after a conversation they are first given the time to hang up.
    """
    return _ring(means, step, AFTER if bridged else TRUTH, quiet)


def leave(means: Means, quiet: bool = False) -> str:
    """Inside a waitUrl, where Dial is not allowed: out of the queue, whose action then answers with `answer`."""
    return twiml.document(twiml.element("Leave"), twiml.redirect(means.address(0, quiet)))


def _ring(means: Means, step: int, words: tuple[Say, ...], quiet: bool) -> str:
    rounds = means.rounds()
    numbers = rounds[step % len(rounds)] if rounds else ()
    onward = means.address(step + 1, quiet)
    said = "" if quiet else twiml.says(*words)
    # Without words, or with nobody to ring, only this pause keeps a round of failing Dials from turning in a blur.
    rest = twiml.pause(TIME_TO_HANG_UP) if words == AFTER or not numbers or (quiet and step) else ""
    return twiml.document(said, rest, _dial(means, numbers, onward, quiet), twiml.redirect(onward))


def _dial(means: Means, numbers: tuple[str, ...], onward: str, quiet: bool) -> str:
    if not numbers:
        return ""
    attributes = {"action": onward, "method": "POST", "timeout": str(RING_FOR), "callerId": means.caller_id}
    return twiml.element("Dial", "".join(_number(means, number, quiet) for number in numbers), attributes)


def _number(means: Means, number: str, quiet: bool) -> str:
    """One telephone. A switchboard cannot press 1, so an unscreened fallback is joined as soon as it answers."""
    screened = number != means.fallback or means.fallback_screened
    whisper = {"url": means.address("press", quiet), "method": "POST"} if screened else {}
    return twiml.element("Number", twiml.text(number), whisper)


# ── the team ──────────────────────────────────────────────────────────────────────────────────────────────────────


def press(means: Means, digits: str, quiet: bool = False) -> str:
    """What a telephone that answered hears: the whisper where `digits` is empty; 1 joins the two, the rest hangs up.

    Only Say, Pause in a Gather, Gather and Hangup are allowed on this leg (contract 1.4).
    """
    if digits:
        return twiml.document() if digits.startswith("1") else twiml.document(twiml.element("Hangup"))
    return _whisper(WHISPER_QUIET if quiet else WHISPER, means.address("press", quiet))


def responder(place: Place, digits: str, muted: bool, links: voice.Links) -> str:
    """A responder's own leg when SQL is down: it never rings the team. 1 joins the room of that leg's sealed place.

    Asked at most about 30 s. `muted`: their page says that the person cannot speak. Out of the room, the leg comes back
    to its ordinary `room` URL.
    """
    if digits.startswith("1"):
        told = MUTED if muted else ()
        return voice.write(Turn(place, (*told, Join("responder", muted))), links)
    return _whisper(RESPONDER, links.to(place, "key"))


def needs_nobody(script: Script, place: Place, signal: Signal) -> Turn | None:
    """The turn where nobody has to be rung: the line is gone, a call of ours must say nothing of us, a responder has
    answered a page, or a guest was rung; None for everybody else."""
    team = script.speaks_to != "person"
    if _is_gone(script, signal) or (team and not place.page):
        return Turn(place, (HangUp(),))
    return past_the_first_key(script, place, signal) if team else _says_nothing_of_us(script, place, signal)


def _is_gone(script: Script, signal: Signal) -> bool:
    """Whether nobody is left to hear an answer, or wants to: the call's own callbacks tell of its end.

    The exit is the exit (manners 1): the last resort would speak to somebody who must be off the line now.
    """
    if signal == Left("hangup") or signal == Returned(hung_up=True):
        return True
    if script.speaks_to != "person":
        return False
    match signal:
        case Recorded():
            return signal.hung_up or signal.key == "#"
        case Answered(key) | Typed(key):
            return key.startswith("#")
    return False


def _says_nothing_of_us(script: Script, place: Place, signal: Signal) -> Turn | None:
    """On a call of ours, or to the number we call from, the last resort would say who we are: what needs no SQL is
    done, and for the rest the call ends. A 9 there is still a 9."""
    if not (place.page or place.node == script.doors.get("returned")):
        return None
    if not place.page and signal == Typed("9"):
        return None
    turn = step(script, place, signal)
    return Turn(turn.place, turn.replies or (HangUp(),))


def past_the_first_key(script: Script, place: Place, signal: Signal) -> Turn | None:
    """The turn of a responder who has answered a page, or of a guest, as far as it needs no SQL; None before that.

    A key whose effect cannot be written is asked again in the same node, or where that node says. Let go are only that
    the person hears « Un instant » when the private menu opens, and that a hold ends: while SQL is away the sweep ends
    every hold by itself.
    """
    node = script.node_or_door(place.node)
    if any(script.nodes[choice.to].kind is Kind.CLAIM for choice in node.choices):
        return None
    turn = step(script, place, signal)
    if turn.question is None and {type(effect) for effect in turn.effects} <= {StepOut, Unhold}:
        return replace(turn, effects=())
    again = step(script, replace(place, node=node.again or node.id), Opened())  # its own words may be known once only
    return replace(again, replies=(Say(CHOOSE_AGAIN[place.language], place.language), *again.replies))


def _whisper(words: tuple[Say, ...], action: str) -> str:
    """Asked again and again, then hung up: a voicemail presses nothing."""
    asked = (twiml.says(*words) + twiml.pause(1)) * TIMES_WHISPERED
    gather = twiml.gather(asked, AFTER_WHISPER, action, empty_too=False)
    return twiml.document(gather, twiml.element("Hangup"))


# ── the carrier's own copy ────────────────────────────────────────────────────────────────────────────────────────


def static_document(fallback_number: str, line_number: str) -> str:
    """The document the carrier keeps for the day when the whole application is down.

    It holds the 9-1-1 words and FALLBACK_NUMBER, and no address of ours and no responder's number.
    """
    attributes = {"timeout": str(RING_FOR), "callerId": line_number}
    dial = twiml.element("Dial", twiml.element("Number", twiml.text(fallback_number)), attributes)
    return twiml.document(twiml.says(*OPENING), dial, (twiml.says(*TRUTH) + dial) * STATIC_ROUNDS, twiml.says(*TRUTH))
