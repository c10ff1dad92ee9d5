"""Reading the log: into history and facts, into a rebuild, and the history of one appeal."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic_core import to_json
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench.measurement import LONG_RUNS, Figure, interleaved, rate
from tests.bench.processes import CpuMeter
from tests.bench.setup import BenchSetup, FilledLog, applied, engine_of, settings_of

from natija_analytics.history import history
from natija_analytics.projection import projection, tables
from natija_analytics.projection.state import HistoryRow, facts_updates, history_row
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.kafka.subscription import FETCH_BYTES
from natija_chassis.postgres.engine import LIVE
from natija_chassis.postgres.table_diff import TableDiff
from natija_chassis.projections import log_identity, log_records, schema
from natija_chassis.projections.rebuild import rebuild
from natija_chassis.projections.term_table import term_facts
from natija_events.kafka import KafkaConfig, partition_of, read_batches
from natija_events.terms.facts import TermFact
from natija_events.topics import LOG, PARTITIONS

_BATCH: int = AnalyticsSettings.model_fields["batch_records"].default
_MERGE = projection.FACTS.sql.replace(":rows", "$1")
_MOVE = 'update checkpoints set "offset" = $2, logsequence = $3 where partition = $1'


async def log_to_facts(setup: BenchSetup) -> Figure:
    """The analytics process on a log that is there already; from its first batch committed to its last."""
    filled = await setup.filled_log()
    engine = engine_of(filled.realm, "analytics")
    try:
        with setup.progress_bar("log_to_facts", 2 * LONG_RUNS) as step:
            prepared, cpu = await _prepare(filled), CpuMeter()
            measured, floor = await interleaved(
                lambda: _analytics(filled, engine, cpu),
                lambda: _write_prepared(filled, engine, prepared),
                runs=LONG_RUNS,
                on_run=step,
            )
    finally:
        await engine.dispose()
    return Figure("log_to_facts", measured, floor, "events/s", bound=0.45, cpu=cpu.medians())


async def rebuilding(setup: BenchSetup) -> Figure:
    """A rebuild of analytics from offset 0: filled, compared with the live tables, switched."""
    filled = await setup.filled_log()
    engine = engine_of(filled.realm, "analytics")
    try:
        with setup.progress_bar("rebuild", 2 * LONG_RUNS) as step:
            prepared, cpu = await _prepare(filled), CpuMeter()
            await _empty(filled, engine)
            await _analytics(filled, engine)
            await cpu.watch(filled.realm, bench=True)
            measured, floor = await interleaved(
                lambda: _rebuild(filled, cpu),
                lambda: _write_prepared(filled, engine, prepared),
                runs=LONG_RUNS,
                on_run=step,
            )
    finally:
        await engine.dispose()
    return Figure("rebuild", measured, floor, "events/s", bound=0.7, cpu=cpu.medians())


async def _empty(filled: FilledLog, engine: AsyncEngine) -> None:
    """Tables of analytics with nothing in them."""
    async with engine.begin() as connection:
        await connection.execute(text(f"drop schema if exists {LIVE} cascade"))
    log = await log_identity.fetch(KafkaConfig(filled.realm.servers.kafka), filled.realm.name)
    await schema.prepare(engine, projection.build(), log)


async def _analytics(filled: FilledLog, engine: AsyncEngine, cpu: CpuMeter | None = None) -> float:
    await _empty(filled, engine)
    child = await filled.realm.serve("analytics", ready=False)
    try:
        if cpu:
            await cpu.watch(filled.realm)
        return await rate(lambda: applied(engine), filled.events, meter=cpu)
    finally:
        await child.stop()


class _Silent:
    """A watcher of a rebuild that measures its duration."""

    def begin(self, phase: str, records: int) -> None: ...

    def advance(self, records: int) -> None: ...

    def compared(self, table: TableDiff) -> None:
        assert table.equal


async def _rebuild(filled: FilledLog, cpu: CpuMeter) -> float:
    cpu.begin()
    began = time.perf_counter()
    rebuilt = await rebuild(settings_of(filled.realm), projection.build(), _Silent())
    passed = time.perf_counter() - began
    cpu.end(rebuilt.records)
    return rebuilt.records / passed


# The floor: the same records read raw, the same rows written, prepared beforehand.


class _Prepared(NamedTuple):
    """A batch as it will be written."""

    rows: Sequence[HistoryRow]
    facts_updates: str
    term_facts: Sequence[TermFact]
    reached: Sequence[tuple[int, int, int]]


async def _prepare(filled: FilledLog) -> list[_Prepared]:
    batches = []
    kafka, topic = filled.realm.servers.kafka, LOG.name(filled.realm.name)
    records = [one async for batch in read_batches(kafka, topic, dict.fromkeys(range(PARTITIONS), 0)) for one in batch]
    records.sort(key=lambda one: (one.partition, one.offset))
    for start in range(0, len(records), _BATCH):
        events = log_records.events(log_records.read(records[start : start + _BATCH]))
        rows = [history_row(event) for event in events]
        changed = facts_updates(zip(events, rows, strict=True))
        last = {event.partition: (event.partition, event.offset, event.stamp.logsequence) for event in events}
        updates = to_json(projection._recordset(changed)).decode()
        batches.append(_Prepared(rows, updates, term_facts(events), list(last.values())))
    return batches


async def _write_prepared(filled: FilledLog, engine: AsyncEngine, prepared: Sequence[_Prepared]) -> float:
    await _empty(filled, engine)
    connection = await asyncpg.connect(_plain(engine), server_settings={"search_path": LIVE})
    consumer = _consumer(filled)
    await consumer.start()
    try:
        places = [TopicPartition(LOG.name(filled.realm.name), partition) for partition in range(PARTITIONS)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        began, waiting = 0.0, 0
        for batch in prepared:
            while waiting < len(batch.rows):
                waiting += sum(
                    len(records) for records in (await consumer.getmany(max_records=_BATCH, timeout_ms=200)).values()
                )
            waiting -= len(batch.rows)
            async with connection.transaction():
                await connection.execute(_MERGE, batch.facts_updates)
                await connection.copy_records_to_table("history", records=batch.rows, columns=HistoryRow._fields)
                await connection.copy_records_to_table("term_facts", records=batch.term_facts, columns=TermFact._fields)
                await connection.executemany(_MOVE, batch.reached)
            began = began or time.perf_counter()
        return (filled.events - len(prepared[0].rows)) / (time.perf_counter() - began)
    finally:
        await consumer.stop()
        await connection.close()


def _consumer(filled: FilledLog, **more: Any) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=filled.realm.servers.kafka, enable_auto_commit=False, isolation_level="read_committed",
        auto_offset_reset="none", **({"max_partition_fetch_bytes": FETCH_BYTES} | more),
    )  # fmt: skip


def _plain(engine: AsyncEngine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


# The history of one appeal.


async def history_from_log(setup: BenchSetup) -> Figure:
    """One appeal of 10 events after the other, read at its offsets and verified; the floor fetches the same records."""
    filled = await setup.filled_log()
    engine = engine_of(filled.realm, "analytics")
    try:
        with setup.progress_bar("history_from_log") as step:
            await _analytics(filled, engine)
            offsets = {appeal: await _offsets(engine, appeal) for appeal in filled.long_appeals}

            async def verified() -> float:
                began = time.perf_counter()
                for appeal, known in offsets.items():
                    found = await history.of_log(
                        KafkaConfig(filled.realm.servers.kafka), filled.realm.name, engine, appeal
                    )
                    assert len(found) == len(known)
                return len(offsets) / (time.perf_counter() - began)

            async def fetched() -> float:
                began = time.perf_counter()
                for appeal, known in offsets.items():
                    await _fetch(filled, appeal, known)
                return len(offsets) / (time.perf_counter() - began)

            measured, floor = await interleaved(verified, fetched, on_run=step)
    finally:
        await engine.dispose()
    return Figure("history_from_log", measured, floor, "appeals/s", bound=0.6)


async def _offsets(engine: AsyncEngine, appeal: str) -> Sequence[int]:
    query = select(tables.history.c.offset).where(tables.history.c.appeal == appeal).order_by(tables.history.c.sequence)
    async with engine.connect() as connection:
        return list(await connection.scalars(query))


async def _fetch(filled: FilledLog, appeal: str, offsets: Sequence[int]) -> None:
    consumer = _consumer(filled, max_partition_fetch_bytes=4096, fetch_max_wait_ms=100)
    await consumer.start()
    try:
        place = TopicPartition(LOG.name(filled.realm.name), partition_of(appeal.encode()))
        consumer.assign([place])
        for offset in offsets:
            consumer.seek(place, offset)
            await consumer.getone(place)
    finally:
        await consumer.stop()
