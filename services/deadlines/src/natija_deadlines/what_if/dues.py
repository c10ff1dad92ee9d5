"""The due instants that a policy gives to terms that were set by another one (pure).

Each day is counted once before its cut-off, and once after it.
"""

from datetime import date, datetime
from datetime import time as time_of_day

from natija_deadlines.policies.policy import Policy, TypeUnknown
from natija_terms.arithmetic import deadline
from natija_terms.calendars.calendar import Calendar, CalendarMissing


class NewDues:
    """The due instants by one *policy* and *calendar*, each counted once."""

    def __init__(self, policy: Policy, calendar: Calendar) -> None:
        self._policy = policy
        self._calendar = calendar
        self._counting = policy.answer.counting(policy.counting)
        self._cut_offs: dict[date, time_of_day | None] = {}
        self._known: dict[tuple[str, str | None, date, bool], datetime | None] = {}

    def __call__(self, kind: str, country_type: str | None, instant: datetime) -> datetime | None:
        """The due instant of a term that counts from *instant*; None where the policy gives none."""
        local = self._calendar.local(instant)
        day = local.date()
        if day not in self._cut_offs:
            self._cut_offs[day] = self._cut_off(day)
        cut_off = self._cut_offs[day]
        key = kind, country_type, day, cut_off is not None and local.time() >= cut_off
        if key not in self._known:
            self._known[key] = self._due(kind, country_type, instant)
        return self._known[key]

    def _cut_off(self, day: date) -> time_of_day | None:
        """None, too, in a year without a calendar: no term of it has a due instant."""
        try:
            return self._calendar.cut_off(day, self._counting.cut_off)
        except CalendarMissing:
            return None

    def _due(self, kind: str, country_type: str | None, instant: datetime) -> datetime | None:
        try:
            return deadline(instant, self._policy.term(kind, country_type), self._counting, self._calendar).due
        except (CalendarMissing, TypeUnknown):
            return None
