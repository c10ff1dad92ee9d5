"""Record batches that a consumer does not read: too large uncompressed, too many records, or broken inside.

aiokafka decompresses a batch whatever its size. When a record of it is broken, each poll raises the same error. Here
one record stands for what is not read of such a batch. Its value is a `SkippedBatch`.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords

from natija_events import limits
from natija_events.kafka.bounded_codecs import TooLarge, Undecompressable

_BEFORE_LENGTH, _BEFORE_BATCH, _BEFORE_RECORDS = 8, 12, 61
"""The bytes before the length of a batch, before what the length counts, and before its records."""


class SkippedBatch(bytes):
    """The value of a record that stands for the rest of a batch: the offsets from *first* on, so many *records*.

    As bytes it is empty. *rule* says why the batch is not read; *large* tells a large one from a broken one. *size* is
    that of the batch as stored, and *digest* is SHA-256 of its records as stored.
    """

    first: int
    records: int
    rule: str
    large: bool
    size: int
    digest: str


class _SkippingRecord(NamedTuple):
    """A record as aiokafka's batches give it."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: SkippedBatch
    key: None = None
    checksum: None = None
    headers: tuple[()] = ()


class BoundedRecords:
    """aiokafka's `MemoryRecords`, with batches that are read within the limits."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._batches = 0
        self._records = MemoryRecords(data)
        self.has_next = self._records.has_next
        self.size_in_bytes = self._records.size_in_bytes

    def next_batch(self) -> Any:
        """The next batch. One of an older format, which Kafka 4 does not have, stays as it is."""
        batch = self._records.next_batch()
        self._batches += 1
        if not isinstance(batch, DefaultRecordBatch) or batch.is_control_batch:
            return batch
        return _BoundedBatch(batch, self._data, self._batches - 1)


class _BoundedBatch:
    """The batch of this *number* among those of *data*. It has what aiokafka asks of a batch."""

    __slots__ = (
        "_batch", "_data", "_number", "base_offset", "is_control_batch", "is_transactional", "next_offset",
        "producer_id", "validate_crc",
    )  # fmt: skip

    def __init__(self, batch: Any, data: bytes, number: int) -> None:
        self._batch, self._data, self._number = batch, data, number
        self.base_offset: int = batch.base_offset
        self.next_offset: int = batch.next_offset
        self.producer_id = batch.producer_id
        self.is_transactional = batch.is_transactional
        self.is_control_batch = False
        self.validate_crc = batch.validate_crc

    def __iter__(self) -> Iterator[Any]:
        next_offset = self.base_offset
        if self.next_offset - next_offset > limits.BATCH_RECORDS:
            yield self._skipping(next_offset, f"is in a batch of more than {limits.BATCH_RECORDS} records", large=True)
            return
        try:
            for record in self._batch:
                next_offset = record.offset + 1
                yield record
        except Undecompressable as error:
            yield self._skipping(next_offset, str(error), large=isinstance(error, TooLarge))
        except (CorruptRecordException, ValueError, IndexError):  # also a header's name that is not UTF-8
            yield self._skipping(next_offset, "is in a batch with a broken record, or follows it")

    def _skipping(self, first: int, rule: str, *, large: bool = False) -> _SkippingRecord:
        batch, stored = self._batch, self._stored()
        skipped = SkippedBatch()
        skipped.first, skipped.records, skipped.rule = first, self.next_offset - first, rule
        skipped.large = large
        skipped.size, skipped.digest = len(stored), sha256(stored[_BEFORE_RECORDS:]).hexdigest()
        return _SkippingRecord(self.next_offset - 1, batch.max_timestamp, batch.timestamp_type, skipped)

    def _stored(self) -> memoryview:
        """The bytes of the batch."""
        data, begin, end = memoryview(self._data), 0, 0
        for _ in range(self._number + 1):
            begin, end = end, end + _BEFORE_BATCH + int.from_bytes(data[end + _BEFORE_LENGTH : end + _BEFORE_BATCH])
        return data[begin:end]
