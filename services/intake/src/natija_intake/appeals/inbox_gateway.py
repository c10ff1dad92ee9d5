"""The way from the intake API to the inbox, with a circuit breaker."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack

from aiokafka.errors import KafkaError

from natija_chassis.process.health import Health
from natija_chassis.process.stopping import pause
from natija_events.kafka import DeliveryUnconfirmed, ProposalOutcome, Publisher
from natija_events.wire.envelope import Event
from natija_intake.appeals.write_probe import WriteProbe, WritesUnconfirmed
from natija_intake.inbox_lag import InboxLag, KafkaUnreachable

PROBE_INTERVAL = 1.0

log = logging.getLogger(__name__)


class InboxGateway:
    """Proposes events through the publisher of *make_publisher*. Run `run` beside it.

    A circuit breaker with two states:

    - open, as at the start: Kafka does not answer or confirms no writes. Every proposal fails at once with
      `DeliveryUnconfirmed`, so that a client gets its 503 without a wait. The process is not ready.
    - closed: proposals go to Kafka.

    `run` probes Kafka every `PROBE_INTERVAL` seconds. A probe that succeeds closes the circuit, one that fails opens
    it. No half-open state is needed: the probe is a write of its own and risks no proposal. A proposal that fails
    leaves the state as it is, since its own error says more than the next probe would.
    """

    def __init__(self, inbox: InboxLag, write_probe: WriteProbe, make_publisher: Callable[[], Publisher]) -> None:
        self._inbox = inbox
        self._write_probe = write_probe
        self._make_publisher = make_publisher
        self._publisher: Publisher | None = None
        self._open_reason: str | None = "the process is starting"
        """Why the circuit is open; None while it is closed."""

    @property
    def health(self) -> Health:
        """Ready while the circuit is closed."""
        if self._open_reason is None:
            return Health(True, "accepting appeals")
        return Health(False, f"not accepting appeals: {self._open_reason}")

    async def run(self, stopping: asyncio.Event) -> None:
        """Connect, and probe Kafka until *stopping*."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._inbox)
            await stack.enter_async_context(self._write_probe)
            while not stopping.is_set():
                await self._probe(stack)
                await pause(stopping, PROBE_INTERVAL)

    async def propose(self, *events: Event, wait: float) -> ProposalOutcome:
        """Propose *events* together and wait for their outcome. Raises what `Publisher.propose` raises."""
        if self._publisher is None or self._open_reason is not None:
            raise DeliveryUnconfirmed(self._open_reason or "the process is starting")
        return await self._publisher.propose(*events, wait=wait)

    async def _probe(self, stack: AsyncExitStack) -> None:
        try:
            await self._inbox.end_offsets()
            await self._write_probe.write()
            if self._publisher is None:
                self._publisher = await stack.enter_async_context(self._make_publisher())
        except WritesUnconfirmed as error:
            self._open("Kafka confirms no writes", error)
        except (KafkaUnreachable, KafkaError, OSError) as error:
            self._open("Kafka does not answer", error)
        else:
            self._close()

    def _open(self, reason: str, error: Exception) -> None:
        if self._open_reason is None:
            log.warning("not accepting appeals: %s", error)
        self._open_reason = reason

    def _close(self) -> None:
        if self._open_reason is not None:
            log.info("accepting appeals")
        self._open_reason = None
