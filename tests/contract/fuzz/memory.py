"""The growth of this process' memory."""

import resource

MEBIBYTE = 1 << 20
MOST_BYTES = 200 * MEBIBYTE


class MemoryGrowth:
    """How much the peak memory has grown since this object was made."""

    def __init__(self) -> None:
        self._before = self._peak()

    def check(self) -> None:
        """Assert that it stays within bounds."""
        assert self._grown() < MOST_BYTES, self

    def __str__(self) -> str:
        return f"memory +{self._grown() // MEBIBYTE} MiB"

    def _grown(self) -> int:
        return self._peak() - self._before

    @staticmethod
    def _peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
