"""The store of a projection: its schema with all that belongs in it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import natija_chassis.projections.dead_letters  # noqa: F401  # registers its table
from natija_chassis.errors import OperatorError
from natija_chassis.postgres.engine import (
    LIVE,
    REBUILD,
    RETIRED,
    SERVICE,
    SNAPSHOT,
    create_schema,
    create_tables,
)
from natija_chassis.postgres.locks import Lock
from natija_chassis.projections import checkpoints, log_identity
from natija_chassis.projections.projection import Projection

_TRY_LOCK = text("select pg_try_advisory_xact_lock(:lock)")


async def prepare(engine: AsyncEngine, projection: Projection, log: log_identity.LogIdentity) -> None:
    """Make the live schema on the first start; after it, check that it is made from *log* and whole.

    Raises `OperatorError` otherwise: what is of another version or lacks a table is for a rebuild, not to be added to.
    """
    async with engine.begin() as connection:
        # Without leftovers the lock is left alone: a rebuild that is about to start would find it taken.
        if await _has_leftovers(connection) and await connection.scalar(_TRY_LOCK, {"lock": Lock.REBUILD}):
            await drop_leftovers(connection)
        await create_schema(connection, SERVICE)
        await create_schema(connection, LIVE)
        await create_store(connection, projection, LIVE, log)


async def create_store(
    connection: AsyncConnection, projection: Projection, schema: str, log: log_identity.LogIdentity
) -> None:
    """Make the tables in *schema* and mark it as made from *log*, or check that it is. Raises `OperatorError`."""
    await create_tables(connection, checkpoints.metadata, schema)
    before = await connection.scalar(text("select current_setting('search_path')"))
    await connection.execute(text(f"set local search_path to {schema}"))
    await log_identity.claim(connection, log, projection)
    await checkpoints.seed(connection)
    if any(one.offset >= 0 for one in (await checkpoints.load(connection)).values()):
        await _check_whole(connection, projection, schema)
    await create_tables(connection, projection.metadata, schema)
    await connection.execute(text("select set_config('search_path', :before, true)"), {"before": before})


async def _check_whole(connection: AsyncConnection, projection: Projection, schema: str) -> None:
    """A table created now would miss the events that are applied already."""
    query = text("select tablename from pg_tables where schemaname = :schema")
    missing = set(projection.metadata.tables) - set(await connection.scalars(query, {"schema": schema}))
    if missing:
        raise OperatorError(
            f"{projection.service} lacks {', '.join(sorted(missing))}, and part of the log is applied: "
            f"a new table needs a new version of the projection, then natija projection rebuild {projection.service}"
        )


async def _has_leftovers(connection: AsyncConnection) -> bool:
    query = text("select true from pg_namespace where nspname = any(:names) limit 1")
    return bool(await connection.scalar(query, {"names": [REBUILD, SNAPSHOT, RETIRED]}))


async def drop_leftovers(connection: AsyncConnection) -> None:
    """Drop what a rebuild left behind; only for who holds `Lock.REBUILD`."""
    for schema in (REBUILD, SNAPSHOT, RETIRED):
        await connection.execute(text(f"drop schema if exists {schema} cascade"))
