"""The schemas of what is sealed: described, and as strict as the registrar, which opens each value once."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]
from pydantic import ValidationError as Refused
from tests.contract.test_schema_documentation import example_of, properties

from natija_events.schema.compatibility import FOLDER, SEALED
from natija_events.schema.generation import plain_name
from natija_events.schema.registry import REGISTRY
from natija_events.sealing.padding import pad
from natija_events.types.sealed import Plain, sealed_fields

PLAIN = {
    plain_name(one.plain): one.plain for model in REGISTRY.models.values() for one in sealed_fields(model).values()
}
SCHEMAS = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((FOLDER / SEALED).glob("*.json"))}
WRONG: tuple[dict[str, Any], ...] = (
    {"surname": "x"}, {"text": 1}, {"text": ""}, {"name": ["x"]}, {"coordinates": {"latitude": 91, "longitude": 0}},
    {"representative": {"proof": "7"}}, {"representative": {"name": "x", "phone": "y"}},
)  # fmt: skip


def opens(model: type[Plain], value: dict[str, Any]) -> bool:
    """Whether the registrar admits *value* as what was sealed."""
    try:
        model.from_padded(pad(json.dumps(value).encode(), model.sizes))
    except Refused:
        return False
    return True


def test_each_kind_has_a_schema() -> None:
    assert SCHEMAS.keys() == PLAIN.keys()


def test_sealed_values_name_their_schema() -> None:
    """The schema of an event leads to the schema of what its values hold."""
    for type, model in REGISTRY.models.items():
        schema = json.loads((FOLDER / f"{type}.json").read_text(encoding="utf-8"))
        named = {part["x-sealed"] for part in schema.get("$defs", {}).values() if "x-sealed" in part}
        assert named == {SCHEMAS[plain_name(field.plain)]["$id"] for field in sealed_fields(model).values()}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_property_is_described(kind: str) -> None:
    for name, one in properties(SCHEMAS[kind]):
        assert one["description"], name
        assert one["examples"], name


@pytest.mark.parametrize("kind", SCHEMAS)
@pytest.mark.parametrize("required", [True, False], ids=["required", "every"])
def test_example_is_valid(kind: str, required: bool) -> None:
    example = example_of(SCHEMAS[kind], required)
    Draft202012Validator(SCHEMAS[kind]).validate(example)
    assert opens(PLAIN[kind], example)


@pytest.mark.parametrize("kind", SCHEMAS)
@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_schema_refuses_what_registrar_refuses(kind: str, wrong: dict[str, Any]) -> None:
    value = example_of(SCHEMAS[kind], False) | wrong
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMAS[kind]).validate(value)
    assert not opens(PLAIN[kind], value)
