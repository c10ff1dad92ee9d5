"""The registrar's process: stands in line for shards, takes its fair share, gives up what it cannot be sure of."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from natija_chassis.errors import OperatorError
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.backoff import Backoff
from natija_chassis.process.health import Health
from natija_chassis.process.stopping import pause
from natija_chassis.projections import log_identity
from natija_chassis.projections.checkpoints import Gap
from natija_intake.registrar import metrics
from natija_intake.registrar.shard_locks import ShardLayout, ShardLocks, fair_share
from natija_intake.registrar.shard_owner import ShardOwner, StaleLayout

RECONCILE_INTERVAL = 0.5
"""Seconds between two looks at the line; a shard whose owner died is taken within this and the fence's time."""

log = logging.getLogger(__name__)

OwnerFactory = Callable[[ShardLocks, ShardLayout, int], ShardOwner]
EnsureLayout = Callable[[ShardLocks], Awaitable[None]]
_FATAL = (OperatorError, Gap)
"""What a person has to see to. Anything else makes a result unknown or the servers unreachable: the shard is given up
and taken anew, for as long as it takes."""


class ShardManager:
    """All the shards of one process. *make_owner* builds the owner of a shard; *prepare* makes sure, each time before
    it stands in line, that the database is the right one and has its tables: one that was dropped is made anew.
    *ensure_layout* makes sure, before it takes anything, that the layout in force is whole and the latest one.
    """

    def __init__(
        self,
        database_url: str,
        make_owner: OwnerFactory,
        prepare: Callable[[], Awaitable[None]],
        ensure_layout: EnsureLayout,
    ) -> None:
        self._database_url = database_url
        self._make_owner = make_owner
        self._prepare = prepare
        self._ensure_layout = ensure_layout
        self._owned: dict[int, tuple[ShardOwner, asyncio.Task[None]]] = {}
        self._standby = False
        self._backoff = Backoff(longest=3.0)
        self._retry_at = 0.0
        """When (monotonic) the next shard may be taken: one that fails at once would be taken again without end."""
        self._message = "starting"

    @property
    def health(self) -> Health:
        """Ready when every shard it owns is deciding, or when it stands by for others who own them all."""
        deciding = sum(shard.deciding for shard, _ in self._owned.values())
        if self._owned and deciding == len(self._owned):
            return Health(True, f"deciding on {deciding} shard{'s' if deciding > 1 else ''}")
        if not self._owned and self._standby:
            return Health(True, "standing by: other registrars own all shards")
        if waiting := [str(shard.number) for shard, _ in self._owned.values() if shard.waiting]:
            return Health(False, f"waiting: Kafka or the database does not answer on shard {', '.join(waiting)}")
        return Health(False, self._message)

    async def run(self, stopping: asyncio.Event) -> None:
        """Stand in line until *stopping*; then end every batch that is begun and leave."""
        while not stopping.is_set():
            try:
                await self._prepare()
                await self._session(stopping)
            except log_identity.OutdatedSchema as older:
                self._message = f"waiting for a rebuild: {older}"
                await pause(stopping, RECONCILE_INTERVAL)
            except _FATAL:
                raise
            except Exception as error:
                self._message = f"out of the line, and back in a moment: {sanitised(error)}"
                log.warning("%s", self._message)
                await pause(stopping, 1.0)

    async def _session(self, stopping: asyncio.Event) -> None:
        """One session in the line; with its end, however it comes, every shard is given up."""
        locks = await ShardLocks.connect(self._database_url)
        try:
            await self._ensure_layout(locks)
            while not stopping.is_set():
                await self._reconcile(locks)
                await pause(stopping, RECONCILE_INTERVAL, *(task for _, task in self._owned.values()))
        finally:
            self._standby = False
            await self._stop_all()
            await locks.close()

    async def _reconcile(self, locks: ShardLocks) -> None:
        """Sort out the shards that ended, give back the surplus, take what is free."""
        layout, present = await locks.load_layout(), await locks.member_count()
        for number, (shard, task) in list(self._owned.items()):
            if task.done():
                del self._owned[number]
                await self._handle_end(locks, shard, task)
            elif shard.layout != layout:
                shard.stop()
        share = fair_share(layout, present)
        for shard, _ in list(self._owned.values())[share:]:
            log.info("shard %d: handed over to another registrar", shard.number)
            shard.stop()
        if any(shard.deciding for shard, _ in self._owned.values()):
            self._backoff.reset()
            self._message = "not deciding: a shard is given up, and taken anew"
        if not layout.ready:
            await self._ensure_layout(locks)
        elif time.monotonic() >= self._retry_at:
            await self._acquire_free(locks, layout, share)
        self._standby = present > 1 and not self._owned
        metrics.SHARDS.set(len(self._owned))

    async def _acquire_free(self, locks: ShardLocks, layout: ShardLayout, share: int) -> None:
        for number in range(layout.shards):
            if len(self._owned) >= share:
                return
            if number not in self._owned and await locks.acquire(layout, number):
                shard = self._make_owner(locks, layout, number)
                self._owned[number] = shard, asyncio.create_task(shard.run())

    async def _handle_end(self, locks: ShardLocks, shard: ShardOwner, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        await locks.release(shard.layout, shard.number)
        if error is not None:
            if isinstance(error, _FATAL):
                raise error
            if isinstance(error, StaleLayout):
                await self._ensure_layout(locks)
            self._retry_at = time.monotonic() + self._backoff.seconds()
            self._message = f"shard {shard.number} given up, and taken anew: {sanitised(error)}"
            log.warning("%s", self._message)

    async def _stop_all(self) -> None:
        for shard, _ in self._owned.values():
            shard.stop()
        if self._owned:
            _, late = await asyncio.wait([task for _, task in self._owned.values()], timeout=3)
            for task in late:
                task.cancel()
            await asyncio.gather(*(task for _, task in self._owned.values()), return_exceptions=True)
        self._owned.clear()
