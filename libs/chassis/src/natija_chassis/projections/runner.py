"""The projection runner: the log through a FastStream batch subscriber into a projection, each event once.

FastStream brings records and nothing else (`subscription` says how). The checkpoints alone say where to read; Kafka's
group offsets follow them and only show lag. An error that is not poison is an outage: the same batch is tried again,
after longer and longer pauses, until the database is back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.errors import OperatorError
from natija_chassis.kafka import subscription
from natija_chassis.observability import metrics, tracing
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.backoff import Backoff
from natija_chassis.process.stopping import pause
from natija_chassis.projections import log_identity, log_records, schema
from natija_chassis.projections.apply import Applied, apply_batch
from natija_chassis.projections.checkpoints import Gap
from natija_chassis.projections.log_identity import LogIdentity
from natija_chassis.projections.log_monitor import LogMonitor
from natija_chassis.projections.log_records import LogRecord
from natija_chassis.projections.partition_positions import PartitionPositions
from natija_chassis.projections.phase import Phase, RunnerState
from natija_chassis.projections.progress import Progress
from natija_chassis.projections.projection import Projection
from natija_chassis.settings import Settings

log = logging.getLogger(__name__)
REBUILD_POLL_SECONDS = 0.2
"""Longest pause between two looks whether a rebuild has switched to this program's version."""

ApplyBatch = Callable[[AsyncEngine, Projection, Sequence[LogRecord]], Awaitable[Applied]]


class Runner:
    """Keeps *projection* up with the log of the realm. One per process and projection; run it with `run`.

    1. Prepare: create the tables, or check that they are of this log and of this version.
    2. Subscribe: FastStream joins the service's consumer group; `PartitionPositions` reads from the checkpoints on.
    3. Each batch: decode it while the database has the one before, then apply it in one transaction; try again for
       as long as the batch is current.
    4. Meanwhile `LogMonitor` measures the lag, and finds a restored database, a replaced log, too many dead letters.
    5. Stop: end the batch in hand, leave the group. A runner in phase STOPPED waits here for its process to end.

    `Phase` names the states between 2 and 5.
    """

    def __init__(
        self, projection: Projection, settings: Settings, engine: AsyncEngine, *, apply: ApplyBatch = apply_batch
    ) -> None:
        """*apply* is what is done with a batch: other than `apply_batch` only in tests."""
        self.progress = Progress(projection.service)
        self.on_applied: list[Callable[[], None]] = []
        """Called after each batch that changed something, and whenever "caught up" may have changed."""
        self._projection = projection
        self._settings = settings
        self._engine = engine
        self._apply_batch = apply
        self._log: LogIdentity | None = None
        self._subscriber: Any = None
        self._applying: asyncio.Task[None] | None = None
        """The batch that the database has, while the next one is decoded."""
        self._state = RunnerState(self.progress)
        self.positions = PartitionPositions(
            self._state,
            engine,
            consumer=self._consumer,
            create_schema=self._create_schema,
            drain=settings.drain.total_seconds(),
        )
        self.monitor = LogMonitor(
            self._state, self.positions, settings, engine, consumer=self._consumer, notify=self._notify
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Project until *stopping* is set. Raises `OperatorError` if the database is of another log or newer version.

        While the tables are of an older version it waits for the rebuild that puts its own in their place.
        """
        self._log = await self._prepare(stopping)
        if self._log is None:
            return
        broker, self._subscriber = subscription.log_subscriber(
            self._settings, self._projection.service, parser=self._parse, handler=self._handle, listener=self.positions
        )
        monitoring = asyncio.create_task(self.monitor.run(self._log))
        try:
            await self._start(broker, stopping)
            await pause(stopping, None, self._state.stopped)
            self._state.close()
            monitoring.cancel()
            await _close_ignoring_errors(broker)
            await self._until_applied()
            await stopping.wait()
        finally:
            monitoring.cancel()

    # Before the first record: is this the right database?

    async def _prepare(self, stopping: asyncio.Event) -> LogIdentity | None:
        """The log, once the tables are made from it and of this version; None when told to stop before."""
        backoff, rebuild_backoff = Backoff(), Backoff(longest=REBUILD_POLL_SECONDS)
        while not stopping.is_set():
            try:
                found = await log_identity.fetch(self._settings.kafka_config, self._settings.realm)
                await schema.prepare(self._engine, self._projection, found)
                await self.monitor.count_dead_letters()
            except log_identity.OutdatedSchema as error:
                self._state.set_blocked("a rebuild must finish first", error)
                await rebuild_backoff.wait(stopping)
            except OperatorError:
                raise
            except Exception as error:
                self._state.set_blocked("the projection cannot start", error)
                await backoff.wait(stopping)
            else:
                self._state.unblock()
                return found
        return None

    async def _start(self, broker: KafkaBroker, stopping: asyncio.Event) -> None:
        """Connect; FastStream gives up at once when Kafka is not there, so try again."""
        backoff = Backoff()
        while not stopping.is_set():
            try:
                await broker.start()
            except (KafkaError, OSError) as error:
                self._state.set_blocked("Kafka does not answer", error)
                await _close_ignoring_errors(broker)
                await backoff.wait(stopping)
            else:
                self._state.unblock()
                return

    def _consumer(self) -> AIOKafkaConsumer:
        consumer: AIOKafkaConsumer = self._subscriber.consumer
        return consumer

    async def _create_schema(self) -> None:
        assert self._log is not None
        await schema.prepare(self._engine, self._projection, self._log)

    # A batch.

    async def _parse(self, records: Any) -> KafkaAckableMessage:
        """Raw records as a message: no header is looked at here, no id made up per record."""
        self.positions.read(records)
        return KafkaAckableMessage(
            body=b"", headers={}, content_type=None, reply_to="", message_id="batch", correlation_id="batch",
            raw_message=records, consumer=self._consumer(),
        )  # fmt: skip

    async def _handle(self, records: Sequence[Any]) -> None:
        """Decode a batch while the database has the one before it, then hand it over; never raises to FastStream."""
        generation = self.positions.generation
        batch = await log_records.read_in_slices(records)
        await self._until_applied()
        self._applying = asyncio.create_task(self._apply_until_done(batch, generation))

    async def _until_applied(self) -> None:
        if self._applying is not None:
            await asyncio.wait([self._applying])

    async def _apply_until_done(self, batch: Sequence[LogRecord], generation: int) -> None:
        """Apply a batch, however long it takes, for as long as it is current."""
        backoff = Backoff()
        async with self.positions.lock:
            while self.positions.is_current(generation):
                if await self._attempt(batch):
                    return
                metrics.PROJECTION_RETRIES.labels(self._projection.service).inc()
                await backoff.wait(self._state.interrupted)

    async def _attempt(self, batch: Sequence[LogRecord]) -> bool:
        """False when it is to be tried again: a server does not answer."""
        if self._state.phase is Phase.UNPLACED:
            return await self.positions.place()  # then the batch is of an earlier generation, and comes again
        try:
            applied = await self._apply(batch)
        except Gap as gap:
            await self.positions.rewind(gap)
        except OperatorError as error:
            self._state.stop(str(error))
        except Exception as error:
            await self.positions.recover("a batch cannot be applied", error)
            return False
        else:
            self._done(batch, applied)
        return True

    async def _apply(self, batch: Sequence[LogRecord]) -> Applied:
        name = f"{self._projection.service} project"
        with (
            metrics.PROJECTION_BATCH_SECONDS.labels(self._projection.service).time(),
            tracing.batch_span(name, (one.event.event.traceparent for one in batch if one.event)),
        ):
            return await self._apply_batch(self._engine, self._projection, batch)

    def _done(self, batch: Sequence[LogRecord], applied: Applied) -> None:
        self._state.unblock()
        self._count(applied)
        # Also what was skipped: then another owner has applied it.
        self.positions.applied({record.partition: record.offset for record in batch})
        self._notify()

    def _count(self, applied: Applied) -> None:
        service = self._projection.service
        metrics.PROJECTION_RECORDS.labels(service, "applied").inc(applied.fresh)
        for checkpoint in applied.checkpoints:
            if checkpoint.recordedtime:
                metrics.PROJECTION_LAST_EVENT.labels(service).set(checkpoint.recordedtime.timestamp())
        if applied.dead_letters:
            metrics.PROJECTION_RECORDS.labels(service, "dead_letter").inc(len(applied.dead_letters))
            self.progress.dead_letters += sum(one.blocked_by is None for one in applied.dead_letters)
            self.monitor.enforce_limit()

    def _notify(self) -> None:
        for notify in self.on_applied:
            notify()


async def _close_ignoring_errors(broker: KafkaBroker) -> None:
    """Stop a broker that may be half started or cut off from its server."""
    try:
        await broker.stop()
    except Exception as error:
        log.info("while stopping: %s", sanitised(error))
