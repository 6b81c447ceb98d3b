"""A promised call: when it was agreed to be, whether we may dial now, and what comes next. Pure.

A window is agreed in Montréal time and lasts an hour. At most two calls in a window and three windows (safety 2.4);
then a human decides. Nobody is ever dialled outside a window, after "never again", or at a number we may not dial.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, TypeAlias

from hotline.rules import phone
from hotline.rules.hours import Said, heard

LASTS = timedelta(hours=1)
TRIES_IN_A_WINDOW = 2
WINDOWS = 3
AT_ONCE_FOR = timedelta(minutes=10)  # whoever hung up and may be called back: now, or a human decides
AGAIN_AFTER = timedelta(minutes=10)  # within one window
STILL = timedelta(minutes=5)  # an hour just past is this hour, not tomorrow's

Outcome: TypeAlias = Literal["reached", "no_answer", "someone_else", "machine"]


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when the person may be called."""

    starts_at: datetime
    ends_at: datetime

    def over(self, now: datetime) -> bool:
        return now >= self.ends_at


@dataclass(frozen=True, slots=True)
class Next:
    """The promise goes on: in this window, the so-manieth, not before `due_at`."""

    window: Window
    number: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """The promise is kept."""


@dataclass(frozen=True, slots=True)
class Human:
    """Nothing more is done by machine; `why` is a code."""

    why: str


def soon(now: datetime) -> Window:
    """Now: the hour that begins."""
    return Window(now, now + LASTS)


def later(about: str, now: datetime, zone: tzinfo) -> Window | None:
    """What a responder chose for a person: in one `hour`, or the same hour of the next `day`; None for aught else."""
    if about == "hour":
        return soon(now + LASTS)
    local = now.astimezone(zone)
    return _window(local.date() + timedelta(days=1), local.time(), now, zone) if about == "day" else None


def window(said: str, now: datetime, zone: tzinfo) -> Window | None:
    """The hour these words or figures (HHMM) mean, the next time it comes; None where they mean none."""
    told = heard(said)
    if told is None:
        return None
    if told.within is not None:
        return soon(now + told.within)
    if told.hour is None or told.minute is None:
        return None
    return _on_its_day(told, time(told.hour, told.minute), now, zone)


def _on_its_day(told: Said, at: time, now: datetime, zone: tzinfo) -> Window | None:
    today = now.astimezone(zone).date()
    if told.weekday is not None:
        ahead = (told.weekday - today.weekday()) % 7
        return _next(today + timedelta(days=ahead), at, now, zone, every=7)
    if told.days is None:
        return _next(today, at, now, zone, every=1)
    found = _window(today + timedelta(days=told.days), at, now, zone)
    return None if found.starts_at < now - STILL else found


def _next(day: date, at: time, now: datetime, zone: tzinfo, every: int) -> Window:
    found = _window(day, at, now, zone)
    return found if found.starts_at >= now - STILL else _window(day + timedelta(days=every), at, now, zone)


def _window(day: date, at: time, now: datetime, zone: tzinfo) -> Window:
    """That hour on that day. One that the clocks skip begins when they have; of one that comes twice, the next."""
    local = datetime.combine(day, at, zone)
    starts = local.astimezone(UTC)
    second = local.replace(fold=1).astimezone(UTC)
    if starts < now - STILL and second > starts:
        starts = second
    return Window(starts, starts + LASTS)


def after_dialling(
    outcome: Outcome, agreed_at: datetime, windows: int, tries: int, current: Window, now: datetime, zone: tzinfo
) -> Next | Done | Human:
    """What follows what the responder keyed. `tries` counts the calls of this window; `agreed_at` began the first."""
    if outcome == "reached":
        return Done()
    if outcome == "someone_else":
        return Human("someone else answered")
    again_at = now + AGAIN_AFTER
    if outcome == "no_answer" and tries < TRIES_IN_A_WINDOW and not current.over(again_at):
        return Next(current, windows, again_at)
    return next_window(agreed_at, windows, now, zone)


def next_window(agreed_at: datetime, windows: int, now: datetime, zone: tzinfo) -> Next | Human:
    """The same hour of the next day on which it is still to come; after the third window a human decides."""
    if windows >= WINDOWS:
        return Human("three windows")
    local = agreed_at.astimezone(zone)
    day = now.astimezone(zone).date()
    found = _window(day, local.time(), now, zone)
    while found.starts_at <= now:
        day += timedelta(days=1)
        found = _window(day, local.time(), now, zone)
    return Next(found, windows + 1, found.starts_at)


def may_dial(number: str, current: Window, tries: Sequence[str], never: bool, now: datetime) -> str | None:
    """Why this person is not dialled now, as a code; None if they may be. `tries`: the states of this window's calls.

    Codes: "never", those of `phone.refusal`, "early", "late", "enough", "running".
    """
    if never:
        return "never"
    if refused := phone.refusal(number):
        return refused
    if now < current.starts_at:
        return "early"
    if current.over(now):
        return "late"
    if any(state in LIVE for state in tries):
        return "running"
    return "enough" if len(tries) >= TRIES_IN_A_WINDOW else None


LIVE = frozenset({"due", "sending", "sent", "ringing", "answered"})
