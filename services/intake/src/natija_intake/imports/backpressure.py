"""The rate of an import: pause while the inbox is full, report the reason, give up when Kafka is down."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_intake.inbox_lag import InboxLag, KafkaUnreachable

CHECK_INTERVAL = 0.5
REPORT_AFTER = 5.0
"""Seconds without an outcome after which the import reports that it waits for the registrar."""
LOST_AFTER = 60.0
"""Seconds without an outcome, and with an empty inbox, after which outcomes count as lost."""


class ImportStopped(Exception):
    """The import could not continue; the message is for a person."""


class Backpressure:
    """Run `monitor` beside the import, and wait for `capacity` before each proposal.

    `capacity` is cleared while more than *max_lag* proposals of all publishers wait on the inbox. *done* and *pending*
    count the import's rows with and without an outcome. *notify* gets messages for a person.

    Three clocks decide when to report and when to stop. Each restarts when its event occurs:

    - an outcome arrived: after `REPORT_AFTER` seconds the user is told that the registrar is awaited;
    - Kafka answered: after *patience* seconds the import stops;
    - proposals waited on the inbox: after `LOST_AFTER` seconds with pending rows but an empty inbox it stops.
    """

    def __init__(
        self,
        inbox: InboxLag,
        engine: AsyncEngine,
        *,
        max_lag: int,
        patience: float,
        done: Callable[[], int],
        pending: Callable[[], int],
        notify: Callable[[str], None],
    ) -> None:
        self.capacity = asyncio.Event()
        self.capacity.set()
        self._inbox = inbox
        self._engine = engine
        self._max_lag = max_lag
        self._patience = patience
        self._done = done
        self._pending = pending
        self._notify = notify
        self._seen = -1
        self._reported = False
        self._last_outcome = self._last_answer = self._last_lag = time.monotonic()

    async def monitor(self) -> None:
        """Check without end. Raises `ImportStopped`."""
        while True:
            self._check_outcomes()
            await self._check_inbox()
            await asyncio.sleep(CHECK_INTERVAL)

    def _check_outcomes(self) -> None:
        now, done, pending = time.monotonic(), self._done(), self._pending()
        if done != self._seen or not pending:
            if self._reported:
                self._notify("The registrar decides again.")
            self._seen, self._last_outcome, self._reported = done, now, False
        elif now - self._last_outcome > REPORT_AFTER and not self._reported:
            self._notify(f"{pending:,} rows wait for the registrar. Does `natija serve registrar` run?")
            self._reported = True

    async def _check_inbox(self) -> None:
        try:
            lag = await self._inbox.count(self._engine)
        except KafkaUnreachable as error:
            if time.monotonic() - self._last_answer > self._patience:
                raise ImportStopped(f"{error}, for {self._patience:g} s") from None
            return
        except (SQLAlchemyError, OSError, TimeoutError):
            lag = 1  # the registrar needs this database, too: proposals wait for it
        else:
            self._set_capacity(lag <= self._max_lag)
        self._last_answer = time.monotonic()
        if lag or not self._pending():
            self._last_lag = self._last_answer
        elif self._last_answer - max(self._last_lag, self._last_outcome) > LOST_AFTER:
            raise ImportStopped("the registrar has decided on every proposal, but some outcomes did not arrive")

    def _set_capacity(self, free: bool) -> None:
        if free:
            self.capacity.set()
        else:
            self.capacity.clear()
