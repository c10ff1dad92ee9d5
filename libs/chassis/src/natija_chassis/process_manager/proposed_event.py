"""An event that a service proposes for an appeal, and the query that finds it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.ids import derived_event_id
from natija_events.types.base import EventData


class ProposedEvent(NamedTuple):
    """An event to propose. *sequence* and *material* are the projection's of that appeal: the state it assumes.

    *what* names the content (a due date, a body). The same content on the same *material* state has the same id.
    """

    appeal: str
    data: EventData
    time: datetime
    sequence: int
    material: int
    what: str = ""

    @property
    def id(self) -> UUID:
        """The id of the event."""
        return derived_event_id(self.appeal, self.data.type, self.what, str(self.material))


PendingProposals = Callable[[AsyncConnection, datetime, list[str]], AsyncIterator[ProposedEvent]]
"""Reads the rows and yields the events they need *now*. It is called many times a second, so it must be cheap when
nothing is due. It should not read the rows of *busy* appeals, whose proposals are in flight. It never writes."""
