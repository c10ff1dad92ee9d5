"""The registrar: the one writer of the log. Exactly once from inbox to log, a batch at a time.

Taking a shard, in this order: its lock (the caller's), its ``transactional.id`` (which fences whoever had it), then the
positions, then the heads up to the end of the log. Only then it decides. Any result that is unknown gives the shard up:
whoever takes it next finds out what happened by reading the log.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis import checkpoints, metrics
from natija_chassis.checkpoints import Checkpoint
from natija_chassis.clock import Clock
from natija_chassis.publishers import Publishers
from natija_chassis.refusal import Refused
from natija_events import limits
from natija_events.envelope import Proposal
from natija_events.kafka.failpoints import failpoint
from natija_events.sealed import Sealer
from natija_events.topics import INBOX, LOG, REJECTED
from natija_intake import ledger
from natija_intake.admission import Incoming
from natija_intake.deciding import Decided, Decider, PartitionHead, Record, read_batch
from natija_intake.ledger import Position
from natija_intake.projection import load
from natija_intake.shards import Layout, Line

TRANSACTION_TIMEOUT = timedelta(seconds=30)
RENEW_AFTER_IDLE = timedelta(days=1)
"""Kafka forgets a ``transactional.id`` that was idle for 7 days."""
POLL = timedelta(seconds=1)
HEARD_WITHIN = 5.0
"""Seconds without a batch that ended or an answer of Kafka after which the owner is waiting, not deciding."""

log = logging.getLogger(__name__)


class Superseded(Exception):
    """The layout changed while the shard was being taken."""


class Shard:
    """The owner of one shard, from taking it to giving it up."""

    def __init__(
        self,
        *,
        kafka: str,
        realm: str,
        engine: AsyncEngine,
        line: Line,
        layout: Layout,
        number: int,
        publishers: Publishers,
        sealer: Sealer,
        clock: Clock,
        batch_records: int,
    ) -> None:
        self.number = number
        self.layout = layout
        self._heard: float | None = None
        """When (monotonic) a batch last ended or Kafka last answered; None before the shard is taken."""
        self._kafka = kafka
        self._realm = realm
        self._engine = engine
        self._line = line
        self._publishers = publishers
        self._sealer = sealer
        self._clock = clock
        self._batch_records = batch_records
        self._partitions = layout.partitions(number)
        self._stop = asyncio.Event()
        self._checkpoints: dict[int, Checkpoint] = {}
        self._positions: dict[int, Position] = {}

    @property
    def deciding(self) -> bool:
        """True while it takes proposals and its servers answer."""
        return self._heard is not None and not self.waiting

    @property
    def waiting(self) -> bool:
        """True while it has taken the shard and a server has not answered for too long."""
        return self._heard is not None and time.monotonic() - self._heard > HEARD_WITHIN

    def give_up(self) -> None:
        """Ask the owner to end after its batch."""
        self._stop.set()

    async def own(self) -> None:
        """Decide until asked to give up. Raises whatever made a result unknown; then nothing is half done."""
        async with AsyncExitStack() as stack:
            producer = await self._fence(stack)
            if await self._line.layout() != self.layout:
                raise Superseded
            consumer = await self._stand_at_the_end(stack)
            metrics.REGISTRAR_TAKEOVERS.inc()
            log.info("shard %d of %d: deciding", self.number, self.layout.shards)
            try:
                await self._decide_batches(consumer, producer)
            finally:
                self._heard = None

    async def _fence(self, stack: AsyncExitStack) -> AIOKafkaProducer:
        """A producer under the shard's ``transactional.id``: from here on nobody else can commit under it."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka,
            transactional_id=self.layout.transactional_id(self._realm, self.number),
            transaction_timeout_ms=int(TRANSACTION_TIMEOUT.total_seconds() * 1000),
            acks="all",
            max_request_size=limits.REJECTED_BYTES,
            max_batch_size=524_288,
        )
        stack.push_async_callback(_quietly, producer.stop)
        with failpoint("registrar.fence"):
            await producer.start()
        return producer

    async def _stand_at_the_end(self, stack: AsyncExitStack) -> AIOKafkaConsumer:
        """Heads up to the end of the log, and a consumer at the first proposal that is not decided."""
        await ledger.catch_up(self._engine, self._kafka, self._realm, self._partitions)
        async with self._engine.connect() as connection:
            at = await checkpoints.load(connection)
            self._positions = await ledger.positions(connection, self._partitions)
        self._checkpoints = {partition: at[partition] for partition in self._partitions}
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="none",
        )
        stack.push_async_callback(_quietly, consumer.stop)
        await consumer.start()
        places = [TopicPartition(INBOX.name(self._realm), partition) for partition in self._partitions]
        consumer.assign(places)
        first, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            wanted = self._positions[place.partition].inbox_next
            if wanted > end[place]:
                raise Refused(
                    f"the inbox partition {place.partition} ends at {end[place]}, but the log says that proposals up to"
                    f" {wanted} are decided: this inbox is not the one the log was made from"
                )
            consumer.seek(place, max(wanted, first[place]))
        return consumer

    async def _decide_batches(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        active = datetime.now(UTC)
        self._heard = time.monotonic()
        while not self._stop.is_set() and not self._line.lost:
            polled = await consumer.getmany(
                timeout_ms=int(POLL.total_seconds() * 1000), max_records=self._batch_records
            )
            if polled:
                with metrics.REGISTRAR_BATCH_SECONDS.time():
                    await self._decide(producer, [one for records in polled.values() for one in records])
                active = datetime.now(UTC)
            elif datetime.now(UTC) - active > RENEW_AFTER_IDLE:
                return  # whoever takes the shard next, likely this same process, renews its id
            else:
                async with asyncio.timeout(HEARD_WITHIN):  # nothing polled may also be nobody there
                    await consumer.end_offsets(list(consumer.assignment()))
            self._heard = time.monotonic()

    async def _decide(self, producer: AIOKafkaProducer, records: Sequence[Any]) -> None:
        """One batch: decide on heads, write one transaction, then keep the heads."""
        arrived = datetime.now(UTC)
        read = read_batch(_incoming(record, arrived) for record in records)
        wanted = [(event.subject, event.id) for _, one in read if isinstance(one, Proposal) for event in one.events]
        async with self._engine.connect() as connection:
            known = await load(connection, wanted)
        heads = {
            partition: PartitionHead(at.logsequence, at.recordedtime) for partition, at in self._checkpoints.items()
        }
        decider = Decider(known, heads, self._publishers, self._sealer, self._clock.now())
        for record, one in read:
            decider.decide(record, one)
        decided = decider.decided
        log_offsets, rejected_offsets = await self._commit(producer, records, decided)
        reached = [
            Checkpoint(partition, offset, heads[partition].logsequence, heads[partition].recordedtime)
            for partition, offset in log_offsets.items()
        ]
        moved = [
            Position(partition, offset + 1, rejected_offsets.get(partition, -1) + 1)
            for partition, offset in _last_offsets(records).items()
        ]
        with failpoint("registrar.keep"):
            await ledger.keep(self._engine, self._checkpoints.values(), known, decided, reached, moved)
        self._checkpoints.update((one.partition, one) for one in reached)
        metrics.ADMITTED.inc(len(decided.log))
        for why in decided.rejections:
            metrics.REJECTED.labels(why.reason).inc()

    async def _commit(
        self, producer: AIOKafkaProducer, records: Sequence[Any], decided: Decided
    ) -> tuple[dict[int, int], dict[int, int]]:
        """Write the batch in one transaction; per partition, the last offset written on log and on rejected.

        Every send's future is awaited before the commit: aiokafka commits a transaction of which the broker refused a
        record, and the proposal would be lost.
        """
        await producer.begin_transaction()
        try:
            with failpoint("registrar.send"):
                on_log = await self._send(producer, LOG.name(self._realm), decided.log)
                on_rejected = await self._send(producer, REJECTED.name(self._realm), decided.rejected)
            inbox = INBOX.name(self._realm)
            position = {
                TopicPartition(inbox, partition): offset + 1 for partition, offset in _last_offsets(records).items()
            }
            with failpoint("registrar.flush"):
                written = await asyncio.gather(*on_log, *on_rejected)
            with failpoint("registrar.position"):
                await producer.send_offsets_to_transaction(position, f"{self._realm}.registrar")
        except BaseException:
            await _quietly(producer.abort_transaction)
            raise
        with failpoint("registrar.commit"):
            await producer.commit_transaction()
        return _last_offsets(written[: len(on_log)]), _last_offsets(written[len(on_log) :])

    @staticmethod
    async def _send(producer: AIOKafkaProducer, topic: str, records: Sequence[Record]) -> list[asyncio.Future[Any]]:
        return [
            await producer.send(topic, one.value, key=one.key, partition=one.partition, headers=one.headers)
            for one in records
        ]


def _incoming(record: Any, now: datetime) -> Incoming:
    # The broker's clock, not the realm's: it says how long the proposal waited, whatever time it is here.
    waited = now - datetime.fromtimestamp(record.timestamp / 1000, UTC)
    return Incoming(
        record.partition, record.offset, record.key, record.value, record.headers, max(waited, timedelta(0))
    )


def _last_offsets(records: Sequence[Any]) -> dict[int, int]:
    """The last offset per partition of *records*, in order."""
    return {record.partition: record.offset for record in records}


async def _quietly(close: Callable[[], Any]) -> None:
    """Close what may be broken already: what broke it is raised elsewhere."""
    try:
        async with asyncio.timeout(3):
            await close()
    except (KafkaError, TimeoutError, AssertionError) as error:
        log.debug("closing: %s", type(error).__name__)
