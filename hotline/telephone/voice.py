"""The voice channel: a request becomes a signal, a turn becomes TwiML. No effect, no state and no chance here.

What a request means is not guessed from its fields: each action URL has one word, its *intent*, which `write` chose.
Every document ends in a verb that comes back to us, so that no path falls off in silence. Nothing is ever recorded.
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Literal, Protocol, TypeAlias

from hotline.telephone import twiml
from ivr_flows.model import Language, Place
from ivr_flows.signals import Answered, Left, Opened, Recorded, Returned, Signal, Silent, Typed, Waited
from ivr_flows.turns import HangUp, Join, Leave, Listen, Queue, Record, Say, Turn

Intent: TypeAlias = Literal["opened", "key", "digits", "recorded", "wait", "left", "room", "go", "alone"]

# ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

RECORDING_KEYS = ("9", "#", "1")  # manners 1: urgent, erase and leave, done
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


def read(form: Mapping[str, str], intent: str) -> Signal:
    """The signal in a request to a URL of that intent; KeyError for a word that is no intent of a signal.

    `opened` a call or leg begins · `key` a Gather ended · `wait` the queue asks what to play · `left` the Enqueue
    ended · `room` the Dial to a conference ended · `go` the line itself took the call out of its queue or room, over
    REST. The word `alone` is no signal: `waiting_room` answers it.
    """
    return READERS[intent](form)


def _key(form: Mapping[str, str]) -> Signal:
    """One key. A key pressed by someone who then hung up still counts: it may be a 9."""
    digits = form.get("Digits", "").strip()
    if digits:
        return Answered(digits[0])
    return Returned(hung_up=True) if _is_over(form) else Silent()


def _digits(form: Mapping[str, str]) -> Signal:
    digits = form.get("Digits", "").strip()
    return Typed(digits) if digits else _key(form)


def _recorded(form: Mapping[str, str]) -> Signal:
    """What ended it: a key, or the word `hangup`, or nothing (silence, length)."""
    key = form.get("Digits", "")
    return Recorded(form.get("RecordingSid", ""), key if key in RECORDING_KEYS else "", _is_over(form))


def _left(form: Mapping[str, str]) -> Signal:
    return Left("hangup" if _is_over(form) else form.get("QueueResult", ""))


def _returned(form: Mapping[str, str]) -> Signal:
    return Returned(hung_up=_is_over(form))


def _is_over(form: Mapping[str, str]) -> bool:
    return form.get("CallStatus", "") in OVER


READERS: Mapping[str, Callable[[Mapping[str, str]], Signal]] = {
    "opened": lambda form: Opened(),
    "key": _key,
    "digits": _digits,
    "recorded": _recorded,
    "wait": lambda form: Waited(),
    "left": _left,
    "room": _returned,
    "go": lambda form: Left("redirected"),
}

# ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Links(Protocol):
    """Where documents lead. No URL and no name it gives holds anything in clear about a person."""

    def to(self, place: Place, intent: Intent) -> str:
        """The URL that holds this place, sealed, and the intent."""
        ...

    def queue(self, place: Place) -> str:
        """The opaque name of the queue this call waits in, 64 characters at most."""
        ...

    def room(self, place: Place) -> str:
        """The opaque name of the conference of this place's page."""
        ...

    def recording(self) -> str:
        """The URL that is told when a recording can be fetched."""
        ...

    def audio(self, name: str) -> str:
        """Where a recorded sentence can be fetched; empty where it is not there, and is spoken."""
        ...

    def events(self) -> str:
        """The URL that is told who comes to a conference and who leaves it."""
        ...


def write(turn: Turn, links: Links) -> str:
    """The turn's replies as one TwiML document.

    Words before a Listen are nested in its Gather, so that any key stops them. A turn that would end without a verb
    that comes back to us (which no script makes) ends in a Redirect that is heard as silence.
    """
    written: list[str] = []
    words: list[Say] = []
    for reply in turn.replies:
        if isinstance(reply, Say):
            words.append(reply)
        elif isinstance(reply, Listen):
            intent: Intent = "digits" if reply.keys > 1 else "key"
            written.append(_listen(reply, twiml.says(*words, audio=links.audio), links.to(turn.place, intent)))
            words.clear()
        else:
            written += [twiml.says(*words, audio=links.audio), _act(reply, turn.place, links)]
            words.clear()
    if words or not turn.replies:
        written += [twiml.says(*words, audio=links.audio), twiml.redirect(links.to(turn.place, "key"))]
    return twiml.document(*written)


def _listen(listen: Listen, words: str, action: str) -> str:
    """Silence goes to the action too; the Redirect is for the day when it does not."""
    return twiml.gather(words, max(1, ceil(listen.seconds)), action, empty_too=True, keys=listen.keys) + twiml.redirect(
        action
    )


def _act(reply: Record | Queue | Leave | Join | HangUp, place: Place, links: Links) -> str:
    match reply:
        case Queue():
            return _enqueue(place, links)
        case Record():
            return _record(reply, place, links)
        case Leave():
            # In a queue nothing after it is played; outside of one it does nothing, and the call must not end there.
            return twiml.element("Leave") + twiml.redirect(links.to(place, "left"))
        case Join():
            return _join(reply, place, links)
        case HangUp():
            return twiml.element("Hangup")


def _record(record: Record, place: Place, links: Links) -> str:
    """Where nothing at all was said the carrier goes on to the Redirect, which is heard as silence."""
    keys = {"finishOnKey": "".join(RECORDING_KEYS), "timeout": str(ceil(record.silence)), "maxLength": str(LONGEST)}
    action = {"action": links.to(place, "recorded"), "method": "POST", "playBeep": "true", "trim": "do-not-trim"}
    told = {"recordingStatusCallback": links.recording(), "recordingStatusCallbackEvent": "completed absent"}
    return twiml.element("Record", "", keys | action | told) + twiml.redirect(links.to(place, "key"))


def _enqueue(place: Place, links: Links) -> str:
    wait = {"waitUrl": links.to(place, "wait"), "waitUrlMethod": "POST"}
    action = {"action": links.to(place, "left"), "method": "POST"}
    return twiml.element("Enqueue", twiml.text(links.queue(place)), wait | action)


def _join(join: Join, place: Place, links: Links) -> str:
    """Into the room. Only the responder has `*`; nobody's leaving ends it; a label is there once (error 16025)."""
    labels = {"person": "person", "responder": f"responder-{place.attempt}", "guest": f"guest-{place.guest}"}
    conference = {
        "beep": "false",
        "muted": "true" if join.muted and join.as_ != "person" else "false",
        "startConferenceOnEnter": "true",
        "endConferenceOnExit": "false",
        "participantLabel": labels[join.as_],
        "waitUrl": "" if join.quiet else links.to(place, "alone"),
        "waitMethod": "POST",
        "statusCallback": links.events(),
        "statusCallbackEvent": "start end join leave",
        "statusCallbackMethod": "POST",
    }
    room = twiml.element("Conference", twiml.text(links.room(place)), conference)
    star = {"hangupOnStar": "true"} if join.as_ == "responder" else {}
    return twiml.element("Dial", room, {"action": links.to(place, "room"), "method": "POST"} | star)


# ── alone in a room ───────────────────────────────────────────────────────────────────────────────────────────────

Who: TypeAlias = Literal["person", "responder", "gone", "held"]

BACK_SOON: Mapping[Language, str] = {"fr": "Un instant, je reviens.", "en": "One moment, I will be right back."}
ALONE: Mapping[Who, Mapping[Language, str]] = {
    "person": {"fr": "Un instant, s'il vous plaît.", "en": "One moment, please."},
    "responder": {
        "fr": "La personne n'est pas encore dans l'appel. Restez en ligne.",
        "en": "The person is not in the call yet. Stay on the line.",
    },
    "gone": {
        "fr": "La personne a raccroché. Vous pouvez raccrocher.",
        "en": "The person has hung up. You can hang up.",
    },
    "held": BACK_SOON,
}
LONGEST = 300  # seconds of one recording
BETWEEN_WORDS = 3  # with the words themselves, well under the 8 s without a sound of manners 3
BETWEEN_SILENCES = 30


def waiting_room(who: Who, languages: Sequence[Language], quiet: bool = False) -> str:
    """What someone hears who is alone in a conference (intent `alone`): words and a pause, again and again.

    `gone` is for a responder whose person has hung up, `held` for a person on hold. With `quiet`, nothing at
    all is heard, for ever.
    """
    if quiet:
        return twiml.document(twiml.pause(BETWEEN_SILENCES), twiml.redirect())
    words = [Say(ALONE[who][language], language) for language in languages]
    return twiml.document(twiml.says(*words), twiml.pause(BETWEEN_WORDS), twiml.redirect())


TOLD: Mapping[str, Mapping[Language, str]] = {
    "nobody-came": {
        "fr": "Personne d'autre n'a pris l'appel. Il reste à vous.",
        "en": "Nobody else has taken the call. It stays yours.",
    },
    "nobody-beside": {
        "fr": "Personne de l'équipe ne peut venir. L'appel continue.",
        "en": "Nobody of the team can come. The call goes on.",
    },
    "guest-entered": {"fr": "La personne invitée est dans l'appel.", "en": "Your guest is in the call."},
    "guest-ended": {"fr": "La personne invitée a quitté l'appel.", "en": "Your guest has left the call."},
    "guest-busy": {"fr": "La ligne de la personne invitée est occupée.", "en": "Your guest's line is busy."},
    "guest-no-answer": {"fr": "La personne invitée ne répond pas.", "en": "Your guest does not answer."},
    "guest-declined": {"fr": "La personne invitée a dit non.", "en": "Your guest said no."},
    "guest-failed": {"fr": "Ce téléphone ne peut pas sonner.", "en": "That telephone cannot be rung."},
    "guest-unknown": {
        "fr": "Nous ne savons pas si ce téléphone sonne. Nous ne le referons pas de nous-mêmes.",
        "en": "We do not know whether that telephone rings. We will not call it again by ourselves.",
    },
}
"""What the responder is told in the middle of a call, alone."""


def told(what: str, language: Language) -> str:
    """One of these sentences."""
    return twiml.document(twiml.says(Say(TOLD[what][language], language)))


def back_soon(language: Language) -> str:
    """What the person hears, once, when the responder steps into their private menu."""
    return twiml.document(twiml.says(Say(BACK_SOON[language], language)))
