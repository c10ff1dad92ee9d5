"""One transaction holds the changes and the checkpoint, so that who owns a partition does not matter."""

import asyncio
import contextlib

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.chassis.conftest import ALL, LogWriter
from tests.integration.chassis.tally import Tally, TallySettings, counts

from natija_chassis.projections import log_identity, log_records, schema
from natija_chassis.projections.apply import apply_batch
from natija_chassis.projections.checkpoints import Gap
from natija_events.kafka import read_batches
from natija_events.topics import LOG


async def everything(settings: TallySettings) -> list[log_records.LogRecord]:
    topic = LOG.name(settings.realm)
    batches = [batch async for batch in read_batches(settings.kafka, topic, dict.fromkeys(ALL, 0))]
    return sorted(
        (one for batch in batches for one in log_records.read(batch)), key=lambda one: (one.partition, one.offset)
    )


async def prepare(settings: TallySettings, engine: AsyncEngine) -> None:
    await schema.prepare(engine, Tally(), await log_identity.fetch(settings.kafka_config, settings.realm))


async def test_many_owners_apply_batch_once(log: LogWriter, settings: TallySettings, engine: AsyncEngine) -> None:
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=4)
    await prepare(settings, engine)
    batch = await everything(settings)
    halves = [batch, [one for one in batch if one.partition < 8], [one for one in batch if one.partition >= 4]]
    outcomes = await asyncio.gather(*[apply_batch(engine, Tally(), half) for half in halves * 3])
    assert sum(one.fresh for one in outcomes) == len(batch)
    assert await counts(engine) == dict.fromkeys(appeals, 4)


async def test_a_batch_that_fails_changes_nothing(log: LogWriter, settings: TallySettings, engine: AsyncEngine) -> None:
    await log.write(log.number(1), events=3)
    await prepare(settings, engine)
    batch = await everything(settings)
    with pytest.raises(Gap):
        await apply_batch(engine, Tally(), [*batch[:1], *batch[2:]])
    assert await counts(engine) == {}

    class Dying(Tally):
        async def apply(self, connection: object, events: object) -> None:
            await super().apply(connection, events)  # type: ignore[arg-type]
            raise ConnectionResetError

    with contextlib.suppress(ConnectionResetError):
        await apply_batch(engine, Dying(), batch)
    assert await counts(engine) == {}
    async with engine.connect() as connection:
        assert await connection.scalar(text("select max(logsequence) from checkpoints")) == 0
