"""Exactly once from inbox to log, whichever process dies when, with any number of registrars."""

import asyncio
import signal
from collections import Counter
from datetime import UTC, datetime

import asyncpg
import pytest
from deploy.local.ports import free_port
from tests.integration.chassis.test_outage import drop_database
from tests.integration.intake import registering as r
from tests.stack import Child, Realm

from natija_events.kafka import Publisher
from natija_events.types.intake import Supplemented
from natija_events.wire.envelope import Event
from natija_events.wire.record import RecordedEvent

LIVES = 250
EVENTS_OF_A_LIFE = 3


def lives(publisher: Publisher, realm: Realm, count: int = LIVES) -> list[list[Event]]:
    """The same proposals each time: an appeal that opens, and two events more, one proposal each."""
    now = datetime.now(UTC)
    made = []
    for subject in r.numbers(realm, count):
        events = [publisher.event(subject, now, r.registered(received=now))]
        made.append([*events, *(publisher.event(subject, now, Supplemented()) for _ in range(EVENTS_OF_A_LIFE - 1))])
    return made


async def send_all(publisher: Publisher, proposals: list[list[Event]]) -> None:
    """Propose life by life, each event on its own, in order within a life."""

    async def live(events: list[Event]) -> None:
        for event in events:
            await publisher.send(event)

    await asyncio.gather(*(live(events) for events in proposals))


async def registered(realm: Realm, count: int, seconds: float = 60) -> list[RecordedEvent]:
    """The log, once it has *count* events."""
    async with asyncio.timeout(seconds):
        while len(found := await r.log_of(realm)) < count:
            await asyncio.sleep(0.1)
    return found


def assert_once(events: list[RecordedEvent], proposals: list[list[Event]]) -> None:
    """The log has every event once, in its order, and nothing else."""
    ids = [event.id for event in events]
    assert Counter(ids) == Counter(event.id for life in proposals for event in life)
    order: dict[str, list[int]] = {}
    for event in events:
        order.setdefault(event.subject, []).append(event.sequence)
    assert all(sequences == list(range(1, EVENTS_OF_A_LIFE + 1)) for sequences in order.values())


async def second_registrar(realm: Realm) -> Child:
    """One more registrar, once it is ready: standby or deciding."""
    return await realm.serve("registrar", NATIJA_REGISTRAR_PORT=str(free_port()))


async def says(child: Child, what: str) -> None:
    """Return once the registrar's /ready has the text *what*."""
    import httpx

    async with httpx.AsyncClient(timeout=2, trust_env=False) as client, asyncio.timeout(20):
        while what not in (await client.get(f"{child.management_url}/ready")).text:
            await asyncio.sleep(0.05)


async def test_killed_registrar_registers_everything_once(realm: Realm) -> None:
    """A registrar is killed three times while it decides; every event is on the log once, in order."""
    registrar = await realm.serve("registrar", NATIJA_BATCH_RECORDS="20")
    async with r.publisher(realm) as publisher:
        proposals = lives(publisher, realm)
        sending = asyncio.create_task(send_all(publisher, proposals))
        for share in (0.1, 0.4, 0.7):
            await registered(realm, int(share * LIVES * EVENTS_OF_A_LIFE))
            await registrar.kill()
            registrar = await realm.serve("registrar", NATIJA_BATCH_RECORDS="20")
        await sending
    events = await registered(realm, LIVES * EVENTS_OF_A_LIFE)
    await says(registrar, "deciding")
    assert_once(events, proposals)
    assert await r.rejected(realm) == []
    assert (await realm.run("registrar", "verify")).code == 0


async def test_repeated_proposals_are_duplicates(realm: Realm) -> None:
    """Every proposal is sent again; each one is rejected as a duplicate, and the log stays as it was."""
    await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        proposals = lives(publisher, realm, 50)
        await send_all(publisher, proposals)
        before = await registered(realm, 150)
        outcomes = await asyncio.gather(*(publisher.propose(event, wait=20) for life in proposals for event in life))
    assert all(one.registered and one.rejection is not None for one in outcomes)
    assert {event.id for event in before} == {event.id for event in await r.log_of(realm)}
    assert Counter(one.rejection.reason for one in await r.rejected(realm)) == {"duplicate": 150}


async def test_second_registrar_takes_free_shards(realm: Realm) -> None:
    """A second registrar acquires one of two shards, and both after the first one was killed."""
    first = await realm.serve("registrar")
    await realm.run("registrar", "shards", "2")
    await says(first, "deciding on 2 shards")
    second = await second_registrar(realm)
    await says(first, "deciding on 1 shard")
    await says(second, "deciding on 1 shard")
    async with r.publisher(realm) as publisher:
        proposals = lives(publisher, realm)
        sending = asyncio.create_task(send_all(publisher, proposals))
        await registered(realm, LIVES // 4)
        await first.kill()
        await says(second, "deciding on 2 shards")
        await sending
    assert_once(await registered(realm, LIVES * EVENTS_OF_A_LIFE), proposals)
    assert (await realm.run("registrar", "verify")).code == 0


async def test_shard_count_changes_under_load(realm: Realm) -> None:
    """The number of shards changes three times under load; nothing is lost or doubled."""
    registrar = await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        proposals = lives(publisher, realm)
        sending = asyncio.create_task(send_all(publisher, proposals))
        for count in ("4", "1", "3"):
            await realm.run("registrar", "shards", count)
        await says(registrar, "deciding on 3 shards")
        await sending
    assert_once(await registered(realm, LIVES * EVENTS_OF_A_LIFE), proposals)
    assert (await realm.run("registrar", "verify")).code == 0


@pytest.mark.parametrize("point", ["shards.fence:before", "shards.ready:before"])
async def test_registrar_finishes_killed_layout_change(realm: Realm, point: str) -> None:
    """A change of the shard count is killed midway; a registrar finishes it."""
    registrar = await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        proposals = lives(publisher, realm, 50)
        sending = asyncio.create_task(send_all(publisher, proposals))
        await registered(realm, 10)
        await realm.run("registrar", "shards", "3", expect=-signal.SIGKILL, NATIJA_FAILPOINT=point)
        await says(registrar, "deciding on 3 shards")
        await sending
    assert_once(await registered(realm, 50 * EVENTS_OF_A_LIFE), proposals)
    assert (await realm.run("registrar", "verify")).code == 0


async def test_new_layout_outdates_forgotten_ones(realm: Realm) -> None:
    """A new layout is later than every one that Kafka knows, also than those that the database forgot."""
    registrar = await realm.serve("registrar")
    await realm.run("registrar", "shards", "2")
    await says(registrar, "deciding on 2 shards")
    await registrar.stop()
    connection = await asyncpg.connect(realm.database("intake").replace("+asyncpg", ""))
    try:
        await connection.execute("update service.shards set generation = 1, shards = 1")  # as it was in the backup
    finally:
        await connection.close()
    assert "2 shards, generation 3" in (await realm.run("registrar", "shards", "2")).stdout


async def test_zombie_registrar_writes_nothing(realm: Realm) -> None:
    """A registrar is paused and continued after another one took over; it writes nothing more."""
    zombie = await realm.serve("registrar", NATIJA_BATCH_RECORDS="20")
    async with r.publisher(realm) as publisher:
        proposals = lives(publisher, realm)
        sending = asyncio.create_task(send_all(publisher, proposals))
        await registered(realm, LIVES // 4)
        zombie.process.send_signal(signal.SIGSTOP)
        await end_sessions(realm)
        second = await second_registrar(realm)
        await says(second, "deciding on 1 shard")
        await sending
        events = await registered(realm, LIVES * EVENTS_OF_A_LIFE)
        zombie.process.send_signal(signal.SIGCONT)
        await says(zombie, "standby")
    assert_once(events, proposals)
    assert len(await r.log_of(realm)) == len(events)


async def end_sessions(realm: Realm) -> None:
    """End the database sessions of the stopped registrar, as a network that is gone would: its lock goes with them."""
    connection = await asyncpg.connect(realm.servers.postgres)
    query = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1"
    await connection.execute(query, f"{realm.name}_intake")
    await connection.close()


async def test_dropped_database_is_refilled_from_log(
    realm: Realm,
) -> None:
    """The database is dropped under a registrar: it fills a new one from the log, and decides nothing twice."""
    registrar = await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        proposals = lives(publisher, realm, 30)
        await send_all(publisher, proposals)
        await registered(realm, 90)
        await drop_database(realm, "intake")
        await says(registrar, "disconnected")
        more = [[publisher.event(life[0].subject, datetime.now(UTC), Supplemented())] for life in proposals]
        await send_all(publisher, [*more, *proposals])  # what it has decided must not be decided again
        await realm.run("provision")
        await says(registrar, "deciding")
        events = await registered(realm, 120)
        async with asyncio.timeout(30):
            while len(refused := await r.rejected(realm)) < 90:
                await asyncio.sleep(0.1)
    assert len({event.id for event in events}) == len(events) == 120
    assert {one.rejection.reason for one in refused} == {"duplicate"}
    assert (await realm.run("registrar", "verify")).code == 0


async def test_idle_registrar_makes_no_transaction(registry: Realm) -> None:
    """Without proposals the ends of log and rejected stay: a transaction's markers would move them."""
    async with r.publisher(registry) as publisher:
        await r.open_appeal(publisher, registry)
        before = await _log_ends(registry)
        loop_turns = asyncio.get_running_loop().time() + 2.5  # more than two polls of the inbox
        while asyncio.get_running_loop().time() < loop_turns:
            assert await _log_ends(registry) == before
            await asyncio.sleep(0.25)


async def _log_ends(realm: Realm) -> dict[int, int]:
    """The end offsets of the log and rejected: a transaction's marker would move them."""
    from aiokafka import AIOKafkaConsumer, TopicPartition

    from natija_events.topics import LOG, REJECTED

    consumer = AIOKafkaConsumer(bootstrap_servers=realm.servers.kafka)
    await consumer.start()
    try:
        topics = LOG.name(realm.name), REJECTED.name(realm.name)
        places = [TopicPartition(topic, partition) for topic in topics for partition in range(16)]
        ends = await consumer.end_offsets(places)
        return {index: ends[place] for index, place in enumerate(places)}
    finally:
        await consumer.stop()
