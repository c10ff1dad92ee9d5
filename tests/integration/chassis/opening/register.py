"""Appeals with text in a real realm, and what opens them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.signing import key_if_signed
from tests.stack import Realm

from natija_chassis.opening.appeal_reader import AppealReader
from natija_chassis.opening.key_indexer import KeyIndexer
from natija_chassis.postgres.engine import open_engine
from natija_chassis.settings import Settings
from natija_events.ids import new_appeal_number
from natija_events.kafka import Publisher, partition_of, read, read_batches
from natija_events.sealing.data_key import DataKey
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.topics import AUDIT, KEYS
from natija_events.types.intake import Registered, Supplemented
from natija_events.types.personal import AppealText, Person, Text
from natija_events.wire.audit_record import AuditRecord, Look, read_audit_record
from natija_events.wire.record import RecordedEvent
from natija_events.wire.stored_key import HEADERS, write_erased_key

SOURCE = "/portals/tests"
LOOK = Look(
    official="9f" * 32, post="labour/lawyer", body="labour", purpose="handling", process="desk",
    time=datetime(2026, 3, 31, 8, 5, tzinfo=UTC),
)  # fmt: skip


def settings_of(realm: Realm) -> Settings:
    """Settings of a process of *realm*."""
    return Settings(realm=realm.name, kafka=realm.servers.kafka, database=realm.environment["NATIJA_DATABASE"])


@asynccontextmanager
async def database(realm: Realm) -> AsyncIterator[AsyncEngine]:
    """The database that these tests borrow."""
    engine = open_engine(settings_of(realm), "routing", pool=10)
    try:
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def indexing(of: Realm | Settings, engine: AsyncEngine) -> AsyncIterator[KeyIndexer]:
    """An indexer that runs during the block, in a realm or with these settings."""
    settings = of if isinstance(of, Settings) else settings_of(of)
    indexer, stopping = KeyIndexer(settings, engine), asyncio.Event()
    running = asyncio.create_task(indexer.run(stopping))
    try:
        yield indexer
    finally:
        stopping.set()
        await running


async def write_appeal(realm: Realm, supplements: int = 1) -> list[RecordedEvent]:
    """The events of a new appeal: one with a person and a text, and *supplements* with a text each."""
    number, received = new_appeal_number(realm.name), datetime.now(UTC) - timedelta(minutes=1)
    appeal = Registered(
        kind="complaint", form="written", channel="other", received=received, jurisdiction="KG",
        person=Person(name="Asanova Aigul"), content=AppealText(text="The road has washed away."),
    )  # fmt: skip
    async with Publisher(
        realm.servers.kafka, realm.name, SOURCE, realm_key=realm.public_key, key=key_if_signed(SOURCE)
    ) as publisher:
        assert (await publisher.propose(publisher.event(number, received, appeal), wait=20)).registered
        for index in range(supplements):
            more = publisher.event(number, datetime.now(UTC), Supplemented(content=Text(text=f"More: {index}")))
            assert (await publisher.propose(more, wait=20)).registered
    return [event async for event in read(realm.servers.kafka, realm.name, subject=number)]


async def erase(realm: Realm, event: RecordedEvent) -> None:
    """Write that the data key of *event* is erased."""
    kid = next(value.kid for value in event.data.__dict__.values() if hasattr(value, "kid"))
    key, value = write_erased_key(kid, datetime(2026, 4, 1, tzinfo=UTC))
    async with AIOKafkaProducer(bootstrap_servers=realm.servers.kafka, acks="all") as producer:
        await producer.send_and_wait(KEYS.name(realm.name), value, key, partition=event.partition, headers=HEADERS)


async def looks(realm: Realm, appeal: str) -> list[AuditRecord]:
    """The looks at *appeal* on the topic of audit."""
    found = []
    async for batch in read_batches(realm.servers.kafka, AUDIT.name(realm.name), {partition_of(appeal.encode()): 0}):
        found += [read_audit_record(one.key, one.value) for one in batch if one.key == appeal.encode()]
    return found


@dataclass
class NotedKek(KeyEncryptionKey):
    """The KEK of *realm*. It notes in *steps* when it opens a data key."""

    realm: Realm
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kek = self.realm.kek
        self.version = self.kek.version

    def unwrap(self, kid: str, wrapped: str) -> DataKey:
        self.steps.append("opened")
        return self.kek.unwrap(kid, wrapped)


def reader_of(realm: Realm, engine: AsyncEngine, keks: Sequence[Any] = ()) -> AppealReader:
    """The reader of *realm*, with its own KEK or with *keks*."""
    return AppealReader(settings_of(realm).kafka_config, realm.name, engine, keks or [realm.kek])
