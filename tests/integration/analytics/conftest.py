"""A database of its own with the tables of analytics, as the runner would make them."""

import secrets
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.stack import Servers

from natija_analytics import projection
from natija_chassis.database import create_schema, create_tables


@pytest_asyncio.fixture(loop_scope="session")
async def engine(servers: Servers) -> AsyncIterator[AsyncEngine]:
    """Sessions in a schema that holds the tables, empty."""
    url = servers.postgres.replace("postgresql://", "postgresql+asyncpg://")
    schema = f"t{secrets.token_hex(4)}"
    made = create_async_engine(url, connect_args={"server_settings": {"search_path": schema, "timezone": "UTC"}})
    async with made.begin() as connection:
        await create_schema(connection, schema)
        await create_tables(connection, projection.build().metadata, schema)
    yield made
    async with made.begin() as connection:
        await connection.execute(text(f"drop schema {schema} cascade"))
    await made.dispose()
