"""The projection runner on the real servers: each event once, whatever dies when."""

import asyncio
import contextlib
import random
from collections.abc import Sequence
from typing import cast

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.eventually import eventually
from tests.integration.chassis.children import tally_process
from tests.integration.chassis.conftest import ALL, LogWriter, Running, Start, reached, settings_of
from tests.integration.chassis.tally import SERVICE, Tally, TallySettings, counts
from tests.stack import Realm

from natija_chassis.errors import OperatorError
from natija_chassis.observability import tracing
from natija_chassis.projections import log_monitor
from natija_chassis.projections.apply import Applied, apply_batch
from natija_chassis.projections.log_records import LogRecord
from natija_chassis.projections.projection import Projection
from natija_chassis.realm import provision
from natija_events.topics import LOG
from natija_events.wire.record import RecordedEvent


async def test_runner_applies_log_and_catches_up(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    """Every event on the log is applied once; then the runner is caught up."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=3)
    running = start()
    assert not running.runner.progress.caught_up
    await eventually(lambda: running.runner.progress.caught_up)
    assert await counts(engine) == dict.fromkeys(appeals, 3)
    await log.write(*appeals[:4])
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, 3) | dict.fromkeys(appeals[:4], 4)


async def test_an_empty_log_is_caught_up(start: Start) -> None:
    running = start()
    await eventually(lambda: running.runner.progress.caught_up)
    assert running.runner.progress.health() == (True, "caught up with the log", 0)


async def test_uncommitted_records_are_not_applied(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals)
    running = start()
    await eventually(lambda: running.runner.progress.caught_up)
    async with log.aborted(*appeals):
        looked = running.runner.progress.caught_up_as_of
        await eventually(
            lambda: running.runner.progress.caught_up_as_of > looked
        )  # it asked, with all of it on the log
        assert await counts(engine) == dict.fromkeys(appeals, 1)
    await log.write(*appeals[:8])
    await reached(engine, log)
    await eventually(lambda: running.runner.progress.caught_up)
    assert await counts(engine) == dict.fromkeys(appeals, 1) | dict.fromkeys(appeals[:8], 2)


class SlowTally(Tally):
    """Has *begun* with a batch, and applies it once it is told to *go*."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = asyncio.Event(), asyncio.Event()

    async def apply(self, connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
        self.begun.set()
        await self.go.wait()
        await super().apply(connection, events)


async def test_decoded_batch_is_not_acknowledged(
    realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start
) -> None:
    """A batch that is only decoded is neither applied nor acknowledged."""
    appeal = log.number(0)
    await log.write(appeal, events=3)
    slow = SlowTally()
    running = start(slow, settings_of(realm, batch_records=1))
    await slow.begun.wait()
    await eventually(
        lambda: running.runner.positions.pending == {0: 1}
    )  # the second record is in hand while the first is written
    await another_look(running)
    await another_look(running)
    assert running.runner.progress.reached[0] == 0
    await running.runner.monitor.acknowledge()
    assert await acknowledged(realm) in (None, 0)
    slow.go.set()
    await reached(engine, log)
    assert await counts(engine) == {appeal: 3}
    end = log.ends[0] + 2  # after the marker of its transaction
    async with asyncio.timeout(30):
        while await acknowledged(realm) != end:
            await asyncio.sleep(0.05)


async def test_missing_coordinator_blocks_nothing(
    log: LogWriter, engine: AsyncEngine, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Only the acknowledgement of a group needs its coordinator."""
    asked = asyncio.Event()

    async def silent(*_: object) -> None:
        """As aiokafka does: it looks for the coordinator as long as there is none."""
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(AIOKafkaConsumer, "commit", silent)
    monkeypatch.setattr(log_monitor, "ACKNOWLEDGE_INTERVAL", 0.05)
    monkeypatch.setattr(log_monitor, "INTERVAL_CAUGHT_UP", 0.05)
    monkeypatch.setattr(log_monitor, "CHECK_TIMEOUT", 1.0)
    running = start()
    await asked.wait()
    appeal = log.number(0)
    for count in range(1, 4):
        await log.write(appeal)
        await reached(engine, log)
        await another_look(running)
        await eventually(lambda: running.runner.progress.caught_up)
        assert await counts(engine) == {appeal: count}
    assert "does not answer" not in caplog.text


async def another_look(running: Running) -> None:
    """Return when the end of the log has been asked for again."""
    ends = running.runner.progress.ends
    await eventually(lambda: running.runner.progress.ends is not ends)


async def acknowledged(realm: Realm) -> int | None:
    """The offset that Kafka was told of partition 0."""
    consumer = AIOKafkaConsumer(bootstrap_servers=realm.servers.kafka, group_id=f"{realm.name}.{SERVICE}")
    await consumer.start()
    try:
        return cast("int | None", await consumer.committed(TopicPartition(LOG.name(realm.name), 0)))
    finally:
        await consumer.stop()


async def test_killed_process_applies_events_once(realm: Realm, log: LogWriter, engine: AsyncEngine) -> None:
    """Killed again and again, it applies each event once."""
    appeals = [log.number(partition) for partition in ALL]
    chance = random.Random(7)
    for _ in range(60):
        await log.write(*appeals, events=10)
    for _ in range(3):
        async with tally_process(realm, NATIJA_BATCH_RECORDS="50") as child:
            before = await _applied(engine)
            async with asyncio.timeout(30):
                while await _applied(engine) < before + chance.randrange(50, 600):
                    await asyncio.sleep(0.005)
            await child.kill()
    async with tally_process(realm):
        await reached(engine, log, seconds=60)
    assert await counts(engine) == dict.fromkeys(appeals, 600)


async def test_members_share_and_take_over_partitions(
    realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start
) -> None:
    """Two members share the partitions; one takes over what the other leaves."""
    appeals = [log.number(partition) for partition in ALL]
    written = 0

    async def write(times: int) -> None:
        nonlocal written
        for _ in range(times):
            await log.write(*appeals, events=5)
            written += 5

    first = start()
    await eventually(lambda: first.runner.progress.caught_up)
    writing = asyncio.create_task(write(200))
    second = start()
    await eventually(lambda: len(second.runner.progress.owned or ()) == 8)
    await eventually(lambda: len(first.runner.progress.owned or ()) == 8)
    async with tally_process(realm) as third:
        await eventually(lambda: len(first.runner.progress.owned or ()) < 8)
        await second.stop()
        await eventually(lambda: len(first.runner.progress.owned or ()) == 8)
        await third.kill()
    await eventually(lambda: len(first.runner.progress.owned or ()) == 16)
    await writing
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, written)
    await eventually(lambda: first.runner.progress.caught_up)


async def test_gap_in_log_stops_runner(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    """The runner reads a gap again from its checkpoints, then stops."""
    appeal = log.number(3)
    await log.write(appeal)
    running = start()
    await reached(engine, log)
    await log.write_raw(appeal, b"{}", logsequence=5)
    await eventually(lambda: running.runner.progress.stopped is not None)
    stopped = "records of the log are missing: partition 3: expected logsequence 2, found 5"
    assert running.runner.progress.stopped == stopped
    assert running.runner.progress.health() == (False, f"stopped: {stopped}", running.runner.progress.lag)
    assert await counts(engine) == {appeal: 1}


async def test_positions_come_from_database(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    """Also when the offsets of the consumer group are ahead of the checkpoints."""
    appeals = [log.number(partition) for partition in ALL]
    await log.write(*appeals, events=4)
    running = start()
    await eventually(lambda: running.runner.progress.caught_up)
    await running.stop()
    await restore_the_empty_database(engine)
    start()
    await reached(engine, log)
    assert await counts(engine) == dict.fromkeys(appeals, 4)


async def restore_the_empty_database(engine: AsyncEngine) -> None:
    """As a backup of the begin would be: nothing is applied."""
    async with engine.begin() as connection:
        await connection.execute(text("delete from orders"))
        await connection.execute(text("delete from appeals"))
        await connection.execute(text('update checkpoints set "offset" = -1, logsequence = 0'))


async def test_batch_of_earlier_generation_is_dropped(
    realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A batch decoded before the consumer was placed is of no use after it."""

    async def restore_between_two_batches() -> None:
        async with runner.positions.lock:  # the batch in hand has it, and the one decoded ahead asks for it after this
            await restore_the_empty_database(engine)
            await runner.positions.place()

    appeal = log.number(0)
    await log.write(appeal, events=3)
    slow = SlowTally()
    runner = start(slow, settings_of(realm, batch_records=1)).runner
    await slow.begun.wait()
    await eventually(lambda: runner.positions.pending == {0: 1})
    restoring = asyncio.create_task(restore_between_two_batches())
    await asyncio.sleep(0)  # it stands in line for the lock
    slow.go.set()
    await restoring
    await reached(engine, log)
    assert await counts(engine) == {appeal: 3}
    assert "the log has a gap" not in caplog.text


async def test_restore_is_noticed_after_other_owner(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    """A restore is noticed also where another owner had applied the records that are gone."""

    async def after_another(engine: AsyncEngine, projection: Projection, batch: Sequence[LogRecord]) -> Applied:
        await apply_batch(engine, projection, batch)
        return await apply_batch(engine, projection, batch)

    running = start(apply=after_another)
    await eventually(lambda: running.runner.progress.caught_up)
    appeal = log.number(0)
    await log.write(appeal, events=3)
    await eventually(lambda: running.runner.progress.reached[0] > log.ends[0])
    await eventually(lambda: running.runner.progress.caught_up)
    await restore_the_empty_database(engine)
    await reached(engine, log)  # though no event follows
    assert await counts(engine) == {appeal: 3}


async def test_database_of_other_log_is_refused(
    realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start
) -> None:
    appeal = log.number(0)
    await log.write(appeal, events=2)
    running = start()
    await reached(engine, log)
    await running.stop()
    await _replace_log(realm)
    with pytest.raises(OperatorError, match="the database of routing belongs to another log: it was made from topic"):
        await start().task
    assert await counts(engine) == {appeal: 2}


async def test_replaced_log_stops_process(
    realm: Realm, log: LogWriter, engine: AsyncEngine, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_monitor, "IDENTITY_INTERVAL", 0.0)
    await log.write(log.number(0))
    running = start()
    await reached(engine, log)
    await _replace_log(realm)
    await eventually(lambda: running.runner.progress.stopped is not None, seconds=60)


async def test_batch_span_links_to_proposals(
    log: LogWriter, engine: AsyncEngine, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch is one span, linked to the spans its events were proposed in."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("natija"))
    appeal = log.number(0)
    for number in (1, 2):
        await log.write(appeal, events=50, traceparent=f"00-{number:032x}-{number:016x}-01")
    start()
    await reached(engine, log)
    await eventually(lambda: bool(exporter.get_finished_spans()))
    [span] = exporter.get_finished_spans()
    assert span.name == "routing project"
    assert [link.context.trace_id for link in span.links] == [1, 2]


async def test_new_table_needs_new_version(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    await log.write(log.number())
    running = start()
    await reached(engine, log)
    await running.stop()
    async with engine.begin() as connection:
        await connection.execute(text("drop table orders"))
    with pytest.raises(OperatorError, match="routing lacks orders, and part of the log is applied"):
        await start().task


async def test_checkpoint_beyond_log_stops_runner(log: LogWriter, engine: AsyncEngine, start: Start) -> None:
    await log.write(log.number(5), events=2)
    running = start()
    await reached(engine, log)
    await running.stop()
    async with engine.begin() as connection:
        await connection.execute(text('update checkpoints set "offset" = 900, logsequence = 900 where partition = 5'))
    running = start()
    await eventually(lambda: running.runner.progress.stopped is not None)
    assert "the checkpoint of partition 5 is at offset 900, and the log ends at" in str(running.runner.progress.stopped)


async def test_start_waits_for_kafka(realm: Realm, start: Start) -> None:
    running = start(settings=settings_of(realm, kafka="127.0.0.1:1"))
    await eventually(lambda: "KafkaConnectionError" in str(running.runner.progress.blocked))
    assert not running.runner.progress.health().ready
    await running.stop()


async def _replace_log(realm: Realm) -> None:
    """Delete the log topic and create it again."""
    admin = AIOKafkaAdminClient(bootstrap_servers=realm.servers.kafka)
    await admin.start()
    try:
        await admin.delete_topics([LOG.name(realm.name)])
        async with asyncio.timeout(30):
            while LOG.name(realm.name) in await admin.list_topics():
                await asyncio.sleep(0.05)
    finally:
        await admin.close()
    await provision.provision_topics(TallySettings(realm=realm.name, kafka=realm.servers.kafka), {})


async def _applied(engine: AsyncEngine) -> int:
    with contextlib.suppress(Exception):  # before the first start there are no tables
        return sum((await counts(engine)).values())
    return 0
