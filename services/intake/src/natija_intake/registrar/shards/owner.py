"""The owner of one shard, from its takeover to its release."""

import asyncio
import logging
import time

from natija_intake.registrar import metrics
from natija_intake.registrar.context import RegistrarContext
from natija_intake.registrar.shards import takeover
from natija_intake.registrar.shards.locks import Shard, ShardLocks
from natija_intake.registrar.shards.pipeline import ACTIVITY_TIMEOUT, Pipeline

log = logging.getLogger(__name__)


class ShardOwner:
    """Owns one shard, whose lock the caller has acquired. It runs once.

    - **created**: `run` has not been called.
    - **taking over**: it fences, catches up and seeks; it decides nothing. See `takeover`.
    - **deciding**: the pipeline runs and its servers answer. `is_deciding` is true.
    - **unresponsive**: the pipeline runs, and no batch has ended for 5 seconds. `is_unresponsive` is true until Kafka
      or PostgreSQL answers, or until their error ends `run`.
    - **stopping**: `stop` was called, or the session with the lock is lost. The pipeline finishes its batches.
    - **ended**: `run` has returned, or raised whatever made a result unknown. Then nothing is half done: the next owner
      finds the result on the log. The caller releases the lock.
    """

    def __init__(self, context: RegistrarContext, locks: ShardLocks, shard: Shard) -> None:
        self.shard = shard
        self._context = context
        self._locks = locks
        self._stop = asyncio.Event()
        self._pipeline: Pipeline | None = None

    @property
    def is_deciding(self) -> bool:
        """True while it decides proposals and its servers answer."""
        return self._pipeline is not None and not self.is_unresponsive

    @property
    def is_unresponsive(self) -> bool:
        """True while it owns the shard and a server has not answered for too long."""
        return self._pipeline is not None and time.monotonic() - self._pipeline.last_activity > ACTIVITY_TIMEOUT

    def stop(self) -> None:
        """Ask it to end after the batches it has begun."""
        self._stop.set()

    async def run(self) -> None:
        """Take the shard over and decide its inbox until asked to stop. Raises what `takeover` and `Pipeline` raise."""
        async with takeover.take_over(self._context, self._locks, self.shard) as owned:
            metrics.TAKEOVERS.inc()
            log.info("shard %d of %d: deciding", self.shard.number, self.shard.layout.shards)
            self._pipeline = Pipeline(self._context, owned, self._should_stop)
            try:
                await self._pipeline.run()
            finally:
                self._pipeline = None

    def _should_stop(self) -> bool:
        return self._stop.is_set() or self._locks.lost
