"""Writes outcomes to the topics of their publishers, in the order of positions. A crash may repeat the last ones."""

import logging
import time
from types import TracebackType
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.observability.logs import sanitised
from natija_events.failpoints import failpoint
from natija_events.kafka import KafkaConfig
from natija_events.kafka.shutdown import close_producer
from natija_events.topics import outcome_topic
from natija_events.wire.outcome import write_outcome
from natija_intake.outcomes import store

_MOST = 500
_TIMEOUT_MS = 5000
_RETRY_AFTER = 30.0
"""Seconds until a topic is tried again to which nothing could be written."""

log = logging.getLogger(__name__)


class OutcomeTopics:
    """The outcome topics of a *realm*. An async context manager.

    A topic that is missing, or that Kafka does not let the relay write, holds up nobody else's: it is tried again.
    """

    def __init__(self, kafka: KafkaConfig, realm: str, engine: AsyncEngine) -> None:
        self._producer = AIOKafkaProducer(
            **kafka.client_options(), acks="all", enable_idempotence=True, request_timeout_ms=_TIMEOUT_MS
        )
        self._realm = realm
        self._engine = engine
        self._retry_at: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        """Connect. Raises KafkaError."""
        await self._producer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await close_producer(self._producer)

    async def write(self, source: str) -> bool:
        """Write what is not yet on the topic of *source*. False when it could not be written now.

        Raises errors of the database.
        """
        if time.monotonic() < self._retry_at.get(source, 0):
            return False
        try:
            while await self._write_some(source):
                pass
        except KafkaError as error:
            if source not in self._retry_at:  # once, and not at each attempt
                name = outcome_topic(self._realm, source)
                log.warning("outcomes cannot be written to %s, retrying: %s", name, sanitised(error))
            self._retry_at[source] = time.monotonic() + _RETRY_AFTER
            return False
        self._retry_at.pop(source, None)
        return True

    async def _write_some(self, source: str) -> bool:
        """Write the next outcomes. True when there may be more."""
        async with self._engine.connect() as connection:
            published = await store.load_published(connection, source)
            found = await store.outcomes_after(connection, source, published, _MOST)
        if not found:
            return False
        topic = outcome_topic(self._realm, source)
        with failpoint("relay.send"):
            sent = []
            for position, decided in found:
                key, value, headers = write_outcome(decided, position)
                sent.append(await self._producer.send(topic, value, key=key, headers=headers, partition=0))
            for one in sent:
                await one
        with failpoint("relay.published"):
            async with self._engine.begin() as connection:
                await store.save_published(connection, source, found[-1].position)
        return len(found) == _MOST
