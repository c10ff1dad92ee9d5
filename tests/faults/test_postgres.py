"""PostgreSQL dies, cuts, holds up, refuses, loses and forgets what it was told; the log makes it good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import asyncpg
import pytest
from deploy.local import postgres
from tests.faults.accounting import caught_up, settings_of
from tests.faults.running_system import RunningSystem
from tests.faults.servers import Breakable

from natija_chassis.projections.installed import services
from natija_chassis.realm.provision import provision_realm

pytestmark = pytest.mark.timeout(300)

WITH_A_DATABASE = ("registrar", "routing", "deadlines", "analytics", "desk")
"""The processes that are nothing without theirs; the intake API accepts appeals without one."""
DATABASES = {service: service for service in WITH_A_DATABASE} | {"registrar": "intake"}


@asynccontextmanager
async def superuser(system: RunningSystem, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection, to *database* of the system's server."""
    connection = await asyncpg.connect(system.realm.servers.postgres, database=database)
    try:
        yield connection
    finally:
        await connection.close()


def database_of(system: RunningSystem, service: str) -> str:
    return f"{system.realm.name}_{service}"


async def cut(connection: asyncpg.Connection, *databases: str) -> None:
    """End all sessions in these databases."""
    query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = any($1)"
    await connection.execute(query, databases)


async def test_postgres_killed_under_load_and_restarted(
    fragile: RunningSystem, own_servers: Breakable, chance: Random
) -> None:
    """PostgreSQL is killed in the middle of batches and started again."""
    async with fragile.workload.running():
        await fragile.check_progress()
        await asyncio.sleep(chance.uniform(0, 1))
        await own_servers.kill(postgres.NAME)
        await fragile.until_not_ready(*WITH_A_DATABASE)
        await own_servers.start_postgres()
        fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()


async def test_connections_are_cut_again_and_again(fragile: RunningSystem, chance: Random) -> None:
    async with fragile.workload.running(), superuser(fragile) as connection:
        await fragile.check_progress()
        for _ in range(12):
            await asyncio.sleep(chance.uniform(0.1, 0.8))
            await cut(connection, *(database_of(fragile, service) for service in services()))
            fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_somebody_holds_a_lock_for_a_while(fragile: RunningSystem, process: str) -> None:
    async with fragile.workload.running():
        await fragile.check_progress()
        async with superuser(fragile, database_of(fragile, DATABASES[process])) as holder, holder.transaction():
            await holder.execute("lock table live.checkpoints in access exclusive mode")
            await fragile.until_not_ready(process, seconds=30)
        fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_every_statement_runs_out_of_time(fragile: RunningSystem, process: str) -> None:
    database = database_of(fragile, DATABASES[process])
    async with fragile.workload.running(), superuser(fragile) as connection:
        await fragile.check_progress()
        await connection.execute(f"alter database \"{database}\" set statement_timeout = '1ms'")
        await cut(connection, database)
        await fragile.until_not_ready(process)
        await connection.execute(f'alter database "{database}" reset statement_timeout')
        await cut(connection, database)
        fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_dropped_database_is_filled_again(fragile: RunningSystem, process: str) -> None:
    """A database that is dropped while its service runs is filled again."""
    service = DATABASES[process]
    async with fragile.workload.running(), superuser(fragile) as connection:
        await fragile.check_progress()
        await connection.execute(f'drop database "{database_of(fragile, service)}" with (force)')
        await fragile.until_not_ready(process)
        await provision_realm(settings_of(fragile.realm), fragile.realm.servers.postgres)
        await fragile.stop(process)
        await fragile.start(process)
        fragile.count("faults", 1)
        await fragile.check_progress()
    await fragile.check_accounting()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_database_restored_under_running_service(fragile: RunningSystem, process: str) -> None:
    """A database is restored from an older state while its service runs."""
    database = database_of(fragile, DATABASES[process])
    async with superuser(fragile) as connection:
        async with fragile.workload.running():
            await fragile.check_progress()
            await copied(connection, database, f"{database}_older")
            await fragile.check_progress()
            for _ in range(3):
                await fragile.check_progress()
            await copied(connection, f"{database}_older", database)
            fragile.count("faults", 1)
            await fragile.check_progress()
        await connection.execute(f'drop database "{database}_older"')
    await fragile.check_accounting()


@pytest.mark.thorough
@pytest.mark.parametrize("process", WITH_A_DATABASE)
async def test_restored_idle_database_catches_up(fragile: RunningSystem, process: str) -> None:
    """A database that is restored without load catches up, although no event follows."""
    database = database_of(fragile, DATABASES[process])
    async with superuser(fragile) as connection:
        await fragile.check_progress()
        await copied(connection, database, f"{database}_older")
        await fragile.workload.send_unanswered(appeals=20)
        await caught_up(fragile.realm)
        await copied(connection, f"{database}_older", database)
        fragile.count("faults", 1)
        await caught_up(fragile.realm)
        await connection.execute(f'drop database "{database}_older"')
    await fragile.check_accounting()


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
