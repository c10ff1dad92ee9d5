"""Wiring of the analytics process."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_analytics import api
from natija_analytics.pages import site
from natija_analytics.pages.snapshots import Snapshots
from natija_analytics.projection import projection
from natija_analytics.reports import definitions, overdue
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.process.health import Backlog
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.service_app import run_service

_COUNTS = text("""
    select (select sum(logsequence) from checkpoints), count(*), count(*) filter (where closed is null) from facts
""")


async def serve(settings: AnalyticsSettings) -> None:
    """Run analytics until SIGTERM. Raises `OperatorError` when the definitions are wrong."""
    reference, defined = ReferenceReader(settings), definitions.load_definitions(settings.definitions)
    clock = settings.injected_clock

    async def backlog(connection: AsyncConnection) -> Sequence[Backlog]:
        events, appeals, waiting = (await connection.execute(_COUNTS)).one()
        late = await overdue.count_open(connection, clock.now())
        return [
            Backlog("open appeals", waiting),
            Backlog("of these past their term", late),
            Backlog("appeals in all", appeals),
            Backlog("events in the history", events or 0),
        ]

    await run_service(
        settings,
        projection.build(),
        about="The history of every appeal, the facts about each, and reports.",
        router=lambda engine: api.router(engine, defined, reference.now, clock),
        rows=api.ACCESS,
        pages=lambda engine, age: site.build(Snapshots(engine, defined, reference.now, age), reference.now, clock),
        backlog=backlog,
        reference=reference,
    )
