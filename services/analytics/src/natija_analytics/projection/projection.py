"""The projection of analytics: log events to history and facts, in bulk. The fold is `state`."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Column, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics.projection import tables
from natija_analytics.projection.state import FactsUpdate, HistoryRow, facts_updates, history_row
from natija_events.wire.record import RecordedEvent

_COLUMNS = tables.facts.columns
_NAMES = tuple(column.name for column in _COLUMNS)
_TYPES = ", ".join(f"{column.name} {column.type.compile(postgresql.dialect())}" for column in _COLUMNS)  # type: ignore[no-untyped-call]


def _rule(column: Column[Any]) -> str:
    """The assignment that merges a change into a column of facts: the last value wins, null changes nothing."""
    name = column.name
    special = {
        "first_due": "coalesce(f.first_due, c.first_due)",
        "due": "case when c.moves_due then c.due else f.due end",
        "duplicate_of": "case when c.links then c.duplicate_of else f.duplicate_of end",
        "closed": "case when c.reopens then c.closed else coalesce(f.closed, c.closed) end",
        "ending": "case when c.reopens then c.ending else coalesce(f.ending, c.ending) end",
    }
    return f"{name} = {special.get(name, f'coalesce(c.{name}, f.{name})')}"


_MERGE = text(f"""
    merge into facts f
    using jsonb_to_recordset(cast(:facts_updates as jsonb))
        as c({_TYPES}, moves_due boolean, links boolean, reopens boolean) on f.appeal = c.appeal
    when matched then update set {", ".join(_rule(column) for column in _COLUMNS if not column.primary_key)}
    when not matched then insert ({", ".join(_NAMES)}) values ({", ".join(f"c.{name}" for name in _NAMES)})
""")  # noqa: S608 - only names of our own tables


class AnalyticsProjection:
    """The history of all events, and one row of facts per appeal. Raise the version when rows change."""

    service = "analytics"
    version = 2
    metadata = tables.projected

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Append *events* to the history and merge them into the facts. Raises the errors of the database."""
        rows = [history_row(event) for event in events]
        changed = facts_updates(zip(events, rows, strict=True))
        # The merge comes first: SQLAlchemy begins its transaction with a statement of its own, not with the driver's.
        await connection.execute(_MERGE, {"facts_updates": to_json(_recordset(changed)).decode()})
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("history", records=rows, columns=HistoryRow._fields)


def build() -> AnalyticsProjection:
    """The projection of this service, for the chassis."""
    return AnalyticsProjection()


def _recordset(changed: Mapping[str, FactsUpdate]) -> list[dict[str, Any]]:
    """The changes in one order everywhere, so that two transactions never deadlock."""
    return [
        {"appeal": appeal, **values, "moves_due": moves_due, "links": links, "reopens": reopens}
        for appeal, (values, moves_due, links, reopens) in sorted(changed.items())
    ]
