"""Single events of the log, by their places on it."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from natija_chassis.kafka.lazy_consumer import LazyConsumer
from natija_events.kafka import KafkaConfig
from natija_events.topics import LOG, PARTITIONS
from natija_events.wire.record import RecordedEvent, read_recorded_event
from natija_intake.outcomes.shared_store import LogPlace

_TIMEOUT = 5.0


class LogUnavailable(Exception):
    """Kafka does not answer."""


class LogLookup(LazyConsumer):
    """Reads events of the log of a *realm*, for one caller after the other."""

    def __init__(self, kafka: KafkaConfig, realm: str) -> None:
        super().__init__(kafka)
        self._places = [TopicPartition(LOG.name(realm), partition) for partition in range(PARTITIONS)]
        self._lock = asyncio.Lock()

    async def events(self, places: Sequence[LogPlace]) -> list[RecordedEvent]:
        """The events at *places*, in their order. Raises `LogUnavailable`."""
        try:
            async with self._lock:
                consumer = await self._connect(fetch_max_wait_ms=20)
                return [await self._event(consumer, one) for one in places]
        except (KafkaError, OSError, TimeoutError):
            raise LogUnavailable from None

    async def _event(self, consumer: AIOKafkaConsumer, wanted: LogPlace) -> RecordedEvent:
        place = self._places[wanted.partition]
        if consumer.assignment() != {place}:
            consumer.assign([place])
        consumer.seek(place, wanted.offset)
        async with asyncio.timeout(_TIMEOUT):
            record = await consumer.getone()
        return read_recorded_event(record.partition, record.offset, record.value, record.headers)
