"""Shards and their locks: how the partitions of a realm are shared out, and which registrar may own which shard.

A shard is one owner, one consumer, one ``transactional.id``. Its lock is a PostgreSQL advisory lock: it says who may
try, and it ends with its session at once, also at ``kill -9``. Safety does not rest on it. Kafka's fence, taken with
the ``transactional.id``, makes a wrong owner harmless.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Self

import asyncpg
from sqlalchemy.engine import make_url

from natija_chassis.postgres.locks import LockClass
from natija_events.topics import PARTITIONS

_CLOSE_TIMEOUT = 2.0


class ShardLayout(NamedTuple):
    """How the partitions are shared out: into so many *shards*. *generation* goes up with every change.

    While it is not *ready*, the ``transactional.id``s of earlier generations are still being fenced, and no shard may
    be acquired.
    """

    generation: int
    shards: int
    ready: bool

    @staticmethod
    def generation_of(transactional_id: str, realm: str) -> int | None:
        """The generation of a registrar's ``transactional.id``; None when it is not a registrar's of *realm*."""
        found = re.fullmatch(rf"{re.escape(realm)}\.registrar\.(\d+)\.\d+", transactional_id)
        return int(found[1]) if found else None


class Shard(NamedTuple):
    """One shard of a layout; *number* counts from 0."""

    layout: ShardLayout
    number: int

    @property
    def partitions(self) -> list[int]:
        """The partitions of this shard."""
        return [partition for partition in range(PARTITIONS) if partition % self.layout.shards == self.number]

    def transactional_id(self, realm: str) -> str:
        """The one id under which the owner of this shard writes."""
        return f"{realm}.registrar.{self.layout.generation}.{self.number}"


class LayoutLocked(Exception):
    """Another session is changing the layout."""


class RestoredFromBackup(Exception):
    """The layout is an earlier one than before: the database was restored from a backup."""


class ShardLocks:
    """The advisory locks of one registrar, all held by one PostgreSQL session.

    - **connected**: the session counts as a member, and may acquire and release shards.
    - **lost**: the server ended the session, and with it every lock. Every method raises.
    - **closed**: `close` ended the session.

    One query runs at a time, so methods may be called from several tasks.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._query_lock = asyncio.Lock()
        self._generation = 0

    @classmethod
    async def connect(cls, database_url: str) -> Self:
        """Open the session and count as a member."""
        url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(url, timeout=5, command_timeout=5)
        await connection.execute("select pg_advisory_lock_shared($1, 0)", LockClass.SHARD_MEMBER)
        return cls(connection)

    async def close(self) -> None:
        """Release all locks and end the session."""
        with contextlib.suppress(Exception):  # a lost session has no locks left
            await self._connection.close(timeout=_CLOSE_TIMEOUT)

    @property
    def lost(self) -> bool:
        """True once the session is gone, and with it every lock."""
        return self._connection.is_closed()

    async def load_layout(self) -> ShardLayout:
        """The layout in force; the first call of a realm creates one with one shard. Raises `RestoredFromBackup`."""
        async with self._query_lock:
            await self._connection.execute(
                "insert into service.shards values (true, 1, 1, true) on conflict do nothing"
            )
            row = await self._connection.fetchrow("select generation, shards, ready from service.shards")
        assert row is not None
        layout = ShardLayout(*row)
        if layout.generation < self._generation:
            raise RestoredFromBackup
        self._generation = layout.generation
        return layout

    async def member_count(self) -> int:
        """The number of registrars that are connected for this realm, including this one."""
        count = await self._fetch_value(
            "select count(*) from pg_locks where locktype = 'advisory' and objid = 0 and classid = $1 and granted"
            " and database = (select oid from pg_database where datname = current_database())",
            LockClass.SHARD_MEMBER,
        )
        return int(count)

    async def acquire(self, shard: Shard) -> bool:
        """Acquire the lock of *shard*; False when another session holds it."""
        return bool(await self._fetch_value("select pg_try_advisory_lock($1, $2)", *_lock_key(shard)))

    async def release(self, shard: Shard) -> None:
        """Release the lock of *shard*."""
        await self._fetch_value("select pg_advisory_unlock($1, $2)", *_lock_key(shard))

    @contextlib.asynccontextmanager
    async def lock_layout(self, within: float = 0) -> AsyncIterator[None]:
        """No other session changes the layout during the block. Raises `LayoutLocked` when another session holds this
        lock, and still does after *within* seconds."""
        deadline = time.monotonic() + within
        while not await self._fetch_value("select pg_try_advisory_lock($1, 0)", LockClass.SHARD_LAYOUT):
            if time.monotonic() >= deadline:
                raise LayoutLocked
            await asyncio.sleep(0.1)
        try:
            yield
        finally:
            await self._fetch_value("select pg_advisory_unlock($1, 0)", LockClass.SHARD_LAYOUT)

    async def save_layout(self, layout: ShardLayout) -> None:
        """Put *layout* in force; only inside `lock_layout`. While it is not ready no shard is acquired."""
        await self._fetch_value("update service.shards set generation = $1, shards = $2, ready = $3", *layout)

    async def activate_layout(self, layout: ShardLayout) -> None:
        """Mark *layout* ready: all owners of earlier layouts are fenced. Raises `RestoredFromBackup`."""
        ready = "update service.shards set ready = true where (generation, shards, ready) = ($1, $2, $3) returning true"
        if not await self._fetch_value(ready, *layout):
            raise RestoredFromBackup

    async def _fetch_value(self, query: str, *arguments: Any) -> Any:
        """The one value that *query* returns, or None."""
        async with self._query_lock:
            return await self._connection.fetchval(query, *arguments)


def fair_share(layout: ShardLayout, members: int) -> int:
    """The most shards that one of *members* registrars owns."""
    full, rest = divmod(layout.shards, max(members, 1))
    return full + 1 if rest else full


def _lock_key(shard: Shard) -> tuple[int, int]:
    """The two halves of the key of a shard's advisory lock."""
    return LockClass.SHARD_OWNER, shard.layout.generation * PARTITIONS + shard.number
