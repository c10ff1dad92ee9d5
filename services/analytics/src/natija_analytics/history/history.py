"""The history of one appeal, from the projection or from the log."""

import asyncio
from collections.abc import Collection
from typing import Any

from aiokafka import TopicPartition
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_analytics.projection import tables
from natija_analytics.projection.state import HistoryRow, history_row
from natija_chassis.projections import checkpoints, dead_letters
from natija_events.kafka import KafkaConfig, partition_of, read_batches
from natija_events.kafka.consumers import open_consumer
from natija_events.schema.registry import Invalid
from natija_events.topics import LOG
from natija_events.wire.hash_chain import GENESIS
from natija_events.wire.record import RecordedEvent, read_recorded_event
from natija_events.wire.values import Unreadable

_PATIENCE = 10.0
"""Seconds to wait for one record."""


class BrokenChain(Exception):
    """The events of this appeal on the log are not a hash chain. The message names the first inconsistent event."""


async def of_projection(
    connection: AsyncConnection, appeal: str, *, after: int = 0, limit: int | None = None
) -> list[HistoryRow]:
    """The rows of *appeal* behind the sequence *after*, in their order, at most *limit*; none when it is not known."""
    columns = tables.history.c
    query = select(tables.history).where(columns.appeal == appeal, columns.sequence > after)
    query = query.order_by(columns.sequence).limit(limit)
    return [HistoryRow(*row) for row in await connection.execute(query)]


async def of_log(kafka: KafkaConfig, realm: str, engine: AsyncEngine, appeal: str) -> list[HistoryRow]:
    """The same rows made from the events on the log itself, their chain verified.

    The projection knows their offsets. Events that it has not applied yet are searched, and without a projection the
    whole partition is. Raises `BrokenChain`, TimeoutError, or what Kafka raises.
    """
    known, start = await _places(engine, appeal)
    events = await _read(kafka, realm, appeal, known, start)
    _verify(appeal, events)
    return [history_row(event) for event in events]


async def _places(engine: AsyncEngine, appeal: str) -> tuple[list[int], int]:
    """The offsets of the appeal's known events, and the one from which on nothing is known."""
    places = [
        select(table.c.offset).where(table.c.appeal == appeal)
        for table in (tables.history, dead_letters.table)  # dead letters are on the log too
    ]
    try:
        async with engine.connect() as connection:
            offsets = [offset for query in places for offset in await connection.scalars(query)]
            held = await checkpoints.load(connection)
    except (DBAPIError, OSError):
        return [], 0
    return sorted(offsets), checkpoints.next_offsets(held).get(partition_of(appeal.encode()), 0)


async def _read(kafka: KafkaConfig, realm: str, appeal: str, known: Collection[int], start: int) -> list[RecordedEvent]:
    """The events of *appeal* at the offsets *known* of its partition, and those from *start*."""
    key = appeal.encode()
    async with open_consumer(kafka, max_partition_fetch_bytes=4096, fetch_max_wait_ms=10) as consumer:
        place = TopicPartition(LOG.name(realm), partition_of(key))
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        found, at = [], -1
        for offset in known:
            if offset < end:
                if offset != at:  # else it came with the one before
                    consumer.seek(place, offset)
                async with asyncio.timeout(_PATIENCE):
                    record = await consumer.getone(place)
                at = record.offset + 1
                if record.offset == offset and record.key == key:
                    found.append(_event(record))
    if start < end - 1:  # the last offset is a commit marker: every writer of the log uses transactions
        async for batch in read_batches(kafka, LOG.name(realm), {place.partition: start}):
            found += [_event(record) for record in batch if record.key == key]
    return found


def _event(record: Any) -> RecordedEvent:
    try:
        return read_recorded_event(record.partition, record.offset, record.value, record.headers)
    except (Unreadable, Invalid) as error:
        raise BrokenChain(f"partition {record.partition}, offset {record.offset}: {error}") from None


def _verify(appeal: str, events: list[RecordedEvent]) -> None:
    previous = GENESIS
    for place, event in enumerate(events, start=1):
        if event.subject != appeal or event.sequence != place:
            raise BrokenChain(f"where event {place} of {appeal} belongs, there is another event or none")
        if event.stamp.previoushash != previous:
            raise BrokenChain(f"event {place} of {appeal} does not follow from the one before it")
        previous = event.hash
