"""The import: rows of a register in, one proposal each, until the outcome of every one is known.

Running it again is harmless: the same rows give the same bytes, and what is registered is registered once.
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
from natija_intake.imports.csv_file import CsvRow
from natija_intake.imports.mapper import MappedRow, Mapper, Unmappable
from natija_intake.inbox_lag import InboxLag
from natija_intake.settings import ImportSettings

_BREATH = 50
"""Rows between two turns for the event loop: mapping is work, and others wait for the loop."""


class RejectedRow(NamedTuple):
    """A row that was not taken, without its values. *column* and *number* are "" where they are not known."""

    line: int
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
    already: int = 0
    already_events: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[str]:
        """Rejected rows by reason."""
        return Counter(row.reason for row in self.rejected)

    def reject(self, row: RejectedRow) -> None:
        """Count a row as not taken."""
        self.rows += 1
        self.rejected.append(row)

    def take(self, mapped: MappedRow, outcome: ProposalOutcome) -> None:
        """Count a row as registered, now or before."""
        self.rows += 1
        if outcome.rejection is None:
            self.registered += 1
            self.registered_events += len(mapped.events)
        else:
            self.already += 1
            self.already_events += len(mapped.events)


class Importer:
    """Proposes rows. *tell* gets messages for the person who waits."""

    def __init__(
        self,
        mapper: Mapper,
        publisher: Publisher,
        inbox: InboxLag,
        engine: AsyncEngine,
        settings: ImportSettings,
        tell: Callable[[str], None],
    ) -> None:
        self.tally = ImportCounts()
        self._mapper = mapper
        self._publisher = publisher
        self._window = asyncio.Semaphore(settings.import_in_flight)
        self._undecided: dict[str, asyncio.Task[None]] = {}
        self._pace = Backpressure(
            inbox,
            engine,
            most_waiting=settings.import_inbox_lag,
            patience=settings.import_patience,
            decided=lambda: self.tally.rows,
            undecided=lambda: len(self._undecided),
            tell=tell,
        )

    async def run(self, rows: Iterable[CsvRow]) -> None:
        """Propose all *rows* and wait for every outcome.

        Raises `Unfinished`, `FileError`, and what `Publisher.propose` raises: then run it again.
        """
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._pace.watch())
                await self._feed(rows)
                watch.cancel()
        except ExceptionGroup as errors:
            raise _first(errors) from None

    async def _feed(self, rows: Iterable[CsvRow]) -> None:
        async with asyncio.TaskGroup() as group:
            for count, row in enumerate(rows):
                mapped = self._mapped(row)
                if mapped is not None:
                    await self._admitted(mapped)
                    self._undecided[mapped.number] = group.create_task(self._propose(row.line, mapped))
                if count % _BREATH == 0:
                    await asyncio.sleep(0)

    def _mapped(self, row: CsvRow) -> MappedRow | None:
        try:
            if row.broken is not None:
                raise Unmappable("", "row", row.broken)
            return self._mapper.map(row.cells)
        except Unmappable as error:
            reason = "unreadable" if error.field == "row" else "invalid"
            self.tally.reject(RejectedRow(row.line, error.column, reason, error.field, error.rule, error.number))
            return None

    async def _admitted(self, mapped: MappedRow) -> None:
        """Wait until another proposal may be sent: the inbox and the window have room, and the appeal has no undecided
        row."""
        await self._pace.clear.wait()
        await self._window.acquire()
        # Two rows of one appeal have one id: only one after the other, their outcomes are distinct.
        while mapped.number in self._undecided:
            await asyncio.wait([self._undecided[mapped.number]])

    async def _propose(self, line: int, mapped: MappedRow) -> None:
        try:
            with failpoint("import.propose"):
                outcome = await self._publisher.propose(*mapped.events, wait=math.inf)
        except ValueError as error:
            self.tally.reject(RejectedRow(line, "", "oversize", "row", str(error), mapped.number))
        else:
            self._count(line, mapped, outcome)
        finally:
            del self._undecided[mapped.number]
            self._window.release()

    def _count(self, line: int, mapped: MappedRow, outcome: ProposalOutcome) -> None:
        why = outcome.rejection
        if why is None or outcome.registered:
            self.tally.take(mapped, outcome)
            return
        column = self._mapper.column_of(mapped, why.field)
        self.tally.reject(RejectedRow(line, column, why.reason, why.field, why.rule, mapped.number))


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    """The first error inside nested groups."""
    found: Exception = errors
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
