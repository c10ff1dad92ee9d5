"""The clear form of an event's data: each personal field under the name that people use, before it is sealed.

A form of a web page, a row of a register and the HTTP API have `applicant.name` and `text`. The event has `person` and
`content`, two sealed values, so that nobody sees which fields were filled.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from pydantic import BaseModel

from natija_events.types.sealed import Plain, sealed_fields


class PersonalField(NamedTuple):
    """A personal field: the sealed *field* of the event that holds it, and its dotted *path* in the plain value."""

    field: str
    path: str


@cache
def personal_fields(model: type[BaseModel]) -> Mapping[str, PersonalField]:
    """The personal fields of *model*, by their dotted path in the clear form."""
    return {
        place: PersonalField(name, path)
        for name, field in sealed_fields(model).items()
        for path, place in _places(field.plain)
    }


def from_clear_form(values: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """*values* in the clear form as values of *model*: personal ones in plain values, and none that is None.

    An object of personal fields only is not in the result. Raises pydantic's ValidationError.
    """
    plain: dict[str, dict[str, Any]] = {}
    rest = _without_personal(values, personal_fields(model), plain, "")
    for name, field in sealed_fields(model).items():
        if name in plain or field.always:
            rest[name] = field.plain.model_validate(plain.get(name, {}))
    return rest


def _without_personal(
    values: Mapping[str, Any], personal: Mapping[str, PersonalField], plain: dict[str, dict[str, Any]], at: str
) -> dict[str, Any]:
    """*values* without the personal ones, which go to *plain*."""
    rest = {}
    for name, value in values.items():
        place = at + name
        if value is None:
            continue
        if place in personal:
            _put(plain, personal[place], value)
        elif isinstance(value, dict):
            if inner := _without_personal(value, personal, plain, f"{place}."):
                rest[name] = inner
        else:
            rest[name] = value
    return rest


def _put(plain: dict[str, dict[str, Any]], where: PersonalField, value: Any) -> None:
    values = plain.setdefault(where.field, {})
    *objects, last = where.path.split(".")
    for name in objects:
        values = values.setdefault(name, {})
    values[last] = value


def _places(model: type[Plain], at: str = "") -> Iterator[tuple[str, str]]:
    """The dotted path of each field of *model*, and its place in the clear form."""
    for name, field in model.model_fields.items():
        inner = next((one for one in _options(field.annotation) if issubclass(one, Plain)), None)
        if inner is None:
            yield at + name, model.places.get(name, at + name)
        else:
            yield from _places(inner, f"{at}{name}.")


def _options(annotation: Any) -> list[type]:
    return [one for one in getattr(annotation, "__args__", (annotation,)) if isinstance(one, type)]
