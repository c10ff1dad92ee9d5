"""`natija projection rebuild` on the real servers: equal or nothing, without a trace when it ends early."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.conftest import ADVISORY_LOCKS, ALL, LogWriter, Running, Start, reached
from tests.integration.chassis.tally import Tally, TallySettings, counts

from natija_chassis.errors import OperatorError
from natija_chassis.postgres.table_diff import TableDiff
from natija_chassis.projections.rebuild import RebuildMismatch, rebuild
from natija_chassis.realm.provision import READER
from natija_events.wire.record import RecordedEvent


class Watching:
    """Keeps what a rebuild says; *on_advance* is called after each batch."""

    def __init__(self, on_advance: Callable[[], object] = lambda: None) -> None:
        self.phases: list[tuple[str, int]] = []
        self.records = 0
        self.tables: list[TableDiff] = []
        self._on_advance = on_advance

    def begin(self, phase: str, records: int) -> None:
        self.phases.append((phase, records))

    def advance(self, records: int) -> None:
        self.records += records
        self._on_advance()

    def compared(self, table: TableDiff) -> None:
        self.tables.append(table)


async def schemas(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        query = text("select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'")
        return set(await connection.scalars(query))


async def test_rebuilt_projection_replaces_live_one(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """It is compared with the live one, found equal, and put in its place."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=5)
    await (await running_until_reached(start, engine, log)).stop()
    async with engine.begin() as connection:
        before = await connection.scalar(text("select oid from pg_class where oid = 'live.appeals'::regclass"))
    watching = Watching()
    outcome = await rebuild(settings, Tally(), watching)
    assert outcome.records == watching.records == 80
    assert [(table.table, table.rows, table.equal) for table in outcome.tables] == [
        ("appeals", 16, True),
        ("orders", 80, True),
    ]
    assert await schemas(engine) == {"live", "service", "public"}
    assert await counts(engine) == dict.fromkeys(appeals, 5)
    async with engine.begin() as connection:
        assert before != await connection.scalar(text("select oid from pg_class where oid = 'live.appeals'::regclass"))


async def test_changed_row_prevents_switch(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """The error names the row."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=2)
    await (await running_until_reached(start, engine, log)).stop()
    async with engine.begin() as connection:
        await connection.execute(text("update appeals set events = 3 where number = :one"), {"one": appeals[3]})
        await connection.execute(text("delete from orders where appeal = :one"), {"one": appeals[4]})
    with pytest.raises(RebuildMismatch) as caught:
        await rebuild(settings, Tally(), Watching())
    assert f"table appeals, only in the live one: {appeals[3]}" in str(caught.value)
    assert f"table orders, only in the rebuilt one: {appeals[4]} 1, {appeals[4]} 2" in str(caught.value)
    assert await schemas(engine) == {"live", "service", "public"}
    assert (await counts(engine))[appeals[3]] == 3


async def test_events_during_rebuild_count_once(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """Events that come in during a rebuild are neither lost nor counted twice."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=30)
    running = await running_until_reached(start, engine, log)
    written = 30
    stop = asyncio.Event()

    async def keep_writing() -> None:
        nonlocal written
        while not stop.is_set():
            await log.write(*appeals)
            written += 1

    writing = asyncio.create_task(keep_writing())
    for _ in range(3):
        outcome = await rebuild(settings, Tally(), Watching())
        assert all(table.equal for table in outcome.tables)
    stop.set()
    await writing
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, written)
    assert running.runner.progress.stopped is None


class GatedTally(Tally):
    """Stops in the middle of a transaction, between its rows and the checkpoint, while the gate is shut."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.waits = asyncio.Event()

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        await super().apply(connection, events)
        self.waits.set()
        await self.open.wait()


async def test_switch_waits_for_open_transaction(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals)
    gated = GatedTally()
    await running_until_reached(start, engine, log, gated)
    gated.open.clear()
    gated.waits.clear()
    await log.write(*appeals)
    await gated.waits.wait()
    rebuilding = asyncio.create_task(rebuild(settings, Tally(), Watching()))
    waiting = text(f"select count(*) {ADVISORY_LOCKS} and not granted")
    async with engine.connect() as connection, asyncio.timeout(30):
        while not await connection.scalar(waiting):
            assert not rebuilding.done()
            await asyncio.sleep(0.02)
    gated.open.set()
    await rebuilding
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, 2)


async def test_an_aborted_rebuild_leaves_no_trace(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=10)
    await (await running_until_reached(start, engine, log)).stop()
    task: asyncio.Task[object]
    task = asyncio.create_task(rebuild(settings, Tally(), Watching(lambda: task.cancel())))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await schemas(engine) == {"live", "service", "public"}
    assert await counts(engine) == dict.fromkeys(appeals, 10)


async def test_leftovers_of_crash_are_dropped(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """Schemas of a crashed rebuild are dropped at the next start of the service."""
    await log.write(log.number())
    await (await running_until_reached(start, engine, log)).stop()
    async with engine.begin() as connection:
        await connection.execute(text("create schema rebuild"))
        await connection.execute(text("create schema snapshot"))
        await connection.execute(text("create table rebuild.appeals (number text)"))
    await (await running_until_reached(start, engine, log)).stop()
    assert await schemas(engine) == {"live", "service", "public"}


async def test_rebuilt_tables_keep_grants(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """Roles that may read the live tables may read the rebuilt ones."""
    await log.write(log.number())
    await (await running_until_reached(start, engine, log)).stop()
    async with engine.begin() as connection:
        await connection.execute(text(f"grant usage on schema live to {READER}"))
        await connection.execute(text(f"grant select on live.appeals to {READER}"))
    await rebuild(settings, Tally(), Watching())
    async with engine.connect() as connection:
        query = text(
            "select has_schema_privilege(:role, 'live', 'usage'), has_table_privilege(:role, 'live.appeals', 'select'),"
            " has_table_privilege(:role, 'live.orders', 'select')"
        )
        row = (await connection.execute(query, {"role": READER})).one()
    assert tuple(row) == (True, True, False)


async def test_projection_that_never_ran_is_refused(settings: TallySettings) -> None:
    with pytest.raises(OperatorError, match="has never run"):
        await rebuild(settings, Tally(), Watching())


async def test_second_rebuild_is_refused(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    await log.write(log.number(), events=3)
    await (await running_until_reached(start, engine, log)).stop()
    outcomes = await asyncio.gather(*[rebuild(settings, Tally(), Watching()) for _ in range(2)], return_exceptions=True)
    assert [type(one) for one in outcomes if isinstance(one, BaseException)] == [OperatorError]


class WiderTally(Tally):
    """The next version: one table has another shape."""

    version = 2

    def __init__(self) -> None:
        super().__init__()
        from sqlalchemy import Column, Integer

        self.order.append_column(Column("length", Integer))


async def test_new_version_replaces_old_tables(
    log: LogWriter, settings: TallySettings, engine: AsyncEngine, start: Start
) -> None:
    """Programs of the new version wait for its tables; those of the old one stop."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals)
    old = await running_until_reached(start, engine, log)
    new = start(WiderTally())
    await eventually(lambda: "a rebuild must finish first" in str(new.runner.progress.blocked))
    assert "are of projection version 1, this program is of version 2" in str(new.runner.progress.blocked)
    outcome = await rebuild(settings, WiderTally(), Watching())
    assert [(table.table, table.rows) for table in outcome.tables] == [("appeals", 16), ("orders", None)]
    await log.write(*appeals)
    await eventually(lambda: old.runner.progress.stopped is not None)
    assert "of projection version 2" in str(old.runner.progress.stopped)
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, 2)


async def running_until_reached(
    start: Start, engine: AsyncEngine, log: LogWriter, projection: Tally | None = None
) -> Running:
    running = start(projection)
    await reached(engine, log)
    return running
