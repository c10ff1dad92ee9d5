"""Streams of the relay's tables to publishers: each reads at its own pace, and goes on where it stood.

A place in a stream is the *epoch* of the relay's tables and a position, so it holds also after a restart of this
process. A place of another epoch, when they were made again, begins from the start: the ids tell what is repeated.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.observability.logs import sanitised
from natija_chassis.process.stopping import pause

MOST_STREAMS = 200
MOST_OF_PUBLISHER = 5
_AT_ONCE = 100
"""Rows that a stream holds in memory. A slow reader makes nobody wait but itself."""
POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
STREAM_SECONDS = 240.0
"""After this the stream ends, and the client connects again: an answer that takes longer than 300 s is cut."""
_LAST = text("select epoch, last from service.relay")

log = logging.getLogger(__name__)


class TooManyStreams(Exception):
    """There are too many streams, of this publisher or in all."""


class StreamPlace(NamedTuple):
    """A place in a stream: behind the row at *position* of this *epoch*."""

    epoch: str
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.position}"

    @classmethod
    def parse(cls, text: str) -> "StreamPlace":
        """The place that a client gives back. Raises ValueError."""
        epoch, separator, position = text.rpartition("-")
        if not (separator and epoch.isalnum() and position.isdecimal() and len(position) < 19):
            raise ValueError("not the id of an event of this stream")
        return cls(epoch, int(position))


class _HasPosition(Protocol):
    @property
    def position(self) -> int: ...


_Row = TypeVar("_Row", bound=_HasPosition)
ReadRows = Callable[[AsyncConnection, int, int], Awaitable[Sequence[_Row]]]
"""Reads the rows beyond a position, at most so many, in the order of their positions."""


class Placed(NamedTuple, Generic[_Row]):
    """A row and its place in the stream."""

    place: StreamPlace
    row: _Row


class RelayStreams:
    """The open streams of this process. Run `run` beside them: it asks once for all whether there is something new."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._open = Counter[str]()
        self._end = StreamPlace("", 0)
        """The last row of the table, as far as it is known."""
        self._moved = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Look for new rows until *stopping*, while there are streams."""
        while not stopping.is_set():
            if self._open:
                await self._look()
            await pause(stopping, POLL_SECONDS)
        self._wake()

    async def _look(self) -> None:
        try:
            async with self._engine.connect() as connection:
                row = (await connection.execute(_LAST)).first()
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.debug("outcomes cannot be read: %s", sanitised(error))
            return
        if row is not None and (end := StreamPlace(row.epoch, row.last)) != self._end:
            self._end = end
            self._wake()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def acquire(self, source: str) -> None:
        """Count one more stream of the publisher *source*, until `release`. Raises `TooManyStreams`."""
        if self._open[source] >= MOST_OF_PUBLISHER or self._open.total() >= MOST_STREAMS:
            raise TooManyStreams
        self._open[source] += 1

    def release(self, source: str) -> None:
        """A stream of the publisher *source* has ended."""
        self._open[source] -= 1
        if not self._open[source]:
            del self._open[source]

    async def follow(self, read: ReadRows[_Row], after: StreamPlace | None) -> AsyncIterator[Sequence[Placed[_Row]]]:
        """The rows behind *after*, or all that are kept, as *read* gives them; nothing when there was none for a while.

        It ends after `STREAM_SECONDS`, and when the database does not answer.
        """
        loop = asyncio.get_running_loop()
        ends, place = loop.time() + STREAM_SECONDS, after or StreamPlace("", 0)
        while loop.time() < ends:
            moved, end = self._moved, self._end
            if end.epoch and place.epoch != end.epoch:
                place = StreamPlace(end.epoch, 0)
            if place.position < end.position:
                found = await self._rows(read, place.position)
                if found is None:
                    return
                if found:
                    place = place._replace(position=found[-1].position)
                    yield [Placed(place._replace(position=one.position), one) for one in found]
                if len(found) == _AT_ONCE:
                    continue
                place = place._replace(position=max(place.position, end.position))
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    await moved.wait()
            except TimeoutError:
                yield []

    async def _rows(self, read: ReadRows[_Row], position: int) -> Sequence[_Row] | None:
        try:
            async with self._engine.connect() as connection:
                return await read(connection, position, _AT_ONCE)
        except (SQLAlchemyError, OSError, TimeoutError):
            return None
