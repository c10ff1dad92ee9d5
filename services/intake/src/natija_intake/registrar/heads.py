"""The head of an appeal: the state that admission needs for the next proposal, and that the status page shows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from natija_events.lifecycle import holding, transitions
from natija_events.lifecycle.holding import NOT_HELD, Holding
from natija_events.lifecycle.transitions import ENDED, INITIAL, Standing
from natija_events.types import deadlines, intake, routing
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent
from natija_intake.registrar.term_limits import NO_LIMITS, TermLimits, evolve_limits, without_answers


class Head(NamedTuple):
    """The state of one appeal after its last event.

    *hash* is the hash of that event. *registered* is the recorded time of the first one. *forwarded* is true from a
    forward until the receiving body has routed the appeal. *external_body* is the body outside the register to which
    it was forwarded. *code_generation* is that of its access code. *limits* are those of its terms.

    *term* is the present term for the answer, which ends at *due* and was *extended* or not. *since* is the sequence of
    the event from which that of the present body counts: the registration, a forward or a reopening.

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
    term: str | None = None
    since: int = 0

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
    if changes := _changes(head, standing.sequence, data):
        head = head._replace(**changes)
    if standing.state in ENDED and head.limits:
        head = head._replace(limits=NO_LIMITS)  # no term of an appeal that ended runs on
    return Head(standing, held, hash, head.received, registered, *head[5:])


def _changes(head: Head, sequence: int, data: EventData | None) -> Mapping[str, Any]:
    match data:
        case intake.Registered():
            return {"received": data.received, "since": sequence}
        case intake.AccessCodeReplaced():
            return {"code_generation": max(head.code_generation, data.generation)}
        case routing.Routed():
            return {"external_body": None, "forwarded": False}
        case routing.Forwarded() if data.external:
            return {"external_body": data.body, "extended": False, "forwarded": True}
        case routing.Forwarded() | routing.Reopened():
            forwarded, limits = isinstance(data, routing.Forwarded), without_answers(head.limits)
            return {**_NO_TERM, "since": sequence, "forwarded": forwarded, "limits": limits}
        case deadlines.TermSet():
            data = _without_past_answers(data, head.since)
            return {"limits": evolve_limits(head.limits, data), **_answer_term(data)}
        case deadlines.TermResumed() | deadlines.TermExtended() | deadlines.TermCorrected():
            return {"limits": evolve_limits(head.limits, data), **_moved_term(head, data)}
    return {}


_NO_TERM: Mapping[str, Any] = {"external_body": None, "term": None, "due": None, "extended": False}
"""Another body has the appeal, and no term yet."""


def _without_past_answers(data: deadlines.TermSet, since: int) -> deadlines.TermSet:
    """The terms without those for the answer of bodies before: they may be set late, and bind nobody any more."""
    terms = tuple(term for term in data.terms or () if term.kind != "answer" or term.origin.sequence >= since)
    return data if len(terms) == len(data.terms or ()) else data.model_copy(update={"terms": terms})


def _answer_term(data: deadlines.TermSet) -> Mapping[str, Any]:
    answer = deadlines.answer_term(data)
    return {} if answer is None else {"term": answer[0], "due": answer[1], "extended": False}


def _moved_term(
    head: Head, data: deadlines.TermResumed | deadlines.TermExtended | deadlines.TermCorrected
) -> Mapping[str, Any]:
    if data.term != head.term:
        return {}
    return {"due": data.due, "extended": head.extended or isinstance(data, deadlines.TermExtended)}
