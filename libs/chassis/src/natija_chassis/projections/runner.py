"""The projection runner: the log through a FastStream batch subscriber into a projection, each event once.

FastStream brings records and nothing else (`subscription` says how). Where to read is the checkpoint's business;
Kafka's group offsets follow it and only show lag. An error that is not poison is an outage: the same batch is tried
again, ever more rarely, until the database is back.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.errors import OperatorError
from natija_chassis.kafka import subscription
from natija_chassis.observability import metrics, tracing
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.backoff import Backoff
from natija_chassis.projections import checkpoints, dead_letters, log_identity, log_records, schema
from natija_chassis.projections.apply import Applied, apply_batch
from natija_chassis.projections.checkpoints import Gap
from natija_chassis.projections.progress import Progress
from natija_chassis.projections.projection import Projection
from natija_chassis.settings import Settings
from natija_events.failpoints import failpoint
from natija_events.topics import LOG

log = logging.getLogger(__name__)
GAPS_IN_A_ROW = 3
LOOK_EVERY = 1.0
LOOK_OFTEN = 0.2
"""Seconds between two looks at the end of the log: while caught up, and while not."""
LOOK_WITHIN = 5.0
"""Seconds for a look: more than `subscription.end_offsets` takes at most, so that it can be told who did not answer."""
IDENTITY_EVERY = 60.0


class Runner(ConsumerRebalanceListener):
    """Keeps *projection* up with the log of the realm. One per process and projection; run it with `run`."""

    def __init__(self, projection: Projection, settings: Settings, engine: AsyncEngine) -> None:
        self.progress = Progress(projection.service)
        self.on_applied: list[Callable[[], None]] = []
        """Called after each batch that changed something, and whenever "caught up" may have changed."""
        self._projection = projection
        self._settings = settings
        self._engine = engine
        self._topic = LOG.name(settings.realm)
        self._lock = asyncio.Lock()
        """Held while a batch is worked on, and while positions are set: never both at once."""
        self._turn = 0
        """Counts settings of positions: a batch from before one is of no use after it."""
        self._misplaced = False
        """True until the consumer reads from the checkpoints on."""
        self._delivered: dict[int, int] = {}
        """By partition, the offset of the last record that came and is not taken in yet."""
        self._taking: asyncio.Task[None] | None = None
        """The batch that the database has, while the next one is decoded."""
        self._acknowledged: dict[int, int] = {}
        self._kept: dict[int, int] = {}
        """The offsets of the checkpoints as last written, found or read here: what is in the database is never less."""
        self._gaps = 0
        self._interrupt = asyncio.Event()
        """Set when waiting has no use any more: partitions are taken away, or the process ends."""
        self._halt = asyncio.Event()
        self._subscriber: Any = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Project until *stopping* is set. Raises `OperatorError` if the database is of another log or newer version.

        While the tables are of an older version it waits for the rebuild that puts its own in their place.
        """
        found = await self._until_prepared(stopping)
        if found is None:
            return
        self._log = found
        broker, self._subscriber = subscription.log_subscriber(
            self._settings, self._projection.service, parser=self._parse, handler=self._handle, listener=self
        )
        beside = asyncio.gather(self._keep_looking(), self._keep_acknowledging())
        try:
            await self._start(broker, stopping)
            halted = asyncio.create_task(self._halt.wait())
            stop = asyncio.create_task(stopping.wait())
            await asyncio.wait([halted, stop], return_when=asyncio.FIRST_COMPLETED)
            self._interrupt.set()
            beside.cancel()
            await _close_ignoring_errors(broker.stop())
            await self._until_applied()
            await stop
            halted.cancel()
        finally:
            beside.cancel()

    # Before the first record: is this the right database?

    async def _until_prepared(self, stopping: asyncio.Event) -> log_identity.LogIdentity | None:
        backoff, at_the_switch = Backoff(), Backoff(longest=LOOK_OFTEN)
        while not stopping.is_set():
            try:
                found = await log_identity.fetch(self._settings.kafka_config, self._settings.realm)
                await schema.prepare(self._engine, self._projection, found)
                await self._count_dead_letters()
            except log_identity.OutdatedSchema as older:
                self._set_blocked("it goes on after a rebuild", older)
                await at_the_switch.wait(stopping)
            except OperatorError:
                raise
            except Exception as error:
                self._set_blocked("it cannot start", error)
                await backoff.wait(stopping)
            else:
                self.progress.blocked = None
                return found
        return None

    async def _start(self, broker: KafkaBroker, stopping: asyncio.Event) -> None:
        """Connect; FastStream gives up at once when Kafka is not there, so try again."""
        backoff = Backoff()
        while not stopping.is_set():
            try:
                await broker.start()
            except (KafkaError, OSError) as error:
                self._set_blocked("Kafka does not answer", error)
                await _close_ignoring_errors(broker.stop())
                await backoff.wait(stopping)
            else:
                self.progress.blocked = None
                return

    # A batch.

    async def _parse(self, records: Any) -> KafkaAckableMessage:
        """Raw records as a message: no header is looked at here, no id made up per record."""
        for record in records:
            self._delivered[record.partition] = record.offset
        return KafkaAckableMessage(
            body=b"", headers={}, content_type=None, reply_to="", message_id="batch", correlation_id="batch",
            raw_message=records, consumer=self._subscriber.consumer,
        )  # fmt: skip

    async def _handle(self, records: Sequence[Any]) -> None:
        """Decode a batch while the database has the one before it, then hand it over; never raises to FastStream."""
        turn = self._turn
        batch = await log_records.read_in_slices(records)
        await self._until_applied()
        self._taking = asyncio.create_task(self._apply_until_done(batch, turn))

    async def _until_applied(self) -> None:
        if self._taking is not None:
            await asyncio.wait([self._taking])

    async def _apply_until_done(self, batch: list[log_records.LogRecord], turn: int) -> None:
        """Take a batch in, however long it takes, unless positions were set since it was read."""
        backoff = Backoff()
        async with self._lock:
            while turn == self._turn and not (self._interrupt.is_set() or self._halt.is_set()):
                try:
                    if self._misplaced:
                        await self._place()
                        return
                    applied = await self._apply(batch)
                except Gap as gap:
                    await self._rewind(gap)
                    return
                except OperatorError as refusal:
                    self._stop(str(refusal))
                    return
                except Exception as error:
                    metrics.PROJECTION_RETRIES.labels(self._projection.service).inc()
                    self._set_blocked("a batch cannot be taken in", error)
                    await self._recreate_schema(error)
                    await backoff.wait(self._interrupt)
                else:
                    await self._done(batch, applied)
                    return

    async def _apply(self, batch: list[log_records.LogRecord]) -> Applied:
        name = f"{self._projection.service} project"
        with (
            metrics.PROJECTION_BATCH_SECONDS.labels(self._projection.service).time(),
            tracing.batch_span(name, (one.event.event.traceparent for one in batch if one.event)),
        ):
            return await apply_batch(self._engine, self._projection, batch)

    async def _done(self, batch: list[log_records.LogRecord], applied: Applied) -> None:
        self.progress.blocked = None
        self._gaps = 0
        reached = {record.partition: record.offset for record in batch}
        self._kept |= reached  # also what was skipped: then another owner has written it
        service = self._projection.service
        metrics.PROJECTION_RECORDS.labels(service, "applied").inc(applied.fresh)
        for checkpoint in applied.checkpoints:
            if checkpoint.recordedtime:
                metrics.PROJECTION_LAST_EVENT.labels(service).set(checkpoint.recordedtime.timestamp())
        if applied.dead_letters:
            metrics.PROJECTION_RECORDS.labels(service, "dead_letter").inc(len(applied.dead_letters))
            await self._enforce_limit()
        self.progress.record_applied(reached)
        self._delivered = {one: last for one, last in self._delivered.items() if last > reached.get(one, -1)}
        self._notify()

    async def _enforce_limit(self) -> None:
        with contextlib.suppress(Exception):  # the batch is committed; who counts next finds the same
            await self._count_dead_letters()

    async def _count_dead_letters(self) -> None:
        async with self._engine.connect() as connection:
            self.progress.dead_letters = await dead_letters.count(connection)
        if self.progress.dead_letters > self._settings.dead_letter_limit:
            limit = self._settings.dead_letter_limit
            self._stop(
                f"{self.progress.dead_letters} appeals are parked, more than NATIJA_DEAD_LETTER_LIMIT={limit}: "
                "see natija dead-letters list, mend the cause, run natija dead-letters retry, and start again"
            )

    # Where to read.

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """End what is begun, or give it up when the database is away; who comes next starts at the checkpoint."""
        self._interrupt.set()
        self._turn += 1
        self.progress.assign(None)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.drain.total_seconds()), self._lock:
                pass

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Read on from the checkpoints; when the database is away, the first batch sees to it."""
        self._turn += 1
        self._misplaced = True
        self._interrupt.clear()
        self.progress.assign(frozenset(place.partition for place in assigned))
        async with self._lock:
            with contextlib.suppress(Exception):
                await self._place()

    async def _place(self) -> None:
        """Set the consumer to the checkpoints. Raises when the database or Kafka is away, stops at a foreign log."""
        consumer = self._subscriber.consumer
        places = list(consumer.assignment())
        async with self._engine.connect() as connection:
            held = await checkpoints.load(connection)
        ends = await subscription.end_offsets(consumer, places)
        for place in places:
            checkpoint = held[place.partition]
            if checkpoint.offset >= ends[place]:
                self._stop(
                    f"the checkpoint of partition {place.partition} is at offset {checkpoint.offset}, and the log ends "
                    f"at {ends[place]}: this database belongs to another log, or the log lost its end"
                )
                return
            consumer.seek(place, checkpoint.offset + 1)
        self._turn += 1
        self._delivered = {}
        self._kept = {partition: checkpoint.offset for partition, checkpoint in held.items()}
        self._misplaced = False
        self.progress.assign(self.progress.owned)  # what was reached before may lie beyond these
        self.progress.record_applied({place.partition: held[place.partition].offset for place in places})

    async def _rewind(self, gap: Gap) -> None:
        """A jump in logsequence is never normal: alarm, and read again from the checkpoints."""
        metrics.LOG_GAPS.labels(self._projection.service).inc()
        self._gaps += 1
        log.error("the log jumps: %s; back to the checkpoints", gap)
        if self._gaps >= GAPS_IN_A_ROW:
            self._stop(f"records of the log are missing: {gap}")
            return
        self._misplaced = True
        with contextlib.suppress(Exception):
            await self._place()

    # How it goes.

    async def _keep_looking(self) -> None:
        """Ask for the end of the log and for the database again and again, so that "caught up" means something."""
        checked = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY if self.progress.caught_up else LOOK_OFTEN)
            if self._halt.is_set() or self.progress.owned is None:
                continue
            try:
                async with asyncio.timeout(LOOK_WITHIN):
                    await self._look()
                if time.monotonic() - checked > IDENTITY_EVERY:
                    checked = time.monotonic()
                    await self._check_identity()
            except OperatorError as refusal:
                self._stop(str(refusal))
            except KafkaError as error:
                self._set_blocked("Kafka does not answer", error)
            except Exception as error:
                self._set_blocked("a server does not answer", error)
                await self._recreate_schema(error)

    async def _recreate_schema(self, error: Exception) -> None:
        """Where tables are gone, the database was dropped: make them once it is back, and read from the begin."""
        if isinstance(error, ProgrammingError):
            with contextlib.suppress(Exception):  # as long as it is not there
                await schema.prepare(self._engine, self._projection, self._log)
                self._misplaced = True

    async def _look(self) -> None:
        if self._misplaced and not self._lock.locked():
            async with self._lock:
                await self._place()
        consumer = self._subscriber.consumer
        places = list(consumer.assignment())
        asked = time.monotonic()
        ends = await subscription.end_offsets(consumer, places)
        if not self._lock.locked():  # else the batch in hand knows better whether the database is there
            await self._detect_restore()
            await self._count_dead_letters()
            self.progress.blocked = None
        reached = {place.partition: await self._reached(consumer, place) for place in places}
        was_caught_up = self.progress.caught_up
        self.progress.look(reached, {place.partition: end for place, end in ends.items()}, asked=asked)
        if self.progress.caught_up and not was_caught_up:
            self._notify()

    async def _keep_acknowledging(self) -> None:
        """Tell Kafka again and again how far it is. Of all that is asked of Kafka this alone needs the coordinator of
        the group, which may be away by itself, so nobody waits for it."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._acknowledge()
            except Exception as error:  # in an outage it comes every second, and the looks tell of that
                log.debug("%s: not acknowledged: %s", self._projection.service, sanitised(error))

    async def _acknowledge(self) -> None:
        """That shows lag and no more, so Kafka need not be told of every batch."""
        reached = dict(self.progress.reached)
        if reached and not self._misplaced and reached != self._acknowledged:
            with failpoint("projection.acknowledge"):
                told = {TopicPartition(self._topic, one): at for one, at in reached.items()}
                await self._subscriber.consumer.commit(told)
                self._acknowledged = reached

    async def _detect_restore(self) -> None:
        """Read from the checkpoints on when they went back: the database was restored from an older state, and where
        no event follows nothing else would tell."""
        kept = dict(self._kept)
        async with self._engine.connect() as connection:
            held = await checkpoints.load(connection)
        if any(held[partition].offset < offset for partition, offset in kept.items()):
            log.warning("%s: the database is of an older state: back to its checkpoints", self._projection.service)
            self._misplaced = True
            async with self._lock:
                await self._place()

    async def _reached(self, consumer: Any, place: TopicPartition) -> int:
        """Up to where all is taken in: the position, unless a batch of it is in hand."""
        if place.partition in self._delivered or self._misplaced:
            return self.progress.reached.get(place.partition, 0)
        async with asyncio.timeout(1):
            return int(await consumer.position(place))

    async def _check_identity(self) -> None:
        if await log_identity.fetch(self._settings.kafka_config, self._settings.realm) != self._log:
            self._stop("the log was replaced by another under this process: start it again to see which")

    def _set_blocked(self, what: str, error: BaseException) -> None:
        text = f"{what}: {sanitised(error)}"
        if self.progress.blocked != text:
            log.warning("%s: waiting: %s", self._projection.service, text)
        self.progress.blocked = text

    def _stop(self, reason: str) -> None:
        """Go no further. The process stays up, so that its page can say why."""
        log.error("%s stopped: %s", self._projection.service, reason)
        self.progress.stopped = reason
        self._halt.set()

    def _notify(self) -> None:
        for tell in self.on_applied:
            tell()


async def _close_ignoring_errors(stopping: Any) -> None:
    """Stop something that may be half started or cut off from its server."""
    try:
        await stopping
    except Exception as error:
        log.info("while stopping: %s", sanitised(error))
