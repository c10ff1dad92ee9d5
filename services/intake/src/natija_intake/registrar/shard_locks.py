"""Who decides on which partitions: the shards of a realm, and the locks their owners hold.

A shard is one owner, one consumer, one ``transactional.id``. The lock says who may try; it goes with its session at
once, also at ``kill -9``. What makes a wrong owner harmless is Kafka's fence, taken with the ``transactional.id``.
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


class ShardLayout(NamedTuple):
    """How the partitions are shared out. *generation* goes up with every change of *shards*; while it is not *ready*
    the ``transactional.id``s of the generation before are still being fenced, and nobody may start."""

    generation: int
    shards: int
    ready: bool

    def partitions(self, shard: int) -> list[int]:
        """The partitions of *shard*."""
        return [partition for partition in range(PARTITIONS) if partition % self.shards == shard]

    def transactional_id(self, realm: str, shard: int) -> str:
        """The one id under which the owner of *shard* writes."""
        return f"{realm}.registrar.{self.generation}.{shard}"

    @staticmethod
    def generation_of(transactional_id: str, realm: str) -> int | None:
        """Of which generation an id is that `transactional_id` gave; None when it is not a registrar's of *realm*."""
        found = re.fullmatch(rf"{re.escape(realm)}\.registrar\.(\d+)\.\d+", transactional_id)
        return int(found[1]) if found else None


class LayoutLocked(Exception):
    """Somebody else lays the shards out anew just now."""


class RestoredFromBackup(Exception):
    """The layout is not the one of a moment ago, but an earlier one: these rows are from a backup."""


class ShardLocks:
    """A registrar's place in the line for shards: one PostgreSQL session, which holds the locks it has taken.

    Every method raises when the session is lost; with it go all the locks.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()
        self._generation = 0

    @classmethod
    async def connect(cls, database_url: str) -> Self:
        """Open the session and be counted among the registrars that are present."""
        url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(url, timeout=5, command_timeout=5)
        await connection.execute("select pg_advisory_lock_shared($1, 0)", LockClass.SHARD_MEMBER)
        return cls(connection)

    async def close(self) -> None:
        """Give up all locks and the session."""
        with contextlib.suppress(Exception):  # a session that is lost cannot be left more than that
            await self._connection.close(timeout=2)

    @property
    def lost(self) -> bool:
        """True once the session is gone, and with it every lock."""
        return self._connection.is_closed()

    async def load_layout(self) -> ShardLayout:
        """The layout in force; made, with one shard, when there is none yet. Raises `RestoredFromBackup`."""
        async with self._one_at_a_time:
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
        """How many registrars stand in line for this realm, this one included."""
        count = await self._ask(
            "select count(*) from pg_locks where locktype = 'advisory' and objid = 0 and classid = $1 and granted"
            " and database = (select oid from pg_database where datname = current_database())",
            LockClass.SHARD_MEMBER,
        )
        return int(count)

    async def acquire(self, layout: ShardLayout, shard: int) -> bool:
        """Take the lock of *shard* if it is free."""
        lock = layout.generation * PARTITIONS + shard
        return bool(await self._ask("select pg_try_advisory_lock($1, $2)", LockClass.SHARD_OWNER, lock))

    async def release(self, layout: ShardLayout, shard: int) -> None:
        """Give the lock of *shard* back."""
        await self._ask(
            "select pg_advisory_unlock($1, $2)", LockClass.SHARD_OWNER, layout.generation * PARTITIONS + shard
        )

    @contextlib.asynccontextmanager
    async def lock_layout(self, within: float = 0) -> AsyncIterator[None]:
        """Nobody else changes the layout during the block. Raises `LayoutLocked` when somebody else does, and still
        does after *within* seconds."""
        until = time.monotonic() + within
        while not await self._ask("select pg_try_advisory_lock($1, 0)", LockClass.SHARD_LAYOUT):
            if time.monotonic() >= until:
                raise LayoutLocked
            await asyncio.sleep(0.1)
        try:
            yield
        finally:
            await self._ask("select pg_advisory_unlock($1, 0)", LockClass.SHARD_LAYOUT)

    async def save_layout(self, layout: ShardLayout) -> None:
        """Put *layout* in force; for who is `changing` it. While it is not ready nobody takes a shard."""
        await self._ask("update service.shards set generation = $1, shards = $2, ready = $3", *layout)

    async def activate_layout(self, layout: ShardLayout) -> None:
        """Who had an earlier layout is fenced: shards of *layout* may be taken. Raises `RestoredFromBackup`."""
        ready = "update service.shards set ready = true where (generation, shards, ready) = ($1, $2, $3) returning true"
        if not await self._ask(ready, *layout):
            raise RestoredFromBackup

    async def _ask(self, query: str, *arguments: Any) -> Any:
        """The one value that *query* answers with, or None."""
        async with self._one_at_a_time:
            return await self._connection.fetchval(query, *arguments)


def fair_share(layout: ShardLayout, present: int) -> int:
    """How many shards one of *present* registrars takes at most."""
    return -(-layout.shards // max(present, 1))
