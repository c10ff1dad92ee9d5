"""The history of an appeal read from the log itself: the same rows whatever the projection knows, or what is broken."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.stack import Realm
from tests.unit.analytics.histories import Log, appeal_number, hour, registered

from natija_analytics import histories, projection
from natija_analytics.rows import HistoryRow, history_row
from natija_analytics.settings import AnalyticsSettings
from natija_chassis import entries, identity, store
from natija_chassis.applying import take_in
from natija_chassis.database import open_engine
from natija_chassis.parking import is_poison
from natija_events.envelope import headers
from natija_events.fold import RecordedEvent
from natija_events.kafka import partition_of, read_batches
from natija_events.topics import LOG
from natija_events.types.intake import Supplemented
from natija_events.types.routing import Answered, Routed

APPEAL = appeal_number(1)


class Register:
    """A realm's log to write on as the registrar would, and the projection of what is taken in."""

    def __init__(self, realm: Realm, producer: AIOKafkaProducer, engine: AsyncEngine) -> None:
        self.realm, self.engine = realm, engine
        self.database = f"{realm.name}_analytics"
        self._producer = producer

    async def write(self, *events: RecordedEvent) -> None:
        async with self._producer.transaction():
            for event in events:
                key = event.subject.encode()
                await self._producer.send_and_wait(
                    LOG.name(self.realm.name), event.event.data, key=key, partition=partition_of(key),
                    headers=headers(event.event, event.stamp),
                )  # fmt: skip

    async def take_in(self) -> None:
        """Project all that stands on the log now."""
        topic, start = LOG.name(self.realm.name), {partition_of(APPEAL.encode()): 0}
        async for batch in read_batches(self.realm.servers.kafka, topic, start):
            await take_in(self.engine, projection.build(), entries.read(batch))

    async def of_log(self, appeal: str = APPEAL) -> list[HistoryRow]:
        return await histories.of_log(self.realm.servers.kafka, self.realm.name, self.engine, appeal)

    async def of_projection(self) -> list[HistoryRow]:
        async with self.engine.connect() as connection:
            return await histories.of_projection(connection, APPEAL)

    async def execute(self, statement: str) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))


@pytest_asyncio.fixture(loop_scope="session")
async def register(realm: Realm) -> AsyncIterator[Register]:
    """An empty log with a projection of it."""
    settings = AnalyticsSettings(
        realm=realm.name, kafka=realm.servers.kafka, database=realm.environment["NATIJA_DATABASE"]
    )
    engine = open_engine(settings, "analytics")
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka, transactional_id=f"{realm.name}.test", acks="all")
    await producer.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        stack.push_async_callback(producer.stop)
        await store.prepare(engine, projection.build(), await identity.of_log(settings.kafka, settings.realm))
        yield Register(realm, producer, engine)


def life(appeal: str = APPEAL) -> list[RecordedEvent]:
    """Five events of the appeal, and between them some of others on its partition."""
    log = Log()
    partition = partition_of(appeal.encode())
    others = [number for number in map(appeal_number, range(10, 99)) if partition_of(number.encode()) == partition]
    log.add(appeal, hour(0), registered(hour(0), topic="tax"))
    for number in others:
        log.add(number, hour(0), registered(hour(0)))
    for data in (Routed(body="A"), Supplemented(), None, Answered(outcome="explained")):
        log.add(appeal, hour(1), data)
    assert others
    return log.events


def own(events: list[RecordedEvent], appeal: str = APPEAL) -> list[RecordedEvent]:
    return [event for event in events if event.subject == appeal]


async def test_the_log_tells_the_same_however_much_the_projection_knows(register: Register) -> None:
    events = life()
    await register.write(*events[:-3])
    await register.take_in()
    assert await register.of_log() == await register.of_projection()
    await register.write(*events[-3:-1])
    await register.write(events[-1])
    behind = await register.of_log()
    assert [row._replace(offset=0) for row in behind] == [
        history_row(event)._replace(offset=0) for event in own(events)
    ]
    await register.take_in()
    assert behind == await register.of_log() == await register.of_projection()
    # What is parked is not in the history; it stands on the log all the same.
    last = f"from history where appeal = '{APPEAL}' and sequence > 3"
    await register.execute(
        f'insert into parked (partition, "offset", appeal) select partition, "offset", appeal {last}'
    )
    await register.execute(f"delete {last}")
    assert await register.of_log() == behind
    await register.execute("drop schema live cascade")
    assert await register.of_log() == behind


async def test_the_first_event_that_does_not_fit_is_named(register: Register) -> None:
    changed, missing, unreadable = map(appeal_number, (2, 3, 4))
    events = life(changed)
    second = own(events, changed)[1]
    forged = second._replace(event=second.event._replace(data=b'{"body":"B"}'))
    await register.write(*(forged if event is second else event for event in events))
    with pytest.raises(histories.Broken, match=rf"event 3 of {changed} does not follow from the one before it"):
        await register.of_log(changed)

    events = own(life(missing), missing)
    await register.write(*events[:2], *events[3:])
    with pytest.raises(histories.Broken, match=rf"where event 3 of {missing} belongs, another stands or none"):
        await register.of_log(missing)

    first, *rest = own(life(unreadable), unreadable)
    await register.write(first._replace(event=first.event._replace(data=b"{}")), *rest)
    with pytest.raises(histories.Broken, match=r"partition \d+, offset \d+: "):
        await register.of_log(unreadable)


async def test_a_connection_that_breaks_during_the_copy_loses_nothing_and_the_next_batch_goes_on(
    register: Register,
) -> None:
    await register.write(*life())
    watcher = await asyncpg.connect(register.realm.environment["NATIJA_POSTGRES"], database=register.database)
    try:
        async with watcher.transaction():
            await watcher.execute("lock table live.history in exclusive mode")
            taking = asyncio.create_task(register.take_in())
            async with asyncio.timeout(20):
                while not await watcher.fetchval(f"select bool_or(pg_terminate_backend(pid)) {_COPYING}"):
                    await asyncio.sleep(0.02)
            with pytest.raises(Exception) as lost:  # noqa: PT011 - whatever the driver says of a lost server
                await taking
        assert not is_poison(lost.value)
        await register.take_in()
        assert len(await register.of_projection()) == 5
        assert await watcher.fetchval("select count(*) from live.history") == len(life())
    finally:
        await watcher.close()


_COPYING = "from pg_locks where not granted and relation = 'live.history'::regclass"
