"""Wrong access codes by appeal, and the delay that grows with them."""

from collections import OrderedDict
from typing import NamedTuple

FREE = 10
"""Wrong codes without a delay."""
FIRST_DELAY = 60.0
MAX_DELAY = 3600.0
FORGETTING = 1800.0
"""Seconds after which one wrong code is forgotten."""


class _Count(NamedTuple):
    codes: float
    at: float


class WrongCodes:
    """The wrong codes of each appeal. Instants are seconds of any clock. Of *most* appeals the last are remembered."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def is_delayed(self, number: str, now: float) -> bool:
        """Whether the next code must wait: one minute after ten wrong codes, then twice as long after each."""
        found = self._counts.get(number)
        if found is None or (codes := self._left(found, now)) <= FREE - 1:
            return False
        return now < found.at + min(FIRST_DELAY * 2 ** (codes - FREE), MAX_DELAY)

    def add(self, number: str, now: float) -> None:
        """Count a code."""
        found = self._counts.pop(number, None)
        self._counts[number] = _Count((self._left(found, now) if found else 0) + 1, now)
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)

    def take_back(self, number: str) -> None:
        """The last code was right, or could not be checked."""
        found = self._counts.get(number)
        if found is not None:
            self._counts[number] = found._replace(codes=max(0, found.codes - 1))

    @staticmethod
    def _left(found: _Count, now: float) -> float:
        return max(0.0, found.codes - (now - found.at) / FORGETTING)
