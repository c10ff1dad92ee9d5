"""Decompression of record batches that stops at a limit: a kilobyte can stand for a gigabyte."""

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

import cramjam

from natija_events import limits

_GZIP = 31
"""zlib's code for a gzip header and a window of any size."""
_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER_BYTES = 16
_FIRST_BUFFER_BYTES = 65_536
_EXPECTED_RATIO = 8
_GROWTH = 4


class Undecompressable(ValueError):
    """A batch that is not decompressed: it is too large, or broken. The message is the rule it breaks."""


class TooLarge(Undecompressable):
    """A batch with more than `limits.BATCH_BYTES` uncompressed."""

    def __init__(self) -> None:
        super().__init__(f"is in a batch of more than {limits.BATCH_BYTES} bytes uncompressed")


def gzip_decode(payload: Any) -> bytes:
    """The content of one or more gzip members. Raises `Undecompressable`, as all do."""
    rest, parts, room = bytes(payload), list[bytes](), limits.BATCH_BYTES
    while rest:
        member = zlib.decompressobj(_GZIP)
        try:
            parts.append(member.decompress(rest, room + 1))
        except zlib.error:
            raise _broken() from None
        room -= len(parts[-1])
        if room < 0:
            raise TooLarge
        if not member.eof:
            raise _broken()
        rest = member.unused_data
    return b"".join(parts)


def snappy_decode(payload: Any) -> bytes:
    """The content of a raw snappy block, or of a stream of blocks as the Java client writes it."""
    content = bytes(payload)
    if not content.startswith(_XERIAL_MAGIC):
        return _snappy_block(content, limits.BATCH_BYTES)
    parts, room, place = list[bytes](), limits.BATCH_BYTES, _XERIAL_HEADER_BYTES
    while place < len(content):
        size = int.from_bytes(content[place : place + 4], signed=True)
        place += 4
        if not 0 < size <= len(content) - place:
            raise _broken()
        parts.append(_snappy_block(content[place : place + size], room))
        room -= len(parts[-1])
        place += size
    return b"".join(parts)


def _snappy_block(block: bytes, room: int) -> bytes:
    try:
        if cramjam.snappy.decompress_raw_len(block) > room:
            raise TooLarge
        return bytes(cramjam.snappy.decompress_raw(block))
    except cramjam.DecompressionError:
        raise _broken() from None


def _decode_into(decompress_into: Callable[[bytes, bytearray], int], payload: Any) -> bytes:
    """The content that *decompress_into* writes. Its buffer grows as long as it is too small."""
    content = bytes(payload)
    size = min(max(_FIRST_BUFFER_BYTES, _EXPECTED_RATIO * len(content)), limits.BATCH_BYTES)
    while True:
        buffer = bytearray(size)
        try:
            written = decompress_into(content, buffer)
        except cramjam.DecompressionError as error:
            if "whole buffer" not in str(error):
                raise _broken() from None
        else:
            return bytes(memoryview(buffer)[:written])
        if size == limits.BATCH_BYTES:
            raise TooLarge
        size = min(size * _GROWTH, limits.BATCH_BYTES)


lz4_decode = partial(_decode_into, cramjam.lz4.decompress_into)
zstd_decode = partial(_decode_into, cramjam.zstd.decompress_into)


def _broken() -> Undecompressable:
    return Undecompressable("is in a batch that cannot be decompressed")
