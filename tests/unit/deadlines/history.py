"""Given: what the log says of one appeal, event by event, for tests of what a service makes of it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.sealing import to_json

from natija_deadlines.terms.state import AppealTerms, evolve
from natija_events.ids import derived_appeal_number, derived_event_id
from natija_events.terms.facts import TermFact, facts_of
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.wire import record
from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent

Given = tuple[str, EventData] | tuple[str, EventData, str] | tuple[str, EventData, str, UUID]
APPEAL = derived_appeal_number("KG", "given")


def at(text: str) -> datetime:
    """An instant, UTC unless it says otherwise."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def registered(received: str, **more: Any) -> Registered:
    """A registration as the electronic channel makes it."""
    given = {"kind": "application", "form": "electronic", "channel": "electronic", "jurisdiction": "KG"}
    return Registered.model_validate({**given, "received": at(received), **more})


def recorded(
    sequence: int, time: str, data: EventData, source: str = "/tests", appeal: str = APPEAL, id: UUID | None = None
) -> RecordedEvent:
    """*data* as the *sequence*-th event of the appeal, recorded when it happened."""
    moment = at(time)
    event = Event(
        id=id or derived_event_id(appeal, str(sequence)),
        source=source,
        type=data.type,
        subject=appeal,
        time=moment,
        data=to_json(data),
    )
    stamp = Stamp(sequence, sequence, moment, inboxoffset=sequence, referenceversion=0, previoushash=GENESIS)
    return record.read_recorded_event(0, sequence, event.data, write_headers(event, stamp))


def history(*events: Given, appeal: str = APPEAL) -> list[RecordedEvent]:
    """Events of one appeal in their order: (time, data) each, and the source and the id if they matter."""
    found = []
    for place, event in enumerate(events, 1):
        source = event[2] if len(event) > 2 else "/tests"
        found.append(recorded(place, event[0], event[1], source, appeal, event[3] if len(event) > 3 else None))
    return found


def folded(*events: Given) -> tuple[AppealTerms, list[TermFact]]:
    """The state of an appeal with this history, and the facts about its terms."""
    appeal, facts = AppealTerms(APPEAL), list[TermFact]()
    for event in history(*events):
        appeal = evolve(appeal, event)
        facts += facts_of(event)
    return appeal, facts
