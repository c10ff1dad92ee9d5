"""The terms that an event starts, by the policies (pure)."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from natija_chassis import time_zones
from natija_deadlines.policies.policy import Policies, Policy, PolicyMissing, TypeUnknown, latest_end
from natija_deadlines.policies.rules import TermRule
from natija_deadlines.terms.state import AppealTerms, Start
from natija_events.terms.facts import APPLICANT
from natija_events.terms.timeline import Timeline
from natija_events.types.deadlines import ANSWER, MAX_NUMBER, Term, TermExtension, TermKind, TermOrigin
from natija_terms.arithmetic import deadline
from natija_terms.calendars.calendar import Calendar, CalendarMissing

_ANSWER_KIND = ANSWER.partition("-")[0]


class DataMissing(NamedTuple):
    """A decision is due and is impossible, for a reason that a person must remove."""

    reason: str


class _Due(NamedTuple):
    """When a term ends, its first day, and the calendar by which it was counted."""

    due: datetime
    starts: datetime | None = None
    calendar: str | None = None
    latest: datetime | None = None


def terms_of(
    appeal: AppealTerms, start: Start, timeline: Timeline, policies: Policies, calendar: Calendar | None = None
) -> tuple[Term, ...] | DataMissing:
    """The terms that *start* starts, all of one event; () when the policy gives none.

    *timeline* has all facts about the appeal. *calendar*: that of the body, by default that of the jurisdiction.
    """
    if appeal.jurisdiction is None or appeal.kind is None:
        return ()
    try:
        policy, calendar = policies.policy(appeal.jurisdiction, start.instant, calendar)
        return tuple(_terms(appeal, appeal.kind, start, timeline, policy, calendar))
    except (PolicyMissing, CalendarMissing, TypeUnknown, _NumbersUsed) as missing:
        return DataMissing(str(missing))


class _NumbersUsed(LookupError):
    """There is no number for another term."""


def _terms(
    appeal: AppealTerms, kind: str, start: Start, timeline: Timeline, policy: Policy, calendar: Calendar
) -> Iterator[Term]:
    policy.term(kind, appeal.country_type)  # an unknown kind or type gets no term at all
    for name, rule in policy.terms.items():
        if not _applies(name, rule, start):
            continue
        origin = _origin(appeal, start, rule, timeline)
        found = _due(appeal, kind, name, start, origin.instant, rule, timeline, policy, calendar)
        if found is None or (rule.since != "event" and start.time <= found.due):
            continue
        number = appeal.number(name) + 1
        if number > MAX_NUMBER:
            raise _NumbersUsed(f"the appeal had the term {name}-{MAX_NUMBER}: there is no number for another one")
        yield _term(f"{name}-{number}", rule, origin, found, policy)


def _applies(kind: TermKind, rule: TermRule, start: Start) -> bool:
    if start.name not in rule.starts_on:
        return False
    if start.fed:  # the register answers for the rest
        return kind == _ANSWER_KIND
    return not start.outside or rule.since == "holding"


def _origin(appeal: AppealTerms, start: Start, rule: TermRule, timeline: Timeline) -> TermOrigin:
    if rule.due == "first-answer":
        opening = _opening(start, timeline)
        first = (term.instant for term in appeal.terms if term.origin == opening)
        return TermOrigin(sequence=opening, instant=next(first, start.held_since))
    if rule.since == "holding":
        return TermOrigin(sequence=start.held_from, instant=start.held_since)
    if rule.since == "receipt":
        return TermOrigin(sequence=start.sequence, instant=start.instant)
    instant = start.time if rule.count_from == "entered" else start.instant
    return TermOrigin(sequence=start.sequence, instant=instant)


def _due(
    appeal: AppealTerms, kind: str, name: TermKind, start: Start, instant: datetime, rule: TermRule,
    timeline: Timeline, policy: Policy, calendar: Calendar,
) -> _Due | None:  # fmt: skip
    """When the term ends; None when it is not set. Raises `CalendarMissing`."""
    if rule.due == "requested":
        return None if start.until is None else _Due(start.until)
    if rule.due == "first-answer":
        return _first_answer(appeal, _opening(start, timeline), rule, timeline)
    country_type = appeal.country_type if name == _ANSWER_KIND else None
    found = deadline(instant, rule.length(kind, country_type), rule.counting(policy.counting), calendar)
    return _Due(found.due, found.starts, found.calendar, latest_end(rule.extension, instant, found, calendar))


def _opening(start: Start, timeline: Timeline) -> int:
    """The sequence of the registration or reopening before *start*: other events may have come since."""
    return max(
        (one.sequence for one in timeline.life if one.change == "opened" and one.sequence < start.sequence), default=0
    )


def _first_answer(appeal: AppealTerms, opening: int, rule: TermRule, timeline: Timeline) -> _Due | None:
    """The end of the first term for the answer since the *opening*, extended as it was; None after the first
    forward. A *rule* with pauses counts those of the first body, too."""
    if any(term.kind == "overall" and term.origin == opening for term in appeal.terms):
        return None
    spans = [span for span in timeline.spans if span.origin == opening and span.term.startswith(_ANSWER_KIND)]
    if not spans:
        return None
    first = min(spans, key=lambda span: span.set.sequence).term
    return _Due(
        [one.due for one in spans if one.term == first and not (rule.pauses and one.fact.change == "resumed")][-1]
    )


def _term(id: str, rule: TermRule, origin: TermOrigin, found: _Due, policy: Policy) -> Term:
    """The holder of a body's term is the body that holds the appeal: it may be routed after the term is set."""
    extension = None
    if found.latest is not None and rule.extension is not None:
        limits = rule.extension
        extension = TermExtension(latest=found.latest, times=limits.times, roles=limits.roles)
    return Term(
        id=id,
        holder=APPLICANT if rule.holder == "applicant" else None,
        origin=origin,
        starts=found.starts,
        due=found.due,
        policy=policy.number,
        calendar=found.calendar,
        zonedata=None if found.calendar is None else time_zones.version(),
        ends=rule.ends_on,
        pauses=tuple(rule.pauses),
        expiry=rule.expiry,
        extension=extension,
    )
