"""Periods: whole local days of a time zone."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from natija_chassis.time_zones import time_zone


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of *zone*, the first and the last included."""

    first_day: date
    last_day: date
    zone: str

    def bounds(self) -> tuple[datetime, datetime]:
        """The aware instants at which the period begins and ends, the second one excluded. Raises ValueError."""
        zone = time_zone(self.zone)
        after = self.last_day + timedelta(days=1)
        return datetime.combine(self.first_day, time(), zone), datetime.combine(after, time(), zone)
