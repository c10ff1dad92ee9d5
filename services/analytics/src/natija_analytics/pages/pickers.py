"""The choices of the form on the statistics page, named in one language."""

from collections.abc import Sequence

from natija_analytics.pages.periods import PARTS, PublicPeriod
from natija_chassis.pages.catalogs import GetText
from natija_chassis.pages.formats import Formats
from natija_events.reference.data import ReferenceData, Section

Choice = tuple[str, str]
"""A value, and its name."""


class Pickers:
    """The choices, of which the first of each is all there is. Names are in the order of the alphabet."""

    def __init__(self, years: Sequence[int], reference: ReferenceData, formats: Formats, words: GetText) -> None:
        self._reference, self._formats, self._words = reference, formats, words
        self.years: Sequence[Choice] = [(str(year), str(year)) for year in years]
        self.parts: Sequence[Choice] = [(part, self.part(part)) for part in PARTS]
        self.regions = [("", words("All regions")), *self._named("regions")]
        self.bodies = [("", words("All bodies")), *self._named("bodies")]

    def part(self, part: str) -> str:
        """The name of a part of the year."""
        if part[:1] == "Q":
            return self._words("Quarter {number}").format(number=part[1:])
        if part.isdigit():
            return self._formats.month_name(int(part))
        return {"": self._words("Whole year"), "H1": self._words("First half"), "H2": self._words("Second half")}[part]

    def days(self, period: PublicPeriod) -> str:
        """The first and the last day of *period* in words."""
        days = period.days(self._reference.zone)
        return f"{self._formats.day(days.first_day)} – {self._formats.day(days.last_day)}"

    def name(self, section: Section, id: str) -> str:
        """The name of a region or a body."""
        return self._reference.name(section, id, self._formats.language)

    def _named(self, section: Section) -> list[Choice]:
        named = [(id, self.name(section, id)) for id in getattr(self._reference, section)]
        return self._formats.sort(named, lambda one: one[1])
