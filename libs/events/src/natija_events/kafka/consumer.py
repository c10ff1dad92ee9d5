"""Reading topics of the register: committed records only, from given offsets, to the end or for ever."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.consumers import open_consumer
from natija_events.kafka.partitioner import partition_of
from natija_events.topics import LOG, PARTITIONS
from natija_events.wire.record import RecordedEvent, read_recorded_event

_BATCH = 2000
_WAIT_MS, _WAIT_AT_THE_END_MS = 200, 10
"""For more records. What stands at the end of a log is a commit marker, of which nobody is told: who reads to the end
looks often whether it is passed."""


async def read(
    kafka: KafkaConfig | str,
    realm: str,
    *,
    subject: str | None = None,
    positions: Mapping[int, int] | None = None,
    follow: bool = False,
) -> AsyncGenerator[RecordedEvent]:
    """The registered events, in order within each appeal; of one appeal when *subject* is given.

    *positions* says, per partition, the offset to start at: the `RecordedEvent.offset` you processed last, plus one.
    Ends at what is the end of the log now, or never when asked to *follow*. Keep the offset in the transaction in
    which you keep what you made of the event: then every event counts once, whatever dies when.
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
    """Batches of raw records of *topic*, each from one partition, from the offsets *start* (per partition).

    Ends before the offsets *end*, by default those of now. Commit markers take offsets: the end is reached by position,
    not by the last record.
    """
    async with open_consumer(kafka) as consumer:
        places = {TopicPartition(topic, partition): offset for partition, offset in start.items()}
        consumer.assign(list(places))
        first = await consumer.beginning_offsets(list(places))
        for place, offset in places.items():
            consumer.seek(place, max(offset, first[place]))
        async for batch in _batches(consumer, await _ends(consumer, places, end, follow)):
            yield batch


async def _ends(
    consumer: AIOKafkaConsumer, places: Mapping[TopicPartition, int], end: Mapping[int, int] | None, follow: bool
) -> dict[TopicPartition, int] | None:
    if follow:
        return None
    now: dict[TopicPartition, int] = await consumer.end_offsets(list(places))
    return now if end is None else {place: min(end[place.partition], now[place]) for place in places}


async def _batches(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int] | None) -> AsyncIterator[Sequence[Any]]:
    open_places = None if ends is None else set(ends)
    while True:
        if ends is not None and open_places is not None:
            reached = {place for place in open_places if await consumer.position(place) >= ends[place]}
            open_places -= reached
            if reached:
                consumer.pause(*reached)
            if not open_places:
                return
        wait = _WAIT_MS if ends is None else _WAIT_AT_THE_END_MS
        for place, records in (await consumer.getmany(timeout_ms=wait, max_records=_BATCH)).items():
            wanted = records if ends is None else [record for record in records if record.offset < ends[place]]
            if wanted:
                yield wanted
