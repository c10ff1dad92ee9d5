"""Catching up: applying what log and rejected hold and the database does not, after an owner died between the two."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.postgres.engine import projection_transaction
from natija_chassis.projections import checkpoints, log_identity
from natija_chassis.projections.checkpoints import Checkpoint
from natija_events.failpoints import failpoint
from natija_events.kafka import KafkaConfig, read_batches
from natija_events.topics import LOG, REJECTED
from natija_events.types.sealed import sealed_values
from natija_events.wire.record import RecordedEvent, read_recorded_event
from natija_events.wire.rejection import read_rejected
from natija_intake.registrar import store
from natija_intake.registrar.projection import HeadsProjection
from natija_intake.registrar.store import InboxOffsets


class CatchUpResult(NamedTuple):
    """By partition: the last offset read on the *log*, and the *inbox* offset before which everything is decided."""

    log: dict[int, int]
    inbox: dict[int, int]


async def catch_up(engine: AsyncEngine, kafka: KafkaConfig, realm: str, partitions: Collection[int]) -> CatchUpResult:
    """Apply the rest of the log, then note the inbox offsets on rejected. Raises errors of Kafka and the database,
    `OutdatedSchema`, and `Gap` when log records are missing."""
    async with engine.connect() as connection:
        held = await checkpoints.load(connection)
        offsets = await store.load_offsets(connection, partitions)
    reached = CatchUpResult(
        log={partition: held[partition].offset for partition in partitions},
        inbox={partition: offsets[partition].inbox_next for partition in partitions},
    )
    await _apply_log(engine, kafka, realm, reached)
    await _note_rejected(engine, kafka, realm, offsets, reached)
    return reached


async def _apply_log(engine: AsyncEngine, kafka: KafkaConfig, realm: str, reached: CatchUpResult) -> None:
    start = {partition: offset + 1 for partition, offset in reached.log.items()}
    async for batch in read_batches(kafka, LOG.name(realm), start):
        events = [read_recorded_event(one.partition, one.offset, one.value, one.headers) for one in batch]
        with failpoint("registrar.catch-up"):
            await _apply(engine, events)
        last = events[-1]
        reached.log[last.partition] = last.offset
        reached.inbox[last.partition] = max(reached.inbox[last.partition], last.stamp.inboxoffset + 1)


async def _note_rejected(
    engine: AsyncEngine, kafka: KafkaConfig, realm: str, offsets: dict[int, InboxOffsets], reached: CatchUpResult
) -> None:
    start = {partition: one.rejected_next for partition, one in offsets.items()}
    async for batch in read_batches(kafka, REJECTED.name(realm), start):
        last = batch[-1]
        decided = read_rejected(last.partition, last.value, last.headers).inboxoffset + 1
        with failpoint("registrar.catch-up-rejected"):
            async with engine.begin() as connection:
                await store.save_offsets(connection, [InboxOffsets(last.partition, decided, last.offset + 1)])
        reached.inbox[last.partition] = max(reached.inbox[last.partition], decided)


async def _apply(engine: AsyncEngine, events: Sequence[RecordedEvent]) -> None:
    """Apply *events*, all of one partition, those above the checkpoint."""
    async with projection_transaction(engine) as connection:
        partition = events[0].partition
        locked, version = await checkpoints.lock(connection, [partition])
        log_identity.check_version(version, HeadsProjection())
        checkpoint = locked[partition]
        fresh = [event for event in events if event.offset > checkpoint.offset]
        if not fresh:
            return
        if fresh[0].stamp.logsequence != checkpoint.logsequence + 1:
            raise checkpoints.Gap(partition, checkpoint.logsequence + 1, fresh[0].stamp.logsequence)
        await HeadsProjection().apply(connection, fresh)
        last = fresh[-1]
        await checkpoints.save(
            connection, [Checkpoint(partition, last.offset, last.stamp.logsequence, last.recordedtime)]
        )
        held = (await store.load_offsets(connection, [partition]))[partition]
        offsets = InboxOffsets(
            partition,
            last.stamp.inboxoffset + 1,
            reference_version=max(event.stamp.referenceversion for event in fresh),
            keys_next=held.keys_next + _count_keys(fresh, held.inbox_next),
        )
        await store.save_offsets(connection, [offsets])


def _count_keys(events: Sequence[RecordedEvent], inbox_next: int) -> int:
    """The number of data keys of *events*: one for each proposal with a sealed value. One that is decided by
    *inbox_next* was counted before."""
    sealed = {event.stamp.inboxoffset for event in events if event.data is not None and sealed_values(event.data)}
    return sum(offset >= inbox_next for offset in sealed)
