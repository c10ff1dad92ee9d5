"""Wiring of the routing process."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.http.app import create_app
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process.health import Backlog
from natija_chassis.process.run import run
from natija_chassis.process_manager import refused_proposals
from natija_chassis.process_manager.manager import ProcessManager
from natija_chassis.projections.runner import Runner
from natija_routing import api
from natija_routing.assignment import projection, queue
from natija_routing.competence import reference
from natija_routing.settings import RoutingSettings


async def serve(settings: RoutingSettings) -> None:
    """Run routing until SIGTERM. Raises `OperatorError` when the directory or the rules are wrong."""
    reference_data = reference.load(settings)
    engine = open_engine(settings, settings.process)
    runner = Runner(projection.build(), settings, engine)
    manager = ProcessManager(settings, engine, runner, queue.pending_proposals(reference_data))
    app = create_app(
        settings,
        title="routing",
        about="Sends each live appeal to the competent body. Appeals that no rule covers wait here for a person.",
        health=runner.progress.health,
        backlog=lambda: _waiting(engine),
        routers=[api.router(engine, reference_data, settings.injected_clock)],
    )
    try:
        await run(app, settings, [runner.run, manager.run])
    finally:
        await engine.dispose()


async def _waiting(engine: AsyncEngine) -> Sequence[Backlog]:
    async with engine.connect() as connection:
        return [
            Backlog("appeals without a responsible body", await queue.count(connection), "/unrouted"),
            Backlog("refused proposals", await refused_proposals.count(connection)),
        ]
