"""The envelope: CloudEvents 1.0 over Kafka in binary mode, attributes in ``ce_`` headers and JSON in the value.

A record of the log holds one event, always in this form, with the registrar's stamps. `wire.proposal` has the forms of
a record on the inbox.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from natija_events.sealing.data_key import Place
from natija_events.wire.names import OPTIONAL, OPTIONAL_TEXTS, PREFIX, REQUIRED, STAMPS, told
from natija_events.wire.values import (
    Unreadable,
    check_causation_id,
    read_appeal,
    read_count,
    read_text,
    read_time,
    read_uuid,
)

Headers = Sequence[tuple[str, bytes | None]]
"""Headers of a Kafka record, as aiokafka gives and takes them."""

JSON = "application/json"
BINARY = JSON.encode()

_STAMPED = (*STAMPS, *REQUIRED)
_HEADERS = {name: PREFIX + name for name in (*REQUIRED, *OPTIONAL, *STAMPS)}
_ATTRIBUTES = {header: name for name, header in _HEADERS.items()} | {"content-type": "content-type"}
_CONTENT_TYPE = ("content-type", BINARY)
_SEQUENCE_DIGITS = 10


class Event(NamedTuple):
    """One event as proposed. *data* is its JSON as stored, *time* has a zone, *subject* is the appeal number.

    *wrappedkey* is the wrapped key of the proposal's sealed values. An event without such values may have none.
    """

    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    data: bytes
    expectedsequence: int | None = None
    causationid: str | None = None
    correlationid: str | None = None
    traceparent: str | None = None
    publisherkey: str | None = None
    signature: str | None = None
    wrappedkey: str | None = None

    @property
    def dataschema(self) -> str:
        """The URI of the JSON Schema of the event's data."""
        return f"urn:natija:{self.type}"


def place_of(event: Event, realm: str) -> Place:
    """The place of the sealed values of *event*, without the field."""
    return Place(realm, event.subject, event.source, event.id, event.type, "")


class Stamp(NamedTuple):
    """The registrar's stamps. *sequence* counts per appeal, *logsequence* per partition, both from 1 without gaps.

    *referenceversion* is the version of the reference data on which the proposal was decided.
    """

    sequence: int
    logsequence: int
    recordedtime: datetime
    inboxoffset: int
    referenceversion: int
    previoushash: str


def rfc3339(time: datetime) -> str:
    """*time* in UTC to the microsecond. Raises ValueError without a zone: it would be taken as this machine's."""
    if time.tzinfo is None:
        raise ValueError("a time has no zone: give it a tzinfo, such as datetime.UTC")
    return _rfc3339(time.astimezone(UTC))


@lru_cache(maxsize=4096)  # a batch is recorded at one time, and each event's own time is written more than once
def _rfc3339(utc: datetime) -> str:
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


def attributes(event: Event) -> dict[str, str]:
    """The CloudEvents attributes of *event*, by name."""
    named = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": rfc3339(event.time),
        "dataschema": event.dataschema,
    }
    if event.expectedsequence is not None:
        named["expectedsequence"] = str(event.expectedsequence)
    for name in OPTIONAL_TEXTS:
        value = getattr(event, name)
        if value is not None:
            named[name] = value
    return named


def write_headers(event: Event, stamp: Stamp | None = None) -> list[tuple[str, bytes]]:
    """The Kafka headers of *event*, and of its *stamp* once it is registered."""
    named = attributes(event)
    if stamp is not None:
        named["sequence"] = f"{stamp.sequence:0{_SEQUENCE_DIGITS}d}"
        named["logsequence"] = str(stamp.logsequence)
        named["recordedtime"] = rfc3339(stamp.recordedtime)
        named["inboxoffset"] = str(stamp.inboxoffset)
        named["referenceversion"] = str(stamp.referenceversion)
        named["previoushash"] = stamp.previoushash
    return [_CONTENT_TYPE, *zip(map(_HEADERS.__getitem__, named), map(str.encode, named.values()), strict=True)]


def read_log_record_strictly(value: bytes | None, headers: Headers) -> tuple[Event, Stamp]:
    """The registered event in a log record of any form. `wire.log_record` reads the usual form faster.

    Unknown attributes are ignored: a later version may add some. Raises `Unreadable` when the registrar did not write
    the record.
    """
    named = named_attributes(headers)
    if value is None:
        raise Unreadable("data", "is missing")
    require(named, _STAMPED)
    stamp = Stamp(
        sequence=read_count("sequence", named["sequence"]),
        logsequence=read_count("logsequence", named["logsequence"]),
        recordedtime=read_time("recordedtime", named["recordedtime"]),
        inboxoffset=read_count("inboxoffset", named["inboxoffset"]),
        referenceversion=read_count("referenceversion", named["referenceversion"]),
        previoushash=read_text("previoushash", named["previoushash"]),
    )
    return read_event(named, value), stamp


def named_attributes(headers: Headers) -> dict[str, str]:
    """Attributes by name, without prefix, and the content type. Other headers are skipped. Raises `Unreadable`.

    Null is the same as missing, as in the JSON of CloudEvents: some clients write it for what they do not have.
    """
    named: dict[str, str] = {}
    for header, content in headers:
        name = _ATTRIBUTES.get(header)
        if name is None:
            if not header.startswith(PREFIX):
                continue
            name = header[len(PREFIX) :]
        if name in named:
            raise Unreadable(told(name), "occurs twice")
        if content is None:
            continue
        try:
            named[name] = content.decode()
        except UnicodeDecodeError:
            raise Unreadable(told(name), "is not UTF-8") from None
    return named


def require(named: dict[str, str], wanted: Sequence[str]) -> None:
    """Raise `Unreadable` when one of the *wanted* attributes is missing."""
    for name in wanted:
        if name not in named:
            raise Unreadable(name, "is missing")


def read_event(named: dict[str, str], data: bytes) -> Event:
    """The event with these attributes, none of the required ones missing. Raises `Unreadable`."""
    if named["specversion"] != "1.0":
        quoted = named["specversion"].startswith('"')
        raise Unreadable("specversion", "is not 1.0" + (": headers stand in quotation marks" if quoted else ""))
    event = Event(
        id=read_uuid(named["id"]),
        source=read_text("source", named["source"]),
        type=read_text("type", named["type"]),
        subject=read_appeal(named["subject"]),
        time=read_time("time", named["time"]),
        data=data,
        expectedsequence=read_count("expectedsequence", named["expectedsequence"])
        if "expectedsequence" in named
        else None,
        **{name: read_text(name, named[name]) for name in OPTIONAL_TEXTS if name in named},
    )
    check_causation_id(event.causationid)
    if named.get("dataschema", event.dataschema) != event.dataschema:
        raise Unreadable("dataschema", "is not the schema of the event's type")
    return event
