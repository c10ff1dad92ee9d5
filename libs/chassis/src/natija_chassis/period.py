"""A period of a report, in local days."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Period:
    """Local days of *zone*, from the first to the last, both included."""

    first_day: date
    last_day: date
    zone: str
