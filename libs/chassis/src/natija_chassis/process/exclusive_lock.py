"""The advisory lock of a part that only one process may run at a time: the others wait for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.locks import LockClass
from natija_chassis.process.stopping import pause

_TRY = text("select pg_try_advisory_lock(cast(:class as int), cast(:key as int))")
_RETRY = 1.0


@asynccontextmanager
async def exclusive_lock(
    engine: AsyncEngine, family: LockClass, key: int, stopping: asyncio.Event
) -> AsyncIterator[AsyncConnection]:
    """The connection that holds the lock, as soon as it is free, or *stopping* is set. It is lost with the connection.

    Statements on the connection commit by themselves.
    """
    async with engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        while not stopping.is_set():
            if await connection.scalar(_TRY, {"class": family, "key": key}):
                break
            await pause(stopping, _RETRY)
        try:
            yield connection
        finally:
            # The connection returns to a pool: unless its session ends, the lock would stay with it.
            await connection.invalidate()
