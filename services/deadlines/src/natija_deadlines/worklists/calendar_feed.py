"""The terms of an executor as an iCalendar feed, RFC 5545 (pure)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event, Timezone

from natija_deadlines.policies.ladder import told_at
from natija_deadlines.policies.policy import Policies
from natija_deadlines.terms.state import AppealTerms, SetTerm
from natija_events.terms.facts import APPLICANT, TermFact
from natija_events.terms.timeline import DueSpan, Timeline
from natija_terms.arithmetic import last_day
from natija_terms.calendars import calendar as working_calendar
from natija_terms.calendars.calendar import CalendarMissing

MEDIA_TYPE = "text/calendar"
REFRESH = timedelta(hours=1)
"""How often a calendar program should ask again."""
_PRODUCT = "-//Natija//deadlines//EN"


def feed(
    executor: str,
    appeals: Iterable[tuple[AppealTerms, Sequence[TermFact]]],
    policies: Policies,
    at: datetime,
    last_event: datetime | None,
) -> bytes:
    """The calendar of *executor*: an event for each open term of its *appeals* that a body must keep, as of *at*.

    It names appeals by their numbers, and holds no personal data. It is as old as *last_event*.
    """
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("name", executor)
    made.add("x-wr-calname", executor)
    made.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT1H")
    made.add("x-natija-as-of", at.astimezone(UTC).isoformat())
    if last_event is not None:
        made.add("last-modified", last_event.astimezone(UTC))
    for appeal, facts in appeals:
        for event in _events(appeal, facts, policies, at):
            made.add_component(event)
    if not made.subcomponents:  # the standard wants one
        made.add_component(Timezone.from_tzid("UTC"))
    return bytes(made.to_ical())


def _events(appeal: AppealTerms, facts: Sequence[TermFact], policies: Policies, at: datetime) -> Iterator[Event]:
    timeline = Timeline.of(facts, at)
    for _, span in sorted({span.term: span for span in timeline.spans}.items()):
        if span.set.holder != APPLICANT and span.set.counts is not False and timeline.first_end(span, at) is None:
            yield _event(appeal, span, timeline, policies)


def _event(appeal: AppealTerms, span: DueSpan, timeline: Timeline, policies: Policies) -> Event:
    """An event of the whole last day. Its id stays when the term is moved, its sequence goes up."""
    law = next((one for one in appeal.terms if one.id == span.term), None)
    calendar = policies.calendars.get(law.calendar_id if law and law.calendar else appeal.jurisdiction or "")
    due = span.due.astimezone(UTC if calendar is None else calendar.zone)
    event = Event()
    event.add("uid", f"{appeal.appeal.lower()}-{span.term}@natija")
    event.add("dtstamp", span.fact.recordedtime.astimezone(UTC))
    event.add("sequence", sum(one.term == span.term and one.due is not None for one in timeline.seen) - 1)
    event.add("dtstart", due.date() if calendar is None else last_day(due, calendar))
    event.add("summary", appeal.appeal)
    event.add("description", f"{span.term}, {due.isoformat()}{f', {law.policy}' if law and law.policy else ''}")
    event.add("transp", "TRANSPARENT")
    warned = None if law is None or calendar is None else _first_warning(law, span, policies, calendar)
    if warned is not None:
        event.add_component(_alarm(appeal.appeal, warned))
    return event


def _alarm(appeal: str, warned: datetime) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", appeal)
    alarm.add("trigger", warned.astimezone(UTC), parameters={"VALUE": "DATE-TIME"})
    return alarm


def _first_warning(
    law: SetTerm, span: DueSpan, policies: Policies, calendar: working_calendar.Calendar
) -> datetime | None:
    """The instant of the first step of the ladder before the end; None where the policy has none."""
    rule = policies.rule(law.policy, law.kind)
    first = None if rule is None else next((step for step in rule.warnings if step.after is None), None)
    if first is None:
        return None
    try:
        return told_at(first, law.starts or law.instant, span.due, calendar)
    except CalendarMissing:
        return None
