"""The record of a proposal on the inbox: one event (binary mode), or several events of one appeal (batch mode).

Events that are proposed together are registered together or not at all.
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
from natija_events.wire.names import OPTIONAL_TEXTS, PREFIX, PROPOSED, REQUIRED, STAMPS, WRAPPEDKEY, told
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
    media_type, wrapped = _media_type(named.pop("content-type", "")), named.pop(WRAPPEDKEY, None)
    if wrapped is not None:
        read_text(WRAPPEDKEY, wrapped)
    if media_type == BATCH_JSON:
        if named:
            raise Unreadable(told(next(iter(named))), "is not a header of a batch")
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


def _check_proposed(named: dict[str, str]) -> None:
    """Check the attributes of a proposal: all required ones, and none that is unknown."""
    require(named, REQUIRED)
    if not PROPOSED.issuperset(named):
        unknown = next(name for name in named if name not in PROPOSED)
        raise Unreadable(told(unknown), _why_not(unknown))


def _proposed_event(named: dict[str, str], data: bytes) -> Event:
    """The event with these attributes. A signed one is written as the log writes it, or its signature would prove
    nothing there."""
    event = read_event(named, data)
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


def _media_type(content_type: str) -> str:
    """Without its parameters: JSON is always UTF-8."""
    return content_type.partition(";")[0].strip().lower()


def _why_not(name: str) -> str:
    if name in STAMPS:
        return "is set by the registrar only"
    return "is a header of the record" if name == WRAPPEDKEY else "is an unknown attribute"
