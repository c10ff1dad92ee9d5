"""The corrections of one appeal's terms: what today's policies and calendars change in it (pure).

A term that was extended or paused stays as it is: a person decided on it. Of an appeal that has ended, only a breach
that falls away is corrected.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from natija_chassis import time_zones
from natija_deadlines.policies.policy import Policies, PolicyDeadline, PolicyMissing, TypeUnknown
from natija_deadlines.terms.state import AppealTerms, SetTerm
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import judge
from natija_events.types.base import EventData
from natija_events.types.deadlines import CorrectionReason, TermAnnulled, TermCorrected
from natija_terms.arithmetic import last_day
from natija_terms.calendars.calendar import CalendarMissing

_DECIDED = ("extended", "resumed")


class Correction(NamedTuple):
    """The *events* that correct one *term* of an appeal: it ended at *was*, and ends at *due*.

    *was_on* and *due_on* are the last local days. *sequence* is that of the appeal on which it was decided. *annuls*: a
    recorded breach falls away.
    """

    appeal: str
    sequence: int
    term: str
    was: datetime
    due: datetime
    was_on: date
    due_on: date
    reason: CorrectionReason
    annuls: bool
    events: tuple[EventData, ...]

    @property
    def basis(self) -> tuple[str, ...]:
        """The basis of the ids of its events: the same correction is registered once."""
        return self.term, str(self.sequence), self.was.isoformat(), self.due.isoformat()


def recount(
    appeal: AppealTerms, facts: Sequence[TermFact], policies: Policies, now: datetime
) -> tuple[Correction, ...]:
    """The corrections of the terms of an appeal, from all *facts* about it."""
    if appeal.fed or appeal.jurisdiction is None or appeal.kind is None:
        return ()
    found = [one for term in appeal.terms if (one := _recounted(appeal, term, facts, policies, now)) is not None]
    return (*found, *_overall(appeal, found, facts))


def _recounted(
    appeal: AppealTerms, term: SetTerm, facts: Sequence[TermFact], policies: Policies, now: datetime
) -> Correction | None:
    set_at, was = _set_at(term, facts), _due(term, facts)
    calendar = policies.calendars.get(term.calendar_id)
    if set_at is None or was is None or calendar is None:
        return None
    count = partial(policies.recount, appeal.jurisdiction or "", appeal.kind or "", appeal.country_type, term)
    try:
        found = count(calendar)
        if found is None or found.deadline.due == was:
            return None
        if found.deadline.due < was and not found.policy.corrections_shorten:
            return None
        as_known = count(calendar.known_at(calendar.local(set_at).date()))
    except (PolicyMissing, CalendarMissing, TypeUnknown):
        return None
    correction = _correction(appeal, term, was, facts, found, _reason(term, was, found, as_known))
    return correction if appeal.running or _falls_away(term, facts, correction, now) else None


def _overall(appeal: AppealTerms, found: Sequence[Correction], facts: Sequence[TermFact]) -> Iterator[Correction]:
    """The overall term ends with the first one for the answer, and moves with it."""
    first = {term.origin: term.id for term in reversed(appeal.terms) if term.kind == "answer"}
    for term in appeal.terms:
        moved = next((one for one in found if one.term == first.get(term.origin)), None)
        if term.kind == "overall" and moved is not None and _due(term, facts) == moved.was:
            yield moved._replace(term=term.id, events=_events(term, moved.was, moved, facts), annuls=False)


def _events(term: SetTerm, was: datetime, like: Correction, facts: Sequence[TermFact]) -> tuple[EventData, ...]:
    corrected = next(event for event in like.events if isinstance(event, TermCorrected))
    return (corrected.model_copy(update={"term": term.id}), *_annulled(term, was, like.reason, facts))


def _set_at(term: SetTerm, facts: Sequence[TermFact]) -> datetime | None:
    """When the term was set or last corrected; None after a person decided on it."""
    own = [fact for fact in facts if fact.term == term.id]
    if any(fact.change in _DECIDED for fact in own):
        return None
    return max((fact.recordedtime for fact in own if fact.change in ("set", "corrected")), default=None)


def _due(term: SetTerm, facts: Sequence[TermFact]) -> datetime | None:
    moves = [fact for fact in facts if fact.term == term.id and fact.change in ("set", "corrected")]
    return max(moves, key=lambda fact: fact.sequence).due if moves else None


def _reason(term: SetTerm, was: datetime, found: PolicyDeadline, as_known: PolicyDeadline | None) -> CorrectionReason:
    """A later decree, if the term was right by all that was published when it was set."""
    if term.policy != found.policy.number:
        return "policy"
    return "decree" if as_known is not None and as_known.deadline.due == was else "calendar"


def _correction(
    appeal: AppealTerms, term: SetTerm, was: datetime, facts: Sequence[TermFact], found: PolicyDeadline,
    reason: CorrectionReason,
) -> Correction:  # fmt: skip
    due = found.deadline.due
    corrected = TermCorrected(
        term=term.id, was=was, due=due, reason=reason, policy=found.policy.number, calendar=found.deadline.calendar,
        zonedata=time_zones.version(),
    )  # fmt: skip
    annulled = _annulled(term, was, reason, facts)
    was_on = last_day(was, found.calendar)
    return Correction(
        appeal.appeal, appeal.standing.sequence, term.id, was, due, was_on, found.deadline.due_on, reason,
        bool(annulled), (corrected, *annulled),
    )  # fmt: skip


def _annulled(
    term: SetTerm, was: datetime, reason: CorrectionReason, facts: Sequence[TermFact]
) -> tuple[TermAnnulled, ...]:
    recorded = any(fact.term == term.id and fact.due == was and fact.change == "missed" for fact in facts)
    return (TermAnnulled(term=term.id, due=was, reason=reason),) if recorded else ()


def _falls_away(term: SetTerm, facts: Sequence[TermFact], correction: Correction, now: datetime) -> bool:
    """Whether a breach of an appeal that has ended falls away, recorded or not."""
    moved = [
        fact._replace(due=correction.due) if fact.term == term.id and fact.due == correction.was else fact
        for fact in facts
        if not (fact.change == "missed" and fact.term == term.id and fact.due == correction.was)
    ]
    return len(judge(moved, now).breaches) < len(judge(facts, now).breaches)
