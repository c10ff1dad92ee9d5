"""Records of the topic `appeals.keys`: each holds one data key, wrapped under the realm's KEK, or says it was erased.

The value is one of two JSON objects:

    {"version": 1, "wrapped": "…"}
    {"erased": "2026-03-31T08:05:09.125000Z"}

*version* is that of the KEK. The record's key is the key id, so compaction keeps the last record of each data key. An
erased key has a value of its own and no tombstone: a tombstone would disappear, and the key could come back.
"""

from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from natija_events.sealing.data_key import DataKey
from natija_events.sealing.storage import KeyEncryptionKey
from natija_events.types.base import Instant
from natija_events.wire.envelope import BINARY, rfc3339
from natija_events.wire.values import Unreadable

HEADERS = [("content-type", BINARY)]


class StoredKey(NamedTuple):
    """The data key *kid*: *wrapped* under a *version* of the KEK. Both are None when it was *erased*."""

    kid: str
    version: int | None
    wrapped: str | None
    erased: datetime | None


class _Wrapped(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    version: Annotated[int, Field(ge=1)]
    wrapped: str


class _Erased(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    erased: Instant


def write_stored_key(kek: KeyEncryptionKey, key: DataKey) -> tuple[bytes, bytes]:
    """Key and value of the record that stores *key* under *kek*."""
    return key.id.encode(), to_json({"version": kek.version, "wrapped": kek.wrap(key)})


def write_erased_key(kid: str, erased: datetime) -> tuple[bytes, bytes]:
    """Key and value of the record that says that the data key *kid* was *erased*."""
    return kid.encode(), to_json({"erased": rfc3339(erased)})


def read_stored_key(key: bytes | None, value: bytes | None) -> StoredKey:
    """Read a record of the topic. Raises `Unreadable` when the registrar did not write it."""
    kid = (key or b"").decode(errors="replace")
    try:
        if (value or b"").startswith(b'{"erased"'):
            return StoredKey(kid, None, None, _Erased.model_validate_json(value or b"").erased)
        stored = _Wrapped.model_validate_json(value or b"")
    except ValidationError:
        raise Unreadable("data", "is not a stored key") from None
    return StoredKey(kid, stored.version, stored.wrapped, None)
