"""A projection leaves no work for the garbage collector: its records are freed by their reference counts."""

import gc
from collections.abc import Iterator

import pytest
from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.chassis.conftest import ALL, LogWriter, Start, reached, settings_of
from tests.stack import Realm

BATCHES = 20


@pytest.fixture
def collected() -> Iterator[list[object]]:
    """The objects that only the collector can free. It does not run by itself."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield gc.garbage
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


async def test_freed_batches_need_no_collector(
    realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start, collected: list[object]
) -> None:
    """FastStream keeps what the decoder returns in the message: were it the message, each batch would be a cycle."""
    appeals = [log.number(partition) for partition in ALL]
    start(settings=settings_of(realm, batch_records=len(appeals)))
    for _ in range(BATCHES):
        await log.write(*appeals)
        await reached(engine, log)
    gc.collect()
    assert [one for one in collected if isinstance(one, ConsumerRecord)] == []
    alive = [one for one in gc.get_objects() if isinstance(one, ConsumerRecord)]
    assert len(alive) <= 5 * len(appeals), "only the last few batches are held"
