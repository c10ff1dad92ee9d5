"""Which proposals may be sent, and when the rows are queried."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from natija_chassis.process_manager.in_flight import InFlight
from natija_chassis.process_manager.proposed_event import ProposedEvent
from natija_events.ids import derived_appeal_number
from natija_events.types.routing import Routed


def proposal(number: int, body: str = "b", sequence: int = 1) -> ProposedEvent:
    """A proposal for the appeal with this number."""
    appeal = derived_appeal_number("KG", "in flight", str(number))
    return ProposedEvent(appeal, Routed(body=body), datetime(2026, 1, 1, tzinfo=UTC), sequence, (body,))


class Registrar:
    """Keeps outcomes back until `answer`."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.failure: Exception | None = None

    async def send(self, proposal: ProposedEvent) -> None:
        await self.answer.wait()
        if self.failure:
            raise self.failure


def start(in_flight: InFlight, registrar: Registrar, *numbers: int, more_pending: bool = False) -> None:
    proposals = {one.appeal: one for one in map(proposal, numbers)}
    in_flight.start(proposals, registrar.send, more_pending=more_pending)


async def ended(in_flight: InFlight) -> None:
    while len(in_flight):
        await asyncio.sleep(0)


async def test_one_proposal_an_appeal() -> None:
    in_flight, registrar = InFlight(asyncio.Event(), limit=4), Registrar()
    start(in_flight, registrar, 1)
    assert in_flight.appeals == [proposal(1).appeal]
    assert not in_flight.admits(proposal(1, "another body"))
    assert in_flight.admits(proposal(2))
    await in_flight.cancel()
    assert in_flight.admits(proposal(1))


async def test_registered_state_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its projection shows another one, or for five seconds."""
    in_flight, registrar = InFlight(asyncio.Event(), limit=4), Registrar()
    start(in_flight, registrar, 1)
    in_flight.mark_registered(proposal(2, sequence=7))
    assert in_flight.busy == ([proposal(1).appeal], [f"{proposal(2).appeal}/7"])
    await in_flight.cancel()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 6)
    assert in_flight.busy == ([], [])
    assert not in_flight.admits(proposal(2))


async def test_settled_proposal_is_not_admitted() -> None:
    in_flight = InFlight(asyncio.Event(), limit=4)
    in_flight.mark_settled(proposal(1).id)
    assert not in_flight.admits(proposal(1))
    assert not in_flight.admits(proposal(1, sequence=2))
    assert in_flight.admits(proposal(1, "another body"))


async def test_rejected_proposal_may_be_tried_again() -> None:
    """On another state of the appeal."""
    in_flight = InFlight(asyncio.Event(), limit=4)
    in_flight.mark_settled(proposal(1).attempt)
    assert not in_flight.admits(proposal(1))
    assert in_flight.admits(proposal(1, sequence=2))


async def test_cooldown_doubles_up_to_half_minute() -> None:
    in_flight = InFlight(asyncio.Event(), limit=4)
    assert [in_flight.cool_down(proposal(1).id) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert not in_flight.admits(proposal(1))


async def test_forgotten_cooldown_lets_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row calls for the proposal any more. Without this the rows would be queried twice a second."""
    in_flight, now = InFlight(asyncio.Event(), limit=4), time.monotonic()
    in_flight.cool_down(proposal(1).id)
    assert in_flight.cooling
    monkeypatch.setattr(time, "monotonic", lambda: now + 32)
    assert not in_flight.cooling


async def test_query_waits_for_half_the_places() -> None:
    in_flight, registrar = InFlight(asyncio.Event(), limit=4), Registrar()
    assert in_flight.should_query()
    start(in_flight, registrar, 1, 2)
    assert in_flight.should_query()
    start(in_flight, registrar, 3)
    assert (in_flight.places, in_flight.should_query()) == (1, False)
    await in_flight.cancel()


async def test_free_places_wake_for_more() -> None:
    """Outcomes wake the process manager only when the last query left something out."""
    for more_pending in (True, False):
        wake, registrar = asyncio.Event(), Registrar()
        in_flight = InFlight(wake, limit=2)
        start(in_flight, registrar, 1, 2, more_pending=more_pending)
        registrar.answer.set()
        await ended(in_flight)
        assert wake.is_set() == more_pending


async def test_failure_wakes_and_is_raised() -> None:
    wake, registrar = asyncio.Event(), Registrar()
    in_flight = InFlight(wake, limit=2)
    start(in_flight, registrar, 1)
    registrar.failure = RuntimeError("no broker")
    registrar.answer.set()
    await ended(in_flight)
    assert wake.is_set()
    with pytest.raises(RuntimeError, match="no broker"):
        in_flight.raise_failure()
    await in_flight.cancel()
    in_flight.raise_failure()
