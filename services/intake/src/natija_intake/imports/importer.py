"""The import: each row of a register becomes one proposal, and its outcome is counted.

Running it again is harmless: the same row gives the same bytes, and is registered once.
"""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_events.failpoints import failpoint
from natija_events.kafka import ProposalOutcome, Publisher
from natija_intake.imports.backpressure import Backpressure
from natija_intake.imports.csv_rows import CsvRow
from natija_intake.imports.mapper import MappedRow, Mapper, Unmappable
from natija_intake.inbox_lag import InboxLag
from natija_intake.settings import ImportSettings

_YIELD_EVERY = 50
"""Rows between two turns of the event loop: mapping is CPU work, and other tasks wait for the loop."""


class RejectedRow(NamedTuple):
    """A rejected row, or lines without a certain row, without values. *column* and *number* are "" where they are not
    known."""

    line: int
    last_line: int
    column: str
    reason: str
    field: str
    rule: str
    number: str


@dataclass(slots=True)
class ImportCounts:
    """The outcomes of the rows so far."""

    rows: int = 0
    registered: int = 0
    registered_events: int = 0
    already_registered: int = 0
    already_registered_events: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        """Rejected rows by reason."""
        return Counter(row.reason for row in self.rejected)

    @property
    def rejected_lines(self) -> int:
        """The lines of the file on which the rejected rows stand."""
        return sum(row.last_line - row.line + 1 for row in self.rejected)

    def reject(self, row: RejectedRow) -> None:
        """Count a rejected row."""
        self.rows += 1
        self.rejected.append(row)

    def add(self, mapped: MappedRow, outcome: ProposalOutcome) -> None:
        """Count a row that is registered, now or by an earlier run."""
        self.rows += 1
        if outcome.rejection is None:
            self.registered += 1
            self.registered_events += len(mapped.events)
        else:
            self.already_registered += 1
            self.already_registered_events += len(mapped.events)


class Importer:
    """Proposes rows. *notify* gets messages for the person who waits."""

    def __init__(
        self,
        mapper: Mapper,
        publisher: Publisher,
        inbox: InboxLag,
        engine: AsyncEngine,
        settings: ImportSettings,
        notify: Callable[[str], None],
    ) -> None:
        self.counts = ImportCounts()
        self._mapper = mapper
        self._publisher = publisher
        self._window = asyncio.Semaphore(settings.import_in_flight)
        self._pending: dict[str, asyncio.Task[None]] = {}
        self._undecided: set[int] = set()
        self._backpressure = Backpressure(
            inbox,
            engine,
            max_lag=settings.import_inbox_lag,
            patience=settings.import_patience,
            done=lambda: self.counts.rows,
            pending=lambda: len(self._pending),
            notify=notify,
        )

    @property
    def undecided(self) -> list[int]:
        """The first lines of the rows that were proposed and have no outcome yet."""
        return sorted(self._undecided)

    async def run(self, rows: Iterable[CsvRow]) -> None:
        """Propose all *rows* and wait for every outcome.

        Raises `ImportStopped`, `CsvFileError`, and what `Publisher.propose` raises: then run it again.
        """
        try:
            async with asyncio.TaskGroup() as group:
                monitor = group.create_task(self._backpressure.monitor())
                await self._propose_all(rows)
                monitor.cancel()
        except ExceptionGroup as errors:
            raise _first(errors) from None

    async def _propose_all(self, rows: Iterable[CsvRow]) -> None:
        async with asyncio.TaskGroup() as group:
            for count, row in enumerate(rows):
                mapped = self._map(row)
                if mapped is not None:
                    await self._wait_for_capacity(mapped)
                    self._pending[mapped.number] = group.create_task(self._propose(row, mapped))
                if count % _YIELD_EVERY == 0:
                    await asyncio.sleep(0)

    def _map(self, row: CsvRow) -> MappedRow | None:
        try:
            if row.broken is not None:
                raise Unmappable("", "row", row.broken)
            return self._mapper.map(row.cells)
        except Unmappable as error:
            reason = "unreadable" if error.field == "row" else "invalid"
            self._reject(row, error.column, reason, error.field, error.rule, error.number)
            return None

    async def _wait_for_capacity(self, mapped: MappedRow) -> None:
        """Wait until another proposal may be sent: the inbox and the window have room, and the appeal has no pending
        row."""
        await self._backpressure.capacity.wait()
        await self._window.acquire()
        # Rows of one appeal share their event ids. Proposed one after the other, each gets its own outcome.
        while mapped.number in self._pending:
            await asyncio.wait([self._pending[mapped.number]])

    async def _propose(self, row: CsvRow, mapped: MappedRow) -> None:
        self._undecided.add(row.line)
        try:
            with failpoint("import.propose"):
                outcome = await self._publisher.propose(*mapped.events, wait=math.inf)
        except ValueError as error:
            self._reject(row, "", "oversize", "row", str(error), mapped.number)
            self._undecided.discard(row.line)
        else:
            self._count(row, mapped, outcome)
            self._undecided.discard(row.line)
        finally:
            del self._pending[mapped.number]
            self._window.release()

    def _count(self, row: CsvRow, mapped: MappedRow, outcome: ProposalOutcome) -> None:
        why = outcome.rejection
        if why is None or outcome.registered:
            self.counts.add(mapped, outcome)
            return
        column = self._mapper.column_of(mapped, why.field)
        self._reject(row, column, why.reason, why.field, why.rule, mapped.number)

    def _reject(self, row: CsvRow, column: str, reason: str, field: str, rule: str, number: str) -> None:
        self.counts.reject(RejectedRow(row.line, row.last_line, column, reason, field, rule, number))


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    """The first error inside nested groups."""
    found: Exception = errors
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
