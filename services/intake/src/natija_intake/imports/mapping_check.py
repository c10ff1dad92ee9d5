"""Checks a mapping against the contract before a row is read."""

from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from natija_events.schema.registry import REGISTRY
from natija_events.types.clear_form import personal_fields
from natija_events.types.intake import Registered
from natija_intake.imports.field_shapes import FieldShape, field_shapes
from natija_intake.imports.mapping import RegisterMapping
from natija_intake.imports.sources import (
    Cell,
    Const,
    ListSource,
    MappingError,
    ObjectSource,
    Scalar,
    SealedCell,
    Source,
    Time,
    located_error,
)

ADDED = ("jurisdiction", "register_name", "external_id")
"""Fields of `registered` that the head of the mapping sets."""


def check(mapping: RegisterMapping) -> RegisterMapping:
    """The same *mapping*. Raises `MappingError` at the first field that the contract would reject in every row."""
    for index in range(len(mapping.events)):
        _check_event(mapping, index)
    return mapping


def _check_event(mapping: RegisterMapping, index: int) -> None:
    event, key = mapping.events[index], f"events.{index}"
    if event.type not in REGISTRY.models:
        raise MappingError(f"{key}.type", "is not an event type of the contract")
    if (event.type == Registered.type) != (index == 0):
        raise MappingError(f"{key}.type", f"{Registered.type} must be the first event, and no other")
    if index == 0 and event.when is not None:
        raise MappingError(f"{key}.when", "is not allowed on the first event: every row opens an appeal")
    model = mapping.model(index)
    given = mapping.data(index)
    added = ADDED if index == 0 else ()
    for name in added:
        if name in given.fields:
            raise MappingError(f"{key}.data.{name}", "is set by the head of the mapping: remove it here")
    rest = _without_personal(f"{key}.data", given, frozenset(personal_fields(model)))
    _check_object(mapping, f"{key}.data", rest, model, added)


def _without_personal(key: str, part: ObjectSource, personal: frozenset[str], at: str = "") -> ObjectSource:
    """*part* without its personal fields, which are sealed columns."""
    rest: dict[str, Source] = {}
    for name, source in part.fields.items():
        path = at + name
        if path in personal:
            if not isinstance(source, SealedCell):
                raise MappingError(f"{key}.{name}", "is personal: use sealed: COLUMN")
        elif isinstance(source, ObjectSource) and any(one.startswith(f"{path}.") for one in personal):
            inner = _without_personal(f"{key}.{name}", source, personal, f"{path}.")
            if inner.fields or not source.fields:
                rest[name] = inner
        else:
            rest[name] = source
    return ObjectSource(rest)


def _check_object(
    mapping: RegisterMapping, key: str, part: ObjectSource, model: type[BaseModel], added: tuple[str, ...] = ()
) -> None:
    shapes = field_shapes(model)
    for name in part.fields:
        if name not in shapes:
            raise MappingError(f"{key}.{name}", "is not a field of this event")
    for name, field in model.model_fields.items():
        if field.is_required() and name not in part.fields and name not in added:
            raise MappingError(f"{key}.{name}", "is required")
    for name, source in part.fields.items():
        adapter: TypeAdapter[Any] = TypeAdapter(model.model_fields[name].rebuild_annotation())
        _check_source(mapping, f"{key}.{name}", source, shapes[name], adapter)


def _check_source(
    mapping: RegisterMapping, key: str, source: Source, shape: FieldShape, adapter: TypeAdapter[Any] | None
) -> None:
    match shape.kind, source:
        case _, SealedCell():
            raise MappingError(key, "is not personal: use const: VALUE or column: COLUMN")
        case "instant", Time():
            pass
        case "instant", _:
            raise MappingError(key, "is an instant: use time: COLUMN")
        case "object", ObjectSource() if shape.model is not None:
            _check_object(mapping, key, source, shape.model)
        case "list", ListSource(items):
            for index, item in enumerate(items):
                inner = FieldShape("object", shape.model) if shape.model else FieldShape("plain")
                _check_source(mapping, f"{key}.{index}", item, inner, None)
        case "plain", Const() | Cell():
            _check_values(mapping, key, source, adapter)
        case _:
            raise MappingError(key, {"object": "an object is expected", "list": "a list is expected"}.get(
                shape.kind, "is a plain value: use const: VALUE or column: COLUMN"
            ))  # fmt: skip


def _check_values(mapping: RegisterMapping, key: str, source: Const | Cell, adapter: TypeAdapter[Any] | None) -> None:
    """Every value in the mapping itself must be valid in the contract."""
    given: dict[str, Scalar | None] = {}
    if isinstance(source, Const):
        given[f"{key}.const"] = source.const
    else:
        given |= {f"{key}.default": source.default, f"{key}.otherwise": source.otherwise}
        if source.map is not None:
            if source.map not in mapping.values:
                raise MappingError(f"{key}.map", f"there is no map values.{source.map}")
            given |= {f"values.{source.map}.{name}": value for name, value in mapping.values[source.map].items()}
        elif source.otherwise is not None:
            raise MappingError(f"{key}.otherwise", "needs a map: it is for values that the map does not know")
    for place, value in given.items():
        if value is not None and adapter is not None:
            try:
                adapter.validate_python(value)
            except ValidationError as error:
                raise located_error(place, error) from None
