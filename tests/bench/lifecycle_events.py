"""Whole lifecycles of appeals, as many as wanted: the events that the benches propose.

Every event has a time and data of its own, as on a real log: no cache of a reader may profit from repetition.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

from aiokafka import AIOKafkaProducer
from tests.signing import key_of
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
SIGNED_SOURCE = "/registers/osh"
EVENTS = 6
"""Of a whole lifecycle without supplements."""
_FIRST = datetime(2026, 1, 12, 9, tzinfo=UTC)
_APART = timedelta(seconds=7, microseconds=919_317)
"""Between two appeals."""
_STEP = timedelta(hours=1, seconds=23, microseconds=61_003)
"""Between two events of an appeal."""
_BODIES = ("ministry-transport", "ministry-health", "ministry-labour", "ministry-economy", "ministry-justice")
_SEALER = Sealer(bytes(32))
_opened = (_FIRST + number * _APART for number in count())


def _sealed(field: str, plain: str) -> object:
    return _SEALER.seal("bench", field, plain)


def registered(received: datetime, serial: str = "0") -> Registered:
    """The opening of an appeal; *serial* makes its personal data its own."""
    return Registered(
        kind="application", form="electronic", channel="electronic", received=received, jurisdiction="KG",
        language="ky", region="chuy", topic="roads",
        text=_sealed("text", f"{serial}: Айылдын жолун оңдоп бериңиздер. " * 4),
        applicant=Applicant(name=_sealed("name", f"Айгүл Асанова {serial}"), phone=_sealed("phone", f"+996 {serial}")),
    )  # fmt: skip


def _data(opened: datetime, serial: str, supplements: int) -> Iterator[EventData]:
    yield registered(opened, serial)
    for number in range(supplements):
        yield Supplemented(text=_sealed("text", f"{serial}: {number}"))
    yield Routed(body=_BODIES[int(serial, 16) % len(_BODIES)], rule=f"roads-{serial}")
    yield TermSet(due=opened + timedelta(days=14), starts=opened + timedelta(days=1), policy="kg-law-67-1")
    yield DecisionPrepared(outcome="satisfied", text=_sealed("text", f"{serial}: Жол июлга чейин оңдолот."))
    yield DecisionApproved(approver=f"head-{serial}")
    yield Answered(
        outcome="satisfied", signer=f"head-{serial}", language="ky", text=_sealed("text", f"{serial}: Жол оңдолду.")
    )


def lifecycle(number: str, supplements: int = 0, source: str = SOURCE) -> Iterator[Event]:
    """The events of the appeal *number*, each a proposal of its own."""
    opened, serial = next(_opened), os.urandom(4).hex()
    for sequence, data in enumerate(_data(opened, serial, supplements)):
        yield Event(
            UUID(bytes=os.urandom(16), version=4), source, data.type, number, opened + sequence * _STEP,
            data.model_dump_json(exclude_none=True).encode(), expectedsequence=sequence or None,
        )  # fmt: skip


async def propose_lifecycles(
    realm: Realm, appeals: int, *, supplements: int = 0, signed: bool = False
) -> Sequence[str]:
    """Put whole lifecycles on the inbox; the numbers of the appeals."""
    source, signing_key = (SIGNED_SOURCE, key_of(SIGNED_SOURCE)) if signed else (SOURCE, None)
    numbers = [new_appeal_number(realm.name) for _ in range(appeals)]
    topic = INBOX.name(realm.name)
    producer = AIOKafkaProducer(
        bootstrap_servers=realm.servers.kafka, acks="all", enable_idempotence=True, max_batch_size=524_288
    )
    await producer.start()
    try:
        for number in numbers:
            partition = partition_of(number.encode())
            for event in lifecycle(number, supplements, source):
                proposal = [event] if signing_key is None else signing_key.sign(realm.name, [event])
                key, value, headers = write_proposal(proposal)
                await producer.send(topic, value, key=key, headers=headers, partition=partition)
    finally:
        await producer.stop()
    return numbers
