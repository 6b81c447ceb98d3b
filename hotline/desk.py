"""The desk: what recorders write with, in one transaction, for one contact, at one instant.

Nothing is decided here and nobody is talked to. Rows to ring once the transaction is committed are listed in `works`.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

from sqlalchemy import Connection, Update
from sqlalchemy.dialects.postgresql import Insert

from hotline.doorbell import BELLS, QueueName
from hotline.rules.routing import URGENT, Whose
from hotline.store import cases, contacts, work
from hotline.vault import Sealer
from ivr_flows.model import Language, Place, Priority
from ivr_flows.priorities import LOOKED_AT, URGENCY, Decision, more_urgent, place

SEND = "send_text"


class Repeated(Exception):
    """This text was taken before: nothing of this turn may be written."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The contact at hand, as far as recorders need it; no case yet where the next two are None."""

    id: int
    case_id: int | None
    public: bytes | None
    facts: frozenset[str] = frozenset()
    priority: Priority = "P5"
    """What its case is known by, and how urgent it is."""


@dataclass(slots=True)
class Desk:
    """What recorders write with: one transaction, one contact, one instant."""

    conn: Connection
    sealer: Sealer
    now: datetime
    place: Place
    chain: list[int | None]
    sid: str = ""
    number: str | None = None
    body: str = ""
    media: int = 0
    texting: bool = False
    zone: tzinfo = UTC
    chain_for: Callable[[Language | None, Whose], list[int | None]] | None = None
    """The chain for a case, and a person of that language."""
    ours: tuple[str, ...] = ()
    """Our numbers that people know; the last is shown when we call."""
    dispatch: str | None = None
    """Police dispatch, where the operator has supplied its number."""
    answers: list[str] = field(default_factory=list)
    contact: Kept | None = None
    exchange: bool = False
    """The case at hand was opened in this turn to answer texts about a tip, and for nothing else."""
    page_id: int = 0
    told: frozenset[str] = frozenset()
    """The facts that this turn tells of the contact's case."""
    raised: Decision | None = None
    """Where this turn has placed it, if higher than before."""
    works: list[tuple[str, int]] = field(default_factory=list)

    def rung(self, language: Language | None, whose: Whose = URGENT) -> list[int | None]:
        """Who is rung for such a case, and somebody who speaks this language, in order."""
        return self.chain_for(language, whose) if self.chain_for is not None else self.chain

    @property
    def call_key(self) -> bytes:
        return self.sealer.pseudonym("call", self.sid)

    @property
    def person(self) -> bytes:
        """The pseudonym of whoever this is; a sender that is no number has one too."""
        return self.sealer.pseudonym("person", self.number or "")

    def due(self, kind: str, subject_id: int, after: timedelta = timedelta(), once: str | None = None) -> None:
        """A row of work; rung after the commit if it is due now."""
        row_id = work.add(self.conn, kind, _queue(kind), subject_id, self.now + after, dedup_key=once, now=self.now)
        if not after:
            self.works.append((kind, row_id))

    def later(self, kind: str, subject_id: int, after: timedelta, once: str) -> Insert:
        """The statement that writes such a row, which is not due yet: to be executed, or to stand beside another."""
        return work.adding(kind, _queue(kind), subject_id, self.now + after, once, self.now)

    def hasten(self, kind: str, subject_id: int) -> None:
        """Something happened: the row of that kind is due now."""
        self.works += [(kind, row_id) for row_id in work.bring_forward(self.conn, kind, subject_id, self.now)]

    def here(self) -> Kept:
        """The contact of this call; written now where its opening could not be."""
        return self.known() or self._opened()

    def known(self) -> Kept | None:
        """The contact of this call, if it was written."""
        if self.contact is None:
            found = contacts.find_call(self.conn, self.call_key)
            if found is not None:
                facts, priority = frozenset(found.case_flags or ()), found.case_priority or "P5"
                self.contact = Kept(found.id, found.case_id, found.case_public, facts, priority)
        return self.contact

    def _opened(self) -> Kept:
        self.contact = Kept(self.open(), None, None)
        return self.contact

    def open(self) -> int:
        """This call's contact, written if it is not yet: its id."""
        return contacts.open_call(self.conn, self.call_key, self.person if self.number else None, self.now)

    def learning(self, facts: frozenset[str], placed: Decision | None = None) -> Update | None:
        """The statement that writes what is new of these facts, or of where a script placed the case; None: nothing."""
        kept = self.here()
        known = kept.facts | facts
        decided = _decided(known, placed)
        raises = URGENCY.index(decided.priority) < URGENCY.index(kept.priority)
        if kept.case_id is None or (known == kept.facts and not raises):
            return None
        self.contact = replace(kept, facts=known, priority=decided.priority if raises else kept.priority)
        if raises:
            self.raised = decided
        return cases.learning(kept.case_id, facts, decided)

    def case(self) -> tuple[int, Callable[[bytes], bytes]]:
        """The case at hand, and what seals to it."""
        contact = self.here()
        if contact.case_id is None or contact.public is None:
            raise LookupError("a contact without a case")
        return contact.case_id, partial(self.sealer.seal_to_case, contact.public)


def _decided(facts: frozenset[str], placed: Decision | None) -> Decision:
    """Where the facts place a case, or the script does, if higher."""
    if placed is None or not facts:
        return placed or place(facts)
    return more_urgent(place(facts), placed)


def open_case(desk: Desk, path: str, placed: Decision | None, language: str | None) -> None:
    """A case for the contact at hand, with its number and SID sealed to it from the first instant.

    It stands where the script placed it, or higher where what is told in this turn does.
    """
    facts = desk.told
    placed = _decided(facts, placed)
    keys, contact = desk.sealer.new_case_keys(), desk.here()
    number = None if path == "voice" and desk.place.has("tip") and placed.priority != "P1" else desk.number
    seal = partial(desk.sealer.seal_to_case, keys.public)
    sealed = cases.SealedContact(
        contact.id,
        seal(number.encode()) if number else None,
        seal(desk.sid.encode()) if path == "voice" else None,
    )
    code = f"{secrets.randbelow(10**6):06}"
    case = cases.open_case(desk.conn, keys, code, placed, language, facts, path, desk.now, sealed)
    desk.contact = Kept(contact.id, case.id, keys.public, facts, placed.priority)
    desk.exchange = path == cases.EXCHANGE
    desk.raised = placed


def look_in_time(desk: Desk) -> Insert | None:
    """Of a call whose case was placed anew: when a human looks at what wakes nobody."""
    within = LOOKED_AT.get(desk.raised.priority) if desk.raised else None
    if within is None or desk.texting:
        return None
    contact, after = desk.here(), timedelta(seconds=within)
    return desk.later("look", contact.id, after, once=f"look:{contact.id}:{contact.priority}")


def _queue(kind: str) -> QueueName:
    return BELLS[kind][0]
