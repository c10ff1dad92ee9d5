"""A report that is asked for after an import should hold what was imported: it waits for the projection."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.errors import OperatorError
from natija_chassis.postgres.engine import open_engine
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.projections import checkpoints, lag
from natija_chassis.settings import Settings

PATIENCE = 5.0
"""Seconds without any progress after which a report is made of what there is."""


@asynccontextmanager
async def current_projection(settings: Settings, service: str) -> AsyncIterator[AsyncConnection]:
    """A connection to the database of *service*, once its projection has applied what is on the log now.

    Raises `OperatorError` when the service has never run.
    """
    engine = open_engine(settings, service, pool=1)
    try:
        await until_current(settings, engine, service)
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def until_current(settings: Settings, engine: AsyncEngine, service: str) -> None:
    """Return when the projection has applied what is on the log now, or makes no progress.

    Then it says on stderr what is missing. Raises `OperatorError` when the service has never run.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            ends = await lag.last_logsequences(settings.kafka_config, settings.realm)
    except (KafkaError, TimeoutError):
        print("natija: Kafka does not answer: these figures may not be the newest", file=sys.stderr)
        ends = {}
    missing = await _missing(engine, ends, service)
    progressed = time.monotonic()
    while missing and time.monotonic() - progressed < PATIENCE:
        await asyncio.sleep(0.1)
        before, missing = missing, await _missing(engine, ends, service)
        if missing != before:
            progressed = time.monotonic()
    if missing:
        print(f"natija: {service} has not applied {missing:,} events yet: the figures lack them", file=sys.stderr)


async def _missing(engine: AsyncEngine, ends: Mapping[int, int], service: str) -> int:
    """How many events before *ends*, a logsequence by partition, the projection has not applied."""
    try:
        async with engine.connect() as connection:
            held = await checkpoints.load(connection)
    except DBAPIError as error:
        if is_undefined_table(error):
            raise OperatorError(
                f"{service} has never run in this realm: start it with natija serve {service}"
            ) from None
        raise
    return sum(max(0, end - held[partition].logsequence) for partition, end in ends.items() if partition in held)
