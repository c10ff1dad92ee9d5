"""The queue of deadlines: an index finds the terms that may call for an event, and `decide` decides."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process_manager.proposed_event import PendingProposals, ProposedEvent
from natija_deadlines.policies.policy import Policies
from natija_deadlines.terms.decide import BREACH_DELAY, NextEvent, decide
from natija_deadlines.terms.projection import TERMS
from natija_deadlines.terms.state import AppealTerm
from natija_deadlines.terms.tables import PENDING_MISSED, PENDING_TERM, PENDING_WARNING
from natija_events.terms.lateness_sql import is_late_sql
from natija_events.types.deadlines import TermSet

_PAGE = 200
_Query = tuple[TextClause, dict[str, Any]]

_IS_LATE = is_late_sql(":now", "due")
_PENDING_TERM = text(f"""
    select * from terms
    where {PENDING_TERM} and jurisdiction = :jurisdiction and counts_from >= :first and counts_from < :last
        and (counts_from, appeal) > (:counts_from, :appeal)
        and appeal <> all(cast(:busy as text[]))
    order by counts_from, appeal limit :page
""")  # noqa: S608 - conditions of our own
_PENDING_MISSED = text(f"""
    select * from terms where {PENDING_MISSED} and {_IS_LATE} and (due, appeal) > (:due, :appeal)
        and appeal <> all(cast(:busy as text[]))
    order by due, appeal limit :page
""")  # noqa: S608
_PENDING_WARNING = text(f"""
    select * from terms
    where {PENDING_WARNING} and jurisdiction = :jurisdiction and not ({_IS_LATE}) and due <= :horizon
        and (due, appeal) > (:due, :appeal)
        and appeal <> all(cast(:busy as text[]))
    order by due, appeal limit :page
""")  # noqa: S608
_COUNTS = text(f"""
    select
        (select count(*) from terms where running and due is not null) as with_term,
        (select count(*) from terms where running and due is not null and {_IS_LATE}) as overdue,
        (select count(*) from terms where {PENDING_TERM}) as without_term
""")  # noqa: S608


class Counts(NamedTuple):
    """Open appeals: with a term, of those overdue, and live ones without a term."""

    with_term: int
    overdue: int
    without_term: int


def pending_proposals(policies: Policies) -> PendingProposals:
    """The function that the process manager calls repeatedly: the events that the rows need by *policies*."""
    jurisdictions = sorted(policies.by_jurisdiction)

    async def pending(connection: AsyncConnection, now: datetime, busy: list[str]) -> AsyncIterator[ProposedEvent]:
        queries: list[_Query] = [(_PENDING_MISSED, {"now": now - BREACH_DELAY, "busy": busy})]
        for jurisdiction in jurisdictions:
            if covered := policies.covered(jurisdiction):
                without = {"jurisdiction": jurisdiction, "first": covered[0], "last": covered[1], "busy": busy}
                queries.insert(0, (_PENDING_TERM, without))
            horizon = policies.warning_horizon(jurisdiction, now)
            warned = {"jurisdiction": jurisdiction, "now": now, "horizon": horizon, "busy": busy}
            queries.append((_PENDING_WARNING, warned))
        for query in queries:
            async for row in _rows(connection, query):
                term = TERMS.of(row)
                event = decide(term, now, policies)
                if isinstance(event, NextEvent):
                    yield _proposal(term, event)

    return pending


async def count(connection: AsyncConnection, now: datetime) -> Counts:
    """The number of running terms at *now*."""
    return Counts(*(await connection.execute(_COUNTS, {"now": now})).one())


def _proposal(term: AppealTerm, event: NextEvent) -> ProposedEvent:
    return ProposedEvent(
        appeal=term.appeal,
        data=event.data,
        time=event.time,
        sequence=term.standing.sequence,
        basis=event.basis,
        assumes=not isinstance(event.data, TermSet),
    )


async def _rows(connection: AsyncConnection, query: _Query) -> AsyncIterator[RowMapping]:
    """All rows of *query*, page by page: a caller that stops early reads no further page."""
    statement, given = query
    names = statement.compile().params.keys()
    before = datetime.min.replace(tzinfo=UTC)
    place: dict[str, Any] = {"due": before, "counts_from": before, "appeal": ""}
    while True:
        asked = {name: value for name, value in {**given, **place, "page": _PAGE}.items() if name in names}
        page = (await connection.execute(statement, asked)).mappings().all()
        for row in page:
            yield row
        if len(page) < _PAGE:
            return
        place = {name: page[-1][name] for name in place}
