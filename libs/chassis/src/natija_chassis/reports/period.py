"""Periods: whole local days of a time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def zone_named(name: str) -> ZoneInfo:
    """The time zone *name*. Raises ValueError for any name that is not one."""
    try:
        return ZoneInfo(name)
    except (OSError, LookupError, ValueError):
        raise ValueError("not a time zone (example: Asia/Bishkek)") from None


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of *zone*, the first and the last included."""

    first_day: date
    last_day: date
    zone: str

    def bounds(self) -> tuple[datetime, datetime]:
        """The aware instants at which the period begins and ends, the second one excluded. Raises ValueError."""
        zone = zone_named(self.zone)
        after = self.last_day + timedelta(days=1)
        return datetime.combine(self.first_day, time(), zone), datetime.combine(after, time(), zone)
