"""The next event about the terms of an appeal: set terms, resume, warn, record a breach (pure)."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from natija_deadlines.policies.ladder import told_at
from natija_deadlines.policies.policy import Policies
from natija_deadlines.policies.rules import TermRule
from natija_deadlines.terms.starting import DataMissing, terms_of
from natija_deadlines.terms.state import AppealTerms, SetTerm
from natija_events.lifecycle.transitions import CLOCK_SKEW
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import breaches_of, due_now
from natija_events.terms.timeline import DueSpan, Timeline, order
from natija_events.types.deadlines import DataTermExpired, Missed, TermResumed, TermSet, Warned
from natija_terms.calendars.calendar import DAY, Calendar, CalendarMissing

BREACH_DELAY = CLOCK_SKEW + timedelta(microseconds=1)
"""The time after a due instant in which an answer dated before it may still be admitted. A breach waits for its end."""
AT_ONCE = datetime(1900, 1, 1, tzinfo=UTC)
"""The instant of what is due already."""
_END = datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class NextEvent(NamedTuple):
    """An event to propose from the instant *at* on. *time*: when it happened; None: when it is proposed.

    *until*: the instant from which it is useless. *basis*: what it follows from, for its id.
    """

    at: datetime
    data: TermSet | TermResumed | Warned | Missed | DataTermExpired
    basis: tuple[str, ...]
    time: datetime | None = None
    until: datetime = _END


class Outlook(NamedTuple):
    """The next events about the terms of an appeal, if nothing comes between.

    *due*: the term for the answer in force. *breach*: the first term for the answer that was missed, or will be.
    *next* is the first event, *data_missing* the reason why a term cannot be set.
    """

    due: datetime | None
    breach: datetime | None
    next: NextEvent | None
    data_missing: str | None


def outlook(
    appeal: AppealTerms,
    facts: Sequence[TermFact],
    policies: Policies,
    calendar: Calendar | None = None,
    now: datetime = AT_ONCE,
) -> Outlook:
    """The outlook of an appeal at *now*, from all *facts* about it. While a register feeds it, no event comes.

    *calendar* is that of the body which holds it; by default, that of the jurisdiction.
    """
    timeline = Timeline.of(facts, _END)
    breaches = breaches_of(timeline)
    breach = min((one.due for one in breaches if one.term.startswith("answer-")), default=None)
    due = due_now(timeline)
    if appeal.fed:
        return Outlook(due, breach, None, None)
    missing = None
    for start in appeal.starts:
        found = terms_of(appeal, start, timeline, policies, calendar)
        if isinstance(found, DataMissing):
            missing = missing or found.reason
        elif found:
            return Outlook(due, breach, NextEvent(AT_ONCE, TermSet(terms=found), (str(start.sequence),)), missing)
    try:
        events = list(_events(appeal, timeline, {(one.term, one.due) for one in breaches}, policies))
    except CalendarMissing as error:
        return Outlook(due, breach, None, missing or str(error))
    first = min((event for event in events if event.until > now), key=lambda event: event.at, default=None)
    return Outlook(due, breach, first, missing)


def decide(
    appeal: AppealTerms, facts: Sequence[TermFact], now: datetime, policies: Policies, calendar: Calendar | None = None
) -> NextEvent | None:
    """The one event to propose at *now*, if any. Later ones are decided when this one is on the log."""
    found = outlook(appeal, facts, policies, calendar, now).next
    return found if found is not None and found.at <= now else None


def _events(
    appeal: AppealTerms, timeline: Timeline, breaches: set[tuple[str, datetime]], policies: Policies
) -> Iterator[NextEvent]:
    """The next event of each term, in the order of what they are worth: a breach comes before a warning."""
    for id, due in sorted(breaches):
        if not _is_recorded(timeline, id, due):
            time = max(due, appeal.standing.opened or due)
            yield NextEvent(due + BREACH_DELAY, Missed(term=id, due=due), _basis(appeal, id), time)
    if timeline.merge(_END) is not None:
        return
    last = {span.term: span for span in timeline.spans}
    for term in appeal.terms:
        span = last.get(term.id)
        if span is None or timeline.first_end(span, _END) is not None:
            continue
        rule = policies.rule(term.policy, term.kind)
        if rule is None:
            continue
        if timeline.is_paused(span, _END):
            yield from _resumption(appeal, term, span, rule, timeline, policies)
            continue
        if term.expiry == "return" and appeal.standing.state == "AWAITING_DATA":
            expired = DataTermExpired(term=term.id, due=span.due)
            yield NextEvent(span.due + BREACH_DELAY, expired, _basis(appeal, term.id), span.due)
        with suppress(CalendarMissing):  # a step in a year without a calendar: the breach itself needs none
            yield from _warning(appeal, term, span, rule, timeline, policies)


def _basis(appeal: AppealTerms, id: str) -> tuple[str, ...]:
    last = next((str(term.last) for term in appeal.terms if term.id == id), "")
    return id, last


def _is_recorded(timeline: Timeline, term: str, due: datetime) -> bool:
    """Whether the breach stands on the log: recorded, and not annulled before the term came back to that instant."""
    own = [fact for fact in timeline.seen if fact.term == term and fact.due == due]
    missed = [fact for fact in own if fact.change == "missed"]
    if not missed:
        return False
    last = max(missed, key=order)
    annulled = [fact for fact in own if fact.change == "annulled" and order(fact) > order(last)]
    if not annulled:
        return True
    return not any(fact.change not in ("missed", "annulled") and order(fact) > order(annulled[-1]) for fact in own)


def _resumption(
    appeal: AppealTerms, term: SetTerm, span: DueSpan, rule: TermRule, timeline: Timeline, policies: Policies
) -> Iterator[NextEvent]:
    """The term runs again from the event that ended the pause, and ends as many days later as it stood still.

    The days of both events count as days on which it ran, so a pause within a weekend adds nothing.
    """
    pauses = [one for one in timeline.life if one.name in rule.pauses and one.sequence > span.origin]
    if not pauses:
        return
    paused = pauses[-1]
    resume = rule.pauses[paused.name]  # type: ignore[index]  # one of them
    over = next((one for one in timeline.life if one.name == resume and order(one) > order(paused)), None)
    if over is None:
        return
    calendar = _calendar(term, appeal, policies)
    if calendar is None:
        return
    first, last = calendar.local(paused.time).date(), calendar.local(over.time).date()
    between = [first + n * DAY for n in range(1, (last - first).days)]
    due_on = (calendar.local(span.due) - _TICK).date()
    if rule.length(appeal.kind or "", appeal.country_type if term.kind == "answer" else None).unit == "working":
        due_on = calendar.add_working(due_on, sum(calendar.is_working(day) for day in between))
    else:
        due_on = calendar.add_running(due_on, len(between))
        due_on = calendar.working_on_or_after(due_on) if rule.move_due else due_on
    due = max(calendar.end(due_on), span.due)
    yield NextEvent(AT_ONCE, TermResumed(term=term.id, due=due), _basis(appeal, term.id), over.time)


def _warning(
    appeal: AppealTerms, term: SetTerm, span: DueSpan, rule: TermRule, timeline: Timeline, policies: Policies
) -> Iterator[NextEvent]:
    """The next step of the ladder: before the due instant, or once the breach is recorded."""
    calendar = _calendar(term, appeal, policies)
    if calendar is None:
        return
    done = term.step if term.warned == span.due else 0
    missed = _is_recorded(timeline, term.id, span.due)
    for number, step in list(enumerate(rule.warnings, 1))[done:]:
        if (step.after is not None) == missed:
            at = told_at(step, term.starts or term.instant, span.due, calendar)
            until = _END if missed else span.due
            warned = Warned(term=term.id, due=span.due, step=number, to=step.to)
            yield NextEvent(at, warned, _basis(appeal, term.id), until=until)
            return


def _calendar(term: SetTerm, appeal: AppealTerms, policies: Policies) -> Calendar | None:
    return policies.calendars.get(term.calendar_id or appeal.jurisdiction or "")
