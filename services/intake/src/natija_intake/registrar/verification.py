"""Verifying the log: chains and logsequence recomputed from the records, and their ends held against the heads.

A chain proves every event but an appeal's last, which no other event names yet; the registrar's heads name that one.
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
from natija_events.wire.envelope import Stamp, Unreadable, read_log_record
from natija_events.wire.hash_chain import GENESIS, event_hash

_HEADS = text("select appeal, sequence, hash from heads where appeal = any(:appeals)")
_CHUNK = 5000
_READABLE_WITHIN = 30.0


class ChainBreak(NamedTuple):
    """The first record that does not fit, and how: *partition* and *offset* say where it stands."""

    partition: int
    offset: int
    appeal: str | None
    sequence: int | None
    what: str

    def __str__(self) -> str:
        event = f", event {self.sequence} of {self.appeal}" if self.appeal else ""
        return f"partition {self.partition}, offset {self.offset}{event}: {self.what}"


class ChainEnd(NamedTuple):
    """The end of an appeal's chain: where its last event stands, and its hash."""

    sequence: int
    hash: str
    offset: int


_START = ChainEnd(0, GENESIS, -1)


@dataclass(slots=True)
class VerificationReport:
    """What was read, and the first *chain_break* of each partition that has one, by partition."""

    events: int = 0
    appeals: int = 0
    breaks: list[ChainBreak] = field(default_factory=list)


class PartitionCheck:
    """One partition of the log, record by record, until one does not fit."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.logsequence = 0
        self.offset = -1
        self.events = 0
        self.chains: dict[str, ChainEnd] = {}
        self.chain_break: ChainBreak | None = None

    def take(self, records: Iterable[Any]) -> None:
        """Check *records* in their order; those after a chain_break prove nothing and are passed over."""
        for record in records:
            if self.chain_break is None:
                self.chain_break = self._find_break(record)
                self.events += 1

    def _find_break(self, record: Any) -> ChainBreak | None:
        try:
            event, stamp = read_log_record(record.value, record.headers)
        except Unreadable as error:
            return ChainBreak(self.partition, record.offset, None, None, f"is no registered event: {error}")
        link = self.chains.get(event.subject, _START)
        what = self._broken(record, event.subject, stamp, link)
        if what is not None:
            return ChainBreak(self.partition, record.offset, event.subject, stamp.sequence, what)
        self.logsequence, self.offset = stamp.logsequence, record.offset
        self.chains[event.subject] = ChainEnd(stamp.sequence, event_hash(record.headers, record.value), record.offset)
        return None

    def _broken(self, record: Any, subject: str, stamp: Stamp, link: ChainEnd) -> str | None:
        if record.key != subject.encode() or partition_of(record.key) != self.partition:
            return "does not stand under its appeal's key on its appeal's partition"
        if stamp.sequence != link.sequence + 1:
            return f"follows event {link.sequence} of its appeal: events are missing, inserted or swapped"
        if stamp.previoushash != link.hash:
            return f"does not carry the hash of event {link.sequence}: that one, or this one, was changed or inserted"
        if stamp.logsequence != self.logsequence + 1:
            return f"has logsequence {stamp.logsequence} after {self.logsequence}: records are missing or inserted"
        return None

    def against(self, checkpoint: Checkpoint) -> None:
        """The log reaches at least as far as the registrar's database, which was read before it."""
        if self.chain_break is None and checkpoint.logsequence > self.logsequence:
            what = f"the log ends at logsequence {self.logsequence}, the registrar wrote {checkpoint.logsequence}"
            self.chain_break = ChainBreak(self.partition, self.offset, None, None, what)

    def against_heads(self, heads: Iterable[Any]) -> None:
        """The last event of each appeal is the one whose hash its head holds."""
        for head in heads:
            link = self.chains[head.appeal]
            if self.chain_break is None and head.sequence == link.sequence and head.hash != link.hash:
                what = "is not the event the registrar wrote: the appeal's head holds another hash"
                self.chain_break = ChainBreak(self.partition, link.offset, head.appeal, link.sequence, what)


async def verify(
    kafka: KafkaConfig,
    realm: str,
    engine: AsyncEngine | None,
    held: Mapping[int, Checkpoint],
    *,
    appeal: str | None = None,
    read: Callable[[int], None] = lambda records: None,
) -> VerificationReport:
    """Recompute the log, or the partition that *appeal* is on; *read* is told how many records were read.

    *held* are the registrar's checkpoints, loaded before; *engine* its database, or None to go without heads.
    """
    partitions = range(PARTITIONS) if appeal is None else [partition_of(appeal.encode())]
    checks = {partition: PartitionCheck(partition) for partition in partitions}
    await _until_readable(kafka, realm, [held[partition] for partition in partitions if partition in held])
    async for batch in read_batches(kafka, LOG.name(realm), dict.fromkeys(partitions, 0)):
        checks[batch[0].partition].take(batch)
        read(len(batch))
    for partition, check in checks.items():
        if partition in held:
            check.against(held[partition])
        if engine is not None:
            await _against_heads(engine, check)
    return VerificationReport(
        events=sum(check.events for check in checks.values()),
        appeals=sum(len(check.chains) for check in checks.values()),
        breaks=[check.chain_break for check in checks.values() if check.chain_break is not None],
    )


async def _until_readable(kafka: KafkaConfig, realm: str, held: Sequence[Checkpoint]) -> None:
    """Return when all that stands on the log up to *held* can be read, or after 30 seconds.

    Kafka acknowledges a transaction before its markers are written: for a moment, and for longer after a broker came
    back, the registrar knows of events that nobody can read yet. They are not missing.
    """
    places = {TopicPartition(LOG.name(realm), one.partition): one.offset for one in held}
    async with open_consumer(kafka, isolation_level="read_uncommitted") as anything, open_consumer(kafka) as committed:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READABLE_WITHIN):
                while True:
                    ends, readable = await anything.end_offsets(places), await committed.end_offsets(places)
                    if not any(readable[place] <= offset < ends[place] for place, offset in places.items()):
                        return
                    await asyncio.sleep(0.1)


async def _against_heads(engine: AsyncEngine, check: PartitionCheck) -> None:
    appeals: Sequence[str] = list(check.chains)
    async with engine.connect() as connection:
        for start in range(0, len(appeals), _CHUNK):
            rows = await connection.execute(_HEADS, {"appeals": appeals[start : start + _CHUNK]})
            check.against_heads(rows)
