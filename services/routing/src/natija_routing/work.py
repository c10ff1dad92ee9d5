"""The work of routing as rows: live appeals nobody is named for, with what their complaints are about."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_routing.decisions import Original
from natija_routing.projection import route_of
from natija_routing.routes import Route

_UNROUTED = text("""
    select routes.*, original.appeal is not null as original_known, original.body as original_body
    from routes left join routes as original on original.appeal = routes.complaint_of
    where routes.unrouted and not routes.imported and routes.appeal > :after
    order by routes.appeal limit :limit
""")
_COUNT = text("select count(*) from routes where unrouted and not imported")


class Case(NamedTuple):
    """An unrouted appeal, and the appeal it complains of where that is known here."""

    route: Route
    original: Original | None


async def unrouted(connection: AsyncConnection, after: str, limit: int) -> list[Case]:
    """Unrouted appeals with numbers above *after*, in their order, at most *limit*."""
    rows = await connection.execute(_UNROUTED, {"after": after, "limit": limit})
    return [Case(route_of(row), Original(row.original_body) if row.original_known else None) for row in rows]


async def count(connection: AsyncConnection) -> int:
    """How many appeals nobody is named for."""
    return int(await connection.scalar(_COUNT) or 0)
