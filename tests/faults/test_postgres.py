"""PostgreSQL dies, cuts, holds up, refuses, loses and forgets what it was told; the log makes it good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import asyncpg
import pytest
from deploy.local import postgres
from tests.faults.accounting import level, settings_of
from tests.faults.house import House
from tests.faults.servers import Breakable

from natija_chassis.projections.installed import services
from natija_chassis.realm.provision import provision_realm

pytestmark = pytest.mark.timeout(300)

WITH_A_DATABASE = ("registrar", "routing", "deadlines", "analytics")
"""The processes that are nothing without theirs; the intake API accepts appeals without one."""
DATABASES = {"registrar": "intake", "routing": "routing", "deadlines": "deadlines", "analytics": "analytics"}


@asynccontextmanager
async def superuser(house: House, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection, to *database* of the house's server."""
    connection = await asyncpg.connect(house.realm.servers.postgres, database=database)
    try:
        yield connection
    finally:
        await connection.close()


def database_of(house: House, service: str) -> str:
    return f"{house.realm.name}_{service}"


async def cut(connection: asyncpg.Connection, *databases: str) -> None:
    """End all sessions in these databases."""
    query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = any($1)"
    await connection.execute(query, databases)


async def test_killed_in_the_middle_of_batches_and_started_again(
    fragile: House, own_servers: Breakable, chance: Random
) -> None:
    async with fragile.feed.flowing():
        await fragile.moves()
        await asyncio.sleep(chance.uniform(0, 1))
        await own_servers.kill(postgres.NAME)
        await fragile.until_not_ready(*WITH_A_DATABASE)
        await own_servers.start_postgres()
        fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()


async def test_connections_are_cut_again_and_again(fragile: House, chance: Random) -> None:
    async with fragile.feed.flowing(), superuser(fragile) as connection:
        await fragile.moves()
        for _ in range(12):
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            await cut(connection, *(database_of(fragile, service) for service in services()))
            fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_somebody_holds_a_lock_for_a_while(fragile: House, process: str) -> None:
    async with fragile.feed.flowing():
        await fragile.moves()
        async with superuser(fragile, database_of(fragile, DATABASES[process])) as holder, holder.transaction():
            await holder.execute("lock table live.checkpoints in access exclusive mode")
            await fragile.until_not_ready(process, seconds=30)
        fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_every_statement_runs_out_of_time(fragile: House, process: str) -> None:
    database = database_of(fragile, DATABASES[process])
    async with fragile.feed.flowing(), superuser(fragile) as connection:
        await fragile.moves()
        await connection.execute(f"alter database \"{database}\" set statement_timeout = '1ms'")
        await cut(connection, database)
        await fragile.until_not_ready(process)
        await connection.execute(f'alter database "{database}" reset statement_timeout')
        await cut(connection, database)
        fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_a_database_is_dropped_while_its_service_runs_and_filled_anew(fragile: House, process: str) -> None:
    service = DATABASES[process]
    async with fragile.feed.flowing(), superuser(fragile) as connection:
        await fragile.moves()
        await connection.execute(f'drop database "{database_of(fragile, service)}" with (force)')
        await fragile.until_not_ready(process)
        await provision_realm(settings_of(fragile.realm), fragile.realm.servers.postgres)
        await fragile.stop(process)
        await fragile.start(process)
        fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_a_database_is_restored_from_an_older_state_while_its_service_runs(fragile: House, process: str) -> None:
    database = database_of(fragile, DATABASES[process])
    async with superuser(fragile) as connection:
        async with fragile.feed.flowing():
            await fragile.moves()
            await copied(connection, database, f"{database}_older")
            await fragile.moves()
            for _ in range(3):
                await fragile.moves()
            await copied(connection, f"{database}_older", database)
            fragile.counts("faults", 1)
            await fragile.moves()
        await connection.execute(f'drop database "{database}_older"')
    await fragile.account()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_a_database_restored_at_a_quiet_time_takes_in_what_it_lost_though_no_event_follows(
    fragile: House, process: str
) -> None:
    database = database_of(fragile, DATABASES[process])
    async with superuser(fragile) as connection:
        await fragile.moves()
        await copied(connection, database, f"{database}_older")
        await fragile.feed.put_in(lives=20)
        await level(fragile.realm)
        await copied(connection, f"{database}_older", database)
        fragile.counts("faults", 1)
        await level(fragile.realm)
        await connection.execute(f'drop database "{database}_older"')
    await fragile.account()


async def copied(connection: asyncpg.Connection, source: str, target: str) -> None:
    """Put a copy of the database *source* in the place of *target*, who was in either is thrown out."""
    owner = await connection.fetchval("select pg_get_userbyid(datdba) from pg_database where datname = $1", source)
    both = source, target
    for name in both:
        if await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute(f'alter database "{name}" allow_connections false')
    await cut(connection, *both)
    await connection.execute(f'drop database if exists "{target}" with (force)')
    await connection.execute(f'create database "{target}" template "{source}" owner "{owner}"')
    for name in both:
        await connection.execute(f'alter database "{name}" allow_connections true')
