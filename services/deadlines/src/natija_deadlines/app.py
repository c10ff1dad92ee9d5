"""Wiring of the deadlines process."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.clock import Clock
from natija_chassis.http.app import create_app
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.health import Backlog
from natija_chassis.process.run import run
from natija_chassis.process_manager import refused_proposals
from natija_chassis.process_manager.manager import ProcessManager
from natija_chassis.projections.runner import Runner
from natija_deadlines import api
from natija_deadlines.policies import policy
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms import projection, queue


async def serve(settings: DeadlinesSettings) -> None:
    """Run deadlines until SIGTERM. Raises `OperatorError` when policies or calendars are wrong."""
    policies = policy.load_policies(settings.policies, settings.calendars)
    engine = open_engine(settings, settings.process)
    runner = Runner(projection.build(), settings, engine)
    manager = ProcessManager(settings, engine, runner, queue.pending_proposals(policies))
    app = create_app(
        settings,
        title="deadlines",
        about="By when: it sets the legal term of each live appeal, warns before its end, and records what was missed.",
        health=runner.progress.health,
        backlog=lambda: _waiting(engine, settings.injected_clock),
        routers=[api.router(engine, policies, settings.injected_clock)],
    )
    try:
        await run(app, settings, [runner.run, manager.run])
    finally:
        await engine.dispose()


async def _waiting(engine: AsyncEngine, clock: Clock) -> Sequence[Backlog]:
    async with engine.connect() as connection:
        counts = await queue.count(connection, clock.now())
        refused = await refused_proposals.count(connection)
    return [
        Backlog("open appeals with a term", counts.with_term),
        Backlog("of these overdue", counts.overdue),
        Backlog("live appeals without a term", counts.without_term),
        Backlog("refused proposals", refused),
    ]
