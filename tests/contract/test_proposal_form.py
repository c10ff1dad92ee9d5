"""The schemas of proposals admit what the registrar admits: one corpus of good and wrong data for both."""

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
import regress
from jsonschema import Draft202012Validator, ValidationError, validators  # type: ignore[import-untyped]

from natija_events.schema.compatibility import FOLDER, PROPOSALS
from natija_events.schema.generation import INSTANT_PATTERN
from natija_events.schema.registry import REGISTRY, Invalid

TYPES = sorted(REGISTRY.models)
TEXTS = (
    "", " ", "a", "a b", "a  b", " a", "a ", "-a", "=1", "+1", "@a", "a\n",
    "a\u202eb", "a\u200bb", "a<b", "a|b", "a\\b",
    "Ысык-Көл обл.", "Иванов, 0555", "№ 5", "x" * 64, "x" * 65, "x" * 160, "x" * 161, "x" * 201, "KG", "kg-law-67/1",
    "application/pdf", "text/plain; x=1", "abc", "KG-7K3M-9QX4-T2R8-MA", "kg-7k3m-9qx4-t2r8-ma", "KG-7K3M-9QX4-T2R8",
    "KG-ZK3M-9QX4-T2R8-MA", "ky", "kyrg", "2026-03-31", "yesterday",
)  # fmt: skip
INSTANTS = (
    "2026-03-31T08:05:09Z", "2026-03-31T08:05:09.123456789+06:00", "2026-03-31T08:05:09", "2026-03-31t08:05:09z",
    "2026-03-31T24:00:00Z", "2026-03-31T08:05:60Z", "2026-03-31T08:05:09.1234567890Z", "2026-03-31T08:05:09+25:00",
    "1850-01-01T00:00:00Z", "1899-12-31T23:59:59Z", "1900-01-01T00:00:00Z", "9998-12-31T23:59:59Z",
    "9999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-10T00:00:00Z",
    "2026-03-31 08:05:09Z", "2026-03-31T08:05Z", "1700000000", "2026-03-31T08:05:09Zz",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, 0, 1, -1, 1.5, 10**7, [], {}, ["a"], [None], {"a": 1}, [{"a": 1}])
Mutant = tuple[str, dict[str, Any]]


@cache
def schema(type: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / PROPOSALS / f"{type}.json").read_text(encoding="utf-8"))
    return found


def _ecma_pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """JSON Schema's patterns are those of ECMAScript; Python's own expressions let ``$`` skip a line end."""
    if isinstance(instance, str) and _compiled(pattern).find(instance) is None:
        yield ValidationError("does not match")


@cache
def _compiled(pattern: str) -> regress.Regex:
    return regress.Regex(pattern, "u")


Validator = validators.extend(Draft202012Validator, {"pattern": _ecma_pattern})


def whole(type: str) -> dict[str, Any]:
    """An event with every property, from their examples."""
    return {name: property["examples"][0] for name, property in schema(type).get("properties", {}).items()}


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside *data*."""
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inside:
        yield (*at, step)
        yield from places(value, (*at, step))


def corpus(type: str) -> Iterator[Mutant]:
    """The whole event; then with one value replaced, one left out, or an unknown field in one object."""
    good = whole(type)
    yield "whole", good
    yield "unknown", good | {"surname": "x"}
    for place in places(good):
        value = inside(good, place)
        for other in (*TEXTS, *INSTANTS, *OTHERS):
            yield f"{place} = {other!r}", changed(good, place, other)
        if not isinstance(place[-1], int):
            yield f"{place} left out", changed(good, place, ...)
        if isinstance(value, dict):
            yield f"{place} unknown", changed(good, (*place, "surname"), "x")


def inside(data: Any, place: tuple[Any, ...]) -> Any:
    for step in place:
        data = data[step]
    return data


def changed(data: dict[str, Any], place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy of *data* with *value* at *place*; Ellipsis leaves it out."""
    copy = deepcopy(data)
    parent = inside(copy, place[:-1])
    if value is ...:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return copy


def registrar_admits(type: str, data: dict[str, Any]) -> bool:
    try:
        REGISTRY.admit(type, json.dumps(data).encode())
    except Invalid:
        return False
    return True


@pytest.mark.parametrize("type", TYPES)
def test_form_admits_what_registrar_admits(type: str) -> None:
    """Both say the same of each of the corpus."""
    validator = Validator(schema(type))
    assert registrar_admits(type, whole(type))
    differ = [name for name, data in corpus(type) if validator.is_valid(data) != registrar_admits(type, data)]
    assert differ == []


@pytest.mark.parametrize(
    ("type", "change"),
    [
        ("appeal.repeat-linked.v1", {"of": "KG-7K3M-9QX4-T2R8-M5"}),
        ("appeal.topic-assigned.v1", {"topic": "e\u0301"}),
        ("appeal.warned.v1", {"due": "2026-02-29T00:00:00Z"}),
        ("appeal.forwarded-in-part.v1", {"part": 3.0}),
    ],
    ids=["check digit", "NFC", "leap day", "integer"],
)
def test_four_rules_are_beyond_it(type: str, change: dict[str, Any]) -> None:
    """The registrar alone finds them; the pages name these rules."""
    data = whole(type) | change
    assert Validator(schema(type)).is_valid(data)
    assert not registrar_admits(type, data)


def test_form_of_log_is_open() -> None:
    """A reader's schema admits a field that a later version adds; a publisher's does not."""
    for type in TYPES:
        log = json.loads((FOLDER / f"{type}.json").read_text(encoding="utf-8"))
        later = whole(type) | {"new_field": 1}
        assert Validator(log).is_valid(later)
        assert not Validator(schema(type)).is_valid(later)
        assert INSTANT_PATTERN not in json.dumps(log)
