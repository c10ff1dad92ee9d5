"""The projection runner without its skip, on the real stack: the same hour that it survives whole undoes it."""

import asyncio
import signal

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.chassis.children import tally_process
from tests.integration.chassis.conftest import ALL, LogWriter, reached
from tests.integration.chassis.tally import counts
from tests.model.runner import SKIP
from tests.mutants.taking_out import without
from tests.stack import Realm


@pytest.mark.thorough
@pytest.mark.parametrize("part", [None, SKIP])
async def test_late_batch_of_zombie_is_skipped(
    realm: Realm, log: LogWriter, engine: AsyncEngine, part: str | None
) -> None:
    """A paused process that applies its batch late changes nothing."""
    appeals = [log.number(partition) for partition in ALL]
    async with tally_process(realm, NATIJA_FAILPOINT="projection.commit:before:1:STOP", **without(part)) as zombie:
        await zombie.until_ready()
        await log.write(*appeals)
        process = psutil.Process(zombie.process.pid)
        async with asyncio.timeout(30):
            while process.status() != psutil.STATUS_STOPPED:
                await asyncio.sleep(0.02)
        async with tally_process(realm) as second:  # Kafka gives it the partitions when the zombie's session has ended
            await reached(engine, log)
            zombie.process.send_signal(signal.SIGCONT)
            await zombie.until_it_has_done_a_batch()
            await zombie.until_ready()
            await second.until_ready()
    twice = await counts(engine) != dict.fromkeys(appeals, 1) or await dead_letters(engine)
    assert bool(twice) == bool(part)


async def dead_letters(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int(await connection.scalar(text("select count(*) from dead_letters")) or 0)
