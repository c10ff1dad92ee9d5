"""The chain: each event of an appeal carries the hash of the one before it.

The hash is SHA-256 over what is stored, byte for byte, so that a proof depends on no library's way of writing JSON.
See docs/adr/0003.
"""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from natija_events.wire.envelope import PREFIX, Headers

ALGORITHM = "sha256-1"
"""The tag of this form; another form would have another tag, and both would stand on one log."""

GENESIS = f"{ALGORITHM}:{'0' * 64}"
"""What the first event of an appeal carries."""


def event_hash(headers: Headers, value: bytes) -> str:
    """The hash of a log record: its ``ce_`` headers sorted by name and its value, each prefixed with its length."""
    names = tuple([name for name, _ in headers])
    if len(set(names)) < len(names):  # nobody wrote it so, but what stands there has a hash all the same
        headers = sorted(headers, key=lambda header: (header[0], header[1] or b""))
        names = tuple([name for name, _ in headers])
    count, places, prefixed = _layout(names)
    contents = [headers[place][1] or b"" for place in places]
    hashed = chain.from_iterable(zip(prefixed, map(_prefix, map(len, contents)), contents, strict=True))
    whole = b"".join((count, *hashed, _prefix(len(value)), value))
    return f"{ALGORITHM}:{hashlib.sha256(whole).hexdigest()}"


@lru_cache(maxsize=256)
def _layout(names: tuple[str, ...]) -> tuple[bytes, Sequence[int], Sequence[bytes]]:
    """Of headers with these *names*, the same for most events: how many are hashed, and of each, in the order of the
    hash, its place and its name prefixed with its length."""
    hashed = sorted((name.encode(), place) for place, name in enumerate(names) if name.startswith(PREFIX))
    return _prefix(len(hashed)), [place for _, place in hashed], [_prefix(len(name)) + name for name, _ in hashed]


@lru_cache(maxsize=4096)  # nearly all lengths are small ones
def _prefix(number: int) -> bytes:
    return number.to_bytes(4, "big")
