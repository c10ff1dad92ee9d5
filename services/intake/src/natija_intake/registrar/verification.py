"""Verifying the log: it recomputes hash chains and logsequence from the records, and compares their ends to the heads.

A chain proves every event of an appeal except the last one, whose hash no event carries yet. The registrar's heads hold
that hash.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from natija_chassis.projections.checkpoints import Checkpoint
from natija_events.kafka import KafkaConfig, partition_of, read_batches
from natija_events.kafka.consumers import open_consumer
from natija_events.topics import LOG, PARTITIONS
from natija_events.wire.envelope import Stamp
from natija_events.wire.hash_chain import GENESIS, event_hash
from natija_events.wire.log_record import read_log_record
from natija_events.wire.values import Unreadable

_HEADS = text("select appeal, sequence, hash from heads where appeal = any(:appeals)")
_CHUNK = 5000


class ChainBreak(NamedTuple):
    """The first inconsistent record of a partition, and what is wrong with it. *appeal* and *sequence* where known."""

    partition: int
    offset: int
    appeal: str | None
    sequence: int | None
    problem: str

    def __str__(self) -> str:
        event = f", event {self.sequence} of {self.appeal}" if self.appeal else ""
        return f"partition {self.partition}, offset {self.offset}{event}: {self.problem}"


class ChainEnd(NamedTuple):
    """The end of an appeal's chain: sequence, hash and offset of its last event."""

    sequence: int
    hash: str
    offset: int


_START = ChainEnd(0, GENESIS, -1)


@dataclass(slots=True)
class VerificationReport:
    """Counts of what was read, and the first break of each partition that has one, in the order of partitions."""

    events: int = 0
    appeals: int = 0
    breaks: list[ChainBreak] = field(default_factory=list)


class PartitionCheck:
    """Checks one partition of the log, record by record.

    It is consistent until it finds the first break, which it keeps. It skips the records after a break, because they
    prove nothing.
    """

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.logsequence = 0
        self.offset = -1
        self.events = 0
        self.chains: dict[str, ChainEnd] = {}
        self.chain_break: ChainBreak | None = None

    def check(self, records: Iterable[Any]) -> None:
        """Check *records* in their order."""
        for record in records:
            if self.chain_break is None:
                self.chain_break = self._check_record(record)
                self.events += 1

    def compare_checkpoint(self, checkpoint: Checkpoint) -> None:
        """The log must reach the registrar's checkpoint, which was read before it."""
        if self.chain_break is None and checkpoint.logsequence > self.logsequence:
            problem = f"the log ends at logsequence {self.logsequence}, the registrar wrote {checkpoint.logsequence}"
            self.chain_break = ChainBreak(self.partition, self.offset, None, None, problem)

    def compare_heads(self, heads: Iterable[Any]) -> None:
        """The last event of each appeal must have the hash that its head holds."""
        for head in heads:
            end = self.chains[head.appeal]
            if self.chain_break is None and head.sequence == end.sequence and head.hash != end.hash:
                problem = "is not the event that the registrar wrote: the appeal's head holds another hash"
                self.chain_break = ChainBreak(self.partition, end.offset, head.appeal, end.sequence, problem)

    def _check_record(self, record: Any) -> ChainBreak | None:
        try:
            event, stamp = read_log_record(record.value, record.headers)
        except Unreadable as error:
            return ChainBreak(self.partition, record.offset, None, None, f"is not a registered event: {error}")
        end = self.chains.get(event.subject, _START)
        problem = self._find_problem(record, event.subject, stamp, end)
        if problem is not None:
            return ChainBreak(self.partition, record.offset, event.subject, stamp.sequence, problem)
        self.logsequence, self.offset = stamp.logsequence, record.offset
        self.chains[event.subject] = ChainEnd(stamp.sequence, event_hash(record.headers, record.value), record.offset)
        return None

    def _find_problem(self, record: Any, subject: str, stamp: Stamp, end: ChainEnd) -> str | None:
        if record.key != subject.encode() or partition_of(record.key) != self.partition:
            return "does not have its appeal's key, or is not on its appeal's partition"
        if stamp.sequence != end.sequence + 1:
            return f"follows event {end.sequence} of its appeal: events are missing, inserted or swapped"
        if stamp.previoushash != end.hash:
            return f"does not carry the hash of event {end.sequence}: one of the two was changed or inserted"
        if stamp.logsequence != self.logsequence + 1:
            return f"has logsequence {stamp.logsequence} after {self.logsequence}: records are missing or inserted"
        return None


async def verify(
    kafka: KafkaConfig,
    realm: str,
    engine: AsyncEngine | None,
    held: Mapping[int, Checkpoint],
    *,
    appeal: str | None = None,
    on_read: Callable[[int], None] = lambda records: None,
    readable_within: float = 30.0,
) -> VerificationReport:
    """Recompute the log, or the partition that *appeal* is on.

    *held* are the registrar's checkpoints by partition, loaded before. *engine* is its database, or None to skip the
    heads. *on_read* is called with the number of records of each batch. Raises errors of Kafka and the database.
    """
    partitions = range(PARTITIONS) if appeal is None else [partition_of(appeal.encode())]
    checks = {partition: PartitionCheck(partition) for partition in partitions}
    checkpoints = [held[partition] for partition in partitions if partition in held]
    await _wait_until_readable(kafka, realm, checkpoints, readable_within)
    async for batch in read_batches(kafka, LOG.name(realm), dict.fromkeys(partitions, 0)):
        checks[batch[0].partition].check(batch)
        on_read(len(batch))
    for checkpoint in checkpoints:
        checks[checkpoint.partition].compare_checkpoint(checkpoint)
    if engine is not None:
        for check in checks.values():
            await _compare_heads(engine, check)
    return VerificationReport(
        events=sum(check.events for check in checks.values()),
        appeals=sum(len(check.chains) for check in checks.values()),
        breaks=[check.chain_break for check in checks.values() if check.chain_break is not None],
    )


async def _wait_until_readable(kafka: KafkaConfig, realm: str, held: Sequence[Checkpoint], seconds: float) -> None:
    """Return when all log records up to *held* can be read, or after *seconds*.

    Kafka acknowledges a transaction before its markers are written. For a moment, and for longer after a broker came
    back, the registrar knows of events that nobody can read yet. They are not missing.
    """
    places = {TopicPartition(LOG.name(realm), one.partition): one.offset for one in held}
    async with contextlib.AsyncExitStack() as stack:
        everything = await stack.enter_async_context(open_consumer(kafka, isolation_level="read_uncommitted"))
        committed = await stack.enter_async_context(open_consumer(kafka))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    ends, readable = await everything.end_offsets(places), await committed.end_offsets(places)
                    if not any(readable[place] <= offset < ends[place] for place, offset in places.items()):
                        return
                    await asyncio.sleep(0.1)


async def _compare_heads(engine: AsyncEngine, check: PartitionCheck) -> None:
    appeals: Sequence[str] = list(check.chains)
    async with engine.connect() as connection:
        for start in range(0, len(appeals), _CHUNK):
            rows = await connection.execute(_HEADS, {"appeals": appeals[start : start + _CHUNK]})
            check.compare_heads(rows)
