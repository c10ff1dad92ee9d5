"""Are two fillings of the same tables equal, row by row? Compared in the database, both ways."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection

KEYS_SHOWN = 5


class TableDiff(NamedTuple):
    """A table of which *rows* were compared. *only_there* and *only_here* hold the first keys that differ.

    *rows* is None where the two shapes differ, so that there is nothing to compare.
    """

    table: str
    rows: int | None
    only_there: Sequence[str] = ()
    only_here: Sequence[str] = ()

    @property
    def equal(self) -> bool:
        """True unless rows differ."""
        return not self.only_there and not self.only_here


async def compare(connection: AsyncConnection, table: Table, there: str, here: str) -> TableDiff:
    """Compare *table* in the schemas *there* and *here*."""
    shape = await _shape(connection, there, table.name)
    if shape != await _shape(connection, here, table.name):
        return TableDiff(table.name, None)
    columns = ", ".join(_comparable(name, kind) for name, kind in shape)
    keys = [column.name for column in table.primary_key] or [name for name, _ in shape]
    rows, as_many = await _count(connection, table.name, here), await _count(connection, table.name, there)
    only_there = await _only(connection, table.name, columns, keys, there, here)
    if rows == as_many and not only_there:  # then no row is only here: the counts would differ
        return TableDiff(table.name, rows)
    return TableDiff(table.name, rows, only_there, await _only(connection, table.name, columns, keys, here, there))


async def _count(connection: AsyncConnection, table: str, schema: str) -> int:
    return int(await connection.scalar(text(f"select count(*) from {schema}.{table}")) or 0)  # noqa: S608


async def _shape(connection: AsyncConnection, schema: str, table: str) -> list[tuple[str, str]]:
    """Names and types of the table's columns, by name."""
    query = text(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(:name) and attnum > 0 and not attisdropped order by attname"
    )
    return [(name, kind) for name, kind in await connection.execute(query, {"name": f"{schema}.{table}"})]


def _comparable(name: str, kind: str) -> str:
    return f'"{name}"::jsonb as "{name}"' if kind == "json" else f'"{name}"'


async def _only(
    connection: AsyncConnection, table: str, columns: str, keys: Sequence[str], here: str, there: str
) -> list[str]:
    """Keys of the first rows that are *here* and not *there*, or here more often."""
    named = ", ".join(f'"{key}"' for key in keys)
    query = text(
        f"select {named} from (select {columns} from {here}.{table} except all select {columns} from {there}.{table})"  # noqa: S608
        f" as different order by {named} limit {KEYS_SHOWN}"
    )
    return [" ".join(str(part) for part in row) for row in await connection.execute(query)]
