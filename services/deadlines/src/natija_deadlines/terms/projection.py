"""The projection of deadlines: a row per appeal with its timer, and the facts about all terms. The fold is `state`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.projections.state_table import StateTable
from natija_chassis.projections.term_table import term_facts
from natija_deadlines.policies.policy import Policies, load_policies
from natija_deadlines.settings import DeadlinesSettings
from natija_deadlines.terms import tables
from natija_deadlines.terms.decide import outlook
from natija_deadlines.terms.state import AppealTerms, SetTerm, Start, evolve
from natija_events.terms.facts import TermFact
from natija_events.wire.record import RecordedEvent

_STARTS = TypeAdapter(tuple[Start, ...])
_TERMS = TypeAdapter(tuple[SetTerm, ...])
_FACTS = text("select * from term_facts where appeal = any(cast(:appeals as text[])) order by appeal, sequence, place")


class TermsProjection(StateTable[AppealTerms]):
    """The rows of appeals and the facts about their terms, of one batch in one transaction.

    The timer of a row follows from its events and the *policies*: `replan` sets all timers by others.
    """

    def __init__(self, policies: Policies) -> None:
        super().__init__(AppealTerms, evolve, tables.appeals, service="deadlines", version=11)
        self.policies = policies

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Move the rows of the appeals of *events*, and add their facts. Raises the errors of the database."""
        states = await self.folded(connection, events)  # a statement of its own: it begins the transaction of the copy
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("term_facts", records=term_facts(events), columns=TermFact._fields)
        await self.store(connection, states)

    async def store(self, connection: AsyncConnection, states: Mapping[str, AppealTerms]) -> None:
        """Write *states* with their timers. Their facts are written already."""
        facts = await load_facts(connection, states)
        await super().store(connection, {appeal: self._planned(one, facts[appeal]) for appeal, one in states.items()})

    def of(self, row: RowMapping) -> AppealTerms:
        """The state in a row of the table."""
        state = super().of(row)
        return state._replace(starts=_STARTS.validate_python(row["starts"]), terms=_TERMS.validate_python(row["terms"]))

    async def find(self, connection: AsyncConnection, appeal: str) -> tuple[AppealTerms, list[TermFact]] | None:
        """The row of *appeal*, and all facts about its terms; None before it is registered."""
        found = (await self.load(connection, [appeal])).get(appeal)
        return None if found is None else (found, (await load_facts(connection, [appeal]))[appeal])

    def _planned(self, appeal: AppealTerms, facts: Sequence[TermFact]) -> AppealTerms:
        found = outlook(appeal, facts, self.policies)
        return appeal._replace(
            due=found.due, breach=found.breach, holder_breach=found.holder_breach,
            fires_at=found.next.at if found.next else None, data_missing=found.data_missing,
            final_time=max(fact.time for fact in facts) if found.closed else None,
            final_recordedtime=max(fact.recordedtime for fact in facts) if found.closed else None,
        )  # fmt: skip


async def load_facts(connection: AsyncConnection, appeals: Iterable[str]) -> Mapping[str, list[TermFact]]:
    """All facts about the terms of *appeals*, in the order of the log."""
    facts: defaultdict[str, list[TermFact]] = defaultdict(list)
    for row in await connection.execute(_FACTS, {"appeals": list(appeals)}):
        facts[row[0]].append(TermFact(*row))
    return facts


def build() -> TermsProjection:
    """The projection of this service, for the chassis. Raises `OperatorError` when policies or calendars are wrong."""
    settings = DeadlinesSettings()
    return TermsProjection(load_policies(settings.policies, settings.calendars))
