"""Takes one part of Natija out of a child process. Python imports this module at its start from PYTHONPATH.

Each part is one of the models' (`tests.model`), and what stands for it here is as small as can be: the same code, less
the one thing. Where a second net would catch the fall, a key of a table for one, it is taken away too.
"""

import os
from contextlib import AsyncExitStack
from typing import Any

PART = "TAKEN_OUT"


def take_out_fence() -> None:
    """Every owner writes under a transactional.id of its own: nobody is fenced."""
    from natija_intake.registrar.shard_locks import ShardLayout

    shared = ShardLayout.transactional_id
    ShardLayout.transactional_id = lambda self, realm, shard: f"{shared(self, realm, shard)}.{os.getpid()}"  # type: ignore[method-assign]


def take_out_line() -> None:
    """Whoever comes takes the shard."""
    from natija_intake.registrar.shard_locks import ShardLayout, ShardLocks

    async def acquire(self: ShardLocks, layout: ShardLayout, shard: int) -> bool:
        return True

    ShardLocks.acquire = acquire  # type: ignore[method-assign]


def take_out_guard() -> None:
    """Heads are kept whoever has moved them meanwhile."""
    from sqlalchemy import text

    from natija_chassis.postgres.engine import projection_transaction
    from natija_chassis.projections import checkpoints
    from natija_intake.registrar import projection, store

    async def keep(engine: Any, before: Any, known: Any, decided: Any, reached: Any, moved: Any) -> None:
        async with projection_transaction(engine) as connection:
            await projection.save(connection, {one: known.heads[one] for one in decided.touched}, decided.ids)
            await checkpoints.save(connection, reached)
            await store.save_offsets(connection, moved)

    store.persist = keep  # type: ignore[assignment]
    projection._STORE_IDS = text(f"{projection._STORE_IDS.text} on conflict do nothing")


def take_out_skip() -> None:
    """What stands at or below the checkpoint is taken in again."""
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
    """The position is read first, then the predecessor is fenced."""
    from natija_intake.registrar.shard_owner import ShardOwner

    async def run(self: ShardOwner) -> None:
        async with AsyncExitStack() as stack:
            consumer = await self._catch_up_and_seek(stack)
            producer = await self._fence(stack)
            await self._decide_batches(consumer, producer)

    ShardOwner.run = run  # type: ignore[method-assign]


def take_out_unkept() -> None:
    """It decides on the heads that are kept, and on no others."""
    from natija_intake.registrar.admission import AdmissionState
    from natija_intake.registrar.shard_owner import ShardOwner

    ShardOwner._newest_first = lambda self: AdmissionState({}, {})  # type: ignore[method-assign]


def take_out_overtaken() -> None:
    """It never finds the checkpoint behind the one that it kept."""
    from collections import defaultdict
    from types import SimpleNamespace

    from natija_chassis.projections.checkpoints import Checkpoint
    from natija_intake.registrar import shard_owner

    async def load(connection: Any) -> Any:
        return defaultdict(lambda: Checkpoint(-1, -1, 1 << 60))

    shard_owner.checkpoints = SimpleNamespace(load=load)  # type: ignore[assignment, attr-defined]


def take_out_reached() -> None:
    """It reads its positions wherever they are."""
    from natija_intake.registrar import store
    from natija_intake.registrar.store import CatchUpResult

    stand = store.confirm

    async def anywhere(connection: Any, reached: CatchUpResult) -> Any:
        return await stand(connection, CatchUpResult(dict.fromkeys(reached.log, -1), dict.fromkeys(reached.log, 0)))

    store.confirm = anywhere


if os.environ.get(PART):
    globals()[f"take_out_{os.environ[PART]}"]()
