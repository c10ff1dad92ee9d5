"""An event that a service proposes for an appeal, and the query that finds it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.ids import derived_event_id
from natija_events.types.base import EventData

Attempt = tuple[UUID, int]
"""The id of an event, and the sequence of the appeal on which it is proposed."""


class ProposedEvent(NamedTuple):
    """An event to propose. *sequence* is that of the appeal in the projection: the state it assumes.

    The id derives from the appeal, the type and *basis*: what the event follows from. The same basis gives the same
    id, so the event is registered once. *assumes* is false when no other event can make the decision wrong.
    """

    appeal: str
    data: EventData
    time: datetime
    sequence: int
    basis: tuple[str, ...]
    assumes: bool = True

    @property
    def id(self) -> UUID:
        """The id of the event."""
        return derived_event_id(self.appeal, self.data.type, *self.basis)

    @property
    def attempt(self) -> Attempt:
        """This proposal of the event: on another state of the appeal it is another attempt."""
        return self.id, self.sequence


class Busy(NamedTuple):
    """The rows that need no decision now: those of *appeals* with a proposal in flight, and those that still show the
    *states* on which an event was decided that is registered since."""

    appeals: Sequence[str] = ()
    states: Sequence[str] = ()

    @property
    def parameters(self) -> dict[str, object]:
        """For a statement with `without_busy`."""
        return {"busy_appeals": self.appeals, "busy_states": self.states}


NOT_BUSY = Busy()
"""No row is left out."""


def state_of(appeal: str, sequence: int) -> str:
    """The state of *appeal* after its event *sequence*, as a word of `Busy`."""
    return f"{appeal}/{sequence}"


def without_busy(table: str) -> str:
    """An SQL condition on *table*, a projection with a row per appeal: the row is not busy."""
    return f"""(
        {table}.appeal <> all(cast(:busy_appeals as text[]))
        and {table}.appeal || '/' || {table}.sequence <> all(cast(:busy_states as text[]))
    )"""


PendingProposals = Callable[[AsyncConnection, datetime, Busy], AsyncIterator[ProposedEvent]]
"""Reads the rows and yields the events they need *now*. It is called many times a second, so it must be cheap when
nothing is due. It should not read rows that are busy. It never writes."""

NextInstant = Callable[[AsyncConnection, datetime], Awaitable[datetime | None]]
"""The first instant after *now* at which a row needs an event though nothing else happens; None when there is none."""

Prepare = Callable[[], Awaitable[object]]
"""Work of the one instance that proposes, before it queries the rows for the first time."""
