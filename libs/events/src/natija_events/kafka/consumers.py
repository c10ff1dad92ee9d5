"""Opens Kafka consumers: committed records only, without automatic commits, and always closed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer

from natija_events.kafka import aiokafka_patch
from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.shutdown import close_consumer


async def start_consumer(
    kafka: KafkaConfig | str,
    *,
    isolation_level: str = "read_committed",
    auto_offset_reset: str = "none",
    **options: Any,
) -> AIOKafkaConsumer:
    """A started consumer without a group and without partitions. The caller closes it with `close_consumer`.

    *options* are further keyword arguments of `AIOKafkaConsumer`. Raises KafkaError or OSError when Kafka is not
    reachable; then nothing is left open.
    """
    aiokafka_patch.apply()
    consumer = AIOKafkaConsumer(
        **KafkaConfig.of(kafka).client_options(),
        enable_auto_commit=False,
        isolation_level=isolation_level,
        auto_offset_reset=auto_offset_reset,
        **options,
    )
    try:
        await consumer.start()
    except BaseException:  # also when canceled: a consumer that is not yet started holds connections
        await close_consumer(consumer)
        raise
    return consumer


@asynccontextmanager
async def open_consumer(kafka: KafkaConfig | str, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """`start_consumer` as a context manager, closed at its end, also while Kafka is down."""
    consumer = await start_consumer(kafka, **options)
    try:
        yield consumer
    finally:
        await close_consumer(consumer)
