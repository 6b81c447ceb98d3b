"""Line time: every duration of telephony is a line second, `pace` of which pass in one second of the wall.

HTTP deadlines are not telephony and stay on the wall.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime


@dataclass(frozen=True)
class LineClock:
    pace: float
    origin: datetime

    def now(self) -> datetime:
        return self.origin + (datetime.now(UTC) - self.origin) * self.pace

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.pace)


def rfc2822(instant: datetime | None) -> str | None:
    return None if instant is None else format_datetime(instant.replace(microsecond=0))


def whole_seconds(start: datetime | None, end: datetime | None) -> int:
    return 0 if start is None or end is None else max(0, round((end - start).total_seconds()))
