"""Shared by the tests of the Kafka part: publishers, a writer of the log, a proxy, a check for unseen errors."""

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from tests.eventually import eventually
from tests.integration.events.proxy import TcpProxy, proxy_to
from tests.stack import Realm, Servers, provisioned_realms

from natija_events.ids import derived_event_id, new_appeal_number
from natija_events.kafka import Publisher, partition_of
from natija_events.topics import LOG
from natija_events.types.base import EventData
from natija_events.types.intake import Registered
from natija_events.wire.envelope import Event, Headers, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS

SOURCE = "/registers/tests"
THEN = datetime(2024, 3, 4, 9, 30, tzinfo=UTC)
REGISTERED = Registered(
    kind="application", form="written", channel="other", received=THEN, jurisdiction="KG", register_name="tests"
)


def event(publisher: Publisher, number: str, data: EventData = REGISTERED, **more: Any) -> Event:
    """An event whose id follows from its appeal and type."""
    return publisher.event(number, THEN, data, id=derived_event_id(number, data.type), **more)


def new_numbers(count: int, realm: Realm | None = None) -> list[str]:
    """Fresh numbers of appeals. A registrar admits only those of its own *realm*."""
    return [new_appeal_number(realm.name if realm else "KG") for _ in range(count)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def bare_realm(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Realm]:
    """A realm without a registrar: the tests write the decisions themselves."""
    async with provisioned_realms(servers, tmp_path_factory.mktemp("bare_realm")) as make:
        yield await make()


@pytest_asyncio.fixture(loop_scope="session")
async def publisher(registry: Realm) -> AsyncIterator[Publisher]:
    """A publisher that may import histories, in a realm with a registrar."""
    async with Publisher(registry.servers.kafka, registry.name, SOURCE, realm_key=registry.public_key) as publisher:
        yield publisher


@pytest_asyncio.fixture(loop_scope="session")
async def bare_publisher(bare_realm: Realm) -> AsyncIterator[Publisher]:
    """A publisher in a realm without a registrar."""
    async with Publisher(
        bare_realm.servers.kafka, bare_realm.name, SOURCE, realm_key=bare_realm.public_key, delivery_timeout=2
    ) as publisher:
        yield publisher


@pytest_asyncio.fixture(loop_scope="session")
async def writer(bare_realm: Realm) -> AsyncIterator["LogWriter"]:
    """Writes the log of the realm without a registrar."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bare_realm.servers.kafka, transactional_id=f"{bare_realm.name}.writer-{uuid4()}"
    )
    await producer.start()
    try:
        yield LogWriter(producer, LOG.name(bare_realm.name))
    finally:
        await producer.stop()


async def offset_of(publisher: Publisher, number: str) -> int:
    """The inbox offset of the proposal for which *publisher* waits."""
    found = await eventually(
        lambda: [one.offset for one in publisher.outcomes.pending(number.encode()) if one.offset is not None]
    )
    return found[0]


class LogWriter:
    """Writes records on a log as the registrar does, in transactions that are committed or aborted."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def decide(self, publisher: Publisher, event: Event, *, sequence: int = 1, commit: bool = True) -> None:
        """Register the proposal of *event* for which *publisher* waits, once it is on the inbox."""
        await self.write(event, inbox=await offset_of(publisher, event.subject), sequence=sequence, commit=commit)

    async def write(self, *events: Event, inbox: int = 0, commit: bool = True, sequence: int = 1) -> None:
        """Register *events* as a proposal at the offset *inbox*."""
        await self._producer.begin_transaction()
        for place, event in enumerate(events, sequence):
            stamp = Stamp(place, place, THEN, inbox, 0, GENESIS)
            await self.put(event.subject.encode(), event.data, write_headers(event, stamp))
        await (self._producer.commit_transaction() if commit else self._producer.abort_transaction())

    async def write_malformed(self, key: bytes, value: bytes, written: Headers) -> None:
        """Write a record that no registrar would write."""
        await self._producer.begin_transaction()
        await self.put(key, value, written)
        await self._producer.commit_transaction()

    async def put(self, key: bytes, value: bytes, written: Headers) -> None:
        await self._producer.send_and_wait(
            self._topic, value, key=key, headers=list(written), partition=partition_of(key)
        )


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TcpProxy]:
    """The proxy through which all clients created during the test connect."""
    async with proxy_to(servers.kafka, monkeypatch) as proxy:
        yield proxy


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def no_unseen_error() -> AsyncIterator[None]:
    """No task is left running and no exception is lost: asyncio and aiokafka report both to the loop's handler."""
    loop = asyncio.get_running_loop()
    before, told = asyncio.all_tasks(), []
    loop.set_exception_handler(lambda _, context: None if _of_a_stream(context) else told.append(context))
    try:
        yield
        async with asyncio.timeout(10):
            while left := [task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()]:
                await asyncio.wait(left)
        gc.collect()
        await asyncio.sleep(0)
    finally:
        loop.set_exception_handler(None)
    assert told == []


def _of_a_stream(context: dict[str, Any]) -> bool:
    """True for the reset of a stream that asyncio itself has seen: its protocol marks the future it keeps of that so in
    its `__del__`, which the collector may call after the future's own. aiokafka's futures hold a KafkaError."""
    return "future" in context and type(context.get("exception")) is ConnectionResetError
