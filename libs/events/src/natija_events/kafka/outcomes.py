"""Waiting for the registrar's decision: the log and the rejected topic, read only while somebody waits."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from natija_events.envelope import PREFIX, read_log_record
from natija_events.rejection import Rejection, read_rejected
from natija_events.topics import LOG, PARTITIONS, REJECTED

Decided = tuple[Rejection | None, int | None, datetime]
"""Why it was rejected (None: registered), the sequence of the first event, the time of the decision."""

_ID = f"{PREFIX}id"
_PROPOSAL = f"{PREFIX}proposalid"


class Outcomes:
    """The decisions on proposals, by partition and by the id of a proposal's first event."""

    def __init__(self, kafka: str, realm: str) -> None:
        self._kafka = kafka
        self._log = LOG.name(realm)
        self._rejected = REJECTED.name(realm)
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._awaited: dict[bytes, list[asyncio.Future[Decided]]] = {}
        self._waiting: Counter[int] = Counter()
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def expect(self, partition: int, event_id: UUID) -> AsyncIterator[asyncio.Future[Decided]]:
        """A future of the decision on a proposal that is made *after* entering."""
        key = str(event_id).encode()
        decided: asyncio.Future[Decided] = asyncio.get_running_loop().create_future()
        await self._watch(partition)
        self._awaited.setdefault(key, []).append(decided)
        try:
            yield decided
        finally:
            waiters = self._awaited.get(key, [])
            if decided in waiters:
                waiters.remove(decided)
            if not waiters:
                self._awaited.pop(key, None)
            self._unwatch(partition)

    async def stop(self) -> None:
        """Stop reading; who still waits is cancelled."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._consumer is not None:
            await self._consumer.stop()
        for decided in [future for waiters in self._awaited.values() for future in waiters]:
            decided.cancel()

    def _places(self, partition: int) -> list[TopicPartition]:
        return [TopicPartition(self._log, partition), TopicPartition(self._rejected, partition)]

    async def _watch(self, partition: int) -> None:
        """Read this partition from its end on, if nobody does yet."""
        async with self._lock:
            if self._consumer is None:
                await self._start()
            assert self._consumer is not None
            if not self._waiting[partition]:
                for place, end in (await self._consumer.end_offsets(self._places(partition))).items():
                    self._consumer.seek(place, end)
                    self._consumer.resume(place)
            self._waiting[partition] += 1

    def _unwatch(self, partition: int) -> None:
        self._waiting[partition] -= 1
        if not self._waiting[partition] and self._consumer is not None:
            self._consumer.pause(*self._places(partition))

    async def _start(self) -> None:
        # Kept only once it runs: a start that fails while Kafka is down is tried anew by the next who waits.
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka,
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="latest",
            fetch_max_wait_ms=100,
        )
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        places = [place for partition in range(PARTITIONS) for place in self._places(partition)]
        consumer.assign(places)
        consumer.pause(*places)
        self._consumer = consumer
        self._task = asyncio.create_task(self._read(consumer))

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                batches = await consumer.getmany(timeout_ms=200)
            except KafkaError:
                await asyncio.sleep(0.2)  # who waits learns by its time-out; who waits next finds a reader
                continue
            for place, records in batches.items():
                for record in records:
                    self._tell(place.topic == self._log, record)

    def _tell(self, on_log: bool, record: Any) -> None:
        wanted = _ID if on_log else _PROPOSAL
        key = next((content for name, content in record.headers if name == wanted), None)
        waiters = self._awaited.pop(key, []) if key is not None else []
        if waiters:
            decided = _registered(record) if on_log else _refused(record)
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(decided)


def _registered(record: Any) -> Decided:
    _, stamp = read_log_record(record.value, record.headers)
    return None, stamp.sequence, stamp.recordedtime


def _refused(record: Any) -> Decided:
    rejected = read_rejected(record.partition, record.value, record.headers)
    return rejected.rejection, rejected.rejection.sequence, rejected.recordedtime
