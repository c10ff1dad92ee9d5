"""The store of a projection: its schema with all that belongs in it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis import checkpoints, identity
from natija_chassis import parking as _parking  # noqa: F401  # its table belongs to the store
from natija_chassis.database import (
    LIVE,
    REBUILD,
    REBUILD_LOCK,
    RETIRED,
    SERVICE,
    SNAPSHOT,
    create_schema,
    create_tables,
)
from natija_chassis.projection import Projection


async def prepare(engine: AsyncEngine, projection: Projection, log: identity.Log) -> None:
    """Make what is missing of the live schema and check that it is made from *log*. Raises `Refused`.

    Tables are made on the first start only: a schema of another version is for a rebuild, not to be added to.
    """
    async with engine.begin() as connection:
        if await connection.scalar(text("select pg_try_advisory_xact_lock(:lock)"), {"lock": REBUILD_LOCK}):
            await drop_leftovers(connection)
        await create_schema(connection, SERVICE)
        await create_schema(connection, LIVE)
        await create_store(connection, projection, LIVE, log)


async def create_store(connection: AsyncConnection, projection: Projection, schema: str, log: identity.Log) -> None:
    """Make the tables in *schema* and mark it as made from *log*, or check that it is. Raises `Refused`."""
    await create_tables(connection, checkpoints.metadata, schema)
    before = await connection.scalar(text("select current_setting('search_path')"))
    await connection.execute(text(f"set local search_path to {schema}"))
    await identity.claim(connection, log, projection)
    await checkpoints.seed(connection)
    await create_tables(connection, projection.metadata, schema)
    await connection.execute(text("select set_config('search_path', :before, true)"), {"before": before})


async def drop_leftovers(connection: AsyncConnection) -> None:
    """Drop what a rebuild left behind; only for who holds `REBUILD_LOCK`."""
    for schema in (REBUILD, SNAPSHOT, RETIRED):
        await connection.execute(text(f"drop schema if exists {schema} cascade"))


async def ping(engine: AsyncEngine) -> None:
    """Raise unless the database answers."""
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))
