"""Who decides on which partitions: the shards of a realm, and the locks their owners hold.

A shard is one owner, one consumer, one ``transactional.id``. The lock says who may try; it goes with its session at
once, also at ``kill -9``. What makes a wrong owner harmless is Kafka's fence, taken with the ``transactional.id``.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import NamedTuple, Self

import asyncpg
from sqlalchemy.engine import make_url

from natija_chassis.refusal import Refused
from natija_events.topics import PARTITIONS

_PRESENT = 0x6E61_0001
_SHARD = 0x6E61_0002
_COUNT_CHANGE = 0x6E61_0003


class Layout(NamedTuple):
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


class Restored(Exception):
    """The layout is of an earlier generation than a moment ago: these rows are from a backup."""


class Line:
    """A registrar's place in the line for shards: one PostgreSQL session, which holds the locks it has taken.

    Every method raises when the session is lost; with it go all the locks.
    """

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()
        self._generation = 0

    @classmethod
    async def stand(cls, database_url: str) -> Self:
        """Open the session and be counted among the registrars that are present."""
        url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(url, timeout=5, command_timeout=5)
        await connection.execute("select pg_advisory_lock_shared($1, 0)", _PRESENT)
        return cls(connection)

    async def leave(self) -> None:
        """Give up all locks and the session."""
        with contextlib.suppress(Exception):  # a session that is lost cannot be left more than that
            await self._connection.close(timeout=2)

    @property
    def lost(self) -> bool:
        """True once the session is gone, and with it every lock."""
        return self._connection.is_closed()

    async def layout(self) -> Layout:
        """The layout in force; made, with one shard, when there is none yet. Raises `Restored`."""
        async with self._one_at_a_time:
            await self._connection.execute(
                "insert into service.shards values (true, 1, 1, true) on conflict do nothing"
            )
            row = await self._connection.fetchrow("select generation, shards, ready from service.shards")
        assert row is not None
        layout = Layout(*row)
        if layout.generation < self._generation:
            raise Restored
        self._generation = layout.generation
        return layout

    async def present(self) -> int:
        """How many registrars stand in line for this realm, this one included."""
        async with self._one_at_a_time:
            count = await self._connection.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and objid = 0 and classid = $1 and granted"
                " and database = (select oid from pg_database where datname = current_database())",
                _PRESENT,
            )
        return int(count)

    async def take(self, layout: Layout, shard: int) -> bool:
        """Take the lock of *shard* if it is free."""
        async with self._one_at_a_time:
            return bool(
                await self._connection.fetchval(
                    "select pg_try_advisory_lock($1, $2)", _SHARD, layout.generation * PARTITIONS + shard
                )
            )

    async def give(self, layout: Layout, shard: int) -> None:
        """Give the lock of *shard* back."""
        async with self._one_at_a_time:
            await self._connection.execute(
                "select pg_advisory_unlock($1, $2)", _SHARD, layout.generation * PARTITIONS + shard
            )

    async def change_count(self, count: int) -> Layout:
        """Write a layout with *count* shards, not ready: from now on nobody takes a shard.

        The caller, who is `changing` it, fences every ``transactional.id`` of the generations before and then calls
        `made_ready`. A change that was cut off in between is finished by the next one. Raises `Refused`.
        """
        if not 1 <= count <= PARTITIONS:
            raise Refused(f"a realm has 1 to {PARTITIONS} shards: one partition is never shared")
        old = await self.layout()
        new = Layout(old.generation + old.ready, count, ready=False)
        await self.write(new)
        return new

    async def write(self, layout: Layout) -> None:
        """Put *layout* in force; for who is `changing` it."""
        await self._connection.execute("update service.shards set generation = $1, shards = $2, ready = $3", *layout)

    @contextlib.asynccontextmanager
    async def changing(self) -> AsyncIterator[None]:
        """Nobody else changes the layout during the block. Raises TimeoutError when somebody does for 5 seconds."""
        await self._connection.execute("select pg_advisory_lock($1, 0)", _COUNT_CHANGE)
        try:
            yield
        finally:
            await self._connection.execute("select pg_advisory_unlock($1, 0)", _COUNT_CHANGE)

    async def made_ready(self) -> None:
        """The old layout is fenced: shards of the new one may be taken."""
        await self._connection.execute("update service.shards set ready = true")


def fair_share(layout: Layout, present: int) -> int:
    """How many shards one of *present* registrars takes at most."""
    return -(-layout.shards // max(present, 1))
