"""Reads topics of the register: committed records only, from given offsets, to the end or without end."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.consumers import open_consumer
from natija_events.kafka.failures import connecting
from natija_events.kafka.partitioner import partition_of
from natija_events.topics import LOG, PARTITIONS
from natija_events.wire.record import RecordedEvent, read_recorded_event

_BATCH_RECORDS = 2000
_FETCH_WAIT_MS = 200
_FETCH_WAIT_MS_TO_END = 10
"""A log ends with a commit marker, which no consumer receives. A reader that stops at the end asks for its position
often instead."""


async def read(
    kafka: KafkaConfig | str,
    realm: str,
    *,
    subject: str | None = None,
    positions: Mapping[int, int] | None = None,
    follow: bool = False,
) -> AsyncGenerator[RecordedEvent]:
    """The registered events, in order within each appeal; only those of the appeal *subject* when it is given.

    *positions* holds the offset to start at, by partition: the `RecordedEvent.offset` you processed last, plus one.
    Save the offset in the transaction in which you save the event's result. Then every event counts once, also after
    a crash. The reader stops at the present end of the log, or never with *follow*.

    Raises KafkaError when Kafka is not reachable, `Unreadable` or `Invalid` for a record that breaks the contract.
    """
    partitions = range(PARTITIONS) if subject is None else (partition_of(subject.encode()),)
    start = {partition: (positions or {}).get(partition, 0) for partition in partitions}
    key = None if subject is None else subject.encode()
    async with aclosing(read_batches(kafka, LOG.name(realm), start, follow=follow)) as batches:
        async for batch in batches:
            for record in batch:
                if key is None or record.key == key:
                    yield read_recorded_event(record.partition, record.offset, record.value, record.headers)


async def read_batches(
    kafka: KafkaConfig | str,
    topic: str,
    start: Mapping[int, int],
    *,
    end: Mapping[int, int] | None = None,
    follow: bool = False,
) -> AsyncGenerator[Sequence[Any]]:
    """Batches of raw records of *topic*, each of one partition, from the offsets *start* (by partition).

    Stops before the offsets *end*, by default before the present ends of the partitions; never with *follow*.
    """
    async with AsyncExitStack() as stack:
        with connecting(KafkaConfig.of(kafka)):
            consumer = await stack.enter_async_context(open_consumer(kafka))
        offsets = {TopicPartition(topic, partition): offset for partition, offset in start.items()}
        consumer.assign(list(offsets))
        first = await consumer.beginning_offsets(list(offsets))
        for partition, offset in offsets.items():
            consumer.seek(partition, max(offset, first[partition]))
        async for batch in _batches(consumer, None if follow else await _ends(consumer, list(offsets), end)):
            yield batch


async def _ends(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition], end: Mapping[int, int] | None
) -> dict[TopicPartition, int]:
    """The offset to stop before, by partition: its present end, or *end* when that comes first."""
    present: dict[TopicPartition, int] = await consumer.end_offsets(partitions)
    return present if end is None else {one: min(end[one.partition], offset) for one, offset in present.items()}


async def _batches(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int] | None) -> AsyncIterator[Sequence[Any]]:
    if ends is None:
        while True:
            for records in (await consumer.getmany(timeout_ms=_FETCH_WAIT_MS, max_records=_BATCH_RECORDS)).values():
                yield records
    unfinished = set(ends)
    while unfinished := await _pause_finished(consumer, unfinished, ends):
        fetched = await consumer.getmany(timeout_ms=_FETCH_WAIT_MS_TO_END, max_records=_BATCH_RECORDS)
        for partition, records in fetched.items():
            before_end = [record for record in records if record.offset < ends[partition]]
            if before_end:
                yield before_end


async def _pause_finished(
    consumer: AIOKafkaConsumer, partitions: set[TopicPartition], ends: dict[TopicPartition, int]
) -> set[TopicPartition]:
    """Pause the partitions that are read to their end; the other ones. A position counts commit markers, too."""
    finished = {partition for partition in partitions if await consumer.position(partition) >= ends[partition]}
    if finished:
        consumer.pause(*finished)
    return partitions - finished
