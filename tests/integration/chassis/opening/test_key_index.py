"""The index of data keys equals the topic, whatever happens to its process, its database or the topic."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest_asyncio
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.opening import register
from tests.stack import Realm
from tests.topics import recreate

from natija_chassis.opening import key_index
from natija_events.kafka import read_batches
from natija_events.topics import KEYS, PARTITIONS

KILLS = 4


class KeyWriter:
    """Writes records of made-up keys in transactions, as the registrar does."""

    def __init__(self, realm: Realm, producer: AIOKafkaProducer) -> None:
        self._topic = KEYS.name(realm.name)
        self._producer = producer

    async def write(self, first: int, last: int, *, commit: bool = True) -> None:
        """One record of each of the keys number *first* to before *last*, on one partition after the other."""
        await self._producer.begin_transaction()
        sent = [
            await self._producer.send(self._topic, b"{}", key=kid_of(number).encode(), partition=number % PARTITIONS)
            for number in range(first, last)
        ]
        await asyncio.gather(*sent)
        await (self._producer.commit_transaction() if commit else self._producer.abort_transaction())


def kid_of(number: int) -> str:
    return key_index.to_kid(number.to_bytes(16))


@pytest_asyncio.fixture(loop_scope="session")
async def writer(realm: Realm) -> AsyncIterator[KeyWriter]:
    options = {"transactional_id": f"{realm.name}.test", "acks": "all"}
    async with AIOKafkaProducer(bootstrap_servers=realm.servers.kafka, **options) as producer:
        yield KeyWriter(realm, producer)


@pytest_asyncio.fixture(loop_scope="session")
async def engine(realm: Realm) -> AsyncIterator[AsyncEngine]:
    async with register.database(realm) as engine:
        yield engine


async def on_topic(realm: Realm) -> Mapping[str, tuple[int, int]]:
    """Partition and offset of the last record of each key, by a full read of the topic."""
    found = {}
    start = dict.fromkeys(range(PARTITIONS), 0)
    async for batch in read_batches(realm.servers.kafka, KEYS.name(realm.name), start):
        found.update({record.key.decode(): (record.partition, record.offset) for record in batch})
    return found


async def indexed(engine: AsyncEngine) -> Mapping[str, tuple[int, int]]:
    async with engine.connect() as connection:
        rows = await connection.execute(text('select kid, partition, "offset" from service.key_places'))
        return {key_index.to_kid(kid): (partition, offset) for kid, partition, offset in rows}


async def until_equal(realm: Realm, engine: AsyncEngine) -> None:
    expected = await on_topic(realm)

    async def equal() -> bool:
        return await indexed(engine) == expected

    await eventually(equal)


async def test_index_equals_full_read(realm: Realm, writer: KeyWriter, engine: AsyncEngine) -> None:
    """Of keys with several records the last one counts, and of an aborted transaction none."""
    await writer.write(0, 500)
    async with register.indexing(realm, engine) as indexer:
        await until_equal(realm, engine)
        await writer.write(400, 600)
        await writer.write(550, 700, commit=False)
        await writer.write(0, 10)
        await until_equal(realm, engine)
        assert len(await indexed(engine)) == 600
        await eventually(lambda: indexer.lag == 0)
        assert indexer.problem is None


async def test_killed_indexer_goes_on(realm: Realm, writer: KeyWriter, engine: AsyncEngine) -> None:
    """Wherever it is killed: places and positions are committed together."""
    await writer.write(0, 4000)
    for kill in range(KILLS):
        async with started_indexer(realm) as child:
            reached = 1000 * kill

            async def is_beyond(reached: int = reached) -> bool:
                return len(await indexed(engine)) >= reached

            await eventually(is_beyond)
            child.kill()
        await writer.write(4000 * (kill + 1), 4000 * (kill + 2))
    async with register.indexing(realm, engine):
        await until_equal(realm, engine)


@asynccontextmanager
async def started_indexer(realm: Realm) -> AsyncIterator[asyncio.subprocess.Process]:
    command = (sys.executable, "-m", "tests.integration.chassis.opening.indexer")
    child = await asyncio.create_subprocess_exec(*command, env=os.environ | realm.environment)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def test_two_indexers_share_a_database(realm: Realm, writer: KeyWriter, engine: AsyncEngine) -> None:
    async with register.indexing(realm, engine), register.indexing(realm, engine):
        for first in range(0, 3000, 300):
            await writer.write(first, first + 400)
        await until_equal(realm, engine)


async def test_restored_database_is_filled_up(realm: Realm, writer: KeyWriter, engine: AsyncEngine) -> None:
    """While the process runs: at the next record it sees that the database stands elsewhere."""
    async with register.indexing(realm, engine):
        await writer.write(0, 300)
        await until_equal(realm, engine)
        async with engine.begin() as connection:
            await connection.execute(text('update service.key_positions set "offset" = 3'))
            await connection.execute(text('delete from service.key_places where "offset" >= 3'))
        await writer.write(300, 400)
        await until_equal(realm, engine)


async def test_recreated_topic_is_indexed_again(realm: Realm, writer: KeyWriter, engine: AsyncEngine) -> None:
    """Also when the new topic has passed the place at which the old one was left."""
    await writer.write(0, 300)
    async with register.indexing(realm, engine):
        await until_equal(realm, engine)
    await recreate(realm, KEYS)
    await writer.write(1000, 1800)
    async with register.indexing(realm, engine):
        await until_equal(realm, engine)
        assert len(await indexed(engine)) == 800


async def test_shorter_topic_is_indexed_again(realm: Realm, writer: KeyWriter, engine: AsyncEngine) -> None:
    """A restore of the topic has lost its end: places that are not there are forgotten."""
    await writer.write(0, 100)
    async with register.indexing(realm, engine):
        await until_equal(realm, engine)
    async with engine.begin() as connection:
        await connection.execute(text('update service.key_positions set "offset" = "offset" + 1000'))
        await connection.execute(text("insert into service.key_places values (1000, 3, decode('00', 'hex'))"))
    async with register.indexing(realm, engine):
        await until_equal(realm, engine)
