"""People and responders acted by script: each holds one telephone, hears what it hears, does what the scenario says.

What an actor could not play (words that never came, a call that ended too soon) is kept as `trouble`, and they leave.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

from hotline.rehearsal.scenario import Manner, Person, Responder, Step
from hotline.rehearsal.telephones import Refused, Telephone, plain
from hotline.rehearsal.timeline import Over, Timeline

POLL = 0.15  # seconds of the wall
MODES = {"dead": "off", "busy": "busy", "voicemail": "voicemail", "silent": "answers_and_says_nothing"}
KEYS = {"accepts": "1", "declines": "2", "wrong-key": "7"}  # of those who answer and press one
READS_FOR = 30.0
GIVES_UP_AFTER = 6.0
# What a responder listens for: the words of the team's script, in either language.
ASKED = ("Pour accepter, le un.", "To accept, press one.")
ALONE = ("Pour terminer, le trois.", "To finish, press three.")
READING = ("C'est une conversation par texto.", "This is a text conversation.")


class Unplayed(Exception):
    """A step that could not be played, and why."""


class PersonActor:
    """Somebody who calls or writes, step after step."""

    def __init__(self, person: Person, telephone: Telephone, timeline: Timeline, line: str) -> None:
        self.person = person
        self.telephone = telephone
        self.trouble: str | None = None
        self._timeline = timeline
        self._line = line
        self._read = {"heard": 0, "text": 0}
        self._offset = {"heard": 0, "text": 0}
        self._verbs: dict[str, Callable[[Step], None]] = {
            "calls": self._calls,
            "hears": lambda step: self._waits_for("heard", "text", step),
            "presses": lambda step: self.telephone.does("press", keys=step.what),
            "waits": lambda step: self._timeline.wait_until(self._timeline.after(step.what)),
            "says": lambda step: self.telephone.does("say", words=step.what),
            "texts": lambda step: self.telephone.does("text", to=self._line, body=step.what),
            "receives": lambda step: self._waits_for("text", "body", step),
            "meets": self._meets,
            "hangs_up": lambda step: self.telephone.does("hangup"),
        }

    def play(self) -> None:
        """All steps from their moment on; the first that cannot be played ends it."""
        with self._timeline.acting():
            self._play()

    def _play(self) -> None:
        step: Step | None = None
        try:
            self._timeline.wait_until(self._timeline.at(self.person.at))
            for step in self.person.steps:
                self._verbs[step.verb](step)
        except Unplayed as why:
            self.trouble = str(why)
        except Refused as no:
            self.trouble = f"{step.verb if step else 'begins'}: {no}"
        except OSError as error:
            self.trouble = f"the network did not answer: {type(error).__name__}"
        except Over:
            self.trouble = f"had not finished ({step.verb if step else 'had not begun'})"
        if self.trouble is not None:
            self._leave()

    def _leave(self) -> None:
        with suppress(Refused, OSError):
            if self.telephone.in_call:
                self.telephone.does("hangup")

    def _calls(self, step: Step) -> None:
        self.telephone.take()
        self._read["heard"], self._offset["heard"] = len(self.telephone.events), 0
        shown = {} if self.person.shown is None else {"from_shown": self.person.shown}
        self.telephone.does("dial", to=self._line, **shown)

    def _waits_for(self, kind: str, field: str, step: Step) -> None:
        """The words, after those last waited for; each is matched once."""
        deadline = self._timeline.after(step.within)
        with self._timeline.waking(deadline):
            while not self._match(kind, field, plain(step.what)):
                if self._timeline.now() > deadline:
                    raise Unplayed(f"{step.verb} « {step.what} »: not within {step.within:g} s")
                if kind == "heard" and self._ended():
                    raise Unplayed(f"{step.verb} « {step.what} »: the call had ended")
                self._timeline.pause()
                self.telephone.take(POLL)

    def _match(self, kind: str, field: str, wanted: str) -> bool:
        for index in range(self._read[kind], len(self.telephone.events)):
            event = self.telephone.events[index]
            if event["kind"] != kind:
                continue
            from_ = self._offset[kind] if index == self._read[kind] else 0
            found = plain(event[field]).find(wanted, from_)
            if found >= 0:
                self._read[kind], self._offset[kind] = index, found + len(wanted)
                return True
        return False

    def _ended(self) -> bool:
        return any(event["kind"] == "ended" for event in self.telephone.events[self._read["heard"] :])

    def _meets(self, step: Step) -> None:
        deadline = self._timeline.after(step.what)
        with self._timeline.waking(deadline):
            while not self.telephone.in_company:
                if self._timeline.now() > deadline:
                    raise Unplayed(f"meets: nobody within {step.what:g} s")
                if not self.telephone.in_call:
                    raise Unplayed("meets: the call had ended")
                self._timeline.pause()


class ResponderActor:
    """Somebody of the team: their telephone rings, and they do what their manner of the moment says."""

    def __init__(self, responder: Responder, telephone: Telephone, timeline: Timeline) -> None:
        self.responder = responder
        self.telephone = telephone
        self.trouble: str | None = None
        self._timeline = timeline
        self._manners = list(responder.manners)
        self._manner = Manner()
        self._plans: list[tuple[datetime, str, dict[str, Any]]] = []
        self._pressed: set[str] = set()

    def ready(self) -> None:
        """The telephone is as its first manner says."""
        self._turn_over()

    def play(self) -> None:
        """Until the rehearsal ends."""
        try:
            while True:
                self._turn_over()
                self._do_what_is_due()
                for event in self._listen():
                    self._react(event)
        except Over:
            return
        except OSError as error:
            self.trouble = f"the network did not answer: {type(error).__name__}"

    def _listen(self) -> list[dict[str, Any]]:
        self._timeline.pause()
        moments = [moment for moment, _, _ in self._plans]
        moments += [self._timeline.at(one.at) for one in self._manners]
        if not moments:
            return self.telephone.take(POLL)
        with self._timeline.waking(min(moments)):
            return self.telephone.take(0 if self._plans else POLL)

    def _turn_over(self) -> None:
        """The manner whose moment has come."""
        while self._manners and self._manners[0].at <= self._timeline.elapsed:
            self._behave(self._manners.pop(0))

    def _behave(self, manner: Manner) -> None:
        self._manner = manner
        mode = MODES.get(manner.does, "hand")
        self.telephone.does(
            "mode", behaviour=mode, after=manner.after if mode in ("voicemail", MODES["silent"]) else None
        )

    def _do_what_is_due(self) -> None:
        now = self._timeline.now()
        due = [plan for plan in self._plans if plan[0] <= now]
        self._plans = [plan for plan in self._plans if plan[0] > now]
        for _, what, about in due:
            with suppress(Refused):  # the call had ended: somebody else has it
                self.telephone.does(what, **about)
            if what == "hangup" and self._manner.then is not None:
                self._behave(Manner(self._manner.then))

    def _plan(self, seconds: float, what: str, **about: Any) -> None:
        self._plans.append((self._timeline.after(seconds), what, about))

    def _react(self, event: dict[str, Any]) -> None:
        kind, manner = event["kind"], self._manner
        if kind == "ringing" and manner.does in KEYS:
            self._plan(manner.after, "answer")
        elif kind == "ringing" and manner.does == "rejects":
            self._plan(manner.after, "decline")
        elif kind == "joined" and manner.hangs_up_after is not None:
            self._plan(manner.hangs_up_after, "hangup")
        elif kind == "heard" and event["via"] == "say":
            self._hear(event["call"], plain(event["text"]))
        elif kind == "ended":
            self._plans.clear()

    def _hear(self, call: str, words: str) -> None:
        if _any(READING, words):
            self._once(call, READS_FOR if self._manner.hangs_up_after is None else None, "3")
            if self._manner.hangs_up_after is not None:
                self._plan(self._manner.hangs_up_after, "hangup")
        elif _any(ALONE, words):
            self._once(call, 1.0, "3")
        elif _any(ASKED, words) and self._manner.does in KEYS:
            self._once(call, 0.0, KEYS[self._manner.does])
            if self._manner.does == "wrong-key":
                self._plan(GIVES_UP_AFTER, "hangup")

    def _once(self, call: str, seconds: float | None, key: str) -> None:
        if seconds is not None and call + key not in self._pressed:
            self._pressed.add(call + key)
            self._plan(seconds, "press", keys=key)


def _any(sentences: tuple[str, ...], words: str) -> bool:
    return any(plain(sentence) in words for sentence in sentences)
