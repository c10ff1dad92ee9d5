"""The way from the API to the inbox: open while Kafka takes writes, and open again by itself once it does again."""

import asyncio
import logging
from contextlib import AsyncExitStack

from aiokafka.errors import KafkaError

from natija_chassis.process.health import Health
from natija_chassis.process.stopping import pause
from natija_events.kafka import DeliveryUnconfirmed, KafkaConfig, ProposalOutcome, Publisher
from natija_events.wire.envelope import Event
from natija_intake.appeals.write_probe import WriteProbe, WritesUnconfirmed
from natija_intake.inbox_lag import InboxLag, KafkaUnreachable

PROBE_INTERVAL = 1.0

log = logging.getLogger(__name__)


class InboxGateway:
    """Proposes events of *source*. Run `keep_open` beside it; while Kafka takes nothing, nothing is even tried."""

    def __init__(self, kafka: KafkaConfig, realm: str, source: str, *, delivery_wait: float) -> None:
        self._kafka, self._realm, self._source = kafka, realm, source
        self._inbox = InboxLag(kafka, realm)
        self._write_probe = WriteProbe(kafka, realm, "intake")
        self._delivery_wait = delivery_wait
        self._publisher: Publisher | None = None
        self._trouble: str | None = "it is starting"

    @property
    def health(self) -> Health:
        """Ready while appeals can be proposed."""
        if self._trouble is None:
            return Health(True, "open: appeals can be proposed")
        return Health(False, f"closed: {self._trouble}")

    async def run(self, stopping: asyncio.Event) -> None:
        """Connect, and keep asking whether Kafka is there and takes writes, until *stopping*."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._inbox)
            await stack.enter_async_context(self._write_probe)
            while not stopping.is_set():
                await self._look(stack)
                await pause(stopping, PROBE_INTERVAL)

    async def propose(self, event: Event, *, wait: float) -> ProposalOutcome:
        """Propose *event* and wait for its outcome. Raises what `Publisher.propose` raises."""
        if self._publisher is None or self._trouble is not None:
            raise DeliveryUnconfirmed(self._trouble or "it is starting")
        return await self._publisher.propose(event, wait=wait)

    async def _look(self, stack: AsyncExitStack) -> None:
        try:
            await self._inbox.ends()
            await self._write_probe.write()
            if self._publisher is None:
                publisher = Publisher(self._kafka, self._realm, self._source, delivery_timeout=self._delivery_wait)
                self._publisher = await stack.enter_async_context(publisher)
        except WritesUnconfirmed as error:
            self._close("Kafka takes no writes", error)
        except (KafkaUnreachable, KafkaError, OSError) as error:
            self._close("Kafka does not answer", error)
        else:
            if self._trouble is not None:
                log.info("open")
            self._trouble = None

    def _close(self, trouble: str, error: Exception) -> None:
        if self._trouble is None:
            log.warning("closed: %s", error)
        self._trouble = trouble
