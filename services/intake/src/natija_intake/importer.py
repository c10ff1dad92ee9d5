"""The import: rows of a register in, one proposal each, until the outcome of every one is known.

Running it again is harmless: the same rows give the same bytes, and what is registered is registered once.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_events.kafka import Publisher
from natija_events.kafka.publisher import Outcome
from natija_intake.inbox import Inbox, Unreachable
from natija_intake.mapper import Mapped, Mapper, Unmappable
from natija_intake.register_file import FileRow
from natija_intake.settings import ImportSettings

LOOK_EVERY = 0.5
QUIET = 10.0
"""Seconds without a decision after which one is told that the registrar is being waited for."""
LOST_AFTER = 60.0
_BREATH = 50
"""Rows between two turns for the event loop: mapping is work, and others wait for the loop."""


class Unfinished(Exception):
    """The import could not go on; what it says is for a person."""


class RejectedRow(NamedTuple):
    """A row that was not taken, without its values. *column* and *number* are "" where they are not known."""

    line: int
    column: str
    reason: str
    field: str
    rule: str
    number: str


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

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

    def take(self, mapped: Mapped, outcome: Outcome) -> None:
        """Count a row as registered, now or before."""
        self.rows += 1
        if outcome.rejection is None:
            self.registered += 1
            self.registered_events += len(mapped.events)
        else:
            self.already += 1
            self.already_events += len(mapped.events)


class Importer:
    """Proposes rows. *tell* is given what a person who waits should know."""

    def __init__(
        self,
        mapper: Mapper,
        publisher: Publisher,
        inbox: Inbox,
        engine: AsyncEngine,
        settings: ImportSettings,
        tell: Callable[[str], None],
    ) -> None:
        self.tally = Tally()
        self._mapper = mapper
        self._publisher = publisher
        self._inbox = inbox
        self._engine = engine
        self._settings = settings
        self._tell = tell
        self._window = asyncio.Semaphore(settings.import_in_flight)
        self._undecided: dict[str, asyncio.Task[None]] = {}
        self._clear = asyncio.Event()
        self._clear.set()

    async def run(self, rows: Iterable[FileRow]) -> None:
        """Propose all *rows* and wait for every outcome. Raises `Unfinished`, `NotProposed` and `FileError`."""
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch())
                await self._feed(rows)
                watch.cancel()
        except ExceptionGroup as errors:
            raise _first(errors) from None

    async def _feed(self, rows: Iterable[FileRow]) -> None:
        async with asyncio.TaskGroup() as group:
            for count, row in enumerate(rows):
                mapped = self._mapped(row)
                if mapped is not None:
                    await self._admitted(mapped)
                    self._undecided[mapped.number] = group.create_task(self._propose(row.line, mapped))
                if count % _BREATH == 0:
                    await asyncio.sleep(0)

    def _mapped(self, row: FileRow) -> Mapped | None:
        try:
            if row.broken is not None:
                raise Unmappable("", "row", row.broken)
            return self._mapper.map(row.cells)
        except Unmappable as error:
            reason = "unreadable" if error.field == "row" else "invalid"
            self.tally.reject(RejectedRow(row.line, error.column, reason, error.field, error.rule, error.number))
            return None

    async def _admitted(self, mapped: Mapped) -> None:
        """Wait until another proposal may be made: the inbox is clear, the window has room, the appeal is at rest."""
        await self._clear.wait()
        await self._window.acquire()
        # Two rows of one appeal have one id: their outcomes can only be told apart one after the other.
        while mapped.number in self._undecided:
            await asyncio.wait([self._undecided[mapped.number]])

    async def _propose(self, line: int, mapped: Mapped) -> None:
        try:
            outcome = await self._publisher.propose(*mapped.events, wait=math.inf)
        except ValueError as error:
            self.tally.reject(RejectedRow(line, "", "oversize", "row", str(error), mapped.number))
        else:
            self._count(line, mapped, outcome)
        finally:
            del self._undecided[mapped.number]
            self._window.release()

    def _count(self, line: int, mapped: Mapped, outcome: Outcome) -> None:
        why = outcome.rejection
        if why is None or outcome.registered:
            self.tally.take(mapped, outcome)
            return
        column = self._mapper.column_of(mapped, why.field)
        self.tally.reject(RejectedRow(line, column, why.reason, why.field, why.rule, mapped.number))

    async def _watch(self) -> None:
        """Hold the rows back while the inbox is full, tell who waits for what, and give up when Kafka is gone."""
        seen, moved, told = -1, time.monotonic(), False
        answered, decided = time.monotonic(), time.monotonic()
        while True:
            now = time.monotonic()
            if self.tally.rows != seen or not self._undecided:
                if told:
                    self._tell("The registrar decides again.")
                seen, moved, told = self.tally.rows, now, False
            elif now - moved > QUIET and not told:
                self._tell(f"{len(self._undecided):,} rows wait for the registrar. Does `natija serve registrar` run?")
                told = True
            try:
                waiting = await self._inbox.waiting(self._engine)
                answered = time.monotonic()
            except Unreachable as error:
                if time.monotonic() - answered > self._settings.import_patience:
                    raise Unfinished(f"{error} for {self._settings.import_patience:g} s") from None
            except (SQLAlchemyError, OSError, TimeoutError):
                answered = time.monotonic()  # the registrar needs this database too: it is the one that is waited for
            else:
                self._hold_back(waiting)
                if waiting or not self._undecided or self.tally.rows != seen:
                    decided = time.monotonic()
                elif time.monotonic() - decided > LOST_AFTER:
                    raise Unfinished("the registrar has decided on every proposal, but some outcomes did not come")
            await asyncio.sleep(LOOK_EVERY)

    def _hold_back(self, waiting: int) -> None:
        if waiting > self._settings.import_inbox_lag:
            self._clear.clear()
        else:
            self._clear.set()


def _first(errors: ExceptionGroup[Exception]) -> Exception:
    """The first error inside nested groups."""
    found: Exception = errors
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found
