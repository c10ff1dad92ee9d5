"""Why the term of an appeal ends when it does: the derivation, and what happened to the term since (pure)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import get_args

from natija_deadlines.policies.policy import Policies, PolicyDeadline, PolicyMissing, TypeUnknown
from natija_deadlines.terms.state import AppealTerm
from natija_events.terms.facts import TermFact
from natija_terms.calendars.calendar import Calendar, CalendarMissing
from natija_terms.derivation import Step, StepCode, derive

_INSTANT = timedelta(microseconds=1)
_CODES: dict[str, StepCode] = {
    code.removeprefix("changed_"): code for code in get_args(StepCode) if code.startswith("changed_")
}


class Unexplained(LookupError):
    """Today's policies and calendars give no term; the text says why."""


def explain(term: AppealTerm, facts: Sequence[TermFact], policies: Policies) -> tuple[Step, ...]:
    """The steps of the present term of an appeal. Raises `Unexplained`."""
    if term.jurisdiction is None or term.kind is None or term.counts_from is None:
        raise Unexplained("the appeal is not registered yet")
    try:
        found = policies.deadline(term.jurisdiction, term.kind, term.counts_from, term.country_type)
        return tuple(_steps(term, term.counts_from, facts, found))
    except (PolicyMissing, CalendarMissing, TypeUnknown) as missing:
        raise Unexplained(str(missing)) from None


def _steps(term: AppealTerm, received: datetime, facts: Sequence[TermFact], found: PolicyDeadline) -> Iterator[Step]:
    policy, calendar = found.policy, found.calendar
    length = policy.term(term.kind or "", term.country_type)
    yield from derive(received, length, policy.counting, calendar, found.deadline)
    own = [one for one in facts if one.term == term.term and one.due is not None and one.change in _CODES]
    for fact in sorted(own, key=lambda one: (one.sequence, one.place)):
        yield _changed(fact, calendar)
        if fact.change == "set" and fact.due != found.deadline.due:
            yield Step("differs", {"last_day": str(found.deadline.due_on)})


def _changed(fact: TermFact, calendar: Calendar) -> Step:
    assert fact.due is not None
    last_day = calendar.local(fact.due - _INSTANT).date()
    values = {"day": str(calendar.local(fact.time).date()), "term": fact.term or "", "last_day": str(last_day)}
    return Step(_CODES[fact.change], values)
