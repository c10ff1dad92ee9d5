"""Dead letters: records that a projection cannot apply, and the later records of their appeals.

Only two kinds of errors make a dead letter. One is an unreadable record (`Unreadable`, `Invalid`), the other is data
that PostgreSQL
refuses (SQLSTATE classes 22, data exception, and 23, integrity constraint). Every other error is an outage.
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
from natija_events.wire.values import Unreadable

table = Table(
    "dead_letters",
    checkpoints.metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("appeal", Text, nullable=False, index=True),
    Column("error", Text, comment="the class of the error; null when an earlier record of the appeal failed"),
    Column("detail", Text, comment="the error's message without its values"),
    Column("blocked_by", BigInteger, comment="the offset of the appeal's first dead letter"),
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
    """*record*, which failed with *error*."""
    return DeadLetter(record.partition, record.offset, record.appeal, type(error).__name__, sanitised(error))


def blocked_by(record: LogRecord, offset: int) -> DeadLetter:
    """*record*, set aside because that at *offset* of the same appeal failed."""
    return DeadLetter(record.partition, record.offset, record.appeal, blocked_by=offset)


async def add(connection: AsyncConnection, letters: Sequence[DeadLetter]) -> None:
    """Set records aside."""
    if letters:
        rows = [{name: value for name, value in one._asdict().items() if name != "failedtime"} for one in letters]
        await connection.execute(insert(table), rows)


async def first_offsets(connection: AsyncConnection, appeals: Collection[str]) -> dict[str, int]:
    """For those *appeals* that have dead letters, the offset of the first."""
    return {row[0]: row[1] for row in await connection.execute(_FIRST_OFFSETS, {"appeals": list(appeals)})}


async def count(connection: AsyncConnection) -> int:
    """How many appeals have dead letters."""
    return int(await connection.scalar(select(func.count(distinct(table.c.appeal)))) or 0)


async def load(connection: AsyncConnection) -> list[DeadLetter]:
    """All dead letters, in the order of the log."""
    query: Any = select(table).order_by(table.c.partition, table.c.offset)
    return [DeadLetter(*row) for row in await connection.execute(query)]


async def remove(connection: AsyncConnection, letters: Sequence[DeadLetter]) -> None:
    """Delete dead letters that were applied."""
    if letters:
        places = [(one.partition, one.offset) for one in letters]
        await connection.execute(delete(table).where(tuple_(table.c.partition, table.c.offset).in_(places)))
