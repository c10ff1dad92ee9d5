"""Turns of slow questions: one at a time, so that they leave the database and the process to the terms."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.http.problems import Problem

PATIENCE = 5.0
"""Seconds for which a question waits for its turn."""
LONGEST = 30
"""Seconds after which the database gives a statement up."""


class SlowQuestions:
    """Questions about all appeals of a past time, or of a period, on the database of *engine*."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._turn = asyncio.Semaphore(1)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """A connection that only reads, in its turn. Raises `Problem` (503) when the turn does not come in time, and
        when the database gives up."""
        try:
            await asyncio.wait_for(self._turn.acquire(), PATIENCE)
        except TimeoutError:
            raise Problem(503, "Another long question is being answered", headers={"Retry-After": "20"}) from None
        try:
            async with connection_of(self._engine) as connection:
                await connection.execute(text("set transaction read only"))
                await connection.execute(text(f"set local statement_timeout = '{LONGEST}s'"))
                yield connection
        finally:
            self._turn.release()


@asynccontextmanager
async def connection_of(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection. Raises `Problem` (503) when the database is away, or gives a statement up."""
    try:
        async with engine.connect() as connection:
            yield connection
    except (DBAPIError, PostgresError, OSError) as error:  # what-if also asks by the driver itself
        raise Problem(503, "The database does not answer in time", headers={"Retry-After": "60"}) from error
