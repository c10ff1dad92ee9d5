"""The form of a field in the contract: sealed, an instant, a part with fields of its own, a list, or a plain value."""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from natija_events.encryption import Sealed, Sealer

Kind = Literal["sealed", "instant", "part", "list", "plain"]


class FieldShape(NamedTuple):
    """The *kind* of a field; *part* is the model of a part, or of a list's parts."""

    kind: Kind
    part: type[BaseModel] | None = None


@cache
def field_shapes(model: type[BaseModel]) -> dict[str, FieldShape]:
    """The shape of each field of *model*."""
    return {name: _shape(field.annotation) for name, field in model.model_fields.items()}


def seal(values: dict[str, Any], model: type[BaseModel], number: str, sealer: Sealer, at: str = "") -> dict[str, Any]:
    """*values* with every text sealed that *model* wants sealed, bound to the appeal and the field's dotted path."""
    known = field_shapes(model)
    return {name: _sealed(value, known[name], number, sealer, at + name) for name, value in values.items()}


def _sealed(value: Any, shape: FieldShape, number: str, sealer: Sealer, path: str) -> Any:
    if shape.kind == "sealed":
        return sealer.seal(number, path, value)
    if shape.kind == "part" and shape.part is not None:
        return seal(value, shape.part, number, sealer, f"{path}.")
    return value


def _shape(annotation: Any) -> FieldShape:
    inner = _single(annotation)
    if get_origin(inner) is tuple:
        item = _shape(get_args(inner)[0])
        return FieldShape("list", item.part)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return FieldShape("sealed") if issubclass(inner, Sealed) else FieldShape("part", inner)
    return FieldShape("instant" if inner is AwareDatetime else "plain")


def _single(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        inner = [one for one in get_args(annotation) if one is not NoneType]
        return _bare(inner[0]) if len(inner) == 1 else annotation
    return _bare(annotation)


def _bare(annotation: Any) -> Any:
    """The type that an `Annotated` is about."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
