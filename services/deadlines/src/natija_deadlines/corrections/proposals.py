"""Finds all corrections in the rows of deadlines, and proposes them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.key_ring import service_key
from natija_deadlines.corrections.recount import Correction, recount
from natija_deadlines.policies.policy import Policies
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms.projection import TermsProjection, load_facts
from natija_events.ids import derived_event_id
from natija_events.kafka import ProposalOutcome, Publisher

_PAGE = 1000
_AT_ONCE = 50
"""Proposals that wait for their decision at the same time."""
_WAIT = 30.0
_ROWS = text("""
    select * from appeals where appeal > :after and terms <> '[]' and not fed
    order by appeal limit :page
""")
_COUNT = text("select count(*) from appeals where terms <> '[]' and not fed")

Advance = Callable[[int], None]
"""Told after each page how many appeals were looked at."""


class Outcome(NamedTuple):
    """A correction, and the registrar's decision on it."""

    correction: Correction
    outcome: ProposalOutcome


async def count_terms(connection: AsyncConnection) -> int:
    """The number of appeals that `find_corrections` looks at."""
    return int(await connection.scalar(_COUNT) or 0)


async def find_corrections(
    connection: AsyncConnection, policies: Policies, now: datetime, advance: Advance
) -> AsyncIterator[Correction]:
    """Every correction, in the order of the appeals' numbers. It writes nothing."""
    after, projection = "", TermsProjection(policies)
    while True:
        rows = await connection.execute(_ROWS, {"after": after, "page": _PAGE})
        page = [projection.of(row) for row in rows.mappings()]
        if not page:
            return
        facts = await load_facts(connection, [appeal.appeal for appeal in page])
        for appeal in page:
            for correction in recount(appeal, facts[appeal.appeal], policies, now):
                yield correction
        advance(len(page))
        after = page[-1].appeal


async def propose(
    settings: DeadlinesSettings, corrections: Iterable[Correction], now: datetime, advance: Advance
) -> list[Outcome]:
    """Propose *corrections*, those of an appeal at once, and wait for the decisions. Repeated, it changes nothing.

    Raises `natija_events.kafka.DeliveryUnconfirmed` and `OutcomePending`.
    """
    slots = asyncio.Semaphore(_AT_ONCE)
    source, key = settings.source, service_key(settings)
    async with Publisher(settings.kafka_config, settings.realm, source, key=key) as publisher:

        async def of_appeal(found: Sequence[Correction]) -> list[Outcome]:
            async with slots:
                events = [
                    publisher.event(
                        one.appeal, now, data, expectedsequence=one.sequence,
                        id=derived_event_id(one.appeal, data.type, *one.basis),
                    )
                    for one in found
                    for data in one.events
                ]  # fmt: skip
                outcome = await publisher.propose(*events, wait=_WAIT)
            advance(len(found))
            return [Outcome(one, outcome) for one in found]

        grouped = [list(found) for _, found in groupby(corrections, key=lambda one: one.appeal)]
        return [one for found in await asyncio.gather(*map(of_appeal, grouped)) for one in found]
