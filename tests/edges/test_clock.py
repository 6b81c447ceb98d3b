"""Line time, as all processes of one data folder see it."""

from datetime import UTC, datetime, timedelta

import pytest

from hotline.clock import JUMPS_FILE, Clock, PaceChanged, StillClock, clock_for, jump, shared_origin
from hotline.simulator.settings import from_environment

HOUR_AGO = timedelta(hours=1)


def test_at_pace_one_line_time_is_the_wall_s(tmp_path):
    """Production knows one time."""
    before, now, after = datetime.now(UTC), clock_for(tmp_path).now(), datetime.now(UTC)
    assert before <= now <= after


def test_a_paced_clock_runs_ahead_of_its_origin():
    """An hour of the wall after the origin, twenty hours have passed on the line."""
    origin = datetime.now(UTC) - HOUR_AGO
    ahead = Clock(20, origin).now() - origin
    assert timedelta(hours=20) <= ahead < timedelta(hours=20, minutes=1)


def test_a_wait_is_shorter_on_the_wall():
    """A minute of line time at pace 20 is three seconds of waiting."""
    assert Clock(20, datetime.now(UTC)).wall(60) == 3


def test_processes_share_one_origin(tmp_path):
    """Whoever comes second finds the first one's origin."""
    assert shared_origin(tmp_path, 5) == shared_origin(tmp_path, 5)


def test_no_draft_is_left_behind(tmp_path):
    """The origin is one file, written whole."""
    shared_origin(tmp_path, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["pace.json"]


@pytest.mark.parametrize("pace", [1, 2])
def test_a_folder_keeps_its_pace(tmp_path, pace):
    """Line time may not go back: another pace over the same data is refused."""
    shared_origin(tmp_path, 5)
    with pytest.raises(PaceChanged, match="HOTLINE_PACE=5"):
        clock_for(tmp_path, pace)


def test_an_origin_given_in_the_environment_is_used(tmp_path):
    """A process that was told the origin needs no file."""
    origin = datetime(2026, 11, 1, tzinfo=UTC)
    assert clock_for(tmp_path, 2, origin).origin == origin


def test_a_paced_clock_needs_an_origin():
    """Two processes that each invented one would disagree."""
    with pytest.raises(ValueError, match="origin"):
        Clock(2)


def _apart(one, other):
    """How far two clocks are from each other, in line seconds."""
    return abs((one.now() - other.now()).total_seconds())


@pytest.mark.parametrize("pace", [1, 20])
def test_every_process_sees_a_jump(tmp_path, pace):
    """One process jumps an hour: those that ran before and those that start after are there too."""
    origin = shared_origin(tmp_path, pace)
    before = clock_for(tmp_path, pace, origin)
    was = before.now()
    jump(tmp_path, 3600)
    after = clock_for(tmp_path, pace, origin)
    assert before.now() - was >= HOUR_AGO
    assert _apart(before, after) < 1


def test_the_carrier_sees_the_same_jump(tmp_path):
    """The simulator, which knows nothing of the line, is told where the jumps are kept."""
    origin = shared_origin(tmp_path, 20)
    paced = {"HOTLINE_PACE": "20", "HOTLINE_PACE_ORIGIN": origin.isoformat()}
    carrier = from_environment({**paced, "HOTLINE_PACE_JUMPS": str(tmp_path / JUMPS_FILE)}).clock
    ours = clock_for(tmp_path, 20)
    assert _apart(carrier, ours) < 1
    jump(tmp_path, 7200)
    assert _apart(carrier, ours) < 1


def test_jumps_add_up(tmp_path):
    """The seconds jumped are kept in all."""
    shared_origin(tmp_path, 1)
    assert [jump(tmp_path, 60), jump(tmp_path, 0.5)] == [60, 60.5]


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_line_time_never_jumps_back(tmp_path, seconds):
    """Going back would undo promises."""
    shared_origin(tmp_path, 1)
    with pytest.raises(ValueError, match="forward"):
        jump(tmp_path, seconds)


@pytest.mark.parametrize("kept", ["gone", "older"])
def test_a_clock_that_jumped_stays_there(tmp_path, kept):
    """Whatever becomes of the file, a process that was ahead stays ahead."""
    clock = clock_for(tmp_path, 2)
    jump(tmp_path, 3600)
    was = clock.now()
    (tmp_path / JUMPS_FILE).unlink()
    if kept == "older":
        jump(tmp_path, 1)
    assert clock.now() >= was


def test_a_folder_that_jumped_serves_nobody_else(tmp_path):
    """A line at life's own pace, as in production, refuses a folder whose time is ahead."""
    shared_origin(tmp_path, 1)
    jump(tmp_path, 60)
    with pytest.raises(PaceChanged, match="rehearsal"):
        clock_for(tmp_path)


def test_a_folder_without_an_origin_has_no_jumps(tmp_path):
    """Production's folder holds none: its time cannot be moved."""
    with pytest.raises(FileNotFoundError):
        jump(tmp_path, 60)


def test_a_still_clock_moves_when_told():
    """Tests say what time it is."""
    clock = StillClock(datetime(2026, 11, 20, tzinfo=UTC))
    clock.advance(minutes=5, seconds=1)
    assert clock.now() == datetime(2026, 11, 20, 0, 5, 1, tzinfo=UTC)
