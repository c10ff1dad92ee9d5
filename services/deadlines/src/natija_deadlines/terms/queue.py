"""The queue of deadlines: timers in the rows say when an event is due, and `decide` says which."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process_manager.proposed_event import NextInstant, PendingProposals, ProposedEvent
from natija_deadlines.terms.decide import NextEvent, decide, outlook
from natija_deadlines.terms.projection import TermsProjection, load_facts
from natija_deadlines.terms.state import AppealTerms
from natija_events.terms.lateness_sql import is_late_sql
from natija_events.types.deadlines import TermSet
from natija_terms.calendars.calendar import Calendar

_PAGE = 200
_FIRST = datetime.min.replace(tzinfo=UTC)
_DUE = text("""
    select * from appeals
    where fires_at <= :now and (fires_at, appeal) > (:fires_at, :appeal) and appeal <> all(cast(:busy as text[]))
    order by fires_at, appeal limit :page
""")
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


def pending_proposals(projection: TermsProjection, calendar_of: CalendarOf) -> PendingProposals:
    """The function that the process manager calls: the events whose timers have come, the oldest first."""

    async def pending(connection: AsyncConnection, now: datetime, busy: list[str]) -> AsyncIterator[ProposedEvent]:
        async for page in _pages(connection, now, busy):
            states = [projection.of(row) for row in page]
            facts = await load_facts(connection, [state.appeal for state in states])
            for state in states:
                event = decide(state, facts[state.appeal], now, projection.policies, calendar_of(state))
                if event is not None:
                    yield _proposal(state, event, now)

    return pending


def next_instant(projection: TermsProjection, calendar_of: CalendarOf) -> NextInstant:
    """The function that says how long the process manager may sleep: until the first timer after now.

    A timer may have come, and nothing is to be proposed: a warning that came too late waits for the breach.
    """

    async def first(connection: AsyncConnection, now: datetime) -> datetime | None:
        found: list[datetime] = []
        if (timer := await connection.scalar(_NEXT, {"now": now})) is not None:
            found.append(timer)
        async for page in _pages(connection, now, []):
            states = [projection.of(row) for row in page]
            facts = await load_facts(connection, [state.appeal for state in states])
            for state in states:
                event = outlook(state, facts[state.appeal], projection.policies, calendar_of(state), now).next
                if event is not None:
                    found.append(event.at if event.at > now else event.until)
        return min(found, default=None)

    return first


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


async def _pages(connection: AsyncConnection, now: datetime, busy: list[str]) -> AsyncIterator[list[RowMapping]]:
    """The rows whose timers have come, page by page: a caller that stops early reads no further page."""
    place: dict[str, Any] = {"fires_at": _FIRST, "appeal": ""}
    while True:
        asked = {"now": now, "busy": busy, "page": _PAGE, **place}
        page = list((await connection.execute(_DUE, asked)).mappings())
        if page:
            yield page
        if len(page) < _PAGE:
            return
        place = {name: page[-1][name] for name in place}
