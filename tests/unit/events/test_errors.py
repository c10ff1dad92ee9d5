"""Errors name field and rule and never repeat a value, which may be a person's name."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.unit.events.examples import EXAMPLES

from natija_events.schema.registry import REGISTRY, Invalid
from natija_events.types.base import EventData, NestedData
from natija_events.types.sealed import sealed_fields

CANARY = "Асанова"
WRONG: tuple[Any, ...] = (
    CANARY,
    f"{CANARY}\n",
    f"{CANARY} " * 40,
    [CANARY],
    {CANARY: CANARY},
    {"kid": CANARY, "ct": CANARY},
    [[CANARY]],
    [{"sha256": CANARY, "bytes": CANARY, "media_type": [CANARY]}],
    9135550102031,
    -9135550102031,
    9135550102031.5,
    10**300 + 9135550102031,
    "2024-13-01T00:00:00+91:35",
    True,
)
CANARIES = (CANARY, "9135550102031")


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all values inside a JSON value."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from places(one, (*path, step))


def changed(data: EventData, path: tuple[str | int, ...], wrong: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(data.model_dump_json(exclude_none=True))
    part: Any = whole
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = wrong
    return whole


def assert_silent(*said: str) -> None:
    for canary in CANARIES:
        assert canary not in "".join(said)


def refuse(type: str, raw: bytes) -> Invalid | None:
    """The error of admission for *raw*. Neither it nor the model's own error repeats the canary."""
    error = None
    try:
        REGISTRY.admit(type, raw)
    except Invalid as invalid:
        error = invalid
        assert_silent(str(invalid), invalid.field, invalid.rule, repr(invalid), *map(str, invalid.args))
    try:
        REGISTRY.models[type].model_validate_json(raw, extra="ignore")
    except ValidationError as refused:
        assert_silent(str(refused), repr(refused))
    return error


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_wrong_value_is_not_repeated(data: EventData) -> None:
    """For every field and every wrong value, the error does not repeat the value."""
    for path in places(json.loads(data.model_dump_json(exclude_none=True))):
        for wrong in WRONG:
            refuse(data.type, json.dumps(changed(data, path, wrong)).encode())


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_unknown_field_is_not_named(data: EventData) -> None:
    """An unknown field is refused at every place. The error does not name it: it may be a person's name."""
    whole = json.loads(data.model_dump_json(exclude_none=True))
    for path in [(), *(path for path in places(whole) if isinstance(_at(whole, path), dict))]:
        error = refuse(data.type, json.dumps(changed(data, (*path, CANARY), 1)).encode())
        assert error is not None
        assert error.field == ".".join(map(str, path)) or error.field == "data"
        assert error.rule == "has an unknown field"


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_misspelt_field_tells_known_one(data: EventData) -> None:
    """A field with one letter too many is refused, and the error names the field that is meant."""
    whole = json.loads(data.model_dump_json(exclude_none=True))
    for path in [path for path in places(whole) if isinstance(path[-1], str)]:
        if isinstance(_at(whole, path[:-1]), dict) and path[0] not in sealed_fields(type(data)):
            error = refuse(data.type, json.dumps(changed(data, (*path[:-1], f"{path[-1]}x"), 1)).encode())
            assert error is not None
            assert error.rule == f"has an unknown field: did you mean {path[-1]}?"


@pytest.mark.parametrize("name", ["x" * 1_000_000, "applicants_count" * 1000, "n"])
def test_distant_name_has_no_hint(name: str) -> None:
    error = refuse("appeal.routed.v1", json.dumps({"body": "b", name: 1}).encode())
    assert error is not None
    assert (error.field, error.rule) == ("data", "has an unknown field")


def test_flood_of_errors_is_one_rule() -> None:
    """To build 80,000 errors takes a second and 47 MB."""
    told = "breaks more than 100 rules: is it the data of another type?"
    for many, rule in ((100, "has an unknown field"), (101, told)):
        error = refuse("appeal.routed.v1", json.dumps({"body": "b"} | {f"{n:08}": n for n in range(many)}).encode())
        assert error is not None
        assert (error.field, error.rule) == ("data", rule)


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_model_refuses_unknown_fields(data: EventData) -> None:
    """A publisher that misspells a field is told when it makes the data, also at deeper places."""
    values = dict(data)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        type(data)(**values | {"chanel": "post"})
    for name, inner in values.items():
        if isinstance(inner, NestedData):
            with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
                type(data)(**values | {name: dict(inner) | {"x": 1}})


def _at(whole: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        whole = whole[step]
    return whole


EVERYWHERE = [
    (data, path) for data in EXAMPLES for path in [*places(json.loads(data.model_dump_json(exclude_none=True))), ("x",)]
]
words = st.text(max_size=5).map(lambda text: text + CANARY)
values = words | st.lists(words, max_size=2) | st.dictionaries(words, words | st.lists(words, max_size=1), max_size=2)


@given(st.sampled_from(EVERYWHERE), values)
def test_random_wrong_value_is_not_repeated(place: tuple[EventData, tuple[str | int, ...]], wrong: Any) -> None:
    data, path = place
    refuse(data.type, json.dumps(changed(data, path, wrong)).encode())


@pytest.mark.parametrize(
    ("type", "raw", "field", "rule"),
    [
        ("appeal.unknown.v1", b"{}", "type", "is not an event type of this contract"),
        ("appeal.routed.v2", b"{}", "type", "is not an event type of this contract"),
        ("appeal.routed.v1", b"{}", "body", "Field required"),
        ("appeal.routed.v1", b'{"body":""}', "body", "String should have at least 1 character"),
        ("appeal.routed.v1", b'{"body":1}', "body", "Input should be a valid string"),
        ("appeal.routed.v1", b'{"body":null}', "body", "Input should be a valid string"),
        ("appeal.routed.v1", b'{"body":"b","co_executors":["a",""]}', "co_executors.1", None),
        ("appeal.term-set.v1", b'{"due":"2024-03-25"}', "due", "not an RFC 3339 time with zone"),
        ("appeal.term-set.v1", b'{"due":"2024-03-25T18:00:00"}', "due", "not an RFC 3339 time with zone"),
        ("appeal.term-set.v1", b'{"due":"2024-02-30T18:00:00Z"}', "due", "not an RFC 3339 time with zone"),
        ("appeal.term-set.v1", b'{"due":1700000000}', "due", "not an RFC 3339 time with zone"),
        ("appeal.term-set.v1", b'{"due":"1700000000"}', "due", "not an RFC 3339 time with zone"),
        ("appeal.term-set.v1", b'{"due":"1812-03-25T18:00:00Z"}', "due", "not from 1900 to 9998"),
        ("appeal.term-set.v1", b'{"due":"9999-12-31T23:59:59Z"}', "due", "not from 1900 to 9998"),
        ("appeal.repeat-linked.v1", b'{"of":"KG-0000-0000-0000-13"}', "of", "not an appeal number"),
        ("appeal.answered.v1", b'{"outcome":"refused","reason":"tired"}', "reason", None),
        ("appeal.answered.v1", b'{"outcome":"terminated"}', "data", "reason is required for this outcome"),
        ("appeal.registered.v1", b'{"applicant":{"address":{"abroad":"yes"}}}', None, None),
        ("appeal.withdrawn.v1", b"[]", "data", "Input should be an object"),
        ("appeal.withdrawn.v1", b"{", "data", None),
    ],
)
def test_error_names_field_and_rule(type: str, raw: bytes, field: str | None, rule: str | None) -> None:
    with pytest.raises(Invalid) as caught:
        REGISTRY.admit(type, raw)

    assert field is None or caught.value.field == field
    assert rule is None or caught.value.rule == rule


@pytest.mark.parametrize("data", EXAMPLES, ids=lambda data: data.type)
def test_example_is_admitted_and_read(data: EventData) -> None:
    raw = data.model_dump_json(exclude_none=True).encode()

    assert REGISTRY.admit(data.type, raw) == data
    assert REGISTRY.decode(data.type, raw) == data


def test_reader_ignores_unknown_fields_and_types() -> None:
    decoded = REGISTRY.decode("appeal.routed.v1", b'{"body":"b","later":{"x":1}}')

    assert decoded == REGISTRY.models["appeal.routed.v1"].model_validate({"body": "b"})
    assert REGISTRY.decode("appeal.foreseen.v1", b"{}") is None


def test_invalid_registered_data_raise() -> None:
    """The error holds no value of the data."""
    with pytest.raises(Invalid) as caught:
        REGISTRY.decode("appeal.term-set.v1", json.dumps({"due": CANARY}).encode())

    assert caught.value.field == "due"
    assert caught.value.__suppress_context__, "a traceback would tell what pydantic says"
    assert_silent(str(caught.value))
