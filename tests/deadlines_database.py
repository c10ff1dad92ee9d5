"""A schema of its own with the tables of deadlines, on the PostgreSQL of the tests."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.stack import Servers

from natija_chassis.postgres.engine import create_schema, create_tables
from natija_chassis.projections import checkpoints
from natija_deadlines.terms import tables
from natija_deadlines.terms.replan import service_tables


@asynccontextmanager
async def deadlines_schema(servers: Servers) -> AsyncIterator[str]:
    """Its name. It is dropped at the end."""
    schema = f"t{secrets.token_hex(4)}"
    made = engine_on(servers, schema)
    async with made.begin() as connection:
        await create_schema(connection, schema)
        await create_tables(connection, tables.projected, schema)
        await create_tables(connection, service_tables, schema)
        await create_tables(connection, checkpoints.metadata, schema)
    yield schema
    async with made.begin() as connection:
        await connection.execute(text(f"drop schema {schema} cascade"))
    await made.dispose()


def engine_on(servers: Servers, schema: str) -> AsyncEngine:
    """An engine whose sessions see *schema*. It keeps no connection, so that any event loop may use it."""
    url = servers.postgres.replace("postgresql://", "postgresql+asyncpg://")
    return create_async_engine(url, poolclass=NullPool, connect_args={"server_settings": {"search_path": schema}})
