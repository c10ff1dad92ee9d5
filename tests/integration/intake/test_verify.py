"""`natija registrar verify` finds changed, missing, inserted and swapped events, and missing records."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.integration.chassis.conftest import LogWriter
from tests.integration.intake import registering as r
from tests.stack import Realm

from natija_chassis.projections.checkpoints import Checkpoint
from natija_events.kafka import KafkaConfig, partition_of, read_batches
from natija_events.topics import LOG
from natija_events.types.intake import Supplemented
from natija_intake.registrar.verification import PartitionCheck, verify

EVENTS = 5


@dataclass(frozen=True)
class Stored:
    """A log record as it is stored."""

    offset: int
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Log:
    """The records of one partition, and where one appeal's events stand among them."""

    partition: int
    records: Sequence[Stored]
    one: list[int]
    heads: Sequence[Row[Any]]


@pytest_asyncio.fixture(loop_scope="session")
async def log(registry: Realm) -> Log:
    """Two appeals of five events each on one partition, as the registrar wrote them."""
    one = await _beside_another(registry)
    partition = partition_of(one.encode())
    records = [
        Stored(record.offset, record.key, record.value, record.headers)
        async for batch in read_batches(registry.servers.kafka, LOG.name(registry.name), {partition: 0})
        for record in batch
    ]
    engine = create_async_engine(registry.database("intake"))
    async with engine.connect() as connection:
        heads = (await connection.execute(text("select appeal, sequence, hash from live.heads"))).all()
    await engine.dispose()
    mine = {record.key.decode() for record in records}
    return Log(partition, records, _places(records, one), [head for head in heads if head.appeal in mine])


def _places(records: Sequence[Stored], subject: str) -> list[int]:
    return [at for at, record in enumerate(records) if record.key == subject.encode()]


async def _beside_another(realm: Realm) -> str:
    """An appeal whose events stand between those of another one."""
    one = r.number(realm)
    other = next(
        other
        for other in iter(lambda: r.number(realm), "")
        if partition_of(other.encode()) == partition_of(one.encode())
    )
    now = datetime.now(UTC)
    async with r.publisher(realm) as publisher:
        for subject in (one, other):
            await publisher.propose(publisher.event(subject, now, r.registered()), wait=10)
        for _ in range(EVENTS - 1):
            for subject in (one, other):
                await publisher.propose(publisher.event(subject, now, Supplemented()), wait=10)
    return one


def checked(log: Log, records: Sequence[Stored]) -> PartitionCheck:
    check = PartitionCheck(log.partition)
    check.check(records)
    return check


def without(records: Sequence[Stored], *places: int) -> list[Stored]:
    return [record for at, record in enumerate(records) if at not in places]


def changed(records: Sequence[Stored], place: int) -> list[Stored]:
    value = records[place].value.replace(b"}", b', "x": 1}', 1) if records[place].value != b"{}" else b'{"x": 1}'
    return [replace(record, value=value) if at == place else record for at, record in enumerate(records)]


def swapped(records: Sequence[Stored], one: int, other: int) -> list[Stored]:
    copy = list(records)
    copy[one], copy[other] = (
        replace(records[other], offset=records[one].offset),
        replace(records[one], offset=records[other].offset),
    )
    return copy


async def test_untouched_log_is_consistent(log: Log) -> None:
    """A log that nobody changed is consistent up to its last event."""
    check = checked(log, log.records)
    check.compare_heads(log.heads)
    assert check.chain_break is None
    assert check.events == len(log.records)


@pytest.mark.parametrize(
    ("tamper", "found_at", "says"),
    [
        (lambda log: changed(log.records, log.one[1]), 2, "does not carry the hash of event 2"),
        (lambda log: without(log.records, log.one[2]), None, "records are missing or inserted"),
        (lambda log: swapped(log.records, log.one[1], log.one[2]), 1, "follows event 1 of its appeal"),
        (lambda log: without(log.records, *log.one), None, "records are missing or inserted"),
    ],
    ids=["an event is changed", "an event is missing", "two events are swapped", "an appeal is missing whole"],
)
async def test_first_inconsistent_event_is_named(
    log: Log, tamper: Callable[[Log], Sequence[Stored]], found_at: int | None, says: str
) -> None:
    """The check names the first event that is changed, missing or swapped."""
    chain_break = checked(log, tamper(log)).chain_break
    assert chain_break is not None
    assert says in chain_break.problem
    if found_at is not None:
        assert log.records[log.one[found_at]].key.decode() == chain_break.appeal


async def test_inserted_copy_is_found(log: Log) -> None:
    """A copy of an event that is inserted after it is found."""
    records = [*log.records[: log.one[3] + 1], log.records[log.one[3]], *log.records[log.one[3] + 1 :]]
    chain_break = checked(log, records).chain_break
    assert chain_break is not None
    assert "follows event 4 of its appeal" in chain_break.problem


async def test_head_reveals_changed_last_event(log: Log) -> None:
    """A change of an appeal's last event is found by the hash in its head."""
    check = checked(log, changed(log.records, log.one[-1]))
    assert check.chain_break is None
    check.compare_heads(log.heads)
    assert check.chain_break is not None
    assert check.chain_break.appeal == log.records[log.one[-1]].key.decode()
    assert check.chain_break.sequence == EVENTS


async def test_missing_records_are_found(realm: Realm) -> None:
    """Records that are missing from the start of a partition are found on the real log."""
    await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        subjects = [(await r.open_appeal(publisher, realm))[0] for _ in range(40)]
    assert "is consistent" in (await realm.run("registrar", "verify")).stdout
    partition = partition_of(subjects[0].encode())
    place = TopicPartition(LOG.name(realm.name), partition)
    admin = AIOKafkaAdminClient(bootstrap_servers=realm.servers.kafka)
    await admin.start()
    await admin.delete_records({place: RecordsToDelete(before_offset=1)})
    await admin.close()
    done = await realm.run("registrar", "verify", "--format", "json", expect=1)
    assert [chain_break["partition"] for chain_break in json.loads(done.stdout)["breaks"]] == [partition]


async def test_foreign_record_is_found(realm: Realm) -> None:
    """A record that the registrar did not write is found on the real log."""
    await realm.serve("registrar")
    async with r.publisher(realm) as publisher:
        subject, _ = await r.open_appeal(publisher, realm)
    producer = AIOKafkaProducer(bootstrap_servers=realm.servers.kafka)
    await producer.start()
    await producer.send_and_wait(LOG.name(realm.name), b"{}", key=subject.encode())
    await producer.stop()
    for arguments in (["registrar", "verify"], ["registrar", "verify", subject]):
        assert "is not a registered event" in (await realm.run(*arguments, expect=1)).stdout


@asynccontextmanager
async def written_and_not_readable(realm: Realm) -> AsyncIterator[Mapping[int, Checkpoint]]:
    """An event is on the log during the block, known to the registrar whose checkpoints these are, and nobody can read
    it: as between the end of a transaction and its markers. After it everybody can."""
    producer = AIOKafkaProducer(bootstrap_servers=realm.servers.kafka, transactional_id=f"{realm.name}.test")
    await producer.start()
    try:
        writer = LogWriter(realm.name, producer)
        async with producer.transaction():
            await writer._send(writer.number(3), "post")
            await producer.flush()
            yield {3: Checkpoint(3, writer.ends[3], 1, datetime.now(UTC))}
    finally:
        await producer.stop()


async def test_unreadable_commit_is_awaited(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    """A committed record that cannot be read yet is not missing: verification waits for it."""
    looks: list[Mapping[TopicPartition, int]] = []
    end_offsets: Any = AIOKafkaConsumer.end_offsets

    async def looked(self: Any, places: Any) -> Any:
        looks.append(await end_offsets(self, places))
        return looks[-1]

    monkeypatch.setattr(AIOKafkaConsumer, "end_offsets", looked)
    async with written_and_not_readable(realm) as held:
        verifying = asyncio.create_task(
            verify(KafkaConfig(realm.servers.kafka), realm.name, None, held, readable_within=3600)
        )
        async with asyncio.timeout(20):
            while len(looks) < 6 and not verifying.done():
                await asyncio.sleep(0.01)
        assert not verifying.done(), verifying.result()
    async with asyncio.timeout(20):
        report = await verifying
    assert (report.events, report.breaks) == (1, [])


async def test_long_unreadable_commit_is_reported(realm: Realm) -> None:
    """A record that cannot be read for too long is reported as missing."""
    async with written_and_not_readable(realm) as held, asyncio.timeout(20):
        [chain_break] = (
            await verify(KafkaConfig(realm.servers.kafka), realm.name, None, held, readable_within=0.5)
        ).breaks
    assert chain_break.problem == "the log ends at logsequence 0, the registrar wrote 1"


async def test_missing_end_is_reported_at_once(realm: Realm) -> None:
    """A record that is not on the log at all is reported without waiting."""
    held = {3: Checkpoint(3, 0, 1, datetime.now(UTC))}
    async with asyncio.timeout(20):
        [chain_break] = (
            await verify(KafkaConfig(realm.servers.kafka), realm.name, None, held, readable_within=3600)
        ).breaks
    assert chain_break.problem == "the log ends at logsequence 0, the registrar wrote 1"
