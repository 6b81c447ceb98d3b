"""Recordings: what was said into them, their callbacks, the sound they are served as, and what is left when erased.

The words stand in the sound's title, for those who test; the sound itself is silence of the right length.
"""

import io
import struct
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hotline.simulator.clock import LineClock, rfc2822, whole_seconds
from hotline.simulator.leg import Callbacks, Leg, Source, new_sid

Post = Callable[[str, str, dict[str, str], str, str], None]
RATE = 8000
LONGEST_SOUND = 600
SILENT_FRAME, FRAMES_PER_SECOND = bytes.fromhex("fffb10c4") + bytes(100), 1000 / 26.12
DESCRIPTION_KEPT = timedelta(days=40)
SILENT_CODE = 16102
OVER = ("completed", "absent")


@dataclass
class Recording:
    clock: LineClock
    account: str
    source: str
    call: str | None = None
    conference: str | None = None
    channels: int = 1
    track: str = "both"
    told: Callbacks = field(default_factory=Callbacks)
    sid: str = field(default_factory=lambda: new_sid("RE"))
    status: str = "in-progress"
    words: list[str] = field(default_factory=list)
    seconds: int = 0
    erased_at: datetime | None = None

    def __post_init__(self) -> None:
        self.started_at = self.updated_at = self.clock.now()

    def take(self, words: str) -> None:
        if self.status == "in-progress":
            self.words.append(words)

    @property
    def erased(self) -> bool:
        return self.erased_at is not None

    def becomes(self, status: str) -> None:
        self.status, self.updated_at = status, self.clock.now()


class Archive:
    def __init__(self, clock: LineClock, post: Post) -> None:
        self._clock = clock
        self._post = post
        self._kept: dict[str, Recording] = {}
        self.origin = ""

    def clear(self) -> None:
        self._kept.clear()

    def start(self, recording: Recording) -> Recording:
        self._kept[recording.sid] = recording
        self._tell(recording, "in-progress")
        return recording

    def stop(self, recording: Recording) -> None:
        """Ends a recording: completed, even a silent one."""
        if recording.status in OVER:
            return
        recording.seconds = whole_seconds(recording.started_at, self._clock.now())
        recording.becomes("completed")
        self._tell(recording, "completed")

    def drop(self, recording: Recording) -> None:
        """Ends a recording of which nothing is kept."""
        recording.becomes("absent")
        self._tell(recording, "absent")

    def erase(self, recording: Recording) -> None:
        """Takes the sound and its words away for ever; the description stays for a while."""
        recording.words.clear()
        recording.erased_at = self._clock.now()
        recording.becomes("deleted")

    def find(self, sid: str, erased_too: bool = False) -> Recording | None:
        return next((one for one in self.all(erased_too) if one.sid == sid), None)

    def all(self, erased_too: bool = False) -> list[Recording]:
        """The newest first; those erased only where asked for, and for forty days."""
        now = self._clock.now()
        kept = [one for one in self._kept.values() if one.status != "absent"]
        return [
            one
            for one in reversed(kept)
            if one.erased_at is None or (erased_too and now - one.erased_at < DESCRIPTION_KEPT)
        ]

    def url(self, recording: Recording) -> str:
        return f"{self.origin}/2010-04-01/Accounts/{recording.account}/Recordings/{recording.sid}"

    def named(self, recording: Recording) -> dict[str, str]:
        """The three fields by which a webhook names a recording."""
        return {
            "RecordingUrl": self.url(recording),
            "RecordingSid": recording.sid,
            "RecordingDuration": str(recording.seconds),
        }

    def _tell(self, recording: Recording, status: str) -> None:
        if not recording.told.url or status not in recording.told.events:
            return
        form = self.named(recording) | {
            "AccountSid": recording.account,
            "RecordingStatus": status,
            "RecordingChannels": str(recording.channels),
            "RecordingSource": recording.source,
            "RecordingStartTime": rfc2822(recording.started_at) or "",
            "RecordingTrack": recording.track,
        }
        for name, value in (("CallSid", recording.call), ("ConferenceSid", recording.conference)):
            form |= {name: value} if value else {}
        if status == "absent":
            form["ErrorCode"] = str(SILENT_CODE)
        self._post(recording.told.url, recording.told.method, form, "recording", recording.sid)


def tape(archive: Archive, recording: Recording, *legs: Leg) -> Recording:
    """Starts a recording of these legs."""
    for leg in legs:
        leg.tapes.append(recording)
    return archive.start(recording)


def untape(archive: Archive, recording: Recording, *legs: Leg) -> None:
    for leg in legs:
        if recording in leg.tapes:
            leg.tapes.remove(recording)
    archive.stop(recording)


def wav(recording: Recording) -> bytes:
    """Silence as long as the recording, eight bits and 8 kHz, with its words as the title."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setnchannels(recording.channels)
        file.setsampwidth(1)
        file.setframerate(RATE)
        file.writeframes(b"\x80" * (RATE * min(recording.seconds, LONGEST_SOUND) * recording.channels))
    title = " ".join(recording.words).encode() + b"\0"
    title += b"\0" * (len(title) % 2)
    info = b"INFO" + b"INAM" + struct.pack("<I", len(title)) + title
    whole = sound.getvalue() + b"LIST" + struct.pack("<I", len(info)) + info
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def mp3(recording: Recording) -> bytes:
    return SILENT_FRAME * round(min(recording.seconds, LONGEST_SOUND) * FRAMES_PER_SECOND)


def told_by(source: Source | None, events: str) -> Callbacks:
    """The recording callbacks of a verb; without an address there are none."""
    if source is None:
        return Callbacks()
    return Callbacks(source.url, source.method, frozenset((events or "completed").split()))
