"""The advisory locks of the partitions for whose appeals an instance proposes.

Instances share the partitions as their projections do. During a change, the one before keeps the lock of a partition
until its proposals there are decided: so no two propose for one appeal.
"""

from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from natija_chassis.postgres.locks import LockClass, name_key

_TRY = text("select pg_try_advisory_lock(cast(:class as int), cast(:key as int))")
_RELEASE = text("select pg_advisory_unlock(cast(:class as int), cast(:key as int))")
_CHECK = text("select 1")
_PLACES = 0xFFFF


class PartitionLocks:
    """The locks that *connection* holds for *process*. They are lost with it."""

    def __init__(self, connection: AsyncConnection, process: str) -> None:
        self.held: set[int] = set()
        self._connection = connection
        self._first_key = name_key(process) & ~_PLACES

    async def follow(self, owned: Collection[int], busy: Collection[int]) -> None:
        """Take the locks of *owned* partitions that are free, and release others that are not *busy*.

        Raises when the connection, and with it every lock, is lost.
        """
        await self._connection.execute(_CHECK)
        for partition in self.held - set(owned) - set(busy):
            await self._connection.execute(_RELEASE, self._lock(partition))
            self.held.discard(partition)
        for partition in sorted(set(owned) - self.held):
            if await self._connection.scalar(_TRY, self._lock(partition)):
                self.held.add(partition)

    def _lock(self, partition: int) -> dict[str, int]:
        return {"class": LockClass.PROCESS_MANAGER, "key": self._first_key | partition}
