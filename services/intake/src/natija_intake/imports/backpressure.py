"""The rate of an import: pause while the inbox is full, report the reason, give up when Kafka is down."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_intake.inbox_lag import InboxLag, KafkaUnreachable

LOOK_EVERY = 0.5
QUIET = 5.0
"""Seconds without a decision after which the import reports that it waits for the registrar."""
LOST_AFTER = 60.0
"""Seconds without a decision, though nothing waits on the inbox, after which outcomes count as lost."""


class ImportStopped(Exception):
    """The import could not continue; the message is for a person."""


class Backpressure:
    """Run `watch` beside the import. *decided* and *undecided* count its rows; *tell* gets messages for a person.
    The import pauses while more than *most_waiting* proposals of all publishers wait. *patience* is the number of
    seconds that Kafka may be down."""

    def __init__(
        self,
        inbox: InboxLag,
        engine: AsyncEngine,
        *,
        most_waiting: int,
        patience: float,
        decided: Callable[[], int],
        undecided: Callable[[], int],
        tell: Callable[[str], None],
    ) -> None:
        self.clear = asyncio.Event()
        self.clear.set()
        self._inbox = inbox
        self._engine = engine
        self._most_waiting = most_waiting
        self._patience = patience
        self._decided = decided
        self._undecided = undecided
        self._tell = tell
        self._seen = -1
        self._told = False
        self._moved = self._answered = self._waited = time.monotonic()

    async def watch(self) -> None:
        """Watch without end. Raises `ImportStopped`."""
        while True:
            self._look_at_decisions()
            await self._look_at_the_inbox()
            await asyncio.sleep(LOOK_EVERY)

    def _look_at_decisions(self) -> None:
        now, decided, undecided = time.monotonic(), self._decided(), self._undecided()
        if decided != self._seen or not undecided:
            if self._told:
                self._tell("The registrar decides again.")
            self._seen, self._moved, self._told = decided, now, False
        elif now - self._moved > QUIET and not self._told:
            self._tell(f"{undecided:,} rows wait for the registrar. Does `natija serve registrar` run?")
            self._told = True

    async def _look_at_the_inbox(self) -> None:
        try:
            waiting = await self._inbox.count(self._engine)
        except KafkaUnreachable as error:
            if time.monotonic() - self._answered > self._patience:
                raise ImportStopped(f"{error}, for {self._patience:g} s") from None
            return
        except (SQLAlchemyError, OSError, TimeoutError):
            waiting = 1  # the registrar needs this database too: it is the one that is waited for
        else:
            self._set_clear(waiting <= self._most_waiting)
        self._answered = time.monotonic()
        if waiting or not self._undecided():
            self._waited = self._answered
        elif self._answered - max(self._waited, self._moved) > LOST_AFTER:
            raise ImportStopped("the registrar has decided on every proposal, but some outcomes did not come")

    def _set_clear(self, clear: bool) -> None:
        if clear:
            self.clear.set()
        else:
            self.clear.clear()
