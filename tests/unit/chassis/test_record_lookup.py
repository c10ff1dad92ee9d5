"""Records are fetched by their places: near ones with one request, and nothing but what was asked for."""

from collections.abc import Collection

import pytest
from aiokafka import TopicPartition

from natija_chassis.kafka import record_lookup
from natija_chassis.kafka.record_lookup import Fetched, KafkaRecord, RecordLookup
from natija_events.kafka import KafkaConfig

PLACE = TopicPartition("kg.appeals.log", 3)
BATCHES = (range(4), range(5, 9), range(40, 42))
"""Offsets of records. Between two batches stands the marker of a transaction."""


def record(offset: int) -> KafkaRecord:
    return KafkaRecord(PLACE.topic, PLACE.partition, offset, 0, 0, b"key", b"value", None, 3, 5, ())


class Asked(RecordLookup):
    """A lookup that has no broker: each request is answered with the batch of its offset, or the next one, and those
    after it that fit in the bytes, at 1000 for a record."""

    def __init__(self) -> None:
        super().__init__(KafkaConfig("127.0.0.1:1"))
        self.offsets: list[int] = []

    async def fetch(self, place: TopicPartition, offset: int, max_bytes: int = 1) -> Fetched:
        self.offsets.append(offset)
        batches = [one for one in BATCHES if offset < one.stop]
        fitting = batches[:1] + [one for one in batches[1:] if (one.stop - offset) * 1000 <= max_bytes]
        found = [one for batch in fitting for one in batch if one >= offset]
        return Fetched([record(one) for one in found], found[-1] + 1 if found else offset, 42)


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ([], []),
        ([2], [2]),
        ([3, 0, 1], [0]),
        ([0, 6], [0]),
        ([3, 8, 41], [3, 41]),
        ([0, 41, 40], [0, 40]),
        ([1, 1], [1]),
    ],
)
async def test_one_request_brings_near_records(wanted: Collection[int], asked: list[int]) -> None:
    lookup = Asked()
    found = await lookup.records(PLACE, wanted)
    assert list(found) == list(dict.fromkeys(wanted))
    assert {one.offset for one in found.values()} == set(wanted)
    assert lookup.offsets == asked


async def test_large_records_take_more_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_lookup, "_RECORD_BYTES", 100)
    lookup = Asked()
    assert list(await lookup.records(PLACE, [0, 6, 8])) == [0, 6, 8]
    assert lookup.offsets == [0, 6]


async def test_missing_records_are_left_out() -> None:
    """A marker has an offset, too, and behind the end there is nothing."""
    lookup = Asked()
    assert list(await lookup.records(PLACE, [4, 5, 100])) == [5]
    assert lookup.offsets == [4, 100]
