"""The envelope: CloudEvents 1.0 over Kafka in binary mode, attributes in ``ce_`` headers and JSON in the value.

A proposal is one event (binary mode), or several events of one appeal that are registered together or not at all
(batch mode). A record of the log holds one event, always in binary mode, with the registrar's stamps.
"""

from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from natija_events import limits
from natija_events.wire.values import (
    PUBLISHERKEY,
    SIGNATURE,
    Unreadable,
    check_causation_id,
    check_time,
    read_appeal,
    read_base64,
    read_count,
    read_json,
    read_object,
    read_text,
    read_time,
    read_uuid,
)

Headers = Sequence[tuple[str, bytes | None]]
"""Headers of a Kafka record, as aiokafka gives and takes them."""

PREFIX = "ce_"
JSON = "application/json"
BATCH_JSON = "application/cloudevents-batch+json"
BINARY = JSON.encode()
BATCH = BATCH_JSON.encode()

REQUIRED = ("specversion", "id", "source", "type", "subject", "time")
OPTIONAL_TEXTS = ("causationid", "correlationid", "traceparent", "publisherkey", "signature")
_OPTIONAL = ("dataschema", "expectedsequence", *OPTIONAL_TEXTS)
WRAPPEDKEY = "wrappedkey"
"""A header of the record in both modes: it belongs to the proposal. It is never on the log."""
STAMPS = ("sequence", "logsequence", "recordedtime", "inboxoffset", "referenceversion", "previoushash")
_STAMPED = (*STAMPS, *REQUIRED)
_PROPOSED = frozenset((*REQUIRED, *_OPTIONAL))
_HEADERS = {name: PREFIX + name for name in (*REQUIRED, *_OPTIONAL, *STAMPS)}
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


class Proposal(NamedTuple):
    """Events of one appeal that are registered together or not at all.

    *values* holds the parsed data of each, where they were read: to parse them again would cost as much.
    """

    events: tuple[Event, ...]
    values: tuple[dict[str, Any], ...]

    @property
    def subject(self) -> str:
        """The number of the appeal."""
        return self.events[0].subject

    @property
    def expectedsequence(self) -> int | None:
        """The appeal's sequence on which the publisher decided."""
        return self.events[0].expectedsequence


def rfc3339(time: datetime) -> str:
    """*time*, which has a zone, in UTC to the microsecond."""
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


def write_proposal(events: Sequence[Event]) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of the inbox record that proposes *events*. The same events give the same bytes."""
    wrapped = _wrappedkey(events)
    wrapping = [] if wrapped is None else [(PREFIX + WRAPPEDKEY, wrapped.encode())]
    if len(events) == 1:
        return events[0].subject.encode(), events[0].data, [*write_headers(events[0]), *wrapping]
    batch = b",".join(map(_write_member, events))
    return events[0].subject.encode(), b"[" + batch + b"]", [("content-type", BATCH), *wrapping]


def _wrappedkey(events: Sequence[Event]) -> str | None:
    return next((event.wrappedkey for event in events if event.wrappedkey is not None), None)


def _write_member(event: Event) -> bytes:
    """The member of a batch for *event*. A signature is over the bytes of the data, so base 64 keeps them."""
    named = to_json({**attributes(event), "datacontenttype": JSON})[:-1]
    if event.signature is None:
        return named + b',"data":' + event.data + b"}"
    return named + b',"data_base64":"' + b64encode(event.data) + b'"}'


def read_proposal(value: bytes | None, headers: Headers) -> Proposal:
    """The proposal in an inbox record. Raises only `Unreadable`, whatever the record holds."""
    named = _named(headers)
    if value is None:
        raise Unreadable("data", "is missing: a proposal cannot be a tombstone")
    media_type, wrapped = _media_type(named.pop("content-type", "")), named.pop(WRAPPEDKEY, None)
    if wrapped is not None:
        read_text(WRAPPEDKEY, wrapped)
    if media_type == BATCH_JSON:
        if named:
            raise Unreadable(_safe(next(iter(named))), "is not a header of a batch")
        events, values = _read_batch(value)
    elif media_type == JSON:
        _check_proposed(named)
        events = (_proposed_event(named, value),)
        values = (read_object("data", value),)
    else:
        raise Unreadable("content-type", "is neither application/json nor application/cloudevents-batch+json")
    if wrapped is not None:
        events = tuple([event._replace(wrappedkey=wrapped) for event in events])
    return Proposal(events, values)


def check_proposal(events: Sequence[Event]) -> None:
    """Check what the wire form asks of a proposal's attributes. Raises `Unreadable`, as the registrar would reject it.

    The data is not parsed: the models write it.
    """
    for event in events:
        read_appeal(event.subject)
        read_text("type", event.type)
        check_time(event.time)
        for name in ("source", *OPTIONAL_TEXTS, WRAPPEDKEY):
            content = getattr(event, name)
            if content is not None:
                read_text(name, content)
        check_causation_id(event.causationid)
        if event.expectedsequence is not None:
            read_count("expectedsequence", str(event.expectedsequence))
    _check_together(events)


def read_log_record_strictly(value: bytes | None, headers: Headers) -> tuple[Event, Stamp]:
    """The registered event in a log record of any form. `wire.log_record` reads the usual form faster.

    Unknown attributes are ignored: a later version may add some. Raises `Unreadable` when the registrar did not write
    the record.
    """
    named = _named(headers)
    if value is None:
        raise Unreadable("data", "is missing")
    _require(named, _STAMPED)
    stamp = Stamp(
        sequence=read_count("sequence", named["sequence"]),
        logsequence=read_count("logsequence", named["logsequence"]),
        recordedtime=read_time("recordedtime", named["recordedtime"]),
        inboxoffset=read_count("inboxoffset", named["inboxoffset"]),
        referenceversion=read_count("referenceversion", named["referenceversion"]),
        previoushash=read_text("previoushash", named["previoushash"]),
    )
    return _event(named, value), stamp


def _named(headers: Headers) -> dict[str, str]:
    """Attributes by name, without prefix, and the content type. Other headers are skipped."""
    named: dict[str, str] = {}
    for header, content in headers:
        name = _ATTRIBUTES.get(header)
        if name is None:
            if not header.startswith(PREFIX):
                continue
            name = header[len(PREFIX) :]
        if name in named:
            raise Unreadable(_safe(name), "occurs twice")
        if content is None:
            raise Unreadable(_safe(name), "is null")
        try:
            named[name] = content.decode()
        except UnicodeDecodeError:
            raise Unreadable(_safe(name), "is not UTF-8") from None
    return named


def _read_batch(value: bytes) -> tuple[tuple[Event, ...], tuple[dict[str, Any], ...]]:
    parsed = read_json("data", value)
    if not isinstance(parsed, list) or not parsed:
        raise Unreadable("data", "is not a JSON array of events")
    if len(parsed) > limits.PROPOSAL_EVENTS:
        raise Unreadable("data", f"holds more than {limits.PROPOSAL_EVENTS} events")
    events, values = zip(*[_structured(index, item) for index, item in enumerate(parsed)], strict=True)
    _check_together(events)
    return events, values


def _check_together(events: Sequence[Event]) -> None:
    """Check the attributes that the events of one proposal must share, and those they must not."""
    if any(event.subject != events[0].subject for event in events):
        raise Unreadable("subject", "is not the same in all events of the proposal")
    if any(event.source != events[0].source for event in events):
        raise Unreadable("source", "is not the same in all events of the proposal")
    if len({event.id for event in events}) < len(events):
        raise Unreadable("id", "is the same in two events of the proposal")
    if any(event.expectedsequence not in (None, events[0].expectedsequence) for event in events):
        raise Unreadable("expectedsequence", "is not that of the proposal's first event")
    for name in ("publisherkey", "signature"):
        if any(getattr(event, name) != getattr(events[0], name) for event in events):
            raise Unreadable(name, "is not the same in all events of the proposal")
    if any(event.wrappedkey not in (None, _wrappedkey(events)) for event in events):
        raise Unreadable(WRAPPEDKEY, "is not the same in all events of the proposal")


def _structured(index: int, item: Any) -> tuple[Event, dict[str, Any]]:
    if not isinstance(item, dict):
        raise Unreadable(f"[{index}]", "is not a JSON object")
    data, value = _member_data(index, item)
    # CloudEvents: null is the same as missing, and an Integer is written as a number.
    named = {name: str(content) if type(content) is int else content for name, content in item.items()}
    named = {name: content for name, content in named.items() if content is not None}
    if not all(isinstance(content, str) for content in named.values()):
        raise Unreadable(f"[{index}]", "has an attribute that is not a string")
    if _media_type(named.pop("datacontenttype", JSON)) != JSON:
        raise Unreadable(f"[{index}].datacontenttype", "is not application/json")
    try:
        _check_proposed(named)
        return _proposed_event(named, data), value
    except Unreadable as error:
        raise Unreadable(f"[{index}].{error.field}", error.rule) from None


def _member_data(index: int, item: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """Take the data of a batch's member out of *item*: as JSON, or in base 64, byte for byte as signed. And parsed."""
    encoded, plain = item.pop("data_base64", None), item.pop("data", None)
    field = f"[{index}].data" if encoded is None else f"[{index}].data_base64"
    if encoded is None:
        if not isinstance(plain, dict):
            raise Unreadable(field, "is not a JSON object")
        if item.get("signature") is not None:
            raise Unreadable(field, "is in data_base64 when the event is signed")
        return to_json(plain), plain
    if plain is not None:
        raise Unreadable(field, "stands beside data")
    raw = read_base64(encoded)
    if raw is None:
        raise Unreadable(field, "is not base 64 with padding")
    return raw, read_object(field, raw)


def _require(named: dict[str, str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in named:
            raise Unreadable(name, "is missing")


def _check_proposed(named: dict[str, str]) -> None:
    """Check the attributes of a proposal: all required ones, and none that is unknown."""
    _require(named, REQUIRED)
    if not _PROPOSED.issuperset(named):
        unknown = next(name for name in named if name not in _PROPOSED)
        raise Unreadable(_safe(unknown), _why_not(unknown))


def _proposed_event(named: dict[str, str], data: bytes) -> Event:
    """The event with these attributes. A signed one is written as the log writes it, or its signature would prove
    nothing there."""
    event = _event(named, data)
    if event.signature is None and event.publisherkey is None:
        return event
    for name, form in (("signature", SIGNATURE), ("publisherkey", PUBLISHERKEY)):
        if not form.fullmatch(getattr(event, name) or ""):
            raise Unreadable(name, "is missing or not in the form of Ed25519 signatures")
    if named["time"] != rfc3339(event.time):
        raise Unreadable("time", "of a signed event is not in UTC with six decimals and Z")
    if event.expectedsequence is not None and named["expectedsequence"] != str(event.expectedsequence):
        raise Unreadable("expectedsequence", "of a signed event has leading zeros")
    return event


def _event(named: dict[str, str], data: bytes) -> Event:
    """The event with these attributes, none of the required ones missing."""
    if named["specversion"] != "1.0":
        raise Unreadable("specversion", "is not 1.0")
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


def _media_type(content_type: str) -> str:
    """Without its parameters: JSON is always UTF-8."""
    return content_type.partition(";")[0].strip().lower()


def _why_not(name: str) -> str:
    if name in STAMPS:
        return "is set by the registrar only"
    return "is a header of the record" if name == WRAPPEDKEY else "is an unknown attribute"


def _safe(name: str) -> str:
    """The name of a header in an error. It may be a person's name, so only known attributes are repeated."""
    return name if name in {*_PROPOSED, *STAMPS, WRAPPEDKEY, "content-type"} else "header"
