"""Events as they are stored on logs, which every later model must read.

A validator in Python can break a reader without a change of the schema. `golden_events.json` only grows: a new type or
version adds its events.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from natija_events.schema.compatibility import FOLDER
from natija_events.schema.generation import log_schema, proposal_schema
from natija_events.schema.registry import REGISTRY

GOLDEN: list[dict[str, Any]] = json.loads(Path(__file__).with_name("golden_events.json").read_text(encoding="utf-8"))
_ids = [golden["type"] for golden in GOLDEN]


@pytest.mark.parametrize("golden", GOLDEN, ids=_ids)
def test_golden_event_is_still_read(golden: dict[str, Any]) -> None:
    raw = json.dumps(golden["data"]).encode()

    assert REGISTRY.decode(golden["type"], raw) is not None


@pytest.mark.parametrize("golden", GOLDEN, ids=_ids)
def test_golden_event_is_still_admitted(golden: dict[str, Any]) -> None:
    raw = json.dumps(golden["data"]).encode()

    REGISTRY.admit(golden["type"], raw)
    own = REGISTRY.models[golden["type"]].model_validate_json(raw)
    assert own.model_dump(mode="json", exclude_none=True, exclude_unset=True) == golden["data"]


@pytest.mark.parametrize("golden", GOLDEN, ids=_ids)
def test_golden_event_matches_schema(golden: dict[str, Any]) -> None:
    schema = json.loads((FOLDER / f"{golden['type']}.json").read_text(encoding="utf-8"))

    Draft202012Validator(schema, format_checker=FormatChecker()).validate(golden["data"])


def test_every_version_has_golden_events() -> None:
    assert {golden["type"] for golden in GOLDEN} == set(REGISTRY.models)


def test_every_field_has_golden_value() -> None:
    for type, model in REGISTRY.models.items():
        told = {name for golden in GOLDEN if golden["type"] == type for name in golden["data"]}
        assert told == set(model.model_fields), type


def test_every_schema_is_one() -> None:
    for model in REGISTRY.models.values():
        Draft202012Validator.check_schema(log_schema(model))
        Draft202012Validator.check_schema(proposal_schema(model))
