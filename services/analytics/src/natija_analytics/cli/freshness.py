"""Waiting for the projection: a report asked for after an import ended should hold what was imported."""

import asyncio
import sys
import time
from collections.abc import Mapping

from aiokafka.errors import KafkaError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.errors import OperatorError
from natija_chassis.postgres.sqlstate import is_undefined_table
from natija_chassis.projections import checkpoints, lag
from natija_chassis.settings import Settings

PATIENCE = 5.0
"""Seconds without progress after which the report continues with the rows there are."""


async def until_current(settings: Settings, engine: AsyncEngine) -> None:
    """Return when the projection has applied the log as it is now, or makes no progress. Print on stderr what is
    missing.

    Raises `OperatorError` when the projection was never made.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            ends = await lag.last_logsequences(settings.kafka_config, settings.realm)
    except (KafkaError, TimeoutError):
        print("natija: Kafka does not answer, so newer events may be missing in these figures", file=sys.stderr)
        ends = {}
    missing = await _behind(engine, ends)
    moved = time.monotonic()
    while missing and time.monotonic() - moved < PATIENCE:
        await asyncio.sleep(0.1)
        before, missing = missing, await _behind(engine, ends)
        if missing != before:
            moved = time.monotonic()
    if missing:
        print(
            f"natija: analytics has not applied the last {missing:,} events; the figures are without them", file=sys.stderr
        )


async def _behind(engine: AsyncEngine, ends: Mapping[int, int]) -> int:
    try:
        async with engine.connect() as connection:
            held = await checkpoints.load(connection)
    except DBAPIError as error:
        if is_undefined_table(error):
            raise OperatorError("analytics has never run in this realm: start it with natija serve analytics") from None
        raise
    return sum(max(0, end - held[partition].logsequence) for partition, end in ends.items() if partition in held)
