"""The queue of routing: live appeals without a responsible body, with the appeals they complain of."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.process_manager.proposed_event import NOT_BUSY, Busy, PendingProposals, ProposedEvent, without_busy
from natija_events.types.routing import Routed
from natija_routing.assignment.decide import Original, decide
from natija_routing.assignment.projection import ROUTES
from natija_routing.assignment.state import Route
from natija_routing.competence.reference import GetCompetenceData

_PAGE = 200

_UNROUTED = text(f"""
    select routes.*, original.appeal is not null as original_known, original.body as original_body
    from routes left join routes as original on original.appeal = routes.complaint_of
    where routes.unrouted and not routes.imported and routes.appeal > :after
        and (cast(:topics as text[]) is null or routes.topic = any(cast(:topics as text[])))
        and {without_busy("routes")}
    order by routes.appeal limit :limit
""")  # noqa: S608 - a condition of our own
_COUNT = text("select count(*) from routes where unrouted and not imported")


class UnroutedAppeal(NamedTuple):
    """An unrouted appeal, and the appeal it complains of where that is known here."""

    route: Route
    original: Original | None


def pending_proposals(competence_data: GetCompetenceData) -> PendingProposals:
    """The function that the process manager calls repeatedly: the events that the rows need now."""

    async def pending(connection: AsyncConnection, now: datetime, busy: Busy) -> AsyncIterator[ProposedEvent]:
        data, after = competence_data(), ""
        # Appeals on topics without a rule wait for a person. They are not read, because there may be many.
        topics = sorted({rule.topic for rule in data.competence.rules})
        while cases := await unrouted_appeals(connection, after, _PAGE, topics, busy):
            for case in cases:
                found = decide(case.route, case.original, data.day(now), data.competence, data.bodies)
                if isinstance(found, Routed):
                    yield _proposal(case.route, found, now)
            after = cases[-1].route.appeal

    return pending


async def unrouted_appeals(
    connection: AsyncConnection, after: str, limit: int, topics: list[str] | None = None, busy: Busy = NOT_BUSY
) -> list[UnroutedAppeal]:
    """Unrouted appeals with numbers above *after*, in their order, at most *limit*; only on *topics* when given, and
    none whose row is *busy*."""
    given = {"after": after, "limit": limit, "topics": topics, **busy.parameters}
    rows = await connection.execute(_UNROUTED, given)
    return [
        UnroutedAppeal(ROUTES.of(row), Original(row["original_body"]) if row["original_known"] else None)
        for row in rows.mappings()
    ]


async def count(connection: AsyncConnection) -> int:
    """The number of appeals without a responsible body."""
    return int(await connection.scalar(_COUNT) or 0)


def _proposal(route: Route, routed: Routed, now: datetime) -> ProposedEvent:
    return ProposedEvent(
        appeal=route.appeal,
        data=routed,
        time=now,
        sequence=route.standing.sequence,
        basis=(routed.body, str(route.standing.material)),
    )
