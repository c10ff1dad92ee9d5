"""What happens to processes: zombies, twins that come and go, SIGTERM, clocks that jump, offsets that are lost."""

import asyncio
import signal
import time
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import DeleteGroupsRequest
from deploy.local.ports import free_port
from tests.faults.accounting import settings_of
from tests.faults.house import House, killed
from tests.faults.test_postgres import copied, superuser
from tests.stack import SERVICES, Child

from natija_chassis.clock import FileClock
from natija_chassis.realm.provision import provision_realm

pytestmark = pytest.mark.timeout(300)


async def until_stopped(child: Child) -> None:
    """Return once the process stands still, by SIGSTOP."""
    async with asyncio.timeout(60):
        while psutil.Process(child.process.pid).status() != psutil.STATUS_STOPPED:
            assert child.process.returncode is None, child.output()[-4000:]
            await asyncio.sleep(0.05)


async def cut_off(house: House) -> None:
    """End the database sessions of a registrar that is stopped, as the server does with a machine that is gone."""
    connection = await asyncpg.connect(house.realm.servers.postgres)
    try:
        query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1"
        await connection.execute(query, f"{house.realm.name}_intake")
    finally:
        await connection.close()


async def says(house: House, process: str, what: str) -> None:
    """Return once *process* says *what* on `/ready`."""
    answer = ""
    async with asyncio.timeout(30):
        while what not in answer:
            _, answer = await house.says(process)
            await asyncio.sleep(0.05)


async def twin(house: House, process: str) -> Child:
    """A second instance of *process*, on a port of its own; ready when it works, or stands by."""
    return await house.realm.serve(process, ready=True, **{f"NATIJA_{process.upper()}_PORT": str(free_port())})


async def another_takes_over(house: House, zombie: Child) -> None:
    """A twin decides in the place of a registrar that was stopped; then that one goes on, and finds that it is none."""
    house.children["registrar"] = await twin(house, "registrar")
    await says(house, "registrar", "deciding")
    await house.moves()
    zombie.process.send_signal(signal.SIGCONT)
    house.children["zombie"] = zombie
    await says(house, "zombie", "standby")


@pytest.mark.parametrize(
    "step",
    [
        "registrar.commit",
        *(pytest.param(one, marks=pytest.mark.thorough) for one in ("registrar.offsets", "registrar.persist")),
    ],
)
async def test_a_registrar_stopped_at_its_commit_and_continued_after_another_took_over_writes_nothing(
    house: House, step: str, chance: Random
) -> None:
    async with house.feed.flowing():
        point = f"{step}:before:{chance.randint(1, 8)}:STOP"
        zombie = await house.arm("registrar", point, NATIJA_BATCH_RECORDS="5")
        await until_stopped(zombie)
        await cut_off(house)
        await another_takes_over(house, zombie)
    house.counts("faults", 1)
    await house.account()
    await zombie.stop()


@pytest.mark.parametrize("restored", [False, pytest.param(True, marks=pytest.mark.thorough)], ids=["dropped", "older"])
async def test_a_registrar_stopped_under_a_layout_that_the_database_forgot_writes_nothing(
    house: House, restored: bool
) -> None:
    database = f"{house.realm.name}_intake"
    async with superuser(house) as connection:
        await copied(connection, database, f"{database}_older")
        await house.until_ready("registrar")
        await house.realm.run("registrar", "shards", "1")  # as many as before, of a later generation
        await house.until_ready("registrar")
        async with house.feed.flowing():
            zombie = await house.arm("registrar", "registrar.commit:before:3:STOP", NATIJA_BATCH_RECORDS="5")
            await until_stopped(zombie)
            if restored:
                await copied(connection, f"{database}_older", database)
            else:
                await connection.execute(f'drop database "{database}" with (force)')
                await provision_realm(settings_of(house.realm), house.realm.servers.postgres)
            await another_takes_over(house, zombie)
        await connection.execute(f'drop database "{database}_older"')
    house.counts("faults", 1)
    await house.account()
    await zombie.stop()


@pytest.mark.thorough
async def test_two_of_each_come_and_go_every_few_seconds(house: House, chance: Random) -> None:
    pairs = {process: [house.children[process], await twin(house, process)] for process in SERVICES}
    async with house.feed.flowing():
        for process in chance.sample(SERVICES * 2, k=2 * len(SERVICES)):
            pair = pairs[process]
            leaving = pair.pop(chance.randrange(2))
            if chance.random() < 0.5:
                assert await leaving.stop() == 0
            else:
                await leaving.kill()
            pair.append(await twin(house, process))
            house.counts("faults", 1)
    for process, (one, other) in pairs.items():
        await one.stop()
        house.children[process] = other
    await house.account()


@pytest.mark.thorough
async def test_sigterm_under_load_ends_each_process_within_5_seconds(house: House, chance: Random) -> None:
    async with house.feed.flowing():
        for process in chance.sample(SERVICES, k=len(SERVICES)):
            await house.moves()
            asked = time.monotonic()
            assert await house.children[process].stop() == 0, house.children[process].output()[-4000:]
            assert time.monotonic() - asked <= 5, f"{process} took longer"
            await house.start(process)
            house.counts("faults", 1)
    await house.account()


@pytest.mark.thorough
async def test_the_clock_jumps_a_day_back_and_forth(house: House) -> None:
    clock = FileClock(Path(house.realm.environment["NATIJA_CLOCK"].removeprefix("file:")))
    async with house.feed.flowing():
        for days in (1, -1, -1, 1):
            clock.move(timedelta(days=days))
            await house.moves()
            house.counts("faults", 1)
        clock.reset()
    await house.account()


@pytest.mark.thorough
async def test_the_committed_offset_of_the_inbox_is_gone_and_was_never_needed(house: House, chance: Random) -> None:
    async with house.feed.flowing():
        point = f"registrar.commit:after:{chance.randint(1, 8)}"
        await killed(await house.arm("registrar", point, NATIJA_BATCH_RECORDS="5"))
        await _forget_group(house, f"{house.realm.name}.registrar")
        await house.start("registrar")
    house.counts("faults", 1)
    await house.account()


async def _forget_group(house: House, group: str) -> None:
    """Delete a consumer group with its offsets, as Kafka does after a quiet week."""
    admin = AIOKafkaAdminClient(bootstrap_servers=house.realm.servers.kafka)
    await admin.start()
    try:
        coordinator = await admin.find_coordinator(group)
        response: Any = await admin._send_request_to_node(coordinator, DeleteGroupsRequest([group]))
        assert response.results == [(group, 0)], response
    finally:
        await admin.close()
