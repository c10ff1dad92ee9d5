"""`natija projection rebuild` as a command: what it prints, and what it leaves when it is told to stop."""

import signal

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.conftest import ADVISORY_LOCKS, ALL, LogWriter, reached
from tests.integration.chassis.tally import SERVICE
from tests.integration.chassis.test_rebuild import schemas
from tests.stack import Realm

from natija_chassis.postgres.locks import Lock


async def test_rebuild_prints_what_it_did(realm: Realm, log: LogWriter, engine: AsyncEngine) -> None:
    """While the service runs."""
    service = await realm.serve(SERVICE)
    await log.write(*[log.number(partition) for partition in ALL], events=2)
    await reached(engine, log)
    done = await realm.run("projection", "rebuild", SERVICE)
    assert done.stdout == "routes: 16 rows compared, equal\nrouting: rebuilt from 32 records, and switched\n"
    assert "32/32" in done.stderr
    await service.until_ready()


async def test_difference_exits_with_first_keys(realm: Realm, log: LogWriter, engine: AsyncEngine) -> None:
    """The exit code is 1."""
    service = await realm.serve(SERVICE)
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals)
    await reached(engine, log)
    await service.stop()
    async with engine.begin() as connection:
        await connection.execute(text("update routes set sequence = 7 where appeal = :one"), {"one": appeals[5]})
    done = await realm.run("projection", "rebuild", SERVICE, expect=1)
    assert done.stdout == "routes: 16 rows compared, DIFFERENT\n"
    assert f"table routes, only in the live one: {appeals[5]}, only in the rebuilt one: {appeals[5]}" in done.stderr
    assert done.stderr.endswith("nothing was switched\n")
    assert await schemas(engine) == {"live", "service", "public"}


async def test_ctrl_c_leaves_no_trace(realm: Realm, log: LogWriter, engine: AsyncEngine) -> None:
    service = await realm.serve(SERVICE)
    await log.write(*[log.number(partition) for partition in ALL])
    await reached(engine, log)
    await service.stop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        await _hold_up_and_stop(realm, sign)
        assert await schemas(engine) == {"live", "service", "public"}


async def _hold_up_and_stop(realm: Realm, sign: signal.Signals) -> None:
    """Keep a rebuild waiting at its first batch, and stop it there."""
    holder = await asyncpg.connect(realm.database(SERVICE).replace("+asyncpg", ""))
    try:
        await holder.execute("select pg_advisory_lock($1)", Lock.SCHEMA_SWITCH)
        rebuilding = await realm.start("projection", "rebuild", SERVICE)
        waiting = f"select count(*) {ADVISORY_LOCKS} and not granted"
        await eventually(lambda: holder.fetchval(waiting))
        assert await rebuilding.stop(sign) == 130
        assert "aborted: routing is as it was" in rebuilding.output()
    finally:
        await holder.close()
