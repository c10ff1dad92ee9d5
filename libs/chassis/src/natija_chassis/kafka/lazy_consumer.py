"""A consumer that is connected when it is first needed, and kept: Kafka may be down until then."""

from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer

from natija_events.kafka import KafkaConfig
from natija_events.kafka.shutdown import close_consumer


class LazyConsumer:
    """Who asks Kafka something again and again. An async context manager, which opens even while Kafka is down."""

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

    async def _connect(self, **settings: Any) -> AIOKafkaConsumer:
        """The consumer, with these *settings* when it is made now. Raises what its start raises; then none is kept."""
        if self._consumer is None:
            consumer = AIOKafkaConsumer(**self._kafka.client_options(), enable_auto_commit=False, **settings)
            try:
                await consumer.start()
            except BaseException:
                await close_consumer(consumer)
                raise
            self._consumer = consumer
        return self._consumer
