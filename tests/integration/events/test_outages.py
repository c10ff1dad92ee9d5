"""Outages of Kafka: publishers and readers raise in bounded time, lose nothing and leave no connection open.

The broker runs on: a proxy cuts or freezes the connections. A call that hangs ends by the test's time limit.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from tests.eventually import eventually
from tests.integration.events.conftest import LogWriter, event, new_numbers, offset_of
from tests.integration.events.proxy import TcpProxy
from tests.sealing import REALM_KEY
from tests.stack import Realm

from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, Publisher, partition_of, read, read_batches
from natija_events.topics import INBOX

NOWHERE = "127.0.0.1:1"


@pytest_asyncio.fixture(loop_scope="session")
async def proxied(proxy: TcpProxy, bare_realm: Realm) -> AsyncIterator[Publisher]:
    """A publisher whose connections go through the proxy."""
    async with Publisher(
        bare_realm.servers.kafka,
        bare_realm.name,
        "/registers/tests",
        realm_key=bare_realm.public_key,
        delivery_timeout=2,
    ) as one:
        yield one


async def proposals_on_inbox(realm: Realm, number: str) -> int:
    """How many proposals of this appeal there are."""
    key = number.encode()
    batches = read_batches(realm.servers.kafka, INBOX.name(realm.name), {partition_of(key): 0})
    return sum([sum(record.key == key for record in batch) async for batch in batches])


async def test_publisher_without_kafka_raises() -> None:
    """A publisher that finds no Kafka raises, and can be left."""
    publisher = Publisher(NOWHERE, "kg", "/registers/tests", realm_key=REALM_KEY, delivery_timeout=2)

    with pytest.raises(KafkaError):
        await publisher.__aenter__()
    await publisher.__aexit__(None, None, None)

    with pytest.raises(DeliveryUnconfirmed, match="is not open"):
        await publisher.send(event(publisher, new_numbers(1)[0]))


async def test_connection_gives_up_in_time(proxy: TcpProxy, bare_realm: Realm) -> None:
    """A publisher gives up when Kafka does not answer."""
    proxy.freeze()

    with pytest.raises((KafkaError, TimeoutError)):
        async with Publisher(
            bare_realm.servers.kafka,
            bare_realm.name,
            "/registers/tests",
            realm_key=bare_realm.public_key,
            delivery_timeout=1,
        ):
            pass


@pytest.mark.parametrize("breaks", ["cut", "freeze"])
async def test_proposals_fail_while_kafka_is_down(proxied: Publisher, proxy: TcpProxy, breaks: str) -> None:
    """While Kafka is down, every proposal raises `DeliveryUnconfirmed`."""
    getattr(proxy, breaks)()

    several = [proxied.propose(event(proxied, number), wait=5) for number in new_numbers(20)]
    outcomes = await asyncio.gather(*several, proxied.send(event(proxied, new_numbers(1)[0])), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {DeliveryUnconfirmed}


@pytest.mark.parametrize("breaks", ["cut", "freeze"])
async def test_publisher_closes_while_kafka_is_down(proxy: TcpProxy, bare_realm: Realm, breaks: str) -> None:
    """A publisher with pending proposals closes while Kafka is down."""
    async with Publisher(
        bare_realm.servers.kafka,
        bare_realm.name,
        "/registers/tests",
        realm_key=bare_realm.public_key,
        delivery_timeout=1,
    ) as one:
        waiting = asyncio.create_task(one.propose(event(one, new_numbers(1)[0]), wait=60))
        await eventually(one.outcomes.pending)
        getattr(proxy, breaks)()
        for number in new_numbers(5):
            with pytest.raises(DeliveryUnconfirmed):
                await one.send(event(one, number))

    with pytest.raises((OutcomePending, DeliveryUnconfirmed)):
        await waiting


@pytest.mark.parametrize("breaks", ["cut", "freeze"])
async def test_publisher_continues_after_outage(
    writer: LogWriter, proxied: Publisher, proxy: TcpProxy, bare_realm: Realm, breaks: str
) -> None:
    (number,) = new_numbers(1)
    getattr(proxy, breaks)()
    with pytest.raises(DeliveryUnconfirmed):
        await proxied.propose(event(proxied, number), wait=5)
    proxy.restore()

    outcome = None
    async with asyncio.timeout(60):
        while outcome is None:
            try:
                async with asyncio.TaskGroup() as group:
                    proposing = group.create_task(proxied.propose(event(proxied, number), wait=5))
                    group.create_task(writer.decide(proxied, event(proxied, number)))
                outcome = proposing.result()
            except* (DeliveryUnconfirmed, OutcomePending):
                pass

    assert outcome.registered
    assert await proposals_on_inbox(bare_realm, number) >= 1


async def test_pending_outcome_survives_outage(writer: LogWriter, proxied: Publisher, proxy: TcpProxy) -> None:
    """A proposal pending while Kafka is down gets its decision when Kafka is back."""
    numbers = new_numbers(30)
    waiting = [asyncio.create_task(proxied.propose(event(proxied, number), wait=60)) for number in numbers]
    offsets = {number: await offset_of(proxied, number) for number in numbers}
    proxy.cut()
    for number, offset in offsets.items():
        await writer.write(event(proxied, number), inbox=offset)
    proxy.restore()

    assert all(outcome.registered for outcome in await asyncio.gather(*waiting))


async def test_spent_producer_is_replaced(proxied: Publisher, bare_realm: Realm) -> None:
    """A producer that the broker refuses for good is replaced by a new one."""
    (number,) = new_numbers(1)
    partition = partition_of(number.encode())
    await proxied.send(event(proxied, number))
    assert proxied._producer._producer is not None
    numbers_sent = proxied._producer._producer._txn_manager
    numbers_sent.increment_sequence_number(TopicPartition(INBOX.name(bare_realm.name), partition), 5)

    with pytest.raises(DeliveryUnconfirmed, match="OutOfOrderSequenceNumber"):
        await proxied.send(event(proxied, number))
    await asyncio.gather(*(proxied.send(event(proxied, number)) for _ in range(3)))

    assert await proposals_on_inbox(bare_realm, number) == 4


async def test_reader_without_kafka_raises() -> None:
    """A reader that finds no Kafka raises and leaves no connection open."""
    with pytest.raises(KafkaError):
        async for _ in read(NOWHERE, "kg"):
            pass


async def test_following_reader_continues_after_outage(
    writer: LogWriter, bare_publisher: Publisher, proxy: TcpProxy, bare_realm: Realm
) -> None:
    (number,) = new_numbers(1)
    await writer.write(event(bare_publisher, number), sequence=1)
    sequences = []
    async with (
        asyncio.timeout(60),
        aclosing(read(bare_realm.servers.kafka, bare_realm.name, subject=number, follow=True)) as events,
    ):
        async for one in events:
            sequences.append(one.sequence)
            if len(sequences) == 2:
                break
            proxy.cut()
            await writer.write(event(bare_publisher, number), sequence=2)
            proxy.restore()

    assert sequences == [1, 2]
