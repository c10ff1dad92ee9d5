"""Applies dead letters again, once their cause is fixed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.engine import open_engine, projection_transaction
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.projections import checkpoints, dead_letters, log_identity, log_records
from natija_chassis.projections.dead_letters import DeadLetter
from natija_chassis.projections.installed import projection_of
from natija_chassis.projections.projection import Projection
from natija_chassis.settings import Settings
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import LOG


class Retried(NamedTuple):
    """The numbers of records applied, of their appeals, and of dead letters that are left."""

    applied: int
    appeals: int
    left: int


async def dead_letters_of(settings: Settings, service: str) -> list[DeadLetter]:
    """The dead letters of *service*; none when it has never run."""
    engine = open_engine(settings, service, pool=1)
    try:
        async with engine.connect() as connection:
            return await dead_letters.load(connection)
    except DBAPIError as error:
        if is_undefined_table(error):
            return []
        raise
    finally:
        await engine.dispose()


async def retry_service(settings: Settings, service: str) -> Retried:
    """Retry all dead letters of *service*."""
    if not await dead_letters_of(settings, service):
        return Retried(0, 0, 0)
    engine = open_engine(settings, service, pool=2)
    try:
        return await retry(settings, engine, projection_of(service))
    finally:
        await engine.dispose()


async def retry(settings: Settings, engine: AsyncEngine, projection: Projection) -> Retried:
    """Apply dead letters again, appeal by appeal and in order. The service may run meanwhile.

    An appeal's records are read from the log at their offsets. The first one that fails again stays, together with the
    later ones.
    """
    async with engine.connect() as connection:
        partitions = {letter.appeal: letter.partition for letter in await dead_letters.load(connection)}
    applied = appeals = 0
    async with open_consumer(settings.kafka_config, max_poll_records=1) as consumer:
        for appeal, partition in partitions.items():
            log = TopicPartition(LOG.name(settings.realm), partition)
            async with projection_transaction(engine) as connection:
                count = await _retry_appeal(connection, projection, consumer, log, appeal)
            applied += count
            appeals += count > 0
    async with engine.connect() as connection:
        return Retried(applied, appeals, len(await dead_letters.load(connection)))


async def _retry_appeal(
    connection: AsyncConnection, projection: Projection, consumer: AIOKafkaConsumer, log: TopicPartition, appeal: str
) -> int:
    """How many dead letters of the appeal are applied. The runner waits for the row of the checkpoint meanwhile."""
    _, version = await checkpoints.lock(connection, [log.partition])
    log_identity.check_version(version, projection)
    letters = [letter for letter in await dead_letters.load(connection) if letter.appeal == appeal]
    for done, letter in enumerate(letters):
        [record] = log_records.read([await _read(consumer, log, letter.offset)])
        error = record.error or await _apply(connection, projection, record)
        if error is not None:
            rest = [dead_letters.blocked_by(_as_record(later), letter.offset) for later in letters[done + 1 :]]
            await dead_letters.remove(connection, letters)
            await dead_letters.add(connection, [dead_letters.from_error(record, error), *rest])
            return done
    await dead_letters.remove(connection, letters)
    return len(letters)


async def _apply(
    connection: AsyncConnection, projection: Projection, record: log_records.LogRecord
) -> Exception | None:
    """Apply one record; its error when it still cannot be applied."""
    try:
        async with connection.begin_nested():
            await projection.apply(connection, log_records.events([record]))
    except Exception as error:
        if not dead_letters.is_poison(error):
            raise
        return error
    return None


async def _read(consumer: AIOKafkaConsumer, log: TopicPartition, offset: int) -> Any:
    """The record of the log at *offset*. Raises KafkaError when the log no longer has it."""
    consumer.assign([log])
    consumer.seek(log, offset)
    records: Sequence[Any] = ()
    while not records:
        records = (await consumer.getmany(log, timeout_ms=1000)).get(log, ())
    return records[0]


def _as_record(letter: DeadLetter) -> log_records.LogRecord:
    return log_records.LogRecord(letter.partition, letter.offset, letter.appeal, None, None)
