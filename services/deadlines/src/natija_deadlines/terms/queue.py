"""The queue of deadlines: timers in the rows say when an event is due, and `decide` says which."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process_manager.proposed_event import Busy, ProposedEvent, without_busy
from natija_deadlines.terms.decide import NextEvent, outlook
from natija_deadlines.terms.projection import TermsProjection, load_facts
from natija_deadlines.terms.state import AppealTerms
from natija_events.terms.lateness_sql import is_late_sql
from natija_events.types.deadlines import TermSet
from natija_terms.calendars.calendar import Calendar

_PAGE = 200
_FIRST = datetime.min.replace(tzinfo=UTC)
_DUE = text(f"""
    select * from appeals
    where fires_at <= :now and (fires_at, appeal) > (:fires_at, :appeal) and {without_busy("appeals")}
    order by fires_at, appeal limit :page
""")  # noqa: S608 - a condition of our own
_NEXT = text("select min(fires_at) from appeals where fires_at > :now")
_COUNTS = text(f"""
    select
        count(*) filter (where due is not null) as with_term,
        count(*) filter (where {is_late_sql(":now", "breach")}) as overdue,
        count(*) filter (where due is null and not fed) as without_term
    from appeals where running
""")  # noqa: S608 - conditions of our own


class Counts(NamedTuple):
    """Open appeals: with a term, with a breach, and live ones without a term."""

    with_term: int
    overdue: int
    without_term: int


CalendarOf = Callable[[AppealTerms], Calendar | None]
"""The working calendar of the body that has an appeal. Raises `ReferenceDataMissing` while that is not known."""


class TimerQueue:
    """The timers of all appeals. The process manager asks for `pending` events, and then how long it may sleep."""

    def __init__(self, projection: TermsProjection, calendar_of: CalendarOf) -> None:
        self._projection = projection
        self._calendar_of = calendar_of
        self._again: datetime | None = None
        """When a timer that has come is to be looked at again: a warning that came too late waits for the breach."""

    async def pending(self, connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
        """The events whose timers have come, the oldest first."""
        self._again = None
        async for page in _pages(connection, now, busy):
            states = [self._projection.of(row) for row in page]
            facts = await load_facts(connection, [state.appeal for state in states])
            for state in states:
                found = outlook(state, facts[state.appeal], self._projection.policies, self._calendar_of(state), now)
                if (event := found.next) is None:
                    continue
                again = event.at if event.at > now else event.until
                self._again = min(again, self._again or again)
                if event.at <= now:
                    yield _proposal(state, event, now)

    async def next_instant(self, connection: AsyncConnection, now: datetime) -> datetime | None:
        """The first instant after *now* at which a row needs an event, once `pending` was read to its end; None when
        there is none."""
        timer = await connection.scalar(_NEXT, {"now": now})
        return min((one for one in (timer, self._again) if one is not None), default=None)


async def count(connection: AsyncConnection, now: datetime) -> Counts:
    """The number of running terms at *now*."""
    return Counts(*(await connection.execute(_COUNTS, {"now": now})).one())


def _proposal(appeal: AppealTerms, event: NextEvent, now: datetime) -> ProposedEvent:
    return ProposedEvent(
        appeal=appeal.appeal,
        data=event.data,
        time=event.time or now,
        sequence=appeal.standing.sequence,
        basis=event.basis,
        assumes=not isinstance(event.data, TermSet),
    )


async def _pages(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[list[RowMapping]]:
    """The rows whose timers have come, page by page: a caller that stops early reads no further page."""
    place: dict[str, Any] = {"fires_at": _FIRST, "appeal": ""}
    while True:
        asked = {"now": now, "page": _PAGE, **busy.parameters, **place}
        page = list((await connection.execute(_DUE, asked)).mappings())
        if page:
            yield page
        if len(page) < _PAGE:
            return
        place = {name: page[-1][name] for name in place}
