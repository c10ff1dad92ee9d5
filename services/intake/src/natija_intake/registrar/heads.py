"""The head of an appeal: the state that admission needs for the next proposal, and that the status page shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from natija_events.lifecycle import holding, transitions
from natija_events.lifecycle.holding import NOT_HELD, Holding
from natija_events.lifecycle.transitions import INITIAL, Standing
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent
from natija_intake.registrar.term_limits import NO_LIMITS, TermLimits, evolve_limits


class Head(NamedTuple):
    """The state of one appeal after its last event.

    *hash* is the hash of that event. *registered* is the recorded time of the first one. *forwarded* is true from a
    forward until the receiving body has routed the appeal. *external_body* is the body outside the register to which
    it was forwarded. *code_generation* is that of its access code. *limits* are those of its terms.

    A head has at most 2 KB; a test measures the largest one.
    """

    standing: Standing = INITIAL
    holding: Holding = NOT_HELD
    hash: str = GENESIS
    received: datetime | None = None
    registered: datetime | None = None
    external_body: str | None = None
    due: datetime | None = None
    extended: bool = False
    forwarded: bool = False
    code_generation: int = 1
    limits: TermLimits = NO_LIMITS

    @property
    def body(self) -> str | None:
        """The body that the applicant is told: the one that holds the appeal or got it last, else the addressee."""
        return self.external_body or self.holding.holder or self.holding.addressee


NO_HEAD = Head()
"""The head of an appeal without events."""


def evolve(head: Head, event: RecordedEvent, *, hash: str) -> Head:
    """The head after one more registered event, whose hash is *hash*. Pure."""
    return _evolved(head, event.event, event.data, hash, head.registered or event.stamp.recordedtime)


def advance(head: Head, event: Event, data: EventData | None) -> Head:
    """The head after one more *event* of a proposal, for admission to judge the next one. Its hash and time stay."""
    return _evolved(head, event, data, head.hash, head.registered)


def _evolved(head: Head, event: Event, data: EventData | None, hash: str, registered: datetime | None) -> Head:
    standing = transitions.evolve(head.standing, event.type, event.time, data)
    held = holding.evolve(head.holding, event.source, data)
    if changes := _changes(head, data):
        head = head._replace(**changes)
    _, _, _, received, _, external, due, extended, forwarded, code_generation, limits = head
    return Head(standing, held, hash, received, registered, external, due, extended, forwarded, code_generation, limits)


def _changes(head: Head, data: EventData | None) -> Mapping[str, Any]:
    match data:
        case intake.Registered():
            return {"received": data.received}
        case intake.AccessCodeReplaced():
            return {"code_generation": max(head.code_generation, data.generation)}
        case routing.Routed():
            return {"external_body": None, "forwarded": False}
        case routing.Forwarded():
            body, due = (data.body, head.due) if data.external else (None, None)
            return {"external_body": body, "due": due, "extended": False, "forwarded": True}
        case routing.Reopened():
            return {"external_body": None, "due": None, "extended": False, "forwarded": False}
        case deadlines.TermSet() | deadlines.TermResumed() | deadlines.TermExtended() | deadlines.TermCorrected():
            return _term_changes(head, data)
    return {}


def _term_changes(
    head: Head,
    data: deadlines.TermSet | deadlines.TermResumed | deadlines.TermExtended | deadlines.TermCorrected,
) -> Mapping[str, Any]:
    changes: dict[str, Any] = {"limits": evolve_limits(head.limits, data)}
    if isinstance(data, deadlines.TermSet):
        answer = deadlines.answer_term(data)
        if answer is not None:
            changes |= {"due": answer[1], "extended": False}
    elif data.term.startswith("answer-"):
        changes |= {"due": data.due, "extended": head.extended or isinstance(data, deadlines.TermExtended)}
    return changes
