"""The arithmetic of terms: received, policy and calendar give the days and the instant of a deadline.

A legal day ends at 24:00 in its calendar's zone, so the due instant is where the day after `due_on` begins. That
instant itself is still in time: see `natija_events.terms.lateness`.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from natija_terms.calendars.calendar import DAY, Calendar

Unit = Literal["working", "calendar", "month"]
FirstDay = Literal["NEXT", "SAME"]
CountFrom = Literal["registered", "received", "entered"]


@dataclass(frozen=True, slots=True)
class TermLength:
    """A number of working days, calendar days or months. Read from a policy file, it may have no other field."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    amount: Annotated[int, Field(ge=1)]
    unit: Unit


@dataclass(frozen=True, slots=True)
class Counting:
    """How a country counts. *first_day*: the day after the event is day 1 (NEXT) or the event's own day is (SAME).

    *count_from*: the day on which the receipt is to be registered, that of the receipt, or that on which the
    registration was entered. *cut_off*: local time from which a receipt counts as the next working day's. *move_due*: a
    due day that is not worked moves to the next working day.
    """

    first_day: FirstDay = "NEXT"
    count_from: CountFrom = "registered"
    cut_off: time_of_day | None = None
    move_due: bool = False


@dataclass(frozen=True, slots=True)
class Deadline:
    """A counted term: its days are local, its instants UTC. *starts* is the begin of the first counted day.

    *unmoved_on* is the last day before a day off moved it. *calendar* is the version by which it was counted.
    *provisional*: decrees may still move its days.
    """

    registered_on: date
    start_on: date
    due_on: date
    starts: datetime
    due: datetime
    unmoved_on: date
    provisional: bool
    calendar: str


def deadline(received: datetime, length: TermLength, counting: Counting, calendar: Calendar) -> Deadline:
    """Count *length* from the aware instant *received*. Raises `CalendarMissing`."""
    registered_on = registration_day(received, counting, calendar)
    origin = origin_day(received, counting, calendar)
    start_on = _first_day(origin, length, counting, calendar)
    unmoved_on = _last_day(origin, start_on, length, counting, calendar)
    moves = counting.move_due and length.unit != "working"
    due_on = calendar.working_on_or_after(unmoved_on) if moves else unmoved_on
    return Deadline(
        registered_on=registered_on,
        start_on=start_on,
        due_on=due_on,
        starts=calendar.begin(start_on),
        due=calendar.end(due_on),
        unmoved_on=unmoved_on,
        provisional=calendar.is_provisional(due_on),
        calendar=calendar.version(registered_on, due_on),
    )


def registration_day(received: datetime, counting: Counting, calendar: Calendar) -> date:
    """The day of receipt when it is worked and the cut-off has not come, else the next working day.

    Raises `CalendarMissing`.
    """
    local = calendar.local(received)
    cut_off = calendar.cut_off(local.date(), counting.cut_off)
    too_late = cut_off is not None and local.time() >= cut_off
    return calendar.working_on_or_after(local.date() + DAY if too_late else local.date())


def origin_day(received: datetime, counting: Counting, calendar: Calendar) -> date:
    """The day from which a term counts: that of registration, or that of receipt. Raises `CalendarMissing`."""
    if counting.count_from == "registered":
        return registration_day(received, counting, calendar)
    return calendar.local(received).date()


def instant_before(due: datetime, length: TermLength, calendar: Calendar) -> datetime:
    """The begin of work on the working day that lies *length* before the last day of the term. Raises
    `CalendarMissing`."""
    due_on = last_day(due, calendar)
    if length.unit == "working":
        return calendar.opening(calendar.add_working(due_on, -length.amount))
    return calendar.opening(calendar.working_on_or_before(due_on - length.amount * DAY))


def instant_after(due: datetime, length: TermLength, calendar: Calendar) -> datetime:
    """The begin of work on the working day that lies *length* after the last day of the term. Raises
    `CalendarMissing`."""
    day = day_after(last_day(due, calendar), length, calendar)
    return calendar.opening(calendar.working_on_or_after(day))


def last_day(due: datetime, calendar: Calendar) -> date:
    """The local day that ends at the instant *due*."""
    return (calendar.local(due) - timedelta(microseconds=1)).date()


def day_after(day: date, length: TermLength, calendar: Calendar) -> date:
    """The day that lies *length* after *day*. Raises `CalendarMissing`."""
    if length.unit == "working":
        return calendar.add_working(day, length.amount)
    return add_months(day, length.amount) if length.unit == "month" else day + length.amount * DAY


def add_months(day: date, months: int) -> date:
    """The same day *months* later, at most the month's end. Anchor on one day, never chain: 31 Jan, 28 Feb, 31 Mar."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _first_day(origin: date, length: TermLength, counting: Counting, calendar: Calendar) -> date:
    day = origin + DAY if counting.first_day == "NEXT" else origin
    return calendar.working_on_or_after(day) if length.unit == "working" else calendar.add_running(day - DAY, 1)


def _last_day(origin: date, start_on: date, length: TermLength, counting: Counting, calendar: Calendar) -> date:
    if length.unit == "working":
        return calendar.add_working(start_on, length.amount - 1)
    if length.unit == "calendar":
        return calendar.add_running(start_on, length.amount - 1)
    last = add_months(origin, length.amount)
    days = (last - origin).days
    return calendar.add_running(origin, days if counting.first_day == "NEXT" else days - 1)
