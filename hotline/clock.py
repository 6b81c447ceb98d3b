"""The one injected clock: *line time*, which runs at `HOTLINE_PACE` seconds per second of the wall.

Line time dates what happens to people (shifts, pages, promises). Leases, HTTP, Redis and RQ waits stay on the wall:
`wall` converts a wait. Nothing else in the line may ask the machine what time it is.

A rehearsal may also *jump* line time ahead, in demo and test: the seconds jumped are kept beside the origin, every
process reads them there, and they only grow. Whoever jumps answers for nothing being under way (`hotline.rehearsal`).
"""

import fcntl
import json
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

ORIGIN_FILE = "pace.json"
JUMPS_FILE = "jumped"


class PaceChanged(Exception):
    """This data folder's line time is ahead of what was asked; going back would undo promises."""


class Jumps:
    """The seconds that line time has jumped so far; the file is read again only when it was replaced."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._mark: tuple[int, int] | None = None
        self._seconds = 0.0
        self._lock = threading.Lock()

    def seconds(self) -> float:
        """Never less than it was: a file that is gone, or older, changes nothing."""
        try:
            about = os.stat(self._file)
            if (about.st_ino, about.st_mtime_ns) != self._mark:
                with self._lock:
                    self._seconds = max(self._seconds, float(self._file.read_text()))
                    self._mark = (about.st_ino, about.st_mtime_ns)
        except FileNotFoundError:
            pass
        return self._seconds


class Clock:
    """Line time: `origin + (wall - origin) * pace` and what was jumped, the same in all processes over one folder."""

    def __init__(self, pace: float = 1.0, origin: datetime | None = None, jumps: Jumps | None = None) -> None:
        if pace != 1 and origin is None:
            raise ValueError("a paced clock needs the origin its processes share")
        self.pace = pace
        self.origin = origin
        self._jumps = jumps

    def now(self) -> datetime:
        """The present instant of the line, in UTC."""
        jumped = timedelta(seconds=self._jumps.seconds()) if self._jumps is not None else timedelta()
        wall = datetime.now(UTC)
        return wall if self.origin is None else self.origin + (wall - self.origin) * self.pace + jumped

    def wall(self, line_seconds: float) -> float:
        """How many seconds of the wall a wait of line time takes."""
        return line_seconds / self.pace


class StillClock(Clock):
    """A clock for tests: it stands still until told otherwise."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        """The instant it was last set to."""
        return self.at

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Moves on, and says where it is then."""
        self.at += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self.at


def clock_for(data: Path, pace: float = 1.0, origin: datetime | None = None) -> Clock:
    """The clock that all processes over one data folder share; the first sets its origin, when line and wall agree."""
    if pace == 1 and origin is None:
        if (data / JUMPS_FILE).exists():
            raise PaceChanged(f"{data} was a rehearsal's and its time is ahead: use another folder")
        if not (data / ORIGIN_FILE).exists():
            return Clock()
    return Clock(pace, origin or shared_origin(data, pace), Jumps(data / JUMPS_FILE))


def jump(data: Path, seconds: float) -> float:
    """Line time leaps ahead in every process over this folder; the seconds jumped in all, never fewer than before."""
    if not seconds > 0:
        raise ValueError("line time only goes forward")
    with (data / ORIGIN_FILE).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = data / JUMPS_FILE
        total = seconds + (float(file.read_text()) if file.exists() else 0.0)
        draft = file.with_name(f"{file.name}.{os.getpid()}")
        draft.write_text(f"{total:.3f}")
        os.replace(draft, file)
    return total


def shared_origin(data: Path, pace: float) -> datetime:
    """The origin kept in the folder, made once and whole; a folder keeps the pace it began with."""
    kept = data / ORIGIN_FILE
    if not kept.exists():
        _create(kept, {"pace": pace, "origin": datetime.now(UTC).isoformat()})
    found = json.loads(kept.read_text())
    if found["pace"] != pace:
        ran_at = f"{data} has run at HOTLINE_PACE={found['pace']:g} and its time is ahead"
        raise PaceChanged(f"{ran_at}: keep that pace, or use another folder")
    return datetime.fromisoformat(found["origin"])


def _create(path: Path, content: dict[str, object]) -> None:
    # Linked into place: a second process sees the whole file or none, and the first one wins.
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(content))
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
