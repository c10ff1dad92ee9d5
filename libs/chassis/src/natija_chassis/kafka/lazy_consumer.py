"""A consumer that is connected when it is first needed, and kept: Kafka may be down until then."""

from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer

from natija_events.kafka import KafkaConfig
from natija_events.kafka.consumers import start_consumer
from natija_events.kafka.shutdown import close_consumer


class LazyConsumer:
    """A consumer for repeated queries of Kafka. An async context manager, which opens even while Kafka is down."""

    def __init__(self, kafka: KafkaConfig) -> None:
        self._kafka = kafka
        self._consumer: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._consumer is not None:
            await close_consumer(self._consumer)

    async def _connect(self, **options: Any) -> AIOKafkaConsumer:
        """The consumer, with these *options* when it is made now. Raises what its start raises; then none is kept."""
        if self._consumer is None:
            self._consumer = await start_consumer(self._kafka, auto_offset_reset="latest", **options)
        return self._consumer
