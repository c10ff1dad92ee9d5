"""Trying again: soon at first, then ever more rarely, never all at once."""

import asyncio
import random

from natija_chassis.process.stopping import pause


class Backoff:
    """Doubles from *first* to *longest* seconds, each wait spread over its upper half."""

    def __init__(self, first: float = 0.1, longest: float = 10.0) -> None:
        self._first, self._longest = first, longest
        self._next = first

    def reset(self) -> None:
        """It worked."""
        self._next = self._first

    def seconds(self) -> float:
        """How long to wait this time; longer the next time."""
        seconds = self._next * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        self._next = min(self._next * 2, self._longest)
        return seconds

    async def wait(self, interrupt: asyncio.Event) -> None:
        """Wait for the next turn, or until *interrupt* is set."""
        await pause(interrupt, self.seconds())
