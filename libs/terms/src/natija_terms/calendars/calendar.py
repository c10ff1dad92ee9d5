"""Working calendars: which day is worked where, until which hour, and what was known of it when."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from functools import cached_property
from hashlib import sha256
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_WEEKEND = "weekend"


class CalendarMissing(LookupError):
    """The calendar does not cover the year, so its working days cannot be counted yet."""

    def __init__(self, calendar: str, year: int) -> None:
        super().__init__(f"no working calendar of {calendar} for {year}")
        self.calendar = calendar
        self.year = year


@dataclass(frozen=True, slots=True)
class Days:
    """Special days, each with its reason.

    *off*: days off beside the weekend. *working*: worked days of a weekend. *short*: the hour at which a day ends.
    *suspended*: days on which no term runs.
    """

    off: Mapping[date, str] = field(default_factory=dict)
    working: Mapping[date, str] = field(default_factory=dict)
    short: Mapping[date, time_of_day] = field(default_factory=dict)
    suspended: Mapping[date, str] = field(default_factory=dict)

    def with_changes(self, changes: "Days") -> "Days":
        """These days after *changes*, which win."""
        return Days(
            {day: why for day, why in self.off.items() if day not in changes.working} | dict(changes.off),
            {day: why for day, why in self.working.items() if day not in changes.off} | dict(changes.working),
            {**self.short, **changes.short},
            {**self.suspended, **changes.suspended},
        )


@dataclass(frozen=True, slots=True)
class Decree:
    """A decree that changes days: its *number*, if it is known, and the day on which it was *published*."""

    number: str | None
    published: date
    days: Days


@dataclass(frozen=True)
class Year:
    """One year: the *days* as the law has them, and the *decrees* in the order of their publication.

    After *decreed_through*, decrees may still move days.
    """

    days: Days = Days()
    decrees: tuple[Decree, ...] = ()
    decreed_through: date = date.max

    @cached_property
    def in_force(self) -> Days:
        """The days after all decrees."""
        days = self.days
        for decree in self.decrees:
            days = days.with_changes(decree.days)
        return days

    def known_at(self, day: date) -> "Year":
        """The year as it was known on *day*."""
        return replace(self, decrees=tuple(one for one in self.decrees if one.published <= day))


@dataclass(frozen=True)
class Calendar:
    """The working days of a country, a region or a body. *weekend* holds ISO weekdays, 1 Monday to 7 Sunday.

    *cut_offs*: by weekday, the local time from which a receipt counts as the next working day's; a policy says it for
    the days that are not named. *opens*: the local time at which work begins.
    """

    id: str
    zone: ZoneInfo
    weekend: frozenset[int] = frozenset({6, 7})
    years: Mapping[int, Year] = field(default_factory=dict)
    cut_offs: Mapping[int, time_of_day] = field(default_factory=dict)
    opens: time_of_day = time_of_day(9)
    _versions: dict[tuple[int, int], str] = field(init=False, default_factory=dict, compare=False, repr=False)

    def is_working(self, day: date) -> bool:
        """Whether *day* is worked. Raises `CalendarMissing`."""
        days = self._days(day)
        if day in days.working:
            return day not in days.suspended
        return day.isoweekday() not in self.weekend and day not in days.off and day not in days.suspended

    def is_suspended(self, day: date) -> bool:
        """Whether no term runs on *day*. Raises `CalendarMissing`."""
        return day in self._days(day).suspended

    def why_off(self, day: date) -> str | None:
        """The reason why *day* is not worked; None for a working day. Raises `CalendarMissing`."""
        if self.is_working(day):
            return None
        days = self._days(day)
        return days.suspended.get(day) or days.off.get(day) or _WEEKEND

    def is_plain_weekend(self, day: date) -> bool:
        """Whether *day* is not worked for no other reason than the weekend. Raises `CalendarMissing`."""
        return self.why_off(day) == _WEEKEND

    def cut_off(self, day: date, otherwise: time_of_day | None) -> time_of_day | None:
        """The hour of *day* from which a receipt is late. Raises `CalendarMissing`."""
        return self._days(day).short.get(day) or self.cut_offs.get(day.isoweekday(), otherwise)

    def working_on_or_before(self, day: date) -> date:
        """The last working day not after *day*. Raises `CalendarMissing`."""
        while not self.is_working(day):
            day -= DAY
        return day

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

    def add_running(self, day: date, amount: int) -> date:
        """The *amount*-th day after *day* on which terms run. A year without a calendar has no suspended days."""
        for _ in range(amount):
            day += DAY
            while self._is_known_suspended(day):
                day += DAY
        return day

    def local(self, instant: datetime) -> datetime:
        """The aware *instant* on this calendar's clocks."""
        return instant.astimezone(self.zone)

    def begin(self, day: date) -> datetime:
        """The instant, in UTC, at which the local *day* begins."""
        return datetime.combine(day, time_of_day.min, self.zone).astimezone(UTC)

    def opening(self, day: date) -> datetime:
        """The instant, in UTC, at which work begins on the local *day*."""
        return datetime.combine(day, self.opens, self.zone).astimezone(UTC)

    def end(self, day: date) -> datetime:
        """The instant, in UTC, at which the local *day* ends: its 24:00, where the next one begins."""
        return self.begin(day + DAY)

    def is_provisional(self, day: date) -> bool:
        """Whether a later decree may move days around *day*."""
        year = self.years.get(day.year)
        return year is None or day > year.decreed_through

    def known_at(self, day: date) -> "Calendar":
        """The calendar without the decrees that were published after *day*."""
        return replace(self, years={number: year.known_at(day) for number, year in self.years.items()})

    def version(self, first: date, last: date) -> str:
        """The name of what was in force in the years of *first* to *last*: the same days have the same name."""
        years = first.year, last.year
        if (known := self._versions.get(years)) is None:
            known = self._versions[years] = self._version(*years)
        return known

    def _version(self, first: int, last: int) -> str:
        text: list[object] = [self.id, self.zone.key, sorted(self.weekend), sorted(self.cut_offs.items())]
        for year in range(first, last + 1):
            days = self.years[year].in_force if year in self.years else Days()
            text += [year, sorted(days.off), sorted(days.working), sorted(days.short.items()), sorted(days.suspended)]
        return f"{self.id}/{sha256(repr(text).encode()).hexdigest()[:12]}"

    def _days(self, day: date) -> Days:
        year = self.years.get(day.year)
        if year is None:
            raise CalendarMissing(self.id, day.year)
        return year.in_force

    def _is_known_suspended(self, day: date) -> bool:
        year = self.years.get(day.year)
        return year is not None and day in year.in_force.suspended
