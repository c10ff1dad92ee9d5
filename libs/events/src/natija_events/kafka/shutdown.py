"""Leaving Kafka in bounded time, also while it is gone: aiokafka's own ways out may hang, or leave connections open."""

import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

_HANDING_OVER = 1.0
"""Seconds for what still waits to be sent."""

_leaving: set[asyncio.Task[None]] = set()


async def close_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop *consumer*. While Kafka is gone its stop may raise the CancelledError of a fetch that it has cancelled."""
    stopping = asyncio.ensure_future(consumer.stop())
    await asyncio.wait([stopping])
    if stopping.cancelled() or stopping.exception() is not None:
        await consumer._client.close()


async def close_producer(producer: AIOKafkaProducer) -> None:
    """Stop *producer*. By itself it would wait for ever for a broker that is gone to take what is left."""
    try:
        async with asyncio.timeout(_HANDING_OVER):
            await producer.flush()
    except BaseException as error:  # also who is cancelled here must not leave connections open
        leaving = asyncio.create_task(_leave(producer))
        _leaving.add(leaving)
        leaving.add_done_callback(_leaving.discard)
        if not isinstance(error, TimeoutError):
            raise
    else:
        await producer.stop()


async def _leave(producer: AIOKafkaProducer) -> None:
    """Stop without handing over what is left; the request that is under way ends with its time-out."""
    producer._closed = True
    await producer._sender.close()
    await producer.client.close()
