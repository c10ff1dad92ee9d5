"""Wiring of the routing process."""

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process.health import Backlog
from natija_chassis.realm.reference_reader import ReferenceReader
from natija_chassis.service_app import run_service
from natija_routing import api
from natija_routing.assignment import projection, queue
from natija_routing.competence import reference
from natija_routing.competence.reference import CompetenceData
from natija_routing.settings import RoutingSettings


async def serve(settings: RoutingSettings) -> None:
    """Run routing until SIGTERM. Raises `OperatorError` when the rules are wrong."""
    reader, rules = ReferenceReader(settings), reference.load(settings)

    def competence_data() -> CompetenceData:
        return reference.with_reference(rules, reader.now())

    async def check_rules(stopping: asyncio.Event) -> None:
        """End the process when a rule names an id that does not exist."""
        if await reader.until_known(stopping):
            reference.check(settings, rules, reader.now())
        await stopping.wait()

    await run_service(
        settings,
        projection.build(),
        about="Sends each live appeal to the competent body. Appeals that no rule covers wait here for a person.",
        router=lambda engine: api.router(engine, competence_data, settings.injected_clock),
        rows=api.ACCESS,
        backlog=_backlog,
        pending_proposals=queue.pending_proposals(competence_data),
        reference=reader,
        tasks=[check_rules],
    )


async def _backlog(connection: AsyncConnection) -> Sequence[Backlog]:
    return [Backlog("appeals without a responsible body", await queue.count(connection))]
