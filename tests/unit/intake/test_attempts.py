"""How often an access code may be tried."""

from dataclasses import dataclass

import pytest

from natija_intake.receipts.attempts import PER_ADDRESS, PER_APPEAL, Attempts


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def wrong(attempts: Attempts, number: str, address: str, most: int = 1000) -> int:
    """How many wrong codes are checked until the first that is not."""
    return next(count for count in range(most) if not attempts.take(number, address))


def test_attempts_at_one_appeal_are_limited(attempts: Attempts, clock: Clock) -> None:
    assert wrong(attempts, "KG-1", "a") == PER_APPEAL.burst
    assert attempts.take("KG-2", "a")
    clock.now += PER_APPEAL.seconds * 3
    attempts.take("KG-2", "a")
    assert wrong(attempts, "KG-1", "a") == 3


def test_attempts_of_one_address_are_limited(attempts: Attempts, clock: Clock) -> None:
    """At any number of appeals."""
    checked = [attempts.take(f"KG-{number}", "a") for number in range(2 * PER_ADDRESS.burst)]
    assert checked == [True] * PER_ADDRESS.burst + [False] * PER_ADDRESS.burst
    assert attempts.take("KG-1000", "b")
    clock.now += PER_ADDRESS.seconds
    assert [attempts.take("KG-1001", "a"), attempts.take("KG-1002", "a")] == [True, False]


def test_right_code_costs_nothing(attempts: Attempts) -> None:
    for _ in range(5 * PER_ADDRESS.burst):
        assert attempts.take("KG-1", "a")
        attempts.give_back("KG-1", "a")


def test_others_cannot_lock_holder_out(attempts: Attempts, clock: Clock) -> None:
    """Many addresses guess at one appeal; the first attempt of a quiet address is still checked."""
    for address in range(100):
        attempts.take("KG-1", f"guesser {address}")
    clock.now += PER_ADDRESS.seconds / 2
    assert not attempts.take("KG-1", "guesser 1")
    assert attempts.take("KG-1", "holder")
    attempts.give_back("KG-1", "holder")
    assert attempts.take("KG-1", "holder")


def test_memory_has_a_limit(clock: Clock) -> None:
    """The bucket that was used least recently is forgotten."""
    attempts = Attempts(clock, most=2)
    wrong(attempts, "KG-1", "a")
    attempts.take("KG-2", "a")
    assert not attempts.take("KG-1", "a")
    attempts.take("KG-3", "a")
    assert attempts.take("KG-1", "a")
