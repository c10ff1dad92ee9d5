"""From which offset a runner reads each partition: always from the checkpoint's, never from the group's offset."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.kafka import subscription
from natija_chassis.observability import metrics
from natija_chassis.projections import checkpoints
from natija_chassis.projections.checkpoints import Checkpoint, Gap
from natija_chassis.projections.phase import RunnerState

log = logging.getLogger(__name__)
MAX_CONSECUTIVE_GAPS = 3


class PartitionPositions(ConsumerRebalanceListener):
    """Places the consumer at the checkpoints: after a rebalance, a gap in the log, or a restore of the database.

    Each placing starts another *generation*. A batch read in an earlier one is of no use any more, since the consumer
    reads its records again. Whoever applies a batch or places the consumer holds *lock*, so never both happen at once.
    """

    def __init__(
        self,
        state: RunnerState,
        engine: AsyncEngine,
        *,
        consumer: Callable[[], AIOKafkaConsumer],
        create_schema: Callable[[], Awaitable[None]],
        drain: float,
    ) -> None:
        """*create_schema* creates the tables where they are missing; *drain* is in seconds."""
        self.lock = asyncio.Lock()
        self.generation = 0
        self.pending: dict[int, int] = {}
        """By partition, the offset of the last record that was read and is not applied yet."""
        self._state = state
        self._engine = engine
        self._consumer = consumer
        self._create_schema = create_schema
        self._drain = drain
        self._committed: dict[int, int] = {}
        """The checkpoints' offsets as last written, skipped or read here: the database never holds less, unless it was
        restored from a backup."""
        self._gaps = 0

    # What the runner reports.

    def read(self, records: Iterable[Any]) -> None:
        """The consumer has given these *records*."""
        for record in records:
            self.pending[record.partition] = record.offset

    def applied(self, offsets: Mapping[int, int]) -> None:
        """By partition, all is applied up to these *offsets*, here or by another owner before."""
        self._gaps = 0
        self._committed |= offsets
        self.pending = {one: last for one, last in self.pending.items() if last > offsets.get(one, -1)}
        self._state.progress.record_applied(offsets)

    def is_current(self, generation: int) -> bool:
        """Whether a batch read in *generation* is still to be applied."""
        return generation == self.generation and not self._state.interrupted.is_set()

    # Rebalances.

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Finish the batch in hand, or give it up when the database is away; the next owner reads the checkpoint."""
        self._state.revoke()
        self.generation += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._drain), self.lock:
                pass

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Read on from the checkpoints; while the database is away, each batch and the monitor try again."""
        self.generation += 1
        self._state.assign(frozenset(one.partition for one in assigned))
        async with self.lock:
            await self.place()

    # Placing. The caller holds the lock.

    async def place(self) -> bool:
        """Move the consumer to the checkpoints. True when it stands there.

        False while the database or Kafka is away: the state says so, and the caller tries again later. False, and
        stopped for good, when a checkpoint lies beyond the end of the log.
        """
        try:
            async with self._engine.connect() as connection:
                held = await checkpoints.load(connection)
            consumer = self._consumer()
            partitions = list(consumer.assignment())
            ends = await subscription.end_offsets(consumer, partitions)
            if not self._within_log(held, ends):
                return False
            for partition in partitions:
                consumer.seek(partition, held[partition.partition].offset + 1)
        except Exception as error:
            await self.recover("the checkpoints cannot be read", error)
            return False
        if not self._state.placed():
            return False
        self.generation += 1
        self.pending = {}
        self._committed = {partition: checkpoint.offset for partition, checkpoint in held.items()}
        progress = self._state.progress
        progress.assign(progress.owned)  # what was reached before may lie beyond these
        progress.record_applied({one.partition: held[one.partition].offset for one in partitions})
        return True

    def _within_log(self, held: Mapping[int, Checkpoint], ends: Mapping[TopicPartition, int]) -> bool:
        for partition, end in ends.items():
            offset = held[partition.partition].offset
            if offset >= end:
                self._state.stop(
                    f"the checkpoint of partition {partition.partition} is at offset {offset}, and the log ends "
                    f"at {end}: this database belongs to another log, or the log lost its end"
                )
                return False
        return True

    async def rewind(self, gap: Gap) -> None:
        """Read again from the checkpoints: a jump in logsequence is never normal. Stops when it comes back."""
        metrics.LOG_GAPS.labels(self._state.progress.service).inc()
        self._gaps += 1
        log.error("the log has a gap: %s; reading again from the checkpoints", gap)
        if self._gaps >= MAX_CONSECUTIVE_GAPS:
            self._state.stop(f"records of the log are missing: {gap}")
            return
        self._state.unplace()
        await self.place()

    # The database was restored, or dropped.

    async def detect_restore(self) -> bool:
        """True when the checkpoints went back, since the database was restored from an older state: the consumer is
        then to be placed. Where no event follows, nothing else would show it. Raises what the database raises."""
        committed = dict(self._committed)
        async with self._engine.connect() as connection:
            held = await checkpoints.load(connection)
        if all(held[partition].offset >= offset for partition, offset in committed.items()):
            return False
        log.warning("%s: the database is of an older state: back to its checkpoints", self._state.progress.service)
        self._state.unplace()
        return True

    async def recover(self, what: str, error: Exception) -> None:
        """Say that *error* blocks the runner. If tables are gone, the database was dropped: create them once it is
        back, and read from the beginning."""
        self._state.set_blocked("Kafka does not answer" if isinstance(error, KafkaError) else what, error)
        if not isinstance(error, ProgrammingError):
            return
        try:
            await self._create_schema()
        except Exception:  # it is not back yet; the next attempt fails, and comes here again
            return
        self._state.unplace()
