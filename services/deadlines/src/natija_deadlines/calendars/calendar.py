"""Working calendars: which day is worked where, as checked-in data of a country and a year.

The files under ``data/calendars`` were seeded from the `holidays` package (see `seed`) and are corrected by decree.
The calculation of terms does not use that package, so a new release never moves a due date.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, RootModel

from natija_chassis.realm import yaml_file
from natija_chassis.time_zones import ZoneName, time_zone

DATA = Path(__file__).parent / "data"
DAY = timedelta(days=1)


class CalendarMissing(LookupError):
    """No calendar of this country covers the year, so its working days cannot be counted yet."""

    def __init__(self, country: str, year: int) -> None:
        super().__init__(f"no working calendar of {country} for {year}")
        self.country = country
        self.year = year


@dataclass(frozen=True, slots=True)
class Year:
    """One year: *days_off* beside the weekend, and *working* days that a decree moved onto a weekend."""

    version: int
    days_off: frozenset[date]
    working: frozenset[date]


@dataclass(frozen=True)
class Calendar:
    """A country's working days. *weekend* holds ISO weekdays, 1 Monday to 7 Sunday.

    In years after *decreed_through* days may still be moved by decree: what is counted there is provisional.
    """

    country: str
    zone: ZoneInfo
    weekend: frozenset[int] = frozenset({6, 7})
    years: Mapping[int, Year] = field(default_factory=dict)
    decreed_through: int = 9999

    def is_working(self, day: date) -> bool:
        """Whether *day* is worked. Raises `CalendarMissing`."""
        year = self.years.get(day.year)
        if year is None:
            raise CalendarMissing(self.country, day.year)
        if day in year.working:
            return True
        return day.isoweekday() not in self.weekend and day not in year.days_off

    def working_on_or_after(self, day: date) -> date:
        """The first working day not before *day*. Raises `CalendarMissing`."""
        while not self.is_working(day):
            day += DAY
        return day

    def add_working(self, day: date, amount: int) -> date:
        """The *amount*-th working day after *day*, before it when *amount* is negative, *day* itself for 0."""
        step = DAY if amount > 0 else -DAY
        for _ in range(abs(amount)):
            day += step
            while not self.is_working(day):
                day += step
        return day

    def local(self, instant: datetime) -> datetime:
        """The aware *instant* on this country's clocks."""
        return instant.astimezone(self.zone)

    def begin(self, day: date) -> datetime:
        """The instant, in UTC, at which the local *day* begins."""
        return datetime.combine(day, time_of_day.min, self.zone).astimezone(UTC)

    def end(self, day: date) -> datetime:
        """The instant, in UTC, at which the local *day* ends: its 24:00, where the next one begins."""
        return self.begin(day + DAY)

    def is_provisional(self, day: date) -> bool:
        """Whether a later decree may move days around *day*."""
        return day.year > self.decreed_through


def year_file(country: str, year: int, folder: Path = DATA) -> Path:
    """The path of the calendar of *country* for *year*."""
    return folder / f"{country.lower()}-{year}.yaml"


def load_calendars(folder: Path = DATA) -> dict[str, Calendar]:
    """All calendars of *folder*, by country. Raises `FileError`."""
    years: dict[str, dict[int, Year]] = {}
    for path in sorted(folder.glob("*-[0-9][0-9][0-9][0-9].yaml")):
        found = yaml_file.load(path, YearFile)
        years.setdefault(found.country, {})[found.year] = _year(path, found)
    countries = yaml_file.load(folder / "countries.yaml", CountriesFile).root
    return {
        country: Calendar(
            country=country,
            zone=time_zone(found.zone),
            weekend=found.weekend,
            years=years.get(country, {}),
            decreed_through=found.decreed_through,
        )
        for country, found in countries.items()
    }


class Days(BaseModel):
    """Days off and working days on weekends, each with its reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days_off: Mapping[date, str]
    working: Mapping[date, str]


class YearFile(Days):
    """The file of one year. *decrees* win over the days that were seeded."""

    version: int
    country: str
    year: int
    decrees: Days


class Country(BaseModel):
    """A country of `countries.yaml`: its zone, its weekend and the last year whose moved days are known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: ZoneName
    weekend: frozenset[int]
    decreed_through: int


class CountriesFile(RootModel[Mapping[str, Country]]):
    """`countries.yaml`."""


def _year(path: Path, found: YearFile) -> Year:
    """The seeded days with the decrees over them. Raises `FileError`."""
    off = dict.fromkeys(found.days_off.keys() - found.decrees.working.keys()) | dict(found.decrees.days_off)
    working = dict.fromkeys(found.working.keys() - found.decrees.days_off.keys()) | dict(found.decrees.working)
    if any(day.year != found.year for day in (*off, *working)):
        raise yaml_file.error_at(path, ("year",), f"every day must be of {found.year}")
    if both := off.keys() & working.keys():
        raise yaml_file.error_at(path, ("decrees",), f"{min(both)} is both a day off and a working day")
    return Year(found.version, frozenset(off), frozenset(working))
