"""The roster as the last resort needs it: 72 h of shifts and their people's numbers, in memory and in a sealed file.

Refreshed every two seconds while SQL answers, used at any age when it does not. Who is on duty is computed at the
instant of the question, so an old snapshot still knows tonight's shift. The file lets a web process that starts while
SQL is down ring the same people.
"""

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hotline.clock import Clock
from hotline.rules.duty import Responder, Shift, on_duty
from hotline.rules.routing import URGENT, Whose, preference
from hotline.store import roster
from hotline.store.engine import Store, StoreDown
from hotline.vault import NotOurs, Sealer

log = logging.getLogger(__name__)

REFRESH_EVERY = 2.0  # seconds of the wall
KEPT_FOR = timedelta(hours=72)
OLD_AFTER = timedelta(hours=12)
FILE = "roster.sealed"


@dataclass(frozen=True, slots=True)
class OnDuty:
    """One person to ring, in the order of the chain."""

    responder: int
    rank: str
    languages: tuple[str, ...]
    number: str
    name: str
    roles: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was known of the roster at `taken_at` (line time)."""

    taken_at: datetime
    people: tuple[OnDuty, ...]
    shifts: tuple[Shift, ...]

    def on_duty(self, now: datetime, language: str | None = None, whose: Whose = URGENT) -> list[OnDuty]:
        """Who is on duty at this instant, first to ring first for such a case and a person of that language."""
        rows = [Responder(one.responder, one.rank, True, one.languages, one.roles, one.regions) for one in self.people]
        by_id = {person.responder: person for person in self.people}
        order = on_duty(self.shifts, rows, now, language, preference(whose))
        return [by_id[responder.id] for responder in order]

    def old(self, now: datetime) -> bool:
        """Too old to be rung without the fallback number beside it."""
        return now - self.taken_at > OLD_AFTER


class Roster:
    """Keeps the snapshot fresh in the background; answers from memory, so asking it costs no SQL."""

    def __init__(self, store: Store, sealer: Sealer, clock: Clock, data_dir: Path) -> None:
        self._store, self._sealer, self._clock = store, sealer, clock
        self._file = data_dir / FILE
        self._snapshot = self._read()
        self._written: bytes | None = None

    def now(self) -> tuple[Snapshot | None, datetime]:
        """The snapshot at hand, and the instant to ask it about."""
        return self._snapshot, self._clock.now()

    def on_duty(self, language: str | None = None, whose: Whose = URGENT) -> list[OnDuty]:
        """Who is on duty now; empty where nothing was ever known."""
        snapshot, now = self.now()
        return snapshot.on_duty(now, language, whose) if snapshot else []

    def refresh(self) -> bool:
        """Read the roster from SQL once; False, and the old one kept, where SQL does not answer."""
        now = self._clock.now()
        try:
            with self._store.turn() as conn:
                snapshot = taken(roster.snapshot(conn, now, KEPT_FOR), self._sealer, now)
        except StoreDown:
            return False
        self._snapshot = snapshot
        self._write(snapshot)
        return True

    def keep_fresh(self) -> threading.Thread:
        """Refresh for as long as the process lives."""
        thread = threading.Thread(target=_forever, args=(self.refresh,), name="roster", daemon=True)
        thread.start()
        return thread

    def _read(self) -> Snapshot | None:
        try:
            return _unpacked(self._sealer.open_snapshot(self._file.read_bytes()))
        except (OSError, NotOurs, ValueError, KeyError, TypeError):  # none, not ours, or another version's
            return None

    def _write(self, snapshot: Snapshot) -> None:
        packed = _packed(snapshot)
        draft = self._file.with_suffix(f".{os.getpid()}")
        try:
            draft.write_bytes(self._sealer.seal_snapshot(packed))
            draft.chmod(0o600)
            draft.replace(self._file)
        except OSError:
            log.error("snapshot_not_kept")


def _forever(work: Callable[[], object]) -> None:
    pause = threading.Event()
    while True:
        try:
            work()
        except Exception as error:  # the roster must stay fresh whatever went wrong once
            log.error("snapshot_failed %s", type(error).__name__)
        pause.wait(REFRESH_EVERY)


def taken(rows: roster.RosterRows, sealer: Sealer, now: datetime) -> Snapshot:
    """A snapshot of what SQL holds, its numbers and names opened."""
    people = tuple(
        OnDuty(
            r.id, r.rank, r.languages, sealer.open_number(r.phone_sealed), sealer.open_number(r.name_sealed),
            r.roles, r.regions,
        )
        for r in rows.responders
    )  # fmt: skip
    return Snapshot(now, people, tuple(rows.shifts))


def _packed(snapshot: Snapshot) -> bytes:
    shifts = [
        (s.responder_id, s.starts_at.isoformat(), s.ends_at.isoformat() if s.ends_at else None, s.paused, s.team)
        for s in snapshot.shifts
    ]
    people = [asdict(person) for person in snapshot.people]
    return json.dumps({"taken_at": snapshot.taken_at.isoformat(), "people": people, "shifts": shifts}).encode()


def _unpacked(plain: bytes) -> Snapshot:
    told = json.loads(plain)
    people = tuple(_person(row) for row in told["people"])
    shifts = tuple(
        # A file of the version before has no teams, and rings as many.
        Shift(who, _instant(start), _instant(end) if end else None, paused=paused, team=team[0] if team else "")
        for who, start, end, paused, *team in told["shifts"]
    )
    return Snapshot(_instant(told["taken_at"]), people, shifts)


def _person(row: Mapping[str, Any]) -> OnDuty:
    several = {name: tuple(value) for name, value in row.items() if isinstance(value, list)}
    return OnDuty(**{**row, **several})


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
