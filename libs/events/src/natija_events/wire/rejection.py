"""Records of the rejected topic: the reason, and the sealed inbox record of the rejected proposal."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, NamedTuple, TypeVar
from uuid import UUID

from pydantic_core import from_json, to_json

from natija_events.ids import derived_event_id
from natija_events.sealing.data_key import DataKey, Place, SealedValue
from natija_events.wire.envelope import BINARY, Headers, rfc3339
from natija_events.wire.names import PREFIX
from natija_events.wire.proposal import BATCH_JSON, STRUCTURED_JSON, media_type
from natija_events.wire.values import Unreadable, read_appeal, read_json, read_text, read_uuid

RejectionReason = Literal[
    "unreadable", "oversize", "misplaced", "forbidden", "invalid", "duplicate", "reused", "unlawful", "conflict"
]
TYPE = "proposal.rejected.v1"
_ORIGINAL = "original"
_Read = TypeVar("_Read")
_INBOX_OFFSET, _FIRST_INBOX_OFFSET = f"{PREFIX}inboxoffset", f"{PREFIX}firstinboxoffset"


class Rejection(NamedTuple):
    """Why a proposal was rejected: *field* breaks *rule*; neither holds the field's value.

    *sequence* is set for a duplicate: the sequence of its first event, which is on the log already.
    """

    reason: RejectionReason
    field: str
    rule: str
    sequence: int | None = None


class ProposalIdentity(NamedTuple):
    """The *subject*, *source* and *id* of a proposal's first event; None where unreadable."""

    subject: str | None = None
    source: str | None = None
    id: UUID | None = None


class RejectedProposal(NamedTuple):
    """A record of the rejected topic. It stands for one inbox record, or for a run of unreadable or oversize ones.

    A run has so many *records*, from *firstinboxoffset* to *inboxoffset*. Then *rejection* is that of the last one,
    *digest* covers the digests of all, *bytes* is their sum, and *original* is None.
    """

    rejection: Rejection
    partition: int
    inboxoffset: int
    recordedtime: datetime
    proposal: ProposalIdentity
    digest: str
    bytes: int
    original: SealedValue | None
    firstinboxoffset: int | None = None
    records: int = 1

    @property
    def inboxoffsets(self) -> range:
        """The offsets on the inbox that it stands for. A transaction's markers may be among them."""
        return range(self.inboxoffset if self.firstinboxoffset is None else self.firstinboxoffset, self.inboxoffset + 1)


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
        "subject": rejected.proposal.subject,
        "reason": why.reason,
        "field": why.field,
        "rule": why.rule,
        "inboxoffset": str(rejected.inboxoffset),
        "proposalsource": rejected.proposal.source,
        "proposalid": _text(rejected.proposal.id),
        "registeredsequence": _text(why.sequence),
        "firstinboxoffset": _text(rejected.firstinboxoffset),
        "count": None if rejected.firstinboxoffset is None else str(rejected.records),
    }
    original = None if rejected.original is None else rejected.original.model_dump()
    value = to_json({"digest": rejected.digest, "bytes": rejected.bytes, "original": original})
    headers = [(PREFIX + name, content.encode()) for name, content in named.items() if content is not None]
    return value, [("content-type", BINARY), *headers]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


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
    sequence, first = named.get("registeredsequence"), named.get("firstinboxoffset")
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
        proposal=ProposalIdentity(
            named.get("subject"),
            named.get("proposalsource"),
            UUID(named["proposalid"]) if "proposalid" in named else None,
        ),
        digest=body["digest"],
        bytes=body["bytes"],
        original=None if body["original"] is None else SealedValue.model_validate(body["original"]),
        firstinboxoffset=None if first is None else int(first),
        records=int(named.get("count", 1)),
    )


def seal_inbox_record(key: DataKey, partition: int, offset: int, original: InboxRecord) -> SealedValue:
    """Seal a whole inbox record, bound to its partition and offset."""
    return key.seal(_place(partition, offset), _pack(original))


def open_inbox_record(key: DataKey, rejected: RejectedProposal) -> InboxRecord | None:
    """The inbox record; None when only its digest was stored. Raises `Unsealable`."""
    if rejected.original is None:
        return None
    packed = from_json(key.open(_place(rejected.partition, rejected.inboxoffset), rejected.original))
    return InboxRecord(
        _unpack(packed["key"]),
        _unpack(packed["value"]),
        [((_unpack(name) or b"").decode(), _unpack(content)) for name, content in packed["headers"]],
    )


def _place(partition: int, offset: int) -> Place:
    return Place("", f"{partition}:{offset}", "", UUID(int=0), TYPE, _ORIGINAL)


def inbox_record_digest(original: InboxRecord) -> str:
    """SHA-256 of an inbox record, which identifies it."""
    return sha256(_pack(original)).hexdigest()


def readable_identity(record: InboxRecord) -> ProposalIdentity:
    """The identity of the first event in an inbox record, as far as it can be read."""
    headers = dict(record.headers)
    named: dict[str, Any] = {name[len(PREFIX) :]: headers[name] for name in headers if name.startswith(PREFIX)}
    if not named or media_type(_decoded(headers.get("content-type"))) in (STRUCTURED_JSON, BATCH_JSON):
        named = _first_in(record.value or b"")
    subject, source, id = (_decoded(named.get(name)) for name in ("subject", "source", "id"))
    return ProposalIdentity(
        _or_none(read_appeal, subject),
        _or_none(lambda text: read_text("source", text), source),
        _or_none(read_uuid, id),
    )


def _or_none(read: Callable[[str], _Read], text: str) -> _Read | None:
    try:
        return read(text)
    except Unreadable:
        return None


def _first_in(value: bytes) -> dict[str, Any]:
    """The first event that stands whole in the *value* of a record."""
    try:
        first = read_json("data", value)
    except Unreadable:
        return {}
    if isinstance(first, list):
        first = first[0] if first else None
    return first if isinstance(first, dict) else {}


def _decoded(content: object) -> str:
    if isinstance(content, bytes):
        return content.decode(errors="replace")
    return content if isinstance(content, str) else ""


def run_digest(digests: Iterable[str]) -> str:
    """SHA-256 over the *digests* of a run of inbox records."""
    return sha256(b"".join(map(bytes.fromhex, digests))).hexdigest()


def rejected_offsets(headers: Headers) -> range:
    """The inbox offsets that a record of the rejected topic stands for. To read the whole record takes ten times as
    long. Raises `Unreadable` when the registrar did not write it."""
    named = dict(headers)
    try:
        last = int(named[_INBOX_OFFSET] or b"")
        return range(int(named.get(_FIRST_INBOX_OFFSET) or last), last + 1)
    except (KeyError, ValueError):
        raise Unreadable("inboxoffset", f"is missing in a {TYPE}") from None


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
