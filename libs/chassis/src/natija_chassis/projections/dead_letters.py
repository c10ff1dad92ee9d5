"""Poison: records a projection cannot take in. They are set aside, with what follows of the same appeal, and kept.

What counts as poison is closed: a record that cannot be read (`Unreadable`, `Invalid`), and what PostgreSQL refuses
because of the data (SQLSTATE classes 22, data exception, and 23, integrity constraint). All else is an outage.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, DateTime, Integer, Table, Text, delete, distinct, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.observability.logs import sanitised
from natija_chassis.postgres.sqlstate import is_data_error
from natija_chassis.projections import checkpoints
from natija_chassis.projections.log_records import LogRecord
from natija_events.schema.registry import Invalid
from natija_events.wire.envelope import Unreadable

table = Table(
    "dead_letters",
    checkpoints.metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("appeal", Text, nullable=False, index=True),
    Column("error", Text, comment="the class of the error; null when only an earlier record of the appeal is parked"),
    Column("detail", Text, comment="what the error says without the values it holds"),
    Column("blocked_by", BigInteger, comment="the offset of the appeal's first parked record"),
    Column("failedtime", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


_FIRST_OFFSETS = text("""
    select appeal, min("offset") from dead_letters where appeal = any(cast(:appeals as text[])) group by appeal
""")


class DeadLetter(NamedTuple):
    """A record set aside: for its own *error*, or *blocked_by* an earlier record of the same appeal (its offset)."""

    partition: int
    offset: int
    appeal: str
    error: str | None = None
    detail: str | None = None
    blocked_by: int | None = None
    failedtime: datetime | None = None


def is_poison(error: BaseException) -> bool:
    """True for the closed list above."""
    if isinstance(error, (Unreadable, Invalid)):
        return True
    return is_data_error(error)


def from_error(record: LogRecord, error: BaseException) -> DeadLetter:
    """*record*, parked for *error*."""
    return DeadLetter(record.partition, record.offset, record.appeal, type(error).__name__, sanitised(error))


def blocked_by(record: LogRecord, offset: int) -> DeadLetter:
    """*record*, parked since the record at *offset* of the same appeal is."""
    return DeadLetter(record.partition, record.offset, record.appeal, blocked_by=offset)


async def add(connection: AsyncConnection, parked: Sequence[DeadLetter]) -> None:
    """Set records aside."""
    if parked:
        rows = [{name: value for name, value in one._asdict().items() if name != "failedtime"} for one in parked]
        await connection.execute(insert(table), rows)


async def first_offsets(connection: AsyncConnection, appeals: Collection[str]) -> dict[str, int]:
    """Of those *appeals* that have parked records, the offset of the first."""
    return {row[0]: row[1] for row in await connection.execute(_FIRST_OFFSETS, {"appeals": list(appeals)})}


async def count(connection: AsyncConnection) -> int:
    """How many appeals have parked records."""
    return int(await connection.scalar(select(func.count(distinct(table.c.appeal)))) or 0)


async def load(connection: AsyncConnection) -> list[DeadLetter]:
    """All parked records, in the order of the log."""
    query: Any = select(table).order_by(table.c.partition, table.c.offset)
    return [DeadLetter(*row) for row in await connection.execute(query)]


async def remove(connection: AsyncConnection, parked: Sequence[DeadLetter]) -> None:
    """Forget records that have been taken in after all."""
    if parked:
        places = [(one.partition, one.offset) for one in parked]
        await connection.execute(delete(table).where(tuple_(table.c.partition, table.c.offset).in_(places)))
