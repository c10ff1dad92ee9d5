"""The shape of the contract's fields, and the sealing of those that are personal."""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from natija_events.encryption import Sealed, Sealer

FieldKind = Literal["sealed", "instant", "object", "list", "plain"]


class FieldShape(NamedTuple):
    """The *kind* of a field; *model* is that of an object, or of a list's objects."""

    kind: FieldKind
    model: type[BaseModel] | None = None


@cache
def field_shapes(model: type[BaseModel]) -> dict[str, FieldShape]:
    """The shape of each field of *model*."""
    return {name: _shape(field.annotation) for name, field in model.model_fields.items()}


def seal(values: dict[str, Any], model: type[BaseModel], number: str, sealer: Sealer, at: str = "") -> dict[str, Any]:
    """*values* without None, and with every text sealed that *model* wants sealed. A sealed text is bound to the appeal
    *number* and to the field's dotted path."""
    sealed = {name: value for name, value in values.items() if value is not None}
    for name, nested in _personal(model):
        if name not in sealed:
            continue
        path = at + name
        if nested is None:
            sealed[name] = sealer.seal(number, path, sealed[name])
        else:
            sealed[name] = seal(sealed[name], nested, number, sealer, f"{path}.")
    return sealed


@cache
def _personal(model: type[BaseModel]) -> tuple[tuple[str, type[BaseModel] | None], ...]:
    """The fields of *model* that are sealed, or are objects that may hold sealed fields, with the object's model."""
    shapes = field_shapes(model).items()
    return tuple((name, shape.model) for name, shape in shapes if shape.kind in ("sealed", "object"))


def _shape(annotation: Any) -> FieldShape:
    inner = _single(annotation)
    if get_origin(inner) is tuple:
        item = _shape(get_args(inner)[0])
        return FieldShape("list", item.model)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return FieldShape("sealed") if issubclass(inner, Sealed) else FieldShape("object", inner)
    return FieldShape("instant" if inner is AwareDatetime else "plain")


def _single(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        inner = [one for one in get_args(annotation) if one is not NoneType]
        return _bare(inner[0]) if len(inner) == 1 else annotation
    return _bare(annotation)


def _bare(annotation: Any) -> Any:
    """The type inside an `Annotated`."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
