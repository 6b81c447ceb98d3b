"""What a rehearsal comes to: who waited how long, what was promised, kept, missed, who was rung, what did not hold.

Pure: from what the telephones lived through, the simulator's ledger and `hotline status`. Seconds are the line's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from hotline.rehearsal.scenario import Person, Responder, Scenario
from hotline.rehearsal.telephones import plain

Event = Mapping[str, Any]
Fate = Literal["kept", "missed", "left"]
# What the line says when it promises a person; a test finds each sentence in the shipped scripts.
A_PERSON = (
    "Nous appelons une personne",
    "We are calling a person",
    "Nous appelons l'équipe",
    "We are calling the team",
    "une personne va écouter",
    "a person will listen",
    "Une personne va vous répondre",
    "A person will answer",
    "La personne qui répondra",
    "The person who answers",
    "Gardez la ligne ouverte",
    "Keep the line open",
    "We are calling someone from the team",
)
A_CALLBACK = ("C'est promis:", "It is promised:")
TRUTH = ("Personne n'a encore répondu.", "No one has answered yet.")
ASKING_KEYS = frozenset("95")


@dataclass(frozen=True)
class Promise:
    """What the line said that somebody would get, when, and what became of it."""

    at: datetime
    of: Literal["person", "callback"]
    words: str
    fate: Fate


@dataclass(frozen=True)
class Meeting:
    """Somebody of the team reached: in one room with the person, or what they wrote was read to them."""

    at: datetime
    by: str
    rank: str


@dataclass(frozen=True)
class Contact:
    """One call, or one exchange of texts, from the person's side."""

    name: str
    channel: Literal["voice", "text", "none"]
    at: datetime | None
    did: tuple[str, ...]
    asked_at: datetime | None
    waited: float | None
    meetings: tuple[Meeting, ...]
    truths: tuple[float, ...]
    texts: int
    promises: tuple[Promise, ...]
    call: str = ""


@dataclass(frozen=True)
class Ring:
    """One call of the team, as the carrier carried it."""

    at: datetime
    who: str
    rank: str
    outcome: str
    accepted_at: datetime | None


@dataclass(frozen=True)
class Report:
    """The whole of it."""

    title: str
    began_at: datetime
    ended_at: datetime
    pace: float
    seed: int
    jumped: float
    contacts: tuple[Contact, ...]
    rings: tuple[Ring, ...]
    status: Mapping[str, Any]
    faults: tuple[str, ...]
    broken: tuple[str, ...]

    @property
    def waits(self) -> list[float]:
        """Of those who reached somebody, the shortest first."""
        return sorted(one.waited for one in self.contacts if one.waited is not None)

    def promises(self, fate: Fate) -> int:
        """How many promises came to that."""
        return sum(promise.fate == fate for one in self.contacts for promise in one.promises)


class Played(NamedTuple):
    """What was seen: each telephone's events by number, the ledger, the status, what actors could not play."""

    events: Mapping[str, Sequence[Event]]
    ledger: Sequence[Event]
    status: Mapping[str, Any]
    troubles: Sequence[str]
    began_at: datetime
    ended_at: datetime
    jumped: float = 0.0


Judge = Callable[[Sequence[Contact], Played], Iterable[str]]


class Stay(NamedTuple):
    """Somebody in a room, from then till then."""

    room: str
    since: datetime
    until: datetime


def report(scenario: Scenario, played: Played, judge: Judge) -> Report:
    """The report of one rehearsal; `judge` says what did not hold."""
    contacts = tuple(one for person in scenario.people for one in _contacts(person, scenario.roster, played))
    faults = tuple(str(entry["message"]) for entry in played.ledger if entry["kind"] == "fault")
    broken = [*played.troubles, *(f"faute devant le réseau: {fault}" for fault in faults)]
    broken += judge(contacts, played)
    return Report(
        title=scenario.title,
        began_at=played.began_at,
        ended_at=played.ended_at,
        pace=scenario.pace,
        seed=scenario.seed,
        jumped=played.jumped,
        contacts=contacts,
        rings=tuple(_rings(scenario.roster, played)),
        status=played.status,
        faults=faults,
        broken=tuple(broken),
    )


def _contacts(person: Person, roster: Sequence[Responder], played: Played) -> Iterable[Contact]:
    """Each of their calls, then all of their texts; somebody who did nothing is one contact too."""
    events = played.events.get(person.number, ())
    calls = [str(event["call"]) for event in events if event["kind"] == "dialling"]
    for call in calls:
        own = [event for event in events if event.get("call") == call]
        met = tuple(_met(own, roster, played))
        yield _contact(person.name, "voice", own, met, events, call)
    texts = [event for event in events if event["kind"] in ("texted", "text")]
    if texts or not calls:
        met = tuple(_was_read(texts, roster, played))
        written = any(event["kind"] == "texted" for event in texts)
        yield _contact(person.name, "text" if written else "none", texts, met, events)


def _contact(
    name: str,
    channel: Literal["voice", "text", "none"],
    own: Sequence[Event],
    met: tuple[Meeting, ...],
    events: Sequence[Event],
    call: str = "",
) -> Contact:
    asked_at = _asked_at(own)
    waited = None if not met or asked_at is None else max(0.0, (met[0].at - asked_at).total_seconds())
    return Contact(
        name=name,
        channel=channel,
        at=_at(own[0]) if own else None,
        did=tuple(_did(own)),
        asked_at=asked_at,
        waited=waited,
        meetings=met,
        truths=tuple((_at(event) - (asked_at or _at(event))).total_seconds() for event in heard(own, TRUTH)),
        texts=sum(event["kind"] == "text" for event in own),
        promises=tuple(_promises(own, met, events)),
        call=call,
    )


def _at(event: Event) -> datetime:
    return datetime.fromisoformat(event["at"])


def _asked_at(events: Sequence[Event]) -> datetime | None:
    """When they asked for a person: key 9 or 5, else their first key, else their call itself; a text asks at once."""
    pressed = [event for event in events if event["kind"] == "pressed"]
    asking = [event for event in pressed if event["key"] in ASKING_KEYS]
    begun = [event for event in events if event["kind"] in ("dialling", "texted")]
    first = next(iter(asking or pressed or begun), None)
    return None if first is None else _at(first)


def _did(events: Iterable[Event]) -> Iterable[str]:
    """What they did, in their own order; what they wrote is invented, and is shown."""
    for event in events:
        if event["kind"] == "dialling":
            yield "appelle"
        elif event["kind"] == "pressed":
            yield f"fait le {event['key']}"
        elif event["kind"] == "texted":
            yield f"écrit « {event['body']} »"
        elif event["kind"] == "ended":
            yield "fin de l'appel"


def heard(events: Iterable[Event], sentences: Sequence[str]) -> list[Event]:
    """What the line itself said or wrote that holds one of these."""
    wanted = [plain(sentence) for sentence in sentences]
    said = ((event, event["text" if event["kind"] == "heard" else "body"]) for event in events if _of_the_line(event))
    return [event for event, words in said if any(one in plain(words) for one in wanted)]


def _of_the_line(event: Event) -> bool:
    return bool(event["kind"] == "text" or (event["kind"] == "heard" and event["via"] == "say"))


def _stays(events: Sequence[Event], end: datetime) -> list[Stay]:
    """When this telephone was in which room."""
    found = []
    for index, event in enumerate(events):
        if event["kind"] == "joined":
            room = event["conference"]
            left = (_at(one) for one in events[index:] if one["kind"] == "left" and one["conference"] == room)
            found.append(Stay(room, _at(event), next(left, end)))
    return found


def _met(events: Sequence[Event], roster: Sequence[Responder], played: Played) -> list[Meeting]:
    """Each instant at which somebody of the team and they were in one room, in order."""
    mine = _stays(events, played.ended_at)
    found = set()
    for one in roster:
        for theirs in _stays(played.events.get(one.number, ()), played.ended_at):
            since = [
                max(my.since, theirs.since)
                for my in mine
                if my.room == theirs.room and max(my.since, theirs.since) < min(my.until, theirs.until)
            ]
            found |= {Meeting(at, one.name, one.rank) for at in since}
    return sorted(found, key=lambda meeting: meeting.at)


def _was_read(events: Sequence[Event], roster: Sequence[Responder], played: Played) -> list[Meeting]:
    """The first instant at which what they wrote was read to each of the team."""
    written = [event for event in events if event["kind"] == "texted"]
    found = []
    for one in roster:
        said = (event for event in played.events.get(one.number, ()) if _of_the_line(event) and "text" in event)
        read = (_at(event) for event in said if any(_reads(event, text) for text in written))
        found += [Meeting(at, one.name, one.rank) for at in [next(read, None)] if at is not None]
    return sorted(found, key=lambda meeting: meeting.at)


def _reads(event: Event, text: Event) -> bool:
    return plain(text["body"]) == plain(event["text"]) and _at(event) > _at(text)


def _promises(own: Sequence[Event], met: Sequence[Meeting], events: Sequence[Event]) -> Iterable[Promise]:
    """One for each time they were made to wait: at first, and again whenever they were left alone."""
    ended = any(event["kind"] == "ended" for event in own)
    began = [_at(own[0]), *(meeting.at for meeting in met)] if own else []
    for index, since in enumerate(began):
        until = began[index + 1] if index + 1 < len(began) else None
        said = (one for one in heard(own, A_PERSON) if _at(one) >= since and (until is None or _at(one) < until))
        promise = next(said, None)
        if promise is not None:
            fate: Fate = "kept" if until is not None else "left" if ended else "missed"
            yield Promise(_at(promise), "person", _words(promise), fate)
    callback = next(iter(heard(own, A_CALLBACK)), None)
    if callback is not None:
        rung = any(event["kind"] == "ringing" and _at(event) > _at(callback) for event in events)
        yield Promise(_at(callback), "callback", _words(callback), "kept" if rung else "missed")


def _words(event: Event) -> str:
    return str(event["text"] if event["kind"] == "heard" else event["body"])


def _rings(roster: Sequence[Responder], played: Played) -> Iterable[Ring]:
    """Every call to the team: those the carrier began, by their callbacks, and those it refused."""
    team = {one.number: one for one in roster}
    calls: dict[str, list[Event]] = {}
    for entry in played.ledger:
        form = entry.get("form") or {}
        if entry["kind"] == "webhook" and entry["purpose"] == "status" and "CallSid" in form and form["To"] in team:
            calls.setdefault(form["CallSid"], []).append(entry)
    rings = [_ring(sid, entries, team, played) for sid, entries in calls.items()]
    rings += [
        Ring(_at(entry), team[to].name, team[to].rank, f"refused by the carrier ({entry['status']})", None)
        for entry in played.ledger
        if entry["kind"] == "rest" and entry["path"].endswith("/Calls.json") and _refused(entry)
        for to in [(entry.get("form") or {}).get("To")]
        if to in team
    ]
    return sorted(rings, key=lambda ring: ring.at)


def _refused(entry: Event) -> bool:
    return isinstance(entry["status"], int) and entry["status"] >= 400


def _ring(sid: str, entries: Sequence[Event], team: Mapping[str, Responder], played: Played) -> Ring:
    who = team[entries[0]["form"]["To"]]
    outcome = entries[-1]["form"]["CallStatus"]
    ones = (
        _at(event)
        for event in played.events.get(who.number, ())
        if event["kind"] == "pressed" and event["call"] == sid and event["key"] == "1"
    )
    return Ring(_at(entries[0]), who.name, who.rank, outcome, next(ones, None))
