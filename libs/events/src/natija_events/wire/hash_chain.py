"""The hash chain: each event of an appeal carries the hash of the event before it.

The hash is SHA-256 over the stored bytes, so that a proof does not depend on how a library writes JSON.
See docs/adr/0003.
"""

import hashlib
import itertools
from collections.abc import Sequence
from functools import lru_cache

from natija_events.wire.envelope import Headers
from natija_events.wire.names import PREFIX

ALGORITHM = "sha256-1"
"""The tag of this form. Another form would have another tag, and one log could hold both."""

GENESIS = f"{ALGORITHM}:{'0' * 64}"
"""The previous hash of an appeal's first event."""


def event_hash(headers: Headers, value: bytes) -> str:
    """The hash of a log record: its ``ce_`` headers sorted by name and its value, each prefixed with its length."""
    names = tuple([name for name, _ in headers])
    if len(set(names)) < len(names):  # the registrar writes no such record, but any record has a hash
        headers = sorted(headers, key=lambda header: (header[0], header[1] or b""))
        names = tuple([name for name, _ in headers])
    count, places, prefixed = _layout(names)
    contents = [headers[place][1] or b"" for place in places]
    hashed = itertools.chain.from_iterable(zip(prefixed, map(_prefix, map(len, contents)), contents, strict=True))
    whole = b"".join((count, *hashed, _prefix(len(value)), value))
    return f"{ALGORITHM}:{hashlib.sha256(whole).hexdigest()}"


@lru_cache(maxsize=256)
def _layout(names: tuple[str, ...]) -> tuple[bytes, Sequence[int], Sequence[bytes]]:
    """How headers with these *names* are hashed: their count, and of each, in the order of the hash, its index and its
    name prefixed with its length. Most events have the same names."""
    hashed = sorted((name.encode(), place) for place, name in enumerate(names) if name.startswith(PREFIX))
    return _prefix(len(hashed)), [place for _, place in hashed], [_prefix(len(name)) + name for name, _ in hashed]


@lru_cache(maxsize=4096)  # nearly all lengths are small ones
def _prefix(number: int) -> bytes:
    return number.to_bytes(4, "big")
