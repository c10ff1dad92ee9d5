"""Finds all corrections in the rows of deadlines, and proposes them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.key_ring import service_key
from natija_deadlines.corrections.recount import Correction, recount
from natija_deadlines.policies.policy import Policies
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms.projection import TERMS
from natija_events.ids import derived_event_id
from natija_events.kafka import ProposalOutcome, Publisher
from natija_events.terms.facts import TermFact

_PAGE = 1000
_AT_ONCE = 50
"""Proposals that wait for their decision at the same time."""
_WAIT = 30.0
_ROWS = text("""
    select * from terms where appeal > :after and term is not null and not fed and counts_from is not null
    order by appeal limit :page
""")
_FACTS = text("select * from term_facts where appeal = any(cast(:appeals as text[]))")
_COUNT = text("select count(*) from terms where term is not null and not fed and counts_from is not null")

Advance = Callable[[int], None]
"""Told after each page how many terms were looked at."""


class Outcome(NamedTuple):
    """A correction, and the registrar's decision on it."""

    correction: Correction
    outcome: ProposalOutcome


async def count_terms(connection: AsyncConnection) -> int:
    """The number of terms that `find_corrections` looks at."""
    return int(await connection.scalar(_COUNT) or 0)


async def find_corrections(
    connection: AsyncConnection, policies: Policies, now: datetime, advance: Advance
) -> AsyncIterator[Correction]:
    """Every correction, in the order of the appeals' numbers. It writes nothing."""
    after = ""
    while True:
        page = [TERMS.of(row) for row in (await connection.execute(_ROWS, {"after": after, "page": _PAGE})).mappings()]
        if not page:
            return
        facts: dict[str, list[TermFact]] = defaultdict(list)
        for row in await connection.execute(_FACTS, {"appeals": [term.appeal for term in page]}):
            facts[row.appeal].append(TermFact(*row))
        for term in page:
            if correction := recount(term, facts[term.appeal], policies, now):
                yield correction
        advance(len(page))
        after = page[-1].appeal


async def propose(
    settings: DeadlinesSettings, corrections: Iterable[Correction], now: datetime, advance: Advance
) -> list[Outcome]:
    """Propose *corrections* and wait for the decisions. Proposing them again changes nothing.

    Raises `natija_events.kafka.DeliveryUnconfirmed` and `OutcomePending`.
    """
    slots = asyncio.Semaphore(_AT_ONCE)
    source, key = settings.source, service_key(settings)
    async with Publisher(settings.kafka_config, settings.realm, source, key=key) as publisher:

        async def one(correction: Correction) -> Outcome:
            async with slots:
                events = [
                    publisher.event(
                        correction.appeal, now, data, expectedsequence=correction.sequence,
                        id=derived_event_id(correction.appeal, data.type, *correction.basis),
                    )
                    for data in correction.events
                ]  # fmt: skip
                found = Outcome(correction, await publisher.propose(*events, wait=_WAIT))
            advance(1)
            return found

        return await asyncio.gather(*map(one, corrections))
