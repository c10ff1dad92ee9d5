"""The shape of the contract's fields that are not sealed."""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

from natija_events.types.sealed import sealed_fields

FieldKind = Literal["instant", "object", "list", "plain"]


class FieldShape(NamedTuple):
    """The *kind* of a field; *model* is that of an object, or of a list's objects."""

    kind: FieldKind
    model: type[BaseModel] | None = None


@cache
def field_shapes(model: type[BaseModel]) -> dict[str, FieldShape]:
    """The shape of each field of *model* that is not sealed."""
    sealed = sealed_fields(model)
    return {name: _shape(field.annotation) for name, field in model.model_fields.items() if name not in sealed}


def _shape(annotation: Any) -> FieldShape:
    inner = _single(annotation)
    if get_origin(inner) is tuple:
        item = _shape(get_args(inner)[0])
        return FieldShape("list", item.model)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return FieldShape("object", inner)
    return FieldShape("instant" if inner is AwareDatetime else "plain")


def _single(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        inner = [one for one in get_args(annotation) if one is not NoneType]
        return _bare(inner[0]) if len(inner) == 1 else annotation
    return _bare(annotation)


def _bare(annotation: Any) -> Any:
    """The type inside an `Annotated`."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
