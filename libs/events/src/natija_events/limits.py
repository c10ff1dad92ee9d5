"""Greatest sizes in bytes. Inbox < log < rejected, so that whatever came in can be written down on the way out.

A record counts as its key, its headers and its value, uncompressed: a compressed record of any size can enter a topic,
so the registrar counts again.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

PROPOSAL_BYTES = 1_000_000
"""A proposal above this is rejected as oversize and recorded by its digest."""

INBOX_BYTES = 1_048_576
LOG_BYTES = 1_572_864
"""A proposal's greatest record and the registrar's stamps."""

REJECTED_BYTES = 4_194_304
"""A sealed original is written in base 64 twice, 16/9 of the record it keeps, and the reason beside it."""

PROPOSAL_EVENTS = 200
"""A proposal holds at most this many events."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Every time in an event is from EARLIEST to before LATEST, so that it can be told in any zone and kept anywhere."""

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
"""How every time is written. Some libraries write nanoseconds; what is below a microsecond is cut off."""

_HEADER_BYTES = 10
"""What a header takes beside its name and content when a rejected record is written down; even an empty one."""


def record_bytes(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> int:
    """The uncompressed size of a record."""
    size = len(key or b"") + len(value or b"") + _HEADER_BYTES * len(headers)
    for name, content in headers:
        size += len(name.encode()) + len(content or b"")
    return size
