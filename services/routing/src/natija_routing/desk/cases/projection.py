"""The projection of the desk: a case per appeal, and the places of its events. The fold is `state`."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.projections.state_table import StateTable
from natija_events.wire.record import RecordedEvent
from natija_routing.desk.cases import tables
from natija_routing.desk.cases.state import Case, evolve

_PLACES = text("""
    select sequence, log_offset from events where appeal = :appeal and sequence >= :first
    order by sequence desc limit :limit
""")
_PLACE = text("select log_offset from events where appeal = :appeal and sequence = :sequence")
_COLUMNS = ("appeal", "sequence", "log_offset")


class EventPlace(NamedTuple):
    """The place of an event on the partition of its appeal."""

    sequence: int
    offset: int


class CasesProjection(StateTable[Case]):
    """The cases and the places of events, of one batch in one transaction."""

    def __init__(self) -> None:
        super().__init__(Case, evolve, tables.cases, service="desk", version=1)

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Move the rows of the appeals of *events*, and note their places. Raises the errors of the database."""
        states = await self.folded(connection, events)  # a statement of its own: it begins the transaction of the copy
        driver: Any = (await connection.get_raw_connection()).driver_connection
        places = [(one.subject, one.sequence, one.offset) for one in events]
        await driver.copy_records_to_table("events", records=places, columns=_COLUMNS)
        await self.store(connection, states)

    async def find(self, connection: AsyncConnection, appeal: str) -> Case | None:
        """The case of *appeal*; None before it is registered."""
        return (await self.load(connection, [appeal])).get(appeal)


async def places(connection: AsyncConnection, appeal: str, limit: int, first: int = 1) -> list[EventPlace]:
    """The places of the last *limit* events of *appeal* from the sequence *first* on, in their order."""
    rows = await connection.execute(_PLACES, {"appeal": appeal, "limit": limit, "first": first})
    return [EventPlace(*row) for row in rows][::-1]


async def place(connection: AsyncConnection, appeal: str, sequence: int) -> int:
    """The offset of the event *sequence* of *appeal*, which the case has."""
    return int((await connection.execute(_PLACE, {"appeal": appeal, "sequence": sequence})).scalar_one())


def build() -> CasesProjection:
    """The projection of this process, for the chassis."""
    return CasesProjection()
