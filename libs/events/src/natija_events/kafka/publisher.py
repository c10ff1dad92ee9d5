"""Proposing events to the register and learning what became of them."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar
from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from natija_events import limits
from natija_events.failpoints import failpoint
from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.outcome_reader import OutcomeReader, OutcomeUnavailable, PendingOutcome
from natija_events.kafka.partitioner import partition_of
from natija_events.kafka.shutdown import close_producer
from natija_events.topics import INBOX
from natija_events.types.base import EventData
from natija_events.wire.envelope import Event, write_proposal
from natija_events.wire.rejection import Rejection

_Given = TypeVar("_Given")


class DeliveryUnconfirmed(Exception):
    """Kafka did not confirm the proposal. It may or may not be on the inbox: propose the same events again."""


class OutcomePending(Exception):
    """The proposal is on the inbox, the registrar has not decided yet. It will: nothing is lost."""


class ProposalOutcome(NamedTuple):
    """What became of a proposal: *rejection* is None when it is registered. Proposing what already stands on the log
    counts as registered. *sequence* is that of the proposal's first event."""

    subject: str
    sequence: int | None
    recordedtime: datetime
    rejection: Rejection | None

    @property
    def registered(self) -> bool:
        """True when the events stand on the log."""
        return self.rejection is None or self.rejection.reason == "duplicate"


class Publisher:
    """Proposes events of appeals on the inbox of a *realm*, as *source*.

    Safe as it is: acks=all, idempotent, on the partition the appeal belongs to. Proposing the same events again is
    harmless: they are registered once. Use it as an async context manager, one for many proposals.
    """

    def __init__(self, kafka: KafkaConfig | str, realm: str, source: str, *, delivery_timeout: float = 10.0) -> None:
        self.source = source
        self._topic = INBOX.name(realm)
        self._kafka = KafkaConfig.of(kafka)
        self._delivery_timeout = delivery_timeout
        self._outcomes = OutcomeReader(self._kafka, realm)
        self._producer: AIOKafkaProducer | None = None
        self._spent = False
        self._renewing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Connect. Raises KafkaError or TimeoutError when Kafka does not answer."""
        self._producer = await self._connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        producer, self._producer = self._producer, None
        await self._outcomes.stop()
        if producer is not None:
            await close_producer(producer)

    def event(
        self,
        subject: str,
        time: datetime,
        data: EventData,
        *,
        id: UUID | None = None,
        expectedsequence: int | None = None,
        causationid: str | None = None,
        correlationid: str | None = None,
        traceparent: str | None = None,
    ) -> Event:
        """An event of the appeal *subject*. Give an *id* of your own when you may have to propose it again."""
        return Event(
            id=id or uuid4(),
            source=self.source,
            type=data.type,
            subject=subject,
            time=time,
            data=data.model_dump_json(exclude_none=True).encode(),
            expectedsequence=expectedsequence,
            causationid=causationid,
            correlationid=correlationid,
            traceparent=traceparent,
        )

    async def send(self, *events: Event) -> None:
        """Propose *events*, all of one appeal, to stand or fall together; return when they are on the inbox.

        Raises ValueError for what is no proposal or too large, and `DeliveryUnconfirmed` when Kafka did not confirm it.
        """
        await self._in_time(self._deliver(_written(events)))

    async def propose(self, *events: Event, wait: float) -> ProposalOutcome:
        """Propose *events* as `send` does and wait up to *wait* seconds for the registrar's decision.

        Raises what `send` raises, and `OutcomePending` when the decision takes longer.
        """
        awaited = await self._in_time(self._send_expecting(_written(events)))
        try:
            with failpoint("propose.decision"):
                async with asyncio.timeout(wait):
                    rejection, sequence, recordedtime = await awaited.decision
        except TimeoutError:
            raise OutcomePending(
                f"no decision within {wait:g} s: ask again, or propose the same events again"
            ) from None
        except OutcomeUnavailable as error:
            raise OutcomePending(f"{error}: propose the same events again") from None
        finally:
            self._outcomes.forget(awaited)
        return ProposalOutcome(events[0].subject, sequence, recordedtime, rejection)

    async def _send_expecting(self, written: "_Written") -> PendingOutcome:
        """Put it on the inbox, its decision listened for. Raises what `_deliver` raises, and `OutcomeUnavailable`."""
        awaited = await self._outcomes.expect(written.partition, written.key)
        try:
            self._outcomes.sent(awaited, await self._deliver(written))
        except BaseException:
            self._outcomes.forget(awaited)
            raise
        return awaited

    async def _deliver(self, written: "_Written") -> int:
        """Put it on the inbox; the offset it has there. Raises KafkaError and `DeliveryUnconfirmed`."""
        key, value, headers, partition = written
        producer = await self._ready_producer()
        try:
            with failpoint("propose.send"):
                at = await producer.send_and_wait(self._topic, value, key=key, headers=headers, partition=partition)
        except (KafkaTimeoutError, MessageSizeTooLargeError):
            raise
        except KafkaError as error:
            # A producer that the broker refuses for good (its sequence, its id) is refused whatever it sends next.
            self._spent = self._spent or (not error.retriable and producer is self._producer)
            raise
        return int(at.offset)

    async def _ready_producer(self) -> AIOKafkaProducer:
        if self._spent:
            async with self._renewing:
                if self._spent and self._producer is not None:
                    await close_producer(self._producer)
                    self._producer = await self._connect()
                    self._spent = False
        if self._producer is None:
            raise DeliveryUnconfirmed("the publisher is not open: use it as an async context manager")
        return self._producer

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **self._kafka.client_options(),
            acks="all",
            enable_idempotence=True,
            max_request_size=limits.INBOX_BYTES,
            max_batch_size=131_072,
            request_timeout_ms=int(self._delivery_timeout * 1000),
        )
        try:
            async with asyncio.timeout(self._delivery_timeout):
                await producer.start()
        except BaseException:
            await close_producer(producer)
            raise
        return producer

    async def _in_time(self, work: Coroutine[Any, Any, _Given]) -> _Given:
        """What *work* gives. Whatever Kafka does instead of answering in time is `DeliveryUnconfirmed`."""
        try:
            async with asyncio.timeout(self._delivery_timeout):
                return await work
        except TimeoutError:
            raise DeliveryUnconfirmed("Kafka does not answer in time: propose again later") from None
        except (KafkaError, OutcomeUnavailable) as error:
            raise DeliveryUnconfirmed(f"Kafka does not take it ({type(error).__name__}): propose again later") from None


class _Written(NamedTuple):
    """The inbox record of a proposal, and where it belongs."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    partition: int


def _written(events: Sequence[Event]) -> _Written:
    """The inbox record of a proposal. Raises ValueError for what the registrar could only reject as unreadable."""
    if not 0 < len(events) <= limits.PROPOSAL_EVENTS:
        raise ValueError(f"a proposal has 1 to {limits.PROPOSAL_EVENTS} events")
    if any(event.subject != events[0].subject for event in events):
        raise ValueError("the events of a proposal are all of one appeal")
    key, value, headers = write_proposal(events)
    if limits.record_bytes(key, value, headers) > limits.PROPOSAL_BYTES:
        raise ValueError(f"the proposal is larger than {limits.PROPOSAL_BYTES} bytes")
    return _Written(key, value, headers, partition_of(key))
