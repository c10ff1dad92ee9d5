"""The projection of routing: events to routes, routes to rows. The fold itself is `routes`, which is pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.fold import RecordedEvent
from natija_events.lifecycle import Standing
from natija_routing import tables
from natija_routing.routes import Route, step

_LOAD = text("select * from routes where appeal = any(cast(:appeals as text[]))")

_CHANGED = ", ".join(f"{one.name} = excluded.{one.name}" for one in tables.routes.columns if not one.primary_key)
_STORE = text(f"""
    insert into routes select * from jsonb_populate_recordset(cast(null as routes), cast(:rows as jsonb))
    on conflict (appeal) do update set {_CHANGED}
""")  # noqa: S608 - our own table's names, nothing that comes in


class Routes:
    """One route an appeal. Version goes up when the rows change their meaning or shape."""

    service = "routing"
    version = 1
    metadata = tables.projected

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Move the routes of the appeals that *events* are of. Raises what the database raises."""
        routes = await load(connection, {event.subject for event in events})
        for event in events:
            routes[event.subject] = step(routes.get(event.subject) or Route(event.subject), event)
        # One order of rows in every transaction: two of them never wait for each other in a ring.
        rows = [_row(route) for _, route in sorted(routes.items())]
        await connection.execute(_STORE, {"rows": to_json(rows).decode()})


def build() -> Routes:
    """The projection of this service, for the chassis."""
    return Routes()


async def load(connection: AsyncConnection, appeals: Iterable[str]) -> dict[str, Route]:
    """The routes of those of *appeals* that have one."""
    rows = await connection.execute(_LOAD, {"appeals": list(appeals)})
    return {row.appeal: route_of(row) for row in rows}


def route_of(row: Any) -> Route:
    """The route in a row of `routes`."""
    return Route(
        appeal=row.appeal,
        standing=Standing(row.state, tuple(row.resume), row.opened, row.sequence, row.material),
        imported=row.imported,
        since=row.since,
        topic=row.topic,
        region=row.region,
        complained_of=row.complained_of,
        complaint_of=row.complaint_of,
        body=row.body,
    )


def _row(route: Route) -> dict[str, Any]:
    values = route._asdict()
    return {**values.pop("standing")._asdict(), **values, "unrouted": route.unrouted}
