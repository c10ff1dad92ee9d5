"""The work of deadlines as rows: clocks that may call for a decision, found by index, decided by `decisions`."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process_manager.worker import Decide, Decision
from natija_deadlines.policies.policy import Rulebook
from natija_deadlines.terms.decide import Verdict, decide
from natija_deadlines.terms.projection import CLOCKS
from natija_deadlines.terms.state import AppealClock
from natija_deadlines.terms.tables import TO_BE_MISSED, TO_BE_WARNED_OF, WITHOUT_A_TERM

ROUTING_FIRST = timedelta(seconds=2)
"""How long routing is let go first. It acts on the same event, and of two decisions on one state the second is refused
and taken again: as a rule that would be one refusal an appeal. A term counts days, and does not wait for routing."""

_PAGE = 200
_Query = tuple[TextClause, dict[str, Any]]

_WITHOUT_A_TERM = text(f"""
    select * from clocks
    where {WITHOUT_A_TERM} and jurisdiction = any(cast(:jurisdictions as text[])) and appeal > :appeal
        and (state <> 'REGISTERED' or opened <= :settled) and appeal <> all(cast(:busy as text[]))
    order by appeal limit :page
""")  # noqa: S608 - conditions of our own
_TO_BE_MISSED = text(f"""
    select * from clocks where {TO_BE_MISSED} and due < :now and (due, appeal) > (:due, :appeal)
        and appeal <> all(cast(:busy as text[]))
    order by due, appeal limit :page
""")  # noqa: S608
_TO_BE_WARNED_OF = text(f"""
    select * from clocks
    where {TO_BE_WARNED_OF} and jurisdiction = :jurisdiction and due >= :now and due <= :horizon
        and (due, appeal) > (:due, :appeal)
        and appeal <> all(cast(:busy as text[]))
    order by due, appeal limit :page
""")  # noqa: S608
_COUNTS = text(f"""
    select
        (select count(*) from clocks where running and due is not null) as with_term,
        (select count(*) from clocks where running and due is not null and due < :now) as overdue,
        (select count(*) from clocks where {WITHOUT_A_TERM}) as without_term
""")  # noqa: S608


class Counts(NamedTuple):
    """Open clocks: with a term, of those overdue, and live ones without a term."""

    with_term: int
    overdue: int
    without_term: int


def deciding(rules: Rulebook) -> Decide:
    """What the worker asks again and again: the decisions that the rows call for by *rules*."""
    jurisdictions = sorted(rules.policies)

    async def due(connection: AsyncConnection, now: datetime, busy: list[str]) -> AsyncIterator[Decision]:
        without: dict[str, Any] = {"jurisdictions": jurisdictions, "settled": now - ROUTING_FIRST, "busy": busy}
        queries: list[_Query] = [(_WITHOUT_A_TERM, without), (_TO_BE_MISSED, {"now": now, "busy": busy})]
        for jurisdiction in jurisdictions:
            horizon = rules.warning_horizon(jurisdiction, now)
            warned = {"jurisdiction": jurisdiction, "now": now, "horizon": horizon, "busy": busy}
            queries.append((_TO_BE_WARNED_OF, warned))
        for query in queries:
            async for row in _rows(connection, query):
                clock = CLOCKS.of(row)
                verdict = decide(clock, now, rules)
                if isinstance(verdict, Verdict):
                    yield _decision(clock, verdict)

    return due


async def count(connection: AsyncConnection, now: datetime) -> Counts:
    """How many clocks are open at *now*."""
    return Counts(*(await connection.execute(_COUNTS, {"now": now})).one())


def _decision(clock: AppealClock, verdict: Verdict) -> Decision:
    return Decision(
        appeal=clock.appeal,
        data=verdict.data,
        time=verdict.time,
        sequence=clock.standing.sequence,
        material=clock.standing.material,
        what=verdict.data.due.astimezone(UTC).isoformat(),
    )


async def _rows(connection: AsyncConnection, query: _Query) -> AsyncIterator[RowMapping]:
    """All rows of *query*, page by page: whoever stops early has not read the rest."""
    statement, given = query
    names = statement.compile().params.keys()
    place: dict[str, Any] = {"due": datetime.min.replace(tzinfo=UTC), "appeal": ""}
    while True:
        asked = {name: value for name, value in {**given, **place, "page": _PAGE}.items() if name in names}
        page = (await connection.execute(statement, asked)).mappings().all()
        for row in page:
            yield row
        if len(page) < _PAGE:
            return
        place = {"due": page[-1]["due"], "appeal": page[-1]["appeal"]}
