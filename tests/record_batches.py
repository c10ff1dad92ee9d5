"""Record batches as a hostile producer makes them: the broker takes what it can decompress, record by record."""

import struct
import zlib
from collections.abc import Callable
from typing import Any

import cramjam
from aiokafka import AIOKafkaProducer
from aiokafka.codec import lz4_encode, snappy_encode
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.util import calc_crc32c, encode_varint


def gzip(content: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(content) + packer.flush()


CODECS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "gzip": (DefaultRecordBatch.CODEC_GZIP, gzip),
    "snappy": (DefaultRecordBatch.CODEC_SNAPPY, lambda content: bytes(cramjam.snappy.compress_raw(content))),
    "snappy of Java": (DefaultRecordBatch.CODEC_SNAPPY, snappy_encode),
    "lz4": (DefaultRecordBatch.CODEC_LZ4, lz4_encode),  # with independent blocks: Kafka takes no others
    "zstd": (DefaultRecordBatch.CODEC_ZSTD, lambda content: bytes(cramjam.zstd.compress(content, level=3))),
}


def record_bytes(delta: int, key: bytes | None, value: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A record, *delta* after the first of its batch. The name of a header may be any bytes."""
    body = b"\0" + _varint(0) + _varint(delta) + _text(key) + _text(value) + _varint(len(headers))
    body += b"".join(_text(name) + _text(content) for name, content in headers)
    return _varint(len(body)) + body


def batch_bytes(packed: bytes, records: int, codec: int = 0) -> bytes:
    """A batch of so many *records*, which are *packed* with *codec*."""
    after_crc = struct.pack(">hiqqqhii", codec, records - 1, 1, 1, -1, -1, -1, records) + packed
    checked = struct.pack(">ibI", -1, 2, calc_crc32c(after_crc)) + after_crc
    return struct.pack(">qi", 0, len(checked)) + checked


def packed_zeros(size: int) -> bytes:
    """A gzip member with one record of *size* zeros: a thousandth of the size, made without the memory."""
    frame = b"\0" + _varint(0) + _varint(0) + _text(None) + _varint(size)
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(_varint(len(frame) + size + 1) + frame)]
    parts += [packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)]
    return b"".join([*parts, packer.compress(bytes(size % 1_000_000) + _varint(0)), packer.flush()])


class RawBatch:
    """A batch of aiokafka's producer whose bytes are given."""

    def __init__(self, producer: AIOKafkaProducer, content: bytes, records: int) -> None:
        self._inner: Any = producer.create_batch()
        self._inner.append(timestamp=None, key=None, value=b"x")
        self._inner.close()
        self._inner._buffer = bytearray(content)
        self._inner._relative_offset = records

    async def send(self, producer: AIOKafkaProducer, topic: str, partition: int) -> int:
        """The offset of its first record."""
        return int((await (await producer.send_batch(self._inner, topic, partition=partition))).offset)


def _text(content: bytes | None) -> bytes:
    return _varint(-1) if content is None else _varint(len(content)) + content


def _varint(value: int) -> bytes:
    written: list[int] = []
    encode_varint(value, written.append)
    return bytes(written)
