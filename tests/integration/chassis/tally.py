"""A tiny projection, not idempotent on purpose: an event applied twice, or not at all, shows in the counts.

Run as a module it is a service of its own: `python -m tests.integration.chassis.tally`.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.http.app import create_apps
from natija_chassis.observability import logs
from natija_chassis.postgres.engine import open_engine
from natija_chassis.process import failpoints
from natija_chassis.process.run import run
from natija_chassis.projections.runner import Runner
from natija_chassis.settings import Settings
from natija_events.types.intake import Registered
from natija_events.wire.record import RecordedEvent

SERVICE = "routing"
"""Whose provisioned database the tally borrows."""


class Tally:
    """Counts events per appeal and keeps the order in which they came."""

    service = SERVICE
    version = 1

    def __init__(self, channels: tuple[str, ...] | None = None) -> None:
        """*channels* are those the table takes; None takes all but `poison`."""
        allowed = f"channel in ({', '.join(map(repr, channels))})" if channels else "channel <> 'poison'"
        self.metadata = MetaData()
        self.appeals = Table(
            "appeals",
            self.metadata,
            Column("number", Text, primary_key=True),
            Column("channel", Text),
            Column("events", Integer, nullable=False),
            CheckConstraint(allowed, name="known_channel"),
        )
        self.order = Table(
            "orders",
            self.metadata,
            Column("appeal", Text, primary_key=True),
            Column("sequence", BigInteger, primary_key=True, autoincrement=False),
        )

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        counts = Counter(event.subject for event in events)
        channels = {event.subject: event.data.channel for event in events if isinstance(event.data, Registered)}
        add = insert(self.appeals)
        await connection.execute(
            add.on_conflict_do_update(
                index_elements=["number"], set_={"events": self.appeals.c.events + add.excluded.events}
            ),
            [{"number": one, "channel": channels.get(one), "events": counts[one]} for one in sorted(counts)],
        )
        await connection.execute(
            insert(self.order), [{"appeal": one.subject, "sequence": one.sequence} for one in events]
        )


class TallySettings(Settings):
    process = SERVICE


async def serve(settings: TallySettings) -> None:
    engine = open_engine(settings, SERVICE)
    runner = Runner(Tally(), settings, engine)
    apps = create_apps(settings, title="tally", about="Counts.", health=runner.progress.health)
    await run(apps, settings, [runner.run])
    await engine.dispose()


async def counts(engine: AsyncEngine) -> dict[str, int]:
    """Events by appeal, as the projection has them."""
    async with engine.connect() as connection:
        tally = Tally()
        rows = await connection.execute(
            tally.appeals.select().with_only_columns(tally.appeals.c.number, tally.appeals.c.events)
        )
        return {row.number: row.events for row in rows}


if __name__ == "__main__":
    failpoints.arm()
    logs.configure(SERVICE)
    asyncio.run(serve(TallySettings(management_port=int(sys.argv[1]))))
