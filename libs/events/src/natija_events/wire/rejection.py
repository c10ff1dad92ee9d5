"""Records of the rejected topic: the reason, and the sealed inbox record of the rejected proposal."""

from base64 import b64decode, b64encode
from datetime import datetime
from hashlib import sha256
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic_core import from_json, to_json

from natija_events.encryption import Sealed, Sealer
from natija_events.ids import derived_event_id
from natija_events.wire.envelope import BINARY, PREFIX, Headers, Unreadable, rfc3339

RejectionReason = Literal[
    "unreadable", "oversize", "misplaced", "forbidden", "invalid", "duplicate", "reused", "unlawful", "conflict"
]
TYPE = "proposal.rejected.v1"
_SEALED_AS = "rejected"


class Rejection(NamedTuple):
    """Why a proposal was rejected: *field* breaks *rule*; neither holds the field's value.

    *sequence* is set for a duplicate: the sequence of its first event, which is on the log already.
    """

    reason: RejectionReason
    field: str
    rule: str
    sequence: int | None = None


class RejectedProposal(NamedTuple):
    """A record of the rejected topic. *subject* and *proposalid* (of the first event) are None if unreadable."""

    rejection: Rejection
    partition: int
    inboxoffset: int
    recordedtime: datetime
    subject: str | None
    proposalid: UUID | None
    digest: str
    bytes: int
    original: Sealed | None


class InboxRecord(NamedTuple):
    """A record of the inbox, as received."""

    key: bytes | None
    value: bytes | None
    headers: Headers


def write_rejected(rejected: RejectedProposal, source: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Value and headers of the record for *rejected*."""
    why = rejected.rejection
    named = {
        "specversion": "1.0",
        "id": str(derived_event_id("rejected", str(rejected.partition), str(rejected.inboxoffset))),
        "source": source,
        "type": TYPE,
        "time": rfc3339(rejected.recordedtime),
        "subject": rejected.subject,
        "reason": why.reason,
        "field": why.field,
        "rule": why.rule,
        "inboxoffset": str(rejected.inboxoffset),
        "proposalid": None if rejected.proposalid is None else str(rejected.proposalid),
        "registeredsequence": None if why.sequence is None else str(why.sequence),
    }
    original = None if rejected.original is None else rejected.original.model_dump()
    value = to_json({"digest": rejected.digest, "bytes": rejected.bytes, "original": original})
    headers = [(PREFIX + name, content.encode()) for name, content in named.items() if content is not None]
    return value, [("content-type", BINARY), *headers]


def read_rejected(partition: int, value: bytes | None, headers: Headers) -> RejectedProposal:
    """Read a record of the rejected topic. Raises `Unreadable` when the registrar did not write it."""
    try:
        return _read(partition, value or b"", headers)
    except (ValueError, KeyError, TypeError):  # pydantic's errors are ValueErrors
        raise Unreadable("data", f"is not a {TYPE}") from None


def _read(partition: int, value: bytes, headers: Headers) -> RejectedProposal:
    named = {name[len(PREFIX) :]: (content or b"").decode() for name, content in headers if name.startswith(PREFIX)}
    if named["type"] != TYPE:
        raise ValueError("another type")
    body = from_json(value)
    sequence = named.get("registeredsequence")
    return RejectedProposal(
        rejection=Rejection(
            named["reason"],  # type: ignore[arg-type]  # ours: only the registrar writes this topic
            named["field"],
            named["rule"],
            None if sequence is None else int(sequence),
        ),
        partition=partition,
        inboxoffset=int(named["inboxoffset"]),
        recordedtime=datetime.fromisoformat(named["time"]),
        subject=named.get("subject"),
        proposalid=UUID(named["proposalid"]) if "proposalid" in named else None,
        digest=body["digest"],
        bytes=body["bytes"],
        original=None if body["original"] is None else Sealed.model_validate(body["original"]),
    )


def seal_inbox_record(sealer: Sealer, partition: int, offset: int, original: InboxRecord) -> Sealed:
    """Seal a whole inbox record, bound to its partition and offset."""
    return sealer.seal(f"{partition}:{offset}", _SEALED_AS, _pack(original))


def open_inbox_record(sealer: Sealer, rejected: RejectedProposal) -> InboxRecord | None:
    """The inbox record; None when only its digest was stored."""
    if rejected.original is None:
        return None
    packed = from_json(sealer.open(f"{rejected.partition}:{rejected.inboxoffset}", _SEALED_AS, rejected.original))
    return InboxRecord(
        _unpack(packed["key"]),
        _unpack(packed["value"]),
        [((_unpack(name) or b"").decode(), _unpack(content)) for name, content in packed["headers"]],
    )


def inbox_record_digest(original: InboxRecord) -> str:
    """SHA-256 of an inbox record, which identifies it."""
    return sha256(_pack(original)).hexdigest()


def _pack(original: InboxRecord) -> bytes:
    # Names in base 64, too: JSON writes a control character in six bytes, and the result must fit the topic.
    def text(raw: bytes | None) -> str | None:
        return None if raw is None else b64encode(raw).decode()

    return to_json(
        {
            "key": text(original.key),
            "value": text(original.value),
            "headers": [[text(name.encode()), text(content)] for name, content in original.headers],
        }
    )


def _unpack(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
