"""Unknown fields of event data, as an error tells them: never by their names, which may be a person's."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel

_LONGEST = 40
"""A longer name is not compared: it may have a million characters."""


def unknown_field_rule(model: type[BaseModel], path: Sequence[int | str]) -> str:
    """The rule that an unknown field at *path* in data of *model* breaks. It names a known field that may be meant."""
    *objects, name = path
    known = {field for one in _models_at(model, objects) for field in one.model_fields}
    close = get_close_matches(str(name).lower(), sorted(known), n=1) if len(str(name)) <= _LONGEST else ()
    return f"has an unknown field: did you mean {close[0]}?" if close else "has an unknown field"


def _models_at(model: type[BaseModel], path: Sequence[int | str]) -> list[type[BaseModel]]:
    """The models of the object at *path* in data of *model*."""
    models = [model]
    for step in path:
        if isinstance(step, str):
            fields = [one.model_fields[step] for one in models if step in one.model_fields]
            models = [part for field in fields for part in _parts(field.annotation)]
    return models


def _parts(annotation: object) -> Iterator[type[BaseModel]]:
    """The models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _parts(part)
