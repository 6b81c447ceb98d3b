"""The same invented nights over the whole line at its edges: real rows, jobs, gateway and webhooks; a still clock."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from hotline.rules.phone import for_responder
from hotline.store import roster
from hotline.telephone.gateway import Gateway
from tests.behaviours import FALLBACK_WITHIN, KEYS, Behaviour, behaviours
from tests.edges.line import Crew, Phone
from workers import jobs

MORE = ("+15145550144", "+15145550145")
GRACE = 2.0  # seconds, until a page whose responder's telephone went is open again
LONGEST = timedelta(seconds=240)
STATUS = {"sent": "initiated", "answered": "in-progress"}


class Rung(NamedTuple):
    """A call that we asked the carrier for."""

    sid: str
    to: str
    url: str
    status_url: str


@dataclass
class Telephone(Phone):
    """A responder's telephone that does what its behaviour says."""

    status_url: str = ""
    url: str = ""
    behaviour: Behaviour = field(default_factory=lambda: next(behaviours(0)))
    joined: bool = False
    over: bool = False

    def does(self, did: str, number: int) -> None:
        """A key of the person, or a word of the carrier."""
        if did in KEYS:
            if not self.over and self.answers:
                self._presses(did)
            return
        self.over = self.over or did in ("completed", "busy", "no-answer")
        if did == "answered" and not self.answers:
            self.posts(self.url)
        told = {"CallSid": self.sid, "CallStatus": STATUS.get(did, did), "SequenceNumber": str(number)}
        assert self.carrier.post(self.status_url, told).status_code == 204

    def _presses(self, key: str) -> None:
        if re.search("<Gather", self.answers[-1]):
            self.joined = "<Conference" in self.presses(key)


class Recording(Gateway):
    """The real gateway, which keeps what it was asked to ring."""

    rung: list[Rung]

    def call(self, to: str, from_: str, url: str, status_url: str, ring_for: int) -> str:
        sid = super().call(to, from_, url, status_url, ring_for)
        self.rung.append(Rung(sid, to, url, status_url))
        return sid


@dataclass
class Night:
    """One page of one person, played until somebody has it or the time is over."""

    crew: Crew
    gateway: Recording
    seed: int
    telephones: list[Telephone] = field(default_factory=list)
    fallback_at: float | None = None
    taken_at: float | None = None
    held: float = 0.0
    """For how long somebody had the page before their telephone went: the chain stands still meanwhile."""
    joined_twice: int = 0

    def plays(self) -> "Night":
        """Event after event, and every row of work when it is due."""
        clock, script, begun = self.crew.clock, behaviours(self.seed), self.crew.clock.now()
        self.gateway.rung.clear()
        self.crew.waits(Phone(self.crew.carrier, f"CA{self.seed:032}"))
        events: list[tuple[datetime, int, str, int]] = []
        while clock.now() - begun < LONGEST:
            self._works()
            for rung in self.gateway.rung[len(self.telephones) :]:
                self._rings(rung, next(script), events, begun)
            due = [event for event in events if event[0] <= clock.now()]
            for event in due:
                events.remove(event)
                self._happens(event[1], event[2], event[3], begun)
            if self.taken_at is not None and not any(self.telephones[event[1]].joined for event in events):
                break
            if not due:
                nexts = [event[0] for event in events] + [clock.now() + timedelta(seconds=3)]
                clock.advance(seconds=max((min(nexts) - clock.now()).total_seconds(), 0.1))
        self._ends()
        return self

    def _rings(
        self, rung: Rung, behaviour: Behaviour, events: list[tuple[datetime, int, str, int]], begun: datetime
    ) -> None:
        now, number = self.crew.clock.now(), len(self.telephones)
        self.telephones.append(
            Telephone(self.crew.carrier, rung.sid, rung.to, [], rung.status_url, rung.url, behaviour)
        )
        if rung.to == self.crew.hands.settings.fallback_number and self.fallback_at is None:
            self.fallback_at = (now - begun).total_seconds()
        events += [(now + timedelta(seconds=at), number, did, n) for at, did, n in behaviour.told]
        events.sort()

    def _happens(self, number: int, did: str, sequence: int, begun: datetime) -> None:
        there = [each for each in self.telephones if each.joined and not each.over]
        telephone = self.telephones[number]
        before = telephone.joined
        telephone.does(did, sequence)
        if telephone.joined and not before:
            self.joined_twice += len(there)
            self.taken_at = (self.crew.clock.now() - begun).total_seconds()
        elif telephone.joined and telephone.over and before:
            self.held += (self.crew.clock.now() - begun).total_seconds() + GRACE - (self.taken_at or 0.0)
            self.taken_at = None

    def _works(self) -> None:
        for _ in range(5):
            now = self.crew.clock.now()
            due = self.crew.carrier.rows(
                f"select id, kind from work where state = 'due' and due_at <= '{now}' order by id"
            )
            for work_id, kind in due:
                jobs.do(str(kind), int(str(work_id)), self.crew.hands)
            if not due:
                return

    def _ends(self) -> None:
        """The page is done, so that the next night finds everybody free."""
        self.crew.carrier.rows("update pages set state = 'done', done_at = now() where state <> 'done' returning id")
        self.crew.carrier.rows("update work set state = 'done', lease_until = null where state <> 'done' returning id")
        self.crew.clock.advance(hours=1)


def nights(crew: Crew, seeds: range) -> list[Night]:
    """Each seed a night, of a team of four."""
    with crew.store.turn() as conn:
        for number, rank in zip(MORE, ("deputy", "supervisor"), strict=True):
            now = crew.clock.now()
            roster.add_responder(conn, crew.hands.sealer, "Appui", for_responder(number), rank, ["fr"], True, now)
    crew.carrier.line.roster.refresh()
    network = crew.network
    gateway = Recording(network.account, network.token, network.url)
    gateway.rung = []
    crew = replace(crew, hands=replace(crew.hands, gateway=gateway))
    return [Night(crew, gateway, seed).plays() for seed in seeds]


def faults(played: list[Night]) -> list[tuple[int, str]]:
    """What must not have happened, by seed."""
    late = [(each.seed, "nobody in time") for each in played if not _in_time(each)]
    return late + [(each.seed, "joined twice") for each in played if each.joined_twice]


def _in_time(night: Night) -> bool:
    limit = FALLBACK_WITHIN + night.held
    return (night.taken_at or 999) <= limit or (night.fallback_at or 999) <= limit


def test_invented_nights_end_with_a_human_or_the_fallback_number(crew: Crew) -> None:
    """A chain of four within 120 s of line time, and nobody joined beside somebody who is there."""
    played = nights(crew, range(12, 24))
    assert (faults(played), {each.fallback_at is None for each in played}) == ([], {True, False})


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, 500, 25))
def test_five_hundred_invented_nights_end_with_a_human_or_the_fallback_number(crew: Crew, first: int) -> None:
    """The same, five hundred times."""
    played = nights(crew, range(first, first + 25))
    assert (faults(played), len(played)) == ([], 25)
