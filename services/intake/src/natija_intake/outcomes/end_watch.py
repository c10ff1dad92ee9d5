"""Watches whether Kafka answers for every partition: one without a leader gives a reader no record and no error."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

_ASK_EVERY = 1.0
_ASK_TIMEOUT = 4.0
SILENT_AFTER = 8.0
"""Seconds after which a partition whose end is not told counts as silent."""


class EndWatch:
    """Asks again and again where the partitions of a consumer end, while it is `watching`."""

    def __init__(self) -> None:
        self._told = float("inf")
        """When (monotonic) all ends were asked for that were told last; infinite while nobody watches."""

    @property
    def is_silent(self) -> bool:
        """Whether some partition's end was not told for a while."""
        return time.monotonic() - self._told > SILENT_AFTER

    @asynccontextmanager
    async def watching(self, consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> AsyncIterator[None]:
        """Watch the *places* that *consumer* reads."""
        self._told = time.monotonic()
        asking = asyncio.create_task(self._ask(consumer, places))
        try:
            yield
        finally:
            asking.cancel()
            self._told = float("inf")

    async def _ask(self, consumer: AIOKafkaConsumer, places: Sequence[TopicPartition]) -> None:
        while True:
            asked = time.monotonic()
            try:
                async with asyncio.timeout(_ASK_TIMEOUT):
                    await consumer.end_offsets(places)
            except (KafkaError, OSError, TimeoutError):
                pass  # the silence says it
            else:
                self._told = asked
            await asyncio.sleep(_ASK_EVERY)
