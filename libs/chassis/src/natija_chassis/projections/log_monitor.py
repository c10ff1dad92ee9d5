"""Asks again and again where the log ends, and whether the database and the log are still the same."""

import asyncio
import logging
import time
from collections.abc import Callable

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.errors import OperatorError
from natija_chassis.kafka import subscription
from natija_chassis.observability.logs import sanitised
from natija_chassis.projections import dead_letters, log_identity
from natija_chassis.projections.log_identity import LogIdentity
from natija_chassis.projections.partition_positions import PartitionPositions
from natija_chassis.projections.phase import Phase, RunnerState
from natija_chassis.settings import Settings
from natija_events.failpoints import failpoint

log = logging.getLogger(__name__)
INTERVAL_CAUGHT_UP, INTERVAL_CATCHING_UP = 1.0, 0.2
"""Seconds between two checks."""
CHECK_TIMEOUT = 5.0
"""Seconds for a check: more than `END_OFFSETS_TIMEOUT`, so that it is known which server did not answer."""
IDENTITY_INTERVAL = 60.0
ACKNOWLEDGE_INTERVAL = 1.0
POSITION_TIMEOUT = 1.0


class LogMonitor:
    """Keeps a runner's progress true: the end of the log, the health of both servers, the number of dead letters.

    It also acknowledges the progress to Kafka, whose group offsets only show lag.
    """

    def __init__(
        self,
        state: RunnerState,
        positions: PartitionPositions,
        settings: Settings,
        engine: AsyncEngine,
        *,
        consumer: Callable[[], AIOKafkaConsumer],
        notify: Callable[[], None],
    ) -> None:
        """*notify* is called when the projection has become caught up."""
        self._state = state
        self._positions = positions
        self._settings = settings
        self._engine = engine
        self._consumer = consumer
        self._notify = notify
        self._acknowledged: dict[TopicPartition, int] = {}

    async def run(self, log_read: LogIdentity) -> None:
        """Check and acknowledge until cancelled; *log_read* is the log that the database was made from."""
        await asyncio.gather(self._keep_checking(log_read), self._keep_acknowledging())

    async def count_dead_letters(self) -> None:
        """Count them, and stop when there are more than the limit. Raises what the database raises."""
        async with self._engine.connect() as connection:
            self._state.progress.dead_letters = await dead_letters.count(connection)
        self.enforce_limit()

    def enforce_limit(self) -> None:
        """Stop when more appeals have dead letters than the limit: the cause is then not in single records."""
        count, limit = self._state.progress.dead_letters, self._settings.dead_letter_limit
        if count > limit:
            self._state.stop(
                f"{count} appeals have dead letters, more than NATIJA_DEAD_LETTER_LIMIT={limit}: see natija "
                "dead-letters list, fix the cause, run natija dead-letters retry, and restart this process"
            )

    async def _keep_checking(self, log_read: LogIdentity) -> None:
        progress, identified = self._state.progress, time.monotonic()
        while True:
            await asyncio.sleep(INTERVAL_CAUGHT_UP if progress.caught_up else INTERVAL_CATCHING_UP)
            if self._state.phase is Phase.STOPPED or progress.owned is None:
                continue
            try:
                async with asyncio.timeout(CHECK_TIMEOUT):
                    await self._check()
                if time.monotonic() - identified > IDENTITY_INTERVAL:
                    identified = time.monotonic()
                    await self._check_identity(log_read)
            except OperatorError as error:
                self._state.stop(str(error))
            except Exception as error:
                await self._positions.recover("a server does not answer", error)

    async def _check(self) -> None:
        """Measure the lag, and whether it is caught up. A batch in hand knows better if the database is there."""
        positions, progress = self._positions, self._state.progress
        if self._state.phase is Phase.UNPLACED and not positions.lock.locked():
            async with positions.lock:
                if not await positions.place():
                    return
        consumer = self._consumer()
        partitions = list(consumer.assignment())
        asked = time.monotonic()
        ends = await subscription.end_offsets(consumer, partitions)
        if not positions.lock.locked():
            await self._check_database()
        reached = {one.partition: await self._reached(consumer, one) for one in partitions}
        was_caught_up = progress.caught_up
        progress.record_end(reached, {one.partition: end for one, end in ends.items()}, asked=asked)
        if progress.caught_up and not was_caught_up:
            self._notify()

    async def _check_database(self) -> None:
        if await self._positions.detect_restore():
            async with self._positions.lock:
                if not await self._positions.place():
                    return
        await self.count_dead_letters()
        self._state.unblock()

    async def _reached(self, consumer: AIOKafkaConsumer, partition: TopicPartition) -> int:
        """The offset up to which all is applied: the consumer's position, unless a batch of it is in hand."""
        if partition.partition in self._positions.pending or self._state.phase is not Phase.PLACED:
            return self._state.progress.reached.get(partition.partition, 0)
        async with asyncio.timeout(POSITION_TIMEOUT):
            return int(await consumer.position(partition))

    async def _check_identity(self, log_read: LogIdentity) -> None:
        if await log_identity.fetch(self._settings.kafka_config, self._settings.realm) != log_read:
            self._state.stop("the log was replaced by another while this process ran: restart it to see which")

    async def _keep_acknowledging(self) -> None:
        """Apart from the checks: of all requests to Kafka this alone needs the coordinator of the group, which may be
        away by itself. Nothing waits for it."""
        while True:
            await asyncio.sleep(ACKNOWLEDGE_INTERVAL)
            try:
                await self.acknowledge()
            except Exception as error:  # in an outage it comes every second, and the checks report that
                log.debug("%s: not acknowledged: %s", self._state.progress.service, sanitised(error))

    async def acknowledge(self) -> None:
        """Commit the progress as the group's offsets, where it has moved. Raises what Kafka raises."""
        if self._state.phase is not Phase.PLACED:
            return
        consumer, reached = self._consumer(), self._state.progress.reached
        offsets = {one: reached[one.partition] for one in consumer.assignment() if one.partition in reached}
        if offsets and offsets != self._acknowledged:
            with failpoint("projection.acknowledge"):
                await consumer.commit(offsets)
                self._acknowledged = offsets
