"""The periods of the public pages: a year, its halves, quarters and months.

There are no others, since the difference of two periods of days would show single appeals.
"""

import re
from datetime import date, timedelta
from typing import NamedTuple

from natija_chassis.reports.period import Period
from natija_chassis.time_zones import YEARS

PARTS = ("", "H1", "H2", "Q1", "Q2", "Q3", "Q4", *(f"{month:02}" for month in range(1, 13)))
"""The parts of a year; blank for the whole."""
_YEAR = re.compile(r"\d{4}", re.ASCII)


class PublicPeriod(NamedTuple):
    """A *part* of a *year*."""

    year: int
    part: str = ""

    @property
    def months(self) -> tuple[int, int]:
        """The first and the last month."""
        if not self.part:
            return 1, 12
        kind, number = self.part[0], int(self.part[-1])
        if kind == "H":
            return 6 * number - 5, 6 * number
        if kind == "Q":
            return 3 * number - 2, 3 * number
        return int(self.part), int(self.part)

    @property
    def code(self) -> str:
        """Such as `2019`, `2019-H1` or `2019-03`, for the name of a file."""
        return f"{self.year}-{self.part}" if self.part else str(self.year)

    def days(self, zone: str) -> Period:
        """Its local days in *zone*."""
        first, last = self.months
        after = date(self.year + last // 12, last % 12 + 1, 1)
        return Period(date(self.year, first, 1), after - timedelta(days=1), zone)


def parse_year(text: str) -> int | None:
    """The year that *text* names; None for another text."""
    return int(text) if _YEAR.fullmatch(text) and int(text) in YEARS else None
