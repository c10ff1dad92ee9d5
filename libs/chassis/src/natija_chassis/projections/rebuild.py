"""Rebuilds a projection from the log, beside the live one, which continues meanwhile.

The new tables are filled in the schema `rebuild`, first exactly up to the checkpoints of a snapshot of the live ones.
At the same position on the log both must be equal. Then they catch up and replace the live tables in one transaction,
under the lock that excludes every projection transaction. A failure before that leaves no trace.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy import MetaData, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from natija_chassis.errors import OperatorError
from natija_chassis.postgres.engine import LIVE, REBUILD, RETIRED, SNAPSHOT, open_engine
from natija_chassis.postgres.locks import Lock
from natija_chassis.postgres.table_diff import TableDiff, compare
from natija_chassis.projections import apply, checkpoints, log_identity, log_records, schema
from natija_chassis.projections.checkpoints import Checkpoint
from natija_chassis.projections.projection import Projection
from natija_chassis.settings import Settings
from natija_events.failpoints import failpoint
from natija_events.kafka import read_batches
from natija_events.topics import LOG

SWITCH_LAG = 200
"""The lag behind the live tables below which the rest is applied while the live service waits. If events arrive too
fast for that, the switch starts when another round of catching up no longer halves the lag."""
BATCH_RECORDS = 1000
"""Records that are applied together, from any partition: sixteen small transactions cost as much as large ones."""
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 20.0
"""Seconds that the live service may wait at the switch: the first limit is doubled after each failed attempt, up to
the second."""


class RebuildObserver(Protocol):
    """Receives the progress of a rebuild."""

    def begin(self, phase: str, records: int) -> None:
        """A phase starts that will apply this number of records."""

    def advance(self, records: int) -> None:
        """This number of further records is applied."""

    def compared(self, table: TableDiff) -> None:
        """A table has been compared."""


class RebuildResult(NamedTuple):
    """The result of a rebuild: records applied, and tables compared."""

    records: int
    tables: Sequence[TableDiff]


class RebuildMismatch(Exception):
    """The log does not produce the rows of the live tables. Nothing was switched."""

    def __init__(self, tables: Sequence[TableDiff], dead_letters: int) -> None:
        hint = f"; it has {dead_letters} dead letters: run natija dead-letters retry first" if dead_letters else ""
        super().__init__(f"the rebuilt tables differ from the live ones: {'; '.join(map(_named, tables))}{hint}")


def _named(table: TableDiff) -> str:
    parts = [
        f"only {where}: {', '.join(keys)}"
        for where, keys in (("in the live one", table.only_there), ("in the rebuilt one", table.only_here))
        if keys
    ]
    return f"table {table.table}, {', '.join(parts)}"


async def rebuild(settings: Settings, projection: Projection, watcher: RebuildObserver) -> RebuildResult:
    """Rebuild *projection* and switch to it. Raises `RebuildMismatch`, or `OperatorError` when it cannot start.

    If it is canceled before the switch, it leaves nothing. After the switch it completes and returns its result. So a
    caller that sees a cancellation can rely on it.
    """
    engine = open_engine(settings, projection.service, pool=3)
    beside = open_engine(settings, projection.service, schema=REBUILD, pool=2, durable=False)
    making = _Rebuild(settings, projection, watcher, engine, beside)
    working = asyncio.create_task(_run_alone(making, engine))
    try:
        while True:
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                if working.cancelled():
                    raise
                if not (making.switching or working.cancelling()):
                    working.cancel()
    finally:
        await beside.dispose()
        await engine.dispose()


async def _run_alone(making: "_Rebuild", engine: AsyncEngine) -> RebuildResult:
    async with _alone(engine):
        return await making.run()


@contextlib.asynccontextmanager
async def _alone(engine: AsyncEngine) -> AsyncIterator[None]:
    """Hold the lock of rebuilds; what a crashed one or this one leaves is dropped."""
    async with engine.connect() as connection:
        connection = await connection.execution_options(isolation_level="AUTOCOMMIT")
        if not await connection.scalar(text("select pg_try_advisory_lock(:lock)"), {"lock": Lock.REBUILD}):
            raise OperatorError("another rebuild of this service is running")
        try:
            await schema.drop_leftovers(connection)
            yield
        finally:
            with failpoint("rebuild.clear"):
                await _clear(connection)


async def _clear(connection: AsyncConnection) -> None:
    await schema.drop_leftovers(connection)
    await connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": Lock.REBUILD})


class _Rebuild:
    """One rebuild, step by step. *engine* sees the live schema, *beside* the one that is filled."""

    def __init__(
        self,
        settings: Settings,
        projection: Projection,
        watcher: RebuildObserver,
        engine: AsyncEngine,
        beside: AsyncEngine,
    ) -> None:
        self._settings = settings
        self._projection = projection
        self._watcher = watcher
        self._engine = engine
        self._beside = beside
        self._records = 0
        self.switching = False
        """True from where it can no longer be taken back."""

    async def run(self) -> RebuildResult:
        log = await log_identity.fetch(self._settings.kafka_config, self._settings.realm)
        version = await self._check(log)
        with failpoint("rebuild.snapshot"):
            at = await self._take_snapshot()
        with failpoint("rebuild.create"):
            async with self._engine.begin() as connection:
                await connection.execute(text(f"create schema {REBUILD}"))
                await schema.create_store(connection, self._projection, REBUILD, log)
        self._watcher.begin("from the log", sum(one.logsequence for one in at.values()))
        await self._fill(at)
        tables = await self._prove_equal(version)
        with failpoint("rebuild.drop-snapshot"):
            async with self._engine.begin() as connection:
                await connection.execute(text(f"drop schema {SNAPSHOT} cascade"))
        await self._catch_up_and_switch()
        return RebuildResult(self._records, tables)

    async def _check(self, log: log_identity.LogIdentity) -> int:
        """The version of the live tables. Raises `OperatorError` when they are not of this log."""
        async with self._engine.connect() as connection:
            if not await connection.scalar(text(f"select to_regclass('{LIVE}.identity') is not null")):
                raise OperatorError(
                    f"{self._projection.service} has never run: start it, and it fills its tables from the log"
                )
            kept = await log_identity.load(connection)
        if kept is None or kept.log != log:
            raise OperatorError(f"the live tables of {self._projection.service} were not made from this log")
        if kept.version > self._projection.version:
            raise OperatorError(
                f"the live tables are of the newer version {kept.version}: rebuild with the newer program"
            )
        return kept.version

    async def _take_snapshot(self) -> dict[int, Checkpoint]:
        """Copy the live tables of one instant. Returns the checkpoints of that instant."""
        async with self._engine.connect() as connection:
            connection = await connection.execution_options(isolation_level="REPEATABLE READ")
            async with connection.begin():
                at = await checkpoints.load(connection)
                await connection.execute(text(f"create schema {SNAPSHOT}"))
                names = text("select tablename from pg_tables where schemaname = :live")
                present = set(await connection.scalars(names, {"live": LIVE}))
                for name in [*self._projection.metadata.tables, "dead_letters"]:
                    if name in present:
                        await connection.execute(
                            text(f'create unlogged table {SNAPSHOT}."{name}" as table {LIVE}."{name}"')
                        )
        return at

    async def _fill(self, upto: Mapping[int, Checkpoint]) -> None:
        """Apply the log, from the checkpoints of the new tables, exactly up to *upto*."""
        async with self._beside.connect() as connection:
            held = await checkpoints.load(connection)
        taking: asyncio.Task[None] | None = None
        try:
            async for batch in self._batches(held, upto):  # the next one is decoded while the database takes this one
                if taking is not None:
                    await taking
                taking = asyncio.create_task(self._apply(batch))
            if taking is not None:
                await taking
        finally:
            if taking is not None:
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)
        async with self._beside.connect() as connection:
            _must_agree(await checkpoints.load(connection), upto)

    async def _apply(self, batch: Sequence[log_records.LogRecord]) -> None:
        applied = await apply.apply_batch(self._beside, self._projection, batch)
        self._count(applied.fresh)

    async def _batches(
        self, held: Mapping[int, Checkpoint], upto: Mapping[int, Checkpoint]
    ) -> AsyncIterator[list[log_records.LogRecord]]:
        behind = [partition for partition, goal in upto.items() if goal.offset > held[partition].offset]
        if not behind:
            return
        start = {partition: held[partition].offset + 1 for partition in behind}
        end = {partition: upto[partition].offset + 1 for partition in behind}
        together: list[log_records.LogRecord] = []
        async for records in read_batches(self._settings.kafka_config, LOG.name(self._settings.realm), start, end=end):
            together += await log_records.read_in_slices(records)
            if len(together) >= BATCH_RECORDS:
                yield together
                together = []
        if together:
            yield together

    def _count(self, records: int) -> None:
        self._records += records
        self._watcher.advance(records)

    async def _prove_equal(self, version: int) -> list[TableDiff]:
        tables = []
        async with self._engine.begin() as connection:
            dead_letters = await _count_dead_letters(connection)
            for table in self._projection.metadata.sorted_tables:
                found = await compare(connection, table, SNAPSHOT, REBUILD)
                if found.rows is None and version == self._projection.version:
                    raise OperatorError(
                        f"table {found.table} has another shape, but the projection's version is the same"
                    )
                self._watcher.compared(found)
                tables.append(found)
        if different := [table for table in tables if not table.equal]:
            raise RebuildMismatch(different, dead_letters)
        return tables

    async def _catch_up_and_switch(self) -> None:
        wait, before = SHORTEST_WAIT, math.inf
        while True:
            behind = await self._catch_up()
            if SWITCH_LAG < behind < before / 2:
                before = behind
                continue
            with contextlib.suppress(TimeoutError), failpoint("rebuild.switch"):
                await self._switch(wait)
                return
            wait, before = min(wait * 2, LONGEST_WAIT), math.inf

    async def _catch_up(self) -> int:
        """Apply the records that the live tables have applied by now. Returns their count."""
        async with self._engine.connect() as connection:
            live = await checkpoints.load(connection)
        async with self._beside.connect() as connection:
            held = await checkpoints.load(connection)
        behind = sum(live[partition].logsequence - held[partition].logsequence for partition in live)
        if behind:
            self._watcher.begin("catching up", behind)
            await self._fill(live)
        return behind

    async def _switch(self, wait: float) -> None:
        """Bring the new tables to the live checkpoints, which no longer move, and replace the live tables.

        Raises TimeoutError and changes nothing if the live service would wait longer than *wait* seconds.
        """
        async with self._beside.begin() as connection:
            async with asyncio.timeout(wait):
                await connection.execute(text("set local synchronous_commit to on"))
                await connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": Lock.SCHEMA_SWITCH})
                live = await _live_checkpoints(connection)
                held = await checkpoints.load(connection)
                async for batch in self._batches(held, live):
                    applied = await apply.apply_batch_locked(connection, self._projection, batch)
                    self._count(applied.fresh)
                _must_agree(await checkpoints.load(connection), live)
                await _copy_grants(connection)
            self.switching = True
            await connection.execute(text(f"alter schema {LIVE} rename to {RETIRED}"))
            await connection.execute(text(f"alter schema {REBUILD} rename to {LIVE}"))


async def _count_dead_letters(connection: AsyncConnection) -> int:
    """Of the snapshot; 0 where the live tables are of a version from before the table got this name."""
    if not await connection.scalar(text(f"select to_regclass('{SNAPSHOT}.dead_letters') is not null")):
        return 0
    return int(await connection.scalar(text(f"select count(*) from {SNAPSHOT}.dead_letters")) or 0)  # noqa: S608


async def _live_checkpoints(connection: AsyncConnection) -> dict[int, Checkpoint]:
    live = checkpoints.table.to_metadata(MetaData(), schema=LIVE)
    return {row.partition: Checkpoint(*row) for row in await connection.execute(select(live))}


def _must_agree(held: Mapping[int, Checkpoint], upto: Mapping[int, Checkpoint]) -> None:
    for partition, goal in upto.items():
        if held[partition][:3] != goal[:3]:
            raise OperatorError(
                f"partition {partition}: the log gives logsequence {held[partition].logsequence} where the live"
                f" tables are at {goal.logsequence}: they were not made from this log"
            )


async def _copy_grants(connection: AsyncConnection) -> None:
    """Roles that may read the live tables may read the new ones."""
    schema = text(
        "select distinct pg_get_userbyid(acl.grantee) from pg_namespace, aclexplode(nspacl) as acl"
        " where nspname = :live and acl.grantee <> nspowner and acl.privilege_type = 'USAGE' and acl.grantee <> 0"
    )
    for (role,) in (await connection.execute(schema, {"live": LIVE})).all():
        await connection.execute(text(f'grant usage on schema {REBUILD} to "{role}"'))
    tables = text(
        "select new.relname, pg_get_userbyid(acl.grantee), acl.privilege_type"
        " from pg_class as old, aclexplode(old.relacl) as acl, pg_class as new"
        " where old.relnamespace = to_regnamespace(:live) and new.relnamespace = to_regnamespace(:rebuild)"
        " and old.relname = new.relname and new.relkind = 'r' and acl.grantee not in (old.relowner, 0)"
    )
    for name, role, privilege in (await connection.execute(tables, {"live": LIVE, "rebuild": REBUILD})).all():
        await connection.execute(text(f'grant {privilege} on {REBUILD}."{name}" to "{role}"'))
