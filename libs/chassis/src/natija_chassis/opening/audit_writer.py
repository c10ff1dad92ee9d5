"""Writes to the topic of audit who opens what: Kafka has the record before anything is opened."""

import asyncio
from types import TracebackType
from typing import Self

from aiokafka.errors import KafkaError

from natija_chassis.observability import metrics
from natija_events.kafka import KafkaConfig, partition_of
from natija_events.kafka.idempotent_producer import IdempotentProducer, ProducerClosed
from natija_events.topics import AUDIT
from natija_events.wire.audit_record import HEADERS, AuditRecord, write_audit_record


class AuditUnconfirmed(Exception):
    """Kafka did not confirm the record of a look: nothing may be shown. The record may be on the topic all the same."""


class AuditWriter:
    """Records looks at appeals of a *realm*, with acks=all and idempotence, for many callers at once.

    An async context manager, which opens even while Kafka is down. *timeout* (seconds) limits each record.
    """

    def __init__(self, kafka: KafkaConfig, realm: str, timeout: float = 5.0) -> None:
        self._topic = AUDIT.name(realm)
        self._timeout = timeout
        self._producer = IdempotentProducer(kafka, timeout)
        self._opening = asyncio.Lock()
        self._is_open = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._producer.close()

    async def write(self, record: AuditRecord) -> None:
        """Write *record*, and return once Kafka has it. Raises `AuditUnconfirmed`."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._write(record)
        except (KafkaError, ProducerClosed, OSError, TimeoutError) as error:
            metrics.LOOKS.labels(record.process, "unconfirmed").inc()
            raise AuditUnconfirmed(f"Kafka did not confirm the record of the look ({type(error).__name__})") from None
        metrics.LOOKS.labels(record.process, "recorded").inc()

    async def _write(self, record: AuditRecord) -> None:
        async with self._opening:
            if not self._is_open:
                await self._producer.open()
                self._is_open = True
        key, value = write_audit_record(record)
        await self._producer.send(self._topic, key, value, HEADERS, partition_of(key))
