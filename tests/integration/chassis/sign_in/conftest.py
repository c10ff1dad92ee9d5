"""A database, and a service with signing in on it."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.integration.chassis.sign_in.service import Service, service
from tests.stack import Servers


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(servers: Servers) -> AsyncIterator[AsyncEngine]:
    """A database of its own."""
    url, name = servers.postgres.replace("postgresql://", "postgresql+asyncpg://"), f"s{secrets.token_hex(4)}"
    server = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(text(f"create database {name}"))
    await server.dispose()
    made = create_async_engine(
        url.replace("/postgres?", f"/{name}?") if "/postgres?" in url else url.rpartition("/")[0] + f"/{name}",
        connect_args={"server_settings": {"search_path": "service"}},
    )
    yield made
    await made.dispose()


@pytest_asyncio.fixture(loop_scope="session")
async def routing(engine: AsyncEngine, tmp_path: Path) -> AsyncIterator[Service]:
    """A service in which `aida` is a registrar of health."""
    async with service(engine, tmp_path) as made:
        yield made
