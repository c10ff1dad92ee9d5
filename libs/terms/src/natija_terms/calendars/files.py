"""The files of the working calendars: `calendars.yaml`, and one of each calendar and year.

The files were seeded from the `holidays` package (see `seed`) and are corrected by decree. The calculation of terms
does not use that package, so a new release never moves a due date.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel, model_validator

from natija_chassis.realm import yaml_file
from natija_chassis.time_zones import ZoneName, time_zone
from natija_terms.calendars.calendar import DAY, Calendar, Days, Decree, Year

DATA = Path(__file__).parent / "data"
CALENDARS = "calendars.yaml"
_LONGEST = timedelta(days=366)


def _filled(value: Any) -> Any:
    if value is None:
        raise ValueError("is empty: write {} where there is none, and [] for a list")
    return value


Filled = BeforeValidator(_filled)
ReasonByDay = Annotated[Mapping[date, str], Filled]


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Suspension(_File):
    """No term runs from *first* to *last*, both days included."""

    first: date
    last: date
    reason: str

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if not timedelta(0) <= self.last - self.first <= _LONGEST:
            raise ValueError("last must be first or later, and within a year")
        return self

    @property
    def days(self) -> Iterator[date]:
        """Its days."""
        return (self.first + n * DAY for n in range((self.last - self.first).days + 1))


class DaysOfFile(_File):
    """Special days. A *short* day ends at an hour of its own."""

    days_off: ReasonByDay = {}
    working: ReasonByDay = {}
    short_days: Annotated[Mapping[date, time_of_day], Filled] = {}
    suspensions: Annotated[tuple[Suspension, ...], Filled] = ()

    def days(self) -> Days:
        """As the calendar has them."""
        suspended = {day: one.reason for one in self.suspensions for day in one.days}
        return Days(self.days_off, self.working, self.short_days, suspended)


class DecreeOfFile(DaysOfFile):
    """A decree: its number, when it was published, where that can be read, and what it changes."""

    number: str | None = None
    published: date
    source: str | None = None

    def decree(self) -> Decree:
        """As the calendar has it."""
        return Decree(self.number, self.published, self.days())


class YearFile(DaysOfFile):
    """The file of one year. *decrees* change the days above them; *decreed_through*: none is expected until then."""

    calendar: str
    year: int
    decreed_through: date
    days_off: ReasonByDay
    working: ReasonByDay
    decrees: Annotated[tuple[DecreeOfFile, ...], Filled]


class CalendarEntry(_File):
    """A calendar of `calendars.yaml`. One that is *based_on* another has its years, with own days over them.

    *made*: the data are made up, as an example.
    """

    zone: ZoneName
    weekend: frozenset[Annotated[int, Field(ge=1, le=7)]] = frozenset({6, 7})
    based_on: str | None = None
    cut_offs: Annotated[Mapping[Annotated[int, Field(ge=1, le=7)], time_of_day], Filled] = {}
    opens: time_of_day = time_of_day(9)
    made: bool = False


class CalendarsFile(RootModel[Mapping[str, CalendarEntry]]):
    """`calendars.yaml`."""


def year_file(calendar: str, year: int, folder: Path = DATA) -> Path:
    """The path of *calendar* for *year*."""
    return folder / f"{calendar.lower()}-{year}.yaml"


def load_calendars(folder: Path = DATA) -> dict[str, Calendar]:
    """All calendars of *folder*, by id. Raises `FileError`, which names the file, the field and the rule."""
    index = folder / CALENDARS
    entries = yaml_file.load(index, CalendarsFile).root
    files = _year_files(folder, entries)
    calendars: dict[str, Calendar] = {}
    for id, entry in entries.items():
        if entry.based_on is not None and entry.based_on not in calendars:
            raise yaml_file.error_at(index, (id, "based_on"), f"{entry.based_on} must stand above {id}")
        years = {} if entry.based_on is None else dict(calendars[entry.based_on].years)
        for path, found in files[id]:
            years[found.year] = _year(path, found, entry.weekend, years.get(found.year))
        if years and sorted(years) != list(range(min(years), max(years) + 1)):
            raise yaml_file.error_at(index, (id,), f"has a gap: its years are {', '.join(map(str, sorted(years)))}")
        calendars[id] = Calendar(id, time_zone(entry.zone), entry.weekend, years, entry.cut_offs, entry.opens)
    return calendars


def _year_files(folder: Path, entries: Mapping[str, CalendarEntry]) -> dict[str, list[tuple[Path, YearFile]]]:
    """The files of years, by calendar. Raises `FileError`."""
    files: dict[str, list[tuple[Path, YearFile]]] = {id: [] for id in entries}
    for path in sorted(folder.glob("*-[0-9][0-9][0-9][0-9].yaml")):
        found = yaml_file.load(path, YearFile)
        if path != year_file(found.calendar, found.year, folder):
            raise yaml_file.error_at(path, ("year",), f"is {found.calendar} {found.year}, unlike the file's name")
        if found.calendar not in files:
            raise yaml_file.error_at(path, ("calendar",), f"{found.calendar} is not in {CALENDARS}")
        files[found.calendar].append((path, found))
    return files


def _year(path: Path, found: YearFile, weekend: frozenset[int], base: Year | None) -> Year:
    """The days of the file, over those of *base*, and each decree over those before it. Raises `FileError`."""
    own, decrees = found.days(), tuple(one.decree() for one in found.decrees)
    for place, days in [((), own), *((("decrees", str(n)), one.days) for n, one in enumerate(decrees))]:
        if wrong := next((day for day in _all(days) if day.year != found.year), None):
            raise yaml_file.error_at(path, (*place, "year"), f"every day must be of {found.year}, unlike {wrong}")
        if both := days.off.keys() & days.working.keys():
            raise yaml_file.error_at(path, place, f"{min(both)} is both a day off and a working day")
    published = [one.published for one in decrees]
    if published != sorted(published):
        raise yaml_file.error_at(path, ("decrees",), "must stand in the order of their publication")
    _check_effect(path, decrees, own if base is None else base.in_force.with_changes(own), weekend)
    if base is None:
        return Year(own, decrees, found.decreed_through)
    always_known = Decree(None, date.min, own)
    return Year(base.days, (*base.decrees, always_known, *decrees), found.decreed_through)


def _check_effect(path: Path, decrees: Sequence[Decree], days: Days, weekend: frozenset[int]) -> None:
    """Raises `FileError` for a decree that changes none of the *days* before it: it is a slip of the pen."""
    for number, decree in enumerate(decrees):
        years = {day.year: Year(days) for day in _all(decree.days)}
        before = Calendar("", time_zone("UTC"), weekend, years)
        idle = [day for day in decree.days.off if not before.is_working(day)]
        idle += [day for day in decree.days.working if before.is_working(day)]
        if idle or not years:
            rule = f"changes nothing on {min(idle)}" if idle else "changes nothing"
            raise yaml_file.error_at(path, ("decrees", str(number)), rule)
        days = days.with_changes(decree.days)


def _all(days: Days) -> Iterator[date]:
    for part in (days.off, days.working, days.short, days.suspended):
        yield from part
