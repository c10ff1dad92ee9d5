"""Lives of appeals, as many as wanted: what the benches propose."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from aiokafka import AIOKafkaProducer
from tests.stack import Realm

from natija_events.encryption import Sealer
from natija_events.ids import new_appeal_number
from natija_events.kafka import partition_of
from natija_events.topics import INBOX
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermSet
from natija_events.types.intake import Applicant, Registered, Supplemented
from natija_events.types.routing import Answered, DecisionApproved, DecisionPrepared, Routed
from natija_events.wire.envelope import Event, write_proposal

SOURCE = "/registers/bench"
_OPENED = datetime(2026, 1, 12, 9, tzinfo=UTC)
_SEALER = Sealer(bytes(32))


def _sealed(field: str, plain: str) -> object:
    return _SEALER.seal("bench", field, plain)


REGISTERED = Registered(
    kind="application", form="electronic", channel="electronic", received=_OPENED, jurisdiction="KG", language="ky",
    region="chuy", topic="roads", text=_sealed("text", "Айылдын жолун оңдоп бериңиздер. " * 4),
    applicant=Applicant(name=_sealed("name", "Айгүл Асанова"), phone=_sealed("phone", "+996 555 000 000")),
)  # fmt: skip
_AFTER: tuple[EventData, ...] = (
    Routed(body="ministry-transport", rule="roads"),
    TermSet(due=_OPENED + timedelta(days=14), starts=_OPENED + timedelta(days=1), policy="kg-law-67-1"),
    DecisionPrepared(outcome="satisfied", text=_sealed("text", "Жол июлга чейин оңдолот.")),
    DecisionApproved(approver="head-7"),
    Answered(outcome="satisfied", signer="head-7", language="ky", text=_sealed("text", "Жол оңдолду.")),
)
EVENTS = 1 + len(_AFTER)
"""Of a whole life."""


class Lifecycle:
    """The data of a life, serialised once: what is measured is the register, not who writes to it."""

    def __init__(self, supplements: int = 0) -> None:
        data = (REGISTERED, *[Supplemented()] * supplements, *_AFTER)
        self._data = [(one.type, one.model_dump_json(exclude_none=True).encode()) for one in data]

    def events(self, number: str) -> Iterator[Event]:
        """The events of the appeal *number*, each to be proposed by itself."""
        for sequence, (type, data) in enumerate(self._data):
            yield Event(
                UUID(bytes=os.urandom(16), version=4), SOURCE, type, number, _OPENED + timedelta(hours=sequence), data,
                expectedsequence=sequence or None,
            )  # fmt: skip


async def propose_lifecycles(realm: Realm, appeals: int, life: Lifecycle | None = None) -> Sequence[str]:
    """Put whole lives on the inbox, each event a proposal of its own; the numbers of the appeals."""
    life = life or Lifecycle()
    numbers = [new_appeal_number(realm.name) for _ in range(appeals)]
    topic = INBOX.name(realm.name)
    producer = AIOKafkaProducer(
        bootstrap_servers=realm.servers.kafka, acks="all", enable_idempotence=True, max_batch_size=524_288
    )
    await producer.start()
    try:
        for number in numbers:
            partition = partition_of(number.encode())
            for event in life.events(number):
                key, value, headers = write_proposal([event])
                await producer.send(topic, value, key=key, headers=headers, partition=partition)
    finally:
        await producer.stop()
    return numbers
