"""The case of one appeal: the facts that decide in which queue it waits and who may act; and how an event changes it.

Pure. Text is not here: it is read from the log, and opened, when somebody looks at it.
"""

from datetime import datetime
from typing import Any, Literal, NamedTuple

from natija_events.lifecycle import holding, transitions
from natija_events.lifecycle.holding import Holding
from natija_events.lifecycle.transitions import INITIAL, OPEN, TERMINAL, Standing, State
from natija_events.types.base import EventData
from natija_events.types.deadlines import (
    Missed,
    TermAnnulled,
    TermCorrected,
    TermExtended,
    TermResumed,
    TermSet,
    answer_term,
)
from natija_events.types.intake import Registered, Withdrawn
from natija_events.types.routing import (
    Answered,
    DataRequested,
    DecisionApproved,
    DecisionDeclined,
    DecisionPrepared,
    ExecutorChanged,
    Forwarded,
    LeftWithoutConsideration,
    Reopened,
    ReviewTerminated,
    Routed,
    TopicAssigned,
)
from natija_events.wire.record import RecordedEvent

Stage = Literal["unrouted", "arrived", "work", "data", "approval", "signing", "closed"]
"""The stage of an appeal. *unrouted*: no body holds it. *arrived*: one does, and no official is in charge."""

_STAGES: dict[State, Stage] = {
    "IN_WORK": "work", "AWAITING_DATA": "data", "ON_APPROVAL": "approval", "ON_SIGNING": "signing",
    **dict.fromkeys(TERMINAL, "closed"),
}  # fmt: skip


class Case(NamedTuple):
    """One appeal.

    *holder*, *addressee*, *opener* and *fed* are those of its `Holding`, *held_by* are all bodies that ever held it.
    *due* is the end of the holder's present term for the answer, *term* its id. This body may extend it *extensions*
    times more: before it ends, by *extend_until* if there is one, and to *latest* at most. *breach* is the first due
    instant that this holder missed. *drafted* is the sequence of the last draft of the answer and *draft_outcome* its
    outcome, *approver* the post that approved it. *data_until*: while the applicant is asked for data.
    """

    appeal: str
    standing: Standing = INITIAL
    received: datetime | None = None
    kind: str | None = None
    form: str | None = None
    channel: str | None = None
    language: str | None = None
    region: str | None = None
    topic: str | None = None
    complained_of: str | None = None
    complaint_of: str | None = None
    confidential: bool = False
    holder: str | None = None
    held_by: tuple[str, ...] = ()
    addressee: str | None = None
    opener: str | None = None
    fed: bool = False
    executor: str | None = None
    term: str | None = None
    due: datetime | None = None
    extensions: int = 0
    extend_until: datetime | None = None
    latest: datetime | None = None
    breach: datetime | None = None
    drafted: int | None = None
    draft_outcome: str | None = None
    approver: str | None = None
    data_until: datetime | None = None
    closed: datetime | None = None
    outcome: str | None = None

    @property
    def body(self) -> str | None:
        """The body that has to act: the holder, or before there is one the body to which the applicant wrote.

        None for a complaint to the body that it is about: that body may not read it, so somebody must route it.
        """
        return self.holder or (None if self.addressee == self.complained_of else self.addressee)

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        state = self.standing.state
        return _STAGES.get(state) or ("unrouted" if self.holder is None else "arrived")

    @property
    def is_open(self) -> bool:
        """Whether it awaits an answer."""
        return self.standing.state in OPEN


def evolve(case: Case, event: RecordedEvent) -> Case:
    """The case after one more event of its appeal. Total, like every fold."""
    standing = transitions.evolve(case.standing, event.type, event.time, event.data)
    held = holding.evolve(Holding(case.holder, case.addressee, case.opener, case.fed), event.event.source, event.data)
    changed: dict[str, Any] = {} if event.data is None else _changes(case, event.data, event.sequence)
    if standing.state in TERMINAL and case.standing.state not in TERMINAL:
        changed["closed"] = event.time
    elif standing.state in OPEN:
        changed["closed"] = None
    if standing.state != "AWAITING_DATA":
        changed["data_until"] = None
    if held.holder is not None and held.holder not in case.held_by:
        changed["held_by"] = (*case.held_by, held.holder)
    return case._replace(
        standing=standing, holder=held.holder, addressee=held.addressee, opener=held.opener, fed=held.fed, **changed
    )


_NO_DRAFT = {"drafted": None, "draft_outcome": None, "approver": None}
_NOT_EXTENDABLE = {"extensions": 0, "extend_until": None, "latest": None}
_NEW_HOLDER = {"executor": None, "term": None, "due": None, "breach": None, **_NOT_EXTENDABLE, **_NO_DRAFT}


def _changes(case: Case, data: EventData, sequence: int) -> dict[str, Any]:
    match data:
        case Registered():
            return {
                name: getattr(data, name)
                for name in (
                    "received", "kind", "form", "channel", "language", "region", "topic", "complained_of",
                    "complaint_of", "confidential",
                )
            }  # fmt: skip
        case TopicAssigned():
            return {"topic": data.topic}
        case Routed() | ExecutorChanged():
            return {"executor": data.executor, **_NO_DRAFT}
        case Forwarded():
            return {"executor": None} if data.external else _NEW_HOLDER
        case Reopened():
            return {**_NEW_HOLDER, "outcome": None}
        case DataRequested():
            return {"data_until": data.until}
        case DecisionPrepared():
            return {"drafted": sequence, "draft_outcome": data.outcome, "approver": None}
        case DecisionDeclined():
            return {"approver": None}
        case DecisionApproved():
            return {"approver": data.approver}
        case Answered():
            return {"outcome": data.outcome}
        case LeftWithoutConsideration():
            return {"outcome": "not_considered"}
        case ReviewTerminated():
            return {"outcome": "terminated"}
        case Withdrawn():
            return {"outcome": "withdrawn"}
    return _term_changes(case, data)


def _term_changes(case: Case, data: EventData) -> dict[str, Any]:
    match data:
        case TermSet():
            return _set_changes(data)
        case TermExtended() if data.term == case.term:
            return {"due": data.due, "extensions": max(0, case.extensions - 1)}
        case TermResumed() | TermCorrected() if data.term == case.term:
            return {"due": data.due}
        case Missed() if data.term == case.term:
            return {"breach": case.breach or data.due}
        case TermAnnulled() if data.term == case.term and data.due == case.breach:
            return {"breach": None}
    return {}


def _set_changes(data: TermSet) -> dict[str, Any]:
    if (answer := answer_term(data)) is None:
        return {}
    id, due = answer
    limits = next((one.extension for one in data.terms or () if one.id == id), None)
    found = {"term": id, "due": due, **_NOT_EXTENDABLE}
    if limits is not None and "desk" in limits.roles:
        found |= {"extensions": limits.times, "extend_until": limits.until, "latest": limits.latest}
    return found
