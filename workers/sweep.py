"""The one-second loop: rings again what nobody claimed, and works urgent rows itself when nobody does.

SQL decides what is due, so a second sweep beside this one would do no harm: every row is claimed before it is worked.
An open page without a row of work is given one, an accepted page its watch; after SQL was away, the carrier is asked
for the texts and recordings that came meanwhile; while it is away, nobody is left on hold.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from time import monotonic

import requests

from hotline.doorbell import BELLS
from hotline.rules import presence
from hotline.store import audit, beats, inbox, pages, pins, roster_watch, staff_calls, team_texts, tips, work
from hotline.store.engine import StoreDown
from hotline.store.work import Bell
from workers import jobs, pausing, rostering
from workers.hands import Hands, hands
from workers.recovery import Recovery

log = logging.getLogger("sweep")

EVERY = 1.0  # seconds of line time, and of the wall at the most
NEVER_FASTER = 0.1  # seconds of the wall
AT_ONCE = 4  # urgent rows worked here side by side when no worker does
AWAY_FOR = 5.0  # seconds of the wall: SQL that only stumbles changes nothing
TIDY_EVERY = timedelta(minutes=10)
LOOK_EVERY = timedelta(seconds=20)
TELL_EVERY = timedelta(minutes=1)
TOO_LONG = timedelta(minutes=3)  # a page nobody answered for so long: all is not well


class Sweep:
    """One round after the other, for as long as the process lives."""

    def __init__(self, own: Hands) -> None:
        self._own = own
        self._working: set[int] = set()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sweep")
        self._tidied_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._told_at: datetime | None = None
        self._well_at = monotonic()

    def forever(self) -> None:
        """Rounds until the process ends; a round that fails is told and the next one comes."""
        pause = threading.Event()
        while True:
            try:
                self.round()
                self._well_at = monotonic()
            except StoreDown as down:
                log.error("store_down %s", down.reason)
                self.away(monotonic())
            except Exception as error:  # the loop is what everything else leans on
                log.error("round_failed %s", type(error).__name__)
            pause.wait(max(NEVER_FASTER, self._own.clock.wall(EVERY)))

    def round(self) -> list[Bell]:
        """One round: what was due and what was done about it."""
        own, now = self._own, self._own.clock.now()
        with own.store.turn() as conn:
            beats.beat(conn, "sweep", now)
            for page_id in pages.without_work(conn, "page"):
                work.add(conn, "page", "urgent", page_id, now, now=now)
            for page_id in pages.without_work(conn, "watch", "accepted"):
                work.add(conn, "watch", BELLS["watch"][0], page_id, now + presence.EVERY, now=now)
            due = work.due(conn, now)
            audit.chain_audit(conn)
        unheard = self._ring([bell for bell in due if bell.ring_it])
        for bell in due:
            mine = bell.work_it or (bell.queue == "urgent" and bell.work_id in unheard)
            if mine and bell.work_id not in self._working:
                self._working.add(bell.work_id)
                self._pool.submit(self._work, bell)
        self._look_at_roster(now)
        self._tidy(now)
        self._beat_outside(now)
        return due

    def away(self, at: float) -> None:
        """A round without SQL, at that second of the wall; some after the last good one, nobody stays on hold."""
        if at - self._well_at >= AWAY_FOR:
            self._well_at = at  # and looked at again after as long
            log.error("no_more_hold %d", pausing.nobody_stays_held(self._own))

    def _ring(self, bells: list[Bell]) -> set[int]:
        """The rows whose bell nobody heard."""
        if not bells:
            return set()
        rung = set(self._own.bell.ring([(bell.kind, bell.work_id) for bell in bells]))
        with self._own.store.turn() as conn:
            for ok in (True, False):
                ids = [bell.work_id for bell in bells if (bell.work_id in rung) is ok]
                if ids:
                    work.note_rung(conn, ids, ok=ok)
        return {bell.work_id for bell in bells} - rung

    def _work(self, bell: Bell) -> None:
        try:
            log.warning("worked_by_sweep %s", bell.kind)
            jobs.do(bell.kind, bell.work_id, self._own)
        finally:
            self._working.discard(bell.work_id)

    def _beat_outside(self, now: datetime) -> None:
        """The outside watch is called while all is well; its silence is the alarm."""
        url = self._own.settings.heartbeat_url
        if url is None or (self._told_at is not None and now - self._told_at < TELL_EVERY):
            return
        with self._own.store.turn() as conn:
            waiting = [page for page in pages.unacknowledged(conn) if now - page.opened_at > TOO_LONG]
        if not waiting:
            self._told_at = now
            self._pool.submit(_call, url)

    def _look_at_roster(self, now: datetime) -> None:
        """What must be asked before shifts, and told of the days ahead, becomes rows of work for the next rounds."""
        if self._looked_at is not None and now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = now
        with self._own.store.turn() as conn:
            rostering.look_ahead(self._own, conn, now)
            rostering.remind(self._own, conn, now)

    def _tidy(self, now: datetime) -> None:
        if self._tidied_at is not None and now - self._tidied_at < TIDY_EVERY:
            return
        self._tidied_at = now
        with self._own.store.turn() as conn:
            inbox.forget_older(conn, now)
            work.forget_done(conn, now - timedelta(days=7))
            tips.tidy(conn, now)
            pins.tidy(conn, now)
            team_texts.tidy(conn, now)
            roster_watch.tidy(conn, now - timedelta(days=7))
            staff_calls.tidy(conn, now)


def _call(url: str) -> None:
    try:
        requests.get(url, timeout=5)
    except requests.RequestException as error:
        log.error("heartbeat_not_taken %s", type(error).__name__)


def main() -> None:
    """The sweep's process."""
    own = hands()
    threading.Thread(target=Recovery(own).forever, name="recovery", daemon=True).start()
    Sweep(own).forever()


if __name__ == "__main__":
    main()
