"""Closes Kafka clients in bounded time, also while Kafka is down: aiokafka's own methods may hang or leak."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

_FLUSH_SECONDS = 1.0

_closing: set[asyncio.Task[None]] = set()
"""Producers that close in the background. asyncio itself holds tasks weakly."""


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop *consumer*. While Kafka is down, its stop may raise the CancelledError of a fetch that it has canceled."""
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait([stopping])
    if stopping.cancelled() or stopping.exception() is not None:
        await consumer._client.close()


async def close_producer(producer: AIOKafkaProducer) -> None:
    """Stop *producer*. Its own stop waits without end when the leader of a partition is down."""
    try:
        async with asyncio.timeout(_FLUSH_SECONDS):
            await producer.flush()
    except BaseException as error:  # a canceled caller must not leave connections open either
        closing = asyncio.create_task(_close_without_flush(producer))
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        if not isinstance(error, TimeoutError):
            raise
    else:
        await producer.stop()


async def _close_without_flush(producer: AIOKafkaProducer) -> None:
    """Close the connections and drop unsent records. The request in flight ends by its timeout."""
    producer._closed = True
    await producer._sender.close()
    await producer.client.close()
