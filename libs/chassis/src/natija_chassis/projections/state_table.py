"""A projection with one row per appeal. A batch loads the rows, applies a pure fold, and stores them."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ARRAY, Column, DateTime, Integer, RowMapping, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.postgres.bulk_upsert import BulkUpsert
from natija_events.lifecycle.transitions import Standing
from natija_events.wire.record import RecordedEvent


class AppealState(Protocol):
    """A NamedTuple of the appeal's number, its standing, and what else a service keeps of it."""

    @property
    def appeal(self) -> str: ...

    @property
    def standing(self) -> Standing: ...


StateT = TypeVar("StateT", bound=AppealState)


def standing_columns() -> list[Column[Any]]:
    """The columns of an appeal's number and standing, for the table of such a projection."""
    return [
        Column("appeal", Text, primary_key=True),
        Column("state", Text, nullable=False),
        Column("resume", ARRAY(Text), nullable=False, comment="states to go back to, the last one first"),
        Column("opened", DateTime(timezone=True), comment="time of the registration"),
        Column("sequence", Integer, nullable=False),
        Column("material", Integer, nullable=False, comment="sequence of the last material event"),
        Column("termed", Integer, nullable=False, comment="sequence of the last term event"),
    ]


class StateTable(Generic[StateT]):
    """Keeps in *table* the states that *evolve* computes from the log.

    *version* goes up when the rows change their meaning or shape.

    Each column beside those of `standing_columns` bears the name of a field of *kind*, or of a property that a query
    needs; *kind* of a number alone is an appeal of which nothing is known.
    """

    def __init__(
        self,
        kind: Callable[..., StateT],
        evolve: Callable[[StateT, RecordedEvent], StateT],
        table: Table,
        *,
        service: str,
        version: int,
    ) -> None:
        self.service = service
        self.version = version
        self.metadata = table.metadata
        self._kind = kind
        self._fields = [name for name in inspect.signature(kind).parameters if name != "standing"]
        self._evolve = evolve
        # Plain text: of SQLAlchemy's own kind of it, `to_json` asks half a dozen attributes a key.
        self._columns = [str(column.name) for column in table.columns]
        self._load = text(f"select * from {table.name} where appeal = any(cast(:appeals as text[]))")  # noqa: S608
        self._upsert = BulkUpsert(table)

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        """Move the rows of the appeals that *events* are of. Raises what the database raises."""
        await self.store(connection, await self.folded(connection, events))

    async def folded(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> dict[str, StateT]:
        """The states of the appeals of *events* after them, by appeal. Nothing is written."""
        states = await self.load(connection, {event.subject for event in events})
        for event in events:
            states[event.subject] = self._evolve(states.get(event.subject) or self._kind(event.subject), event)
        return states

    async def store(self, connection: AsyncConnection, states: Mapping[str, StateT]) -> None:
        """Write the rows of *states*, by appeal. Raises what the database raises."""
        # One order of rows in every transaction: two of them never wait for each other in a ring.
        rows = [self._row(state) for _, state in sorted(states.items())]
        await self._upsert.execute(connection, rows)

    async def load(self, connection: AsyncConnection, appeals: Iterable[str]) -> dict[str, StateT]:
        """The states of those of *appeals* that have a row."""
        rows = await connection.execute(self._load, {"appeals": list(appeals)})
        return {row["appeal"]: self.of(row) for row in rows.mappings()}

    def of(self, row: RowMapping) -> StateT:
        """The state in a row of the table, which may have columns of other tables beside it."""
        standing = Standing(**{name: _plain(row[name]) for name in Standing._fields})
        return self._kind(**{name: _plain(row[name]) for name in self._fields}, standing=standing)

    def _row(self, state: StateT) -> dict[str, Any]:
        of_standing = state.standing._asdict()
        return {name: of_standing[name] if name in of_standing else getattr(state, name) for name in self._columns}


def _plain(value: Any) -> Any:
    """An array of the database as what a fold holds."""
    return tuple(value) if isinstance(value, list) else value
