"""Two things at once: a process dies at a step, and while it is gone its servers are harmed. Which, chance decides."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from random import Random

import pytest
from deploy.local import kafka, postgres
from tests.faults.running_system import RunningSystem, wait_until_killed
from tests.faults.servers import Breakable
from tests.faults.test_kill_points import PROJECTING, WAYS, projection_at_work, registrar_at_work

pytestmark = [pytest.mark.timeout(300), pytest.mark.thorough]

SAMPLES = 10


async def kafka_dies(servers: Breakable, chance: Random) -> None:
    await servers.kill(kafka.NAME)
    await servers.start_kafka()


async def kafka_stands_still(servers: Breakable, chance: Random) -> None:
    servers.send(kafka.NAME, signal.SIGSTOP)
    await asyncio.sleep(chance.uniform(1, 10))
    servers.send(kafka.NAME, signal.SIGCONT)


async def postgres_dies(servers: Breakable, chance: Random) -> None:
    await servers.kill(postgres.NAME)
    await servers.start_postgres()


HARM: tuple[Callable[[Breakable, Random], Awaitable[None]], ...] = kafka_dies, kafka_stands_still, postgres_dies
STEPS = {step: way for step, way in WAYS.items() if way in (registrar_at_work, projection_at_work)}


@pytest.mark.parametrize("sample", range(SAMPLES))
async def test_a_process_dies_and_then_a_server(
    fragile: RunningSystem, own_servers: Breakable, sample: int, chance: Random
) -> None:
    step = chance.choice(list(STEPS))
    process = "registrar" if STEPS[step] is registrar_at_work else chance.choice(PROJECTING)
    point = f"{step}:{chance.choice(('before', 'after'))}:{chance.randint(1, 8)}"
    harm = chance.choice(HARM)
    print(f"{process} dies at {point}, then {harm.__name__}")
    async with fragile.workload.running():
        await wait_until_killed(await fragile.arm(process, point, NATIJA_BATCH_RECORDS="10"))
        await asyncio.gather(harm(own_servers, chance), fragile.start(process))
        fragile.count("kill points", 1)
        fragile.count("faults", 1)
    await fragile.check_accounting()
