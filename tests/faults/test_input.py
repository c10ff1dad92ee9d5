"""Every record of the inbox ends on the log or on rejected, once, and stops nobody."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.structs import RecordMetadata
from tests.faults.accounting import caught_up, rejections
from tests.faults.running_system import RunningSystem
from tests.faults.workload import DECIDED_WITHIN

from natija_chassis.realm.provision import topic_configs
from natija_events.kafka import partition_of
from natija_events.topics import INBOX, PARTITIONS
from natija_events.types.intake import Supplemented
from natija_events.wire.envelope import Event, write_headers
from natija_events.wire.proposal import write_proposal

pytestmark = pytest.mark.timeout(900)

LARGEST = 10_000_000
OUTSIDER = "/portals/outsider"
"""A source that needs no signature, so that each record is judged by what is wrong with it."""
Raw = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Key, value and headers of a record of the inbox."""


@asynccontextmanager
async def outsider(system: RunningSystem) -> AsyncIterator[AIOKafkaProducer]:
    """Somebody who writes on the inbox without our library."""
    producer = AIOKafkaProducer(
        bootstrap_servers=system.realm.servers.kafka, max_request_size=2 * LARGEST, max_batch_size=131_072
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


def broken(event: Event, chance: Random) -> Raw:
    """The record that would propose *event*, with one thing or another wrong about it."""
    key, value, named = write_proposal([event._replace(source=OUTSIDER)])
    raw: list[tuple[str, bytes | None]] = list(named)
    at = chance.randrange(len(raw))
    name, content = raw[at]
    match chance.randrange(14):
        case 0:
            del raw[raw.index(chance.choice([one for one in raw if one[0] != "ce_dataschema"]))]  # that may be missing
        case 1:
            raw.append((name, content))
        case 2:
            raw[at] = name, chance.randbytes(chance.randrange(1, 40))
        case 3:
            raw[at] = name, None
        case 4:
            raw[at] = name, b"7"
        case 5:
            raw.append((f"ce_{chance.choice(('sequence', 'unknown', 'wrappedkey', 'previoushash'))}", b"1"))
        case 6:
            return key, None, raw
        case 7:
            return key, chance.randbytes(chance.randrange(2000)), raw
        case 8:
            return key, b"[" * 20_000 + b"]" * 20_000, raw
        case 9:
            return key, b'{"text": NaN, "attachments": [Infinity, 1e999]}', raw
        case 10:
            raw = [(name, b"appeal.registered.v99" if name == "ce_type" else content) for name, content in raw]
        case 11:
            raw = [(name, b"appeal.unheard-of.v1" if name == "ce_type" else content) for name, content in raw]
        case 12:
            return key, json.dumps({"unknown": chance.random()}).encode(), raw
        case _:
            return chance.choice((None, b"", chance.randbytes(30))), value, raw
    return key, value, raw


async def why_rejected(system: RunningSystem, places: Sequence[RecordMetadata]) -> set[str]:
    """The reasons for which the records at *places* were rejected: each of them, once."""
    wanted = Counter((at.partition, at.offset) for at in places)
    found = [
        one
        async for one in rejections(system.realm)
        if wanted.keys() & {(one.partition, offset) for offset in one.inboxoffsets}
    ]
    decided = Counter((one.partition, offset) for one in found for offset in one.inboxoffsets)
    assert {place: decided[place] for place in wanted} == wanted
    return {one.rejection.reason for one in found}


@pytest.mark.thorough
async def test_records_of_10_megabytes_are_rejected(system: RunningSystem) -> None:
    """Records of 10 million bytes through a raised limit are rejected."""
    topic = INBOX.name(system.realm.name)
    await _limit(system, 2 * LARGEST)
    places = []
    async with system.workload.publisher() as publisher, outsider(system) as producer, system.workload.running(2):
        for _ in range(4):
            event = system.workload.open(publisher).opening
            place = await producer.send_and_wait(
                topic, b"x" * LARGEST, key=event.subject.encode(), headers=write_headers(event),
                partition=partition_of(event.subject.encode()),
            )  # fmt: skip
            places.append(place)
            system.count("faults", 1)
    await caught_up(system.realm)
    assert await why_rejected(system, places) == {"oversize"}
    await system.check_accounting()
    await _limit(system, INBOX.max_bytes)


async def _limit(system: RunningSystem, size: int) -> None:
    """Let records of *size* bytes into the inbox."""
    admin = AIOKafkaAdminClient(bootstrap_servers=system.realm.servers.kafka)
    await admin.start()
    try:
        configs = topic_configs(INBOX, 1) | {"max.message.bytes": str(size)}
        topic = INBOX.name(system.realm.name)
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=configs)])
    finally:
        await admin.close()


async def test_foreign_partitioner_is_rejected_as_misplaced(system: RunningSystem, chance: Random) -> None:
    """A foreign partitioner misplaces and is told so."""
    topic = INBOX.name(system.realm.name)
    async with system.workload.publisher() as publisher, outsider(system) as producer, system.workload.running(2):
        for _ in range(100):
            opening = system.workload.open(publisher).opening._replace(source=OUTSIDER)
            key, value, named = write_proposal([opening])
            await producer.send(topic, value, key=key, headers=named, partition=chance.randrange(PARTITIONS))
        await producer.flush()
    system.count("faults", 100)
    await system.check_accounting()


async def test_concurrent_proposals_are_both_answered(system: RunningSystem) -> None:
    """Two who propose to the same appeal at once are both answered."""
    async with system.workload.publisher() as one, system.workload.publisher() as other:
        for _ in range(20):
            life = system.workload.open(one)
            same = system.workload.propose(one, life.opening), system.workload.propose(other, life.opening)
            outcomes = await asyncio.gather(*same)
            assert all(outcome is not None and outcome.registered for outcome in outcomes)
            assert Counter(outcome.rejection is None for outcome in outcomes if outcome) == {True: 1, False: 1}
            later = life.opening._replace(time=life.now + timedelta(seconds=1))
            both = system.workload.propose(one, *life.supplement()), system.workload.propose(other, later)
            added, reused = await asyncio.gather(*both)
            assert added is not None
            assert added.registered
            assert reused is not None
            assert reused.rejection is not None
            assert reused.rejection.reason == "reused"
    system.count("faults", 40)
    await system.check_accounting()


async def test_refused_record_waits_in_one_database(system: RunningSystem) -> None:
    """A record that only one database refuses waits there and nowhere else."""
    address = system.realm.database("deadlines").replace("+asyncpg", "")
    connection = await asyncpg.connect(address)
    try:
        async with system.workload.publisher() as publisher:
            openings = [system.workload.open(publisher).opening for _ in range(5)]
            poison = ", ".join(f"'{event.subject}'" for event in openings)
            await connection.execute(f"alter table live.appeals add constraint poison check (appeal not in ({poison}))")
            for event in openings:
                outcome = await system.workload.propose(publisher, event)
                assert outcome is not None
                assert outcome.registered
        await caught_up(system.realm)
        assert await connection.fetchval("select count(distinct appeal) from live.dead_letters") == 5
        await system.until_ready()
        assert "5 appeals have dead letters" in (await system.readiness("deadlines"))[1]
        await connection.execute("alter table live.appeals drop constraint poison")
    finally:
        await connection.close()
    await system.realm.run("dead-letters", "retry", "--service", "deadlines")
    system.count("faults", 1)
    await system.check_accounting()


# The largest come last: each accounting counts all that the tests before it left.


@pytest.mark.parametrize(
    "events", [1500, pytest.param(20_000, marks=pytest.mark.thorough)], ids=["some", "twenty thousand"]
)
async def test_flood_delays_its_own_partition_only(system: RunningSystem, events: int) -> None:
    """A flood on one appeal delays its own partition and loses nothing."""
    async with system.workload.publisher() as publisher, system.workload.running(2):
        life = system.workload.open(publisher)
        await system.workload.propose(publisher, life.opening)
        flood = [publisher.event(life.opening.subject, life.now, Supplemented()) for _ in range(events)]
        for begin in range(0, events, 500):
            await asyncio.gather(*(publisher.send(event) for event in flood[begin : begin + 500]))
        system.workload.confirmed.update(event.id for event in flood)
    system.count("faults", 1)
    await caught_up(system.realm, seconds=DECIDED_WITHIN + events / 200)
    await system.check_accounting()


@pytest.mark.parametrize(
    "records", [1000, pytest.param(100_000, marks=pytest.mark.thorough)], ids=["a thousand", "a hundred thousand"]
)
async def test_malformed_records_never_stop_valid_ones(system: RunningSystem, records: int, chance: Random) -> None:
    """Bad records are rejected each with a reason and good ones go on between them."""
    topic, sent = INBOX.name(system.realm.name), []
    async with system.workload.publisher() as publisher, outsider(system) as producer, system.workload.running(2):
        for _ in range(records):
            key, value, named = broken(system.workload.open(publisher).opening, chance)
            sent.append(await producer.send(topic, value, key=key, headers=named, partition=partition_of(key or b"")))
        places = await asyncio.gather(*sent)
    system.count("faults", records)
    await caught_up(system.realm, seconds=DECIDED_WITHIN + records / 1000)
    assert {"unreadable", "invalid", "forbidden", "misplaced"} <= await why_rejected(system, places)
    await system.check_accounting()
