"""The limit on what one sender may send: appeals of a client address, proposals of a publisher."""

import time
from collections.abc import Callable
from math import ceil

from natija_intake.receipts.token_buckets import Rate, TokenBuckets

_MINUTE = 60.0


class SendLimit:
    """At most *per_minute* of one sender at once, and in each minute; 0: any number. *clock* gives seconds."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.is_on = per_minute > 0
        self._buckets = TokenBuckets(Rate(per_minute, _MINUTE / max(1, per_minute)))
        self._clock = clock

    def take(self, sender: str, count: int = 1) -> int:
        """Count what *sender* sends, as *count* of the least size. Returns 0, or the seconds after which it may send
        again."""
        if not self.is_on:
            return 0
        now = self._clock()
        if wait := self._buckets.wait(sender, now):
            return ceil(wait)
        self._buckets.take(sender, now, count)
        return 0
