"""Why the term of an appeal ends when it does: the derivation, and what happened to the term since (pure)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import get_args

from natija_deadlines.policies.policy import Policies, PolicyDeadline, PolicyMissing, TypeUnknown
from natija_deadlines.terms.state import AppealTerms
from natija_events.terms.facts import TermFact
from natija_terms.calendars.calendar import Calendar, CalendarMissing
from natija_terms.derivation import Step, StepCode, derive

_INSTANT = timedelta(microseconds=1)
_CODES: dict[str, StepCode] = {
    code.removeprefix("changed_"): code for code in get_args(StepCode) if code.startswith("changed_")
}


class Unexplained(LookupError):
    """Today's policies and calendars give no term; the text says why."""


def explain(
    appeal: AppealTerms, facts: Sequence[TermFact], policies: Policies, term: str | None = None
) -> tuple[Step, ...]:
    """The steps of the *term* with that id, or of the present one for the answer. Raises `Unexplained`."""
    if appeal.jurisdiction is None or appeal.kind is None or appeal.held_since is None:
        raise Unexplained("the appeal is not registered yet")
    found = appeal.answer if term is None else next((one for one in appeal.terms if one.id == term), None)
    if term is not None and found is None:
        raise Unexplained(f"the appeal never had the term {term}: {', '.join(one.id for one in appeal.terms)}")
    calendar = policies.calendars.get(found.calendar_id if found and found.calendar else appeal.jurisdiction)
    try:
        if found is None:
            counted = policies.deadline(appeal.jurisdiction, appeal.kind, appeal.held_since, appeal.country_type)
            return tuple(_steps(appeal.held_since, "", facts, counted))
        if calendar is None:
            raise Unexplained(f"there is no calendar {found.calendar}")
        again = policies.recount(appeal.jurisdiction, appeal.kind, appeal.country_type, found, calendar)
        if again is None:
            return tuple(_history(found.id, facts, calendar))
        return tuple(_steps(found.instant, found.id, facts, again))
    except (PolicyMissing, CalendarMissing, TypeUnknown) as missing:
        raise Unexplained(str(missing)) from None


def _steps(instant: datetime, term: str, facts: Sequence[TermFact], found: PolicyDeadline) -> Iterator[Step]:
    yield from derive(instant, found.length, found.counting, found.calendar, found.deadline)
    for step, due in _changes(term, facts, found.calendar):
        yield step
        if step.code == "changed_set" and due != found.deadline.due:
            yield Step("differs", {"last_day": str(found.deadline.due_on)})


def _history(term: str, facts: Sequence[TermFact], calendar: Calendar) -> Iterator[Step]:
    """The changes of a term that no calendar counts."""
    return (step for step, _ in _changes(term, facts, calendar))


def _changes(term: str, facts: Sequence[TermFact], calendar: Calendar) -> Iterator[tuple[Step, datetime | None]]:
    own = [one for one in facts if one.term == term and one.due is not None and one.change in _CODES]
    for fact in sorted(own, key=lambda one: (one.sequence, one.place)):
        yield _changed(fact, calendar), fact.due


def _changed(fact: TermFact, calendar: Calendar) -> Step:
    assert fact.due is not None
    last_day = calendar.local(fact.due - _INSTANT).date()
    values = {"day": str(calendar.local(fact.time).date()), "term": fact.term or "", "last_day": str(last_day)}
    return Step(_CODES[fact.change], values)
