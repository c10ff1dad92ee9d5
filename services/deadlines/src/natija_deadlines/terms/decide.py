"""The next event about the terms of an appeal: set terms, resume, warn, record a breach (pure)."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from natija_deadlines.policies.ladder import told_at
from natija_deadlines.policies.policy import Policies
from natija_deadlines.policies.rules import RESUMES, TermRule
from natija_deadlines.terms.starting import DataMissing, terms_of
from natija_deadlines.terms.state import AppealTerms, SetTerm
from natija_events.lifecycle.transitions import CLOCK_SKEW
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import breaches_of, due_now
from natija_events.terms.timeline import DueSpan, Timeline, order
from natija_events.types.deadlines import DataTermExpired, Missed, TermResumed, TermSet, Warned
from natija_terms.arithmetic import last_day
from natija_terms.calendars.calendar import DAY, Calendar, CalendarMissing

BREACH_DELAY = CLOCK_SKEW + timedelta(microseconds=1)
"""The time after a due instant in which an answer dated before it may still be admitted. A breach waits for its end."""
AT_ONCE = datetime(1900, 1, 1, tzinfo=UTC)
"""The instant of what is due already."""
_END = datetime.max.replace(tzinfo=UTC)
_OVER: Mapping[str, tuple[str, ...]] = {
    pause: (resume, "appeal.forwarded") if pause == "appeal.data-requested" else (resume,)
    for pause, resume in RESUMES.items()
}
"""The events that end a pause, by the one that begins it. The next body asks for its own data."""


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

    *due*: the term for the answer in force. *breach*: the first term for the answer that was missed, or will be;
    *holder_breach*: the first of the body that holds the appeal. *next* is the first event, *data_missing* the reason
    why a term cannot be set. *closed*: since when the appeal is; None while it is open.
    """

    due: datetime | None
    breach: datetime | None
    holder_breach: datetime | None
    closed: datetime | None = None
    next: NextEvent | None = None
    data_missing: str | None = None


class Pause(NamedTuple):
    """A time in which a term stood still: from the event *begin* to the event *over*."""

    begin: TermFact
    over: TermFact

    def days(self, calendar: Calendar) -> list[date]:
        """The local days between both."""
        first, last = calendar.local(self.begin.time).date(), calendar.local(self.over.time).date()
        return [first + n * DAY for n in range(1, (last - first).days)]


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
    late = [one for one in breaches if one.kind == "answer"]
    breach = min((one.due for one in late), default=None)
    own = min((one.due for one in late if one.holder == appeal.holder), default=None)
    found = Outlook(due_now(timeline), breach, own, timeline.closed)
    if appeal.fed:
        return found
    decided = list(_events(appeal, timeline, {(one.term, one.due) for one in breaches}, policies))
    missing = next((one.reason for one in decided if isinstance(one, DataMissing)), None)
    events = [one for one in decided if isinstance(one, NextEvent) and one.until > now]
    if not any(isinstance(one.data, TermResumed) for one in events):  # a new term may follow from its end
        for start in appeal.starts:
            terms = terms_of(appeal, start, timeline, policies, calendar)
            if isinstance(terms, DataMissing):
                missing = missing or terms.reason
            elif terms:
                set = NextEvent(AT_ONCE, TermSet(terms=terms), (str(start.sequence),))
                return found._replace(next=set, data_missing=missing)
    first = min(events, key=lambda event: event.at, default=None)
    return found._replace(next=first, data_missing=missing)


def decide(
    appeal: AppealTerms, facts: Sequence[TermFact], now: datetime, policies: Policies, calendar: Calendar | None = None
) -> NextEvent | None:
    """The one event to propose at *now*, if any. Later ones are decided when this one is on the log."""
    found = outlook(appeal, facts, policies, calendar, now).next
    return found if found is not None and found.at <= now else None


def _events(
    appeal: AppealTerms, timeline: Timeline, breaches: set[tuple[str, datetime]], policies: Policies
) -> Iterator[NextEvent | DataMissing]:
    """The next event of each term, in the order of what they are worth: a breach comes before a warning.

    A pause that was over before the term ended is counted also after the end, or after a merge.
    """
    for id, due in sorted(breaches):
        if not _is_recorded(timeline, id, due):
            time = max(due, appeal.standing.opened or due)
            yield NextEvent(due + BREACH_DELAY, Missed(term=id, due=due), _basis(appeal, id), time)
    merged = timeline.merge(_END) is not None
    last = {span.term: span for span in timeline.spans}
    for term in appeal.terms:
        span = last.get(term.id)
        rule = policies.rule(term.policy, term.kind)
        if span is None or rule is None:
            continue
        end = timeline.first_end(span, _END)
        if timeline.is_paused(span, _END if end is None else end.time):
            yield from _resumption(appeal, term, span, _pauses(span, end, timeline), rule, policies)
            continue
        if end is not None or merged:
            continue
        if _expires(appeal, term):
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


def _expires(appeal: AppealTerms, term: SetTerm) -> bool:
    """Whether the appeal is returned when *term* ends: it waits for the data that were asked for last."""
    waits = term.expiry == "return" and appeal.standing.state == "AWAITING_DATA"
    return waits and int(term.id.rpartition("-")[2]) == appeal.number(term.kind)


def _resumption(
    appeal: AppealTerms, term: SetTerm, span: DueSpan, pauses: Sequence[Pause], rule: TermRule, policies: Policies
) -> Iterator[NextEvent | DataMissing]:
    """The term runs again from the event that ended the pause, and ends as many days later as it stood still.

    The days of both events count as days on which it ran, so a pause within a weekend adds nothing.
    """
    calendar, counting = _calendar(term, appeal, policies), policies.counting(term.policy, term.kind)
    if not pauses or calendar is None or counting is None:
        return
    days = [day for pause in pauses for day in pause.days(calendar)]
    own = term.kind != "answer" and bool(rule.lengths)
    counted = rule if rule.lengths else policies.rule(term.policy, "answer") or rule
    length = counted.length(appeal.kind or "", None if own else appeal.country_type)
    try:
        due_on = last_day(span.due, calendar)
        if length.unit == "working":
            due_on = calendar.add_working(due_on, sum(calendar.is_working(day) for day in days))
        else:
            due_on = calendar.add_running(due_on, len(days))
            due_on = calendar.working_on_or_after(due_on) if counting.move_due else due_on
        due = max(calendar.end(due_on), span.due)
    except CalendarMissing as missing:
        yield DataMissing(str(missing))
        return
    time = max(pauses[-1].over.time, span.fact.time)
    yield NextEvent(AT_ONCE, TermResumed(term=term.id, due=due), _basis(appeal, term.id), time)


def _pauses(span: DueSpan, end: TermFact | None, timeline: Timeline) -> list[Pause]:
    """The pauses since the term ran last, up to its *end*, after which it runs again: none while one lasts.

    It is one. Of a term that was set late, these are all that had begun before: an event that makes it run again is
    dated after that.
    """
    found, last = _all_pauses(span, end, timeline)
    before = [pause for pause in found if pause.begin.time <= span.fact.time]
    if last is not None and last.time <= span.fact.time:
        return []
    return before or found[:1]


def _all_pauses(span: DueSpan, end: TermFact | None, timeline: Timeline) -> tuple[list[Pause], TermFact | None]:
    """All pauses since the term ran last that are over, and the event that began one that is not.

    Pauses for several reasons are one, until none is left.
    """
    resumed = [order(one) for one in timeline.seen if one.change == "resumed" and one.term == span.term]
    found, begin, reasons = list[Pause](), None, set[str]()
    for one in timeline.life:
        if one.sequence <= span.origin or (resumed and order(one) <= resumed[-1]):
            continue
        if one is end:
            return found, None
        if one.name in (span.set.pauses or ()):
            begin = begin or one
            reasons.add(one.name)
        elif begin is not None:
            reasons -= {reason for reason in reasons if one.name in _OVER.get(reason, ())}
            if not reasons:
                found.append(Pause(begin, one))
                begin = None
    return found, begin


def _warning(
    appeal: AppealTerms, term: SetTerm, span: DueSpan, rule: TermRule, timeline: Timeline, policies: Policies
) -> Iterator[NextEvent]:
    """The next step of the ladder: before the due instant, or once the breach is recorded."""
    calendar = _calendar(term, appeal, policies)
    if calendar is None:
        return
    done = term.told_of(span.due)
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
