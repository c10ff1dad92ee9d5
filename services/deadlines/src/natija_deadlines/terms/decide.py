"""The decisions about a term: set it, warn, record a breach. Pure: a function of a term, a time and the policies."""

from datetime import datetime
from typing import NamedTuple

from natija_deadlines.calendars.calendar import CalendarMissing
from natija_deadlines.policies.policy import Policies, PolicyMissing
from natija_deadlines.terms.state import AppealTerm
from natija_events.terms.lateness import is_late
from natija_events.types.deadlines import Missed, TermSet, Warned


class NextEvent(NamedTuple):
    """An event to propose, and the time it happened."""

    data: TermSet | Warned | Missed
    time: datetime


class DataMissing(NamedTuple):
    """A decision is due and is impossible, for a reason that a person must remove."""

    reason: str


def decide(term: AppealTerm, now: datetime, policies: Policies) -> NextEvent | DataMissing | None:
    """The one event to propose for this term at *now*, if any. Later events are decided when this one is on the log.

    A breach comes before a warning: after the due instant a warning is useless. While a register feeds an appeal, its
    history says what happened, and nothing is decided here.
    """
    if term.imported or not term.running:
        return None
    if term.due is None:
        return _term(term, now, policies)
    if is_late(now, term.due):
        return _breach(term, term.due)
    if term.due in term.warned:
        return None
    return _warning(term, term.due, now, policies)


def _term(term: AppealTerm, now: datetime, policies: Policies) -> NextEvent | DataMissing | None:
    if term.jurisdiction is None or term.kind is None or term.counts_from is None:
        return None
    try:
        found = policies.deadline(term.jurisdiction, term.kind, term.counts_from, term.country_type)
    except (PolicyMissing, CalendarMissing) as missing:
        return DataMissing(str(missing))
    deadline = found.deadline
    return NextEvent(TermSet(due=deadline.due, starts=deadline.starts, policy=found.policy.number), now)


def _breach(term: AppealTerm, due: datetime) -> NextEvent | None:
    """The breach of *due*, dated at that instant: once, and only where the life cycle admits it."""
    opened = term.standing.opened
    if due in term.missed or (opened is not None and due < opened):
        return None
    return NextEvent(Missed(term="answer-1", due=due), due)


def _warning(term: AppealTerm, due: datetime, now: datetime, policies: Policies) -> NextEvent | DataMissing | None:
    if term.jurisdiction is None or term.counts_from is None:
        return None
    try:
        at = policies.warn_at(term.jurisdiction, term.counts_from, term.starts or term.counts_from, due)
    except (PolicyMissing, CalendarMissing) as missing:
        return DataMissing(str(missing))
    return NextEvent(Warned(term="answer-1", due=due), now) if now >= at else None
