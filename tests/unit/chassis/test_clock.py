"""One clock for a whole realm, moved through a file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from natija_chassis.clock import FileClock, FixedClock, SystemClock, describe_clock, parse_duration

CLOSE = timedelta(seconds=5)


def test_clock_without_file_is_system_time(tmp_path: Path) -> None:
    assert abs(FileClock(tmp_path / "none.json").now() - datetime.now(UTC)) < CLOSE


def test_moved_clock_moves_for_all(tmp_path: Path) -> None:
    """Every process that shares the file sees it."""
    path = tmp_path / "clock.json"
    mine, theirs = FileClock(path), FileClock(path)
    mine.move(timedelta(days=20))
    assert abs(theirs.now() - datetime.now(UTC) - timedelta(days=20)) < CLOSE
    mine.move(timedelta(days=1))
    assert abs(FileClock(path).now() - datetime.now(UTC) - timedelta(days=21)) < CLOSE
    mine.reset()
    assert abs(mine.now() - datetime.now(UTC)) < CLOSE


def test_clock_runs_at_its_speed(tmp_path: Path) -> None:
    """Speed 0 stands still."""
    clock = FileClock(tmp_path / "clock.json")
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock.set(noon, speed=0)
    assert clock.now() == clock.now() == noon
    clock.set(noon, speed=1_000_000)
    first = clock.now()
    assert clock.now() > first >= noon
    assert describe_clock(clock).endswith("UTC, 1e+06 times real time")


def test_move_keeps_speed(tmp_path: Path) -> None:
    """Unless another is given."""
    clock = FileClock(tmp_path / "clock.json")
    clock.move(timedelta(), speed=60)
    clock.move(timedelta(days=1))
    assert clock.speed == 60


def test_fixed_clock_stands_still() -> None:
    """Until it is moved."""
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(timedelta(hours=2))
    assert clock.now() == datetime(2026, 1, 1, 2, tzinfo=UTC)
    assert SystemClock().now().tzinfo is UTC


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("20d", timedelta(days=20)),
    ],
)
def test_durations_are_parsed(typed: str, meant: timedelta) -> None:
    assert parse_duration(typed) == meant


@pytest.mark.parametrize("typed", ["", "d", "20", "20 d", "-1d", "1.5h", "20w"])
def test_another_length_of_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="example: 20d"):
        parse_duration(typed)
