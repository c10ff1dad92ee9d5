"""Descriptions and examples of the properties in the JSON Schemas.

A description is the docstring below the field in its class, with its unit. Examples depend on the type of a field, or
on its name. They are read when schemas are written, so that importing the contract parses no source.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, get_args

from pydantic import BaseModel

from natija_events.schema.diff import Schema

_SEALED = {"kid": "gcm1:HY3RNW7QNUVSVEQXZKVJYRVTLA", "ct": "lL6-Z4yL9qr8C2kV"}
_ATTACHMENT = {"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "bytes": 52_417}
_ADDRESS = {"region": "chuy", "district": "kemin"}
_ORIGIN = {"sequence": 1, "instant": "2026-03-02T04:00:00Z"}
_EXTENSION = {"latest": "2026-04-30T18:00:00Z", "times": 1, "roles": ["desk"]}
_TERM = {"id": "answer-1", "origin": _ORIGIN, "due": "2026-03-20T18:00:00Z", "policy": "kg-law-67/1", "ends": ["end"]}
_OF_OBJECTS: dict[str, Any] = {
    "SealedValue": _SEALED,
    "Coordinates": {"latitude": 42.87, "longitude": 74.59},
    "Representative": {"name": "Бакиров Бакыт", "proof": "№ 7, 2026-03-02"},
    "Attachment": _ATTACHMENT | {"media_type": "application/pdf"},
    "Address": _ADDRESS,
    "TermOrigin": _ORIGIN,
    "TermExtension": _EXTENSION,
    "Term": _TERM,
    "Applicant": {"kind": "natural", "address": _ADDRESS},
}
_OF_KINDS = {
    "body": "ministry-transport",
    "channel": "electronic",
    "country_type": "media-request",
    "district": "kemin",
    "jurisdiction": "KG",
    "region": "chuy",
    "social_group": "pensioner",
    "topic": "roads",
}
"""By the kind of reference data that a field names."""

_OF_NAMES: dict[str, Any] = {
    "about": "appeal.forwarded",
    "address_text": "Ленин көчөсү 12",
    "applicant": "a-4f0c2a9b71d3",
    "approver": "ministry-transport/deputy-minister",
    "birth_date": "1980-02-29",
    "bytes": 52_417,
    "calendar": "kg/7",
    "by": "government-apparatus/control-department",
    "case_number": "№ 2-123/2026",
    "co_executors": "ministry-transport/bridges-department",
    "ct": _SEALED["ct"],
    "email": "aigul@example.kg",
    "executor": "ministry-transport/roads-department",
    "explanation": "Кайрылууда суроо жок.",
    "external_id": "101001230000",
    "ground": "law-58/art-17",
    "heard_by": "ministry-transport/deputy-minister",
    "holder": "ministry-transport",
    "id": "a-4f0c2a9b71d3",
    "id_number": "21234567890123",
    "kid": _SEALED["kid"],
    "language": "ky",
    "latitude": 42.87,
    "longitude": 74.59,
    "law": "Закон № 67, ст. 8",
    "media_type": "application/pdf",
    "missing": "address",
    "model": "topics-ky/3",
    "name": "Асанова Айгүл",
    "phone": "+996 555 000 000",
    "proof": "№ 7, 2026-03-02",
    "protocol": "Арыз ээси угулду.",
    "place": "Кочкор айыл өкмөтү",
    "policy": "kg-law-67/1",
    "post": "ministry-transport/bridges-department",
    "reason": "not-the-applicant",
    "referral_number": "04-17/218",
    "register_name": "osh",
    "remarks": "Мөөнөтү көрсөтүлсүн.",
    "resolution": "Карап, жооп бериңиз.",
    "rule": "roads-bishkek",
    "settlement": "Кант",
    "sha256": _ATTACHMENT["sha256"],
    "signature": "А. Асанова",
    "signer": "ministry-transport/minister",
    "taker": "ministry-transport/reception-clerk",
    "zonedata": "2026f",
    "text": "Айылдын жолун оңдоп бериңиздер.",
}
"""By name, for texts and numbers that have no closed list."""

_NUMBER, _INSTANT, _DAY = "KG-7K3M-9QX4-T2R8-MA", "2026-03-31T08:05:09.125000Z", "2026-03-27"


def document(schema: Schema, model: type[BaseModel]) -> Schema:
    """The *schema* of *model* with a description and an example of every property, without pydantic's titles."""
    parts = schema.get("$defs", {})
    for name, part in {"": schema, **parts}.items():
        described = descriptions(model if not name else _nested(model)[name]) if "properties" in part else {}
        for field, property in part.get("properties", {}).items():
            property.pop("title", None)
            if field in described:
                property["description"] = described[field]
            if (example := _example(field, property, parts)) is not None:
                property["examples"] = [example]
    return schema


@cache
def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The docstring below each field of *model* and of the classes it inherits from."""
    found: dict[str, str] = {}
    for base in reversed([one for one in model.__mro__ if issubclass(one, BaseModel) and one is not BaseModel]):
        found |= _docstrings(base.__module__).get(base.__name__, {})
    return found


@cache
def _docstrings(module: str) -> dict[str, dict[str, str]]:
    """The docstrings of the fields of each class in *module*."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: dict(_below_fields(node.body)) for node in classes}


def _below_fields(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for field, below in pairwise(body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                yield name, inspect.cleandoc(text)


@cache
def _nested(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The models inside *model*, by name."""
    found: dict[str, type[BaseModel]] = {}
    for field in model.model_fields.values():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= {part.__name__: part} | _nested(part)
    return found


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _example(name: str, property: Schema, parts: Schema) -> Any:
    """An example of the property *name*, in the form that its schema admits; None where there is none."""
    options = [option for option in property.get("anyOf", ()) if option != {"type": "null"}]
    match options[0] if len(options) == 1 else property:
        case {"items": items}:
            item = _example(name, items, parts)
            return None if item is None else [item]
        case {"x-reference": kind}:
            return _OF_KINDS[kind]
        case {"enum": values}:
            return values[0]
        case {"format": "date-time"}:
            return _INSTANT
        case {"format": "date"}:
            return _DAY
        case {"pattern": pattern} if "-[0-9A-F]" in pattern:
            return _NUMBER
        case {"pattern": pattern} if "answer|" in pattern:
            return "answer-1"
        case {"$ref": where} if "properties" in parts[where.rpartition("/")[2]]:
            return _OF_OBJECTS.get(where.rpartition("/")[2])
        case {"type": "boolean"}:
            return False
        case {"type": "integer", "minimum": 1}:
            return 1
    return _OF_NAMES.get(name)
