"""The floor of the registrar: records from one topic to another, exactly once, and nothing else.

The same client, partitions and batches as the registrar's, one process a shard, one transaction a batch. For each
sealed record it makes the calls of the library that open sealed values and wrap their key.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from tests.bench import bare_crypto
from tests.stack import REPOSITORY

from natija_chassis.process import gc_tuning
from natija_events import limits
from natija_events.topics import PARTITIONS
from natija_intake.registrar.shards.locks import Shard, ShardLayout


async def make_topic(kafka: str, name: str) -> None:
    """Make a topic to copy to, like the log."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        configs = {"max.message.bytes": str(limits.LOG_BYTES), "message.timestamp.type": "LogAppendTime"}
        await admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=configs)])
    finally:
        await admin.close()


async def copy(
    kafka: str, source: str, target: str, *, batch: int, shards: int, records: int, verified: bool = False
) -> float:
    """Copy at least so many *records*, from where the copy before ended; how many a second, all shards together.

    When they are *verified*, a signature is verified for each.
    """
    more = ["--verified"] if verified else []
    each = [
        await start(kafka, source, target, *more, batch=batch, shard=shard, shards=shards, records=records // shards)
        for shard in range(shards)
    ]
    told = [json.loads((await one.communicate())[0]) for one in each]
    began, ended, copied = zip(*told, strict=True)
    return float(sum(copied) / (max(ended) - min(began)))


async def start(
    kafka: str, source: str, target: str, *more: str, batch: int, shard: int = 0, shards: int = 1, records: int = 0
) -> asyncio.subprocess.Process:
    """The process that copies one shard: so many *records* or, without, forever."""
    given = (kafka, source, target, str(batch), str(shard), str(shards), str(records), *more)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.copier", *given, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )


class Copier:
    """Copies *partitions* of *source* to *target*."""

    def __init__(
        self, kafka: str, source: str, target: str, *, batch: int, partitions: Sequence[int], verified: bool
    ) -> None:
        self._verify = bare_crypto.verification() if verified else None
        self._kafka = kafka
        self._target = target
        self._batch = batch
        self._id = f"{target}.copier.{min(partitions)}"
        self._places = [TopicPartition(source, partition) for partition in partitions]

    async def copy(self, records: int) -> tuple[float, float, int]:
        """When the first commit was and the last, and how many records came between."""
        async with AsyncExitStack() as stack:
            consumer, producer = await self._open(stack)
            while not (first := await self._batch_of(consumer, producer)):
                pass
            began, copied = time.time(), 0
            while first + copied < records:
                copied += await self._batch_of(consumer, producer)
            return began, time.time(), copied

    async def copy_without_end(self) -> None:
        """Copy what comes, too."""
        async with AsyncExitStack() as stack:
            consumer, producer = await self._open(stack)
            while True:
                await self._batch_of(consumer, producer)

    async def _open(self, stack: AsyncExitStack) -> tuple[AIOKafkaConsumer, AIOKafkaProducer]:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, transactional_id=self._id, acks="all", transaction_timeout_ms=30_000,
            max_request_size=limits.REJECTED_BYTES, max_batch_size=524_288,
        )  # fmt: skip
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka, enable_auto_commit=False, isolation_level="read_committed",
            auto_offset_reset="none", group_id=self._id,
        )  # fmt: skip
        stack.push_async_callback(producer.stop)
        stack.push_async_callback(consumer.stop)
        await producer.start()
        await consumer.start()
        consumer.assign(self._places)
        for place in self._places:
            consumer.seek(place, await consumer.committed(place) or 0)
        return consumer, producer

    async def _batch_of(self, consumer: AIOKafkaConsumer, producer: AIOKafkaProducer) -> int:
        polled: dict[TopicPartition, list[Any]] = await consumer.getmany(timeout_ms=1000, max_records=self._batch)
        if not polled:
            return 0
        if self._verify:
            for _ in range(sum(map(len, polled.values()))):
                self._verify()
        for one in (one for records in polled.values() for one in records):
            if sealed := one.value.count(b'"ct":'):
                bare_crypto.open_and_store(sealed)
        await producer.begin_transaction()
        sent = [
            await producer.send(
                self._target, one.value, key=one.key, partition=one.partition, headers=list(one.headers)
            )
            for records in polled.values()
            for one in records
        ]
        await asyncio.gather(*sent)
        position = {place: records[-1].offset + 1 for place, records in polled.items()}
        await producer.send_offsets_to_transaction(position, self._id)
        await producer.commit_transaction()
        return len(sent)


def _main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("kafka", "source", "target"):
        parser.add_argument(name)
    for name in ("batch", "shard", "shards", "records"):
        parser.add_argument(name, type=int)
    parser.add_argument("--verified", action="store_true")
    given = parser.parse_args()
    partitions = Shard(ShardLayout(1, given.shards, True), given.shard).partitions
    gc_tuning.relax_gc()  # as the registrar, whose floor this is
    copier = Copier(
        given.kafka, given.source, given.target, batch=given.batch, partitions=partitions, verified=given.verified
    )
    if given.records:
        print(json.dumps(uvloop.run(copier.copy(given.records))))
    else:
        uvloop.run(copier.copy_without_end())


if __name__ == "__main__":
    _main()
