"""The circuit breaker before the inbox: closed while Kafka confirms writes, open otherwise."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any, Self
from uuid import uuid4

import pytest
from tests.unit.intake.realm import NOW

from natija_events.kafka import DeliveryUnconfirmed, ProposalOutcome
from natija_events.wire.envelope import Event
from natija_intake.appeals import inbox_gateway
from natija_intake.appeals.inbox_gateway import InboxGateway
from natija_intake.appeals.write_probe import WritesUnconfirmed
from natija_intake.inbox_lag import KafkaUnreachable

EVENT = Event(id=uuid4(), source="/services/intake", type="t", subject="KG-1", time=NOW, data=b"{}")


class Connection(AbstractAsyncContextManager["Connection"]):
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


class Kafka(Connection):
    """Answers one probe after the other as *probes* say, then stops the gateway."""

    def __init__(self, *probes: Exception | None) -> None:
        self.probes = list(probes)
        self.stopping = asyncio.Event()

    async def end_offsets(self) -> dict[int, int]:
        if isinstance(self.probes[0], KafkaUnreachable):
            self.next()
        return {}

    async def write(self) -> None:
        self.next()

    def next(self) -> None:
        probe = self.probes.pop(0)
        if not self.probes:
            self.stopping.set()
        if probe is not None:
            raise probe


class Publisher(Connection):
    async def propose(self, event: Event, *, wait: float) -> ProposalOutcome:
        return ProposalOutcome(event.subject, 1, NOW, None)


@pytest.fixture(autouse=True)
def _probe_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_gateway, "PROBE_INTERVAL", 0)


async def gateway_after(*probes: Exception | None) -> InboxGateway:
    kafka: Any = Kafka(*probes)
    make_publisher: Any = Publisher
    gateway = InboxGateway(kafka, kafka, make_publisher)
    if probes:
        await gateway.run(kafka.stopping)
    return gateway


UNREACHABLE, UNCONFIRMED = KafkaUnreachable("no answer"), WritesUnconfirmed("no write")


@pytest.mark.parametrize("probes", [[None], [UNREACHABLE, None], [UNCONFIRMED, UNREACHABLE, None]])
async def test_successful_probe_closes_the_circuit(probes: list[Exception | None]) -> None:
    gateway = await gateway_after(*probes)
    assert (gateway.health.ready, gateway.health.message) == (True, "accepting appeals")
    assert (await gateway.propose(EVENT, wait=1)).registered


@pytest.mark.parametrize(
    ("probes", "reason"),
    [
        ([], "the process is starting"),
        ([None, UNREACHABLE], "Kafka does not answer"),
        ([None, UNCONFIRMED], "Kafka confirms no writes"),
    ],
)
async def test_failed_probe_opens_the_circuit(probes: list[Exception | None], reason: str) -> None:
    """A proposal then fails at once, with the reason."""
    gateway = await gateway_after(*probes)
    assert (gateway.health.ready, gateway.health.message) == (False, f"not accepting appeals: {reason}")
    with pytest.raises(DeliveryUnconfirmed, match=reason):
        await gateway.propose(EVENT, wait=1)
