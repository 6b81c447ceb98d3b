"""The ledger: every request sent to the line, every REST request received, every fault, in order.

A fault is something the line did that Twilio would not accept. Callbacks that found nobody are not faults, nor is a
warning: what Twilio would write in the account's log and do all the same.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

Kind = Literal["webhook", "rest", "fault", "keys-lost", "not-taken", "warning"]
LONGEST = 20_000


class Ledger:
    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._entries: deque[dict[str, Any]] = deque(maxlen=LONGEST)
        self._last = 0

    def write(self, kind: Kind, **details: Any) -> dict[str, Any]:
        self._last += 1
        entry = {"seq": self._last, "at": self._now().isoformat(), "kind": kind, **details}
        self._entries.append(entry)
        return entry

    def fault(self, code: int, message: str, **details: Any) -> None:
        self.write("fault", code=code, message=message, **details)

    def warn(self, code: int, message: str, **details: Any) -> None:
        self.write("warning", code=code, message=message, **details)

    def entries(self, after: int = 0, kind: str | None = None) -> list[dict[str, Any]]:
        return [entry for entry in self._entries if entry["seq"] > after and kind in (None, entry["kind"])]

    def clear(self) -> None:
        self._entries.clear()
