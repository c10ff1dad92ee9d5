"""The terms of an appeal as of an instant: each with its due instant and its state."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import breaches_of, is_late
from natija_events.terms.timeline import DueSpan, Timeline
from natija_events.types.deadlines import ANY_END

Status = Literal["running", "paused", "merged", "met", "missed", "cancelled", "expired"]
"""`met`: an event that the term names ended it in time. `cancelled`: the appeal ended first. `missed`: it passed, and a
body is late. `expired`: it passed, and no body is. `merged`: it rests, as its appeal does."""


class TermState(NamedTuple):
    """One term. *holder*: the body that must act, or `applicant`; None while no body holds the appeal."""

    term: str
    holder: str | None
    due: datetime
    status: Status


def term_states(facts: Iterable[TermFact], at: datetime, known: datetime | None = None) -> list[TermState]:
    """The terms of one appeal at the aware instant *at*, from all *facts* about it, in the order of their ids.

    Only events dated at or before *at* count, and only those recorded by *known*, if it is given.
    """
    timeline = Timeline.of(facts, at, known)
    missed = {breach.term for breach in breaches_of(timeline)}
    last = {span.term: span for span in timeline.spans}
    return [_state(span, timeline, span.term in missed) for _, span in sorted(last.items())]


def _state(span: DueSpan, timeline: Timeline, missed: bool) -> TermState:
    end = None if missed else timeline.first_end(span, span.due)
    holder = span.set.holder or timeline.holder(min(timeline.at, span.due), span.origin, end)
    return TermState(span.term, holder, span.due, "missed" if missed else _status(span, timeline))


def _status(span: DueSpan, timeline: Timeline) -> Status:
    """The state of a term that no body missed."""
    end = timeline.first_end(span, timeline.at)
    if end is not None and not is_late(end.time, span.due):
        named = span.set.ends or (ANY_END,)
        return "met" if end.name in named or (ANY_END in named and end in timeline.ends) else "cancelled"
    if end is not None and timeline.is_paused(span, end.time):
        return "cancelled"
    if timeline.merge(timeline.at) is not None:
        return "merged"
    if timeline.is_paused(span, timeline.at):
        return "paused"
    return "expired" if end is not None or is_late(timeline.at, span.due) else "running"
