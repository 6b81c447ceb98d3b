"""The roster from outside: what responders say by text counts within seconds, and a test ring is not a page."""

import time
from collections.abc import Iterator

import pytest

from tests.system.conftest import LINE, Town
from tests.system.running import until


@pytest.fixture
def roster(line: Town) -> Iterator[Town]:
    """The line, whose roster is as it was when the test has ended."""
    yield line
    line.up.sql("delete from overrides")
    known(line)


def known(line: Town) -> None:
    """The web process has read the roster since now."""
    since, snapshot = time.time(), line.up.data / "roster.sealed"
    # The one that is written first may have been read before; the next was not.
    until(lambda: snapshot.stat().st_mtime > since, 20, "the web process has written the roster")
    written = snapshot.stat().st_mtime
    until(lambda: snapshot.stat().st_mtime > written, 20, "the web process knows the roster")


def test_off_duty_by_text_and_on_again(roster: Town) -> None:
    """The next page rings somebody else, and that one alone; with EN SERVICE both are on duty as they were."""
    roster.first.texts("FIN", LINE).receives("Service fini")
    known(roster)
    caller = roster.an_urgent_call()
    roster.accepts(roster.deputy)
    roster.meet(caller, roster.deputy)
    roster.first.does_not_ring()
    roster.first.texts("EN SERVICE", LINE).receives("En service")
    assert [one["rank"] for one in roster.up.status()["on_duty"]] == ["on-duty", "deputy"]


def test_a_test_ring_proves_a_number(line: Town) -> None:
    """It says so first, wakes nobody for anybody, and is no longer listed as missing."""
    line.up.command("responder", "test", "Intervention")
    line.first.rings().answers().hears("Ceci est un test.").presses("1").hears("Le test est réussi.")
    assert line.up.sql("select count(*) from responders where proved_at is not null") == [(1,)]
    assert line.up.sql("select count(*) from pages where state = 'open'") == [(0,)]
