"""Reads a worklist from the database: its rows in pages, its sums, and how old they are."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.projections import checkpoints
from natija_deadlines.terms.projection import TermsProjection, load_facts
from natija_deadlines.terms.state import AppealTerms
from natija_deadlines.worklists import queries
from natija_deadlines.worklists.queries import Figures, Listed, ListPlace, Sums
from natija_deadlines.worklists.rows import Row, WorkingDays, row
from natija_deadlines.worklists.selection import ListKey, Periods, Selection, periods
from natija_events.terms.facts import TermFact

_PAGE = 500
_OF_EXECUTOR = """
    select * from appeals where running and executor = :executor {of_body} order by due nulls last, appeal limit :limit
"""


class Page(NamedTuple):
    """Rows of a worklist. *next*: the place behind which the next page begins; None after the last."""

    rows: list[Row]
    next: ListPlace | None


class Worklists:
    """The worklists of a *projection*, by its policies and calendars."""

    def __init__(self, projection: TermsProjection) -> None:
        self._projection = projection
        self._working = WorkingDays(projection.policies)

    async def page(self, connection: AsyncConnection, selection: Selection, after: ListPlace, limit: int) -> Page:
        """At most *limit* rows behind the place *after*. Raises the errors of the database."""
        found = await queries.page(connection, selection, self._periods(selection), after, limit)
        rows = await self._rows(connection, selection, found)
        return Page(rows, queries.place(found[-1], selection) if len(found) == limit else None)

    async def rows(self, connection: AsyncConnection, selection: Selection) -> AsyncIterator[Row]:
        """All rows. The list is asked for once, since one of the past takes long; its rows are made page by page."""
        found = await queries.page(connection, selection, self._periods(selection), ListPlace(), None)
        for start in range(0, len(found), _PAGE):
            for one in await self._rows(connection, selection, found[start : start + _PAGE]):
                yield one

    async def _rows(self, connection: AsyncConnection, selection: Selection, found: Sequence[Listed]) -> list[Row]:
        numbers = [one.appeal for one in found]
        states = await self._projection.load(connection, numbers)
        facts = await load_facts(connection, numbers)
        return [row(one, states[one.appeal], facts[one.appeal], selection, self._working) for one in found]

    async def sums(self, connection: AsyncConnection, selection: Selection, key: ListKey) -> list[Sums]:
        """The sums by *key*. Raises the errors of the database."""
        return await queries.sums(connection, selection, self._periods(selection), key)

    async def figures(self, connection: AsyncConnection, selection: Selection) -> list[Figures]:
        """The sums of all lists. *selection* has no `within`. Raises the errors of the database."""
        ends = [periods(within, selection.at, self._projection.policies) for within in ("today", "week")]
        return await queries.figures(connection, selection, *ends)

    async def of_executor(
        self, connection: AsyncConnection, executor: str, body: str | None, limit: int
    ) -> list[tuple[AppealTerms, list[TermFact]]]:
        """The open appeals of an executor with all facts about their terms, the soonest due first. *body*: only those
        that it holds."""
        query = text(_OF_EXECUTOR.format(of_body="" if body is None else "and holder = :body"))
        given = {"executor": executor, "limit": limit} | ({} if body is None else {"body": body})
        states = [self._projection.of(one) for one in (await connection.execute(query, given)).mappings()]
        facts = await load_facts(connection, [one.appeal for one in states])
        return [(one, facts[one.appeal]) for one in states]

    def _periods(self, selection: Selection) -> Periods | None:
        if selection.within is None:
            return None
        return periods(selection.within, selection.at, self._projection.policies)


async def last_event(connection: AsyncConnection) -> datetime | None:
    """When the newest event was recorded that the projection has applied; None before the first."""
    held = (await checkpoints.load(connection)).values()
    return max((one.recordedtime for one in held if one.recordedtime is not None), default=None)
