"""Proposes events to the register and waits for their outcome."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar
from uuid import UUID, uuid4

from aiokafka.errors import KafkaError

from natija_events import limits
from natija_events.failpoints import failpoint
from natija_events.kafka.config import KafkaConfig
from natija_events.kafka.failures import AGAIN, connecting, next_step
from natija_events.kafka.idempotent_producer import IdempotentProducer, ProducerClosed
from natija_events.kafka.outcome_reader import OutcomeReader, OutcomeUnavailable, PendingOutcome
from natija_events.kafka.partitioner import partition_of
from natija_events.sealing.data_key import Place
from natija_events.sealing.wrapping import ProposalKey, RealmPublicKey
from natija_events.signatures import SigningKey
from natija_events.topics import INBOX, outcome_topic
from natija_events.types.base import EventData
from natija_events.types.sealed import plain_values, seal_data, sealed_values
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import check_proposal, write_proposal
from natija_events.wire.rejection import Rejection

_Result = TypeVar("_Result")


class DeliveryUnconfirmed(Exception):
    """Kafka did not confirm the proposal. It may be on the inbox or not: propose the same events again."""


class OutcomePending(Exception):
    """The proposal is on the inbox, and the registrar has not decided yet. Nothing is lost: it will decide."""


class ProposalOutcome(NamedTuple):
    """The outcome of a proposal: *rejection* is None when it is registered. Events that are on the log already count
    as registered. *sequence* is that of the proposal's first event, *recordedtime* the time of the decision."""

    subject: str
    sequence: int | None
    recordedtime: datetime
    rejection: Rejection | None

    @property
    def registered(self) -> bool:
        """True when the events are on the log."""
        return self.rejection is None or self.rejection.reason == "duplicate"


class Publisher:
    """Proposes events of appeals on the inbox of a *realm*, as *source*.

    Its producer uses acks=all, idempotence and the partition of the appeal. Proposing the same events again is
    harmless: they are registered once. Use it as an async context manager, one for many proposals.

    It is *closed*, *open* or *spent*. `async with` opens it. When the broker refuses its producer for good, it is spent
    until the next proposal replaces the producer. Leaving the context closes it: proposals then raise
    `DeliveryUnconfirmed`, and those still pending raise `OutcomePending`.

    *key* signs each proposal that is not signed yet. The realm lists its public key with the source, or the source is
    vouched for. Without a key, nothing is signed.
    *realm_key* is the realm's public key: personal data are sealed for it.
    *own_outcomes*: decisions are read on the outcome topic of *source*, which needs no right to read the log.
    *delivery_timeout* (seconds) limits the connection and each delivery.
    """

    def __init__(
        self,
        kafka: KafkaConfig | str,
        realm: str,
        source: str,
        *,
        key: SigningKey | None = None,
        realm_key: RealmPublicKey | None = None,
        own_outcomes: bool = False,
        delivery_timeout: float = 10.0,
    ) -> None:
        self.source = source
        self._realm = realm
        self._key = key
        self._realm_key = realm_key
        self._topic = INBOX.name(realm)
        self._kafka = KafkaConfig.of(kafka)
        self._delivery_timeout = delivery_timeout
        own_topic = outcome_topic(realm, source) if own_outcomes else None
        self.outcomes = OutcomeReader(self._kafka, realm, own_topic)
        """Reads the decisions; its `pending` are the proposals that wait for one."""
        self._producer = IdempotentProducer(self._kafka, delivery_timeout)

    async def __aenter__(self) -> Self:
        """Connect. Raises KafkaError when Kafka is not reachable."""
        with connecting(self._kafka):
            await self._producer.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._producer.close()
        finally:
            await self.outcomes.stop()

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
        proposal_key: ProposalKey | None = None,
    ) -> Event:
        """An event of the appeal *subject*. Give an *id* of your own if you may have to propose it again.

        Plain values of *data* are sealed under *proposal_key*, or else under a new one. Events that are proposed
        together share one: see `new_proposal_key`. Raises ValueError when the registrar could only reject the event,
        and for plain values without a key.
        """
        id = id or uuid4()
        if plain_values(data):
            proposal_key = proposal_key or self.new_proposal_key(subject)
            data = seal_data(data, proposal_key.data_key, Place(self._realm, subject, self.source, id, data.type, ""))
        event = Event(
            id=id,
            source=self.source,
            type=data.type,
            subject=subject,
            time=time,
            data=data.model_dump_json(exclude_none=True).encode(),
            wrappedkey=proposal_key.wrapped if proposal_key and sealed_values(data) else None,
            expectedsequence=expectedsequence,
            causationid=causationid,
            correlationid=correlationid,
            traceparent=traceparent,
        )
        check_proposal([event])
        return event

    def new_proposal_key(self, subject: str) -> ProposalKey:
        """The key of a new proposal on the appeal *subject*. Raises ValueError without the realm's public key."""
        if self._realm_key is None:
            raise ValueError("personal data cannot be sealed: give the publisher the realm's public key as realm_key")
        return self._realm_key.new_key(subject)

    async def send(self, *events: Event) -> None:
        """Propose *events*, all of one appeal, to be registered together or not at all. Return when Kafka has them.

        Raises ValueError for an invalid or too large proposal, and `DeliveryUnconfirmed`.
        """
        await self._in_time(self._deliver(self._to_record(events)))

    async def propose(self, *events: Event, wait: float) -> ProposalOutcome:
        """Propose *events* as `send` does, and wait up to *wait* seconds for the registrar's decision.

        Raises what `send` raises, and `OutcomePending` when the decision takes longer.
        """
        pending = await self._in_time(self._deliver_expecting(self._to_record(events)))
        try:
            with failpoint("propose.decision"):
                async with asyncio.timeout(wait):
                    rejection, sequence, recordedtime = await pending.decision
        except TimeoutError:
            raise OutcomePending(f"no decision within {wait:g} s: {AGAIN}") from None
        except OutcomeUnavailable as error:
            raise OutcomePending(f"{error}: {AGAIN}") from None
        finally:
            self.outcomes.forget(pending)
        return ProposalOutcome(events[0].subject, sequence, recordedtime, rejection)

    def _to_record(self, events: Sequence[Event]) -> "_ProposalRecord":
        signed = bool(events) and events[0].signature is not None
        return _to_record(events if self._key is None or signed else self._key.sign(self._realm, events))

    async def _deliver_expecting(self, record: "_ProposalRecord") -> PendingOutcome:
        """Deliver *record*, its decision expected. Raises what `_deliver` raises, and `OutcomeUnavailable`."""
        pending = await self.outcomes.expect(record.partition, record.key)
        try:
            self.outcomes.sent(pending, await self._deliver(record))
        except BaseException:
            self.outcomes.forget(pending)
            raise
        return pending

    async def _deliver(self, record: "_ProposalRecord") -> int:
        """Send *record* to the inbox; its offset there. Raises KafkaError and `DeliveryUnconfirmed`."""
        key, value, headers, partition = record
        try:
            with failpoint("propose.send"):
                return await self._producer.send(self._topic, key, value, headers, partition)
        except ProducerClosed:
            raise DeliveryUnconfirmed("the publisher is not open: use it with `async with`") from None

    async def _in_time(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """The result of *work*. Any failure of Kafka, and no answer in time, raise `DeliveryUnconfirmed`."""
        try:
            async with asyncio.timeout(self._delivery_timeout):
                return await work
        except TimeoutError:
            raise DeliveryUnconfirmed(
                f"Kafka did not answer within {self._delivery_timeout:g} s: {AGAIN}. If it never does, check the realm"
            ) from None
        except (KafkaError, OutcomeUnavailable) as error:
            raise DeliveryUnconfirmed(
                f"Kafka did not accept the proposal ({type(error).__name__}): {next_step(error)}"
            ) from None


class _ProposalRecord(NamedTuple):
    """The inbox record of a proposal, and its partition."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    partition: int


def _to_record(events: Sequence[Event]) -> _ProposalRecord:
    """The inbox record of a proposal. Raises ValueError when the registrar could only reject it as unreadable."""
    if not 0 < len(events) <= limits.PROPOSAL_EVENTS:
        raise ValueError(f"a proposal has 1 to {limits.PROPOSAL_EVENTS} events: propose more in several proposals")
    check_proposal(events)
    key, value, headers = write_proposal(events)
    if limits.record_bytes(key, value, headers) > limits.PROPOSAL_BYTES:
        raise ValueError(f"the proposal is larger than {limits.PROPOSAL_BYTES:,} bytes: propose fewer events at once")
    return _ProposalRecord(key, value, headers, partition_of(key))
