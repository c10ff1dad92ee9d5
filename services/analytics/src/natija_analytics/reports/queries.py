"""The appeals received in a period, counted by the database."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics.reports.counts import GroupCount
from natija_analytics.reports.definitions import Subject
from natija_chassis.reports.period import Period

_COLUMNS: dict[Subject, str] = {"channels": "channel", "regions": "region", "topics": "topic"}

# A duplicate counts once: with the appeal it is a copy of.
_QUERIES = {
    subject: text(f"""
        select form, {column}, count(*) from facts
        where received >= :start and received < :end and duplicate_of is null group by 1, 2
    """)  # noqa: S608 - only names of our own columns
    for subject, column in _COLUMNS.items()
}


async def count(connection: AsyncConnection, subject: Subject, period: Period) -> list[GroupCount]:
    """The appeals received in *period*, by form and *subject*. Raises ValueError for an unknown zone."""
    start, end = period.bounds()
    return [GroupCount(*row) for row in await connection.execute(_QUERIES[subject], {"start": start, "end": end})]
