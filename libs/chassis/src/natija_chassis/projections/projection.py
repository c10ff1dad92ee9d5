"""What a service writes to have a projection: the runner, the rebuild and the registrar all drive this one shape."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.ext.asyncio import AsyncConnection

    from natija_events.wire.record import RecordedEvent


class Projection(Protocol):
    """Log events to rows: pure in, SQL out.

    *metadata* declares the tables without a schema: where they live is the search path's business, so that a rebuild
    fills the same tables elsewhere. A greater *version* means that the rows of the one before are not to be used.
    """

    service: str
    version: int
    metadata: "MetaData"

    async def apply(self, connection: "AsyncConnection", events: "Sequence[RecordedEvent]") -> None:
        """Write what *events* change, inside the transaction of *connection*; never commit, never read a wall clock.

        Events of one partition come in the log's order and each exactly once. May raise whatever the database raises:
        an error that `parking.is_poison` knows parks the event, any other is an outage and the batch comes again.
        """
        ...
