"""The shard manager of a registrar process: it acquires its fair share of the shards and runs their owners."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from natija_chassis.errors import OperatorError
from natija_chassis.observability.logs import sanitised
from natija_chassis.process.backoff import Backoff
from natija_chassis.process.health import Health
from natija_chassis.process.stopping import pause
from natija_chassis.projections.checkpoints import Gap
from natija_chassis.projections.log_identity import OutdatedSchema
from natija_intake.registrar import metrics
from natija_intake.registrar.shards.locks import Shard, ShardLayout, ShardLocks, fair_share
from natija_intake.registrar.shards.owner import ShardOwner
from natija_intake.registrar.shards.takeover import StaleLayout

RECONCILE_INTERVAL = 0.5
"""Seconds between two passes. A shard whose owner died is acquired within this time; the fence takes its own."""
_RECONNECT_AFTER = 1.0
_STOP_TIMEOUT = 3.0

log = logging.getLogger(__name__)

OwnerFactory = Callable[[ShardLocks, Shard], ShardOwner]
EnsureLayout = Callable[[ShardLocks], Awaitable[None]]
_FATAL = (OperatorError, Gap)
"""Errors that an operator must solve. After any other error a result is unknown or a server does not answer. Then the
shard is released and acquired again, until it works."""


class _Owned(NamedTuple):
    owner: ShardOwner
    task: asyncio.Task[None]


class ShardManager:
    """All shards of one registrar process.

    - **connecting**: it prepares the database and opens a session for its locks. It repeats this until it succeeds.
    - **owning**: it reconciles every half second. It removes owners that ended, stops those of a stale layout and
      those above its fair share, and acquires free shards.
    - **standby**: it is connected, and other registrars own all shards. It reconciles as above.
    - **backing off**: an owner failed. It acquires no shard for a moment, and longer after each failure in a row.
    - **stopped**: `run` has returned; every owner has finished its batches. A fatal error ends `run`, too.

    *make_owner* creates the owner of a shard. *prepare* runs before each session: it checks that the database is of
    this log, and creates missing tables. *ensure_layout* runs before any shard is acquired: it makes sure that the
    layout in force is complete and the latest one.
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
        self._owned: dict[int, _Owned] = {}
        self._standby = False
        self._backoff = Backoff(longest=3.0)
        self._retry_at = 0.0
        """When (monotonic) the next shard may be acquired. Without it a shard that fails at once would spin."""
        self._message = "starting"

    @property
    def health(self) -> Health:
        """Ready when every shard it owns is deciding, or when other registrars own them all."""
        owners = [owner for owner, _ in self._owned.values()]
        deciding = sum(owner.is_deciding for owner in owners)
        if owners and deciding == len(owners):
            return Health(True, f"deciding on {deciding} shard{'s' if deciding > 1 else ''}")
        if not owners and self._standby:
            return Health(True, "standby: other registrars own all shards")
        if waiting := [str(owner.shard.number) for owner in owners if owner.is_unresponsive]:
            return Health(False, f"waiting: Kafka or PostgreSQL does not answer on shard {', '.join(waiting)}")
        return Health(False, self._message)

    async def run(self, stopping: asyncio.Event) -> None:
        """Own shards until *stopping*; then finish every batch that is begun. Raises `OperatorError` and `Gap`."""
        while not stopping.is_set():
            try:
                await self._prepare()
                await self._session(stopping)
            except OutdatedSchema as outdated:
                self._message = f"waiting for a rebuild: {outdated}"
                await pause(stopping, RECONCILE_INTERVAL)
            except _FATAL:
                raise
            except Exception as error:
                self._message = f"disconnected, reconnecting: {sanitised(error)}"
                log.warning("%s", self._message)
                await pause(stopping, _RECONNECT_AFTER)

    async def _session(self, stopping: asyncio.Event) -> None:
        """One database session. When it ends, every owner is stopped."""
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
        """Remove owners that ended, stop those that must go, acquire what is free."""
        layout, members = await locks.load_layout(), await locks.member_count()
        share = fair_share(layout, members)
        await self._remove_ended(locks)
        self._stop_surplus(layout, share)
        if any(owner.is_deciding for owner, _ in self._owned.values()):
            self._backoff.reset()
            self._message = "not deciding: a shard was released and will be acquired again"
        if not layout.ready:
            await self._ensure_layout(locks)
        elif time.monotonic() >= self._retry_at:
            await self._acquire_free(locks, layout, share)
        self._standby = members > 1 and not self._owned
        metrics.SHARDS.set(len(self._owned))

    async def _remove_ended(self, locks: ShardLocks) -> None:
        for number, (owner, task) in list(self._owned.items()):
            if task.done():
                del self._owned[number]
                await self._handle_end(locks, owner, task)

    def _stop_surplus(self, layout: ShardLayout, share: int) -> None:
        owners = [owner for owner, _ in self._owned.values()]
        for owner in owners:
            if owner.shard.layout != layout:
                owner.stop()
        for owner in owners[share:]:
            log.info("shard %d: released for another registrar", owner.shard.number)
            owner.stop()

    async def _acquire_free(self, locks: ShardLocks, layout: ShardLayout, share: int) -> None:
        for number in range(layout.shards):
            if len(self._owned) >= share:
                return
            shard = Shard(layout, number)
            if number not in self._owned and await locks.acquire(shard):
                owner = self._make_owner(locks, shard)
                self._owned[number] = _Owned(owner, asyncio.create_task(owner.run()))

    async def _handle_end(self, locks: ShardLocks, owner: ShardOwner, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        await locks.release(owner.shard)
        if error is None:
            return
        if isinstance(error, _FATAL):
            raise error
        if isinstance(error, StaleLayout):
            await self._ensure_layout(locks)
        self._retry_at = time.monotonic() + self._backoff.seconds()
        self._message = f"shard {owner.shard.number} released, retrying: {sanitised(error)}"
        log.warning("%s", self._message)

    async def _stop_all(self) -> None:
        tasks = [task for _, task in self._owned.values()]
        for owner, _ in self._owned.values():
            owner.stop()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_STOP_TIMEOUT)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._owned.clear()
