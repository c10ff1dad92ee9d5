"""Waits until a projection is current, so that a report holds what was on the log when it was asked for."""

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
"""Seconds without any progress after which the report is printed as it is."""


@asynccontextmanager
async def current_projection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection to the database of the service, once its projection is current: see `until_current`."""
    engine = open_engine(settings, settings.process, pool=1)
    try:
        await until_current(settings, engine)
        async with engine.connect() as connection:
            yield connection
    finally:
        await engine.dispose()


async def until_current(settings: Settings, engine: AsyncEngine, patience: float = PATIENCE) -> None:
    """Return when the projection has applied all that is on the log now, or makes no progress for *patience* seconds.

    What the report lacks then is printed on stderr. Raises `OperatorError` when the service never ran in this realm.
    """
    service = settings.process
    try:
        async with asyncio.timeout(PATIENCE):
            ends = await lag.last_logsequences(settings.kafka_config, settings.realm)
    except (KafkaError, TimeoutError):
        print("natija: Kafka does not answer, so newer events may be missing in these figures", file=sys.stderr)
        ends = {}
    missing = await _lag(service, engine, ends)
    moved = time.monotonic()
    while missing and time.monotonic() - moved < patience:
        await asyncio.sleep(0.1)
        before, missing = missing, await _lag(service, engine, ends)
        if missing != before:
            moved = time.monotonic()
    if missing:
        print(
            f"natija: {service} has not applied the last {missing:,} events; the figures are without them",
            file=sys.stderr,
        )


async def _lag(service: str, engine: AsyncEngine, ends: Mapping[int, int]) -> int:
    try:
        async with engine.connect() as connection:
            held = await checkpoints.load(connection)
    except DBAPIError as error:
        if is_undefined_table(error):
            raise OperatorError(f"{service} has never run in this realm. Start it: natija serve {service}") from None
        raise
    return sum(max(0, end - held[partition].logsequence) for partition, end in ends.items() if partition in held)
