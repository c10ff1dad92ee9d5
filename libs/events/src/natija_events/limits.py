"""Limits of sizes (bytes) and times. Inbox < log < rejected, so that every record received can be recorded.

The size of a record is that of its key, headers and value, uncompressed. Kafka limits only the compressed size, so the
registrar checks again.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

PROPOSAL_BYTES = 1_000_000
"""A larger proposal is rejected as oversize, and only its digest is stored."""

INBOX_BYTES = 1_048_576
LOG_BYTES = 1_572_864
"""Room for the largest proposal with the registrar's stamps."""

REJECTED_BYTES = 4_194_304
"""Room for a sealed inbox record, in base 64 twice (16/9 of its size), and the reason."""

REFERENCE_BYTES = 1_048_576
"""Room for a whole realm's reference data in one batch, mostly."""

KEYS_BYTES = 1_048_576
"""Room for the data keys of some thousand proposals in one batch."""

AUDIT_BYTES = 1_048_576
"""Room for a look at some ten thousand events."""

BATCH_BYTES = 16_777_216
"""The most bytes of a record batch uncompressed. A larger one is not read: compressed, it may be a thousand times as
small."""

BATCH_RECORDS = 10_000
"""The most records of a record batch. One with more is not read."""

PROPOSAL_EVENTS = 200
"""The most events of a proposal."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Times are from EARLIEST to before LATEST: every zone can show them and every database can store them."""

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
"""The form of every time. Some libraries write nanoseconds; digits after the microseconds are dropped."""

FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
"""The form of every day."""

_HEADER_BYTES = 10
"""The size of a header beside its name and content, when a rejected record is stored."""


def record_bytes(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> int:
    """The uncompressed size of a record."""
    size = len(key or b"") + len(value or b"") + _HEADER_BYTES * len(headers)
    for name, content in headers:
        size += (len(name) if name.isascii() else len(name.encode())) + len(content or b"")
    return size
