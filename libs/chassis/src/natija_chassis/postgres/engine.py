"""PostgreSQL: engines, schemas, and the lock that keeps a switch of schemas out of every projection transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from natija_chassis.errors import ServerUnavailable
from natija_chassis.postgres.locks import Lock

if TYPE_CHECKING:
    from natija_chassis.settings import Settings

LIVE = "live"
"""The schema of the projection in use: its tables, checkpoints, dead letters and identity."""
SERVICE = "service"
"""The schema of the few things that are not on the log."""
REBUILD, SNAPSHOT, RETIRED = "rebuild", "snapshot", "retired"
"""Schemas of a rebuild: the one it fills, the copy to compare with, and the live one after its replacement."""


def open_engine(
    settings: "Settings", service: str, *, schema: str = LIVE, pool: int = 5, durable: bool = True
) -> AsyncEngine:
    """An engine on the database of *service* whose sessions see *schema* first, then `service`.

    Errors of its statements never show parameters. A connection that its server has closed is not used again, since
    servers come and go. Not *durable*: a crash of the server may lose the last commits, for what is thrown away then
    anyway.
    """
    engine = create_async_engine(
        settings.database_url(service),
        hide_parameters=True,
        pool_size=pool,
        max_overflow=pool,
        pool_timeout=10,
        connect_args={
            "timeout": 5,
            "command_timeout": 300,
            "server_settings": {
                "search_path": f"{schema}, {SERVICE}",
                "application_name": f"natija-{settings.process}",
                "timezone": "UTC",
                # Disks have no arm to move any more; by default a hundred rows by their keys were a scan of all 40,000.
                "random_page_cost": "1.1",
                "synchronous_commit": "on" if durable else "off",
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _must_be_open)
    event.listen(engine.sync_engine, "do_connect", _connect)
    return engine


def _connect(dialect: Any, record: object, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """Connect as SQLAlchemy does; where the server does not answer, the error names it."""
    try:
        return dialect.connect(*arguments, **options)
    except OSError as error:
        where = ":".join(str(options[name]) for name in ("host", "port") if options.get(name))
        raise ServerUnavailable(
            error.errno, f"PostgreSQL at {where or 'its default address'} does not answer ({type(error).__name__})"
        ) from error


def _must_be_open(connection: Any, record: object, proxy: object) -> None:
    """SQLAlchemy's own ping takes three round trips. asyncpg knows without one whether the connection is closed."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


@asynccontextmanager
async def projection_transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction that writes projection tables. A switch of schemas waits for it, and it waits for a switch."""
    async with engine.begin() as connection:
        await connection.execute(text("select pg_advisory_xact_lock_shared(:lock)"), {"lock": Lock.SCHEMA_SWITCH})
        yield connection


async def create_schema(connection: AsyncConnection, name: str) -> None:
    """Make the schema *name* unless it is there; two processes may do so at once."""
    await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": Lock.CREATE_SCHEMA})
    # Asked first: `create schema if not exists` believes what its session once looked up for the search path.
    there = text("select true from pg_namespace where nspname = :name")
    if not await connection.scalar(there, {"name": name}):
        await connection.execute(text(f"create schema {name}"))


async def create_tables(connection: AsyncConnection, metadata: MetaData, schema: str) -> None:
    """Make what is missing of *metadata*'s tables in *schema*, which `create_schema` has made in this transaction."""
    present = set(
        await connection.scalars(text("select tablename from pg_tables where schemaname = :schema"), {"schema": schema})
    )
    missing = [table for name, table in metadata.tables.items() if name not in present]
    before = await connection.scalar(text("select current_setting('search_path')"))
    await connection.execute(text(f"set local search_path to {schema}"))
    await connection.run_sync(metadata.create_all, tables=missing, checkfirst=False)
    await connection.execute(text("select set_config('search_path', :before, true)"), {"before": before})


async def create_service_tables(engine: AsyncEngine, metadata: MetaData) -> None:
    """Make what is missing of a service's own tables, those that are not on the log, in the schema `service`."""
    async with engine.begin() as connection:
        await create_schema(connection, SERVICE)
        await create_tables(connection, metadata, SERVICE)
