"""The number of proposals on the inbox that the registrar has not decided."""

import asyncio

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.kafka.lazy_consumer import LazyConsumer
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_events.kafka import KafkaConfig
from natija_events.topics import INBOX, PARTITIONS
from natija_intake.registrar import store

_TIMEOUT = 3.0


class KafkaUnreachable(Exception):
    """Kafka does not answer."""


class InboxLag(LazyConsumer):
    """The inbox of a realm, seen from outside."""

    def __init__(self, kafka: KafkaConfig, realm: str) -> None:
        super().__init__(kafka)
        self._partitions = [TopicPartition(INBOX.name(realm), partition) for partition in range(PARTITIONS)]

    async def end_offsets(self) -> dict[int, int]:
        """The offset of the next proposal per partition. Raises `KafkaUnreachable`: also a connection check."""
        try:
            async with asyncio.timeout(_TIMEOUT):
                consumer = await self._connect()
                found = await consumer.end_offsets(self._partitions)
        except (KafkaError, OSError, TimeoutError) as error:
            raise KafkaUnreachable(f"Kafka at {self._kafka} does not answer ({type(error).__name__})") from None
        return {partition.partition: end for partition, end in found.items()}

    async def count(self, engine: AsyncEngine) -> int:
        """Proposals that the registrar has not decided, by its own positions in the database of *engine*.

        Kafka's committed offsets would not do: Kafka deletes them after a quiet week. Raises `KafkaUnreachable`, and
        what the database raises.
        """
        ends = await self.end_offsets()
        assert self._consumer is not None
        kept = await self._consumer.beginning_offsets(self._partitions)
        first = {partition.partition: offset for partition, offset in kept.items()}
        at = await self._positions(engine)
        return sum(max(0, end - max(at.get(number, 0), first[number])) for number, end in ends.items())

    @staticmethod
    async def _positions(engine: AsyncEngine) -> dict[int, int]:
        """Per partition, the offset to decide next; none before a registrar has ever run."""
        try:
            async with engine.connect() as connection:
                found = await store.load_offsets(connection, range(PARTITIONS))
        except ProgrammingError as error:
            if not is_undefined_table(error):
                raise
            return {}
        return {partition: position.inbox_next for partition, position in found.items()}
