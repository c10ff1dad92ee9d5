"""Follows the topic of data keys into the index: see `key_index`."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.kafka.subscription import end_offsets
from natija_chassis.kafka.topic_identity import TopicIdentity, fetch_identity
from natija_chassis.observability import metrics
from natija_chassis.observability.logs import sanitised
from natija_chassis.opening import key_index
from natija_chassis.opening.key_index import MOST_BEHIND, KeyRecords
from natija_chassis.process.backoff import Backoff
from natija_chassis.settings import Settings
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import KEYS, PARTITIONS

FETCH_BYTES = 131_072
"""Bytes per partition and fetch, so that 16 partitions do not fill the memory."""
_RECORDS = 5000
_POLL_MS = 200
IDENTITY_INTERVAL = 60.0

log = logging.getLogger(__name__)


class KeyIndexer:
    """Keeps the index of data keys in the database of *engine* up with the topic. Run it with `run`, in each process.

    A transaction holds the places of a batch and the positions after it. So after a crash, or after a restore of the
    database, it goes on where the database stands. When the topic was made again, or ends before the position, all is
    indexed again. Two processes on one database do the same work twice, and nothing else.
    """

    def __init__(self, settings: Settings, engine: AsyncEngine) -> None:
        self._kafka = settings.kafka_config
        self._process = settings.process
        self._topic = KEYS.name(settings.realm)
        self._engine = engine
        self._places = [TopicPartition(self._topic, partition) for partition in range(PARTITIONS)]
        self._next: dict[int, int] = {}
        """The offset at which this process goes on, by partition."""
        self._lag: int | None = None
        self._interrupted = False

    @property
    def lag(self) -> int | None:
        """Offsets between the index and the end of the topic, as of the last fetch; None while it is not known."""
        return self._lag

    @property
    def problem(self) -> str | None:
        """Why keys cannot be found, for `/ready`; None while they can."""
        if self._lag is None:
            return f"the end of {self._topic} is not known"
        return f"{self._lag} data keys are not indexed yet" if self._lag > MOST_BEHIND else None

    async def run(self, stopping: asyncio.Event) -> None:
        """Index until *stopping*. Errors of both servers are tried again. Raises `OperatorError` without the topic."""
        backoff = Backoff(longest=2.0)
        while not stopping.is_set():
            try:
                topic = await fetch_identity(self._kafka, self._topic)
                await key_index.prepare(self._engine, topic)
                options = {"fetch_max_wait_ms": _POLL_MS, "max_partition_fetch_bytes": FETCH_BYTES}
                async with open_consumer(self._kafka, **options) as consumer:
                    consumer.assign(self._places)
                    await self._seek(consumer, topic)
                    await self._follow(consumer, topic, stopping, backoff)
            except (KafkaError, SQLAlchemyError, OSError, TimeoutError) as error:
                if not self._interrupted:  # one line for an outage
                    log.warning("data keys cannot be indexed, retrying: %s", sanitised(error))
                self._interrupted, self._lag = True, None
                await backoff.wait(stopping)

    async def _seek(self, consumer: AIOKafkaConsumer, topic: TopicIdentity) -> None:
        """Place *consumer* where indexing goes on."""
        ends, stored = await end_offsets(consumer, self._places), await key_index.positions(self._engine)
        if any(stored[place.partition] > ends[place] for place in self._places):
            log.warning("%s ends before the place that was indexed: it is indexed again", self._topic)
            await key_index.clear(self._engine, topic)
            stored = await key_index.positions(self._engine)
        first = await consumer.beginning_offsets(self._places)
        self._next = stored
        for place in self._places:
            consumer.seek(place, max(stored[place.partition], first[place]))

    async def _follow(
        self, consumer: AIOKafkaConsumer, topic: TopicIdentity, stopping: asyncio.Event, backoff: Backoff
    ) -> None:
        identified = time.monotonic()
        while not stopping.is_set():
            fetched = await consumer.getmany(timeout_ms=_POLL_MS, max_records=_RECORDS)
            if fetched:
                await self._save(consumer, {place.partition: records for place, records in fetched.items()})
            await self._measure(consumer)
            backoff.reset()
            self._interrupted = False
            if time.monotonic() - identified > IDENTITY_INTERVAL:
                identified = time.monotonic()
                if await fetch_identity(self._kafka, self._topic) != topic:
                    raise KafkaError(f"{self._topic} is another topic than before")
                await self._seek(consumer, topic)  # the database may have been restored

    async def _save(self, consumer: AIOKafkaConsumer, fetched: Mapping[int, Sequence[Any]]) -> None:
        """Index what was fetched. Where the database stands elsewhere than this process, go there."""
        batches = {partition: _batch(self._next[partition], records) for partition, records in fetched.items()}
        for partition, offset in (await key_index.save(self._engine, batches)).items():
            self._next[partition] = offset
            if offset != batches[partition].next:
                consumer.seek(self._places[partition], offset)

    async def _measure(self, consumer: AIOKafkaConsumer) -> None:
        """Learn the lag from what the fetches told."""
        ends = {place: consumer.last_stable_offset(place) for place in self._places}
        if all(end is not None and end >= 0 for end in ends.values()):
            self._lag = sum([max(0, end - await consumer.position(place)) for place, end in ends.items()])
            metrics.KEY_INDEX_LAG.labels(self._process).set(self._lag)


def _batch(first: int, records: Sequence[Any]) -> KeyRecords:
    """*records*, with what is hidden between the offset *first* and them: markers, and what compaction removed.

    Records of another form are passed over.
    """
    kids = {}
    for record in records:
        raw = key_index.to_raw((record.key or b"").decode(errors="replace"))
        if raw is not None:
            kids[raw] = record.offset
    return KeyRecords(first, records[-1].offset + 1, kids)
