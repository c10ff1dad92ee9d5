"""Kafka dies, stands still, or runs out of disk; then it is back."""

import asyncio
import signal
from random import Random

import pytest
from deploy.local import kafka
from tests.faults.house import House
from tests.faults.servers import Breakable
from tests.stack import SERVICES

pytestmark = pytest.mark.timeout(300)

SESSION_TIMEOUT = 6.0
"""Seconds after which a group forgets a member that it does not hear of (`runner`)."""


@pytest.mark.thorough
async def test_killed_in_the_middle_of_its_work_and_started_again(
    fragile: House, own_servers: Breakable, chance: Random
) -> None:
    async with fragile.feed.flowing():
        await fragile.moves()
        await asyncio.sleep(chance.uniform(0, 1))
        await own_servers.kill(kafka.NAME)
        await fragile.until_not_ready(*SERVICES)
        await own_servers.start_kafka()
        fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()


@pytest.mark.thorough
async def test_killed_again_as_soon_as_it_is_back(fragile: House, own_servers: Breakable) -> None:
    async with fragile.feed.flowing():
        for _ in range(3):
            await fragile.moves()
            await own_servers.kill(kafka.NAME)
            await own_servers.start_kafka()
            fragile.counts("faults", 1)
    await fragile.account()


@pytest.mark.thorough
async def test_its_disk_is_full_and_freed_again(fragile: House, own_servers: Breakable) -> None:
    if not own_servers.small_disk:
        pytest.skip("only root may mount a small disk to fill")
    async with fragile.feed.flowing():
        await fragile.moves()
        own_servers.fill_disk()
        await fragile.until_not_ready(*SERVICES, seconds=60)
        await own_servers.until_kafka_gave_up()
        own_servers.free_disk()
        await own_servers.start_kafka()
        fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()


@pytest.mark.thorough
async def test_standing_still_past_the_session_timeout(fragile: House, own_servers: Breakable) -> None:
    async with fragile.feed.flowing():
        await fragile.moves()
        own_servers.send(kafka.NAME, signal.SIGSTOP)
        stood_still = asyncio.get_running_loop().time()
        await fragile.until_not_ready(*SERVICES)
        await asyncio.sleep(stood_still + 2 * SESSION_TIMEOUT - asyncio.get_running_loop().time())
        own_servers.send(kafka.NAME, signal.SIGCONT)
        fragile.counts("faults", 1)
        await fragile.moves()
    await fragile.account()
