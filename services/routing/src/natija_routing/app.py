"""Wiring of the routing process."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process.health import Backlog
from natija_chassis.service_app import run_service
from natija_routing import api
from natija_routing.assignment import projection, queue
from natija_routing.competence import reference
from natija_routing.settings import RoutingSettings


async def serve(settings: RoutingSettings) -> None:
    """Run routing until SIGTERM. Raises `OperatorError` when the directory or the rules are wrong."""
    reference_data = reference.load(settings)
    await run_service(
        settings,
        projection.build(),
        about="Sends each live appeal to the competent body. Appeals that no rule covers wait here for a person.",
        router=lambda engine: api.router(engine, reference_data, settings.injected_clock),
        backlog=_backlog,
        pending_proposals=queue.pending_proposals(reference_data),
    )


async def _backlog(connection: AsyncConnection) -> Sequence[Backlog]:
    return [Backlog("appeals without a responsible body", await queue.count(connection), "/unrouted")]
