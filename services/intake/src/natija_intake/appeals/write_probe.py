"""A check that Kafka confirms writes. A broker without its replicas still answers readers, but confirms no write."""

import asyncio

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from natija_chassis.kafka.lazy_consumer import LazyConsumer
from natija_events.kafka import KafkaConfig
from natija_events.topics import LOG

_TIMEOUT = 3.0


class WritesUnconfirmed(Exception):
    """Kafka does not confirm writes."""


class WriteProbe(LazyConsumer):
    """Commits an offset of *group*, which has no members. Kafka confirms it once it is replicated, like a proposal. No
    topic of Natija gets a record."""

    def __init__(self, kafka: KafkaConfig, realm: str, group: str) -> None:
        super().__init__(kafka)
        self._group = f"{realm.lower()}.{group}"
        self._partition = TopicPartition(LOG.name(realm), 0)

    async def write(self) -> None:
        """Write once. Raises `WritesUnconfirmed`."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                consumer = await self._connect(group_id=self._group)
                if not consumer.assignment():
                    consumer.assign([self._partition])
                    consumer.pause(self._partition)  # before it fetches: nothing is to be read
                # The end of the log, so that monitoring of Kafka's groups shows no lag.
                await consumer.commit(await consumer.end_offsets([self._partition]))
        except (KafkaError, OSError, TimeoutError) as error:
            raise WritesUnconfirmed(f"Kafka at {self._kafka} confirms no write ({type(error).__name__})") from None
