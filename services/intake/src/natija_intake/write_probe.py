"""Whether Kafka takes writes: a broker that is alone answers who reads, and confirms nothing to who writes."""

import asyncio
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from natija_events.kafka import Kafka
from natija_events.kafka.closing import close_consumer
from natija_events.topics import LOG

_CONFIRMS_WITHIN = 3.0


class TakesNoWrites(Exception):
    """Kafka confirms no write."""


class WriteProbe:
    """Has Kafka keep an offset for *group*, which nobody reads: that is confirmed once it is replicated, as a proposal
    is, and puts nothing on our topics. An async context manager, which opens even while Kafka is down."""

    def __init__(self, kafka: Kafka, realm: str, group: str) -> None:
        self._kafka, self._group = kafka, f"{realm.lower()}.{group}"
        self._place = TopicPartition(LOG.name(realm), 0)
        self._consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._consumer is not None:
            await close_consumer(self._consumer)

    async def write(self) -> None:
        """Raises `TakesNoWrites`."""
        try:
            async with asyncio.timeout(_CONFIRMS_WITHIN):
                consumer = self._consumer or await self._connect()
                # The end of the log, so that who watches Kafka's groups sees no lag where nothing is read.
                await consumer.commit(await consumer.end_offsets([self._place]))
        except (KafkaError, OSError, TimeoutError) as error:
            raise TakesNoWrites(f"Kafka at {self._kafka} confirms no write ({type(error).__name__})") from None

    async def _connect(self) -> AIOKafkaConsumer:
        consumer = AIOKafkaConsumer(**self._kafka.client(), group_id=self._group, enable_auto_commit=False)
        try:
            await consumer.start()
        except BaseException:
            await close_consumer(consumer)
            raise
        consumer.assign([self._place])
        consumer.pause(self._place)  # before it fetches: nothing is to be read
        self._consumer = consumer
        return consumer
