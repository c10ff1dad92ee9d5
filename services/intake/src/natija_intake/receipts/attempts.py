"""The limit on attempts to open an appeal: how often a code may be tried, by appeal and by client address.

By appeal, each wrong code makes the next one wait longer. By address there is a token bucket. A right code costs
nothing. All of it is in memory, so each process has its own.
"""

import time
from collections.abc import Callable

from natija_intake.receipts.token_buckets import MAX_BUCKETS, Rate, TokenBuckets
from natija_intake.receipts.wrong_codes import WrongCodes

PER_ADDRESS = Rate(50, 2.0)
"""Many people may share one address."""


class Attempts:
    """The attempts of all clients of this process. *clock* gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MAX_BUCKETS) -> None:
        self._clock = clock
        self._by_appeal = WrongCodes(most)
        self._by_address = TokenBuckets(PER_ADDRESS, most)

    def take(self, number: str, address: str) -> bool:
        """Count an attempt at the appeal with this *number* from *address*. False when there were too many."""
        now = self._clock()
        if self._by_address.wait(address, now):
            return False
        # The holder of the code is at another address than those who guess: they must not lock it out.
        if self._by_appeal.is_delayed(number, now) and not self._by_address.is_full(address, now):
            return False
        self._by_appeal.add(number, now)
        self._by_address.take(address, now)
        return True

    def give_back(self, number: str, address: str) -> None:
        """The attempt was right, or could not be checked: it does not count."""
        self._by_appeal.take_back(number)
        self._by_address.give_back(address)
