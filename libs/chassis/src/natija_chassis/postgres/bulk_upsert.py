"""Many rows of a table in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Column, Table, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection


class BulkUpsert:
    """Inserts rows of *table*, or updates those whose primary key is there. Columns and types are the table's own.

    The rows are one parameter, a JSON array. Measured against an array per column (13 columns, 500 rows), it costs
    Python 10 µs a row instead of 20.
    """

    def __init__(self, table: Table, *, rules: Mapping[str, str] | None = None, flags: Sequence[str] = ()) -> None:
        """*rules*: by column, the SQL of its value after an update, from `stored` and `given`; by default the given
        one. *flags*: booleans that rules may read from a given row beside its columns.
        """
        self.sql = _merge(table, rules, flags) if rules else _insert(table)
        self._statement = text(self.sql)

    async def execute(self, connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write *rows*, each with a value by column; a column that is left out is null. Raises what the database does.

        Give them in one order in every transaction, by key: two transactions then never wait for each other in a ring.
        """
        await connection.execute(self._statement, {"rows": to_json(rows).decode()})


def _insert(table: Table) -> str:
    names = ", ".join(_name(column) for column in table.columns)
    changed = ", ".join(f"{_name(one)} = excluded.{_name(one)}" for one in table.columns if not one.primary_key)
    return f"""
        insert into {table.name} ({names}) select {names} from {_given(table)}
        on conflict ({", ".join(_name(column) for column in table.primary_key)}) do update set {changed}
    """  # noqa: S608 - our own table's names, nothing that comes in


def _merge(table: Table, rules: Mapping[str, str], flags: Sequence[str]) -> str:
    names = ", ".join(_name(column) for column in table.columns)
    values = ", ".join(f"given.{_name(column)}" for column in table.columns)
    key = " and ".join(f"stored.{_name(column)} = given.{_name(column)}" for column in table.primary_key)
    changed = ", ".join(
        f"{_name(one)} = {rules.get(one.name, f'given.{_name(one)}')}" for one in table.columns if not one.primary_key
    )
    return f"""
        merge into {table.name} as stored using {_given(table, flags)} on {key}
        when matched then update set {changed}
        when not matched then insert ({names}) values ({values})
    """  # noqa: S608 - as above


def _given(table: Table, flags: Sequence[str] = ()) -> str:
    """The rows of the statement's parameter, typed as the table's."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    columns = [f"{_name(column)} {column.type.compile(dialect)}" for column in table.columns]
    columns += [f"{flag} boolean" for flag in flags]
    return f"json_to_recordset(cast(:rows as json)) as given ({', '.join(columns)})"


def _name(column: Column[Any]) -> str:
    return f'"{column.name}"'
