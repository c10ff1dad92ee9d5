"""Every property of every schema has a description and an example, and the examples of a type make a valid event."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from natija_events.schema.compatibility import FOLDER
from natija_events.schema.registry import REGISTRY

SCHEMAS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
UNITS = {
    "applicants_count": "number of persons", "bytes": "bytes", "generation": "from 2", "part": "from 1",
    "sequence": "the sequence of", "step": "from 1", "times": "how often",
}  # fmt: skip


def properties(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema and of the objects in it, by name."""
    for part in (schema, *schema.get("$defs", {}).values()):
        yield from part.get("properties", {}).items()


def example_of(schema: dict[str, Any], required: bool) -> dict[str, Any]:
    """An event of the examples of its properties: of all of them, or of the *required* ones."""
    needed = schema.get("required") or schema.get("anyOf", [{}])[0].get("required", ())
    names = needed if required else schema.get("properties", {})
    return {name: schema["properties"][name]["examples"][0] for name in names}


def test_every_property_is_described() -> None:
    found = [(type, name, one) for type, schema in SCHEMAS.items() for name, one in properties(schema)]
    assert len(found) > 160
    bare = [(type, name) for type, name, one in found if not one.get("description") or "examples" not in one]
    assert bare == []
    assert not [(type, name) for type, name, one in found if "title" in one], "titles are names of Python"


def test_instants_and_numbers_have_units() -> None:
    for type, schema in SCHEMAS.items():
        for name, one in properties(schema):
            if one.get("type") == "integer" or name in UNITS:
                assert UNITS[name] in one["description"].lower(), (type, name)
            if "date-time" in str(one):
                assert "instant" in one["description"].lower(), (type, name)


@pytest.mark.parametrize("type", SCHEMAS)
def test_each_example_is_valid(type: str) -> None:
    schema = SCHEMAS[type]
    for part in (schema, *schema.get("$defs", {}).values()):
        for name, one in part.get("properties", {}).items():
            inner = {**one, "$defs": schema.get("$defs", {})}
            for example in one["examples"]:
                Draft202012Validator(inner, format_checker=FormatChecker()).validate(example)
            assert name == name.lower()


@pytest.mark.parametrize("required", [True, False], ids=["required", "every"])
@pytest.mark.parametrize("type", SCHEMAS)
def test_examples_make_valid_event(type: str, required: bool) -> None:
    """The examples of the required properties are an event that the registrar admits, and so are those of all."""
    data = example_of(SCHEMAS[type], required)
    Draft202012Validator(SCHEMAS[type], format_checker=FormatChecker()).validate(data)
    REGISTRY.admit(type, json.dumps(data).encode())
