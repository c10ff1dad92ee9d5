"""Bulk upserts on the real server: every type of column, inserts, updates, and rules for both."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest_asyncio
from sqlalchemy import ARRAY, BigInteger, Boolean, Column, Date, DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.postgres.bulk_upsert import BulkUpsert

things = Table(
    "things",
    MetaData(),
    Column("key", Text, primary_key=True),
    Column("offset", BigInteger),
    Column("id", Uuid),
    Column("words", ARRAY(Text)),
    Column("at", DateTime(timezone=True)),
    Column("day", Date),
    Column("open", Boolean),
    prefixes=["temporary"],
)
FULL: dict[str, Any] = {
    "key": "Ä'\"\\{}",
    "offset": 2**53 + 1,
    "id": UUID(int=7),
    "words": ("a,b", '"c"', ""),
    "at": datetime(2026, 3, 31, 8, 5, 9, 123456, tzinfo=UTC),
    "day": date(2026, 3, 31),
    "open": True,
}


@pytest_asyncio.fixture(loop_scope="session")
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        await connection.run_sync(things.metadata.create_all)
        yield connection
        await connection.rollback()


async def stored(connection: AsyncConnection) -> list[dict[str, Any]]:
    rows = await connection.execute(things.select().order_by(things.c.key))
    return [dict(row) for row in rows.mappings()]


async def test_values_of_every_type_arrive(connection: AsyncConnection) -> None:
    await BulkUpsert(things).execute(connection, [FULL])
    assert await stored(connection) == [FULL | {"words": list(FULL["words"])}]


async def test_rows_are_inserted_or_replaced(connection: AsyncConnection) -> None:
    upsert = BulkUpsert(things)
    await upsert.execute(connection, [{"key": "a", "offset": 1, "open": True}, {"key": "b"}])
    await upsert.execute(connection, [{"key": "a", "offset": 2}, {"key": "c"}])
    assert [(one["key"], one["offset"], one["open"]) for one in await stored(connection)] == [
        ("a", 2, None), ("b", None, None), ("c", None, None),
    ]  # fmt: skip


async def test_rules_combine_stored_and_given(connection: AsyncConnection) -> None:
    keep_or_clear = "case when given.clears then null else coalesce(given.offset, stored.offset) end"
    upsert = BulkUpsert(things, rules={"offset": keep_or_clear}, flags=("clears",))
    await upsert.execute(connection, [{"key": "a", "offset": 1}, {"key": "b", "offset": 1}])
    await upsert.execute(connection, [{"key": "a"}, {"key": "b", "clears": True}])
    assert [(one["key"], one["offset"]) for one in await stored(connection)] == [("a", 1), ("b", None)]
