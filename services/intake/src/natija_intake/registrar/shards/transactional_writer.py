"""Writing a decided batch to Kafka: one transaction, on all topics, with the inbox offsets. It keeps no state."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from natija_events.failpoints import failpoint
from natija_events.topics import INBOX, KEYS, LOG, REJECTED
from natija_intake.registrar.batch import DecidedBatch, OutputRecord
from natija_intake.registrar.shards.clock_check import append_time

_CLOSE_TIMEOUT = 3.0

log = logging.getLogger(__name__)


class WrittenOffsets(NamedTuple):
    """The last offset that a transaction wrote, by partition, on the *log*, on *rejected* and on *keys*.

    *appended* is the broker's time (milliseconds) of one of them, None if the topics do not have it.
    """

    log: Mapping[int, int]
    rejected: Mapping[int, int]
    keys: Mapping[int, int]
    appended: int | None


class _Sent(NamedTuple):
    """One Kafka batch of *records* records; *metadata* resolves when the broker has it."""

    partition: int
    records: int
    metadata: "asyncio.Future[Any]"


async def commit(
    producer: AIOKafkaProducer, realm: str, batch: DecidedBatch, inbox: Mapping[int, int]
) -> WrittenOffsets:
    """Write *batch* in one transaction, with the last *inbox* offset of each partition.

    Every send's future is awaited before the commit. aiokafka commits a transaction in which the broker refused a
    record, and that proposal would be lost. Raises KafkaError; then nothing, or after a failed commit perhaps all, is
    written.
    """
    await producer.begin_transaction()
    try:
        with failpoint("registrar.send"):
            on_log = await _send(producer, LOG.name(realm), batch.log)
            on_rejected = await _send(producer, REJECTED.name(realm), batch.rejected)
            on_keys = await _send(producer, KEYS.name(realm), batch.data_keys)
        with failpoint("registrar.flush"):
            written = WrittenOffsets(
                await _last_offsets(on_log), await _last_offsets(on_rejected), await _last_offsets(on_keys),
                append_time(await (on_log or on_rejected)[0].metadata),
            )  # fmt: skip
        next_offsets = {TopicPartition(INBOX.name(realm), partition): offset + 1 for partition, offset in inbox.items()}
        with failpoint("registrar.offsets"):
            await producer.send_offsets_to_transaction(next_offsets, f"{realm}.registrar")
    except BaseException:
        await close_ignoring_errors(producer.abort_transaction)
        raise
    with failpoint("registrar.commit"):
        await producer.commit_transaction()
    return written


async def close_ignoring_errors(close: Callable[[], Any]) -> None:
    """Close what may be broken already. The error that broke it is raised elsewhere."""
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await close()
    except (KafkaError, TimeoutError, AssertionError) as error:
        log.debug("closing: %s", type(error).__name__)


async def _send(producer: AIOKafkaProducer, topic: str, records: Sequence[OutputRecord]) -> list[_Sent]:
    """Pack *records* into batches, partition by partition. Sent one by one they would cost as much as deciding them."""
    by_partition: dict[int, list[OutputRecord]] = {}
    for record in records:
        by_partition.setdefault(record.partition, []).append(record)
    sent = []
    for partition, ours in by_partition.items():
        batch = producer.create_batch()
        for one in ours:
            if batch.append(timestamp=None, key=one.key, value=one.value, headers=one.headers) is None:  # it is full
                sent.append(await _hand_over(producer, topic, partition, batch))
                batch = producer.create_batch()
                batch.append(timestamp=None, key=one.key, value=one.value, headers=one.headers)
        sent.append(await _hand_over(producer, topic, partition, batch))
    return sent


async def _hand_over(producer: AIOKafkaProducer, topic: str, partition: int, batch: Any) -> _Sent:
    batch.close()
    return _Sent(partition, batch.record_count(), await producer.send_batch(batch, topic, partition=partition))


async def _last_offsets(sent: Sequence[_Sent]) -> dict[int, int]:
    """The last offset by partition, once the broker has all of *sent*. Raises KafkaError when it refused a batch."""
    found = await asyncio.gather(*(one.metadata for one in sent))
    return {one.partition: place.offset + one.records - 1 for one, place in zip(sent, found, strict=True)}
