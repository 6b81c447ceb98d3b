"""Line time, as all processes of one data folder see it."""

from datetime import UTC, datetime, timedelta

import pytest

from hotline.clock import Clock, PaceChanged, StillClock, clock_for, shared_origin

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


def test_a_still_clock_moves_when_told():
    """Tests say what time it is."""
    clock = StillClock(datetime(2026, 11, 20, tzinfo=UTC))
    clock.advance(minutes=5, seconds=1)
    assert clock.now() == datetime(2026, 11, 20, 0, 5, 1, tzinfo=UTC)
