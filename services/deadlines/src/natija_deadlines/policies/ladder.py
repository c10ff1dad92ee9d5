"""The instants of an escalation ladder: when who is told of a term (pure)."""

from datetime import datetime

from natija_deadlines.policies.rules import WarningStep
from natija_terms.arithmetic import instant_after, instant_before
from natija_terms.calendars.calendar import Calendar


def told_at(step: WarningStep, starts: datetime, due: datetime, calendar: Calendar) -> datetime:
    """The instant of a *step*: at the begin of work, and never before the day on which the term starts.

    Raises `CalendarMissing`.
    """
    if step.after is not None:
        return instant_after(due, step.after, calendar)
    if step.before is not None:
        at = instant_before(due, step.before, calendar)
    else:
        passed = starts + (due - starts) * (step.share or 0) / 100
        at = calendar.opening(calendar.working_on_or_before(calendar.local(passed).date()))
    return max(at, calendar.opening(calendar.local(starts).date()))
