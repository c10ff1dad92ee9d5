"""The projection of deadlines: events to clocks, clocks to rows. The fold itself is `clocks`, which is pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_deadlines import tables
from natija_deadlines.clocks import AppealClock, step
from natija_events.fold import RecordedEvent
from natija_events.lifecycle import Standing

_LOAD = text("select * from clocks where appeal = any(cast(:appeals as text[]))")

_CHANGED = ", ".join(f"{one.name} = excluded.{one.name}" for one in tables.clocks.columns if not one.primary_key)
_STORE = text(f"""
    insert into clocks select * from jsonb_populate_recordset(cast(null as clocks), cast(:rows as jsonb))
    on conflict (appeal) do update set {_CHANGED}
""")  # noqa: S608 - our own table's names, nothing that comes in


class Clocks:
    """One clock an appeal. Version goes up when the rows change their meaning or shape."""

    service = "deadlines"
    version = 1
    metadata = tables.projected

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Move the clocks of the appeals that *events* are of. Raises what the database raises."""
        clocks = await load(connection, {event.subject for event in events})
        for event in events:
            clocks[event.subject] = step(clocks.get(event.subject) or AppealClock(event.subject), event)
        # One order of rows in every transaction: two of them never wait for each other in a ring.
        rows = [_row(clock) for _, clock in sorted(clocks.items())]
        await connection.execute(_STORE, {"rows": to_json(rows).decode()})


def build() -> Clocks:
    """The projection of this service, for the chassis."""
    return Clocks()


async def load(connection: AsyncConnection, appeals: Iterable[str]) -> dict[str, AppealClock]:
    """The clocks of those of *appeals* that have one."""
    rows = await connection.execute(_LOAD, {"appeals": list(appeals)})
    return {row.appeal: clock_of(row) for row in rows}


def clock_of(row: Any) -> AppealClock:
    """The clock in a row of `clocks`."""
    return AppealClock(
        appeal=row.appeal,
        standing=Standing(row.state, tuple(row.resume), row.opened, row.sequence, row.material),
        jurisdiction=row.jurisdiction,
        kind=row.kind,
        imported=row.imported,
        counts_from=row.counts_from,
        starts=row.starts,
        due=row.due,
        policy=row.policy,
        warned=tuple(row.warned),
        missed=tuple(row.missed),
    )


def _row(clock: AppealClock) -> dict[str, Any]:
    values = clock._asdict()
    return {**values.pop("standing")._asdict(), **values, "running": clock.running}
