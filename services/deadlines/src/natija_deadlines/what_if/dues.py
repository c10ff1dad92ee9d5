"""The due instants that a policy gives to terms that were set by another one (pure). Each day is counted once."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from natija_deadlines.policies.policy import Policy, TypeUnknown
from natija_terms.arithmetic import deadline, origin_day, registration_day
from natija_terms.calendars.calendar import Calendar, CalendarMissing


class CountedTerm(NamedTuple):
    """A term as the event *sequence* and *place* of an appeal set it; it counts from *instant*."""

    appeal: str
    sequence: int
    place: int
    kind: str
    country_type: str | None
    instant: datetime


class NewDue(NamedTuple):
    """The due instant of that term by the other policy; None where the policy gives none."""

    appeal: str
    sequence: int
    place: int
    due: datetime | None


def recount(terms: Iterable[CountedTerm], policy: Policy, calendar: Calendar) -> Iterator[NewDue]:
    """The dues of *terms* by *policy* and *calendar*."""
    counting = policy.answer.counting(policy.counting)
    known: dict[tuple[str, str | None, date, date], datetime | None] = {}
    for term in terms:
        try:
            registered_on = registration_day(term.instant, counting, calendar)
            origin = origin_day(term.instant, counting, calendar)
        except CalendarMissing:
            yield NewDue(term.appeal, term.sequence, term.place, None)
            continue
        key = term.kind, term.country_type, registered_on, origin
        if key not in known:
            known[key] = _due(term, policy, calendar)
        yield NewDue(term.appeal, term.sequence, term.place, known[key])


def _due(term: CountedTerm, policy: Policy, calendar: Calendar) -> datetime | None:
    try:
        return deadline(
            term.instant, policy.term(term.kind, term.country_type), policy.answer.counting(policy.counting), calendar
        ).due
    except (CalendarMissing, TypeUnknown):
        return None
