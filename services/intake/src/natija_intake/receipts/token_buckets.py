"""Token buckets in the memory of one process: so many at once, and then one from time to time."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

MAX_BUCKETS = 100_000
"""Beyond, the bucket that was used least recently is forgotten."""


class Rate(NamedTuple):
    """So many at once, and then one in *seconds*."""

    burst: int
    seconds: float


class TokenBuckets:
    """One bucket for each key, as the instant at which it will be full again. Instants are seconds of any clock."""

    def __init__(self, rate: Rate, most: int = MAX_BUCKETS) -> None:
        self._rate = rate
        self._most = most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def wait(self, key: Hashable, now: float) -> float:
        """Seconds until there is a token; 0 when there is one."""
        return max(0.0, self._full_at.get(key, now) - now - (self._rate.burst - 1) * self._rate.seconds)

    def is_full(self, key: Hashable, now: float) -> bool:
        """Whether no token is missing."""
        return self._full_at.get(key, now) <= now

    def take(self, key: Hashable, now: float, count: int = 1) -> None:
        """Take *count* tokens, also those that are not there yet."""
        self._full_at[key] = max(self._full_at.pop(key, now), now) + count * self._rate.seconds
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)

    def give_back(self, key: Hashable) -> None:
        """Give a token back."""
        if key in self._full_at:
            self._full_at[key] -= self._rate.seconds
