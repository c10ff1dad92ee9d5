"""Takes one part of Natija out of a child process. Python imports this module at its start from PYTHONPATH.

Each part is one of the models' (`tests.model`). Its mutant is as small as possible: the same code without that one
step. Where a second safeguard would catch the error, such as a primary key, the mutant takes that out too.
"""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

PART = "TAKEN_OUT"


def take_out_fence() -> None:
    """Every owner writes under a transactional.id of its own: nobody is fenced."""
    from natija_intake.registrar.shards.locks import Shard

    shared = Shard.transactional_id
    Shard.transactional_id = lambda self, realm: f"{shared(self, realm)}.{os.getpid()}"  # type: ignore[method-assign]


def take_out_lock() -> None:
    """Every registrar acquires the shard."""
    from natija_intake.registrar.shards.locks import Shard, ShardLocks

    async def acquire(self: ShardLocks, shard: Shard) -> bool:
        return True

    ShardLocks.acquire = acquire  # type: ignore[method-assign]


def take_out_guard() -> None:
    """Heads are persisted even when another owner has changed them meanwhile."""
    from sqlalchemy.dialects.postgresql import insert

    from natija_intake.registrar import projection, store, tables

    async def lock_unchanged(connection: Any, before: Any) -> None:
        pass

    async def save_keys(connection: Any, keys: Any) -> None:
        if keys:
            columns = [column.name for column in tables.event_keys.columns]
            flat = [(one.appeal, one.key, *one.digest, one.sequence) for one in keys]
            rows = [dict(zip(columns, row, strict=True)) for row in flat]
            await connection.execute(insert(tables.event_keys).on_conflict_do_nothing(), rows)

    store.lock_unchanged = lock_unchanged
    projection.save_keys = save_keys


def take_out_skip() -> None:
    """Records at or below the checkpoint are applied again."""
    from natija_chassis.projections import apply
    from natija_chassis.projections.checkpoints import Checkpoint

    def advance(held: Any, batch: Any) -> Any:
        now = {
            one.partition: Checkpoint(one.partition, one.offset, one.logsequence, one.event.recordedtime)
            for one in batch
        }
        return list(batch), list(now.values())

    apply.advance = advance


def take_out_order() -> None:
    """The inbox offsets are read first, then the predecessor is fenced."""
    from natija_intake.registrar.shards import takeover
    from natija_intake.registrar.shards.clock_check import ClockCheck

    @asynccontextmanager
    async def take_over(context: Any, locks: Any, shard: Any) -> AsyncIterator[takeover.OwnedShard]:
        async with AsyncExitStack() as stack:
            caught_up = await takeover.catch_up_and_seek(stack, context, shard)
            yield takeover.OwnedShard(await takeover.fence(stack, context, shard), caught_up, ClockCheck())

    takeover.take_over = take_over


def take_out_pending() -> None:
    """It decides on the heads in the database, and on no pending ones."""
    from natija_intake.registrar.admission import AdmissionState
    from natija_intake.registrar.shards.pipeline import PendingBatches

    PendingBatches.state = lambda self: AdmissionState()  # type: ignore[method-assign]


def take_out_not_restored() -> None:
    """It decides even when the checkpoint is behind the one that it persisted."""
    from natija_intake.registrar import store

    async def check_not_restored(connection: Any, persisted: Any) -> None:
        pass

    store.check_not_restored = check_not_restored


def take_out_caught_up() -> None:
    """It starts at the offsets in the database, even when they are behind what it has caught up with."""
    from natija_intake.registrar import store

    load_caught_up = store.load_caught_up

    async def load(connection: Any, log: Any, inbox: Any) -> Any:
        return await load_caught_up(connection, dict.fromkeys(log, -1), dict.fromkeys(inbox, 0))

    store.load_caught_up = load


if os.environ.get(PART):
    globals()[f"take_out_{os.environ[PART]}"]()
