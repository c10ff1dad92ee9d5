"""Names in an event: its realm, the things of reference data; and the instant of receipt. Pure.

A publisher of histories brings the names of another register, in words. Every other publisher names things of this
realm only, by their codes. A code of reference data is a `Code`, so no other check of its form is necessary.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from typing import NamedTuple, get_args

from pydantic import BaseModel

from natija_events.lifecycle.transitions import CLOCK_SKEW, HISTORY
from natija_events.reference.data import ReferenceData
from natija_events.types.base import EventData
from natija_events.types.codes import Coded, CodedKind
from natija_events.types.intake import Registered
from natija_events.wire.envelope import Event
from natija_events.wire.rejection import Rejection

RECEIVED_BEFORE = timedelta(days=366)
"""The most time between the receipt of an appeal and its registration. A late registration is a breach, which must
stand on the log. An older instant is more probably a mistyped year."""
_TOO_OLD = f"is more than {RECEIVED_BEFORE.days} days before the time of the event"

_SECTIONS: Mapping[CodedKind, str] = {
    "body": "bodies",
    "channel": "channels",
    "district": "districts",
    "jurisdiction": "jurisdictions",
    "region": "regions",
    "social_group": "social_groups",
    "topic": "topics",
}
"""Where `ReferenceData` has the ids of each kind. Country types depend on the jurisdiction and kind of the appeal."""


class _CodedFields(NamedTuple):
    """The coded fields of one model, with the kind of each and where reference data have its ids; the objects in it."""

    fields: tuple[tuple[str, CodedKind, str], ...]
    objects: tuple[str, ...]


def coded_fields(model: type[BaseModel], at: str = "") -> Iterator[tuple[str, CodedKind]]:
    """The dotted path and the kind of each coded field of *model* and of the objects in it."""
    for name, field in model.model_fields.items():
        for part in (*_parts(field.annotation), *field.metadata):
            if isinstance(part, Coded):
                yield at + name, part.kind
            elif isinstance(part, type) and issubclass(part, BaseModel):
                yield from coded_fields(part, f"{at}{name}.")


def find_foreign_number(subject: str, realm: str) -> Rejection | None:
    """A rejection when *subject* is the number of an appeal in another realm than *realm*."""
    if subject.partition("-")[0] == realm.upper():
        return None
    return Rejection("invalid", "subject", "is the number of another realm")


def find_wrong_name(event: Event, data: EventData, reference: ReferenceData) -> Rejection | None:
    """The first rule of names and receipt that *event* with *data* breaks; None when it breaks none.

    A publisher of histories may bring the names and dates of another register.
    """
    history = HISTORY in reference.roles(event.source)
    if isinstance(data, Registered) and (wrong := _find_wrong_receipt(event, data, history=history)):
        return wrong
    return None if history else _find_unknown_code(data, reference)


def _find_wrong_receipt(event: Event, data: Registered, *, history: bool) -> Rejection | None:
    if data.received > event.time:
        return Rejection("invalid", "received", "is after the time of the event")
    if history:
        return None
    if data.external_id is not None:
        return Rejection("forbidden", "external_id", "may be set only by a publisher of histories")
    if data.received < event.time - RECEIVED_BEFORE - CLOCK_SKEW:
        return Rejection("invalid", "received", _TOO_OLD)
    return None


def _find_unknown_code(data: EventData, reference: ReferenceData) -> Rejection | None:
    found = _unknown_code(data, data, reference)
    if found is None:
        return None
    path, kind = found
    return Rejection("invalid", path, f"is not a {kind.replace('_', ' ')} of the realm's reference data")


def _unknown_code(part: BaseModel, data: EventData, reference: ReferenceData) -> tuple[str, CodedKind] | None:
    """The path and kind of the first code in *part* of *data* that is not known."""
    fields, objects = _bound(type(part))
    values = part.__dict__  # faster than getattr, and every event is checked
    for name, kind, section in fields:
        value = values[name]
        if value is None:
            continue
        if kind == "country_type":
            known = _is_country_type(value, data, reference)
        elif isinstance(value, tuple):
            known = all(code in getattr(reference, section) for code in value)
        else:
            known = value in getattr(reference, section)
        if not known:
            return name, kind
    for name in objects:
        inner = values[name]
        if inner is not None and (found := _unknown_code(inner, data, reference)):
            return f"{name}.{found[0]}", found[1]
    return None


def _is_country_type(code: str, data: EventData, reference: ReferenceData) -> bool:
    assert isinstance(data, Registered)
    entry = reference.country_type(data.jurisdiction, code)
    return entry is not None and data.kind in entry.kinds


@cache
def _bound(model: type[BaseModel]) -> _CodedFields:
    paths = dict(coded_fields(model))
    fields = tuple((path, kind, _SECTIONS.get(kind, "")) for path, kind in paths.items() if "." not in path)
    return _CodedFields(fields, tuple(dict.fromkeys(path.partition(".")[0] for path in paths if "." in path)))


def _parts(annotation: object) -> Iterator[object]:
    """The annotation and all that is inside it: members of unions and tuples, and their metadata."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
