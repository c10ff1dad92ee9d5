"""The projection runner on the real servers: each event once, whatever dies, and around what is poison."""

from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.chassis.conftest import ALL, LogWriter, Start, reached, until
from tests.integration.chassis.tally import counts


async def test_what_stands_on_the_log_is_taken_in_once_and_then_it_is_caught_up(
    log: LogWriter, engine: AsyncEngine, start: Start
) -> None:
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=3)
    running = start()
    await until(lambda: running.runner.progress.caught_up)
    assert await counts(engine) == dict.fromkeys(appeals, 3)
    await log.write(*appeals[:4])
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, 3) | dict.fromkeys(appeals[:4], 4)
