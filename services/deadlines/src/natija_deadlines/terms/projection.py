"""The projection of deadlines: one term per appeal, and the facts about all terms. The fold is `state`."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.projections.state_table import StateTable
from natija_chassis.projections.term_table import term_facts
from natija_deadlines.terms import tables
from natija_deadlines.terms.state import AppealTerm, evolve
from natija_events.terms.facts import TermFact
from natija_events.wire.record import RecordedEvent


class TermsProjection(StateTable[AppealTerm]):
    """The rows of terms and the facts about them, of one batch in one transaction."""

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Move the rows of the appeals of *events*, and add their facts. Raises the errors of the database."""
        await super().apply(connection, events)
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("term_facts", records=term_facts(events), columns=TermFact._fields)

    async def find(self, connection: AsyncConnection, appeal: str) -> tuple[AppealTerm, list[TermFact]] | None:
        """The row of *appeal*, and all facts about its terms; None before it is registered."""
        found = (await self.load(connection, [appeal])).get(appeal)
        if found is None:
            return None
        query = select(tables.term_facts).where(tables.term_facts.c.appeal == appeal)
        return found, [TermFact(*row) for row in await connection.execute(query)]


TERMS = TermsProjection(AppealTerm, evolve, tables.terms, service="deadlines", version=7)


def build() -> TermsProjection:
    """The projection of this service, for the chassis."""
    return TERMS
