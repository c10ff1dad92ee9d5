"""Single records of Kafka by their places, for many callers at once.

It sends fetch requests itself. A consumer would serve one caller after the other, and read on from each place.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import READ_COMMITTED, PartitionRecords
from aiokafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    TopicAuthorizationFailedError,
    for_code,
)
from aiokafka.protocol.fetch import FetchRequest

from natija_events.kafka import KafkaConfig, aiokafka_patch
from natija_events.kafka.bounded_batches import BoundedRecords

KafkaRecord = ConsumerRecord[bytes | None, bytes | None]

_TIMEOUT = 5.0
_RETRY_SECONDS = 0.1
_AT_ONCE = 64
"""The most requests in flight. Others wait, so that a page with many events delays nobody for long."""
_NEAR = 10
"""Offsets so near to each other are read with one request: more requests cost more than some records too many."""
_RECORD_BYTES = 2048
"""The size of a record, about. Where records are larger, the rest is read with a second request."""


class Fetched(NamedTuple):
    """The committed *records* from an offset on. Reading goes on at the offset *next*; what is committed ends before
    the offset *end*."""

    records: Sequence[KafkaRecord]
    next: int
    end: int


class RecordLookup:
    """Reads committed records by their places. An async context manager, which opens even while Kafka is down."""

    def __init__(self, kafka: KafkaConfig) -> None:
        self._kafka = kafka
        self._client: Any = None
        self._connecting = asyncio.Lock()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def records(self, place: TopicPartition, offsets: Collection[int]) -> Mapping[int, KafkaRecord]:
        """The records at *offsets* of *place*, those that exist. Raises KafkaError or OSError."""
        found: dict[int, KafkaRecord] = {}
        missing = sorted(set(offsets))
        while missing:
            groups = _near_groups(missing)
            asked = (self.fetch(place, one[0], _RECORD_BYTES * (one[-1] - one[0]) + 1) for one in groups)
            for fetched in await asyncio.gather(*asked):
                found |= {record.offset: record for record in fetched.records}
            firsts = {one[0] for one in groups}
            missing = [one for one in missing if one not in found and one not in firsts]
        return {offset: found[offset] for offset in offsets if offset in found}

    async def fetch(self, place: TopicPartition, offset: int, max_bytes: int = 1) -> Fetched:
        """The records of *place* from *offset* on, in *max_bytes*, but at least one batch if there is one.

        Raises KafkaError or OSError. While Kafka elects a leader, it tries again for five seconds.
        """
        try:
            async with asyncio.timeout(_TIMEOUT), self._slots:
                while True:
                    client = await self._connected(place.topic)
                    try:
                        return await _fetch(client, place, offset, max_bytes)
                    except KafkaError as error:
                        if not error.retriable:
                            raise
                    client.force_metadata_update()
                    await asyncio.sleep(_RETRY_SECONDS)
        except TimeoutError:
            raise KafkaTimeoutError(f"no answer within {_TIMEOUT:g} s to a fetch of {place.topic}") from None

    async def _connected(self, topic: str) -> Any:
        async with self._connecting:
            if self._client is None:
                aiokafka_patch.apply()
                client: Any = AIOKafkaClient(**self._kafka.client_options(), client_id="natija-lookup")
                await client.bootstrap()
                self._client = client
        await self._client.add_topic(topic)
        return self._client


def _near_groups(offsets: Sequence[int]) -> list[list[int]]:
    """The ascending *offsets* in groups: each is near to the one before it."""
    groups: list[list[int]] = []
    for offset in offsets:
        if groups and offset - groups[-1][-1] <= _NEAR:
            groups[-1].append(offset)
        else:
            groups.append([offset])
    return groups


async def _fetch(client: Any, place: TopicPartition, offset: int, max_bytes: int) -> Fetched:
    leader = client.cluster.leader_for_partition(place)
    if place.topic in client.cluster.unauthorized_topics:
        raise TopicAuthorizationFailedError(place.topic)
    if leader in (None, -1):
        raise LeaderNotAvailableError(place.topic)
    asked = [(place.topic, [(place.partition, offset, max_bytes)])]
    response = await client.send(leader, FetchRequest(0, 1, max_bytes, READ_COMMITTED, asked))
    [(_, [(_, code, _highwater, end, _start, aborted, *_, content)])] = response.topics  # of version 5 to 11
    if code:
        raise for_code(code)(f"{place.topic}, partition {place.partition}, offset {offset}")
    records = PartitionRecords(place, BoundedRecords(content), aborted, offset, None, None, True, READ_COMMITTED)
    return Fetched(list(records), records.next_fetch_offset, end)
