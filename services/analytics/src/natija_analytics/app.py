"""Wiring of the analytics process."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_analytics import api
from natija_analytics.projection import projection
from natija_analytics.reports import definitions
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.clock import Clock
from natija_chassis.http.app import create_app
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.health import Backlog
from natija_chassis.process.run import run
from natija_chassis.projections.runner import Runner
from natija_chassis.realm.directory import load_directory
from natija_events.terms.lateness import is_late_sql

_COUNTS = text(f"""
    select (select sum(logsequence) from checkpoints), count(*), count(*) filter (where closed is null),
        count(*) filter (where closed is null and {is_late_sql(":now", "due")}) from facts
""")  # noqa: S608 - our own columns, nothing that comes in


async def serve(settings: AnalyticsSettings) -> None:
    """Run analytics until SIGTERM. Raises `OperatorError` when the directory or the definitions are wrong."""
    directory, defined = load_directory(settings.directory), definitions.load_definitions(settings.definitions)
    engine = open_engine(settings, settings.process)
    runner = Runner(projection.build(), settings, engine)
    app = create_app(
        settings,
        title="analytics",
        about="The history of every appeal, the facts about each, and reports.",
        health=runner.progress.health,
        backlog=lambda: _figures(engine, settings.injected_clock),
        routers=[api.router(engine, defined, directory, settings.injected_clock)],
    )
    try:
        await run(app, settings, [runner.run])
    finally:
        await engine.dispose()


async def _figures(engine: AsyncEngine, clock: Clock) -> Sequence[Backlog]:
    async with engine.connect() as connection:
        events, appeals, waiting, overdue = (await connection.execute(_COUNTS, {"now": clock.now()})).one()
    return [
        Backlog("open appeals", waiting),
        Backlog("of these past their term", overdue, "/reports/overdue?by=body"),
        Backlog("appeals in all", appeals),
        Backlog("events in the history", events or 0),
    ]
