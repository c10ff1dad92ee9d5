"""Hanging transactions: Kafka says that they ended, and their records still cannot be read.

Killed just after a commit, Kafka 4.3.0 to 4.4.0 do not write the end marker wherever it was still missing
(KAFKA-20734).
"""

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack

from aiokafka import TopicPartition

from natija_events.kafka import KafkaConfig
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import KEYS, LOG, REJECTED

_END_TIMEOUT = 5.0
_POLL_INTERVAL = 0.1


class HangingTransaction(Exception):
    """Nobody can end an open transaction any more. Records behind it are hidden, and would be decided twice."""


async def wait_until_none(kafka: KafkaConfig, realm: str, partitions: Collection[int]) -> None:
    """Return once all records on log, rejected and keys of *partitions* can be read.

    Call it after the fence, which ends the transactions of earlier owners. Raises `HangingTransaction` after 5 seconds,
    and KafkaError.
    """
    places = [
        TopicPartition(topic.name(realm), partition) for topic in (LOG, REJECTED, KEYS) for partition in partitions
    ]
    hidden: dict[TopicPartition, int] = {}
    async with AsyncExitStack() as stack:
        everything = await stack.enter_async_context(open_consumer(kafka, isolation_level="read_uncommitted"))
        committed = await stack.enter_async_context(open_consumer(kafka))
        for _ in range(int(_END_TIMEOUT / _POLL_INTERVAL)):
            readable, ends = await committed.end_offsets(places), await everything.end_offsets(places)
            hidden = {place: readable[place] for place in places if readable[place] < ends[place]}
            if not hidden:
                return
            await asyncio.sleep(_POLL_INTERVAL)
    place, offset = next(iter(hidden.items()))
    raise HangingTransaction(
        f"the transaction at offset {offset} of {place.topic}, partition {place.partition}, was never ended"
        " (docs/operations.md)"
    )
