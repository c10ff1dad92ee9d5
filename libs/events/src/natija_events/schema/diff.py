"""The breaking changes between two versions of a JSON Schema, field by field.

Old readers meet new events, and new readers old ones. So the only compatible change of a type is one more optional
field. Titles and descriptions are for people and may change.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

Schema = dict[str, Any]

_KEYS_FOR_PEOPLE = ("title", "description", "examples", "$schema", "$id", "$defs")
_COMPARED_APART = ("properties", "required", "items", "enum", "type", "nullable")


class Break(NamedTuple):
    """A change of *field* (a path; empty for the whole data) that breaks a reader, and the *rule* it breaks."""

    field: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field or 'data'} {self.rule}"


def breaks(old: Schema, new: Schema) -> list[Break]:
    """The changes from *old* to *new* that break a reader of either; none when they are compatible."""
    return list(_compare("", _shape(old, old), _shape(new, new)))


def _shape(part: Schema, whole: Schema) -> Schema:
    """*part* with its references resolved, without the keys for people."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        part = {**whole["$defs"][name], **{key: value for key, value in part.items() if key != "$ref"}}
    shape = {key: value for key, value in part.items() if key not in _KEYS_FOR_PEOPLE}
    options = [option for option in shape.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:  # pydantic writes an optional value so
        del shape["anyOf"]
        shape = {**_shape(options[0], whole), **shape, "nullable": True}
    if "const" in shape:
        shape["enum"] = [shape.pop("const")]
    if "properties" in shape:
        shape["properties"] = {name: _shape(field, whole) for name, field in shape["properties"].items()}
    if "items" in shape:
        shape["items"] = _shape(shape["items"], whole)
    return shape


def _compare(path: str, old: Schema, new: Schema) -> Iterator[Break]:
    if _type(old) != _type(new):
        yield Break(path, f"changes its type from {_type(old)} to {_type(new)}")
        return
    yield from _compare_fields(path, old, new)
    if "items" in old and "items" in new:
        yield from _compare(f"{path}[]", old["items"], new["items"])
    yield from _compare_values(path, old.get("enum"), new.get("enum"))
    for key in sorted(old.keys() | new.keys()):
        if key not in _COMPARED_APART and old.get(key, _ABSENT) != new.get(key, _ABSENT):
            yield Break(path, f"changes its {key} from {_text(old, key)} to {_text(new, key)}")


_ABSENT = object()


def _compare_fields(path: str, old: Schema, new: Schema) -> Iterator[Break]:
    was, now = old.get("properties", {}), new.get("properties", {})
    was_required, now_required = set(old.get("required", ())), set(new.get("required", ()))
    for name in was:
        field = f"{path}.{name}" if path else name
        if name not in now:
            yield Break(field, "is removed")
            continue
        if name in was_required and name not in now_required:
            yield Break(field, "is optional now: readers of an earlier version need it")
        if name in now_required and name not in was_required:
            yield Break(field, "is required now: earlier events may lack it")
        yield from _compare(field, was[name], now[name])
    for name in now:
        if name not in was and name in now_required:
            yield Break(f"{path}.{name}" if path else name, "is new and required: earlier events lack it")


def _compare_values(path: str, old: list[Any] | None, new: list[Any] | None) -> Iterator[Break]:
    if old is None or new is None:
        if old is not new:
            yield Break(path, "is no longer a closed list" if new is None else "becomes a closed list")
        return
    for value in old:
        if value not in new:
            yield Break(path, f"loses the value {value!r}: earlier events may have it")
    for value in new:
        if value not in old:
            yield Break(path, f"gains the value {value!r}: readers of an earlier version do not know it")


def _type(shape: Schema) -> str:
    named = shape.get("type", "any")
    return f"{named} or null" if shape.get("nullable") else str(named)


def _text(shape: Schema, key: str) -> str:
    return json.dumps(shape[key], ensure_ascii=False) if key in shape else "nothing"
