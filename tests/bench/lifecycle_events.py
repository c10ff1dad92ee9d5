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

from natija_events.ids import new_appeal_number
from natija_events.kafka import partition_of
from natija_events.sealing.data_key import Place
from natija_events.sealing.wrapping import RealmKey, RealmPublicKey
from natija_events.topics import INBOX
from natija_events.types.base import EventData
from natija_events.types.deadlines import TermSet
from natija_events.types.intake import Applicant, Registered, Supplemented
from natija_events.types.personal import AppealText, Person, Text
from natija_events.types.routing import Answered, DecisionApproved, DecisionPrepared, Routed
from natija_events.types.sealed import plain_values, seal_data
from natija_events.wire.envelope import Event
from natija_events.wire.proposal import write_proposal

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
_SOME_KEY = RealmPublicKey(RealmKey(bytes(range(32)), "kg").public, "kg")
_opened = (_FIRST + number * _APART for number in count())


def registered(received: datetime, serial: str = "0") -> Registered:
    """The opening of an appeal; *serial* makes its personal data its own."""
    return Registered(
        kind="application", form="electronic", channel="electronic", received=received, jurisdiction="KG",
        language="ky", region="chuy", topic="roads",
        applicant=Applicant(), person=Person(name=f"Айгүл Асанова {serial}", phone=f"+996 {serial}"),
        content=AppealText(text=f"{serial}: Айылдын жолун оңдоп бериңиздер. " * 4),
    )  # fmt: skip


def _data(opened: datetime, serial: str, supplements: int) -> Iterator[EventData]:
    yield registered(opened, serial).model_copy(update={"register_name": "bench"})
    for number in range(supplements):
        yield Supplemented(content=Text(text=f"{serial}: {number}"))
    yield Routed(body=_BODIES[int(serial, 16) % len(_BODIES)], rule=f"roads-{serial}")
    yield TermSet(due=opened + timedelta(days=14), starts=opened + timedelta(days=1), policy="kg-law-67-1")
    yield DecisionPrepared(outcome="satisfied", content=Text(text=f"{serial}: Жол июлга чейин оңдолот."))
    yield DecisionApproved(approver=f"head-{serial}")
    yield Answered(
        outcome="satisfied", signer=f"head-{serial}", language="ky", content=Text(text=f"{serial}: Жол оңдолду.")
    )


def lifecycle(
    number: str, supplements: int = 0, source: str = SOURCE, realm_key: RealmPublicKey = _SOME_KEY
) -> Iterator[Event]:
    """The events of the appeal *number*, each a proposal of its own."""
    opened, serial = next(_opened), os.urandom(4).hex()
    for sequence, data in enumerate(_data(opened, serial, supplements)):
        id, key = UUID(bytes=os.urandom(16), version=4), None
        if plain_values(data):
            key = realm_key.new_key(number)
            data = seal_data(data, key.data_key, Place(realm_key.realm, number, source, id, data.type, ""))
        yield Event(
            id, source, data.type, number, opened + sequence * _STEP,
            data.model_dump_json(exclude_none=True).encode(), expectedsequence=sequence or None,
            wrappedkey=None if key is None else key.wrapped,
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
            for event in lifecycle(number, supplements, source, realm.public_key):
                proposal = [event] if signing_key is None else signing_key.sign(realm.name, [event])
                key, value, headers = write_proposal(proposal)
                await producer.send(topic, value, key=key, headers=headers, partition=partition)
    finally:
        await producer.stop()
    return numbers
