"""What the clock decides about an appeal: a term, a warning, a breach. Pure: a clock, a time, the rules."""

from datetime import datetime
from typing import NamedTuple

from natija_deadlines.calendars.calendar import CalendarMissing
from natija_deadlines.policies.arithmetic import is_late
from natija_deadlines.policies.policy import PolicyMissing, Rulebook
from natija_deadlines.terms.state import AppealClock
from natija_events.types.deadlines import Missed, TermSet, Warned


class Verdict(NamedTuple):
    """An event to propose, and the time it happened."""

    data: TermSet | Warned | Missed
    time: datetime


class Undecidable(NamedTuple):
    """Something should be decided and cannot be, for a reason a person has to mend."""

    why: str


def decide(clock: AppealClock, now: datetime, rules: Rulebook) -> Verdict | Undecidable | None:
    """The one thing to record of this clock at *now*, if any; what follows from it is decided when it is on the log.

    A breach comes before a warning: who is late needs no notice that the term ends soon. Of imported history only the
    breach of an open clock is recorded.
    """
    if not clock.running:
        return None
    if clock.due is None:
        return None if clock.imported else _term(clock, now, rules)
    if is_late(now, clock.due):
        return _breach(clock, clock.due)
    if clock.imported or clock.due in clock.warned:
        return None
    return _warning(clock, clock.due, now, rules)


def _term(clock: AppealClock, now: datetime, rules: Rulebook) -> Verdict | Undecidable | None:
    if clock.jurisdiction is None or clock.kind is None or clock.counts_from is None:
        return None
    try:
        ruling = rules.rule(clock.jurisdiction, clock.kind, clock.counts_from)
    except (PolicyMissing, CalendarMissing) as missing:
        return Undecidable(str(missing))
    deadline = ruling.deadline
    return Verdict(TermSet(due=deadline.due, starts=deadline.starts, policy=ruling.policy.number), now)


def _breach(clock: AppealClock, due: datetime) -> Verdict | None:
    """The breach of *due*, dated at that instant: once, and only where the life cycle can hold it."""
    opened = clock.standing.opened
    if due in clock.missed or (opened is not None and due < opened):
        return None
    return Verdict(Missed(due=due), due)


def _warning(clock: AppealClock, due: datetime, now: datetime, rules: Rulebook) -> Verdict | Undecidable | None:
    if clock.jurisdiction is None or clock.counts_from is None:
        return None
    try:
        at = rules.warn_at(clock.jurisdiction, clock.counts_from, clock.starts or clock.counts_from, due)
    except (PolicyMissing, CalendarMissing) as missing:
        return Undecidable(str(missing))
    return Verdict(Warned(due=due), now) if now >= at else None
