"""Reading the log on real Kafka: in order, from where one stands, to its end or forever."""

import asyncio
from contextlib import aclosing

import pytest
import pytest_asyncio
from tests.contract.a_v2 import TopicAssignedV2, a_v2
from tests.integration.events.conftest import REGISTERED, LogWriter, event, new_numbers
from tests.stack import Realm

from natija_events.kafka import Publisher, partition_of, read, read_batches
from natija_events.lifecycle.fold import fold
from natija_events.topics import LOG
from natija_events.types.routing import Routed, TopicAssigned
from natija_events.types.sealed import sealed_values
from natija_events.wire.record import RecordedEvent
from natija_events.wire.values import Unreadable


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def history(registry: Realm) -> list[str]:
    """Appeals with two events each, registered by a real registrar."""
    numbers = new_numbers(24, registry)
    async with Publisher(
        registry.servers.kafka, registry.name, "/registers/tests", realm_key=registry.public_key
    ) as publisher:
        proposals = [
            (event(publisher, number), event(publisher, number, TopicAssigned(topic="land"))) for number in numbers
        ]
        outcomes = await asyncio.gather(*(publisher.propose(*events, wait=60) for events in proposals))
    assert all(outcome.registered for outcome in outcomes)
    return numbers


async def everything(realm: Realm, **how: object) -> list[RecordedEvent]:
    return [one async for one in read(realm.servers.kafka, realm.name, **how)]  # type: ignore[arg-type]


async def test_events_are_read_in_order(registry: Realm, history: list[str]) -> None:
    """All events are read, in order within each appeal, and reading stops at the end."""
    found: dict[str, list[RecordedEvent]] = {number: [] for number in history}
    for one in await everything(registry):
        found.get(one.subject, []).append(one)

    for number, events in found.items():
        opened, assigned = events
        assert opened.data == REGISTERED.model_copy(update=sealed_values(opened.data or REGISTERED))
        assert (opened.sequence, assigned.sequence, assigned.data) == (1, 2, TopicAssigned(topic="land"))
        assert {one.partition for one in events} == {partition_of(number.encode())}
        assert events[1].stamp.previoushash == events[0].hash
        assert events[0].offset < events[1].offset


async def test_events_of_one_appeal(registry: Realm, history: list[str]) -> None:
    events = await everything(registry, subject=history[0])

    assert [one.subject for one in events] == [history[0]] * 2
    appeal = fold(events)
    assert appeal is not None
    assert appeal.topic == "land"


async def test_unknown_appeal_has_no_events(registry: Realm) -> None:
    assert await everything(registry, subject=new_numbers(1, registry)[0]) == []


async def test_reading_continues_from_saved_position(registry: Realm, history: list[str]) -> None:
    before = await everything(registry)
    half = before[: len(before) // 2]
    positions = {one.partition: one.offset + 1 for one in half}
    rest = await everything(registry, positions=positions)

    seen = [(one.partition, one.offset) for one in (*half, *rest)]
    assert set(seen) >= {(one.partition, one.offset) for one in before}
    assert len(seen) == len(set(seen)), "no event twice"


async def test_position_at_end_reads_nothing(registry: Realm, history: list[str]) -> None:
    positions = {one.partition: one.offset + 1 for one in await everything(registry)}

    assert await everything(registry, positions=positions) == []


async def test_following_reads_new_events(bare_realm: Realm, bare_publisher: Publisher, writer: LogWriter) -> None:
    (number,) = new_numbers(1)
    await writer.write(event(bare_publisher, number), sequence=1)
    sequences: list[int] = []
    async with (
        asyncio.timeout(30),
        aclosing(read(bare_realm.servers.kafka, bare_realm.name, subject=number, follow=True)) as events,
    ):
        async for one in events:
            sequences.append(one.sequence)
            if len(sequences) == 3:
                break
            await writer.write(event(bare_publisher, number), sequence=len(sequences) + 1)

    assert sequences == [1, 2, 3]


async def test_aborted_records_are_not_read(bare_realm: Realm, bare_publisher: Publisher, writer: LogWriter) -> None:
    (number,) = new_numbers(1)
    await writer.write(event(bare_publisher, number), commit=False)
    assert await everything(bare_realm, subject=number) == []

    await writer.write(event(bare_publisher, number))
    await writer.write(event(bare_publisher, number, Routed(body="b")), sequence=2, commit=False)
    assert [one.sequence for one in await everything(bare_realm, subject=number)] == [1]


async def test_batches_stop_before_given_offset(registry: Realm, history: list[str]) -> None:
    partition = partition_of(history[0].encode())
    topic = LOG.name(registry.name)
    start = {partition: 0}
    all_of_it = [
        record.offset async for batch in read_batches(registry.servers.kafka, topic, start) for record in batch
    ]

    for end in (0, all_of_it[-1], all_of_it[-1] + 1, all_of_it[-1] + 1000):
        batches = read_batches(registry.servers.kafka, topic, start, end={partition: end})
        assert [record.offset async for batch in batches for record in batch] == [
            offset for offset in all_of_it if offset < end
        ]


async def test_early_end_closes_connections(registry: Realm, history: list[str]) -> None:
    async for _ in read(registry.servers.kafka, registry.name):
        break


async def test_version_1_is_read_as_2(registry: Realm, history: list[str]) -> None:
    """An event registered as version 1 is read from the log as version 2."""
    with a_v2():
        _, assigned = events = await everything(registry, subject=history[0])

    assert assigned.type == "appeal.topic-assigned.v1"
    assert assigned.data == TopicAssignedV2(topic="2019/land", scheme="2019")
    appeal = fold(events)
    assert appeal is not None
    assert appeal.topic == "2019/land"


async def test_malformed_record_raises(bare_realm: Realm, bare_publisher: Publisher, writer: LogWriter) -> None:
    """A record that no registrar would write raises; it is not skipped."""
    (number,) = new_numbers(1)
    await writer.write_malformed(number.encode(), b"{}", [("ce_id", b"x")])

    with pytest.raises(Unreadable):
        await everything(bare_realm, subject=number)
