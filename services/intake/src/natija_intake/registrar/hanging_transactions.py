"""Whether Kafka has ended on every partition what it says it has ended. Killed just after a commit, Kafka 4.3.0 to
4.4.0 leave the end out wherever it still had to be written (KAFKA-20734)."""

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack

from aiokafka import TopicPartition

from natija_events.kafka import KafkaConfig
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import LOG, REJECTED

_ENDED_WITHIN = 5.0
_LOOK_AGAIN = 0.1


class HangingTransaction(Exception):
    """A transaction is open and nobody can end it any more: what stands there cannot be read, and would be decided
    twice."""


async def wait_until_none(kafka: KafkaConfig, realm: str, partitions: Collection[int]) -> None:
    """Return once all that stands on log and rejected of *partitions* can be read. To be asked after the fence, which
    ends whatever others began. Raises `HangingTransaction`, and KafkaError."""
    places = [TopicPartition(topic.name(realm), partition) for topic in (LOG, REJECTED) for partition in partitions]
    waits: dict[TopicPartition, int] = {}
    async with AsyncExitStack() as stack:
        written = await stack.enter_async_context(open_consumer(kafka, isolation_level="read_uncommitted"))
        readable = await stack.enter_async_context(open_consumer(kafka))
        for _ in range(int(_ENDED_WITHIN / _LOOK_AGAIN)):
            upto, ends = await readable.end_offsets(places), await written.end_offsets(places)
            waits = {place: upto[place] for place in places if upto[place] < ends[place]}
            if not waits:
                return
            await asyncio.sleep(_LOOK_AGAIN)
    place, offset = next(iter(waits.items()))
    raise HangingTransaction(
        f"a transaction at offset {offset} of {place.topic} {place.partition} has no end (docs/operations.md)"
    )
