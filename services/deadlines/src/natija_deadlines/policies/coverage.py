"""How far ahead the working calendars reach: receipts whose terms no calendar covers (pure)."""

from datetime import datetime

from natija_deadlines.policies.policy import Policies

WARNING_DAYS = 60
"""So many days before the first receipt that needs the next year, people are warned."""


def days_left(policies: Policies, jurisdiction: str, now: datetime) -> int | None:
    """The local days until the last receipt with a term that the calendar covers; None without policy or calendar."""
    last, calendar = policies.last_receipt(jurisdiction), policies.calendars.get(jurisdiction)
    return None if last is None or calendar is None else (last - calendar.local(now).date()).days


def is_short(days: int) -> bool:
    """Whether the calendar of the next year is needed soon."""
    return days < WARNING_DAYS
