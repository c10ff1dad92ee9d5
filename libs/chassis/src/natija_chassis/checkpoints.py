"""How far a projection has taken the log in, per partition, kept in the transaction that holds the changes."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_events.kafka.failpoints import failpoint
from natija_events.topics import PARTITIONS

metadata = MetaData()
"""What stands beside a projection's own tables: checkpoints here, `parked` and `identity` in their modules."""

table = Table(
    "checkpoints",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, nullable=False),
    Column("logsequence", BigInteger, nullable=False),
    Column("recordedtime", DateTime(timezone=True)),
)


class Checkpoint(NamedTuple):
    """The last log record of *partition* that is taken in: -1 and 0 when none is."""

    partition: int
    offset: int = -1
    logsequence: int = 0
    recordedtime: datetime | None = None


class Gap(Exception):
    """The log goes on at another record than the one after the checkpoint: something was not read."""

    def __init__(self, partition: int, expected: int, found: int) -> None:
        super().__init__(f"partition {partition}: expected logsequence {expected}, found {found}")
        self.partition = partition


async def seed(connection: AsyncConnection) -> None:
    """A row for every partition, so that there is always one to lock."""
    rows = [Checkpoint(partition)._asdict() for partition in range(PARTITIONS)]
    await connection.execute(insert(table).on_conflict_do_nothing(), rows)


async def load(connection: AsyncConnection) -> dict[int, Checkpoint]:
    """All checkpoints, by partition."""
    found = (Checkpoint(*row) for row in await connection.execute(select(table)))
    return {checkpoint.partition: checkpoint for checkpoint in found}


async def lock(connection: AsyncConnection, partitions: Collection[int]) -> dict[int, Checkpoint]:
    """The checkpoints of *partitions*, locked in one order everywhere until the transaction ends."""
    rows = await connection.execute(
        select(table).where(table.c.partition.in_(partitions)).order_by(table.c.partition).with_for_update()
    )
    return {row.partition: Checkpoint(*row) for row in rows}


async def save(connection: AsyncConnection, checkpoints: Iterable[Checkpoint]) -> None:
    """Move the checkpoints, whose rows `lock` holds."""
    rows = [{"at": one.partition, **one._asdict()} for one in checkpoints]
    if rows:
        with failpoint("checkpoint.save"):
            await connection.execute(update(table).where(table.c.partition == bindparam("at")), rows)


def positions(checkpoints: Mapping[int, Checkpoint]) -> dict[int, int]:
    """Per partition the offset to read next."""
    return {partition: checkpoint.offset + 1 for partition, checkpoint in checkpoints.items()}
