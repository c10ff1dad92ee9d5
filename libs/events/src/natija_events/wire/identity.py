"""The identity of an event, and the digests that tell a repeated proposal from another one.

An event is known by its appeal, source and id, as in CloudEvents. A repeated proposal may write its JSON in another
way, and seals its values under a new key. So the digest covers the canonical data, with lengths for sealed values.
"""

from hashlib import sha256
from json import JSONEncoder
from typing import Any, NamedTuple
from uuid import UUID

from natija_events import strict_json
from natija_events.sealing.data_key import SealedValue
from natija_events.wire.envelope import Event, rfc3339

_DIGEST_BYTES = 16
_CANONICAL = JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_SEALED_FIELDS = frozenset(SealedValue.model_fields)
_SEALED_MARK = b'"ct"'
"""Every sealed value has this field, so data without it is not searched."""


class EventDigest(NamedTuple):
    """Digests of an event's content, 16 bytes each. *full* is None when no value is sealed: it would be the same.

    *content* takes each sealed value by its length. *full* also covers what it holds.
    """

    content: bytes
    full: bytes | None


def event_key(source: str, id: UUID) -> UUID:
    """Identifies an event within its appeal: the first 16 bytes of SHA-256 over the source, 0x1f and the id."""
    return UUID(bytes=sha256(f"{source}\x1f{id}".encode()).digest()[:16])


def canonical_json(value: Any) -> bytes:
    """The canonical form of a parsed JSON *value*: keys by code point, no blanks, UTF-8."""
    return _CANONICAL.encode(value).encode()


def event_digest(event: Event, value: Any = None) -> EventDigest:
    """Digests of the source, type, time and canonical data of *event*. Raises ValueError when its data is not JSON.

    *value* is the parsed data, if they are parsed already. Attributes that a retry may change are left out: trace,
    correlation, expected sequence, signature and wrapped key.
    """
    value = strict_json.parse(event.data) if value is None else value
    sealed = _sealed_values(value) if _SEALED_MARK in event.data else None
    if sealed:
        value = value | {name: len(str(one["ct"])) for name, one in sealed.items()}
    prefix = "\x1f".join((event.source, event.type, rfc3339(event.time))).encode() + b"\x1e"
    hashed = sha256(prefix + canonical_json(value))
    content = hashed.digest()[:_DIGEST_BYTES]
    if not sealed:
        return EventDigest(content, None)
    hashed.update(canonical_json(sealed))
    return EventDigest(content, hashed.digest()[:_DIGEST_BYTES])


def _sealed_values(data: dict[str, Any]) -> dict[str, Any]:
    """The sealed values of parsed *data*, by field. They stand at its top: no type has them deeper."""
    return {name: one for name, one in data.items() if isinstance(one, dict) and one.keys() == _SEALED_FIELDS}
