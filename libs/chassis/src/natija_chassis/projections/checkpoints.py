"""How far a projection has taken the log in, per partition, kept in the transaction that holds the changes."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.failpoints import failpoint
from natija_events.topics import PARTITIONS

metadata = MetaData()
"""The tables beside a projection's own: checkpoints here, `dead_letters` and `identity` in their modules."""

table = Table(
    "checkpoints",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
    Column("logsequence", BigInteger, nullable=False),
    Column("recordedtime", DateTime(timezone=True)),
)


class Checkpoint(NamedTuple):
    """The last applied log record of *partition*: -1 and 0 when there is none."""

    partition: int
    offset: int = -1
    logsequence: int = 0
    recordedtime: datetime | None = None


class Gap(Exception):
    """The log continues at another record than the one after the checkpoint: records are missing."""

    def __init__(self, partition: int, expected: int, found: int) -> None:
        super().__init__(f"partition {partition}: expected logsequence {expected}, found {found}")
        self.partition = partition


_LOCK = text("""
    select partition, "offset", logsequence, recordedtime, (select version from identity) from checkpoints
    where partition = any(cast(:partitions as int[])) order by partition for update of checkpoints
""")
_SAVE = text("""
    update checkpoints
    set "offset" = moved."offset", logsequence = moved.logsequence, recordedtime = moved.recordedtime
    from unnest(
        cast(:partition as int[]), cast(:offset as bigint[]), cast(:logsequence as bigint[]),
        cast(:recordedtime as timestamptz[])
    ) as moved (partition, "offset", logsequence, recordedtime)
    where checkpoints.partition = moved.partition
""")


async def seed(connection: AsyncConnection) -> None:
    """A row for every partition, so that there is always one to lock."""
    rows = [Checkpoint(partition)._asdict() for partition in range(PARTITIONS)]
    await connection.execute(insert(table).on_conflict_do_nothing(), rows)


async def load(connection: AsyncConnection) -> dict[int, Checkpoint]:
    """All checkpoints, by partition."""
    found = (Checkpoint(*row) for row in await connection.execute(select(table)))
    return {checkpoint.partition: checkpoint for checkpoint in found}


async def lock(connection: AsyncConnection, partitions: Collection[int]) -> tuple[dict[int, Checkpoint], int | None]:
    """The checkpoints of *partitions*, locked in one order everywhere until the transaction ends; and in the same round
    trip the version of the projection whose tables are in use (see `identity`)."""
    rows = (await connection.execute(_LOCK, {"partitions": list(partitions)})).all()
    return {row[0]: Checkpoint(*row[:-1]) for row in rows}, rows[0][-1] if rows else None


async def save(connection: AsyncConnection, checkpoints: Iterable[Checkpoint]) -> None:
    """Move the checkpoints, whose rows `lock` holds."""
    columns = [list(column) for column in zip(*checkpoints, strict=True)]
    if columns:
        with failpoint("checkpoint.save"):
            await connection.execute(_SAVE, dict(zip(Checkpoint._fields, columns, strict=True)))


def next_offsets(checkpoints: Mapping[int, Checkpoint]) -> dict[int, int]:
    """Per partition the offset to read next."""
    return {partition: checkpoint.offset + 1 for partition, checkpoint in checkpoints.items()}
