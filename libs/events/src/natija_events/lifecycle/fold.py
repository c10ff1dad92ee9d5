"""The fold: the state of one appeal, from its events. It accepts every registered event."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from natija_events.lifecycle import transitions
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.types import deadlines, intake, oversight, routing
from natija_events.types.base import EventData
from natija_events.wire.record import RecordedEvent


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal after its events. *missed* holds every due instant that passed without an answer.

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
    changed = {} if event.data is None else _changed(appeal, event.data)
    if standing.state in transitions.TERMINAL and appeal.standing.state not in transitions.TERMINAL:
        changed["closed"] = event.time
    elif standing.state in transitions.OPEN:
        changed["closed"] = None
    return replace(appeal, standing=standing, **changed)


def _changed(appeal: Appeal, data: EventData) -> dict[str, Any]:
    match data:
        case intake.Registered():
            return _opened(data)
        case routing.TopicAssigned():
            return {"topic": data.topic}
        case routing.Routed():
            return {"body": data.body, "executor": data.executor, "assigned": ()}
        case routing.Forwarded():
            return _forwarded(appeal, data)
        case routing.ExecutorChanged():
            return {"executor": data.executor, "assigned": ()}
        case routing.Assigned():
            return {"assigned": (*appeal.assigned, data.post)}
        case routing.Reopened():
            return _reopened(data)
        case routing.ForwardedInPart():
            return {"children": (*appeal.children, data.child)}
        case deadlines.TermSet() | deadlines.TermExtended():
            return {"due": data.due, "first_due": appeal.first_due or data.due}
        case deadlines.Warned():
            return {"warned": (*appeal.warned, data.due)}
        case deadlines.Missed():
            return {"missed": (*appeal.missed, data.due)}
        case routing.Answered():
            return {"outcome": data.outcome}
        case intake.RepeatLinked():
            return {"repeat_of": data.of}
        case intake.DuplicateLinked():
            return {"duplicate_of": data.of}
        case intake.DuplicateUnlinked():
            return {"duplicate_of": None}
        case intake.ComplaintFiled():
            return {"complaints": (*appeal.complaints, data.complaint)}
        case intake.PersonErased():
            return {"erased": True}
        case oversight.ControlTaken() | oversight.ControlReleased():
            return {"on_control": isinstance(data, oversight.ControlTaken)}
        case oversight.CourtNoted() | oversight.CourtClosed():
            return {"court_cases": _court_cases(appeal, data)}
    return _closing_outcome(data)


def _opened(data: intake.Registered) -> dict[str, Any]:
    return {
        "kind": data.kind,
        "country_type": data.country_type,
        "form": data.form,
        "channel": data.channel,
        "received": data.received,
        "region": data.region,
        "topic": data.topic,
        "addressee": data.addressee,
        "parent": data.parent,
        "complaint_of": data.complaint_of,
        "register_name": data.register_name,
        "external_id": data.external_id,
    }


def _forwarded(appeal: Appeal, data: routing.Forwarded) -> dict[str, Any]:
    if data.external:  # the present term stays: it tells whether the appeal left in time
        return {"body": data.body, "executor": None, "assigned": ()}
    first_due = appeal.first_due or data.due
    return {"body": data.body, "executor": None, "assigned": (), "due": data.due, "first_due": first_due}


def _reopened(data: routing.Reopened) -> dict[str, Any]:
    """Everything that the void end and its body had decided is gone; what was missed stays."""
    return {
        "body": data.body,
        "executor": None,
        "assigned": (),
        "due": None,
        "outcome": None,
        "reopened": data.decided,
    }


def _court_cases(appeal: Appeal, data: oversight.CourtNoted | oversight.CourtClosed) -> tuple[tuple[str, str], ...]:
    case = (data.court, data.case_number)
    others = tuple(one for one in appeal.court_cases if one != case)
    return (*others, case) if isinstance(data, oversight.CourtNoted) else others


def _closing_outcome(data: EventData) -> dict[str, Any]:
    match data:
        case intake.Withdrawn():
            return {"outcome": "withdrawn"}
        case routing.LeftWithoutConsideration():
            return {"outcome": "not_considered"}
        case routing.ReviewTerminated():
            return {"outcome": "terminated"}
    return {}
