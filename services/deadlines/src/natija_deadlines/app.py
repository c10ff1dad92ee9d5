"""Wiring of the deadlines process."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process.health import Backlog
from natija_chassis.service_app import run_service
from natija_deadlines import api
from natija_deadlines.policies import policy
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms import projection, queue


async def serve(settings: DeadlinesSettings) -> None:
    """Run deadlines until SIGTERM. Raises `OperatorError` when policies or calendars are wrong."""
    policies, clock = policy.load_policies(settings.policies, settings.calendars), settings.injected_clock

    async def backlog(connection: AsyncConnection) -> Sequence[Backlog]:
        counts = await queue.count(connection, clock.now())
        return [
            Backlog("open appeals with a term", counts.with_term),
            Backlog("of these overdue", counts.overdue),
            Backlog("live appeals without a term", counts.without_term),
        ]

    await run_service(
        settings,
        projection.build(),
        about="Sets the legal term of each live appeal, warns before its end, and records missed terms.",
        router=lambda engine: api.router(engine, policies, clock),
        rows=api.ACCESS,
        backlog=backlog,
        pending_proposals=queue.pending_proposals(policies),
    )
