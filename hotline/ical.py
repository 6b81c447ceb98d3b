"""Calendars: the only room that knows iCalendar. A file becomes shifts with names; somebody's shifts become a feed.

Recurrences are counted on the wall of the event's zone, and an occurrence ends at its time of the wall: a night from 23
to 7 is one on the nights of the change too. A feed has instants in UTC and one word for everything.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Event

from hotline.roster_file import BadRoster

TITLE = "quart"
DAY = timedelta(days=1)
MOST = 5000  # occurrences of one event: a rule that never ends and comes every minute is a mistake


class Booked(NamedTuple):
    """What a calendar says: that name, from when until when."""

    name: str
    starts_at: datetime
    ends_at: datetime


class _Wall(NamedTuple):
    """A time of the wall, and where that wall is."""

    at: datetime
    zone: tzinfo


def feed(spans: Iterable[tuple[datetime, datetime]], owner: bytes, now: datetime) -> bytes:
    """A calendar of these times, all with the same title; `owner` makes the events' names, which say nothing."""
    calendar = Calendar()
    calendar.add("prodid", "-//quart//FR")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", TITLE)
    calendar.add("x-published-ttl", "PT1H")
    for starts_at, ends_at in spans:
        event = Event()
        name = hashlib.sha256(owner + starts_at.astimezone(UTC).isoformat().encode()).hexdigest()
        event.add("uid", name[:32])
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", starts_at.astimezone(UTC))
        event.add("dtend", ends_at.astimezone(UTC))
        event.add("summary", TITLE)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def read(text: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[Booked]:
    """Every event that touches the time between two instants, by its title, recurrences counted out.

    A time without a zone is that of the line. BadRoster with all that cannot be read.
    """
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, IndexError, KeyError):
        raise BadRoster(["this is no iCalendar file: export it again from the calendar"]) from None
    events: list[Any] = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    moved = {(str(event.get("uid")), _wall(event["recurrence-id"].dt, zone).at) for event in events if _moves(event)}
    problems: list[str] = []
    found: list[Booked] = []
    for number, event in enumerate(events, 1):
        where = f"event {number} ({event.get('summary', 'without a title')})"
        try:
            found += _booked(event, zone, moved, start, end)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problems.append(f"{where}: {error}" if isinstance(error, _Wrong) else f"{where}: its times cannot be read")
    if problems:
        raise BadRoster(problems)
    touching = [booked for booked in found if booked.ends_at > start and booked.starts_at <= end]
    return sorted(touching, key=lambda booked: (booked.starts_at, booked.name))


class _Wrong(ValueError):
    """An event that is understood and cannot be a shift; the text says why and the mend."""


def _moves(event: Any) -> bool:
    return "recurrence-id" in event


def _booked(
    event: Any, zone: ZoneInfo, moved: set[tuple[str, datetime]], start: datetime, end: datetime
) -> Iterator[Booked]:
    if str(event.get("status", "")).upper() == "CANCELLED":
        return
    name = " ".join(str(event.get("summary", "")).split())
    if not name:
        raise _Wrong("has no title: it must be the name of somebody on the roster")
    if "RANGE" in (event["recurrence-id"].params if _moves(event) else {}):
        raise _Wrong("moves all that follow: end the old series and begin another")
    begins = _wall(event["dtstart"].dt, zone)
    lasts = _lasts(event, begins, zone)
    if lasts <= timedelta():
        raise _Wrong("ends before it begins")
    left_out = {_in(one.dt, begins, zone) for one in _dates(event, "exdate")}
    if not _moves(event):
        left_out |= {at for uid, at in moved if uid == str(event.get("uid"))}
    for at in _occurrences(event, begins, zone, start - lasts - DAY, end + DAY):
        if at not in left_out:
            yield Booked(name, _instant(at, begins.zone), _instant(at + lasts, begins.zone))


def _occurrences(event: Any, begins: _Wall, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Times of the wall at which it begins, between about these instants."""
    yield from sorted({begins.at, *(_in(one.dt, begins, zone) for one in _dates(event, "rdate"))})
    rules = event.get("rrule")
    if rules is None or _moves(event):
        return
    for rule in rules if isinstance(rules, list) else [rules]:
        if "UNTIL" in rule:
            rule["UNTIL"] = [_until(rule["UNTIL"][0], begins)]
        counted = rrulestr(rule.to_ical().decode(), dtstart=begins.at)
        first, last = (edge.astimezone(begins.zone).replace(tzinfo=None) for edge in (start, end))
        for number, at in enumerate(counted.xafter(first, inc=True)):
            if at > last:
                break
            if number > MOST:
                raise _Wrong("comes too often to be a shift")
            if at != begins.at:
                yield at


def _until(until: date, begins: _Wall) -> datetime:
    if not isinstance(until, datetime):
        return datetime.combine(until, time.max).replace(microsecond=0)
    return until if until.tzinfo is None else until.astimezone(begins.zone).replace(tzinfo=None)


def _lasts(event: Any, begins: _Wall, zone: ZoneInfo) -> timedelta:
    """How long it is, on the wall."""
    if "dtend" in event:
        return _in(event["dtend"].dt, begins, zone) - begins.at
    if "duration" in event:
        return timedelta(seconds=event["duration"].dt.total_seconds())
    return timedelta() if isinstance(event["dtstart"].dt, datetime) else DAY


def _dates(event: Any, name: str) -> Iterator[Any]:
    found = event.get(name, [])
    for one in found if isinstance(found, list) else [found]:
        yield from one.dts


def _wall(told: date, zone: tzinfo) -> _Wall:
    if not isinstance(told, datetime):
        return _Wall(datetime.combine(told, time()), zone)
    return _Wall(told.replace(tzinfo=None), told.tzinfo or zone)


def _in(told: date, begins: _Wall, zone: tzinfo) -> datetime:
    """The same instant on the event's own wall."""
    wall = _wall(told, begins.zone)
    if wall.zone is begins.zone:
        return wall.at
    return wall.at.replace(tzinfo=wall.zone).astimezone(begins.zone).replace(tzinfo=None)


def _instant(at: datetime, zone: tzinfo) -> datetime:
    return at.replace(tzinfo=zone).astimezone(UTC)
