"""Records of the topic `appeals.reference`: each holds one revision of one entry.

The value is a JSON object:

    {"kind": "topic", "id": "roads", "revision": 2, "valid_from": "2026-03-01T00:00:00.000000Z", "entry": {…}}

*revision* counts the revisions of the entry from 1. It is in force from *valid_from* until a later revision is. An
*entry* of null ends it. The record's key is `KIND/ID`, its content type is `application/json`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from natija_events import strict_json
from natija_events.reference.entries import ENTRIES, Entry, Kind, find_wrong_id, is_id
from natija_events.types.base import Instant
from natija_events.wire.envelope import BINARY, rfc3339
from natija_events.wire.values import Unreadable

HEADERS = [("content-type", BINARY)]


class ReferenceRecord(NamedTuple):
    """One revision of the entry *id* of a *kind*. *entry* is None when it ends at *valid_from*."""

    kind: Kind
    id: str
    revision: int
    valid_from: datetime
    entry: Entry | None


class _Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Kind
    id: str
    revision: Annotated[int, Field(ge=1, le=1_000_000_000)]
    valid_from: Instant
    entry: Mapping[str, Any] | None


def write_record(record: ReferenceRecord) -> tuple[bytes, bytes]:
    """Key and value of the topic's record. The same revision gives the same bytes."""
    entry = None if record.entry is None else entry_json(record.entry)
    named = record._asdict() | {"valid_from": rfc3339(record.valid_from), "entry": entry}
    return _key(record.kind, record.id), to_json(named)


def entry_json(entry: Entry) -> dict[str, Any]:
    """*entry* as plain JSON: without what is null, sets in order."""
    found: dict[str, Any] = entry.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: sorted(value) if name in _SETS else value for name, value in found.items()}


_SETS = frozenset({"kinds", "roles"})
"""The fields whose order says nothing."""


def read_record(key: bytes | None, value: bytes | None) -> ReferenceRecord:
    """The revision in a record. Raises `Unreadable` for anything that `write_record` would not write so."""
    try:
        found = _Envelope.model_validate_json(to_json(strict_json.parse(value or b"")), strict=True)
        entry = None if found.entry is None else _entry(found.kind, found.entry)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"]) if first["type"] != "extra_forbidden" else ""
        raise Unreadable(field or "data", first["msg"].removeprefix("Value error, ")) from None
    except ValueError as error:
        raise Unreadable("data", f"is not JSON: {error}") from None
    if not is_id(found.kind, found.id):
        raise Unreadable("id", f"is not the id of a {found.kind}")
    if entry is not None and (rule := find_wrong_id(found.id, entry)):
        raise Unreadable("id", rule)
    if key != _key(found.kind, found.id):
        raise Unreadable("key", "is not KIND/ID")
    return ReferenceRecord(found.kind, found.id, found.revision, found.valid_from, entry)


def _entry(kind: Kind, raw: Mapping[str, Any]) -> Entry:
    return ENTRIES[kind].model_validate_json(to_json(raw), strict=True, by_name=False, by_alias=True)


def _key(kind: Kind, id: str) -> bytes:
    return f"{kind}/{id}".encode()
