"""Waits for the registrar's decisions: reads log and rejected, or the publisher's own topic, while one is pending."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.consumers import start_consumer
from natija_events.kafka.shutdown import close_consumer
from natija_events.topics import LOG, PARTITIONS, REJECTED
from natija_events.wire.names import PREFIX
from natija_events.wire.outcome import DecidedProposal, read_outcome
from natija_events.wire.rejection import Rejection, read_rejected, rejected_offsets

_INBOX_OFFSET, _SEQUENCE, _RECORDEDTIME = f"{PREFIX}inboxoffset", f"{PREFIX}sequence", f"{PREFIX}recordedtime"
_LINGER_SECONDS = 1.0
"""A partition is read on for this time after its last pending outcome, so that the next proposal need not seek."""
_POLL_SECONDS = 0.2


class OutcomeUnavailable(Exception):
    """Decisions cannot be read."""


class Decision(NamedTuple):
    """The registrar's decision on a proposal: *rejection* is None when it is registered, *sequence* is that of its
    first event on the log, *recordedtime* is the time of the decision."""

    rejection: Rejection | None
    sequence: int | None
    recordedtime: datetime


@dataclass(slots=True, eq=False)
class PendingOutcome:
    """A proposal whose *decision* is awaited. Its *offset* on the inbox identifies it, once Kafka has confirmed it.

    The decision may arrive before the confirmation. So *received* keeps the decisions that may be it, by inbox offsets:
    until then those on the appeal and all rejections of the partition.
    """

    appeal: bytes
    partition: int
    decision: asyncio.Future[Decision]
    offset: int | None = None
    received: list[tuple[range, Decision]] = field(default_factory=list)

    def may_be(self, offsets: range) -> bool:
        """True when a decision on these inbox *offsets* may be the awaited one."""
        return self.offset is None or self.offset in offsets

    def has(self, offset: int) -> bool:
        """True when the decision on this inbox *offset* was received: later events of its proposal bring no other."""
        return any(offset in offsets for offsets, _ in self.received)

    def receive(self, offsets: range, decision: Decision) -> None:
        """Take a decision on these inbox *offsets*."""
        self.received.append((offsets, decision))
        self.resolve()

    def resolve(self) -> None:
        """Complete the future if the decision is among those received."""
        if self.offset is None or self.decision.done():
            return
        for offsets, decision in self.received:
            if self.offset in offsets:
                self.decision.set_result(decision)
                return


class ActivePartitions:
    """The partitions that are read, and those to start or stop.

    A partition is *idle*, *starting*, *active* (proposals are pending on it) or *lingering* (none is, but it is still
    read). `acquire` starts an idle partition and returns when it is read; callers that come meanwhile wait, and all
    that want to start then start together. `release` ends one pending proposal. A partition without any lingers for a
    second, then `expired` reports it and it is idle again. An active partition is never started again: its reader must
    not jump to the end past a decision that is awaited.
    """

    def __init__(self, start: Callable[[set[int]], Awaitable[None]]) -> None:
        self._start = start
        self._pending: Counter[int] = Counter()
        self._read_until: dict[int, float] = {}
        """The partitions that are read, and the loop's time at which each may stop."""
        self._requested: set[int] = set()
        self._starting = asyncio.Lock()

    async def acquire(self, partition: int) -> None:
        """Have *partition* read until `release`. Raises what starting raises."""
        if partition not in self._read_until:
            self._requested.add(partition)
            async with self._starting:
                if partition not in self._read_until:
                    requested, self._requested = self._requested - self._read_until.keys(), set()
                    await self._start_all(requested | {partition})
        self._pending[partition] += 1

    def __len__(self) -> int:
        """How many partitions are read."""
        return len(self._read_until)

    def release(self, partition: int) -> None:
        """One proposal fewer is pending on *partition*."""
        self._pending[partition] -= 1

    def expired(self) -> list[int]:
        """The partitions that have lingered long enough. They are idle from now on."""
        now = asyncio.get_running_loop().time()
        expired = []
        for partition, until in list(self._read_until.items()):
            if self._pending[partition]:
                self._read_until[partition] = now + _LINGER_SECONDS
            elif now > until:
                del self._read_until[partition]
                expired.append(partition)
        return expired

    async def _start_all(self, partitions: set[int]) -> None:
        await self._start(partitions)
        self._read_until |= dict.fromkeys(partitions, asyncio.get_running_loop().time() + _LINGER_SECONDS)


class OutcomeReader:
    """The decisions on proposals, by their offsets on the inbox. So the same events proposed twice are told apart.

    They are read on log and rejected; with *own_topic*, the outcome topic of a publisher, on it alone.
    """

    def __init__(self, kafka: KafkaConfig, realm: str, own_topic: str | None = None) -> None:
        self._kafka = kafka
        self._own = None if own_topic is None else TopicPartition(own_topic, 0)
        self._log = LOG.name(realm)
        self._rejected = REJECTED.name(realm)
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._pending: dict[bytes, list[PendingOutcome]] = {}
        self._partitions = ActivePartitions(self._seek_to_end)
        self._stopped = False

    def pending(self, appeal: bytes | None = None) -> list[PendingOutcome]:
        """The proposals whose decisions are awaited; only those of *appeal* when it is given."""
        if appeal is not None:
            return list(self._pending.get(appeal, ()))
        return [pending for of_appeal in self._pending.values() for pending in of_appeal]

    @property
    def is_reading(self) -> bool:
        """True while some partition is read."""
        return len(self._partitions) > 0

    async def expect(self, partition: int, appeal: bytes) -> PendingOutcome:
        """Await the decision on a proposal that is sent after this returns, until `forget`.

        Raises KafkaError when Kafka is not reachable. The decision may raise `OutcomeUnavailable`.
        """
        await self._partitions.acquire(self._read_as(partition))
        pending = PendingOutcome(appeal, partition, asyncio.get_running_loop().create_future())
        self._pending.setdefault(appeal, []).append(pending)
        return pending

    def sent(self, pending: PendingOutcome, offset: int) -> None:
        """The proposal has this *offset* on the inbox."""
        pending.offset = offset
        pending.resolve()

    def forget(self, pending: PendingOutcome) -> None:
        """The decision is no longer awaited, whether it has come or not."""
        self._partitions.release(self._read_as(pending.partition))
        if pending.decision.done() and not pending.decision.cancelled():
            pending.decision.exception()  # retrieved, or asyncio would report it as lost
        others = self._pending[pending.appeal]
        others.remove(pending)
        if not others:
            del self._pending[pending.appeal]

    async def stop(self) -> None:
        """Stop reading. Decisions still awaited raise `OutcomeUnavailable`."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(OutcomeUnavailable("the publisher is closed"))
        if self._consumer is not None:
            await close_consumer(self._consumer)

    def _fail(self, error: OutcomeUnavailable) -> None:
        for pending in self.pending():
            if not pending.decision.done():
                pending.decision.set_exception(error)

    def _read_as(self, partition: int) -> int:
        """Decisions of all partitions stand on the one partition of an outcome topic."""
        return partition if self._own is None else 0

    def _topic_partitions(self, partition: int) -> list[TopicPartition]:
        if self._own is not None:
            return [self._own]
        return [TopicPartition(self._log, partition), TopicPartition(self._rejected, partition)]

    async def _seek_to_end(self, partitions: set[int]) -> None:
        """Read *partitions* from their ends on. All in one request: the broker answers it after the fetch in flight."""
        if self._consumer is None:
            self._consumer = await self._start_consumer()
            self._task = asyncio.create_task(self._read(self._consumer))
        consumer, places = self._consumer, [place for one in partitions for place in self._topic_partitions(one)]
        for place, end in (await consumer.end_offsets(places)).items():
            consumer.seek(place, end)
        consumer.resume(*places)

    async def _start_consumer(self) -> AIOKafkaConsumer:
        # Kept only once it runs: when Kafka is down now, the next proposal tries to start one again.
        consumer = await start_consumer(
            self._kafka,
            auto_offset_reset="latest",
            fetch_max_wait_ms=20,  # a partition that is started waits for the fetch in flight
            fetch_min_bytes=16_384,  # each answer makes both sides visit 32 partitions
        )
        if self._stopped:
            await close_consumer(consumer)
            raise OutcomeUnavailable("the publisher is closed")
        read = {self._read_as(partition) for partition in range(PARTITIONS)}
        places = [place for partition in read for place in self._topic_partitions(partition)]
        consumer.assign(places)
        consumer.pause(*places)
        return consumer

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                for place, records in (await consumer.getmany(timeout_ms=int(_POLL_SECONDS * 1000))).items():
                    for record in records:
                        if place == self._own:
                            self._receive_own(record)
                        elif place.topic == self._rejected:
                            self._receive_rejected(record)
                        elif record.key in self._pending:
                            self._receive_registered(record)
            except KafkaError:
                await asyncio.sleep(_POLL_SECONDS)  # pending proposals time out by themselves
            except Exception as error:  # an unreadable record: its waiters must not wait without end
                self._fail(OutcomeUnavailable(f"decisions cannot be read ({type(error).__name__})"))
                await asyncio.sleep(_POLL_SECONDS)
            for partition in self._partitions.expired():
                consumer.pause(*self._topic_partitions(partition))

    def _receive_registered(self, record: Any) -> None:
        headers = dict(record.headers)
        offset = int(headers[_INBOX_OFFSET])
        for pending in self._pending[record.key]:
            if pending.may_be(range(offset, offset + 1)) and not pending.has(offset):
                pending.receive(range(offset, offset + 1), _registered(headers))

    def _receive_own(self, record: Any) -> None:
        decided, _ = read_outcome(record.value, record.headers)
        offset = decided.inboxoffset
        for pending in self.pending():
            if pending.partition == decided.partition and pending.may_be(range(offset, offset + 1)):
                pending.receive(range(offset, offset + 1), _decision(decided))

    def _receive_rejected(self, record: Any) -> None:
        """By partition and offset alone: the record of an unreadable proposal may have no key."""
        offsets = rejected_offsets(record.headers)
        waiting = [one for one in self.pending() if one.partition == record.partition and one.may_be(offsets)]
        if waiting:
            decision = _rejected(record)
            for pending in waiting:
                pending.receive(offsets, decision)


def _decision(decided: DecidedProposal) -> Decision:
    return Decision(decided.rejection, decided.sequence, decided.recordedtime)


def _registered(headers: Mapping[str, bytes]) -> Decision:
    """Read from two stamps: to read the whole event takes five times as long."""
    return Decision(None, int(headers[_SEQUENCE]), datetime.fromisoformat(headers[_RECORDEDTIME].decode()))


def _rejected(record: Any) -> Decision:
    rejected = read_rejected(record.partition, record.value, record.headers)
    return Decision(rejected.rejection, rejected.rejection.sequence, rejected.recordedtime)
