"""Fixtures of analytics: its tables in a schema of their own, or a log and its projection."""

import contextlib
import secrets
from collections.abc import AsyncIterator

import pytest_asyncio
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.integration.analytics.register import Register, settings_of
from tests.stack import Realm, Servers

from natija_analytics.projection import projection
from natija_chassis.postgres.engine import create_schema, create_tables, open_engine
from natija_chassis.projections import log_identity, schema


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


@pytest_asyncio.fixture(loop_scope="session")
async def register(realm: Realm) -> AsyncIterator[Register]:
    """An empty log with a projection of it."""
    settings = settings_of(realm)
    engine = open_engine(settings, "analytics")
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, transactional_id=f"{realm.name}.test", acks="all")
    await producer.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        stack.push_async_callback(producer.stop)
        await schema.prepare(
            engine, projection.build(), await log_identity.fetch(settings.kafka_config, settings.realm)
        )
        yield Register(realm, producer, engine)
