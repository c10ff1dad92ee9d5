"""The registrar's database: heads with the checkpoints they reach, and the offsets on inbox and rejected."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.engine import projection_transaction
from natija_chassis.projections import checkpoints, log_identity
from natija_chassis.projections.checkpoints import Checkpoint
from natija_intake.registrar import projection
from natija_intake.registrar.admission import AdmissionState
from natija_intake.registrar.batch import DecidedBatch
from natija_intake.registrar.projection import HeadsProjection

_LOAD_OFFSETS = text("select * from service.inbox_offsets where partition = any(:partitions)")
_SAVE_OFFSETS = text("""
    insert into service.inbox_offsets as held (partition, inbox_next, rejected_next, reference_version, keys_next)
    select * from unnest(
        cast(:partitions as int[]), cast(:inbox as bigint[]), cast(:rejected as bigint[]),
        cast(:reference as bigint[]), cast(:keys as bigint[])
    )
    on conflict (partition) do update set
        inbox_next = greatest(held.inbox_next, excluded.inbox_next),
        rejected_next = greatest(held.rejected_next, excluded.rejected_next),
        reference_version = greatest(held.reference_version, excluded.reference_version),
        keys_next = greatest(held.keys_next, excluded.keys_next)
""")


class ConcurrentUpdate(Exception):
    """The database is not as this owner left it: another owner changed it, or it was restored from a backup."""


@dataclass(frozen=True, slots=True)
class InboxOffsets:
    """Of one partition: the inbox offset to decide next, and the offset on rejected to catch up from.

    *reference_version* is the greatest version of reference data that the log's events carry; -1 without an event.
    The topic of data keys ends at *keys_next* or later, if it is the one that belongs to the log.
    """

    partition: int
    inbox_next: int = 0
    rejected_next: int = 0
    reference_version: int = -1
    keys_next: int = 0


async def load_offsets(connection: AsyncConnection, partitions: Collection[int]) -> dict[int, InboxOffsets]:
    """The offsets stored for *partitions*, by partition; 0 for one that has none."""
    rows = await connection.execute(_LOAD_OFFSETS, {"partitions": list(partitions)})
    held = {row.partition: InboxOffsets(*row) for row in rows}
    return {partition: held.get(partition, InboxOffsets(partition)) for partition in partitions}


async def save_offsets(connection: AsyncConnection, offsets: Sequence[InboxOffsets]) -> None:
    """Move the stored offsets forward; an earlier offset changes nothing."""
    if offsets:
        columns = {
            "partitions": [one.partition for one in offsets],
            "inbox": [one.inbox_next for one in offsets],
            "rejected": [one.rejected_next for one in offsets],
            "reference": [one.reference_version for one in offsets],
            "keys": [one.keys_next for one in offsets],
        }
        await connection.execute(_SAVE_OFFSETS, columns)


async def persist(
    engine: AsyncEngine,
    before: Iterable[Checkpoint],
    state: AdmissionState,
    decided: DecidedBatch,
    reached: Sequence[Checkpoint],
    offsets: Sequence[InboxOffsets],
) -> None:
    """Save what a committed batch changed in one transaction: heads and keys, the checkpoints *reached*, *offsets*.

    *before* are the checkpoints as this owner left them. Raises `ConcurrentUpdate` when they are not, and
    `OutdatedSchema`; then nothing is saved.
    """
    async with projection_transaction(engine) as connection:
        await lock_unchanged(connection, before)
        await projection.save(connection, {appeal: state.heads[appeal] for appeal in decided.changed}, decided.keys)
        await checkpoints.save(connection, reached)
        await save_offsets(connection, offsets)


async def lock_unchanged(connection: AsyncConnection, before: Iterable[Checkpoint]) -> None:
    """Lock the checkpoints until the transaction ends. Raises `ConcurrentUpdate` unless they are as *before*."""
    expected = {one.partition: one.logsequence for one in before}
    locked, version = await checkpoints.lock(connection, expected.keys())
    log_identity.check_version(version, HeadsProjection())
    if any(locked[partition].logsequence != logsequence for partition, logsequence in expected.items()):
        raise ConcurrentUpdate


async def check_not_restored(connection: AsyncConnection, persisted: Mapping[int, int]) -> None:
    """Raise `ConcurrentUpdate` when a checkpoint is behind the logsequence this owner has *persisted*, by partition.

    Then the database was restored from an older state, and so may be the heads that were just read from it.
    """
    held = await checkpoints.load(connection)
    if any(held[partition].logsequence < logsequence for partition, logsequence in persisted.items()):
        raise ConcurrentUpdate


async def load_caught_up(
    connection: AsyncConnection, log: Mapping[int, int], inbox: Mapping[int, int]
) -> tuple[dict[int, Checkpoint], dict[int, InboxOffsets]]:
    """Checkpoints and offsets of the partitions that were caught up with *log* and *inbox* (offsets by partition).

    Raises `ConcurrentUpdate` when they are behind that: the database was restored meanwhile, and everything since
    would be decided twice.
    """
    held = await checkpoints.load(connection)
    offsets = await load_offsets(connection, log.keys())
    if any(held[one].offset < log[one] or offsets[one].inbox_next < inbox[one] for one in log):
        raise ConcurrentUpdate
    return {partition: held[partition] for partition in log}, offsets
