"""The appeals received in a period, counted by the database."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics.reports.counts import GroupCount
from natija_analytics.reports.definitions import Subject
from natija_chassis.reports.period import Period

_COLUMNS: dict[Subject, str] = {"channels": "channel", "regions": "region", "topics": "topic"}

# A duplicate counts once: with the appeal it is a copy of.
_COUNTED = """
    from facts
    where received >= :start and received < :end and duplicate_of is null
        and (cast(:region as text) is null or region = :region) and (cast(:body as text) is null or body = :body)
    group by 1, 2
"""
_QUERIES = {subject: text(f"select form, {column}, count(*) {_COUNTED}") for subject, column in _COLUMNS.items()}
_MONTHS = text(f"select form, to_char(received at time zone :zone, 'YYYY-MM'), count(*) {_COUNTED}")
_YEARS = text("""
    select extract(year from first at time zone :zone)::int, extract(year from last at time zone :zone)::int
    from (select min(received) as first, max(received) as last from facts) as received
""")


async def count(
    connection: AsyncConnection, subject: Subject, period: Period, *, region: str | None = None, body: str | None = None
) -> list[GroupCount]:
    """The appeals received in *period*, by form and *subject*; only those of a *region*, and those that a *body* has.

    Raises ValueError for an unknown zone.
    """
    start, end = period.bounds()
    given = {"start": start, "end": end, "region": region, "body": body}
    return [GroupCount(*row) for row in await connection.execute(_QUERIES[subject], given)]


async def count_by_month(
    connection: AsyncConnection, period: Period, *, region: str | None = None, body: str | None = None
) -> list[GroupCount]:
    """The same appeals by form and local month, such as `2019-03`."""
    start, end = period.bounds()
    given = {"start": start, "end": end, "region": region, "body": body, "zone": period.zone}
    return [GroupCount(*row) for row in await connection.execute(_MONTHS, given)]


async def years(connection: AsyncConnection, zone: str) -> tuple[int, int] | None:
    """The local years of the first and the last appeal received; None without any."""
    for first, last in await connection.execute(_YEARS, {"zone": zone}):
        return None if first is None else (first, last)
    return None
