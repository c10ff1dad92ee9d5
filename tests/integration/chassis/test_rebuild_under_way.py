"""`natija projection rebuild` of every service at 300 events a second, and a new version that goes live meanwhile."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import Column, Integer
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.conftest import ALL, LogWriter, Start, reached
from tests.integration.chassis.tally import SERVICE, Tally, TallySettings, counts
from tests.integration.chassis.test_rebuild import Watching, running_until_reached
from tests.integration.intake import registering as r
from tests.stack import Realm

from natija_chassis.projections.installed import services
from natija_chassis.projections.rebuild import rebuild
from natija_events.types.intake import Registered, Supplemented
from natija_events.wire.record import RecordedEvent

EVENTS_A_SECOND = 300
LONGEST_PAUSE = 1.0
SERVICES = tuple(services())


@contextlib.asynccontextmanager
async def coming_in(realm: Realm) -> AsyncIterator[None]:
    """300 events a second: appeals that are registered, and supplemented once."""

    async def keep_coming() -> None:
        began, sent = time.monotonic(), 0
        async with r.publisher(realm) as publisher:
            while True:
                subject = r.number(realm)
                for data in (r.registered(), Supplemented()):
                    await publisher.send(publisher.event(subject, datetime.now(UTC), data))
                    sent += 1
                await asyncio.sleep(max(0.0, began + sent / EVENTS_A_SECOND - time.monotonic()))

    coming = asyncio.create_task(keep_coming())
    try:
        yield
        assert not coming.done()
    finally:
        coming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await coming


class Pauses:
    """How long the live side of *service* stood still at most, seen from its checkpoints."""

    def __init__(self, realm: Realm, service: str) -> None:
        self._url = realm.database(service).replace("+asyncpg", "")
        self.longest = 0.0
        self.applied = 0

    async def __aenter__(self) -> "Pauses":
        self._connection = await asyncpg.connect(self._url)
        await self._moved()
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._watching
        await self._connection.close()

    async def _watch(self) -> None:
        since, start = time.monotonic(), self.applied
        while True:
            before = self.applied
            await self._moved()
            now = time.monotonic()
            self.longest = max(self.longest, now - since)
            if self.applied != before:
                since = now
            assert self.applied >= before >= start, "the live side went back"
            await asyncio.sleep(0.02)

    async def _moved(self) -> None:
        self.applied = await self._connection.fetchval("select sum(logsequence)::bigint from live.checkpoints")


@pytest.mark.thorough
@pytest.mark.timeout(300)
async def test_every_service_rebuilds_under_load(
    realm: Realm,
) -> None:
    """The rebuilt tables are equal, and the live service pauses a second at most."""
    for service in ("registrar", "routing", "deadlines", "analytics", "desk"):
        await realm.serve(service)
    async with coming_in(realm):
        for service in SERVICES:
            async with Pauses(realm, service) as pauses:
                before = pauses.applied
                done = await realm.run("projection", "rebuild", service)
                async with asyncio.timeout(30):  # what the switch held up shows when it goes on
                    after = pauses.applied
                    while pauses.applied == after:
                        await asyncio.sleep(0.02)
            assert "DIFFERENT" not in done.stdout
            assert "and switched" in done.stdout
            assert pauses.applied > before, "it went on meanwhile"
            print(f"{service}: longest pause {pauses.longest:.3f} s, {pauses.applied - before} events meanwhile")
            assert pauses.longest <= LONGEST_PAUSE, service
    for service in SERVICES:  # and once more at rest: what was switched in is the fold, too
        assert "DIFFERENT" not in (await realm.run("projection", "rebuild", service)).stdout


class TallyWithFirst(Tally):
    """The next version: a column more, filled from the log."""

    version = 2

    def __init__(self) -> None:
        super().__init__()
        self.appeals.append_column(Column("first", Integer))

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        await super().apply(connection, events)
        opened = [event for event in events if isinstance(event.data, Registered)]
        if opened:
            add = insert(self.appeals)
            await connection.execute(
                add.on_conflict_do_update(index_elements=["number"], set_={"first": add.excluded.first}),
                [{"number": one.subject, "events": 0, "first": one.sequence} for one in opened],
            )


async def test_version_with_new_column_goes_live(
    realm: Realm, log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """Without stopping the service."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=20)
    old = await running_until_reached(start, engine, log)
    written, stop = 20, asyncio.Event()

    async def keep_writing() -> None:
        nonlocal written
        while not stop.is_set():
            await log.write(*appeals)
            written += 1
            await asyncio.sleep(len(appeals) / EVENTS_A_SECOND)

    writing = asyncio.create_task(keep_writing())
    new = start(TallyWithFirst())  # started before the rebuild, it waits for its tables; the old one goes on till then
    await eventually(lambda: "a rebuild must finish first" in str(new.runner.progress.blocked))
    async with Pauses(realm, SERVICE) as pauses:
        await rebuild(settings, TallyWithFirst(), Watching())
        switched = pauses.applied
        await eventually(lambda: pauses.applied > switched + EVENTS_A_SECOND)
    print(f"to a new version: longest pause {pauses.longest:.3f} s")
    assert old.runner.progress.stopped is not None
    stop.set()
    await writing
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, written)
    async with engine.connect() as connection:
        table = TallyWithFirst().appeals
        assert set(await connection.scalars(table.select().with_only_columns(table.c.first))) == {1}
    assert new.runner.progress.stopped is None
