"""The fold: the state of one appeal, from its events. It accepts every registered event."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from natija_events.lifecycle import transitions
from natija_events.lifecycle.effects import changed_fields
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.types import deadlines, routing
from natija_events.types.base import EventData
from natija_events.wire.record import RecordedEvent


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal after its events. *term* is its term for the answer, *missed* holds every due instant that was missed.

    *assigned*: the posts with a task of the present body. *reopened*: when a court or higher body last decided that it
    must be considered again. *court_cases*: court and number of each that is not closed.
    """

    number: str
    standing: Standing = INITIAL
    kind: str | None = None
    country_type: str | None = None
    form: str | None = None
    channel: str | None = None
    received: datetime | None = None
    region: str | None = None
    topic: str | None = None
    addressee: str | None = None
    body: str | None = None
    executor: str | None = None
    assigned: tuple[str, ...] = ()
    term: str | None = None
    due: datetime | None = None
    first_due: datetime | None = None
    warned: tuple[datetime, ...] = ()
    missed: tuple[datetime, ...] = ()
    closed: datetime | None = None
    outcome: str | None = None
    reopened: datetime | None = None
    court_cases: tuple[tuple[str, str], ...] = ()
    repeat_of: str | None = None
    duplicate_of: str | None = None
    parent: str | None = None
    children: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    complaint_of: str | None = None
    on_control: bool = False
    erased: bool = False
    register_name: str | None = None
    external_id: str | None = None

    @property
    def open(self) -> bool:
        """True while the appeal awaits an answer."""
        return self.standing.state in transitions.OPEN


def fold(events: Iterable[RecordedEvent]) -> Appeal | None:
    """The appeal after these events, given in their order; None when there are none."""
    appeal = None
    for event in events:
        appeal = evolve(Appeal(event.subject) if appeal is None else appeal, event)
    return appeal


def evolve(appeal: Appeal, event: RecordedEvent) -> Appeal:
    """The appeal after one more event."""
    standing = transitions.evolve(appeal.standing, event.type, event.time, event.data)
    changed = {} if event.data is None else changed_fields(appeal, event.data) | _changed_term(appeal, event.data)
    if standing.state in transitions.TERMINAL and appeal.standing.state not in transitions.TERMINAL:
        changed["closed"] = event.time
    elif standing.state in transitions.OPEN:
        changed["closed"] = None
    return replace(appeal, standing=standing, **changed)


def _changed_term(appeal: Appeal, data: EventData) -> dict[str, Any]:
    match data:
        case routing.Forwarded(external=False) | routing.Reopened():
            return {"term": None, "due": None}
        case deadlines.TermSet():
            return _term_set(appeal, data)
        case deadlines.TermResumed() | deadlines.TermExtended() | deadlines.TermCorrected():
            return {"due": data.due} if data.term == appeal.term else {}
        case deadlines.Warned():
            return {"warned": (*appeal.warned, data.due)}
        case deadlines.Missed():
            return {"missed": (*appeal.missed, data.due)}
    return {}  # forwarded outside, the present term stays: it tells whether the appeal left in time


def _term_set(appeal: Appeal, data: deadlines.TermSet) -> dict[str, Any]:
    answer = deadlines.answer_term(data)
    if answer is None:
        return {}
    term, due = answer
    return {"term": term, "due": due, "first_due": appeal.first_due or due}
