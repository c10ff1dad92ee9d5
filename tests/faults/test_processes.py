"""Faults of processes: zombies, twins that come and go, SIGTERM, clocks that jump, lost offsets."""

import signal
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
from tests.eventually import eventually
from tests.faults.accounting import settings_of
from tests.faults.running_system import RunningSystem, wait_until_killed
from tests.faults.test_postgres import copied, superuser
from tests.stack import SERVICES, Child

from natija_chassis.clock import FileClock
from natija_chassis.realm.provision import provision_realm

pytestmark = pytest.mark.timeout(300)

SIGTERM_SECONDS = 10.0
"""Within which a process must end after SIGTERM; `Child.stop` kills it then and fails."""


async def until_stopped(child: Child) -> None:
    """Return once the process stands still, by SIGSTOP."""

    def stopped() -> bool:
        assert child.process.returncode is None, child.output()[-4000:]
        return psutil.Process(child.process.pid).status() == psutil.STATUS_STOPPED

    await eventually(stopped, seconds=60)


async def cut_off(system: RunningSystem) -> None:
    """End the database sessions of a registrar that is stopped, as the server does with a machine that is gone."""
    connection = await asyncpg.connect(system.realm.servers.postgres)
    try:
        query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1"
        await connection.execute(query, f"{system.realm.name}_intake")
    finally:
        await connection.close()


async def says(system: RunningSystem, process: str, what: str) -> None:
    """Return once *process* says *what* on `/ready`."""

    async def answers() -> bool:
        _, answer = await system.readiness(process)
        assert what in answer, answer
        return True

    await eventually(answers)


async def twin(system: RunningSystem, process: str) -> Child:
    """A second instance of *process*, on a port of its own; ready when it works, or stands by."""
    return await system.realm.serve(process, ready=True, **{f"NATIJA_{process.upper()}_PORT": str(free_port())})


async def another_takes_over(system: RunningSystem, zombie: Child) -> None:
    """A twin decides in the place of a registrar that was stopped; then that one goes on, and finds that it is none."""
    system.children["registrar"] = await twin(system, "registrar")
    await says(system, "registrar", "deciding")
    await system.check_progress()
    zombie.process.send_signal(signal.SIGCONT)
    system.children["zombie"] = zombie
    await says(system, "zombie", "standby")


@pytest.mark.parametrize(
    "step",
    [
        "registrar.commit",
        *(pytest.param(one, marks=pytest.mark.thorough) for one in ("registrar.offsets", "registrar.persist")),
    ],
)
async def test_stopped_registrar_writes_nothing_after_takeover(
    system: RunningSystem, step: str, chance: Random
) -> None:
    """A registrar is stopped at its commit and continued after another took over: it writes nothing."""
    async with system.workload.running():
        point = f"{step}:before:{chance.randint(1, 8)}:STOP"
        zombie = await system.arm("registrar", point, NATIJA_BATCH_RECORDS="5")
        await until_stopped(zombie)
        await cut_off(system)
        await another_takes_over(system, zombie)
    system.count("faults", 1)
    await system.check_accounting()
    await zombie.stop()


@pytest.mark.parametrize("restored", [False, pytest.param(True, marks=pytest.mark.thorough)], ids=["dropped", "older"])
async def test_registrar_of_lost_layout_writes_nothing(system: RunningSystem, restored: bool) -> None:
    """A registrar is stopped under a layout that the database then loses: it writes nothing."""
    database = f"{system.realm.name}_intake"
    async with superuser(system) as connection:
        await copied(connection, database, f"{database}_older")
        await system.until_ready("registrar")
        await system.realm.run("registrar", "shards", "1")  # as many as before, of a later generation
        await system.until_ready("registrar")
        async with system.workload.running():
            zombie = await system.arm("registrar", "registrar.commit:before:3:STOP", NATIJA_BATCH_RECORDS="5")
            await until_stopped(zombie)
            if restored:
                await copied(connection, f"{database}_older", database)
            else:
                await connection.execute(f'drop database "{database}" with (force)')
                await provision_realm(settings_of(system.realm), system.realm.servers.postgres)
            await another_takes_over(system, zombie)
        await connection.execute(f'drop database "{database}_older"')
    system.count("faults", 1)
    await system.check_accounting()
    await zombie.stop()


@pytest.mark.thorough
async def test_two_instances_of_each_process_alternate(system: RunningSystem, chance: Random) -> None:
    """Two instances of each process run, and one of them is replaced every few seconds."""
    pairs = {process: [system.children[process], await twin(system, process)] for process in SERVICES}
    async with system.workload.running():
        for process in chance.sample(SERVICES * 2, k=2 * len(SERVICES)):
            pair = pairs[process]
            leaving = pair.pop(chance.randrange(2))
            if chance.random() < 0.5:
                assert await leaving.stop() == 0
            else:
                await leaving.kill()
            pair.append(await twin(system, process))
            system.count("faults", 1)
    for process, (one, other) in pairs.items():
        await one.stop()
        system.children[process] = other
    await system.check_accounting()


@pytest.mark.thorough
async def test_sigterm_under_load_ends_each_process(system: RunningSystem, chance: Random) -> None:
    """Sigterm under load ends each process within 5 seconds."""
    async with system.workload.running():
        for process in chance.sample(SERVICES, k=len(SERVICES)):
            await system.check_progress()
            # Kubernetes and `make down` kill what takes longer than their patience.
            assert await system.children[process].stop(seconds=SIGTERM_SECONDS) == 0, system.children[process].output()[
                -4000:
            ]
            await system.start(process)
            system.count("faults", 1)
    await system.check_accounting()


@pytest.mark.thorough
async def test_clock_jumps_by_a_day(system: RunningSystem) -> None:
    """The realm's clock jumps a day back and forth."""
    clock = FileClock(Path(system.realm.environment["NATIJA_CLOCK"].removeprefix("file:")))
    async with system.workload.running():
        for days in (1, -1, -1, 1):
            clock.move(timedelta(days=days))
            await system.check_progress()
            system.count("faults", 1)
        clock.reset()
    await system.check_accounting()


@pytest.mark.thorough
async def test_lost_committed_offset_is_never_needed(system: RunningSystem, chance: Random) -> None:
    """The committed offset of the inbox is lost, and was never needed."""
    async with system.workload.running():
        point = f"registrar.commit:after:{chance.randint(1, 8)}"
        await wait_until_killed(await system.arm("registrar", point, NATIJA_BATCH_RECORDS="5"))
        await _forget_group(system, f"{system.realm.name}.registrar")
        await system.start("registrar")
    system.count("faults", 1)
    await system.check_accounting()


async def _forget_group(system: RunningSystem, group: str) -> None:
    """Delete a consumer group with its offsets, as Kafka does after a quiet week."""
    admin = AIOKafkaAdminClient(bootstrap_servers=system.realm.servers.kafka)
    await admin.start()
    try:
        coordinator = await admin.find_coordinator(group)
        response: Any = await admin._send_request_to_node(coordinator, DeleteGroupsRequest([group]))
        assert response.results == [(group, 0)], response
    finally:
        await admin.close()
