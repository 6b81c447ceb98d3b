"""One whole line for all system tests, driven by handsets only; and the scenes that most calls begin with.

Each test finds it fresh: nobody calls, no page is open, no work is due, the weather is fair. Each ends without a fault.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.running import Up, until
from tests.system.telephone import Device, Telephone

LINE, FIRST, DEPUTY, FALLBACK = "+15145550100", "+15145550142", "+15145550143", "+15145550199"
TEAM = (("Intervention", FIRST, "on-duty"), ("Relève", DEPUTY, "deputy"))


class Town:
    """The line, the telephones around it, and what they do most often."""

    number = LINE

    def __init__(self, up: Up) -> None:
        self.up = up
        self.telephone = Telephone(up.ready["simulator"])
        # Of the numbers set aside for fiction; nobody calls twice, because a text exchange goes on between tests.
        self._numbers = (f"+143855501{last:02}" for last in range(100))

    def fresh(self) -> "Town":
        """As in the morning: whatever an earlier test left is ended."""
        until(self.up.healthy, 30, "the line is whole again")
        self.telephone.reset()
        until(self._at_rest, 40, "the line is at rest")
        self.first, self.deputy, self.fallback = (self.telephone.device(each) for each in (FIRST, DEPUTY, FALLBACK))
        return self

    def _at_rest(self) -> bool:
        """Nothing is open, due or in a worker's hands; and nobody was rung since the telephones were put down."""
        self.up.sql("update pages set state = 'done', done_at = now(), outcome = 'test' where state <> 'done'")
        over = "state = 'done', outcome = 'test', lease_until = null where state = 'due' or lease_until < now()"
        self.up.sql(f"update work set {over}")
        if self.up.sql("select id from work where state in ('due', 'claimed')"):
            return False
        rung = any(asked["method"] == "POST" for asked in self.telephone.ledger("rest"))
        if rung:
            self.telephone.reset()
        return not rung

    def somebody(self) -> Device:
        """A telephone nobody has held before."""
        return self.telephone.device(next(self._numbers))

    def a_call(self) -> Device:
        """Somebody dials the line and hears it answer."""
        return self.somebody().dials(LINE).hears("Bonjour.")

    def an_urgent_call(self) -> Device:
        """Somebody dials the line and presses 9."""
        return self.a_call().presses("9")

    def accepts(self, responder: Device, within: float = 30) -> Device:
        """A responder's telephone rings; they answer and press 1."""
        return responder.rings(within).answers().hears("Code").presses("1")

    def a_meeting(self) -> tuple[Device, Device]:
        """A caller and the first responder, talking, and the line has been told so."""
        both = self.meet(self.an_urgent_call(), self.accepts(self.first))
        # The network is a moment ahead of its news: who is not known to be in the room is told nothing there.
        known = "select met_at is not null from pages order by id desc limit 1"
        self.telephone.eventually(lambda: self.up.sql(known) == [(True,)], what="the news of their meeting")
        return both

    def meet(self, caller: Device, responder: Device) -> tuple[Device, Device]:
        """These are in one room, together."""
        self.telephone.eventually(lambda: _together(caller, responder), 60, "their meeting")
        return caller, responder

    def page(self) -> dict[str, Any]:
        """The latest page."""
        names = ("state", "outcome", "priority", "language", "muted", "quiet", "mistake", "may_call_back", "reason")
        return dict(
            zip(names, self.up.sql(f"select {', '.join(names)} from pages order by id desc limit 1")[0], strict=True)
        )

    def becomes(self, state: str, within: float = 60) -> dict[str, Any]:
        """The latest page comes to that state."""
        self.telephone.eventually(lambda: self.page()["state"] == state, within, f"a page that is {state}")
        return self.page()


def _together(*people: Device) -> bool:
    calls = [person.call for person in people]
    rooms = {call["conference"] for call in calls}
    return len(rooms) == 1 and None not in rooms and not any(call["alone"] for call in calls)


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    """The line of this run, started once."""
    up = Up(Path(tempfile.gettempdir()) / f"hotline-system-{os.getpid()}")
    try:
        up.start()
        for name, phone, rank in TEAM:
            up.command("responder", "add", name, "--phone", phone, "--rank", rank, "--always")
        added_at, roster = time.time(), up.data / "roster.sealed"
        until(lambda: roster.stat().st_mtime > added_at + 0.5, 10, "the web process knows the team")
        yield Town(up)
    finally:
        up.end()


@pytest.fixture
def line(town: Town) -> Iterator[Town]:
    """The line, fresh; after the test the carrier must have had nothing to object to."""
    town.up.said.clear()
    yield town.fresh()
    sys.stdout.write("\n".join(town.up.said))
    assert town.telephone.faults() == []
