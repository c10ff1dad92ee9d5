"""The use of FastStream: one batch subscriber of raw records that decides nothing by itself.

Its parser, decoder and acknowledgement are replaced, its nack never used: by default it would lose data.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaTimeoutError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage
from faststream.security import BaseSecurity, SASLScram512

from natija_chassis.settings import Settings
from natija_events.kafka import KafkaConfig
from natija_events.topics import LOG

FETCH_BYTES = 262_144
"""Bytes per partition and fetch, so that 16 partitions do not fill the memory. A larger record is fetched too. The
broker waits for the same number of bytes, which one partition can fill alone. Otherwise one commit would be fetched in
many pieces, and each piece costs a transaction."""
END_OFFSETS_TIMEOUT = 4.0


def log_subscriber(
    settings: Settings,
    group: str,
    *,
    parser: Callable[[Any], Awaitable[KafkaAckableMessage]],
    handler: Callable[[Any], Awaitable[None]],
    listener: ConsumerRebalanceListener,
) -> tuple[KafkaBroker, Any]:
    """A broker, to be started, and its one subscriber, a member of the realm's *group*: batches of committed records of
    the log go through *parser*, and its `raw_message` to *handler*, which must not raise."""
    broker = KafkaBroker(
        settings.kafka_config.addresses.split(","),  # FastStream takes a string for the name of one broker
        security=security_of(settings.kafka_config),
        client_id=f"natija-{settings.process}",
        consumer_only=True,
        allow_auto_create_topics=False,
        apply_types=False,
        serializer=None,
        graceful_timeout=settings.drain.total_seconds() / 2,
        logger=None,
    )
    subscriber = broker.subscriber(
        LOG.name(settings.realm),
        group_id=f"{settings.realm.lower()}.{group}",
        batch=True,
        max_records=settings.batch_records,
        batch_timeout_ms=50,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_min_bytes=FETCH_BYTES,
        fetch_max_wait_ms=int(settings.fetch_max_wait * 1000),
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_000,
        ack_policy=AckPolicy.MANUAL,
        parser=parser,
        decoder=_decode,
        listener=listener,
    )
    subscriber(handler)
    return broker, subscriber


async def end_offsets(consumer: AIOKafkaConsumer, places: list[TopicPartition]) -> dict[TopicPartition, int]:
    """The end offset of each place. Raises KafkaError when Kafka does not answer within `END_OFFSETS_TIMEOUT`."""
    try:
        async with asyncio.timeout(END_OFFSETS_TIMEOUT):
            return dict(await consumer.end_offsets(places)) if places else {}
    except TimeoutError:
        raise KafkaTimeoutError(f"no answer within {END_OFFSETS_TIMEOUT:g} s to the end of the log") from None


def security_of(kafka: KafkaConfig) -> BaseSecurity:
    """The options of `KafkaConfig.client_options`, in the form of FastStream."""
    if not kafka.user or not kafka.password:
        return BaseSecurity(kafka.ssl_context())
    return SASLScram512(kafka.user, kafka.password, kafka.ssl_context())


async def _decode(message: KafkaAckableMessage) -> Any:
    """The decoder: the handler takes the raw records.

    It must not return the message: FastStream keeps the result in the message, and a message that holds itself keeps
    its thousand records alive until the garbage collector comes.
    """
    return message.raw_message
