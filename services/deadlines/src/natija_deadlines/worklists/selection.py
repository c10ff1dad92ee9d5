"""The selection of a worklist, and the local days and weeks of each jurisdiction (pure)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from natija_deadlines.policies.policy import Policies
from natija_terms.calendars.calendar import DAY

Within = Literal["today", "week"]
ListKey = Literal["body", "executor"]
"""The sums: of each body, or of each executor of each body."""


class Selection(NamedTuple):
    """The open appeals of a worklist at the instant *at*.

    *within*: those whose term for the answer ends by the end of the local day, or of Sunday; None: those in breach.
    *body* holds them, *executor* must answer; None: any. *past*: from the facts as of *at*, and *known* by then; None:
    all facts. Otherwise *at* is now, and the rows of the projection tell.
    """

    at: datetime
    within: Within | None = None
    body: str | None = None
    executor: str | None = None
    past: bool = False
    known: datetime | None = None


class Periods(NamedTuple):
    """By jurisdiction, the instant at which the day or the week of a selection ends; *other* for all others."""

    ends: dict[str, datetime]
    other: datetime


def periods(within: Within, at: datetime, policies: Policies) -> Periods:
    """The end of the day, or of the week until Sunday, that *at* falls into. Without a calendar it is UTC's."""
    ends = {
        id: calendar.end(_last_day(within, calendar.local(at).date()))
        for id, calendar in policies.calendars.items()
        if id in policies.by_jurisdiction
    }
    other = datetime.combine(_last_day(within, at.astimezone(UTC).date()) + timedelta(days=1), time(), UTC)
    return Periods(ends, other)


def _last_day(within: Within, day: date) -> date:
    return day if within == "today" else day + (7 - day.isoweekday()) * DAY
