"""Applies records of the log to a projection: exactly once, and without the dead letters.

One transaction holds the changes and the checkpoints. The runner, the retry of dead letters and the rebuild all use it.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.observability import metrics
from natija_chassis.postgres.engine import projection_transaction
from natija_chassis.projections import checkpoints, dead_letters, log_identity, log_records
from natija_chassis.projections.checkpoints import Checkpoint, Gap
from natija_chassis.projections.dead_letters import DeadLetter
from natija_chassis.projections.log_records import LogRecord
from natija_chassis.projections.projection import Projection
from natija_events.failpoints import failpoint

log = logging.getLogger(__name__)


class Applied(NamedTuple):
    """The result of a batch: its new checkpoints, the count of new records, and the dead letters."""

    checkpoints: Sequence[Checkpoint]
    fresh: int
    dead_letters: Sequence[DeadLetter]


async def apply_batch(engine: AsyncEngine, projection: Projection, batch: Sequence[LogRecord]) -> Applied:
    """Apply *batch*, in the order of the log within each partition, in one transaction.

    Records at or below the checkpoint are skipped. A record that cannot be applied becomes a dead letter with the
    later records of its appeal; others are applied. Raises `Gap` when records are missing, `OperatorError` when the
    tables are of another version, and the database's error in an outage. Then nothing is changed.
    """
    try:
        with failpoint("projection.commit"):
            async with projection_transaction(engine) as connection:
                return await apply_batch_locked(connection, projection, batch, careful=False)
    except Exception as error:
        if not dead_letters.is_poison(error):
            raise
    with failpoint("projection.commit-around-poison"):
        async with projection_transaction(engine) as connection:
            return await apply_batch_locked(connection, projection, batch, careful=True)


async def apply_batch_locked(
    connection: AsyncConnection, projection: Projection, batch: Sequence[LogRecord], *, careful: bool = True
) -> Applied:
    """`apply_batch` inside the caller's transaction, which holds the lock of `projection_transaction` or the switch's.

    *careful*: around poison, at the cost of savepoints; else poison is raised.
    """
    held, version = await checkpoints.lock(connection, {record.partition for record in batch})
    log_identity.check_version(version, projection)
    fresh, moved = advance(held, batch)
    metrics.PROJECTION_RECORDS.labels(projection.service, "skipped").inc(len(batch) - len(fresh))
    collector = _DeadLetterCollector(
        connection, projection, await dead_letters.first_offsets(connection, {record.appeal for record in fresh})
    )
    good = collector.readable(fresh)
    if careful:
        await collector.bisect(good)
    elif good:
        await projection.apply(connection, log_records.events(good))
    await dead_letters.add(connection, collector.dead_letters)
    await checkpoints.save(connection, moved)
    return Applied(moved, len(fresh), collector.dead_letters)


def advance(held: dict[int, Checkpoint], batch: Sequence[LogRecord]) -> tuple[list[LogRecord], list[Checkpoint]]:
    """The records of *batch* beyond the checkpoints *held*, and the checkpoints after them. Raises `Gap`."""
    now = dict(held)
    fresh = []
    for record in batch:
        last = now[record.partition]
        if record.offset <= last.offset:
            continue
        expected = last.logsequence + 1
        if record.logsequence not in (expected, None):
            raise Gap(record.partition, expected, record.logsequence or 0)
        recordedtime = record.event.recordedtime if record.event else last.recordedtime
        now[record.partition] = Checkpoint(record.partition, record.offset, expected, recordedtime)
        fresh.append(record)
    return fresh, [checkpoint for partition, checkpoint in now.items() if checkpoint != held[partition]]


class _DeadLetterCollector:
    """The dead letters of a batch, found while it is applied."""

    def __init__(self, connection: AsyncConnection, projection: Projection, already: dict[str, int]) -> None:
        self._connection = connection
        self._projection = projection
        self._first = already
        """For each appeal with dead letters, the offset of the first."""
        self.dead_letters: list[DeadLetter] = []

    def readable(self, batch: Sequence[LogRecord]) -> list[LogRecord]:
        """Set aside records that cannot be read, or that follow a dead letter of their appeal. Return the others."""
        good = []
        for record in batch:
            if record.appeal in self._first:
                self.dead_letters.append(dead_letters.blocked_by(record, self._first[record.appeal]))
            elif record.error is not None:
                self._set_aside(record, record.error)
            else:
                good.append(record)
        return good

    async def bisect(self, batch: Sequence[LogRecord]) -> None:
        """Apply *batch*, halved again and again around what the database refuses."""
        batch = self.readable(batch)
        if not batch:
            return
        try:
            async with self._connection.begin_nested():
                await self._projection.apply(self._connection, log_records.events(batch))
        except Exception as error:
            if not dead_letters.is_poison(error):
                raise
            if len(batch) == 1:
                self._set_aside(batch[0], error)
                return
        else:
            return
        middle = len(batch) // 2
        await self.bisect(batch[:middle])
        await self.bisect(batch[middle:])

    def _set_aside(self, record: LogRecord, error: Exception) -> None:
        self._first[record.appeal] = record.offset
        letter = dead_letters.from_error(record, error)
        self.dead_letters.append(letter)
        log.error(
            "dead letter: partition %d offset %d of %s: %s",
            record.partition,
            record.offset,
            record.appeal,
            letter.detail,
        )
