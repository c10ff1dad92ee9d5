"""A row of a worklist: an open appeal, its present term, its breach, and who was told (pure)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple, Self

from natija_deadlines.policies.policy import Policies
from natija_deadlines.terms.state import AppealTerms, SetTerm
from natija_deadlines.worklists.queries import Listed
from natija_deadlines.worklists.selection import Selection
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import breaches_of
from natija_events.terms.timeline import DueSpan, Timeline, order
from natija_events.types.deadlines import Addressee
from natija_terms.arithmetic import last_day
from natija_terms.calendars.calendar import DAY, Calendar

_ANSWER = "answer-"


class Told(NamedTuple):
    """A step of the escalation ladder of a *term*: *to* whom it was told, and at which *time*."""

    term: str
    step: int
    to: Addressee | None
    time: datetime


class Row(NamedTuple):
    """An open appeal. Instants have the offset of its calendar.

    *term*, *policy*, *due* and *paused* are those of the present term for the answer. *missed_term* is the first one
    that was missed, by *missed_by*, and *breach* its due instant. *days* and *working_days* have passed since its last
    day; None without a breach, and *working_days* also where a calendar is missing. *overall_due* is the end of the
    term of all bodies together, which an appeal has once it was forwarded; *overall_missed*: it has passed.
    *only_dates*: the appeal is confidential, and the reader sees number and dates only.
    """

    appeal: str
    body: str | None
    executor: str | None
    term: str | None
    policy: str | None
    due: datetime | None
    paused: bool
    missed_term: str | None
    missed_by: str | None
    breach: datetime | None
    days: int | None
    working_days: int | None
    overall_due: datetime | None
    overall_missed: bool
    told: tuple[Told, ...]
    only_dates: bool = False

    def without_people(self) -> Self:
        """The row with number and dates only: no body, no person, nobody who was told."""
        return self._replace(body=None, executor=None, missed_by=None, told=(), only_dates=True)


class WorkingDays:
    """Counts the working days of *policies*' calendars. A breach may be years old, so each calendar is read once."""

    def __init__(self, policies: Policies) -> None:
        self.policies = policies
        self._working: dict[str, list[date]] = {}

    def since(self, day: date, until: date, calendar: Calendar) -> int | None:
        """Those after *day*, the last one *until*; None where a year has no calendar."""
        if not all(year in calendar.years for year in range(day.year, until.year + 1)):
            return None
        if (known := self._working.get(calendar.id)) is None:
            known = self._working[calendar.id] = [one for one in _days(calendar) if calendar.is_working(one)]
        return bisect_right(known, until) - bisect_right(known, day)


def row(
    listed: Listed, appeal: AppealTerms, facts: Sequence[TermFact], selection: Selection, working: WorkingDays
) -> Row:
    """The row of a *listed* appeal, from its state and all *facts* about its terms."""
    timeline = Timeline.of(facts, selection.at, selection.known)
    present = None if listed.due is None else _last(timeline, _ANSWER)
    breaches = breaches_of(timeline)
    breach = min((one for one in breaches if one.kind == "answer"), key=lambda one: one.due, default=None)
    overall = _last(timeline, "overall-")
    calendar = _calendar(appeal, breach.term if breach else present.term if present else None, working.policies)
    days, working_days = _late_days(breach.due if breach else None, selection.at, calendar, working)
    found = Row(
        listed.appeal, listed.body, listed.executor,
        term=present.term if present else None,
        policy=_policy(appeal, present),
        due=local(listed.due, calendar),
        paused=present is not None and timeline.is_paused(present, selection.at),
        missed_term=breach.term if breach else None,
        missed_by=breach.holder if breach else None,
        breach=local(breach.due if breach else None, calendar),
        days=days, working_days=working_days,
        overall_due=local(overall.due if overall else None, calendar),
        overall_missed=any(one.kind == "overall" for one in breaches),
        told=told_steps(appeal, selection.at, selection.known, calendar),
    )  # fmt: skip
    reader = selection.reader
    if reader is not None and reader.sees_only_dates(listed.body, confidential=appeal.confidential):
        return found.without_people()
    return found


def _last(timeline: Timeline, kind: str) -> DueSpan | None:
    """The last term whose id begins with *kind*."""
    spans = (span for span in timeline.spans if span.term.startswith(kind))
    return max(spans, key=lambda span: (order(span.set), order(span.fact)), default=None)


def told_steps(
    appeal: AppealTerms, at: datetime, known: datetime | None = None, calendar: Calendar | None = None
) -> tuple[Told, ...]:
    """The steps of the ladders of an appeal's terms that were told by *at*, and by *known*, in their order."""
    by = at if known is None else min(at, known)  # a step is dated when it is told
    steps = [(one.time, term.id, one) for term in appeal.terms for one in term.told if one.time <= by]
    return tuple(Told(id, one.step, one.to, _told_at(time, calendar)) for time, id, one in sorted(steps))


def local(instant: datetime | None, calendar: Calendar | None) -> datetime | None:
    """*instant* with the offset of *calendar*; in UTC without one."""
    return None if instant is None else _told_at(instant, calendar)


def _told_at(instant: datetime, calendar: Calendar | None) -> datetime:
    return instant.astimezone(UTC if calendar is None else calendar.zone)


def _calendar(appeal: AppealTerms, term: str | None, policies: Policies) -> Calendar | None:
    """That by which the term was counted, else that of the jurisdiction."""
    law = _law(appeal, term)
    found = policies.calendars.get(law.calendar_id) if law else None
    return found or policies.calendars.get(appeal.jurisdiction or "")


def _policy(appeal: AppealTerms, present: DueSpan | None) -> str | None:
    law = _law(appeal, present.term if present else None)
    return law.policy if law else None


def _law(appeal: AppealTerms, term: str | None) -> SetTerm | None:
    return next((one for one in appeal.terms if one.id == term), None)


def _late_days(
    breach: datetime | None, at: datetime, calendar: Calendar | None, working: WorkingDays
) -> tuple[int | None, int | None]:
    if breach is None:
        return None, None
    if calendar is None:
        return (at.astimezone(UTC).date() - breach.astimezone(UTC).date()).days, None
    last, today = last_day(breach, calendar), calendar.local(at).date()
    return (today - last).days, working.since(last, today, calendar)


def _days(calendar: Calendar) -> Iterator[date]:
    for year in sorted(calendar.years):
        day = date(year, 1, 1)
        while day.year == year:
            yield day
            day += DAY
