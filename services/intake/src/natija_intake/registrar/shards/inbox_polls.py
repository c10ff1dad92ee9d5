"""Polls of the inbox in turns: a partition with a flood of records does not keep the other partitions waiting.

aiokafka empties what it fetched of one partition before it looks at the next. That may be a hundred batches.
"""

from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition


class InboxPolls:
    """Polls *consumer* for up to *max_records* at a time, in the order of each partition.

    A partition that fills a poll is *flooded*: it is left out until the others have had their turn.
    """

    def __init__(self, consumer: AIOKafkaConsumer, max_records: int) -> None:
        self._consumer = consumer
        self._max_records = max_records
        self._flooded: set[TopicPartition] = set()

    async def next(self, timeout_ms: int) -> list[Any]:
        """The next records, none if there are none within *timeout_ms*."""
        if self._flooded:
            others = [place for place in self._consumer.assignment() if place not in self._flooded]
            if others and (records := await self._poll(0, others)):
                return records
            self._flooded.clear()
        return await self._poll(timeout_ms)

    async def _poll(self, timeout_ms: int, places: Sequence[TopicPartition] = ()) -> list[Any]:
        polled = await self._consumer.getmany(*places, timeout_ms=timeout_ms, max_records=self._max_records)
        records = [record for of_partition in polled.values() for record in of_partition]
        if len(records) >= self._max_records:
            self._flooded.add(next(reversed(polled)))
        return records
