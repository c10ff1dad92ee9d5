"""The database is away: the runner waits, says so, skips nothing; and a process that is told to stop does, in time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.children import tally_process
from tests.integration.chassis.conftest import ALL, LogWriter, Start, reached
from tests.integration.chassis.tally import SERVICE, TallySettings, counts
from tests.stack import Realm

from natija_chassis.projections.apply import Applied, apply_batch
from natija_chassis.projections.log_records import LogRecord
from natija_chassis.projections.projection import Projection
from natija_chassis.realm.provision import provision_realm

CUT_OFF = (0, 1)
"""Exit codes of a process that did not drain: its tasks are cancelled, or a timer ends it 0.8 seconds later."""


@contextlib.asynccontextmanager
async def database_away(realm: Realm) -> AsyncIterator[None]:
    """Nobody gets into the service's database, and who is in is thrown out."""
    name = f"{realm.name}_{SERVICE}"
    admin = await asyncpg.connect(realm.servers.postgres)
    try:
        await admin.execute(f'alter database "{name}" allow_connections false')
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        yield
    finally:
        await admin.execute(f'alter database "{name}" allow_connections true')
        await admin.close()


async def test_database_outage_loses_nothing(realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    """It pauses the projection, which then goes on."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=5)
    running = start()
    progress = running.runner.progress
    await eventually(lambda: progress.caught_up)
    async with database_away(realm):
        await log.write(*appeals, events=5)
        await eventually(lambda: progress.blocked is not None)
        assert not progress.health().ready
        assert progress.health().message.startswith("waiting: ")
        await log.write(*appeals, events=5)
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, 15)
    await eventually(lambda: progress.caught_up)


async def test_dropped_database_is_filled_again(
    realm: Realm, log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """A database dropped under a running process is filled again from the log."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=5)
    running = start()
    await eventually(lambda: running.runner.progress.caught_up)
    await drop_database(realm, SERVICE)
    await log.write(*appeals, events=5)
    await eventually(lambda: running.runner.progress.blocked is not None)
    await provision_realm(settings, realm.servers.postgres)
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, 10)
    await eventually(lambda: running.runner.progress.caught_up)


async def drop_database(realm: Realm, service: str) -> None:
    """Open connections are closed."""
    admin = await asyncpg.connect(realm.servers.postgres)
    await admin.execute(f'drop database "{realm.name}_{service}" with (force)')
    await admin.close()


async def test_outage_is_retried_more_rarely(
    realm: Realm, log: LogWriter, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = 0

    async def counted(engine: AsyncEngine, projection: Projection, batch: Sequence[LogRecord]) -> Applied:
        nonlocal attempts
        attempts += 1
        return await apply_batch(engine, projection, batch)

    running = start(apply=counted)
    await eventually(lambda: running.runner.progress.caught_up)
    async with database_away(realm):
        await log.write(log.number(0))
        await eventually(lambda: attempts >= 2)
        began, before = asyncio.get_running_loop().time(), attempts
        await eventually(lambda: attempts >= before + 4)
        assert asyncio.get_running_loop().time() - began > 1.0
    assert len([one for one in caplog.records if "waiting" in one.getMessage()]) < 10


async def test_idle_process_notices_database_outage(realm: Realm, log: LogWriter) -> None:
    """An idle process is not ready until its database is back."""
    await log.write(log.number(1))
    async with tally_process(realm) as child:
        await child.until_ready()
        async with database_away(realm):
            assert (await child.until_ready(503)).startswith("waiting: ")
        await child.until_ready()


async def test_sigterm_ends_process_with_whole_work(realm: Realm, log: LogWriter, engine: AsyncEngine) -> None:
    """No batch is half applied."""
    appeals = [log.number(partition) for partition in ALL]
    for _ in range(40):
        await log.write(*appeals, events=10)
    async with tally_process(realm, NATIJA_BATCH_RECORDS="20") as child:
        await eventually(lambda: child.process.returncode is None and b"listening" in child.log.read_bytes())
        await eventually(lambda: _some(engine))
        assert await child.terminate() == 0
    async with tally_process(realm):
        await reached(engine, log, seconds=60)
    assert await counts(engine) == dict.fromkeys(appeals, 400)


async def test_sigterm_during_outage_ends_process(realm: Realm, log: LogWriter) -> None:
    async with tally_process(realm) as child:
        await child.until_ready()
        async with database_away(realm):
            await log.write(log.number(1))
            await child.until_ready(503)
            assert await child.terminate() == 0


async def test_sigterm_ends_process_despite_hanging_database(realm: Realm, log: LogWriter) -> None:
    """A step that never ends is cut off; its transaction is undone by the database."""
    admin = await asyncpg.connect(realm.database(SERVICE).replace("+asyncpg", ""))
    try:
        async with tally_process(realm) as child:
            await child.until_ready()
            async with admin.transaction():
                await admin.execute("lock table live.checkpoints in access exclusive mode")
                await log.write(log.number(1))
                # The batch locks rows; the monitor of the log only reads, and may wait here, too.
                waiting = (
                    "select count(*) from pg_locks where not granted and mode = 'RowShareLock' "
                    "and relation = 'live.checkpoints'::regclass"
                )
                await eventually(partial(admin.fetchval, waiting))
                assert await child.terminate() in CUT_OFF
    finally:
        await admin.close()


async def _some(engine: AsyncEngine) -> bool:
    with contextlib.suppress(Exception):
        return bool(await counts(engine))
    return False
