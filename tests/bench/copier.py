"""The floor of the registrar: records from one topic to another, exactly once, and nothing else.

The same client, partitions and batches as the registrar's, one transaction a batch.
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from natija_events import limits
from natija_events.topics import PARTITIONS


class Copier:
    """Copies *source* to *target*, a topic it makes, from the start on; a run goes on where the one before ended."""

    def __init__(self, kafka: str, source: str, target: str, *, batch: int) -> None:
        self._kafka = kafka
        self._target = target
        self._batch = batch
        self._positions = {TopicPartition(source, partition): 0 for partition in range(PARTITIONS)}

    async def make_target(self) -> None:
        """Make the topic."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        await admin.start()
        try:
            configs = {"max.message.bytes": str(limits.LOG_BYTES), "message.timestamp.type": "LogAppendTime"}
            await admin.create_topics([NewTopic(self._target, PARTITIONS, 1, topic_configs=configs)])
        finally:
            await admin.close()

    async def copy(self, records: int) -> float:
        """Copy at least so many *records*; how many a second, from the first commit to the last."""
        async with AsyncExitStack() as stack:
            consumer, producer = await self._open(stack)
            began, first, copied = 0.0, 0, 0
            while copied < records:
                copied += await self._batch_of(consumer, producer)
                if not began and copied:
                    began, first = time.perf_counter(), copied
            return (copied - first) / (time.perf_counter() - began)

    async def copy_for_ever(self) -> None:
        """Copy what comes, too."""
        async with AsyncExitStack() as stack:
            consumer, producer = await self._open(stack)
            while True:
                await self._batch_of(consumer, producer)

    async def _open(self, stack: AsyncExitStack) -> tuple[AIOKafkaConsumer, AIOKafkaProducer]:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, transactional_id=f"{self._target}.copier", acks="all",
            transaction_timeout_ms=30_000, max_request_size=limits.REJECTED_BYTES, max_batch_size=524_288,
        )  # fmt: skip
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, enable_auto_commit=False, isolation_level="read_committed",
            auto_offset_reset="none",
        )  # fmt: skip
        stack.push_async_callback(producer.stop)
        stack.push_async_callback(consumer.stop)
        await producer.start()
        await consumer.start()
        consumer.assign(list(self._positions))
        for place, offset in self._positions.items():
            consumer.seek(place, offset)
        return consumer, producer

    async def _batch_of(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> int:
        polled: dict[TopicPartition, list[Any]] = await consumer.getmany(timeout_ms=1000, max_records=self._batch)
        if not polled:
            return 0
        await producer.begin_transaction()
        sent = [
            await producer.send(
                self._target, one.value, key=one.key, partition=one.partition, headers=list(one.headers)
            )
            for taken in polled.values()
            for one in taken
        ]
        await asyncio.gather(*sent)
        position = {place: taken[-1].offset + 1 for place, taken in polled.items()}
        await producer.send_offsets_to_transaction(position, f"{self._target}.copier")
        await producer.commit_transaction()
        self._positions.update(position)
        return len(sent)


if __name__ == "__main__":
    kafka, source, target, batch = sys.argv[1:]
    asyncio.run(Copier(kafka, source, target, batch=int(batch)).copy_for_ever())
