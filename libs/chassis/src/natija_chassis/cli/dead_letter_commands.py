"""`natija dead-letters`: the log records that projections could not apply, and their retry."""

import json
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.engine import open_engine, projection_transaction
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.projections import checkpoints, dead_letters, log_identity, log_records
from natija_chassis.projections.dead_letters import DeadLetter
from natija_chassis.projections.installed import projection_of, services
from natija_chassis.projections.projection import Projection
from natija_chassis.settings import Settings
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import LOG


class Retried(NamedTuple):
    """The numbers of records applied, of their appeals, and of dead letters that are left."""

    applied: int
    appeals: int
    left: int


async def show(settings: Settings, service: str | None, format: str) -> bool:
    """Print the dead letters of *service*, or of all services; whether there are any."""
    found = {name: await _listing(settings, name) for name in ([service] if service else services())}
    if format == "json":
        print(json.dumps([_plain(name, one) for name, listed in found.items() for one in listed]))
    else:
        _print(found)
    return any(found.values())


async def retry_all(settings: Settings, service: str | None, format: str) -> int:
    """Retry the dead letters of *service*, or of all services, and print what is left; 1 when something is left."""
    for name in [service] if service else services():
        outcome = await retry_service(settings, name)
        if outcome.applied or outcome.left:
            counts = f"{outcome.applied} records of {outcome.appeals} appeals applied, {outcome.left} left"
            print(f"{name}: {counts}", file=sys.stderr if format == "json" else sys.stdout)
    return int(await show(settings, service, format))


def _plain(service: str, one: DeadLetter) -> dict[str, Any]:
    time = one.failedtime.isoformat() if one.failedtime else None
    return {"service": service, **one._asdict(), "failedtime": time}


def _print(found: dict[str, list[DeadLetter]]) -> None:
    if not any(found.values()):
        print("no dead letters")
    for service, listed in found.items():
        for one in listed:
            why = one.detail or f"waits for offset {one.blocked_by} of the same appeal"
            print(f"{service} {one.partition}/{one.offset} {one.appeal}: {why}")


async def _listing(settings: Settings, service: str) -> list[DeadLetter]:
    engine = open_engine(settings, service, pool=1)
    try:
        async with engine.connect() as connection:
            return await dead_letters.load(connection)
    except DBAPIError as error:
        if is_undefined_table(error):
            return []  # it never ran
        raise
    finally:
        await engine.dispose()


async def retry_service(settings: Settings, service: str) -> Retried:
    """Retry all dead letters of *service*."""
    engine = open_engine(settings, service, pool=2)
    try:
        if not await _listing(settings, service):
            return Retried(0, 0, 0)
        return await retry(settings, engine, projection_of(service))
    finally:
        await engine.dispose()


async def retry(settings: Settings, engine: AsyncEngine, projection: Projection) -> Retried:
    """Apply dead letters again, appeal by appeal and in order. The service may run meanwhile.

    An appeal's records are read from the log at their offsets. The first one that fails again stays, together with the
    later ones.
    """
    async with engine.connect() as connection:
        everything = await dead_letters.load(connection)
    applied = appeals = 0
    async with open_consumer(settings.kafka_config, max_poll_records=1) as consumer:
        for appeal in dict.fromkeys(one.appeal for one in everything):
            partition = next(one.partition for one in everything if one.appeal == appeal)
            async with projection_transaction(engine) as connection:
                taken = await _retry_appeal(connection, projection, consumer, settings, partition, appeal)
            applied += taken
            appeals += taken > 0
    async with engine.connect() as connection:
        return Retried(applied, appeals, len(await dead_letters.load(connection)))


async def _retry_appeal(
    connection: AsyncConnection,
    projection: Projection,
    consumer: AIOKafkaConsumer,
    settings: Settings,
    partition: int,
    appeal: str,
) -> int:
    """How many dead letters of the appeal are applied. The runner waits for the row of the checkpoint meanwhile."""
    _, version = await checkpoints.lock(connection, [partition])
    log_identity.check_version(version, projection)
    letters = [one for one in await dead_letters.load(connection) if one.appeal == appeal]
    place = TopicPartition(LOG.name(settings.realm), partition)
    for done, one in enumerate(letters):
        [entry] = log_records.read([await _record(consumer, place, one.offset)])
        error = entry.error or await _apply(connection, projection, entry)
        if error is not None:
            rest = [dead_letters.blocked_by(_entry(later), one.offset) for later in letters[done + 1 :]]
            await dead_letters.remove(connection, letters)
            await dead_letters.add(connection, [dead_letters.from_error(entry, error), *rest])
            return done
    await dead_letters.remove(connection, letters)
    return len(letters)


async def _apply(connection: AsyncConnection, projection: Projection, entry: log_records.LogRecord) -> Exception | None:
    """Apply one record. Returns its error if it still cannot be applied."""
    try:
        async with connection.begin_nested():
            await projection.apply(connection, log_records.events([entry]))
    except Exception as error:
        if not dead_letters.is_poison(error):
            raise
        return error
    return None


async def _record(consumer: AIOKafkaConsumer, place: TopicPartition, offset: int) -> Any:
    """The record of the log at *offset*. Raises KafkaError when it is not there any more."""
    consumer.assign([place])
    consumer.seek(place, offset)
    records: Sequence[Any] = ()
    while not records:
        records = (await consumer.getmany(place, timeout_ms=1000)).get(place, ())
    return records[0]


def _entry(one: DeadLetter) -> log_records.LogRecord:
    return log_records.LogRecord(one.partition, one.offset, one.appeal, None, None)
