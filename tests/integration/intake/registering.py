"""Helpers of the registrar's tests: proposals, also broken ones, and their outcomes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiokafka import AIOKafkaProducer
from tests.signing import key_if_signed
from tests.stack import Realm

from natija_events import ids
from natija_events.kafka import Publisher, partition_of, read, read_batches
from natija_events.topics import INBOX, PARTITIONS, REJECTED
from natija_events.types.intake import Registered
from natija_events.wire.envelope import Event
from natija_events.wire.record import RecordedEvent
from natija_events.wire.rejection import RejectedProposal, read_rejected

CHANNEL, ROUTER, DESK = "/portals/tests", "/routers/tests", "/desks/ministry-health"
HISTORY = "/registers/test"

Headers = Sequence[tuple[str, bytes | None]]


def number(realm: Realm) -> str:
    """A fresh appeal's number."""
    return ids.new_appeal_number(realm.name)


def numbers(realm: Realm, count: int) -> list[str]:
    """The same *count* numbers each time they are asked for."""
    return [ids.derived_appeal_number(realm.name, "test", str(index)) for index in range(count)]


def registered(**fields: Any) -> Registered:
    """An appeal that came in a second ago: no event may be dated before its receipt."""
    received = datetime.now(UTC) - timedelta(seconds=1)
    return Registered(
        **{
            "kind": "complaint", "form": "written", "channel": "other", "received": received, "jurisdiction": "KG",
            **fields,
        }
    )  # fmt: skip


@asynccontextmanager
async def publisher(realm: Realm, source: str = CHANNEL) -> AsyncIterator[Publisher]:
    async with Publisher(
        realm.servers.kafka, realm.name, source, realm_key=realm.public_key, key=key_if_signed(source)
    ) as one:
        yield one


async def open_appeal(publisher: Publisher, realm: Realm) -> tuple[str, Event]:
    """A registered appeal, and the event that opened it."""
    subject = number(realm)
    event = publisher.event(subject, datetime.now(UTC), registered())
    assert (await publisher.propose(event, wait=10)).registered
    return subject, event


async def put(
    realm: Realm, key: bytes | None, value: bytes | None, headers: Headers, *, partition: int | None = None
) -> tuple[int, int]:
    """Write a raw record on the inbox; where it stands."""
    return (await put_all(realm, key, [(value, headers)], partition=partition))[0]


async def put_all(
    realm: Realm, key: bytes | None, records: Sequence[tuple[bytes | None, Headers]], *, partition: int | None = None
) -> list[tuple[int, int]]:
    """Write raw records on one partition of the inbox; where they stand."""
    place = partition_of(key or b"") if partition is None else partition
    return await put_records(realm, [(place, key, value, headers) for value, headers in records])


async def put_records(
    realm: Realm, records: Sequence[tuple[int, bytes | None, bytes | None, Headers]]
) -> list[tuple[int, int]]:
    """Write raw records on the inbox, each a partition, key, value and headers; where they stand."""
    producer = AIOKafkaProducer(bootstrap_servers=realm.servers.kafka, max_request_size=50_000_000)
    await producer.start()
    try:
        topic = INBOX.name(realm.name)
        sending = [
            await producer.send(topic, value, key=key, headers=list(headers), partition=partition)
            for partition, key, value, headers in records
        ]
        return [(told.partition, told.offset) for told in await asyncio.gather(*sending)]
    finally:
        await producer.stop()


async def rejected_at(realm: Realm, place: tuple[int, int]) -> RejectedProposal:
    """The rejection of the record at *place* of the inbox, once there is one."""
    partition, offset = place
    topic = REJECTED.name(realm.name)
    async with asyncio.timeout(20):
        async for batch in read_batches(realm.servers.kafka, topic, {partition: 0}, follow=True):
            for record in batch:
                found = read_rejected(record.partition, record.value, record.headers)
                if offset in found.inboxoffsets:
                    return found
    raise AssertionError("unreachable")


async def log_of(realm: Realm, subject: str | None = None) -> list[RecordedEvent]:
    """The events on the log."""
    return [event async for event in read(realm.servers.kafka, realm.name, subject=subject)]


async def rejected(realm: Realm) -> list[RejectedProposal]:
    """The records on rejected."""
    topic, start = REJECTED.name(realm.name), dict.fromkeys(range(PARTITIONS), 0)
    return [
        read_rejected(record.partition, record.value, record.headers)
        async for batch in read_batches(realm.servers.kafka, topic, start)
        for record in batch
    ]
