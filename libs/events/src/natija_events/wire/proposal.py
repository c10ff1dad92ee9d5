"""The record of a proposal on the inbox, in the content modes of CloudEvents.

- *binary*: one event, its attributes in ``ce_`` headers, its data in the value. `write_proposal` writes it so.
- *structured*: one event, whole in the value. SDKs may write it so, and some leave out its content type.
- *batch*: several events of one appeal, whole in the value. They are registered together or not at all.

The mode is that of the record only. The log has every event in the one form of `wire.envelope`, and the identity of an
event does not depend on the mode. A signature is over the bytes of the data. So a signed event that stands whole in the
value has its data in ``data_base64``.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic_core import to_json

from natija_events import limits
from natija_events.wire.envelope import (
    JSON,
    Event,
    Headers,
    attributes,
    named_attributes,
    read_event,
    require,
    rfc3339,
    write_headers,
)
from natija_events.wire.names import DROPPED, OPTIONAL_TEXTS, PREFIX, PROPOSED, REQUIRED, WRAPPEDKEY, told, why_unknown
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
)

STRUCTURED_JSON = "application/cloudevents+json"
BATCH_JSON = "application/cloudevents-batch+json"
BATCH = BATCH_JSON.encode()


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
    named = named_attributes(headers)
    if value is None:
        raise Unreadable("data", "is missing: a proposal cannot be a tombstone")
    mode = media_type(named.pop("content-type", JSON))
    if mode == JSON:
        return _read_binary(value, named)
    if mode == STRUCTURED_JSON:
        return _read_structured(value, named)
    if mode == BATCH_JSON:
        return _read_batch(value, named)
    raise Unreadable("content-type", f"is none of {JSON}, {STRUCTURED_JSON} and {BATCH_JSON}")


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


def _check_together(events: Sequence[Event]) -> None:
    """Check the attributes that the events of one proposal must share, and those they must not."""
    if any(event.subject != events[0].subject for event in events):
        raise Unreadable("subject", "is not the same in all events of the proposal")
    if any(event.source != events[0].source for event in events):
        raise Unreadable("source", "is not the same in all events of the proposal")
    if len({event.id for event in events}) < len(events):
        raise Unreadable("id", "is the same in two events of the proposal")
    if any(event.expectedsequence not in (None, events[0].expectedsequence) for event in events):
        raise Unreadable(
            "expectedsequence",
            "is not that of the proposal's first event: it is the sequence before the whole proposal",
        )
    for name in ("publisherkey", "signature"):
        if any(getattr(event, name) != getattr(events[0], name) for event in events):
            raise Unreadable(name, "is not the same in all events of the proposal")
    if any(event.wrappedkey not in (None, _wrappedkey(events)) for event in events):
        raise Unreadable(WRAPPEDKEY, "is not the same in all events of the proposal")


def _read_binary(value: bytes, named: dict[str, str]) -> Proposal:
    """One event: its data in the value, its attributes in the headers."""
    if named.keys() <= {WRAPPEDKEY}:
        return _read_without_attributes(value, named)
    event = _read_event(named, value)
    return Proposal((event,), (read_object("data", value),))


def _read_without_attributes(value: bytes, headers: dict[str, str]) -> Proposal:
    """No attribute is in the headers: then the value is the whole event. Some SDKs do not name its content type."""
    if "specversion" not in read_object("data", value):
        raise Unreadable("specversion", "is missing, as all attributes: no header begins with ce_")
    return _read_structured(value, headers)


def _read_structured(value: bytes, headers: dict[str, str]) -> Proposal:
    """One event, whole in the value. Its attributes may stand in the *headers*, too."""
    member = _Member.of(read_object("data", value))
    for name, content in headers.items():
        if member.named.setdefault(name, content if name == WRAPPEDKEY else "") != content:
            raise Unreadable(told(name), "is in a header, and not the same in the event")
    return Proposal((_read_event(member.named, member.data),), (member.value,))


def _read_batch(value: bytes, headers: dict[str, str]) -> Proposal:
    """Several events, whole in the value. Their wrapped key may stand in the *headers*."""
    wrapped = headers.pop(WRAPPEDKEY, None)
    if wrapped is not None:
        read_text(WRAPPEDKEY, wrapped)
    if headers:
        raise Unreadable(told(next(iter(headers))), "is not a header of a batch")
    parsed = read_json("data", value)
    if not isinstance(parsed, list) or not parsed:
        raise Unreadable("data", "is not a JSON array of events")
    if len(parsed) > limits.PROPOSAL_EVENTS:
        raise Unreadable("data", f"holds more than {limits.PROPOSAL_EVENTS} events")
    events, values = zip(*[_read_item(index, item) for index, item in enumerate(parsed)], strict=True)
    _check_together(events)
    inner = _wrappedkey(events)
    if None not in (wrapped, inner) and wrapped != inner:
        raise Unreadable(WRAPPEDKEY, "is in a header, and not the same in the events")
    return Proposal(_share_wrappedkey(events, wrapped or inner), values)


def _share_wrappedkey(events: tuple[Event, ...], wrapped: str | None) -> tuple[Event, ...]:
    return events if wrapped is None else tuple([event._replace(wrappedkey=wrapped) for event in events])


def _read_item(index: int, item: Any) -> tuple[Event, dict[str, Any]]:
    """The event of a batch with this *index*, and its parsed data."""
    if not isinstance(item, dict):
        raise Unreadable(f"[{index}]", "is not a JSON object")
    try:
        member = _Member.of(item)
        return _read_event(member.named, member.data), member.value
    except Unreadable as error:
        raise Unreadable(f"[{index}].{error.field}", error.rule) from None


class _Member(NamedTuple):
    """A whole event in JSON: its attributes as texts, its data as bytes, and their parsed *value*."""

    named: dict[str, str]
    data: bytes
    value: dict[str, Any]

    @classmethod
    def of(cls, item: dict[str, Any]) -> "_Member":
        """The event in the JSON object *item*. Raises `Unreadable`."""
        data, value = _member_data(item)
        named = {}
        for name, content in item.items():
            if content is None:  # CloudEvents: null is the same as missing
                continue
            if type(content) is int:  # an Integer of CloudEvents
                content = str(content)
            if not isinstance(content, str):
                raise Unreadable(told(name), "is not a string")
            named[name] = content
        return cls(named, data, value)


def _member_data(item: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """Take the data of an event out of *item*: as JSON, or in base 64, byte for byte as signed. And parsed."""
    encoded, plain = item.pop("data_base64", None), item.pop("data", None)
    if encoded is None:
        if isinstance(plain, str):
            raise Unreadable("data", "is a string, not a JSON object: do not serialize it before the event")
        if not isinstance(plain, dict):
            raise Unreadable("data", "is not a JSON object")
        if item.get("signature") is not None:
            raise Unreadable("data", "is in data_base64 when the event is signed: a signature is over its bytes")
        return to_json(plain), plain
    if plain is not None:
        raise Unreadable("data_base64", "stands beside data")
    raw = read_base64(encoded)
    if raw is None:
        raise Unreadable("data_base64", "is not base 64 with padding")
    return raw, read_object("data_base64", raw)


def _read_event(named: dict[str, str], data: bytes) -> Event:
    """The event with these attributes. A signed one is written as the log writes it, or its signature would prove
    nothing there."""
    require(named, REQUIRED)
    if not PROPOSED.issuperset(named):
        _check_others(named)
    event = read_event(named, data)
    if WRAPPEDKEY in named:
        event = event._replace(wrappedkey=read_text(WRAPPEDKEY, named[WRAPPEDKEY]))
    if event.signature is not None or event.publisherkey is not None:
        _check_signed(event, named)
    return event


def _check_others(named: dict[str, str]) -> None:
    """Check the attributes that say nothing: those that SDKs write are right, and none is unknown."""
    if named.get("partitionkey", named["subject"]) != named["subject"]:
        raise Unreadable("partitionkey", "is not the subject")
    if media_type(named.get("datacontenttype", JSON)) != JSON:
        raise Unreadable("datacontenttype", f"is not {JSON}")
    for name in named:
        if name not in PROPOSED and name not in DROPPED:
            raise Unreadable(told(name), why_unknown(name))


def _check_signed(event: Event, named: dict[str, str]) -> None:
    for name, form in (("signature", SIGNATURE), ("publisherkey", PUBLISHERKEY)):
        if not form.fullmatch(getattr(event, name) or ""):
            raise Unreadable(name, "is missing or not in the form of Ed25519 signatures")
    if named["time"] != rfc3339(event.time):
        raise Unreadable("time", "of a signed event is not in UTC with six decimals and Z")
    if event.expectedsequence is not None and named["expectedsequence"] != str(event.expectedsequence):
        raise Unreadable("expectedsequence", "of a signed event has leading zeros")


def media_type(content_type: str) -> str:
    """The media type in a *content_type*, without its parameters: JSON is always UTF-8."""
    return content_type.partition(";")[0].strip().lower()
