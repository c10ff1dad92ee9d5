"""The projection of analytics: log events to history and facts, in bulk. The fold is `state`."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics.projection import tables
from natija_analytics.projection.state import FactsUpdate, HistoryRow, facts_updates, history_row
from natija_chassis.postgres.bulk_upsert import BulkUpsert
from natija_chassis.projections.term_table import term_facts
from natija_events.terms.facts import TermFact
from natija_events.wire.record import RecordedEvent

_LAST_VALUE = {column.name: f"coalesce(given.{column.name}, stored.{column.name})" for column in tables.facts.columns}
"""How an update changes a column: the last value wins, and an event that says nothing leaves it."""
_FLAGS = ("links", "reopens", "voids", "unmerges")
_REOPENED = "given.reopens or (given.unmerges and stored.ending = 'MERGED_AS_DUPLICATE')"
"""Whether the stored closure counts no longer. An appeal that ended before it was merged stays closed."""

FACTS = BulkUpsert(
    tables.facts,
    rules=_LAST_VALUE
    | {
        "duplicate_of": "case when given.links then given.duplicate_of else stored.duplicate_of end",
        "outcome": "case when given.voids then given.outcome else coalesce(given.outcome, stored.outcome) end",
        "closed": f"case when {_REOPENED} then given.closed else coalesce(stored.closed, given.closed) end",
        "ending": f"case when {_REOPENED} then given.ending else coalesce(stored.ending, given.ending) end",
    },
    flags=_FLAGS,
)


class AnalyticsProjection:
    """The history of all events, and one row of facts per appeal. Raise the version when rows change."""

    service = "analytics"
    version = 6
    metadata = tables.projected

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Append *events* to the history and merge them into the facts. Raises the errors of the database."""
        rows = [history_row(event) for event in events]
        changed = facts_updates(zip(events, rows, strict=True))
        # The merge comes first: SQLAlchemy begins its transaction with a statement of its own, not with the driver's.
        await FACTS.execute(connection, _recordset(changed))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("history", records=rows, columns=HistoryRow._fields)
        await driver.copy_records_to_table("term_facts", records=term_facts(events), columns=TermFact._fields)


def build() -> AnalyticsProjection:
    """The projection of this service, for the chassis."""
    return AnalyticsProjection()


def _recordset(changed: Mapping[str, FactsUpdate]) -> list[dict[str, Any]]:
    """The changes in one order everywhere, so that two transactions never deadlock."""
    return [
        {"appeal": appeal, **values, **{flag: getattr(update, flag) for flag in _FLAGS}}
        for appeal, update in sorted(changed.items())
        for values in (update.values,)
    ]
