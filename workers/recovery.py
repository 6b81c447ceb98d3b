"""What came while we could not write it down: the carrier keeps texts and recordings, and is asked for them.

One that is here already changes nothing, so they are asked for generously: after each absence of SQL, each minute.
"""

import logging
import threading
from datetime import datetime, timedelta

from config.settings import WorkerSettings
from hotline import news
from hotline.conversation import Line, advance_text
from hotline.snapshot import Roster
from hotline.store import beats, contacts
from hotline.store.engine import StoreDown
from hotline.telephone.gateway import Failure, Recording
from hotline.telephone.sms import Message
from hotline.telephone.voice import LONGEST
from ivr_flows.load import load_all, load_lexicon
from workers.hands import Hands

log = logging.getLogger("recovery")

NAME = "recovery"
ROUND_EVERY = 1.0  # seconds of the wall
ABSENT_AFTER = 5.0  # seconds of the wall without a round
BEFORE = timedelta(minutes=2)
EVERY = timedelta(minutes=1)
AT_LEAST = timedelta(minutes=5)
BEING_MADE = timedelta(seconds=LONGEST) + timedelta(minutes=1)  # a recording is listed by when it began
AGAIN_AFTER = timedelta(seconds=5)  # when the carrier did not answer


def _numbers(settings: WorkerSettings) -> tuple[str, ...]:
    """Our numbers that somebody may have written to: the line's, the one we call from, and the responders'."""
    return settings.line_number, settings.callback_number, settings.page_number


class Recovery:
    """Asks the carrier for texts and recordings, since when they may be missing."""

    def __init__(self, own: Hands) -> None:
        self._own = own
        self._since: datetime | None = None
        self._next_at: datetime | None = None
        sealer = own.sealer
        self._line = Line(
            scripts=load_all(),
            lexicon=load_lexicon(),
            sealer=sealer,
            store=own.store,
            bell=own.bell,
            clock=own.clock,
            roster=Roster(own.store, sealer, own.clock, own.settings.data_dir),
            public_url=own.settings.public_url,
            line_number=own.settings.line_number,
            callback_number=own.settings.callback_number,
            zone=own.settings.timezone,
        )

    def forever(self) -> None:
        """Rounds until the process ends, beside the sweep: a carrier that hangs must not hold what it does."""
        pause = threading.Event()
        while True:
            try:
                self.round(self._own.clock.now())
            except StoreDown as down:
                log.error("store_down %s", down.reason)
            except Exception as error:  # texts may be missing: the next round comes whatever this one met
                log.error("round_failed %s", type(error).__name__)
            pause.wait(ROUND_EVERY)

    def round(self, now: datetime) -> int:
        """How many texts were asked for and read; most of them are here already."""
        self._note_absence(now)
        if self._next_at is not None and now < self._next_at:
            return 0
        since = min(self._since or now, now - AT_LEAST)
        self._line.roster.refresh()
        try:
            numbers = _numbers(self._own.settings)
            texts = [text for number in numbers for text in self._own.gateway.texts_since(number, since)]
            for text in texts:
                self._read(text)
            for recording in self._own.gateway.recordings_since(since - BEING_MADE):
                self._take(recording)
        except Failure as failure:
            log.error("not_listed %s", failure)
            self._next_at = now + AGAIN_AFTER
            return 0
        self._since, self._next_at = None, now + EVERY
        return len(texts)

    def _note_absence(self, now: datetime) -> None:
        with self._own.store.turn() as conn:
            last = beats.last(conn, NAME)
            beats.beat(conn, NAME, now)
        if last is not None and last.age_seconds > ABSENT_AFTER:
            self._since, self._next_at = min(self._since or last.line_at, last.line_at) - BEFORE, None

    def _read(self, text: Message) -> None:
        """A text that cannot be taken steps aside, so that the others are read."""
        try:
            advance_text(self._line, text)
        except StoreDown:
            raise
        except Exception as error:
            log.error("text_not_read %s", type(error).__name__)

    def _take(self, recording: Recording) -> None:
        """Only of a call of ours: another's recording on the same account is not fetched, and above all not erased."""
        try:
            with self._own.store.turn() as conn:
                known = contacts.find_call(conn, self._own.sealer.pseudonym("call", recording.call_sid))
            if known is not None:
                news.recording_moved(self._line, recording.call_sid, recording.sid, "completed")
        except StoreDown:
            raise
        except Exception as error:
            log.error("recording_not_taken %s", type(error).__name__)
