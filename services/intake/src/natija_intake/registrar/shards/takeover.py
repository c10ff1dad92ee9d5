"""Taking over a shard: every step between its lock and its first decision, in the only order that is safe.

The caller holds the shard's lock. Then:

1. read reference data to its end: a proposal is held to what is in force now;
2. fence: initialize the shard's ``transactional.id``, so that its last owner can commit no more;
3. check the generation: the layout may have changed before this owner had its id;
4. wait for hanging transactions: records behind one cannot be read, and would be decided twice;
5. compare the clock with the broker's: a wrong one would stamp a wrong time, which no later time can precede;
6. catch up: apply what the log and rejected hold and the database does not;
7. seek: place a consumer at the first inbox record that is not decided;
8. check the topic of data keys: another one than before does not have the keys of the log.
"""

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.errors import OperatorError
from natija_chassis.projections.checkpoints import Checkpoint
from natija_chassis.realm.reference_reader import ReferenceDataMissing
from natija_events import limits
from natija_events.failpoints import failpoint
from natija_events.kafka.consumers import start_consumer
from natija_events.topics import INBOX, REJECTED
from natija_intake.registrar import store
from natija_intake.registrar.batch import LogEnd
from natija_intake.registrar.context import RegistrarContext
from natija_intake.registrar.shards import catch_up, fencing, hanging_transactions, stored_keys
from natija_intake.registrar.shards.clock_check import MAX_DIFFERENCE, ClockCheck
from natija_intake.registrar.shards.locks import Shard, ShardLocks
from natija_intake.registrar.shards.transactional_writer import close_ignoring_errors
from natija_intake.registrar.store import InboxOffsets

log = logging.getLogger(__name__)

TRANSACTION_TIMEOUT = timedelta(seconds=30)
FETCH_MIN_BYTES = 65_536
"""The broker waits for this much, up to the fetch's maximum wait: a batch costs 6 ms of work whatever its size."""


class StaleLayout(Exception):
    """A later layout exists than the one whose shard was being taken over."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """A database that is level with the log, and a consumer at the first inbox record to decide.

    *reader* is a connection without transactions: one for all look-ups of heads and ids. *checkpoints* and *log_ends*
    are by partition. *reference_version* is the greatest that events of the log carry. *keys_next* is by partition:
    the topic of data keys ended there, or later.
    """

    consumer: AIOKafkaConsumer
    reader: AsyncConnection
    checkpoints: dict[int, Checkpoint]
    log_ends: dict[int, LogEnd]
    reference_version: int
    keys_next: dict[int, int]


@dataclass(frozen=True, slots=True)
class OwnedShard:
    """A shard that may be decided: nobody else can commit under the producer's ``transactional.id``."""

    producer: AIOKafkaProducer
    caught_up: CaughtUp
    clock_check: ClockCheck


@asynccontextmanager
async def take_over(context: RegistrarContext, locks: ShardLocks, shard: Shard) -> AsyncIterator[OwnedShard]:
    """Take *shard* over, and release its producer, consumer and connection at the end of the block.

    Raises `ReferenceDataMissing`, `StaleLayout`, `HangingTransaction`, `WrongClock`, `ConcurrentUpdate`,
    `OperatorError`, and errors of Kafka and the database. After any of them nothing is half done.
    """
    async with AsyncExitStack() as stack:
        current = await read_reference_data(context)
        producer = await fence(stack, context, shard)
        await check_generation(context, locks, shard)
        await hanging_transactions.wait_until_none(context.kafka, context.realm, shard.partitions)
        clock_check = ClockCheck()
        await clock_check.probe(producer, REJECTED.name(context.realm), shard.partitions[0])
        caught_up = await catch_up_and_seek(stack, context, shard)
        warn_of_future(caught_up.log_ends.values(), context.clock.now())
        if current:
            check_reference_version(context.reference.history.version, caught_up.reference_version)
        yield OwnedShard(producer, caught_up, clock_check)


async def read_reference_data(context: RegistrarContext) -> bool:
    """Read reference data to its present end. When that cannot be reached, what is known already serves; then False.

    Raises `ReferenceDataMissing` when nothing is known.
    """
    current = await context.reference.reach_end()
    if not context.reference.is_known:
        raise ReferenceDataMissing(context.reference.problem)
    if not current:
        log.warning("%s", context.reference.problem)
    return current


def check_reference_version(version: int, stamped: int) -> None:
    """Raise `OperatorError` when events of the log were decided on a later *version* than the topic has."""
    if version < stamped:
        raise OperatorError(
            f"reference data end at version {version}, but the log has events that were decided on version {stamped}:"
            " this is not the reference topic that the log was made with. Restore the right one (docs/operations.md)"
        )


def warn_of_future(log_ends: Iterable[LogEnd], now: datetime) -> None:
    """Log a warning if another registrar has recorded events ahead of this one's clock."""
    last = max((end.recordedtime for end in log_ends if end.recordedtime is not None), default=now)
    if last > now + MAX_DIFFERENCE:
        log.warning(
            "the log is recorded up to %s, ahead of this clock by %s: another registrar's clock was ahead, or this"
            " realm's clock was set back. Until then recorded times stand still (docs/operations.md)",
            f"{last:%Y-%m-%d %H:%M:%S} UTC",
            last - now,
        )


async def fence(stack: AsyncExitStack, context: RegistrarContext, shard: Shard) -> AIOKafkaProducer:
    """A producer under the shard's ``transactional.id``: from now on nobody else can commit under it."""
    producer = AIOKafkaProducer(
        **context.kafka.client_options(),
        transactional_id=shard.transactional_id(context.realm),
        transaction_timeout_ms=int(TRANSACTION_TIMEOUT.total_seconds() * 1000),
        acks="all",
        max_request_size=limits.REJECTED_BYTES,
        max_batch_size=524_288,
    )
    stack.push_async_callback(close_ignoring_errors, producer.stop)
    with failpoint("registrar.fence"):
        await producer.start()
    return producer


async def check_generation(context: RegistrarContext, locks: ShardLocks, shard: Shard) -> None:
    """Raise `StaleLayout` unless the shard's layout is in force, and is the latest one that Kafka knows."""
    if await locks.load_layout() != shard.layout:
        raise StaleLayout
    # A database that was restored just now may have forgotten a later layout; Kafka has not.
    if await fencing.latest_generation(context.kafka, context.realm) > shard.layout.generation:
        raise StaleLayout


async def catch_up_and_seek(stack: AsyncExitStack, context: RegistrarContext, shard: Shard) -> CaughtUp:
    """Bring the heads up to the end of the log, then place a consumer at the first record that is not decided."""
    reached = await catch_up.catch_up(context.engine, context.kafka, context.realm, shard.partitions)
    connection = await stack.enter_async_context(context.engine.connect())
    reader = await connection.execution_options(isolation_level="AUTOCOMMIT")
    checkpoints, offsets = await store.load_caught_up(reader, reached.log, reached.inbox)
    consumer = await _seek(stack, context, offsets)
    keys_next = {partition: one.keys_next for partition, one in offsets.items()}
    await stored_keys.check_ends(consumer, context.realm, keys_next)
    return CaughtUp(
        consumer=consumer,
        reader=reader,
        checkpoints=checkpoints,
        log_ends={partition: LogEnd(one.logsequence, one.recordedtime) for partition, one in checkpoints.items()},
        reference_version=max(one.reference_version for one in offsets.values()),
        keys_next=keys_next,
    )


async def _seek(stack: AsyncExitStack, context: RegistrarContext, offsets: dict[int, InboxOffsets]) -> AIOKafkaConsumer:
    consumer = await start_consumer(
        context.kafka,
        fetch_min_bytes=FETCH_MIN_BYTES,
        fetch_max_wait_ms=int(context.fetch_max_wait * 1000),
    )
    stack.push_async_callback(close_ignoring_errors, consumer.stop)
    places = [TopicPartition(INBOX.name(context.realm), partition) for partition in offsets]
    consumer.assign(places)
    first, end = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
    for place in places:
        wanted = offsets[place.partition].inbox_next
        if wanted > end[place]:
            raise OperatorError(
                f"inbox partition {place.partition} ends at offset {end[place]}, but the log holds decisions up to"
                f" offset {wanted}: this is not the inbox that the log was made from. Restore the right inbox"
            )
        consumer.seek(place, max(wanted, first[place]))
    return consumer
