"""A producer for records that must not be lost or doubled, which is replaced when the broker refuses it for good."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from natija_events import limits
from natija_events.kafka import aiokafka_patch
from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.shutdown import close_producer


class ProducerClosed(Exception):
    """The producer is not open."""


class IdempotentProducer:
    """Sends with acks=all and idempotence. It is *closed*, *open* or *spent*: a spent one is replaced as it sends.

    *timeout* (seconds) limits the connection, and each request to the broker.
    """

    def __init__(self, kafka: KafkaConfig, timeout: float) -> None:
        self._kafka = kafka
        self._timeout = timeout
        self._producer: AIOKafkaProducer | None = None
        self._spent = False
        self._replacing = asyncio.Lock()

    async def open(self) -> None:
        """Connect. Raises KafkaError, OSError or TimeoutError when Kafka is not reachable."""
        self._producer = await self._connect()

    async def close(self) -> None:
        """Close it. Records that are not sent yet are dropped after a second."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await close_producer(producer)

    async def send(
        self, topic: str, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]], partition: int
    ) -> int:
        """Send a record, and return its offset once Kafka has it. Raises KafkaError and `ProducerClosed`."""
        producer = await self._ready()
        try:
            sent = await producer.send_and_wait(topic, value, key=key, headers=headers, partition=partition)
        except (KafkaTimeoutError, MessageSizeTooLargeError):
            raise
        except KafkaError as error:
            # The broker refuses this producer for good (its sequence, its id): whatever it sends next fails, too.
            self._spent = self._spent or (not error.retriable and producer is self._producer)
            raise
        return int(sent.offset)

    async def _ready(self) -> AIOKafkaProducer:
        if self._spent:
            async with self._replacing:
                if self._spent and self._producer is not None:
                    await close_producer(self._producer)
                    self._producer = await self._connect()
                    self._spent = False
        if self._producer is None:
            raise ProducerClosed
        return self._producer

    async def _connect(self) -> AIOKafkaProducer:
        aiokafka_patch.apply()
        producer = AIOKafkaProducer(
            **self._kafka.client_options(),
            acks="all",
            enable_idempotence=True,
            max_request_size=limits.INBOX_BYTES,
            max_batch_size=131_072,
            request_timeout_ms=int(self._timeout * 1000),
        )
        try:
            async with asyncio.timeout(self._timeout):
                await producer.start()
        except BaseException:
            await close_producer(producer)
            raise
        return producer
