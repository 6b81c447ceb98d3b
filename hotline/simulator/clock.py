"""Line time: every duration of telephony is a line second, `pace` of which pass in one second of the wall.

HTTP deadlines are not telephony and stay on the wall. Line time may jump ahead while nothing is under way: the file
that `HOTLINE_PACE_JUMPS` names holds the seconds jumped so far.
"""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path


@dataclass(frozen=True)
class LineClock:
    pace: float
    origin: datetime
    jumps: Path | None = None
    _read: dict[tuple[int, int], float] = field(default_factory=dict, compare=False, repr=False)

    def now(self) -> datetime:
        return self.origin + (datetime.now(UTC) - self.origin) * self.pace + timedelta(seconds=self._jumped())

    def _jumped(self) -> float:
        """Read again only when the file was replaced, and never less than it was."""
        if self.jumps is not None:
            try:
                about = os.stat(self.jumps)
                if (mark := (about.st_ino, about.st_mtime_ns)) not in self._read:
                    most = max([float(self.jumps.read_text()), *self._read.values()])
                    self._read.clear()
                    self._read[mark] = most
            except FileNotFoundError:
                pass
        return max(self._read.values(), default=0.0)

    def read(self, written: str) -> datetime:
        return datetime.fromisoformat(written)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.pace)


def rfc2822(instant: datetime | None) -> str | None:
    return None if instant is None else format_datetime(instant.replace(microsecond=0))


def whole_seconds(start: datetime | None, end: datetime | None) -> int:
    return 0 if start is None or end is None else max(0, round((end - start).total_seconds()))
