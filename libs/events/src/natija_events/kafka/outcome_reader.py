"""Waiting for the registrar's decision: the log and the rejected topic, read only while somebody waits."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.consumers import start_consumer
from natija_events.kafka.shutdown import close_consumer
from natija_events.topics import LOG, PARTITIONS, REJECTED
from natija_events.wire.envelope import PREFIX
from natija_events.wire.rejection import Rejection, read_rejected

Decision = tuple[Rejection | None, int | None, datetime]
"""Why it was rejected (None: registered), the sequence of the first event, the time of the decision."""

_INBOX_OFFSET, _SEQUENCE, _RECORDEDTIME = f"{PREFIX}inboxoffset", f"{PREFIX}sequence", f"{PREFIX}recordedtime"
_LINGER = 1.0
"""Seconds that a partition is read on after the last who waited: who proposes one by one need not begin anew."""
_PAUSE = 0.2


class OutcomeUnavailable(Exception):
    """Decisions cannot be read, or are no longer."""


@dataclass(slots=True, eq=False)
class PendingOutcome:
    """What somebody waits for: the *decision* on the record at *offset* of the inbox, once it is known where it stands.

    A decision may be heard before Kafka has confirmed the proposal: *heard* are those on the same appeal, by offset.
    """

    appeal: bytes
    partition: int
    decision: asyncio.Future[Decision]
    offset: int | None = None
    heard: dict[int, Decision] = field(default_factory=dict)

    def settle(self) -> None:
        """Tell who waits, when the decision is among what was heard."""
        if self.offset in self.heard and not self.decision.done():
            self.decision.set_result(self.heard[self.offset])


class OutcomeReader:
    """The decisions on proposals, by where they stand on the inbox: the same events proposed twice are told apart."""

    def __init__(self, kafka: KafkaConfig, realm: str) -> None:
        self._kafka = kafka
        self._log = LOG.name(realm)
        self._rejected = REJECTED.name(realm)
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._awaited: dict[bytes, list[PendingOutcome]] = {}
        self._waiting: Counter[int] = Counter()
        self._read_until: dict[int, float] = {}
        """The partitions that are read, and when each may rest."""
        self._wanted: set[int] = set()
        """Partitions that somebody wants read while others are begun: they are begun together."""
        self._lock = asyncio.Lock()
        self._stopped = False

    async def expect(self, partition: int, appeal: bytes) -> PendingOutcome:
        """Listen for the decision on a proposal that is sent after this returns, until `forget`.

        Raises KafkaError when Kafka does not answer. The decision may raise `OutcomeUnavailable`.
        """
        await self._watch(partition)
        awaited = PendingOutcome(appeal, partition, asyncio.get_running_loop().create_future())
        self._awaited.setdefault(appeal, []).append(awaited)
        return awaited

    def sent(self, awaited: PendingOutcome, offset: int) -> None:
        """The proposal stands at *offset* of the inbox."""
        awaited.offset = offset
        awaited.settle()

    def forget(self, awaited: PendingOutcome) -> None:
        """Nobody waits for this any more, whether it is decided or not."""
        self._waiting[awaited.partition] -= 1
        if awaited.decision.done() and not awaited.decision.cancelled():
            awaited.decision.exception()  # seen, even when who waited has left for another reason
        others = self._awaited[awaited.appeal]
        others.remove(awaited)
        if not others:
            del self._awaited[awaited.appeal]

    async def stop(self) -> None:
        """Stop reading; who still waits is told `OutcomeUnavailable`."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._fail(OutcomeUnavailable("nobody reads the decisions any more"))
        if self._consumer is not None:
            await close_consumer(self._consumer)

    def _fail(self, error: OutcomeUnavailable) -> None:
        for waiting in self._awaited.values():
            for awaited in waiting:
                if not awaited.decision.done():
                    awaited.decision.set_exception(error)

    def _places(self, partition: int) -> list[TopicPartition]:
        return [TopicPartition(self._log, partition), TopicPartition(self._rejected, partition)]

    async def _watch(self, partition: int) -> None:
        """Read this partition from its end on, if nobody does yet."""
        if partition not in self._read_until:
            self._wanted.add(partition)
            async with self._lock:
                if partition not in self._read_until:
                    # What is read already is not moved to its end: a decision that is waited for may stand before it.
                    wanted, self._wanted = self._wanted - self._read_until.keys(), set()
                    await self._begin(wanted | {partition})
        self._waiting[partition] += 1

    async def _begin(self, partitions: set[int]) -> None:
        """All at once: the broker answers where they end only after the fetch under way."""
        if self._consumer is None:
            self._consumer = await self._start()
            self._task = asyncio.create_task(self._read(self._consumer))
        consumer, places = self._consumer, [place for one in partitions for place in self._places(one)]
        for place, end in (await consumer.end_offsets(places)).items():
            consumer.seek(place, end)
        consumer.resume(*places)
        until = asyncio.get_running_loop().time() + _LINGER
        self._read_until |= dict.fromkeys(partitions, until)

    async def _start(self) -> AIOKafkaConsumer:
        # Kept only once it runs: a start that fails while Kafka is down is tried anew by the next who waits.
        consumer = await start_consumer(
            self._kafka,
            auto_offset_reset="latest",
            # A partition that joins waits for the fetch under way: not longer than this, whatever comes.
            fetch_max_wait_ms=20,
            fetch_min_bytes=16_384,  # an answer costs both sides a look at 32 partitions
        )
        if self._stopped:
            await close_consumer(consumer)
            raise OutcomeUnavailable("nobody reads the decisions any more")
        places = [place for partition in range(PARTITIONS) for place in self._places(partition)]
        consumer.assign(places)
        consumer.pause(*places)
        return consumer

    async def _read(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                batches = await consumer.getmany(timeout_ms=int(_PAUSE * 1000))
                for place, records in batches.items():
                    for record in records:
                        if record.key in self._awaited:
                            self._tell(place.topic == self._log, record)
            except KafkaError:
                await asyncio.sleep(_PAUSE)  # who waits learns by its time-out; who waits next finds a reader
            except Exception as error:  # a record that nobody can read: who waits must not wait for ever
                self._fail(OutcomeUnavailable(f"the decisions cannot be read ({type(error).__name__})"))
                await asyncio.sleep(_PAUSE)
            self._rest(consumer)

    def _rest(self, consumer: AIOKafkaConsumer) -> None:
        """Leave the partitions that nobody waits for."""
        now = asyncio.get_running_loop().time()
        for partition, until in list(self._read_until.items()):
            if self._waiting[partition]:
                self._read_until[partition] = now + _LINGER
            elif now > until:
                del self._read_until[partition]
                consumer.pause(*self._places(partition))

    def _tell(self, on_log: bool, record: Any) -> None:
        headers = dict(record.headers)
        offset = int(headers[_INBOX_OFFSET])
        waiting = [awaited for awaited in self._awaited[record.key] if offset not in awaited.heard]
        if waiting:  # the first event of a proposal speaks for all
            decided = _registered(headers) if on_log else _refused(record)
            for awaited in waiting:
                awaited.heard[offset] = decided
                awaited.settle()


def _registered(headers: Mapping[str, bytes]) -> Decision:
    """Of its stamps only what is told: to read the whole event takes five times as long."""
    return None, int(headers[_SEQUENCE]), datetime.fromisoformat(headers[_RECORDEDTIME].decode())


def _refused(record: Any) -> Decision:
    rejected = read_rejected(record.partition, record.value, record.headers)
    return rejected.rejection, rejected.rejection.sequence, rejected.recordedtime
