"""The registrar's database: heads with the checkpoints they reach, and the positions on inbox and rejected."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.engine import projection_transaction
from natija_chassis.projections import checkpoints, log_identity
from natija_chassis.projections.checkpoints import Checkpoint
from natija_events.failpoints import failpoint
from natija_events.kafka import KafkaConfig, read_batches
from natija_events.topics import LOG, REJECTED
from natija_events.wire.record import RecordedEvent, read_recorded_event
from natija_events.wire.rejection import read_rejected
from natija_intake.registrar.admission import AdmissionState
from natija_intake.registrar.batch import DecidedBatch
from natija_intake.registrar.projection import HeadsProjection, save

_LOAD_POSITIONS = text("select * from service.inbox_offsets where partition = any(:partitions)")
_MOVE_POSITIONS = text("""
    insert into service.inbox_offsets (partition, inbox_next, rejected_next)
    select * from unnest(cast(:partitions as int[]), cast(:inbox as bigint[]), cast(:rejected as bigint[]))
    on conflict (partition) do update set
        inbox_next = greatest(positions.inbox_next, excluded.inbox_next),
        rejected_next = greatest(positions.rejected_next, excluded.rejected_next)
""")


class ConcurrentUpdate(Exception):
    """The heads are not as this owner left them: somebody else moved them, or the database was restored."""


@dataclass(frozen=True, slots=True)
class InboxOffsets:
    """Of a partition: the inbox offset to decide next, and the offset on rejected to catch up from."""

    partition: int
    inbox_next: int = 0
    rejected_next: int = 0


class CatchUpResult(NamedTuple):
    """By partition: the last offset read on the *log*, and the offset on the *inbox* before which all is decided."""

    log: dict[int, int]
    inbox: dict[int, int]


async def load_offsets(connection: AsyncConnection, partitions: Collection[int]) -> dict[int, InboxOffsets]:
    """The positions kept for *partitions*."""
    rows = await connection.execute(_LOAD_POSITIONS, {"partitions": list(partitions)})
    kept = {row.partition: InboxOffsets(*row) for row in rows}
    return {partition: kept.get(partition, InboxOffsets(partition)) for partition in partitions}


async def persist(
    engine: AsyncEngine,
    before: Iterable[Checkpoint],
    ledger: AdmissionState,
    decided: DecidedBatch,
    reached: Sequence[Checkpoint],
    moved: Sequence[InboxOffsets],
) -> None:
    """Write what a committed batch changed, provided nobody else did. Raises `ConcurrentUpdate`, `OutdatedSchema`."""
    async with projection_transaction(engine) as connection:
        expected = {one.partition: one.logsequence for one in before}
        locked, version = await checkpoints.lock(connection, expected.keys())
        log_identity.check_version(version, HeadsProjection())
        if any(locked[partition].logsequence != logsequence for partition, logsequence in expected.items()):
            raise ConcurrentUpdate
        await save(connection, {appeal: ledger.heads[appeal] for appeal in decided.touched}, decided.ids)
        await checkpoints.save(connection, reached)
        await save_offsets(connection, moved)


async def catch_up(engine: AsyncEngine, kafka: KafkaConfig, realm: str, partitions: Collection[int]) -> CatchUpResult:
    """Take in what stands on log and rejected and not yet in the database: what a dead owner left between the two."""
    async with engine.connect() as connection:
        at = await checkpoints.load(connection)
        moved = await load_offsets(connection, partitions)
    log, inbox = ({one: at[one].offset for one in partitions}, {one: moved[one].inbox_next for one in partitions})
    start = {partition: offset + 1 for partition, offset in log.items()}
    async for batch in read_batches(kafka, LOG.name(realm), start):
        events = [read_recorded_event(one.partition, one.offset, one.value, one.headers) for one in batch]
        with failpoint("registrar.catch-up"):
            await _apply(engine, events)
        log[events[-1].partition] = events[-1].offset
        inbox[events[-1].partition] = max(inbox[events[-1].partition], events[-1].stamp.inboxoffset + 1)
    start = {partition: moved[partition].rejected_next for partition in partitions}
    async for batch in read_batches(kafka, REJECTED.name(realm), start):
        last = batch[-1]
        decided = read_rejected(last.partition, last.value, last.headers).inboxoffset + 1
        with failpoint("registrar.catch-up-rejected"):
            async with engine.begin() as connection:
                await save_offsets(connection, [InboxOffsets(last.partition, decided, last.offset + 1)])
        inbox[last.partition] = max(inbox[last.partition], decided)
    return CatchUpResult(log, inbox)


async def confirm(
    connection: AsyncConnection, reached: CatchUpResult
) -> tuple[dict[int, Checkpoint], dict[int, InboxOffsets]]:
    """Checkpoints and positions of the partitions that were caught up with. Raises `ConcurrentUpdate` when they are
    behind that: a database that was restored meanwhile, from which everything since would be decided twice."""
    at = await checkpoints.load(connection)
    moved = await load_offsets(connection, reached.log)
    if any(at[one].offset < reached.log[one] or moved[one].inbox_next < reached.inbox[one] for one in reached.log):
        raise ConcurrentUpdate
    return {one: at[one] for one in reached.log}, moved


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
        await save_offsets(connection, [InboxOffsets(partition, last.stamp.inboxoffset + 1)])


async def save_offsets(connection: AsyncConnection, moved: Sequence[InboxOffsets]) -> None:
    """Move positions on; never back."""
    if moved:
        columns = {
            "partitions": [one.partition for one in moved],
            "inbox": [one.inbox_next for one in moved],
            "rejected": [one.rejected_next for one in moved],
        }
        await connection.execute(_MOVE_POSITIONS, columns)
