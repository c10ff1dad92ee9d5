"""Reading the log: into history and facts, into a rebuild, and the history of one appeal."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from pydantic_core import to_json
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.bench.ground import Ground, Register, applied, engine_of, settings_of
from tests.bench.measuring import Figure, by_turns, rate

from natija_analytics.history import history
from natija_analytics.projection import projection, tables
from natija_analytics.projection.state import HistoryRow, facts_updates, history_row
from natija_analytics.settings import AnalyticsSettings
from natija_chassis.kafka.subscription import FETCH_BYTES
from natija_chassis.postgres.engine import LIVE
from natija_chassis.postgres.table_diff import TableDiff
from natija_chassis.projections import log_identity, log_records, schema
from natija_chassis.projections.rebuild import rebuild
from natija_events.kafka import KafkaConfig, partition_of, read_batches
from natija_events.topics import LOG, PARTITIONS

_BATCH: int = AnalyticsSettings.model_fields["batch_records"].default
_MERGE = str(projection._MERGE).replace(":changes", "$1")
_MOVE = 'update checkpoints set "offset" = $2, logsequence = $3 where partition = $1'


async def log_to_facts(ground: Ground) -> Figure:
    """The analytics process on a log that is there already; from its first batch committed to its last."""
    register = await ground.register()
    engine = engine_of(register.realm, "analytics")
    try:
        with ground.showing("log_to_facts") as step:
            prepared = await _prepare(register)
            measured, floor = await by_turns(
                lambda: _analytics(register, engine), lambda: _write_prepared(register, engine, prepared), told=step
            )
    finally:
        await engine.dispose()
    return Figure("log_to_facts", measured, floor, "events/s", bound=0.7)


async def rebuilding(ground: Ground) -> Figure:
    """A rebuild of analytics from offset 0: filled, compared with the live tables, switched."""
    register = await ground.register()
    engine = engine_of(register.realm, "analytics")
    try:
        with ground.showing("rebuild") as step:
            prepared = await _prepare(register)
            await _empty(register, engine)
            await _analytics(register, engine)
            measured, floor = await by_turns(
                lambda: _rebuild(register), lambda: _write_prepared(register, engine, prepared), told=step
            )
    finally:
        await engine.dispose()
    return Figure("rebuild", measured, floor, "events/s", bound=0.7)


async def _empty(register: Register, engine: AsyncEngine) -> None:
    """Tables of analytics with nothing in them."""
    async with engine.begin() as connection:
        await connection.execute(text(f"drop schema if exists {LIVE} cascade"))
    log = await log_identity.fetch(KafkaConfig(register.realm.servers.kafka), register.realm.name)
    await schema.prepare(engine, projection.build(), log)


async def _analytics(register: Register, engine: AsyncEngine) -> float:
    await _empty(register, engine)
    child = await register.realm.serve("analytics", ready=False)
    try:
        return await rate(lambda: applied(engine), register.events)
    finally:
        await child.stop()


class _Silent:
    """Who watches a rebuild here wants to know how long it takes."""

    def begin(self, phase: str, records: int) -> None: ...

    def advance(self, records: int) -> None: ...

    def compared(self, table: TableDiff) -> None:
        assert table.equal


async def _rebuild(register: Register) -> float:
    began = time.perf_counter()
    rebuilt = await rebuild(settings_of(register.realm), projection.build(), _Silent())
    return rebuilt.records / (time.perf_counter() - began)


# The floor: the same records read raw, the same rows written, prepared beforehand.


class _Prepared(NamedTuple):
    """A batch as it will be written."""

    rows: Sequence[HistoryRow]
    facts_updates: str
    reached: Sequence[tuple[int, int, int]]


async def _prepare(register: Register) -> list[_Prepared]:
    batches = []
    kafka, topic = register.realm.servers.kafka, LOG.name(register.realm.name)
    records = [one async for batch in read_batches(kafka, topic, dict.fromkeys(range(PARTITIONS), 0)) for one in batch]
    records.sort(key=lambda one: (one.partition, one.offset))
    for start in range(0, len(records), _BATCH):
        events = log_records.events(log_records.read(records[start : start + _BATCH]))
        rows = [history_row(event) for event in events]
        changed = facts_updates(zip(events, rows, strict=True))
        last = {event.partition: (event.partition, event.offset, event.stamp.logsequence) for event in events}
        batches.append(_Prepared(rows, to_json(projection._recordset(changed)).decode(), list(last.values())))
    return batches


async def _write_prepared(register: Register, engine: AsyncEngine, prepared: Sequence[_Prepared]) -> float:
    await _empty(register, engine)
    connection = await asyncpg.connect(_plain(engine), server_settings={"search_path": LIVE})
    consumer = _consumer(register)
    await consumer.start()
    try:
        places = [TopicPartition(LOG.name(register.realm.name), partition) for partition in range(PARTITIONS)]
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
                await connection.executemany(_MOVE, batch.reached)
            began = began or time.perf_counter()
        return (register.events - len(prepared[0].rows)) / (time.perf_counter() - began)
    finally:
        await consumer.stop()
        await connection.close()


def _consumer(register: Register, **more: Any) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=register.realm.servers.kafka, enable_auto_commit=False, isolation_level="read_committed",
        auto_offset_reset="none", **({"max_partition_fetch_bytes": FETCH_BYTES} | more),
    )  # fmt: skip


def _plain(engine: AsyncEngine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


# The history of one appeal.


async def history_from_log(ground: Ground) -> Figure:
    """One appeal of 10 events after the other, read at its offsets and verified; the floor fetches the same records."""
    register = await ground.register()
    engine = engine_of(register.realm, "analytics")
    try:
        with ground.showing("history_from_log") as step:
            await _analytics(register, engine)
            offsets = {appeal: await _offsets(engine, appeal) for appeal in register.long_lives}

            async def verified() -> float:
                began = time.perf_counter()
                for appeal, known in offsets.items():
                    found = await history.of_log(
                        KafkaConfig(register.realm.servers.kafka), register.realm.name, engine, appeal
                    )
                    assert len(found) == len(known)
                return len(offsets) / (time.perf_counter() - began)

            async def fetched() -> float:
                began = time.perf_counter()
                for appeal, known in offsets.items():
                    await _fetch(register, appeal, known)
                return len(offsets) / (time.perf_counter() - began)

            measured, floor = await by_turns(verified, fetched, told=step)
    finally:
        await engine.dispose()
    return Figure("history_from_log", measured, floor, "appeals/s", bound=0.6)


async def _offsets(engine: AsyncEngine, appeal: str) -> Sequence[int]:
    query = select(tables.history.c.offset).where(tables.history.c.appeal == appeal).order_by(tables.history.c.sequence)
    async with engine.connect() as connection:
        return list(await connection.scalars(query))


async def _fetch(register: Register, appeal: str, offsets: Sequence[int]) -> None:
    consumer = _consumer(register, max_partition_fetch_bytes=4096, fetch_max_wait_ms=100)
    await consumer.start()
    try:
        place = TopicPartition(LOG.name(register.realm.name), partition_of(appeal.encode()))
        consumer.assign([place])
        for offset in offsets:
            consumer.seek(place, offset)
            await consumer.getone(place)
    finally:
        await consumer.stop()
