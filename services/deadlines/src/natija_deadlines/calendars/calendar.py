"""Working calendars: which day is worked where, as checked-in data of a country and a year.

The files under ``data/calendars`` were seeded from the `holidays` package (see `seeding`) and are corrected by decree;
nothing asks that package while terms are counted, so a new release of it never moves a due date.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

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


def read(path: Path) -> Any:
    """The YAML file at *path*."""
    import yaml

    safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads ten times as fast, where it was built
    return yaml.load(path.read_text(encoding="utf-8"), Loader=safe)  # noqa: S506


def year_file(country: str, year: int, folder: Path = DATA) -> Path:
    """The path of the calendar of *country* for *year*."""
    return folder / f"{country.lower()}-{year}.yaml"


def load_calendars(folder: Path = DATA) -> dict[str, Calendar]:
    """All calendars of *folder*, by country. Raises OSError, or ValueError that names the file."""
    years: dict[str, dict[int, Year]] = {}
    for path in sorted(folder.glob("*-[0-9][0-9][0-9][0-9].yaml")):
        raw = read(path)
        year = _year(path, raw)
        years.setdefault(raw["country"], {})[raw["year"]] = year
    return {
        country: Calendar(
            country=country,
            zone=ZoneInfo(raw["zone"]),
            weekend=frozenset(raw["weekend"]),
            years=years.get(country, {}),
            decreed_through=raw["decreed_through"],
        )
        for country, raw in read(folder / "countries.yaml").items()
    }


def _year(path: Path, raw: Any) -> Year:
    """The seeded days, with the decrees applied."""
    off, working = dict(raw["days_off"]), dict(raw["working"])
    decrees = raw["decrees"]
    for day in decrees["working"]:
        off.pop(day, None)
    for day in decrees["days_off"]:
        working.pop(day, None)
    off |= decrees["days_off"]
    working |= decrees["working"]
    strange = [day for day in (*off, *working) if type(day) is not date or day.year != raw["year"]]
    if strange or off.keys() & working.keys():
        raise ValueError(f"{path.name}: a day is of another year, or both worked and off")
    return Year(raw["version"], frozenset(off), frozenset(working))
