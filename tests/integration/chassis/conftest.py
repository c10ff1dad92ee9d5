"""Shared by the chassis' integration tests: a realm's log to write on, and a running tally to read it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest_asyncio
from aiokafka import AIOKafkaProducer
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.tally import SERVICE, Tally, TallySettings
from tests.sealing import to_json
from tests.stack import Realm

from natija_chassis.postgres.engine import open_engine
from natija_chassis.projections import checkpoints
from natija_chassis.projections.apply import apply_batch
from natija_chassis.projections.runner import ApplyBatch, Runner
from natija_events.ids import derived_event_id, new_appeal_number
from natija_events.kafka import partition_of
from natija_events.topics import LOG, PARTITIONS
from natija_events.types.base import EventData
from natija_events.types.intake import Registered, Supplemented
from natija_events.wire.envelope import Event, Stamp, write_headers
from natija_events.wire.hash_chain import GENESIS

ADVISORY_LOCKS = """
    from pg_locks
    where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
"""
"""Those of this database: the server has other tests' databases too."""


@dataclass(slots=True)
class LogWriter:
    """Writes registered events straight on the log, as the registrar does: stamped, in transactions."""

    realm: str
    producer: AIOKafkaProducer
    sequences: dict[str, int] = field(default_factory=dict)
    logsequences: dict[int, int] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    """By partition, the offset of the last record written."""

    def number(self, partition: int | None = None) -> str:
        """A new appeal's number, on *partition* if one is asked for."""
        while True:
            number = new_appeal_number(self.realm)
            if partition is None or partition_of(number.encode()) == partition:
                return number

    async def write(
        self, *appeals: str, events: int = 1, channel: str = "post", traceparent: str | None = None
    ) -> None:
        """One transaction with *events* more events of each of *appeals*; the first one of each opens it."""
        async with self.producer.transaction():
            for _ in range(events):
                await asyncio.gather(*[self._send(appeal, channel, traceparent=traceparent) for appeal in appeals])

    @contextlib.asynccontextmanager
    async def aborted(self, *appeals: str) -> AsyncIterator[None]:
        """A transaction with an event of each of *appeals* that is open during the block, and then aborted."""
        before = dict(self.sequences), dict(self.logsequences), dict(self.ends)
        await self.producer.begin_transaction()
        await asyncio.gather(*[self._send(appeal, "post") for appeal in appeals])
        await self.producer.flush()
        yield
        await self.producer.abort_transaction()
        self.sequences, self.logsequences, self.ends = before

    async def write_raw(self, appeal: str, value: bytes, *, logsequence: int | None = None) -> None:
        """A record of *appeal* whose value is *value*, be it what it may; a greater *logsequence* leaves a hole."""
        async with self.producer.transaction():
            await self._send(appeal, "post", value=value, logsequence=logsequence)

    async def _send(
        self,
        appeal: str,
        channel: str,
        *,
        value: bytes | None = None,
        logsequence: int | None = None,
        traceparent: str | None = None,
    ) -> None:
        partition = partition_of(appeal.encode())
        sequence = self.sequences[appeal] = self.sequences.get(appeal, 0) + 1
        logsequence = self.logsequences[partition] = logsequence or self.logsequences.get(partition, 0) + 1
        now = datetime.now(UTC)
        data: EventData = Supplemented() if sequence > 1 else Registered(
            kind="complaint", form="written", channel=channel, received=now, jurisdiction=self.realm
        )  # fmt: skip
        event = Event(
            id=derived_event_id(appeal, str(sequence)), source="/services/intake", type=data.type, subject=appeal,
            time=now, data=to_json(data) if value is None else value,
            traceparent=traceparent,
        )  # fmt: skip
        stamp = Stamp(sequence, logsequence, now, 0, 0, GENESIS)
        sent = await self.producer.send(
            LOG.name(self.realm),
            event.data,
            key=appeal.encode(),
            partition=partition,
            headers=write_headers(event, stamp),
        )
        sent.add_done_callback(lambda done: self._note(partition, done.result().offset))

    def _note(self, partition: int, offset: int) -> None:
        self.ends[partition] = max(offset, self.ends.get(partition, -1))


@dataclass(slots=True)
class Running:
    """A runner in this process."""

    runner: Runner
    engine: AsyncEngine
    stopping: asyncio.Event
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.stopping.set()
        await self.task


@pytest_asyncio.fixture(loop_scope="session")
async def settings(realm: Realm) -> TallySettings:
    """The realm's settings, in this process."""
    return settings_of(realm)


def settings_of(realm: Realm, **more: Any) -> TallySettings:
    """Settings of *realm* with *more* set."""
    known: dict[str, Any] = {
        "realm": realm.name,
        "kafka": realm.servers.kafka,
        "database": realm.environment["NATIJA_DATABASE"],
        "keys": realm.environment["NATIJA_KEYS"],
    }
    return TallySettings(**known | more)


@pytest_asyncio.fixture(loop_scope="session")
async def log(realm: Realm) -> AsyncIterator[LogWriter]:
    """A writer on the realm's log."""
    producer = AIOKafkaProducer(
        bootstrap_servers=realm.servers.kafka, transactional_id=f"{realm.name}.test", acks="all", max_batch_size=131_072
    )
    await producer.start()
    yield LogWriter(realm.name, producer)
    await producer.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def engine(settings: TallySettings) -> AsyncIterator[AsyncEngine]:
    """The tally's database."""
    engine = open_engine(settings, SERVICE)
    yield engine
    await engine.dispose()


Start = Callable[..., Running]


@pytest_asyncio.fixture(loop_scope="session")
async def start(settings: TallySettings, engine: AsyncEngine) -> AsyncIterator[Start]:
    """Starts runners in this process, and ends them with the test."""
    started: list[Running] = []

    def begin(
        projection: Tally | None = None,
        settings: TallySettings = settings,
        engine: AsyncEngine = engine,
        apply: ApplyBatch = apply_batch,
    ) -> Running:
        stopping = asyncio.Event()
        runner = Runner(projection or Tally(), settings, engine, apply=apply)
        running = Running(runner, engine, stopping, asyncio.create_task(runner.run(stopping)))
        started.append(running)
        return running

    yield begin
    for running in started:
        with contextlib.suppress(Exception):
            await running.stop()


async def reached(engine: AsyncEngine, log: LogWriter, seconds: float = 30) -> None:
    """Return once the checkpoints are at the last record written."""

    async def at_end() -> bool:
        async with engine.connect() as connection:
            held = await checkpoints.load(connection)
        return all(held[partition].offset == offset for partition, offset in log.ends.items())

    await eventually(at_end, seconds=seconds)


ALL = range(PARTITIONS)
