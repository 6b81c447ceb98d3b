"""Line time: its origin and its jumps are the line's, and every date the network tells is in it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.system.telephone import Telephone
from tests.town import CALLER, LINE, NOBODY, Town, dialled, sdk, simulator, town


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


def now(telephone: Telephone) -> datetime:
    return datetime.fromisoformat(telephone.ask("GET", "/sim/network")["now"])


def test_line_time_comes_from_its_origin() -> None:
    """With an origin a minute ago at a pace of 20, line time is nineteen minutes ahead of the wall."""
    origin = datetime.now(UTC) - timedelta(minutes=1)
    with simulator("http://127.0.0.1:9", 20, HOTLINE_PACE_ORIGIN=origin.isoformat()) as url:
        ahead = datetime.fromisoformat(Telephone(url).ask("GET", "/sim/network")["now"]) - datetime.now(UTC)
    assert timedelta(minutes=19) <= ahead <= timedelta(minutes=22)


def test_every_date_is_in_line_time(here: Town) -> None:
    """What REST and the callbacks date is what the line would date."""
    told = here.client.messages.create(to=NOBODY, from_=LINE, body="OK.").date_created
    dialled(here, "<Reject/>").is_cut_off()
    ended = parsedate_to_datetime(here.waits_for("/twilio/voice/status")["Timestamp"])
    assert all(abs(now(here.telephone) - at) < timedelta(seconds=30) for at in (told, ended))


def test_line_time_jumps_as_the_line_does(tmp_path: Path) -> None:
    """The seconds kept in the shared file are added at once, and never taken back."""
    file = tmp_path / "jumped"
    with simulator("http://127.0.0.1:9", 20, HOTLINE_PACE_JUMPS=str(file)) as url:
        telephone, client = Telephone(url), sdk(url)
        before = now(telephone)
        file.write_text("36000")
        assert timedelta(hours=10) <= now(telephone) - before <= timedelta(hours=10, minutes=2)
        file.with_name("older").write_text("1")
        file.with_name("older").replace(file)
        created = client.messages.create(to=CALLER, from_=LINE, body="OK.").date_created
        assert timedelta(hours=10) <= created - before.replace(microsecond=0)


def test_whether_the_network_is_idle_is_told(here: Town) -> None:
    """A call makes it busy; its end, and that of its callbacks, makes it idle again."""
    assert here.telephone.ask("GET", "/sim/network")["idle"]
    caller = dialled(here, "<Pause length='60'/>")
    assert not here.telephone.ask("GET", "/sim/network")["idle"]
    caller.hangs_up()
    here.telephone.eventually(lambda: here.telephone.ask("GET", "/sim/network")["idle"])
