"""The decisions about a term: set it, warn, record a breach. Pure: a function of a term, a time and the policies."""

from datetime import datetime
from typing import NamedTuple

from natija_chassis import time_zones
from natija_deadlines.policies.policy import Policies, PolicyDeadline, PolicyMissing, TypeUnknown
from natija_deadlines.terms.state import AppealTerm
from natija_events.lifecycle.transitions import CLOCK_SKEW
from natija_events.terms.lateness import is_late
from natija_events.types.deadlines import (
    ANSWER_ENDS,
    MAX_NUMBER,
    Missed,
    Term,
    TermExtension,
    TermOrigin,
    TermSet,
    Warned,
)
from natija_terms.calendars.calendar import CalendarMissing

BREACH_DELAY = CLOCK_SKEW
"""The time after a due instant in which an answer dated before it may still be admitted. A breach waits for its end."""


class NextEvent(NamedTuple):
    """An event to propose, and the time it happened. *basis*: what it follows from, for its id."""

    data: TermSet | Warned | Missed
    time: datetime
    basis: tuple[str, ...]


class DataMissing(NamedTuple):
    """A decision is due and is impossible, for a reason that a person must remove."""

    reason: str


def decide(term: AppealTerm, now: datetime, policies: Policies) -> NextEvent | DataMissing | None:
    """The one event to propose for this term at *now*, if any. Later events are decided when this one is on the log.

    A breach comes before a warning: after the due instant a warning is useless. While a register feeds the appeal,
    nothing is decided.
    """
    if term.unset:
        return _term(term, now, policies)
    if not term.watched or term.term is None or term.due is None:
        return None
    basis = (term.term, str(term.last))
    if is_late(now, term.due):
        if term.due in term.missed or not is_late(now - BREACH_DELAY, term.due):
            return None
        return NextEvent(Missed(term=term.term, due=term.due), max(term.due, term.standing.opened or term.due), basis)
    return None if term.due in term.warned else _warning(term, term.term, term.due, now, policies, basis)


def _term(term: AppealTerm, now: datetime, policies: Policies) -> NextEvent | DataMissing | None:
    if term.jurisdiction is None or term.kind is None or term.counts_from is None:
        return None
    try:
        found = policies.deadline(term.jurisdiction, term.kind, term.counts_from, term.country_type)
    except (PolicyMissing, CalendarMissing, TypeUnknown) as missing:
        return DataMissing(str(missing))
    if term.terms >= MAX_NUMBER:
        return DataMissing(f"the appeal had the term answer-{MAX_NUMBER}: there is no number for another one")
    origin = TermOrigin(sequence=term.origin, instant=term.counts_from)
    return NextEvent(TermSet(terms=(_answer(term.terms + 1, origin, found),)), now, (str(term.origin),))


def _answer(number: int, origin: TermOrigin, found: PolicyDeadline) -> Term:
    """The term for the answer. Its holder is the body that holds the appeal: it may be routed after the term is set."""
    return Term(
        id=f"answer-{number}",
        origin=origin,
        starts=found.deadline.starts,
        due=found.deadline.due,
        policy=found.policy.number,
        calendar=found.deadline.calendar,
        zonedata=time_zones.version(),
        ends=ANSWER_ENDS,
        extension=None if found.latest is None else TermExtension(latest=found.latest),
    )


def _warning(
    term: AppealTerm, id: str, due: datetime, now: datetime, policies: Policies, basis: tuple[str, ...]
) -> NextEvent | DataMissing | None:
    if term.jurisdiction is None or term.counts_from is None:
        return None
    try:
        at = policies.warn_at(term.jurisdiction, term.counts_from, term.starts or term.counts_from, due)
    except (PolicyMissing, CalendarMissing) as missing:
        return DataMissing(str(missing))
    return NextEvent(Warned(term=id, due=due), now, basis) if now >= at else None
