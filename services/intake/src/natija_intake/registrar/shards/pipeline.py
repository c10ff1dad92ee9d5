"""The pipeline of an owned shard: decide, write and persist, three steps that work on three batches at once."""

import asyncio
import time
from collections import ChainMap, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from natija_chassis.projections.checkpoints import Checkpoint
from natija_events.failpoints import failpoint
from natija_intake.registrar import metrics, store
from natija_intake.registrar.admission import AdmissionState, IncomingProposal, PolledRecord
from natija_intake.registrar.batch import BatchDecider, DecidedBatch, read_batch
from natija_intake.registrar.checks.links import linked_appeals
from natija_intake.registrar.context import RegistrarContext
from natija_intake.registrar.projection import load_admission_state
from natija_intake.registrar.shards import stored_keys, transactional_writer
from natija_intake.registrar.shards.inbox_polls import InboxPolls
from natija_intake.registrar.shards.takeover import OwnedShard
from natija_intake.registrar.shards.transactional_writer import WrittenOffsets
from natija_intake.registrar.store import InboxOffsets

RENEW_AFTER_IDLE = timedelta(days=1)
"""Kafka forgets a ``transactional.id`` that was idle for 7 days."""
POLL = timedelta(seconds=1)
ACTIVITY_TIMEOUT = 5.0
"""Seconds without a finished batch or an answer from Kafka after which an owner counts as unresponsive."""


@dataclass(slots=True)
class PendingBatch:
    """A batch whose heads are not in the database yet.

    *state* holds the heads and keys of its appeals after it, *inbox* its last offset by partition, *log_ends* the
    logsequence and recorded time of each partition after it. It was decided on *reference_version*. *written* is set by
    the commit.
    """

    began: float
    state: AdmissionState
    decided: DecidedBatch
    inbox: dict[int, int]
    log_ends: dict[int, tuple[int, datetime | None]]
    reference_version: int
    written: WrittenOffsets | None = None


class PendingBatches:
    """The batches that are decided and not persisted, in their order. The next batch is decided on them, too."""

    def __init__(self) -> None:
        self._batches: deque[PendingBatch] = deque()

    def __bool__(self) -> bool:
        return bool(self._batches)

    def append(self, batch: PendingBatch) -> None:
        """Add the batch that was decided last."""
        self._batches.append(batch)

    def remove_oldest(self) -> None:
        """Remove the batch that is persisted."""
        self._batches.popleft()

    def state(self) -> AdmissionState:
        """Heads and keys after all of them: a view in which the newest batch comes first."""
        states = [batch.state for batch in reversed(self._batches)]
        return AdmissionState(ChainMap(*(one.heads for one in states)), ChainMap(*(one.keys for one in states)))


class Pipeline:
    """Decides the inbox of one owned shard until it is told to stop, or until any step fails.

    A batch passes three tasks, each of which takes the batches in their order:

    - *decide* polls the inbox, decides, and appends the batch to the pending ones. The batch is then **pending**.
    - *write* commits it to Kafka. The batch is then **written**: it has offsets, and nothing can undo it.
    - *persist* saves its heads, keys and checkpoints, and removes it. The batch is then **persisted**.

    A queue of one batch lies between two tasks, so at most five batches are pending: one in each task and queue.
    A failure of one task cancels the other two. What is pending then is lost or on the log; the next takeover reads
    the log and finds out which. After `should_stop` the tasks finish what is pending, and `run` returns.
    """

    def __init__(self, context: RegistrarContext, owned: OwnedShard, should_stop: Callable[[], bool]) -> None:
        self.last_activity = time.monotonic()
        """When (monotonic) a batch last ended, or Kafka last answered with nothing pending."""
        self._context = context
        self._producer = owned.producer
        self._consumer = owned.caught_up.consumer
        self._reader = owned.caught_up.reader
        self._checkpoints = owned.caught_up.checkpoints
        self._log_ends = owned.caught_up.log_ends
        self._keys_next = owned.caught_up.keys_next
        self._clock_check = owned.clock_check
        self._should_stop = should_stop
        self._pending = PendingBatches()
        self._to_write: asyncio.Queue[PendingBatch | None] = asyncio.Queue(1)
        self._to_persist: asyncio.Queue[PendingBatch | None] = asyncio.Queue(1)

    async def run(self) -> None:
        """Decide, write and persist. Raises whatever made a result unknown; then nothing is half done."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write_all())
                group.create_task(self._persist_all())
                await self._decide_all()
                await self._to_write.put(None)
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _decide_all(self) -> None:
        last_record = datetime.now(UTC)
        polls = InboxPolls(self._consumer, self._context.batch_records)
        while not self._should_stop():
            polled = await polls.next(int(POLL.total_seconds() * 1000))
            if polled:
                batch = await self._decide(polled)
                await self._to_write.put(batch)
                last_record = datetime.now(UTC)
            elif datetime.now(UTC) - last_record > RENEW_AFTER_IDLE:
                return  # the next owner, probably this process, renews the transactional.id
            else:
                async with asyncio.timeout(ACTIVITY_TIMEOUT):  # an empty poll may also mean that Kafka is gone
                    await self._consumer.end_offsets(list(self._consumer.assignment()))
            if not self._pending:  # while a batch is pending, only its end counts as activity
                self.last_activity = time.monotonic()

    async def _write_all(self) -> None:
        while batch := await self._to_write.get():
            sent = self._clock_check.now()
            batch.written = await transactional_writer.commit(
                self._producer, self._context.realm, batch.decided, batch.inbox
            )
            self._clock_check.compare(sent, batch.written.appended)
            await self._to_persist.put(batch)
        await self._to_persist.put(None)

    async def _persist_all(self) -> None:
        while batch := await self._to_persist.get():
            await self._persist(batch)

    async def _decide(self, records: Sequence[Any]) -> PendingBatch:
        """Decide on the heads in the database and on those that are about to be there."""
        began = time.monotonic()
        polled_at = time.time_ns() // 1_000_000
        read = read_batch(_polled(record, polled_at) for record in records)
        wanted = [(one.subject, key) for _, one in read if isinstance(one, IncomingProposal) for key in one.keys]
        # Both are noted before the database is read: a batch that is persisted meanwhile is in one of the two.
        pending = self._pending.state()
        persisted = {partition: one.logsequence for partition, one in self._checkpoints.items()}
        linked = {
            number for _, one in read if isinstance(one, IncomingProposal) for number in linked_appeals(one.proposal)
        }
        state = await load_admission_state(self._reader, wanted, pending, linked)
        await store.check_not_restored(self._reader, persisted)
        context, reference = self._context, self._context.reference.history
        self._clock_check.check()
        decider = BatchDecider(state, self._log_ends, reference.at, context.keys, context.realm, context.clock.now())
        decider.decide_all(read)
        inbox = {record.partition: record.offset for record in records}
        log_ends = {partition: (end.logsequence, end.recordedtime) for partition, end in self._log_ends.items()}
        batch = PendingBatch(began, state, decider.decided, inbox, log_ends, reference.version)
        self._pending.append(batch)
        return batch

    async def _persist(self, batch: PendingBatch) -> None:
        """Save the heads of a written batch. Raises `OperatorError` when its keys went to another topic than before."""
        assert batch.written is not None
        for partition, offset in batch.written.keys.items():
            stored_keys.check_end(partition, offset, self._keys_next[partition])
            self._keys_next[partition] = offset + 1
        reached = [
            Checkpoint(partition, offset, *batch.log_ends[partition]) for partition, offset in batch.written.log.items()
        ]
        offsets = [
            InboxOffsets(
                partition,
                offset + 1,
                batch.written.rejected.get(partition, -1) + 1,
                batch.reference_version if partition in batch.written.log else -1,
                batch.written.keys.get(partition, -1) + 1,
            )
            for partition, offset in batch.inbox.items()
        ]
        with failpoint("registrar.persist"):
            await store.persist(
                self._context.engine, self._checkpoints.values(), batch.state, batch.decided, reached, offsets
            )
        self._checkpoints.update((one.partition, one) for one in reached)
        self._pending.remove_oldest()
        self.last_activity = time.monotonic()
        metrics.BATCH_SECONDS.observe(time.monotonic() - batch.began)
        metrics.EVENTS_REGISTERED.inc(len(batch.decided.log))
        for why, count in batch.decided.rejections:
            metrics.PROPOSALS_REJECTED.labels(why.reason).inc(count)


def _polled(record: Any, now: int) -> PolledRecord:
    """The inbox record that was polled at *now* (milliseconds since 1970)."""
    # The broker's clock, not the realm's: it says how long the proposal waited, whatever time the realm has.
    waited = timedelta(milliseconds=max(0, now - record.timestamp))
    return PolledRecord(record.partition, record.offset, record.key, record.value, record.headers, waited)
