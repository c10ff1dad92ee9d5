"""A projection for tests: the standing of each appeal."""

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.integration.chassis.tally import SERVICE

from natija_events.lifecycle.transitions import INITIAL, Standing, evolve
from natija_events.wire.record import RecordedEvent


class Standings:
    """The projection: the standing of each appeal."""

    service = SERVICE
    version = 1
    metadata = MetaData()
    standings = Table(
        "standings",
        metadata,
        Column("appeal", Text, primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        Column("material", BigInteger, nullable=False),
        Column("state", Text, nullable=False),
    )

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        table = self.standings
        found = await connection.execute(select(table).where(table.c.appeal.in_({one.subject for one in events})))
        kept = {row.appeal: Standing(row.state, (), None, row.sequence, row.material) for row in found}
        for one in events:
            kept[one.subject] = evolve(kept.get(one.subject, INITIAL), one.type, one.time, one.data)
        add = insert(table)
        await connection.execute(
            add.on_conflict_do_update(
                index_elements=["appeal"],
                set_={name: add.excluded[name] for name in ("sequence", "material", "state")},
            ),
            [
                {"appeal": appeal, "sequence": one.sequence, "material": one.material, "state": one.state}
                for appeal, one in kept.items()
            ],
        )
