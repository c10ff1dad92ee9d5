"""The ground of benches: their own servers, realms, and a progress line."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from rich.progress import Progress
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench.lifecycle_events import EVENTS, propose_lifecycles
from tests.bench.measurement import RUNS, Figure, rate
from tests.stack import Realm, Realms

from natija_chassis.postgres.engine import create_service_tables, open_engine
from natija_chassis.projections import checkpoints
from natija_chassis.settings import Settings
from natija_events.topics import PARTITIONS
from natija_intake.registrar import store, tables

Step = Callable[[], None]
"""Called when a step is done."""

APPEALS, LONG_APPEALS, SUPPLEMENTS = 60_000, 40, 4


@dataclass(frozen=True, slots=True)
class FilledLog:
    """A realm with *events* on its log; *long_appeals* are the numbers of appeals that have 10 of them each."""

    realm: Realm
    events: int
    long_appeals: Sequence[str]


@dataclass(slots=True)
class BenchSetup:
    """Handed to every bench. *figures* are those of this run so far: a floor may be another bench's figure."""

    realms: Realms
    progress: Progress
    figures: dict[str, Figure] = field(default_factory=dict)
    benches: Mapping[str, "Bench"] = field(default_factory=dict)
    _filled_log: FilledLog | None = None

    async def figure(self, name: str) -> Figure:
        """The figure of the bench *name*; measured now if it was not before."""
        if name not in self.figures:
            self.figures[name] = await self.benches[name](self)
        return self.figures[name]

    async def filled_log(self) -> FilledLog:
        """The register whose log all benches of readers share; filled for the first of them."""
        if self._filled_log is None:
            with self.progress_bar("a log to read", 2) as step:
                self._filled_log = await _filled(await self.realms(), step)
        return self._filled_log

    @contextmanager
    def progress_bar(self, name: str, steps: int = 2 * RUNS) -> Iterator[Step]:
        """A bar for the bench *name* of so many steps."""
        task = self.progress.add_task(name, total=steps)
        yield lambda: self.progress.advance(task)
        self.progress.update(task, completed=steps)


Bench = Callable[[BenchSetup], Awaitable[Figure]]


async def _filled(realm: Realm, step: Step) -> FilledLog:
    numbers = await propose_lifecycles(realm, LONG_APPEALS, supplements=SUPPLEMENTS)
    await propose_lifecycles(realm, APPEALS)
    step()
    events = LONG_APPEALS * (EVENTS + SUPPLEMENTS) + APPEALS * EVENTS
    registrar = await realm.serve("registrar", ready=False)
    engine = engine_of(realm, "intake")
    try:
        await create_service_tables(engine, tables.own)
        await rate(lambda: decided_count(engine), events)
    finally:
        await engine.dispose()
        await registrar.stop()
    return FilledLog(realm, events, numbers)


async def decided_count(engine: AsyncEngine) -> int:
    """How many proposals the registrar has decided, their heads kept; *engine* is intake's."""
    async with engine.connect() as connection:
        found = await store.load_offsets(connection, range(PARTITIONS))
    return sum(position.inbox_next for position in found.values())


async def applied(engine: AsyncEngine) -> int:
    """How many events of the log the projection in the database of *engine* has applied."""
    async with engine.connect() as connection:
        return int(await connection.scalar(select(func.sum(checkpoints.table.c.logsequence))) or 0)


async def end_offsets(kafka: str, topic: str) -> dict[int, int]:
    """Per partition, the offset after the last committed record of *topic*."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, isolation_level="read_committed")
    await consumer.start()
    try:
        found = await consumer.end_offsets([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
    finally:
        await consumer.stop()
    return {place.partition: end for place, end in found.items()}


def settings_of(realm: Realm) -> Settings:
    """The settings of a process of *realm* that runs in this one."""
    return Settings(realm=realm.name, kafka=realm.servers.kafka, database=realm.environment["NATIJA_DATABASE"])


def engine_of(realm: Realm, service: str) -> AsyncEngine:
    """The database of *service*, with what all its processes ask of an engine."""
    return open_engine(settings_of(realm), service)
