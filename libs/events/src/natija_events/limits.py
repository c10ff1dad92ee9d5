"""Greatest sizes in bytes. Inbox < log < rejected, so that whatever came in can be written down on the way out.

A record counts as its key, its headers' names and values, and its value, uncompressed: a compressed record of any
size can enter a topic, so the registrar counts again.
"""

from collections.abc import Sequence

PROPOSAL_BYTES = 1_000_000
"""A proposal above this is rejected as oversize and recorded by its digest."""

INBOX_BYTES = 1_048_576
LOG_BYTES = 1_572_864
"""A proposal's greatest record and the registrar's stamps."""

REJECTED_BYTES = 4_194_304
"""A sealed original is written in base 64 twice, 16/9 of the record it keeps, and the reason beside it."""

PROPOSAL_EVENTS = 200
"""A proposal holds at most this many events."""


def record_bytes(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> int:
    """The uncompressed size of a record."""
    return len(key or b"") + len(value or b"") + sum(len(name) + len(content or b"") for name, content in headers)
