"""The chain: each event of an appeal carries the hash of the one before it.

The hash is SHA-256 over what is stored, byte for byte, so that a proof depends on no library's way of writing JSON.
See docs/adr/0003.
"""

import hashlib
from struct import pack

from natija_events.envelope import PREFIX, Headers

ALGORITHM = "sha256-1"
"""The tag of this form; another form would have another tag, and both would stand on one log."""

GENESIS = f"{ALGORITHM}:{'0' * 64}"
"""What the first event of an appeal carries."""


def event_hash(headers: Headers, value: bytes) -> str:
    """The hash of a log record: its ``ce_`` headers sorted by name and its value, each prefixed with its length."""
    attributes = sorted((name.encode(), content or b"") for name, content in headers if name.startswith(PREFIX))
    parts = [pack(">I", len(attributes))]
    for name, content in attributes:
        parts += (pack(">I", len(name)), name, pack(">I", len(content)), content)
    parts += (pack(">I", len(value)), value)
    return f"{ALGORITHM}:{hashlib.sha256(b''.join(parts)).hexdigest()}"
