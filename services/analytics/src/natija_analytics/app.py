"""Wiring of the analytics process."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics import api
from natija_analytics.projection import projection
from natija_analytics.reports import definitions
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.process.health import Backlog
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.service_app import run_service
from natija_events.terms.lateness_sql import is_late_sql

_COUNTS = text(f"""
    select (select sum(logsequence) from checkpoints), count(*), count(*) filter (where closed is null),
        count(*) filter (where closed is null and {is_late_sql(":now", "due")}) from facts
""")  # noqa: S608 - only names of our own columns


async def serve(settings: AnalyticsSettings) -> None:
    """Run analytics until SIGTERM. Raises `OperatorError` when the definitions are wrong."""
    reference, defined = ReferenceReader(settings), definitions.load_definitions(settings.definitions)
    clock = settings.injected_clock

    async def backlog(connection: AsyncConnection) -> Sequence[Backlog]:
        events, appeals, waiting, overdue = (await connection.execute(_COUNTS, {"now": clock.now()})).one()
        return [
            Backlog("open appeals", waiting),
            Backlog("of these past their term", overdue, "/reports/overdue?by=body"),
            Backlog("appeals in all", appeals),
            Backlog("events in the history", events or 0),
        ]

    await run_service(
        settings,
        projection.build(),
        about="The history of every appeal, the facts about each, and reports.",
        router=lambda engine: api.router(engine, defined, reference.now, clock),
        backlog=backlog,
        reference=reference,
    )
