"""Record batches that no memory holds, or no client can read: each is one rejection, and the registrar goes on."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaProducer
from tests.integration.intake import registering as r
from tests.record_batches import CODECS, RawBatch, batch_bytes, packed_zeros, record_bytes
from tests.stack import Realm

from natija_events import limits
from natija_events.topics import INBOX
from natija_events.wire.rejection import RejectedProposal

PARTITION = 3
BOMB = 540_000_000
MEMORY = 100_000_000
"""Much less than the bomb, and more than what a process needs to read a batch of the largest size."""


@pytest_asyncio.fixture(loop_scope="session")
async def hostile(registry: Realm) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=registry.servers.kafka, request_timeout_ms=60_000)
    async with producer:
        yield producer


async def rejected(hostile: AIOKafkaProducer, registry: Realm, content: bytes, records: int) -> RejectedProposal:
    """The one rejection of a whole batch of the inbox. A proposal after it is decided, too."""
    offset = await RawBatch(hostile, content, records).send(hostile, INBOX.name(registry.name), PARTITION)
    found = await r.rejected_at(registry, (PARTITION, offset))
    assert (found.inboxoffsets, found.records) == (range(offset, offset + records), records)
    assert (found.original, found.bytes, len(found.digest)) == (None, len(content), 64)
    [after] = await r.put_all(registry, None, [(b"{}", [])], partition=PARTITION)
    assert (await r.rejected_at(registry, after)).rejection.reason == "unreadable"
    return found


def peak_memory(registry: Realm) -> int:
    """The most bytes that the registrar's process has had in memory."""
    [registrar] = [child for child in registry.children if child.arguments == ("serve", "registrar")]
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{registrar.process.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


async def test_bomb_takes_no_memory(hostile: AIOKafkaProducer, registry: Realm) -> None:
    """540 MB that are 540 KB compressed are one rejection. The registrar's memory grows by a fifth of it at most."""
    before, packed = peak_memory(registry), packed_zeros(BOMB)
    assert len(packed) < limits.INBOX_BYTES
    found = await rejected(hostile, registry, batch_bytes(packed, 1, CODECS["gzip"][0]), 1)
    assert found.rejection == ("oversize", "data", "is in a batch of more than 16777216 bytes uncompressed", None)
    grown = peak_memory(registry) - before
    print(f"the registrar's memory grew by {grown:,} bytes")
    assert grown < MEMORY


@pytest.mark.parametrize("codec", ["lz4", "zstd", "snappy"])
async def test_larger_batch_is_one_rejection(hostile: AIOKafkaProducer, registry: Realm, codec: str) -> None:
    """With each codec of Kafka."""
    number, pack = CODECS[codec]
    content = pack(record_bytes(0, None, bytes(limits.BATCH_BYTES)))
    found = await rejected(hostile, registry, batch_bytes(content, 1, number), 1)
    assert found.rejection.reason == "oversize"


async def test_tiny_records_are_one_rejection(hostile: AIOKafkaProducer, registry: Realm) -> None:
    """50,000 of them in a batch of 100 KB."""
    content = b"".join(record_bytes(delta, None, b"") for delta in range(50_000))
    found = await rejected(hostile, registry, batch_bytes(CODECS["gzip"][1](content), 50_000, 1), 50_000)
    assert found.rejection.rule == "is in a batch of more than 10000 records"


async def test_unreadable_header_is_one_rejection(hostile: AIOKafkaProducer, registry: Realm) -> None:
    """A header's name that is not UTF-8: the broker takes it, and the client cannot read the record."""
    content = record_bytes(0, None, b"{}", ((b"\xff", b"x"),)) + record_bytes(1, None, b"{}")
    found = await rejected(hostile, registry, batch_bytes(content, 2), 2)
    assert found.rejection.reason == "unreadable"
