"""Whether Kafka accepts writes: the last broker of a cluster answers readers, but confirms no write."""

import asyncio

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from natija_chassis.kafka.lazy_consumer import LazyConsumer
from natija_events.kafka import KafkaConfig
from natija_events.topics import LOG

_CONFIRMS_WITHIN = 3.0


class WritesUnconfirmed(Exception):
    """Kafka confirms no write."""


class WriteProbe(LazyConsumer):
    """Commits an offset for *group*, which nobody reads. Kafka confirms it when it is replicated, like a proposal, and
    it adds nothing to our topics."""

    def __init__(self, kafka: KafkaConfig, realm: str, group: str) -> None:
        super().__init__(kafka)
        self._group = f"{realm.lower()}.{group}"
        self._place = TopicPartition(LOG.name(realm), 0)

    async def write(self) -> None:
        """Raises `WritesUnconfirmed`."""
        try:
            async with asyncio.timeout(_CONFIRMS_WITHIN):
                consumer = await self._connect(group_id=self._group)
                if not consumer.assignment():
                    consumer.assign([self._place])
                    consumer.pause(self._place)  # before it fetches: nothing is to be read
                # The end of the log, so that who watches Kafka's groups sees no lag where nothing is read.
                await consumer.commit(await consumer.end_offsets([self._place]))
        except (KafkaError, OSError, TimeoutError) as error:
            raise WritesUnconfirmed(f"Kafka at {self._kafka} confirms no write ({type(error).__name__})") from None
