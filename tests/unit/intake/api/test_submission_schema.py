"""The file with the schema of a submission: it is current, complete, and as strict as the API."""

import json

import pytest
from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]
from tests.unit.intake.appeals.test_submission import SENT

from natija_intake.api.submission_schema import FILE, text

SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def test_file_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run python -m natija_intake.api.submission_schema"


def test_every_field_is_described() -> None:
    parts = [SCHEMA, *SCHEMA["$defs"].values()]
    assert not [name for part in parts for name, one in part["properties"].items() if not one.get("description")]
    assert all(part["additionalProperties"] is False for part in parts)


def test_example_is_valid() -> None:
    for example in (*SCHEMA["examples"], SENT):
        VALIDATOR.validate(example)


@pytest.mark.parametrize(
    "change", [{"surname": "x"}, {"channel": None}, {"text": ""}, {"kind": "whim"}, {"person": {"kid": "x", "ct": "y"}}]
)
def test_schema_refuses_what_the_api_refuses(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        VALIDATOR.validate(SENT | change)
