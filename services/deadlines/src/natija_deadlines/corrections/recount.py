"""The corrections of one appeal's term: what today's policies and calendars change in it (pure).

A term that was extended or paused stays as it is: a person decided on it. Of an appeal that has ended, only a breach
that falls away is corrected.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from natija_chassis import time_zones
from natija_deadlines.policies.policy import Policies, PolicyDeadline, PolicyMissing, TypeUnknown
from natija_deadlines.terms.state import AppealTerm
from natija_events.terms.facts import TermFact
from natija_events.terms.lateness import judge
from natija_events.types.base import EventData
from natija_events.types.deadlines import CorrectionReason, TermAnnulled, TermCorrected
from natija_terms.calendars.calendar import CalendarMissing

_INSTANT = timedelta(microseconds=1)
_DECIDED = ("extended", "resumed")


class Correction(NamedTuple):
    """The *events* that correct the present term of an appeal: it ended at *was*, and ends at *due*.

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


def recount(term: AppealTerm, facts: Sequence[TermFact], policies: Policies, now: datetime) -> Correction | None:
    """The correction of the present term, from all *facts* about the appeal; None when nothing changes."""
    set_at = _set_at(term, facts)
    if set_at is None or term.term is None or term.due is None or term.fed:
        return None
    if term.jurisdiction is None or term.kind is None or term.counts_from is None:
        return None
    count = partial(policies.deadline, term.jurisdiction, term.kind, term.counts_from, term.country_type)
    try:
        found = count()
        if found.deadline.due == term.due or (found.deadline.due < term.due and not found.policy.corrections_shorten):
            return None
        as_known = count(found.calendar.known_at(found.calendar.local(set_at).date()))
    except (PolicyMissing, CalendarMissing, TypeUnknown):
        return None
    correction = _correction(term, term.term, term.due, found, _reason(term, found, as_known))
    return correction if term.running or _falls_away(term, facts, correction, now) else None


def _set_at(term: AppealTerm, facts: Sequence[TermFact]) -> datetime | None:
    """When the present term was set or last corrected; None without one, or after a person decided on it."""
    own = [fact for fact in facts if fact.term == term.term and fact.term is not None]
    if any(fact.change in _DECIDED for fact in own):
        return None
    return max((fact.recordedtime for fact in own if fact.change in ("set", "corrected")), default=None)


def _reason(term: AppealTerm, found: PolicyDeadline, as_known: PolicyDeadline) -> CorrectionReason:
    """A later decree, if the term was right by all that was published when it was set."""
    if term.policy != found.policy.number:
        return "policy"
    return "decree" if as_known.deadline.due == term.due else "calendar"


def _correction(
    term: AppealTerm, id: str, was: datetime, found: PolicyDeadline, reason: CorrectionReason
) -> Correction:
    due = found.deadline.due
    corrected = TermCorrected(
        term=id, was=was, due=due, reason=reason, policy=found.policy.number, calendar=found.deadline.calendar,
        zonedata=time_zones.version(),
    )  # fmt: skip
    annulled = [TermAnnulled(term=id, due=was, reason=reason)] if was in term.missed else []
    sequence = term.standing.sequence
    was_on = (found.calendar.local(was) - _INSTANT).date()
    events = (corrected, *annulled)
    return Correction(
        term.appeal, sequence, id, was, due, was_on, found.deadline.due_on, reason, bool(annulled), events
    )  # fmt: skip


def _falls_away(term: AppealTerm, facts: Sequence[TermFact], correction: Correction, now: datetime) -> bool:
    """Whether a breach of an appeal that has ended falls away, recorded or not."""
    moved = [
        fact._replace(due=correction.due) if fact.term == term.term and fact.due == correction.was else fact
        for fact in facts
        if not (fact.change == "missed" and fact.due == correction.was)
    ]
    return len(judge(moved, now).breaches) < len(judge(facts, now).breaches)
