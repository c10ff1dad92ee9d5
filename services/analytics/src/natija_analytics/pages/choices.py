"""The choices that a request makes on a public page: checked, and with their figures."""

from natija_analytics.pages.periods import PARTS, PublicPeriod, parse_year
from natija_analytics.pages.snapshots import Filter, Snapshot, Snapshots
from natija_chassis.clock import Clock
from natija_chassis.http import problems
from natija_chassis.time_zones import time_zone
from natija_events.reference.data import GetReferenceData


class FigureChoices:
    """The choices among the *snapshots*; *clock* gives the year of a register without appeals."""

    def __init__(self, snapshots: Snapshots, reference: GetReferenceData, clock: Clock) -> None:
        self.snapshots, self.reference = snapshots, reference
        self._clock = clock

    async def years(self) -> list[int]:
        """The years of the picker, the last one first."""
        found = await self.snapshots.years()
        now = self._clock.now().astimezone(time_zone(self.reference().zone)).year
        first, last = found or (now, now)
        return list(range(last, first - 1, -1))

    async def period(self, year: str, part: str) -> PublicPeriod:
        """The *part* of a *year*; blank for the last one. Raises `Problem` (422) for others than those of the page."""
        listed = await self.years()
        if year and parse_year(year) not in listed:
            raise problems.invalid_field("year", "unknown", "must be a year with appeals")
        if part not in PARTS:
            raise _unknown("part")
        return PublicPeriod(parse_year(year) or listed[0], part)

    def check_region(self, region: str, name: str = "region") -> None:
        """Raises `Problem` (422) for a *region* that there is not. *name* is that of the parameter."""
        if region and region not in self.reference().regions:
            raise _unknown(name)

    def check_body(self, body: str) -> None:
        """Raises `Problem` (422) for a *body* that there is not."""
        if body and body not in self.reference().bodies:
            raise _unknown("body")

    async def computed(self, chosen: Filter) -> Snapshot:
        """The figures of *chosen*. Raises `Problem` (503) while they are being computed."""
        if (snapshot := await self.snapshots.get(chosen)) is None:
            raise problems.Problem(503, "The figures are being computed", headers={"Retry-After": "30"})
        return snapshot


def _unknown(name: str) -> problems.Problem:
    return problems.invalid_field(name, "unknown", "is not one of those of the page")
