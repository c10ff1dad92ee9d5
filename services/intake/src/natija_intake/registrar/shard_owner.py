"""The registrar: the one writer of the log. Exactly once from inbox to log, a batch at a time.

Taking a shard, in this order: its lock (the caller's), its ``transactional.id`` (which fences whoever had it), whether
all that was written can be read, then the positions, then the heads up to the end of the log. Only then it decides. Any
result that is unknown gives the shard up: whoever takes it next finds out what happened by reading the log.
"""

import asyncio
import logging
import time
from collections import ChainMap, deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.errors import OperatorError
from natija_chassis.projections import checkpoints
from natija_chassis.projections.checkpoints import Checkpoint
from natija_chassis.realm.publishers import Publishers
from natija_events import limits
from natija_events.encryption import Sealer
from natija_events.failpoints import failpoint
from natija_events.kafka import KafkaConfig
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import INBOX, LOG, REJECTED
from natija_events.wire.envelope import Proposal
from natija_intake.registrar import fencing, hanging_transactions, metrics, store
from natija_intake.registrar.admission import AdmissionState, PolledRecord
from natija_intake.registrar.batch import BatchDecider, DecidedBatch, LogEnd, OutputRecord, read_batch
from natija_intake.registrar.projection import load_admission_state
from natija_intake.registrar.shard_locks import ShardLayout, ShardLocks
from natija_intake.registrar.store import InboxOffsets

TRANSACTION_TIMEOUT = timedelta(seconds=30)
RENEW_AFTER_IDLE = timedelta(days=1)
"""Kafka forgets a ``transactional.id`` that was idle for 7 days."""
POLL = timedelta(seconds=1)
FETCH_MIN_BYTES = 65_536
"""What the broker waits for, as long as it may: a batch costs 6 ms of work, however few proposals it holds."""
ACTIVITY_TIMEOUT = 5.0
"""Seconds without a batch that ended or an answer of Kafka after which the owner is waiting, not deciding."""

log = logging.getLogger(__name__)


class StaleLayout(Exception):
    """There is a later layout than the one whose shard was being taken."""


class ShardOwner:
    """The owner of one shard, from taking it to giving it up."""

    def __init__(
        self,
        *,
        kafka: KafkaConfig,
        realm: str,
        engine: AsyncEngine,
        locks: ShardLocks,
        layout: ShardLayout,
        number: int,
        publishers: Publishers,
        sealer: Sealer,
        clock: Clock,
        batch_records: int,
        fetch_max_wait: float,
    ) -> None:
        self.number = number
        self.layout = layout
        self._last_activity: float | None = None
        """When (monotonic) a batch last ended or Kafka last answered; None before the shard is taken."""
        self._kafka = kafka
        self._realm = realm
        self._engine = engine
        self._locks = locks
        self._publishers = publishers
        self._sealer = sealer
        self._clock = clock
        self._batch_records = batch_records
        self._fetch_max_wait = fetch_max_wait
        self._partitions = layout.partitions(number)
        self._stop = asyncio.Event()
        self._checkpoints: dict[int, Checkpoint] = {}
        self._heads: dict[int, LogEnd] = {}
        self._reading: AsyncConnection
        """Where heads and ids are looked up: one for all batches, and no transaction around each look."""
        self._pending: deque[_Batch] = deque()
        """The batches that are decided and whose heads are not in the database yet."""

    @property
    def deciding(self) -> bool:
        """True while it takes proposals and its servers answer."""
        return self._last_activity is not None and not self.waiting

    @property
    def waiting(self) -> bool:
        """True while it has taken the shard and a server has not answered for too long."""
        return self._last_activity is not None and time.monotonic() - self._last_activity > ACTIVITY_TIMEOUT

    def stop(self) -> None:
        """Ask the owner to end after its batch."""
        self._stop.set()

    async def run(self) -> None:
        """Decide until asked to give up. Raises whatever made a result unknown; then nothing is half done."""
        async with AsyncExitStack() as stack:
            producer = await self._fence(stack)
            if await self._locks.load_layout() != self.layout:
                raise StaleLayout
            # A database that was restored in this moment may have forgotten a later layout; Kafka has not.
            if await fencing.latest_generation(self._kafka, self._realm) > self.layout.generation:
                raise StaleLayout
            await hanging_transactions.wait_until_none(self._kafka, self._realm, self._partitions)
            consumer = await self._catch_up_and_seek(stack)
            metrics.TAKEOVERS.inc()
            log.info("shard %d of %d: deciding", self.number, self.layout.shards)
            try:
                await self._decide_batches(consumer, producer)
            finally:
                self._last_activity = None

    async def _fence(self, stack: AsyncExitStack) -> AIOKafkaProducer:
        """A producer under the shard's ``transactional.id``: from here on nobody else can commit under it."""
        producer = AIOKafkaProducer(
            **self._kafka.client_options(),
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

    async def _catch_up_and_seek(self, stack: AsyncExitStack) -> AIOKafkaConsumer:
        """Heads up to the end of the log, and a consumer at the first proposal that is not decided."""
        reached = await store.catch_up(self._engine, self._kafka, self._realm, self._partitions)
        reading = await stack.enter_async_context(self._engine.connect())
        self._reading = await reading.execution_options(isolation_level="AUTOCOMMIT")
        self._checkpoints, positions = await store.confirm(self._reading, reached)
        self._heads = {
            partition: LogEnd(one.logsequence, one.recordedtime) for partition, one in self._checkpoints.items()
        }
        consumer = await stack.enter_async_context(
            open_consumer(
                self._kafka, fetch_min_bytes=FETCH_MIN_BYTES, fetch_max_wait_ms=int(self._fetch_max_wait * 1000)
            )
        )
        places = [TopicPartition(INBOX.name(self._realm), partition) for partition in self._partitions]
        consumer.assign(places)
        first, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in places:
            wanted = positions[place.partition].inbox_next
            if wanted > end[place]:
                raise OperatorError(
                    f"the inbox partition {place.partition} ends at {end[place]}, but the log says that proposals up to"
                    f" {wanted} are decided: this inbox is not the one the log was made from"
                )
            consumer.seek(place, max(wanted, first[place]))
        return consumer

    async def _decide_batches(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> None:
        """Decide, write and keep, each in the order of the batches, one batch deciding while the one before is written
        and the one before that kept. Whatever fails ends all three."""
        decided: asyncio.Queue[_Batch | None] = asyncio.Queue(1)
        written: asyncio.Queue[_Batch | None] = asyncio.Queue(1)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write_all(producer, decided, written))
                group.create_task(self._persist_all(written))
                await self._decide_all(consumer, decided)
                await decided.put(None)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _decide_all(self, consumer: AIOKafkaConsumer, decided: asyncio.Queue["_Batch | None"]) -> None:
        active = datetime.now(UTC)
        self._last_activity = time.monotonic()
        while not self._stop.is_set() and not self._locks.lost:
            polled = await consumer.getmany(
                timeout_ms=int(POLL.total_seconds() * 1000), max_records=self._batch_records
            )
            if polled:
                await decided.put(await self._decide([one for records in polled.values() for one in records]))
                active = datetime.now(UTC)
            elif datetime.now(UTC) - active > RENEW_AFTER_IDLE:
                return  # whoever takes the shard next, likely this same process, renews its id
            else:
                async with asyncio.timeout(ACTIVITY_TIMEOUT):  # nothing polled may also be nobody there
                    await consumer.end_offsets(list(consumer.assignment()))
            if not self._pending:  # what is under way has to end before anybody is heard of
                self._last_activity = time.monotonic()

    async def _write_all(
        self,
        producer: AIOKafkaProducer,
        decided: asyncio.Queue["_Batch | None"],
        written: asyncio.Queue["_Batch | None"],
    ) -> None:
        while batch := await decided.get():
            await self._commit(producer, batch)
            await written.put(batch)
        await written.put(None)

    async def _persist_all(self, written: asyncio.Queue["_Batch | None"]) -> None:
        while batch := await written.get():
            await self._persist(batch)

    async def _decide(self, records: Sequence[Any]) -> "_Batch":
        """Decide on the heads that are kept and on those that are about to be."""
        began = time.monotonic()
        arrived = time.time_ns() // 1_000_000
        read = read_batch(_incoming(record, arrived) for record in records)
        wanted = [(event.subject, event.id) for _, one in read if isinstance(one, Proposal) for event in one.events]
        unkept = self._newest_first()
        kept = {partition: one.logsequence for partition, one in self._checkpoints.items()}
        known = await load_admission_state(self._reading, wanted, unkept)
        held = await checkpoints.load(self._reading)
        if any(held[partition].logsequence < at for partition, at in kept.items()):
            raise store.ConcurrentUpdate  # restored from an older state: so may be the heads that were just read
        decider = BatchDecider(known, self._heads, self._publishers, self._sealer, self._clock.now())
        for record, one in read:
            decider.decide(record, one)
        offsets = _last_offsets(records)
        heads = {partition: (head.logsequence, head.recordedtime) for partition, head in self._heads.items()}
        batch = _Batch(began, known, decider.decided, offsets, heads)
        self._pending.append(batch)
        return batch

    def _newest_first(self) -> AdmissionState:
        batches = [batch.ledger for batch in reversed(self._pending)]
        return AdmissionState(ChainMap(*(one.heads for one in batches)), ChainMap(*(one.ids for one in batches)))

    async def _commit(self, producer: AIOKafkaProducer, batch: "_Batch") -> None:
        """Write the batch in one transaction, and note in it, per partition, the last offset on log and on rejected.

        Every send's future is awaited before the commit: aiokafka commits a transaction of which the broker refused a
        record, and the proposal would be lost.
        """
        await producer.begin_transaction()
        try:
            with failpoint("registrar.send"):
                on_log = await _send(producer, LOG.name(self._realm), batch.decided.log)
                on_rejected = await _send(producer, REJECTED.name(self._realm), batch.decided.rejected)
            inbox = INBOX.name(self._realm)
            position = {TopicPartition(inbox, partition): offset + 1 for partition, offset in batch.inbox.items()}
            with failpoint("registrar.flush"):
                batch.on_log, batch.on_rejected = await _written(on_log), await _written(on_rejected)
            with failpoint("registrar.position"):
                await producer.send_offsets_to_transaction(position, f"{self._realm}.registrar")
        except BaseException:
            await _quietly(producer.abort_transaction)
            raise
        with failpoint("registrar.commit"):
            await producer.commit_transaction()

    async def _persist(self, batch: "_Batch") -> None:
        """Keep the heads of a batch that stands on the log."""
        reached = [Checkpoint(partition, offset, *batch.heads[partition]) for partition, offset in batch.on_log.items()]
        moved = [
            InboxOffsets(partition, offset + 1, batch.on_rejected.get(partition, -1) + 1)
            for partition, offset in batch.inbox.items()
        ]
        with failpoint("registrar.keep"):
            await store.persist(self._engine, self._checkpoints.values(), batch.ledger, batch.decided, reached, moved)
        self._checkpoints.update((one.partition, one) for one in reached)
        self._pending.popleft()
        self._last_activity = time.monotonic()
        metrics.BATCH_SECONDS.observe(time.monotonic() - batch.began)
        metrics.EVENTS_REGISTERED.inc(len(batch.decided.log))
        for why in batch.decided.rejections:
            metrics.PROPOSALS_REJECTED.labels(why.reason).inc()


@dataclass(slots=True)
class _Batch:
    """A batch on its way: *ledger* holds what it left of its appeals, *inbox* its last offset per partition, *heads*
    the logsequence and recorded time of each partition after it. Where it stands is known once it is written."""

    began: float
    ledger: AdmissionState
    decided: DecidedBatch
    inbox: dict[int, int]
    heads: dict[int, tuple[int, datetime | None]]
    on_log: dict[int, int] = field(default_factory=dict)
    on_rejected: dict[int, int] = field(default_factory=dict)


class _Sent(NamedTuple):
    """So many *records* of one partition, handed to the producer as they will stand."""

    partition: int
    records: int
    place: "asyncio.Future[Any]"


async def _send(producer: AIOKafkaProducer, topic: str, records: Sequence[OutputRecord]) -> list[_Sent]:
    """Hand *records* over, a partition at a time: one by one they would cost as much as the deciding."""
    by_partition: dict[int, list[OutputRecord]] = {}
    for record in records:
        by_partition.setdefault(record.partition, []).append(record)
    sent = []
    for partition, ours in by_partition.items():
        batch = producer.create_batch()
        for one in ours:
            if batch.append(timestamp=None, key=one.key, value=one.value, headers=one.headers) is None:  # it is full
                sent.append(await _handed_over(producer, topic, partition, batch))
                batch = producer.create_batch()
                batch.append(timestamp=None, key=one.key, value=one.value, headers=one.headers)
        sent.append(await _handed_over(producer, topic, partition, batch))
    return sent


async def _handed_over(producer: AIOKafkaProducer, topic: str, partition: int, batch: Any) -> _Sent:
    batch.close()
    return _Sent(partition, batch.record_count(), await producer.send_batch(batch, topic, partition=partition))


async def _written(sent: Sequence[_Sent]) -> dict[int, int]:
    """The last offset per partition, once all is written. Raises when the broker refused any."""
    places = await asyncio.gather(*(one.place for one in sent))
    return {one.partition: place.offset + one.records - 1 for one, place in zip(sent, places, strict=True)}


def _incoming(record: Any, now: int) -> PolledRecord:
    """The proposal in *record*, polled *now* (milliseconds since 1970)."""
    # The broker's clock, not the realm's: it says how long the proposal waited, whatever time it is here.
    waited = timedelta(milliseconds=max(0, now - record.timestamp))
    return PolledRecord(record.partition, record.offset, record.key, record.value, record.headers, waited)


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
