"""A registrar's clock is held against the broker's: a wrong one is noticed before it stamps."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from natija_intake.registrar import metrics
from natija_intake.registrar.batch import LogEnd
from natija_intake.registrar.shards.clock_check import ClockCheck, WrongClock
from natija_intake.registrar.shards.takeover import warn_of_future

DAYS = 40 * 86_400.0
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Machine:
    """A machine's two clocks (seconds)."""

    wall: float = 1_800_000_000.0
    monotonic: float = 500.0

    def passes(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def check(self) -> ClockCheck:
        return ClockCheck(lambda: self.wall, lambda: self.monotonic)


def milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


@pytest.mark.parametrize(("ahead", "says"), [(DAYS, "40 days, 0:00:00 ahead"), (-DAYS, "40 days, 0:00:00 behind")])
def test_difference_from_broker_is_refused(ahead: float, says: str) -> None:
    machine = Machine()
    with pytest.raises(WrongClock, match=f"is {says} of the broker's"):
        machine.check().compare(machine.wall, milliseconds(machine.wall - ahead))
    assert metrics.CLOCK_DIFFERENCE._value.get() == ahead


def test_slow_broker_is_not_wrong() -> None:
    """Its time lies between the send and the acknowledgement, or near them."""
    machine = Machine()
    check, sent = machine.check(), machine.wall
    machine.passes(300)
    for appended in (sent - 59, sent, sent + 150, machine.wall, machine.wall + 59):
        check.compare(sent, milliseconds(appended))
    check.compare(sent, None)


def test_clock_that_was_set_is_refused() -> None:
    """Before anything is stamped, and until it agrees with the broker again."""
    machine = Machine()
    check = machine.check()
    machine.passes(86_400)
    check.check()
    machine.wall += DAYS
    with pytest.raises(WrongClock, match="was set 40 days, 0:00:00 ahead"):
        check.check()
    check.compare(machine.wall, milliseconds(machine.wall))
    check.check()


def test_log_of_the_future_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Another registrar's clock was ahead. A few seconds are lawful."""
    warn_of_future([LogEnd(), LogEnd(3, NOW), LogEnd(4, NOW + timedelta(seconds=59))], NOW)
    assert not caplog.text
    warn_of_future([LogEnd(3, NOW), LogEnd(4, NOW + timedelta(days=40))], NOW)
    assert "the log is recorded up to 2026-04-11 09:00:00 UTC, ahead of this clock by 40 days" in caplog.text
