"""One clock for a whole realm, moved through a file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from natija_chassis.clock import FileClock, FixedClock, SystemClock, describe_clock, parse_duration

CLOSE = timedelta(seconds=5)


def test_without_its_file_a_clock_tells_system_time(tmp_path: Path) -> None:
    assert abs(FileClock(tmp_path / "none.json").now() - datetime.now(UTC)) < CLOSE


def test_a_moved_clock_is_moved_for_all_who_share_the_file(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    mine, theirs = FileClock(path), FileClock(path)
    mine.move(timedelta(days=20))
    assert abs(theirs.now() - datetime.now(UTC) - timedelta(days=20)) < CLOSE
    mine.move(timedelta(days=1))
    assert abs(FileClock(path).now() - datetime.now(UTC) - timedelta(days=21)) < CLOSE
    mine.reset()
    assert abs(mine.now() - datetime.now(UTC)) < CLOSE


def test_a_clock_runs_at_its_speed_and_0_stands_still(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock.json")
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    clock.set(noon, speed=0)
    assert clock.now() == clock.now() == noon
    clock.set(noon, speed=1_000_000)
    first = clock.now()
    assert clock.now() > first >= noon
    assert describe_clock(clock).endswith("UTC, 1e+06 times real time")


def test_a_move_keeps_the_speed_unless_another_is_given(tmp_path: Path) -> None:
    clock = FileClock(tmp_path / "clock.json")
    clock.move(timedelta(), speed=60)
    clock.move(timedelta(days=1))
    assert clock.speed == 60


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
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
def test_lengths_of_time_are_read_as_typed(typed: str, meant: timedelta) -> None:
    assert parse_duration(typed) == meant


@pytest.mark.parametrize("typed", ["", "d", "20", "20 d", "-1d", "1.5h", "20w"])
def test_another_length_of_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="example: 20d"):
        parse_duration(typed)
