"""Connections to the broker are reset again and again: who reads goes on. See `kafka.aiokafka_patch`."""

import asyncio
import contextlib

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from tests.integration.events.proxy import TcpProxy
from tests.stack import Realm

from natija_events.kafka import KafkaConfig, aiokafka_patch
from natija_events.topics import LOG, PARTITIONS

CONSUMERS = 10
RESETS = 20
ANSWERS = 100
"""Between two resets, to all consumers together."""


async def test_consumers_survive_connection_resets(proxy: TcpProxy, bare_realm: Realm) -> None:
    """Consumers read on, however often the broker resets their connections."""
    aiokafka_patch.apply()
    kafka, topic = KafkaConfig(bare_realm.servers.kafka), LOG.name(bare_realm.name)
    places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    consumers = [
        AIOKafkaConsumer(**kafka.client_options(), metadata_max_age_ms=100, fetch_max_wait_ms=20, retry_backoff_ms=10)
        for _ in range(CONSUMERS)
    ]
    answers = 0

    async def keep_asking(consumer: AIOKafkaConsumer) -> None:
        nonlocal answers
        while answers < RESETS * ANSWERS:
            with contextlib.suppress(KafkaError):
                await consumer.end_offsets(places)
                answers += 1
                if answers % ANSWERS == 0:
                    proxy.reset()

    async with asyncio.timeout(200):
        await asyncio.gather(*(consumer.start() for consumer in consumers))
        try:
            for consumer in consumers:
                consumer.assign(places)
                await consumer.seek_to_beginning()
            await asyncio.gather(*map(keep_asking, consumers))
            for consumer in consumers:
                await consumer.end_offsets(places)
                await consumer.getmany(timeout_ms=20)
        finally:
            await asyncio.gather(*(consumer.stop() for consumer in consumers))
