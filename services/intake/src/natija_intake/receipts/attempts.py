"""The limit on attempts to open an appeal: how often a code may be tried, by appeal and by client address.

Each has a token bucket: an attempt takes a token, a right code gives it back, and time refills the bucket. The buckets
are in memory, so each process has its own.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

MOST_BUCKETS = 100_000
"""Of appeals, and of addresses. Beyond, the bucket that was used least recently is forgotten."""


class Rate(NamedTuple):
    """So many attempts at once, and then one in *seconds*."""

    burst: int
    seconds: float


PER_APPEAL = Rate(10, 60.0)
PER_ADDRESS = Rate(50, 2.0)
"""Many people may share one address."""


class _Buckets:
    """One bucket for each key, as the instant at which it will be full again."""

    def __init__(self, rate: Rate, most: int) -> None:
        self._rate = rate
        self._most = most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def has_token(self, key: Hashable, now: float) -> bool:
        return self._full_at.get(key, now) - now <= (self._rate.burst - 1) * self._rate.seconds

    def is_full(self, key: Hashable, now: float) -> bool:
        return self._full_at.get(key, now) <= now

    def take(self, key: Hashable, now: float) -> None:
        self._full_at[key] = max(self._full_at.pop(key, now), now) + self._rate.seconds
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)

    def give_back(self, key: Hashable) -> None:
        if key in self._full_at:
            self._full_at[key] -= self._rate.seconds


class Attempts:
    """The attempts of all clients of this process. *clock* gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST_BUCKETS) -> None:
        self._clock = clock
        self._by_appeal = _Buckets(PER_APPEAL, most)
        self._by_address = _Buckets(PER_ADDRESS, most)

    def take(self, number: str, address: str) -> bool:
        """Count an attempt at the appeal with this *number* from *address*. False when there were too many."""
        now = self._clock()
        if not self._by_address.has_token(address, now):
            return False
        # The holder of the code is at another address than those who guess: they must not lock it out.
        if not (self._by_appeal.has_token(number, now) or self._by_address.is_full(address, now)):
            return False
        self._by_appeal.take(number, now)
        self._by_address.take(address, now)
        return True

    def give_back(self, number: str, address: str) -> None:
        """The attempt was right, or could not be checked: it does not count."""
        self._by_appeal.give_back(number)
        self._by_address.give_back(address)
