"""Kafka goes away and comes back: who proposes and reads is told in time, loses nothing, and leaves nothing behind.

The broker runs on; it is the cable to it that is cut, frozen and fixed.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import pytest_asyncio
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from tests.integration.events.cable import Cable
from tests.integration.events.conftest import Pen, appeals, event, offset_of
from tests.stack import Realm

from natija_events.kafka import DeliveryUnconfirmed, OutcomePending, Publisher, partition_of, read, read_batches
from natija_events.topics import INBOX

NOWHERE = "127.0.0.1:1"


@pytest_asyncio.fixture(loop_scope="session")
async def plugged(cable: Cable, unattended: Realm) -> AsyncIterator[Publisher]:
    """A publisher on the cable."""
    async with Publisher(unattended.servers.kafka, unattended.name, "/registers/tests", delivery_timeout=2) as one:
        yield one


async def on_the_inbox(realm: Realm, number: str) -> int:
    """How many proposals of this appeal there are."""
    key = number.encode()
    batches = read_batches(realm.servers.kafka, INBOX.name(realm.name), {partition_of(key): 0})
    return sum([sum(record.key == key for record in batch) async for batch in batches])


async def test_publisher_without_kafka_raises() -> None:
    """A publisher that finds no Kafka raises, and can be left."""
    began = time.monotonic()
    publisher = Publisher(NOWHERE, "kg", "/registers/tests", delivery_timeout=2)

    with pytest.raises(KafkaError):
        await publisher.__aenter__()
    await publisher.__aexit__(None, None, None)

    with pytest.raises(DeliveryUnconfirmed, match="is not open"):
        await publisher.send(event(publisher, appeals(1)[0]))
    assert time.monotonic() - began < 10


async def test_connection_gives_up_in_time(cable: Cable, unattended: Realm) -> None:
    """A publisher gives up when Kafka does not answer."""
    cable.freeze()
    began = time.monotonic()

    with pytest.raises((KafkaError, TimeoutError)):
        async with Publisher(unattended.servers.kafka, unattended.name, "/registers/tests", delivery_timeout=1):
            pass

    assert time.monotonic() - began < 10


@pytest.mark.parametrize("breaks", ["cut", "freeze"])
async def test_proposals_fail_while_kafka_is_down(plugged: Publisher, cable: Cable, breaks: str) -> None:
    """While Kafka is down every proposal raises `DeliveryUnconfirmed` in time."""
    getattr(cable, breaks)()
    began = time.monotonic()

    several = [plugged.propose(event(plugged, number), wait=5) for number in appeals(20)]
    outcomes = await asyncio.gather(*several, plugged.send(event(plugged, appeals(1)[0])), return_exceptions=True)

    assert {type(outcome) for outcome in outcomes} == {DeliveryUnconfirmed}
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("breaks", ["cut", "freeze"])
async def test_publisher_closes_while_kafka_is_down(cable: Cable, unattended: Realm, breaks: str) -> None:
    """A publisher with pending proposals closes in bounded time while Kafka is down."""
    async with Publisher(unattended.servers.kafka, unattended.name, "/registers/tests", delivery_timeout=1) as one:
        waiting = asyncio.create_task(one.propose(event(one, appeals(1)[0]), wait=60))
        while not one.outcomes.pending():
            await asyncio.sleep(0.01)
        getattr(cable, breaks)()
        for number in appeals(5):
            with pytest.raises(DeliveryUnconfirmed):
                await one.send(event(one, number))
        began = time.monotonic()

    assert time.monotonic() - began < 5
    with pytest.raises((OutcomePending, DeliveryUnconfirmed)):
        await waiting


@pytest.mark.parametrize("breaks", ["cut", "freeze"])
async def test_publisher_continues_after_outage(
    pen: Pen, plugged: Publisher, cable: Cable, unattended: Realm, breaks: str
) -> None:
    (number,) = appeals(1)
    getattr(cable, breaks)()
    with pytest.raises(DeliveryUnconfirmed):
        await plugged.propose(event(plugged, number), wait=5)
    cable.fix()

    outcome = None
    async with asyncio.timeout(60):
        while outcome is None:
            try:
                async with asyncio.TaskGroup() as group:
                    proposing = group.create_task(plugged.propose(event(plugged, number), wait=5))
                    group.create_task(pen.decide(plugged, event(plugged, number)))
                outcome = proposing.result()
            except* (DeliveryUnconfirmed, OutcomePending):
                pass

    assert outcome.registered
    assert await on_the_inbox(unattended, number) >= 1


async def test_pending_outcome_survives_outage(pen: Pen, plugged: Publisher, cable: Cable) -> None:
    """A proposal pending while Kafka is down gets its decision when Kafka is back."""
    numbers = appeals(30)
    waiting = [asyncio.create_task(plugged.propose(event(plugged, number), wait=60)) for number in numbers]
    offsets = {number: await offset_of(plugged, number) for number in numbers}
    cable.cut()
    for number, offset in offsets.items():
        await pen.write(event(plugged, number), inbox=offset)
    cable.fix()

    assert all(outcome.registered for outcome in await asyncio.gather(*waiting))


async def test_spent_producer_is_replaced(plugged: Publisher, unattended: Realm) -> None:
    """A producer that the broker refuses for good is replaced by a new one."""
    (number,) = appeals(1)
    partition = partition_of(number.encode())
    await plugged.send(event(plugged, number))
    assert plugged._producer is not None
    numbers_sent = plugged._producer._txn_manager
    numbers_sent.increment_sequence_number(TopicPartition(INBOX.name(unattended.name), partition), 5)

    with pytest.raises(DeliveryUnconfirmed, match="OutOfOrderSequenceNumber"):
        await plugged.send(event(plugged, number))
    await asyncio.gather(*(plugged.send(event(plugged, number)) for _ in range(3)))

    assert await on_the_inbox(unattended, number) == 4


async def test_reader_without_kafka_raises() -> None:
    """A reader that finds no Kafka raises and leaves no connection open."""
    with pytest.raises(KafkaError):
        async for _ in read(NOWHERE, "kg"):
            pass


async def test_following_reader_continues_after_outage(
    pen: Pen, unheard: Publisher, cable: Cable, unattended: Realm
) -> None:
    (number,) = appeals(1)
    await pen.write(event(unheard, number), sequence=1)
    sequences = []
    async with (
        asyncio.timeout(60),
        aclosing(read(unattended.servers.kafka, unattended.name, subject=number, follow=True)) as events,
    ):
        async for one in events:
            sequences.append(one.sequence)
            if len(sequences) == 2:
                break
            cable.cut()
            await pen.write(event(unheard, number), sequence=2)
            cable.fix()

    assert sequences == [1, 2]
