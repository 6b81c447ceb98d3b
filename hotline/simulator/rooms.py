"""Conferences: who is in, what each hears and says, when it starts and ends, the callbacks the first participant asked.

A room starts with two participants of whom one may start it. It executes no TwiML: the executor plays its waits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotline.simulator.clock import LineClock, rfc2822
from hotline.simulator.leg import Leg, new_sid
from hotline.simulator.tapes import Archive, Recording

MOST = 250
Post = Callable[[str, str, dict[str, str], str, str], None]
EVENTS = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "participant-speech-start": "speaker",
    "participant-speech-stop": "speaker",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}


@dataclass
class Participant:
    leg: Leg
    label: str
    starts: bool
    ends: bool
    beep: str
    joined_at: datetime
    left: "asyncio.Future[str]"
    coached: str = ""
    music: "asyncio.Task[None] | None" = None

    def silence(self) -> None:
        if self.music is not None:
            self.music.cancel()
            self.music = None

    def hears_room(self) -> bool:
        return not self.leg.on_hold


@dataclass
class Room:
    name: str
    account: str
    clock: LineClock
    post: Post
    archive: Archive
    sid: str = field(default_factory=lambda: new_sid("CF"))
    status: str = "init"
    members: dict[str, Participant] = field(default_factory=dict)
    callback_url: str = ""
    callback_method: str = "POST"
    events: frozenset[str] = frozenset()
    sequence: int = 0
    reason: str | None = None
    ended_by: str | None = None
    most: int = MOST
    tape: Recording | None = None
    # Calls that were asked to join over REST and are not in yet, with their labels.
    coming: dict[str, tuple[Leg, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.created_at = self.updated_at = self.clock.now()

    def find(self, call_or_label: str) -> Participant | None:
        return self.members.get(call_or_label) or next(
            (member for member in self.members.values() if member.label == call_or_label), None
        )

    def starts_with(self, may_start: bool) -> bool:
        """Whether it runs already, or will as soon as one more is in: nobody hears a wait then."""
        enough = bool(self.members) and (may_start or any(one.starts for one in self.members.values()))
        return self.status == "in-progress" or enough

    def is_called(self, label: str) -> bool:
        """Whether this label is in use, by somebody inside or on the way."""
        return bool(label) and (self.find(label) is not None or any(label == one for _, one in self.coming.values()))

    def join(self, member: Participant) -> None:
        self.coming.pop(member.leg.sid, None)
        self.members[member.leg.sid] = member
        member.leg.room = self.name
        self.updated_at = self.clock.now()
        member.leg.change("joined", conference=self.name)
        self.tell("participant-join", member)
        if self.status == "init" and len(self.members) > 1 and any(one.starts for one in self.members.values()):
            self._start()
        if self.status == "in-progress":
            member.silence()
            self._beep(member, "onEnter")
        self._count()

    def leave(self, member: Participant, reason: str) -> None:
        """Takes a participant out; the last one, or one who ends the room, closes it."""
        if self.members.pop(member.leg.sid, None) is None:
            return
        member.silence()
        member.leg.room, member.leg.muted, member.leg.on_hold = None, False, False
        self.updated_at = self.clock.now()
        member.leg.change("left", conference=self.name)
        status = "completed" if member.leg.gone else member.leg.status
        self.tell("participant-leave", member, ReasonParticipantLeft=reason, ParticipantCallStatus=status)
        self._beep(member, "onExit")
        self._count()
        kicked = reason == "participant_updated_via_api" and not member.leg.gone
        if member.ends:
            self.end(f"participant-with-end-conference-on-exit-{'kicked' if kicked else 'left'}", member)
        elif not self.members:
            self.end(f"last-participant-{'kicked' if kicked else 'left'}", member)

    def end(self, reason: str, by: Participant | None = None) -> None:
        if self.status == "completed":
            return
        self.status, self.reason, self.updated_at = "completed", reason, self.clock.now()
        self.ended_by = by.leg.sid if by else None
        why = "conference_ended_via_api" if by is None else "moderator_ended_conference"
        for member in list(self.members.values()):
            if not member.left.done():
                member.left.set_result(why)
            self.leave(member, why)
        if self.tape is not None:
            self.archive.stop(self.tape)
        details = {"ReasonConferenceEnded": reason, "Reason": reason.replace("-", " ")}
        if by is not None:
            details |= {"CallSidEndingConference": by.leg.sid, "ParticipantLabelEndingConference": by.label}
        self.tell("conference-end", None, **details)

    def say(self, speaker: Leg, words: str) -> None:
        if self.status != "in-progress" or speaker.muted or speaker.on_hold:
            return
        speaking = self.members[speaker.sid]
        self.tell("participant-speech-start", speaking)
        # A coach is heard by the one coached and by nobody else, and is on no recording.
        if self.tape is not None and not speaking.coached:
            self.tape.take(words)
        for member in list(self.members.values()):
            meant = not speaking.coached or member.leg.sid == speaking.coached
            if member.leg is not speaker and member.hears_room() and meant:
                member.leg.hear(words, via="room")
        self.tell("participant-speech-stop", speaking)

    def tell(self, event: str, member: Participant | None, **details: str) -> None:
        """Sends one event to the address the first participant gave, if it asked for such events."""
        if not self.callback_url or EVENTS[event] not in self.events:
            return
        self.sequence += 1
        form = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": self.account,
            "SequenceNumber": str(self.sequence),
            "Timestamp": rfc2822(self.clock.now()) or "",
            "StatusCallbackEvent": event,
        }
        self.post(self.callback_url, self.callback_method, form | _about(member) | details, "conference", self.sid)

    def _start(self) -> None:
        self.status, self.updated_at = "in-progress", self.clock.now()
        for member in self.members.values():
            member.silence()
        self.tell("conference-start", None)
        if self.tape is not None:
            self.archive.start(self.tape)

    def _count(self) -> None:
        for member in self.members.values():
            alone = self.status == "init" or len(self.members) < 2
            if member.leg.alone != alone:
                member.leg.alone = alone
                member.leg.change("company", alone=alone)

    def _beep(self, member: Participant, moment: str) -> None:
        if member.beep in ("true", moment):
            for other in self.members.values():
                if other is not member and other.hears_room():
                    other.leg.hear("[bip]", via="room")


def _about(member: Participant | None) -> dict[str, str]:
    if member is None:
        return {}
    about: dict[str, Any] = {
        "CallSid": member.leg.sid,
        "Muted": member.leg.muted,
        "Hold": member.leg.on_hold,
        "Coaching": bool(member.coached),
        "EndConferenceOnExit": member.ends,
        "StartConferenceOnEnter": member.starts,
    }
    form = {name: str(value).lower() if isinstance(value, bool) else value for name, value in about.items()}
    return form | ({"ParticipantLabel": member.label} if member.label else {})
