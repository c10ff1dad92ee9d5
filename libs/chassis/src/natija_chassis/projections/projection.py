"""The interface of a projection. A service implements it; the runner, the rebuild and the registrar use it."""

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
        """Write the changes of *events* inside the transaction of *connection*. Never commit, and never read a clock.

        Events of one partition come in the order of the log, each exactly once. May raise the errors of the database:
        an error that `dead_letters.is_poison` knows makes the event a dead letter. Any other is an outage, and the
        batch comes again.
        """
        ...
