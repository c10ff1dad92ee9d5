"""Caught up, behind, moving: what a process says of itself."""

import pytest

from natija_chassis.process.backoff import Backoff
from natija_chassis.projections.progress import CAUGHT_UP_SECONDS, Progress


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    now = {"now": 100.0}
    monkeypatch.setattr("time.monotonic", lambda: now["now"])
    return now


def ready(at: dict[str, float]) -> Progress:
    progress = Progress("routing", blocked=None)
    progress.assign(frozenset({0, 1}))
    progress.record_end({0: 5, 1: 9}, {0: 5, 1: 9}, asked=at["now"])
    return progress


def test_end_of_all_partitions_is_caught_up(at: dict[str, float]) -> None:
    assert ready(at).health() == (True, "caught up with the log", 0)


def test_what_is_behind_says_how_far(at: dict[str, float]) -> None:
    progress = Progress("routing", blocked=None)
    progress.assign(frozenset({0, 1}))
    progress.record_end({0: 5, 1: 9}, {0: 2005, 1: 9}, asked=at["now"])
    assert progress.health() == (False, "catching up with the log: about 2,000 records to go", 2000)


def test_short_burst_keeps_process_ready(at: dict[str, float]) -> None:
    progress = ready(at)
    at["now"] += CAUGHT_UP_SECONDS / 2
    progress.record_end({0: 5, 1: 9}, {0: 6, 1: 9}, asked=at["now"])
    assert progress.caught_up
    at["now"] += CAUGHT_UP_SECONDS
    progress.record_end({0: 5, 1: 9}, {0: 6, 1: 9}, asked=at["now"])
    assert not progress.caught_up


def test_steady_load_still_counts_as_caught_up(at: dict[str, float]) -> None:
    """It is caught up with what was on the log a moment ago, though more has come since."""
    progress = Progress("routing", blocked=None)
    progress.assign(frozenset({0}))
    for end in range(10, 100, 3):  # at each look there is more than what is applied
        progress.record_end(dict(progress.reached), {0: end}, asked=at["now"])
        assert progress.lag
        progress.record_applied({0: end - 1})
        at["now"] += 1
        assert progress.caught_up


def test_slowly_reached_end_does_not_count(at: dict[str, float]) -> None:
    """An end of the log that took too long to reach says nothing about now."""
    progress = Progress("routing", blocked=None)
    progress.assign(frozenset({0}))
    progress.record_end({0: 0}, {0: 10}, asked=at["now"])
    at["now"] += CAUGHT_UP_SECONDS + 1
    progress.record_applied({0: 9})
    assert not progress.caught_up
    progress.record_end({0: 10}, {0: 10}, asked=at["now"])
    assert progress.caught_up


def test_caught_up_expires_without_checks(at: dict[str, float]) -> None:
    progress = ready(at)
    at["now"] += CAUGHT_UP_SECONDS + 0.1
    assert not progress.health().ready


def test_caught_up_ends_at_once(at: dict[str, float]) -> None:
    """When it is blocked or stopped, or gets other partitions."""
    progress = ready(at)
    progress.blocked = "ConnectionRefusedError"
    assert progress.health() == (False, "waiting: ConnectionRefusedError", 0)
    progress = ready(at)
    progress.stopped = "records are missing"
    assert progress.health() == (False, "stopped: records are missing", 0)
    progress = ready(at)
    progress.assign(frozenset({2}))
    assert not progress.caught_up


def test_backoff_doubles_and_resets() -> None:
    """Waits double up to the longest, and start again after a success."""
    backoff = Backoff(first=0.1, longest=1.0)
    waits = []
    for _ in range(6):
        waits.append(backoff.seconds())
    assert all(limit / 2 <= waited <= limit for waited, limit in zip(waits, [0.1, 0.2, 0.4, 0.8, 1, 1], strict=True))
    backoff.reset()
    assert backoff.seconds() <= 0.1
