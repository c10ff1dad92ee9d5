"""The selection of a worklist, and the local days and weeks of each jurisdiction (pure)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple

from natija_deadlines.policies.policy import Policies
from natija_terms.calendars.calendar import DAY

Within = Literal["today", "week"]
ListKey = Literal["body", "executor"]
"""The sums: of each body, or of each executor of each body."""


class ListReader(NamedTuple):
    """The part of the lists that one person sees.

    *body* is the one for which they act: complaints about it are left out. *bodies* hold what they see; None: all
    bodies. *handles*: they handle the confidential appeals of their own body. Of the others they see number and dates.
    """

    body: str
    bodies: tuple[str, ...] | None
    handles: bool

    def sees_only_dates(self, holder: str | None, *, confidential: bool) -> bool:
        """Whether of an appeal in the list only number and dates are for this person."""
        return confidential and not (self.handles and holder == self.body)


class Selection(NamedTuple):
    """The open appeals of a worklist at the instant *at*.

    *within*: those whose term for the answer ends by the end of the local day, or of Sunday; None: those in breach.
    *body* holds them, *executor* must answer; None: any. *past*: from the facts as of *at*, and *known* by then; None:
    all facts. Otherwise *at* is now, and the rows of the projection tell. *reader*: only what that person sees; None:
    all. To ask for one body or executor would tell who has an appeal, so confidential ones are not among the answers.
    """

    at: datetime
    within: Within | None = None
    body: str | None = None
    executor: str | None = None
    past: bool = False
    known: datetime | None = None
    reader: ListReader | None = None


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
