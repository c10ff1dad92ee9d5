"""A consumer reads batches within limits: what is larger, or broken inside, is one record that says so."""

from typing import Any

import pytest
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.structs import TopicPartition
from tests.record_batches import CODECS, batch_bytes, packed_zeros, record_bytes

from natija_events import limits
from natija_events.kafka import aiokafka_patch, bounded_codecs
from natija_events.kafka.bounded_batches import BoundedRecords, SkippedBatch

PLACE = TopicPartition("inbox", 0)
aiokafka_patch.apply()


def read(content: bytes) -> list[Any]:
    """The records that a consumer gives of a fetched *content*."""
    return list(PartitionRecords(PLACE, BoundedRecords(content), [], 0, None, None, True, 1))


def records(count: int, value: bytes = b"value") -> bytes:
    return b"".join(record_bytes(delta, b"key", value, ((b"name", b"x"),)) for delta in range(count))


@pytest.mark.parametrize("codec", CODECS)
def test_lawful_batch_is_read(codec: str) -> None:
    """With every codec, also when it is a hundred times as small compressed."""
    number, pack = CODECS[codec]
    for value in (b"value", bytes(1_000_000)):
        found = read(batch_bytes(pack(records(3, value)), 3, number))
        assert [(one.offset, one.key, one.value) for one in found] == [(offset, b"key", value) for offset in range(3)]
        assert found[0].headers == (("name", b"x"),)


@pytest.mark.parametrize("codec", CODECS)
def test_larger_batch_is_skipped(codec: str) -> None:
    """As a whole: one record stands for it, and the batch after it is read."""
    number, pack = CODECS[codec]
    large = batch_bytes(pack(records(2, bytes(limits.BATCH_BYTES // 2))), 2, number)
    after = batch_bytes(pack(records(1)), 1, number)
    skipped, read_on = read(large + b"\0\0\0\0\0\0\0\2" + after[8:])
    assert isinstance(skipped.value, SkippedBatch)
    assert (skipped.offset, skipped.value.first, skipped.value.records) == (1, 0, 2)
    assert skipped.value.rule == "is in a batch of more than 16777216 bytes uncompressed"
    assert skipped.value.large
    assert (skipped.key, skipped.headers, skipped.value.size, len(skipped.value.digest)) == (None, (), len(large), 64)
    assert (read_on.offset, read_on.value) == (2, b"value")


def test_batch_of_many_records_is_skipped() -> None:
    """Compressed or not, and also if they are small."""
    most = limits.BATCH_RECORDS
    assert len(read(batch_bytes(records(most), most))) == most
    (skipped,) = read(batch_bytes(records(most + 1), most + 1))
    assert skipped.value.large
    assert (skipped.offset, skipped.value.first, skipped.value.records) == (most, 0, most + 1)
    assert skipped.value.rule == "is in a batch of more than 10000 records"


def test_broken_record_ends_its_batch() -> None:
    """The broker takes a header's name that is not UTF-8. The records before it are read."""
    broken = record_bytes(1, b"key", b"value", ((b"\xff", b"x"),))
    content = records(1) + broken + record_bytes(2, b"key", b"value")
    read_before, skipped = read(batch_bytes(content, 3))
    assert read_before.value == b"value"
    assert (skipped.offset, skipped.value.first, skipped.value.records) == (2, 1, 2)
    assert skipped.value.rule == "is in a batch with a broken record, or follows it"
    assert not skipped.value.large


@pytest.mark.parametrize("codec", CODECS)
def test_broken_compression_is_skipped(codec: str) -> None:
    number, pack = CODECS[codec]
    packed = pack(records(100))
    for broken in (packed[: len(packed) // 2], packed[:20] + b"\xff" * 20 + packed[40:], b"\0" * 40):
        *_, skipped = read(batch_bytes(broken, 100, number))
        assert isinstance(skipped.value, SkippedBatch)


def test_block_of_negative_size_is_broken() -> None:
    """To go back by it would never end."""
    stream = b"\x82SNAPPY\0\0\0\0\1\0\0\0\1" + b"\xff\xff\xff\xfc"
    with pytest.raises(bounded_codecs.Undecompressable):
        bounded_codecs.snappy_decode(stream)


def test_gzip_members_are_joined() -> None:
    _, pack = CODECS["gzip"]
    assert bounded_codecs.gzip_decode(pack(b"one") + pack(b"two")) == b"onetwo"
    with pytest.raises(bounded_codecs.TooLarge):
        bounded_codecs.gzip_decode(pack(bytes(limits.BATCH_BYTES)) + pack(b"x"))


def test_decompression_stops_at_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It never makes more than the limit of what may be a thousand times as much."""
    monkeypatch.setattr(limits, "BATCH_BYTES", 1_000_000)
    packed = packed_zeros(100_000_000)
    assert len(packed) < 110_000
    (skipped,) = read(batch_bytes(packed, 1, CODECS["gzip"][0]))
    assert skipped.value.rule == "is in a batch of more than 1000000 bytes uncompressed"
