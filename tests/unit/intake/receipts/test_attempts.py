"""How often an access code may be tried."""

from dataclasses import dataclass
from itertools import pairwise

import pytest

from natija_intake.receipts.attempts import PER_ADDRESS, Attempts
from natija_intake.receipts.send_limit import SendLimit
from natija_intake.receipts.wrong_codes import FIRST_DELAY, FORGETTING, FREE, MAX_DELAY


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
    """Another appeal is not concerned."""
    assert wrong(attempts, "KG-1", "a") == FREE
    assert attempts.take("KG-2", "a")


def test_delay_grows_with_wrong_codes(attempts: Attempts, clock: Clock) -> None:
    """A minute, then twice as long after each wrong code, an hour at most. Without codes it shrinks again."""
    assert wrong(attempts, "KG-1", "a") == FREE
    delays = []
    for _ in range(9):
        began = clock.now
        while not attempts.take("KG-1", "a"):
            attempts.take(f"KG-{clock.now}", "a")  # the address is never quiet
            clock.now += PER_ADDRESS.seconds
        delays.append(clock.now - began)
    assert delays[0] == pytest.approx(FIRST_DELAY, abs=5)
    assert all(1.6 < later / earlier < 2.1 for earlier, later in pairwise(delays[:4]))
    assert max(delays) <= MAX_DELAY
    clock.now += 20 * FORGETTING
    attempts.take("KG-2", "a")
    assert wrong(attempts, "KG-1", "a") == FREE


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


def test_appeals_of_one_address_are_limited(clock: Clock) -> None:
    """Three at once, then one in twenty seconds; another address is free."""
    limit = SendLimit(3, clock)
    assert [limit.take("a") for _ in range(4)] == [0, 0, 0, 20]
    clock.now += 12.5
    assert [limit.take("a"), limit.take("b")] == [8, 0]
    clock.now += 8
    assert [limit.take("a"), limit.take("a")] == [0, 20]


def test_no_limit_lets_all_send(clock: Clock) -> None:
    assert [SendLimit(0, clock).take("a") for _ in range(3)] == [0, 0, 0]
    assert not SendLimit(0, clock).is_on
