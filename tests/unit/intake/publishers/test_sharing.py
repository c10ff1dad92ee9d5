"""The events that publishers may read back: of appeals that they opened, or that their body holds or has held."""

from datetime import UTC, datetime
from uuid import uuid4

from tests.sealing import sealed_somewhere

from natija_events.ids import new_appeal_number
from natija_events.types.base import EventData
from natija_events.types.intake import ComplaintFiled, Registered
from natija_events.types.routing import Forwarded, Routed
from natija_events.wire.envelope import Event, Stamp
from natija_events.wire.record import RecordedEvent
from natija_intake.outcomes.sharing import SharedAppeal, share

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBER, COMPLAINT = new_appeal_number("KG"), new_appeal_number("KG")
PORTAL, ROUTER, REGISTER = "/portals/labour", "/services/routing", "/registers/osh"


def opening(**fields: object) -> Registered:
    origin = {"kind": "complaint", "form": "written", "channel": "other", "received": NOW, "jurisdiction": "KG"}
    return sealed_somewhere(Registered.model_validate(origin | fields))  # type: ignore[return-value]


def shared(*events: tuple[str, EventData], again: bool = False) -> dict[str, list[int]]:
    """The offsets that each reader gets, of events at the offsets 0, 1, …; *again*: each is read twice."""
    appeal: SharedAppeal | None = None
    found: dict[str, list[int]] = {}
    for offset, (source, data) in enumerate(events):
        event = Event(uuid4(), source, data.type, NUMBER, NOW, b"{}")
        recorded = RecordedEvent(3, offset, event, Stamp(offset + 1, offset + 1, NOW, offset, 0, "x"), data, ())
        for _ in range(2 if again else 1):
            appeal, rows = share(appeal, recorded)
            for row in rows:
                found.setdefault(row.reader, []).append(row.offset)
    return found


def test_opener_and_holders_read_all() -> None:
    """A body that gets the appeal reads what was before; one that had it reads what comes after."""
    events = (PORTAL, opening()), (ROUTER, Routed(body="health")), ("/desks/health", Forwarded(body="labour"))
    assert shared(*events) == {"source:/portals/labour": [0, 1, 2], "body:health": [0, 1, 2], "body:labour": [0, 1, 2]}
    assert shared(*events, again=True) == shared(*events), "an event that is read again changes nothing"


def test_confidential_appeal_is_not_shared() -> None:
    assert shared((PORTAL, opening(confidential=True)), (ROUTER, Routed(body="health"))) == {}


def test_own_services_read_nothing_back() -> None:
    assert shared(("/services/intake", opening()), (ROUTER, Routed(body="health"))) == {"body:health": [0, 1]}


def test_link_to_complaint_is_not_shared() -> None:
    """The body must not learn in this way that somebody complains about it."""
    events = (PORTAL, opening()), (ROUTER, Routed(body="health")), (PORTAL, ComplaintFiled(complaint=COMPLAINT))
    assert shared(*events)["body:health"] == [0, 1]


def test_fed_appeal_is_shared_when_taken_over() -> None:
    """While a register feeds it, nobody reads it back. Then the body reads its whole history."""
    events: list[tuple[str, EventData]] = [(REGISTER, opening(register_name="osh")), (REGISTER, Routed(body="health"))]
    assert shared(*events) == {}
    assert shared(*events, ("/desks/health", Forwarded(body="labour")))["body:labour"] == [0, 1, 2]


def test_appeal_without_opening_is_not_shared() -> None:
    """Whether it is confidential is not known."""
    assert shared((ROUTER, Routed(body="health"))) == {}
